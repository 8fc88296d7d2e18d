"""Insight: how many wrote, what about, how it ended; by day and channel, without anybody's data."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant.advice.routes import read_table
from assistant.console import charts
from assistant.console.intent_words import name_of, words
from assistant.console.navigation import Entry
from assistant.console.number_files import XLSX, as_csv, as_xlsx
from assistant.console.pages.content import content_of
from assistant.console.pages.conversations import day_of
from assistant.console.visit import NotHere, Visit
from assistant.console.words import CHANNELS, HANDOVER_OUTCOMES, REASONS, span
from assistant.reports import insight
from assistant.reports.insight import Insight
from assistant.runtime.times import VIETNAM
from assistant.settings import ROOT
from assistant.staff.model import Role

if TYPE_CHECKING:
    from assistant.console.shell import Console

_WHO: frozenset[Role] = frozenset({"agent", "content", "auditor", "admin"})
_PATH = "/console/insight"
_DAYS, _MOST_DAYS, _TOP = 14, 366, 12
#: What is no topic of anybody: what was not understood has a number of its own, the others only carry a talk on.
_NO_TOPIC = frozenset(
    {
        "nlu_fallback", "greet", "goodbye", "thank", "affirm", "deny", "nod", "inform", "cancel", "joined",
        "with_person", "sent_marks", "sent_nothing", "sent_media",
    }
)  # fmt: skip
#: An image is no place for scripts; pygal writes its colours as an inline style, which only images get.
_IMAGE = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'", "cache-control": "private"}


@lru_cache(maxsize=1)
def routes() -> dict[str, str]:
    """Returns the response of each way to an account, and what the way is called."""
    return {route.response: route.title for route in read_table(ROOT / "data/routes.yml").routes.values()}


@dataclass(frozen=True)
class Asked:
    """The days and the channel a page is about."""

    since: datetime.date
    until: datetime.date
    channel: str

    @property
    def days(self) -> list[datetime.date]:
        """Every day of it."""
        return [self.since + datetime.timedelta(days=n) for n in range((self.until - self.since).days + 1)]

    @property
    def before(self) -> Asked:
        """As many days just before."""
        length = datetime.timedelta(days=len(self.days))
        return Asked(self.since - length, self.until - length, self.channel)

    def query(self, **more: str) -> str:
        """Returns it as an address's query."""
        return urlencode({"since": str(self.since), "until": str(self.until), "channel": self.channel} | more)


def asked(visit: Visit) -> Asked:
    """Reads the address's query; at most a year."""
    today = datetime.datetime.now(VIETNAM).date()
    until = min(day_of(visit.query("until"), today), today)
    since = day_of(visit.query("since"), until - datetime.timedelta(days=_DAYS - 1))
    since = max(min(since, until), until - datetime.timedelta(days=_MOST_DAYS - 1))
    channel = visit.query("channel")
    return Asked(since, until, channel if channel in CHANNELS else "")


def top(found: Insight, measure: str, names: dict[str, str], most: int = _TOP) -> list[tuple[str, int]]:
    """Returns the largest parts of a measure, named."""
    return [(names.get(name, name), number) for name, number in found.parts[measure].most_common(most)]


def topics(found: Insight, titles: Mapping[str, str]) -> list[tuple[str, int]]:
    """Returns what people asked most; thanks, yes and a number that was asked for are no question of theirs."""
    parts = [(name, number) for name, number in found.parts["intent"].most_common() if name not in _NO_TOPIC]
    return [(name_of(name, titles), number) for name, number in parts[:_TOP]]


def funnel(found: Insight) -> list[tuple[str, int]]:
    """Returns how many came to each stage of a reset."""
    return [(name, found.totals[measure]) for measure, name in words()["funnel"].items()]


