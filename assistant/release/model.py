"""What a release is, in plain values."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["waiting", "checking", "training", "evaluating", "ready", "blocked", "failed", "cancelled"]
#: A build is under way.
ACTIVE: tuple[State, ...] = ("waiting", "checking", "training", "evaluating")
#: It has an archive, so it can be tried.
BUILT: tuple[State, ...] = ("ready", "blocked")
Act = Literal["promoted", "rolled_back"]


class ReleaseError(Exception):
    """What was asked for cannot be done; the sentence says why, in Vietnamese."""


@dataclass(frozen=True)
class By:
    """Who does something: sign-in name and the name colleagues read."""

    name: str
    shown: str


@dataclass(frozen=True)
class Release:
    """A release without its archive; see migration 0011 for what each field is."""

    id: int
    origin: str
    state: State
    staff: str
    shown: str
    asked_at: datetime.datetime
    finished_at: datetime.datetime | None
    holder: str | None
    progress: float
    log: str
    cancelled_by: str | None
    trouble: str | None
    model: str | None
    content_change: int | None
    files: dict[str, str]
    against: int | None
    changes: list[dict[str, str]]
    findings: list[dict[str, Any]]
    seconds: dict[str, float]
    metrics: dict[str, Any] | None
    measured_against: dict[str, Any] | None
    better: list[dict[str, Any]]
    worse: list[dict[str, Any]]
    topics: list[dict[str, Any]]
    shadow_from: datetime.datetime | None
    shadow_until: datetime.datetime | None
    shadow_turn: int | None
    shadow_seen: int
    shadow_differs: int
    kept: bool  # its archive is there
    was_live: bool
    wording: bool = False  # it holds the model of what was live: nothing was learned anew
    straight: bool = False  # it becomes live by itself once it has passed
    seconds_left: int | None = None
    approver: str | None = None
    approver_shown: str | None = None
    approved_at: datetime.datetime | None = None

    @property
    def active(self) -> bool:
        """Whether it is being built."""
        return self.state in ACTIVE

    @property
    def can_be_tried(self) -> bool:
        """Whether there is something to talk with."""
        return self.kept and self.state in BUILT


@dataclass(frozen=True)
class Live:
    """What is live, and since when."""

    release: int
    act: Act
    at: datetime.datetime
    shown: str
    content_change: int | None


@dataclass(frozen=True)
class Archive:
    """What travels to the nodes."""

    content: bytes
    signature: str


@dataclass(frozen=True)
class NodeState:
    """What a node says of itself; `trouble` tells why it does not run what is live."""

    name: str
    release: int | None
    model: str
    trouble: str | None = None
    engines: dict[str, int] = field(default_factory=dict)
    seen_at: datetime.datetime | None = None
