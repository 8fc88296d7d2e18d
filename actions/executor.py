"""Runs the actions inside this process: what Rasa would send to an action server comes here."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

import actions.advice
import actions.answers
import actions.guide
import actions.pending
import actions.person
import actions.reset


class Rejected(Exception):
    """An action declined to run; Rasa then looks for another one."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


def executor() -> ActionExecutor:
    """Returns an executor that knows all actions of this package."""
    ours = ActionExecutor()
    for module in (actions.advice, actions.answers, actions.guide, actions.pending, actions.person, actions.reset):
        for value in vars(module).values():
            ours_here = isinstance(value, type) and value.__module__ == module.__name__
            if ours_here and issubclass(value, Action) and not value.__name__.startswith("_"):
                ours.register_action(value)
    return ours


class InProcessActions:
    """Answers one action call with events and responses."""

    def __init__(self) -> None:
        self._executor = executor()

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
