"""What one step of a call is made of: what was pressed, what is said next, and what is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

#: keys: what was pressed; speech: what was said; silence: nothing, in time; lost: the answer before did not arrive;
#: dialled: how it went to put the call through.
What = Literal["begins", "keys", "speech", "silence", "lost", "dialled"]
#: What is waited for: one key, a number that # ends, a question in words, nothing (the call ends).
Ask = Literal["", "key", "number", "words"]
Direction = Literal["in", "back"]


@dataclass(frozen=True)
class Heard:
    """What the platform tells of a step."""

    what: What
    keys: str = ""
    words: str = ""


@dataclass(frozen=True)
class Line:
    """A text of data/channels/phone.yml by its name, and what is filled in; digits are filled in when it is spoken."""

    name: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What is said, in order, and what comes then; `through`: the call is put through to the desk."""

    lines: tuple[Line, ...]
    ask: Ask = ""
    through: bool = False

    def as_json(self) -> dict[str, Any]:
        """Returns what is kept for a hook that comes again."""
        return {"lines": [[line.name, line.values] for line in self.lines], "ask": self.ask, "through": self.through}

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> Answer:
        """Returns an answer that was kept."""
        return cls(tuple(Line(name, values) for name, values in kept["lines"]), kept["ask"], kept["through"])


@dataclass
class State:
    """Where a call stands: names and counts, nothing that was pressed."""

    direction: Direction = "in"
    caller: str = "hidden"
    node: str = ""
    misses: int = 0  # at this question
    wrong: int = 0  # checks without a match
    heard: int = 0  # times the code was told
    reset: str = ""
    result: str = ""


@dataclass
class Secrets:
    """What was pressed and said, and what is told; sealed, and gone when the call ends."""

    number: str = ""
    code: str = ""
    otp: str = ""
    question: str = ""  # for staff, until it is left
