"""Runs the actions inside this process: what Rasa would send to an action server comes here.

Whatever module lies in this folder is part of it; nothing has to be listed.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib import import_module
from types import ModuleType
from typing import Any

from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

import actions


class Rejected(Exception):
    """An action declined to run; Rasa then looks for another one."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


def _modules() -> Iterator[ModuleType]:
    """Yields this package's modules, of folders within it too."""
    for found in pkgutil.walk_packages(actions.__path__, f"{actions.__name__}."):
        if found.name != __name__:
            yield import_module(found.name)


def _classes() -> Iterator[type[Action]]:
    """Yields the actions; what begins with an underscore is there to be derived from."""
    for module in _modules():
        for value in vars(module).values():
            is_action = isinstance(value, type) and issubclass(value, Action) and value.__module__ == module.__name__
            if is_action and not value.__name__.startswith("_"):
                yield value


def places() -> dict[str, tuple[str, int]]:
    """Returns where each action stands: its name → (file, line).

    Raises:
        ValueError: if two actions have one name.
    """
    found: dict[str, tuple[str, int]] = {}
    for action in _classes():
        place = (inspect.getsourcefile(action) or "", inspect.getsourcelines(action)[1])
        name = action().name()
        if name in found:
            raise ValueError(f"{place[0]}:{place[1]}: {name} đã có ở {found[name][0]}:{found[name][1]}")
        found[name] = place
    return found


def executor() -> ActionExecutor:
    """Returns an executor that knows all actions of this package."""
    ours = ActionExecutor()
    for action in _classes():
        ours.register_action(action)
    return ours


class InProcessActions:
    """Answers one action call with events and responses."""

    def __init__(self) -> None:
        self._executor = executor()

    @property
    def names(self) -> frozenset[str]:
        """The actions there are."""
        return frozenset(self._executor.actions)

    async def run(self, call: dict[str, Any]) -> dict[str, Any]:
        """Runs the action a call names.

        Raises:
            Rejected: if the action declines.
        """
        try:
            result = await self._executor.run(call)
        except ActionExecutionRejection as rejection:
            raise Rejected(rejection.action_name) from rejection
        return result or {"events": [], "responses": []}


def serve_for_sdk(surroundings: Callable[[str], AbstractContextManager[None]]) -> None:
    """Lets the SDK's own server (`rasa run actions`) run these actions.

    Args:
        surroundings: gives what surrounds an action for a sender's id.
    """
    from rasa_sdk import endpoint

    class _Executor(ActionExecutor):
        def register_package(self, package: Any) -> None:
            for action in _classes():
                self.register_action(action)

        async def run(self, action_call: Any) -> dict[str, Any] | None:
            with surroundings(str(action_call.get("sender_id"))):
                found: dict[str, Any] | None = await super().run(action_call)
                return found

    endpoint.ActionExecutor = _Executor
