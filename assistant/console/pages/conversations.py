"""Conversations: searched by day, channel, intent and outcome; a transcript with what was understood at each turn."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant.console.intent_words import name_of
from assistant.console.navigation import Entry
from assistant.console.pages.content import content_of
from assistant.console.visit import NotHere, Refused, Visit
from assistant.console.words import CHANNELS
from assistant.desk import agents, tags
from assistant.nlu.text import strip_accents
from assistant.reports import search, transcripts
from assistant.runtime.times import VIETNAM
from assistant.staff.model import Role

if TYPE_CHECKING:
    from assistant.console.shell import Console

_WHO: frozenset[Role] = frozenset({"agent", "content", "auditor"})
_PATH = "/console/conversations"
_DAYS = 7
_DAY = datetime.timedelta(days=1)
OUTCOME_NAMES: dict[str, str] = {
    "answered": "Trợ lý trả lời được",
    "fallback": "Có lúc trợ lý không hiểu",
    "handover": "Xin gặp nhân viên",
    "reset_started": "Bắt đầu lấy lại mật khẩu",
    "reset_completed": "Đặt xong mật khẩu mới",
}
RATING_NAMES: dict[str, str] = {"good": "Đúng ý", "bad": "Chưa đúng"}
#: A question that was left, as people have its number, and a conversation's own name.
_QUESTION = re.compile(r"(?:hd)?[-\s]?(\d{6})", re.IGNORECASE)
_NAME = re.compile(r"[a-z]+:\S+")
_AGENTS = """
SELECT f.name, f.shown FROM staff f
WHERE EXISTS (SELECT 1 FROM handovers h WHERE h.agent = f.name) ORDER BY f.shown
"""
_OPEN_QUESTION = """
SELECT number, asked_at, answered_at, closed_at FROM questions WHERE conversation = %s ORDER BY asked_at DESC LIMIT 10
"""
_HANDOVERS = """
SELECT h.asked_at, h.closed_at, h.reason, h.outcome, coalesce(f.shown, h.agent) AS shown
FROM handovers h LEFT JOIN staff f ON f.name = h.agent
WHERE h.conversation = %s ORDER BY h.asked_at DESC LIMIT 10
"""
_RESETS = "SELECT started_at, used_at, expires_at FROM resets WHERE person = %s ORDER BY started_at DESC LIMIT 10"


def day_of(text: str, otherwise: datetime.date) -> datetime.date:
    """Returns the day a form carries ("2026-11-22"), or another where it carries none."""
    try:
        day = datetime.date.fromisoformat(text) if text else otherwise
        if not 2000 <= day.year < 3000:
            raise ValueError
    except ValueError:
        raise Refused("Ngày viết theo dạng năm-tháng-ngày, ví dụ 2026-11-22.") from None
    return day


def midnight(day: datetime.date) -> datetime.datetime:
    """Returns when a day begins in Vietnam."""
    return datetime.datetime.combine(day, datetime.time(), VIETNAM)


def _named(visit: Visit, words: str) -> str | None:
    """Returns the conversation that a question's number or a conversation's name stands for."""
    if number := _QUESTION.fullmatch(words):
        row = visit.row("SELECT conversation FROM questions WHERE number = %s", f"HD-{number[1]}")
        return row.conversation if row else None
    if _NAME.fullmatch(words):
        row = visit.row("SELECT id FROM conversations WHERE id = %s", words)
        return row.id if row else None
    return None


def _searchable(words: str) -> str:
    """Returns what is searched for; signs alone are no words, and find nothing rather than everything."""
    return words if any(letter.isalnum() for letter in words) else ""


def _by_words(named: tuple[str, str]) -> tuple[bool, str]:
    """Topics first, in the order of their names."""
    return not named[0].startswith(("faq/", "subject/")), strip_accents(named[1]).casefold()


class Conversations:
    """The search and the transcript."""

    entries = (Entry("Hội thoại", _PATH, "Theo dõi", _WHO, about="Tìm và đọc lại, xem trợ lý đã hiểu gì"),)

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        return [
            self._console.page(_PATH, self.search, _WHO),
            self._console.page(f"{_PATH}/{{conversation}}", self.transcript, _WHO),
        ]

    def search(self, visit: Visit) -> Response:
        """The form and what it finds."""
        if name := visit.query("conversation"):
            return visit.redirect(f"{_PATH}/{quote(name)}")
        today = datetime.datetime.now(VIETNAM).date()
        until = day_of(visit.query("until"), today)
        since = day_of(visit.query("since"), until - datetime.timedelta(days=_DAYS - 1))
        channel, intent, outcome = visit.query("channel"), visit.query("intent"), visit.query("outcome")
        if outcome not in search.OUTCOMES:
            outcome = ""
        words, rating, agent = visit.query("q")[:200], visit.query("rating"), visit.query("agent")
        tag = visit.query("tag")
        if opened := _named(visit, words):
            return visit.redirect(f"{_PATH}/{quote(opened)}")
        wanted = search.Search(
            midnight(since), midnight(until) + _DAY, channel, intent[:100], outcome, _searchable(words),
            rating if rating in RATING_NAMES else "", agent[:100], tag[:100],
        )  # fmt: skip
        after = search.Key.read(visit.query("after"))
        found, key = visit.look_up(lambda connection: search.find(connection, wanted, after))
        visit.viewed((row.conversation for row in found), "list of conversations", every_time=False)
        asked = {
            "q": words, "since": since, "until": until, "channel": channel, "intent": intent, "outcome": outcome,
            "rating": rating, "agent": agent, "tag": tag,
        }  # fmt: skip
        titles = content_of(self._console).titles()
        intents = sorted(((name, name_of(name, titles)) for name in visit.look_up(search.intents)), key=_by_words)
        here = {name: str(value) for name, value in asked.items() if value}
        return visit.render(
            "conversations.html", found=found, asked=asked, intents=intents, titles=titles,
            channels=CHANNELS, outcomes=OUTCOME_NAMES, ratings=RATING_NAMES, agents=visit.rows(_AGENTS),
            tags=tags.used(visit.connection),
            older=f"{_PATH}?{urlencode(here | {'after': str(key)})}" if key else "",
            looked_to=key.at if key and len(found) < search.AT_ONCE else None,
            first=f"{_PATH}?{urlencode(here)}" if after else "",
        )  # fmt: skip

    def transcript(self, visit: Visit) -> Response:
        """One conversation, turn by turn."""
        conversation = visit.part("conversation")
        about = visit.row(
            "SELECT id, channel, language, turns, created_at, updated_at FROM conversations WHERE id = %s", conversation
        )
        if about is None:
            raise NotHere("Không có cuộc trò chuyện này. Có thể đã quá 90 ngày, hoặc người dân đã yêu cầu xóa dữ liệu.")
        try:
            before = datetime.datetime.fromisoformat(visit.query("before")) if visit.query("before") else None
        except ValueError:
            raise NotHere from None
        visit.viewed([conversation], "conversation")
        lines, earlier = transcripts.read(visit.connection, conversation, before)
        base = f"{_PATH}/{quote(conversation)}"
        return visit.render(
            "conversation.html", about=about, lines=lines, held=agents.held(visit.connection, conversation),
            earlier=f"{base}?{urlencode({'before': earlier.isoformat()})}" if earlier else "",
            latest=base if before else "", questions=visit.rows(_OPEN_QUESTION, conversation),
            handovers=visit.rows(_HANDOVERS, conversation), resets=visit.rows(_RESETS, conversation),
            titles=content_of(self._console).titles(), tags=tags.of(visit.connection, conversation),
        )  # fmt: skip
