"""Conversation Routing: which app may answer a person, and what the others get to see.

Without a default app every app gets events and may answer. With one, an idle thread is the default app's,
an active one its owner's; the others see it in `standby` and are refused. Ownership ends after 24 hours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.graph_errors import GraphError, parameter

#: Meta's own inbox, as the echo page has it.
INBOX = "26390203743090"
LASTS = 24 * 3600.0


@dataclass
class Threads:
    """The threads of one page."""

    clock: Callable[[], float]
    app: str  # the connected one
    default_app: str = ""  # empty: none is set, every app may answer
    inbox: str = INBOX
    _owners: dict[str, tuple[str, float]] = field(default_factory=dict)

    def owner(self, user: str) -> str:
        """Returns the app that has the thread; empty if it is idle."""
        app, until = self._owners.get(user, ("", 0.0))
        return app if self.clock() < until else ""

    def may_send(self, user: str, app: str) -> bool:
        """Tells whether an app may write."""
        if not self.default_app:
            return True
        return (self.owner(user) or self.default_app) == app

    def place(self, user: str) -> str:
        """Returns where our app finds the thread's events: "messaging" or "standby"."""
        return "messaging" if self.may_send(user, self.app) else "standby"

    def wrote(self, user: str, app: str) -> None:
        """An app that writes has the thread."""
        if self.default_app:
            self._owners[user] = (app, self.clock() + LASTS)

    def passed(self, user: str, to: str) -> None:
        """Gives the thread to an app."""
        self._owners[user] = (to, self.clock() + LASTS)

    def call(self, act: str, user: str, body: dict[str, Any]) -> dict[str, Any]:
        """Does what our app asks for.

        Raises:
            GraphError: as Meta refuses it.
        """
        mine = self.may_send(user, self.app)
        if act == "pass_thread_control":
            target = str(body.get("target_app_id", ""))
            if not target:
                raise parameter("The parameter target_app_id is required")
            if not mine:
                raise GraphError(10, "(#10) Only the owner of the thread can pass it.", 2018300)
            self.passed(user, target)
        elif act == "take_thread_control":
            if not self.default_app:
                raise GraphError(10, "(#10) Thread control cannot be taken while no default app is set")
            self.passed(user, self.app)
        elif act == "release_thread_control":
            self._owners.pop(user, None)
        elif act == "extend_thread_control":
            seconds = body.get("duration")
            if not isinstance(seconds, int) or not 0 < seconds <= 7 * 24 * 3600:
                raise parameter("Param duration must be between 1 second and 7 days")
            self._owners[user] = (self.app, self.clock() + seconds)
        return {"success": True}

    def thread_owner(self, user: str) -> dict[str, Any]:
        """Returns what GET thread_owner answers."""
        app, until = self._owners.get(user, ("", 0.0))
        return {"data": [{"thread_owner": {"app_id": app, "expiration": int(until)}}] if self.owner(user) else []}
