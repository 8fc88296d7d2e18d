"""Lists the rooms of the console. To add one: a class as in README.md, and a line here."""

from __future__ import annotations

from collections.abc import Callable

from assistant.console.desk.canned import Canned
from assistant.console.desk.hands import DeskHands
from assistant.console.desk.hours import Hours
from assistant.console.desk.questions import Questions
from assistant.console.desk.room import DeskRoom
from assistant.console.desk.ways_page import DeskWays
from assistant.console.desk.writing import DeskWriting
from assistant.console.node import Node
from assistant.console.pages.audit import Audit
from assistant.console.pages.conversations import Conversations
from assistant.console.pages.faq import Faq
from assistant.console.pages.faq_bulk import FaqBulk
from assistant.console.pages.faq_drafts import FaqDrafts
from assistant.console.pages.faq_history import FaqHistory
from assistant.console.pages.home import Home
from assistant.console.pages.import_export import ImportExport
from assistant.console.pages.insight import InsightRoom
from assistant.console.pages.learning import Learning
from assistant.console.pages.learning_cases import LearningCases
from assistant.console.pages.learning_texts import LearningTexts
from assistant.console.pages.openid import OpenIdPages
from assistant.console.pages.people import People
from assistant.console.pages.pictures import Pictures
from assistant.console.pages.release import ReleasePages
from assistant.console.pages.release_trial import ReleaseTrial
from assistant.console.pages.self import Self
from assistant.console.pages.sign_in import SignIn
from assistant.console.pages.system import System
from assistant.console.pages.undelivered import Undelivered
from assistant.console.pages.zalo import ZaloPage
from assistant.console.shell import Console, Room

ROOMS: tuple[Callable[[Console], Room], ...] = (
    Home,
    DeskRoom,
    DeskHands,
    DeskWriting,
    Questions,
    Canned,
    Hours,
    DeskWays,
    Undelivered,
    Conversations,
    InsightRoom,
    Faq,
    FaqBulk,
    FaqDrafts,
    FaqHistory,
    Pictures,
    ImportExport,
    Learning,
    LearningTexts,
    LearningCases,
    ReleasePages,
    ReleaseTrial,
    People,
    Audit,
    System,
    ZaloPage,
    Self,
    SignIn,
    OpenIdPages,
)


def console_of(node: Node) -> Console:
    """Builds the console of a node with all its rooms."""
    return Console(node, ROOMS)
