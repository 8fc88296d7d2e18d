"""Lets Rasa's RemoteAction call our actions in this process instead of over HTTP.

Rasa would post the whole tracker and domain, and check each answer against a JSON schema that it
first checks itself (20 ms). Here the call is a function call; an action that fails fails the
turn, which is then rolled back, instead of being logged and passed over in silence.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from contextvars import ContextVar
from typing import Any, Protocol

from rasa.core.actions.action import RemoteAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

failure: ContextVar[list[BaseException]] = ContextVar("action_failure")


class Actions(Protocol):
    """Runs one action (actions.executor.InProcessActions)."""

    async def run(self, call: dict[str, Any]) -> dict[str, Any]:
        """Returns {"events": […], "responses": […]}."""


class InProcessEndpoint(EndpointConfig):
    """Stands where Rasa expects the address of an action server."""

    def __init__(self, actions: Actions, *rejected: type[Exception]) -> None:
        super().__init__(url="in-process")
        self._actions = actions
        self._rejected = rejected

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the action that `json` names."""
        call = kwargs["json"]
        try:
            return _supported(call["next_action"], await self._actions.run(call))
        except self._rejected as rejection:
            body = json.dumps({"action_name": call["next_action"], "error": str(rejection)})
            raise ClientResponseError(400, "rejected", body) from rejection
        except Exception as error:
            failures = failure.get(None)
            if failures is not None:  # a turn of ours; Rasa's own command line says it itself
                failures.append(error)
            raise


class WithServer:
    """Runs our actions here and the others on an action server (`assistant.rasa.action_server`)."""

    def __init__(self, ours: Actions, names: Collection[str], server: Actions) -> None:
        self._ours = ours
        self._names = names
        self._server = server

    async def run(self, call: dict[str, Any]) -> dict[str, Any]:
        """Runs the action that a call names (see `Actions`)."""
        return await (self._ours if call["next_action"] in self._names else self._server).run(call)


class NotSupported(RuntimeError):
    """An action asked for what the assistant does not do; the content check says so beforehand."""


def _supported(action: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Returns an action's answer.

    Raises:
        NotSupported: if it would be lost: Rasa keeps reminders in the memory of one process.
    """
    if any(event.get("event") in ("reminder", "cancel_reminder") for event in answer["events"]):
        raise NotSupported(f"{action} returned a reminder; reminders are not supported (docs/rasa.md)")
    return answer


_seen: tuple[Domain | None, dict[str, Any]] = (None, {})


def _domain_as_dict(domain: Domain) -> dict[str, Any]:
    """Returns the domain as actions read it, made once a model: hashing a domain costs 10 ms."""
    global _seen
    known, as_dict = _seen
    if known is not domain:
        as_dict = dict(domain.as_dict())
        _seen = (domain, as_dict)
    return as_dict


def _latest(tracker: DialogueStateTracker) -> list[dict[str, Any]]:
    """Returns the events of the turns that the tracker keeps (`assistant.rasa.tracker`).

    An event is written out once, however many actions of a turn see it.
    """
    seen: list[dict[str, Any]] = []
    for event in tracker.events:
        written = event.__dict__.get("_written")
        if written is None:
            written = event.__dict__["_written"] = event.as_dict()
        seen.append(written)
    return seen


def _call(self: RemoteAction, tracker: DialogueStateTracker, domain: Domain) -> dict[str, Any]:
    return {
        "next_action": self.name(),
        "sender_id": tracker.sender_id,
        "tracker": tracker.current_state(EventVerbosity.NONE) | {"events": _latest(tracker)},
        "domain": _domain_as_dict(domain),
    }


def install() -> None:
    """Makes every RemoteAction of this process a function call; idempotent."""
    RemoteAction._action_call_format = _call  # type: ignore[method-assign]
    # The answers come from our own executor, whose types mypy checks.
    RemoteAction._validate_action_result = lambda self, result: True  # type: ignore[method-assign]
