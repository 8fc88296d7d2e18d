"""What the rooms of the content staff share: the folder, its index of questions, who edits, what is not live yet."""

from __future__ import annotations

import datetime
import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from psycopg import Connection

from assistant import audit
from assistant.console.navigation import Entry
from assistant.console.visit import Visit
from assistant.content.check_examples import gold_keys
from assistant.content.library import Library, prepared
from assistant.content.likeness import Index, LiveIndex
from assistant.content.topics import ContentError, Topic, parse_topic
from assistant.editing import history
from assistant.editing.git import Git
from assistant.editing.history import Author
from assistant.editing.live_check import Checked, check_draft, errors_of
from assistant.editing.personal import of_people, refuse
from assistant.editing.saving import Editor, Saved
from assistant.learning import backlog
from assistant.release import archive, live
from assistant.runtime.times import today
from assistant.settings import ROOT
from assistant.staff.model import Role

if TYPE_CHECKING:
    from assistant.console.shell import Console

#: Who may change content, and who may look at it.
EDIT: frozenset[Role] = frozenset({"content"})
VIEW: frozenset[Role] = frozenset({"content", "auditor"})
GROUP = "Nội dung"


class Content:
    """The content folder of a node, one for all rooms of a console."""

    def __init__(self, data: Path) -> None:
        self.library = Library(data)
        self.editor = Editor(self.library)
        self.git = Git(self.library.folder)
        self._index = LiveIndex(data)
        self._gold: frozenset[str] = frozenset()
        self._gold_wanted = threading.Lock()
        self._errors: tuple[object, dict[str, int]] = (None, {})

    @cached_property
    def in_git(self) -> bool:
        """Whether each save is a commit."""
        return self.git.is_repository()

    def index(self, wait: float = 0.0) -> Index | None:
        """Returns the index of all questions; made in the background at the first call."""
        if self._gold_wanted.acquire(blocking=False):
            threading.Thread(target=self._read_gold, name="gold", daemon=True).start()
        return self._index.get(wait)

    def _read_gold(self) -> None:
        self._gold = gold_keys(ROOT)

    def check(self, topic: Topic, before: Topic | None = None, compare: bool = True) -> Checked:
        """Checks a topic as it is being written."""
        index = self.index() if compare else None
        return check_draft(topic, self.library, index, today(), before, self._gold)

    def brings_errors(self, topic: Topic, before: Topic | None) -> bool:
        """Tells whether saving would bring an error in: what nobody may release is a draft, until it is good."""
        errors = self.check(topic, before).errors
        return errors > (self.check(before, before).errors if before and errors else 0)

    def refuse_peoples(
        self, connection: Connection[Any], topic: Topic, before: Topic | None, learned: bool = False
    ) -> None:
        """Refuses new questions that are people's words, whichever way they came, while a number is in them.

        Args:
            connection: to the inbox, which tells whether somebody wrote just so.
            topic: as it is to be saved.
            before: as it is.
            learned: whether its new questions come from the inbox.

        Raises:
            Personal: naming the first of them.
        """
        new = [question for question in topic.questions if before is None or question not in before.questions]
        public = self.editor.public_numbers()
        refuse(new if learned else backlog.verbatim(connection, new), lambda text: of_people(text, public))

    def errors(self) -> dict[str, int]:
        """Returns how many errors each topic has by itself; worked out anew only where a file has changed."""
        held = [one for one in self.library.all() if one.topic]
        state = (today(), tuple((one.name, one.version) for one in held))
        if self._errors[0] != state:
            self._errors = (state, errors_of([one.topic for one in held if one.topic], self.library.buttons(), today()))
        return self._errors[1]

    def titles(self) -> dict[str, str]:
        """Returns the titles of topics by intent, and those of buttons that are no topic by name."""
        return self.library.buttons() | {topic.intent: topic.title for topic in self.library.topics()}

    def unreleased(self, visit: Visit) -> int:
        """Counts the topics that differ from what people are answered with."""
        now = live.live(visit.connection)
        if now and now.content_change is not None:
            return history.after(visit.connection, now.content_change)
        return history.since(visit.connection, self.served_since(visit))

    @staticmethod
    def served_since(visit: Visit) -> datetime.datetime:
        """Returns since when nothing saved here can have reached anybody, while nothing was released.

        That is ever; only a model that is named (MODEL_PATH) may have been trained on what was saved before it.
        """
        settings = visit.console.node.settings
        if settings.model_path and not archive.is_installed(Path(settings.model_path), settings):
            return visit.console.node.host.trained_at
        return datetime.datetime.min.replace(tzinfo=datetime.UTC)


_contents: WeakKeyDictionary[Console, Content] = WeakKeyDictionary()


def content_of(console: Console) -> Content:
    """Returns the content of a console, one for all its pages."""
    if console not in _contents:
        _contents[console] = Content(prepared(console.node.settings.content_dir, ROOT / "data"))
    return _contents[console]


class ContentRoom:
    """A room that works on the content: all such rooms of a console share one, made when first asked for."""

    entries: tuple[Entry, ...] = ()

    def __init__(self, console: Console) -> None:
        self._console = console

    @property
    def _content(self) -> Content:
        return content_of(self._console)


def parsed(text: str | None, name: str) -> Topic | None:
    """Returns the topic in the text of its file; None if there is none, or it cannot be read."""
    try:
        return None if text is None else parse_topic(text, Path(f"{name}.yml"))
    except ContentError:
        return None


def number_in(text: str) -> int | None:
    """Returns the number somebody sent; None if it is none, or larger than any of ours."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


def author(visit: Visit) -> Author:
    """Returns who is at the keyboard, as the history names them."""
    return Author(visit.me.name, visit.me.shown)


def note(visit: Visit, act: str, topic: str, saved: Saved) -> None:
    """Writes a change of content into the audit trail; what changed is in the history."""
    visit.record(audit.Event.CONTENT_CHANGED, act=act, topic=topic, change=saved.numbers[0])
