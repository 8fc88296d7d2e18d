"""The desk's rules: when it is staffed, and how long people wait for what."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.runtime.times import VIETNAM

#: For a question that is open, staff may see what was given in it that long, and its day of answer lies within.
KEPT = datetime.timedelta(days=14)
_MOST_DAYS = KEPT.days
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Span = tuple[datetime.time, datetime.time]


@dataclass(frozen=True)
class Desk:
    """When the desk is staffed and how long people wait.

    Of a conversation that an agent has: after `slow` without an answer the person hears that it takes longer, after
    `give_up` it is handed on; it is, too, when the agent's page gave no sign for `absent`.
    """

    hours: dict[str, Span]
    hours_said: str
    said_in: Mapping[str, str]  # the same in other languages
    holidays: frozenset[datetime.date]
    patience: datetime.timedelta
    present: datetime.timedelta
    minutes_each: int
    slow: datetime.timedelta = datetime.timedelta(minutes=5)
    give_up: datetime.timedelta = datetime.timedelta(minutes=15)
    absent: datetime.timedelta = datetime.timedelta(minutes=2)
    open_until: datetime.datetime | None = None  # somebody on duty keeps it open beyond the hours
    fixed: bool = False  # what staff set in the console does not change it
    undo: int = 5  # seconds in which an agent may take back what was sent, where staff set nothing
    answer_days: int = 2  # working days within which a question that was left is answered

    def day_of_answer(self, at: datetime.datetime) -> datetime.date:
        """Returns the day by which a question that is left at `at` is answered: never a day on which nobody works."""
        day, left = at, self.answer_days
        for _ in range(_MOST_DAYS):
            day += datetime.timedelta(days=1)
            left -= self.hours_on(day) is not None
            if not left:
                break
        return day.astimezone(VIETNAM).date()

    def in_hours(self, at: datetime.datetime) -> bool:
        """Tells whether `at` falls into the office hours."""
        if self.open_until and at < self.open_until:
            return True
        span = self.hours_on(at)
        return span is not None and span[0] <= at.astimezone(VIETNAM).time() < span[1]

    def hours_on(self, at: datetime.datetime) -> Span | None:
        """Returns the office hours of the day of `at` in Vietnam; None if nobody works that day."""
        local = at.astimezone(VIETNAM)
        return None if local.date() in self.holidays else self.hours.get(DAYS[local.weekday()])