class InsightRoom:
    """The page, its charts and its numbers as a table."""

    entries = (Entry("Số liệu", _PATH, "Theo dõi", _WHO, about="Bao nhiêu người, hỏi gì, được giải quyết ra sao"),)

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        return [
            self._console.page(_PATH, self.show, _WHO),
            self._console.page(f"{_PATH}/so-lieu.{{kind}}", self.table, _WHO),
            self._console.page(f"{_PATH}/{{chart}}.svg", self.chart, _WHO),
        ]

    def _titles(self) -> dict[str, str]:
        return content_of(self._console).titles()

    def show(self, visit: Visit) -> Response:
        """The numbers of some days."""
        about = asked(visit)
        found = visit.look_up(lambda connection: insight.read(connection, about.since, about.until, about.channel))
        counted = visit.row("SELECT max(counted_at) AS at FROM insight_days")
        parts = {
            "days": _by_day(found, about),
            "hours": [(f"{hour} giờ", found.hours[hour]) for hour in range(24)],
            "topics": topics(found, self._titles()),
            "outcomes": top(found, "outcome", words()["outcomes"]),
            "desk_agents": _waited(visit, about, by_hour=False),
            "desk_hours": _waited(visit, about, by_hour=True),
            "funnel": funnel(found),
            "left": top(found, "reset_outcome", words()["reset_outcomes"]),
            "routes": top(found, "route", routes()),
            "languages": top(found, "language", words()["languages"]),
            "tags": top(found, "tag", {}),
            "handovers": top(found, "handover", REASONS),
            "ends": top(found, "handover_end", HANDOVER_OUTCOMES),
            "calls": top(found, "call", words()["calls"]),
            "call_lengths": top(found, "call_length", words()["call_lengths"]),
            "declarations": top(found, "declaration", words()["declarations"]),
        }
        return visit.render(
            "insight.html", asked=about, found=found, parts=parts, channels=CHANNELS, counted=counted.at,
            titles=words()["titles"], before=about.before,
            earlier=insight.read(visit.connection, about.before.since, about.before.until, about.channel),
        )  # fmt: skip

    def chart(self, visit: Visit) -> Response:
        """One chart."""
        about, dark = asked(visit), visit.query("dark") == "1"
        found = visit.look_up(lambda connection: insight.read(connection, about.since, about.until, about.channel))
        name = visit.part("chart")
        if name == "days":
            series = {
                CHANNELS.get(channel, channel): [found.channels["messages"][day][channel] for day in about.days]
                for channel in sorted({c for day in found.channels["messages"].values() for c in day})
            }
            image = charts.stacked([f"{day:%d/%m}" for day in about.days], series, dark)
        elif name == "hours":
            image = charts.columns([str(hour) for hour in range(24)], [found.hours[h] for h in range(24)], dark)
        elif name == "topics":
            image = charts.bars(topics(found, self._titles()), dark)
        elif name == "funnel":
            image = charts.bars(funnel(found), dark)
        elif name == "routes":
            image = charts.bars(top(found, "route", routes()), dark)
        else:
            raise NotHere
        return Response(image, media_type="image/svg+xml", headers=_IMAGE)

    def table(self, visit: Visit) -> Response:
        """All counts of these days in words, as CSV or as a workbook."""
        about, kind, titles = asked(visit), visit.part("kind"), self._titles()
        if kind not in ("csv", "xlsx"):
            raise NotHere
        headings = ["Ngày", "Giờ", "Kênh", "Chỉ số", "Chi tiết", "Số lượng"]
        counted = visit.look_up(lambda connection: insight.rows(connection, about.since, about.until, about.channel))
        shown = {row.name: row.shown for row in visit.rows("SELECT name, shown FROM staff")}
        rows = [
            [
                day, hour if hour >= 0 else "", CHANNELS.get(channel, channel),
                words()["measures"].get(measure, measure), detail(measure, name, titles, shown), number,
            ]
            for day, hour, channel, measure, name, number in counted
        ]  # fmt: skip
        file = f"so-lieu-{about.since}-{about.until}.{kind}"
        content = as_csv(headings, rows) if kind == "csv" else as_xlsx("Số liệu", headings, rows)
        headers = {"content-disposition": f'attachment; filename="{file}"', "cache-control": "no-store"}
        return Response(content, media_type="text/csv; charset=utf-8" if kind == "csv" else XLSX, headers=headers)


def detail(measure: str, name: str, titles: Mapping[str, str], shown: Mapping[str, str]) -> str:
    """Returns what a part of a measure is called."""
    if measure == "intent":
        return name_of(name, titles)
    if measure in ("desk_answers", "desk_seconds", "desk_replies", "desk_reply_seconds"):
        return shown.get(name, name)
    named = {
        "outcome": words()["outcomes"], "language": words()["languages"], "reset_outcome": words()["reset_outcomes"],
        "handover": REASONS, "handover_end": HANDOVER_OUTCOMES, "route": routes(), "call": words()["calls"],
        "call_length": words()["call_lengths"], "declaration": words()["declarations"],
        "question": words()["questions"], "rating": words()["ratings"],
    }.get(measure, {})  # fmt: skip
    return named.get(name, name)


def _waited(visit: Visit, about: Asked, by_hour: bool) -> list[tuple[str | int, ...]]:
    found = insight.waits(visit.connection, about.since, about.until, about.channel, by_hour)
    return [
        (
            f"{wait.of} giờ" if by_hour else wait.of, wait.answers, _span(wait.seconds), wait.replies,
            _span(wait.reply_seconds),
        )
        for wait in found
    ]  # fmt: skip


def _span(seconds: float | None) -> str:
    return "–" if seconds is None else span(seconds)


def _by_day(found: Insight, about: Asked) -> list[tuple[Any, ...]]:
    return [(f"{day:%d/%m/%Y}", found.days["messages"][day], found.days["people"][day]) for day in about.days]
