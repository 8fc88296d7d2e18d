"""What an answer rests on, as the console shows it: its acts, and its figures with the day until which they hold."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.content.check_subjects import acts_of, constants_of
from assistant.content.constants import Constants, read_constants
from assistant.content.errors import ContentError
from assistant.content.sources import Act, read_acts
from assistant.content.topics import Topic

#: So many days before a figure runs out staff are reminded.
SOON = datetime.timedelta(days=60)


@dataclass(frozen=True)
class Figure:
    """A figure of an answer: its name, what is said today, until when, and the class of its mark."""

    name: str
    shown: str
    until: str
    state: str


@dataclass(frozen=True)
class RestsOn:
    """The acts and figures of one topic."""

    acts: tuple[Act, ...] = ()
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Sources:
    """The acts and figures of a content folder on a day; what cannot be read is as if it were not there."""

    acts: Mapping[str, Act]
    constants: Constants
    today: datetime.date

    def of(self, topic: Topic) -> RestsOn:
        """Returns what a topic rests on."""
        acts = tuple(self.acts[name] for name in acts_of(topic) if name in self.acts)
        return RestsOn(acts, tuple(self._figures(topic)))

    def _figures(self, topic: Topic) -> Iterator[Figure]:
        for name in constants_of(topic):
            if name not in self.constants.periods:
                continue
            period = self.constants.on(name, self.today)
            if period is None:
                yield Figure(name, "", "đã hết hạn", "bad")
            elif period.last is None:
                yield Figure(name, period.say, "chưa có ngày hết", "good")
            else:
                soon = period.last - self.today <= SOON
                yield Figure(name, period.say, f"đến {period.last:%d/%m/%Y}", "warn" if soon else "good")


def sources_of(data: Path, today: datetime.date) -> Sources:
    """Reads the acts and figures of a content folder."""
    try:
        return Sources(read_acts(data), read_constants(data), today)
    except ContentError:  # the content check says so
        return Sources({}, Constants(), today)
