"""What a conversation script is: acts of a person, what is expected of each answer, what came back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["user", "users", "press", "media", "wait", "desk", "event"]

BEHAVIOURS = (
    "happy_path", "corrections", "digressions", "cancellations", "invalid_input", "refusals", "handover", "silence",
    "media", "several_messages", "unaccented", "scams", "context",
)  # fmt: skip
#: What a conversation or a turn can be a case of, beside its behaviour: rates are told by these.
KINDS = (
    *BEHAVIOURS, "follow_up", "yes_no", "facts", "after_our_acts", "aside", "danger", "several_things", "steps",
    "other_person", "about_reset", "again",
)  # fmt: skip
DESK_ACTS = ("open", "close", "take", "hand_back", "reply", "answer")
ACTS: tuple[Kind, ...] = ("user", "users", "press", "media", "wait", "desk", "event")
#: Acts after which the person waits for an answer.
ANSWERED = frozenset({"user", "users", "press", "media"})
#: Acts in words.
IN_WORDS = frozenset({"user", "users"})


class ScriptError(ValueError):
    """A script cannot be read; the message says where and what to do (Vietnamese)."""


@dataclass(frozen=True)
class Act:
    """One thing that happens: `values` are texts, a button, a kind of media, seconds or what the desk does."""

    kind: Kind
    values: tuple[str, ...]


@dataclass(frozen=True)
class Expected:
    """What the answer to an act must be. None means: not looked at; "" and () behind None: none at all."""

    bot: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    not_: tuple[str, ...] = ()
    must: tuple[re.Pattern[str], ...] = ()
    must_not: tuple[re.Pattern[str], ...] = ()
    no_repeat: bool = False
    buttons: tuple[str, ...] = ()
    topic: str | None = None
    facet: str | None = None
    facts: tuple[str, ...] | None = None
    form: str | None = None
    filled: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    mail: str | None = None
    not_kept: tuple[str, ...] = ()
    silent: bool = False  # the assistant says nothing, since a person has the conversation


@dataclass(frozen=True)
class Step:
    """An act and what is expected of its answer, with its line in the file and what it is a case of."""

    line: int
    act: Act
    expected: Expected
    kind: str = ""


@dataclass(frozen=True)
class Script:
    """One conversation; `kind` is what it is a case of, where it says nothing else its behaviour.

    `wanted` is what should become true: it may fail as long as it never passed, and counts from then on.
    """

    path: Path
    name: str
    behaviour: str
    steps: tuple[Step, ...]
    kind: str = ""
    wanted: bool = False

    @property
    def file(self) -> str:
        """What the file is called among all scripts: its folder and its name."""
        return f"{self.path.parent.name}/{self.path.name}"


@dataclass(frozen=True)
class Answer:
    """What came back after an act, and how things stand then."""

    texts: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    form: str = ""
    slots: dict[str, Any] = field(default_factory=dict)
    mails: tuple[str, ...] = ()
    kept: str = ""  # all that is stored of the conversation, as one text
    intent: str = ""
    reading: dict[str, Any] = field(default_factory=dict)  # topic, facet, facts … as the transcript keeps them

    @property
    def topic(self) -> str:
        """What the turn was read about; where it names nothing, what the conversation is about."""
        return str(self.reading.get("topic") or self.slots.get("topic") or "")


@dataclass(frozen=True)
class Finding:
    """One difference, with its place."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


Speak = Callable[[Act], Answer]
