"""What an app sets up: the page's profile, the page's subscription, the app's webhook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.graph_errors import GraphError, parameter
from sandbox.graph_limits import PAYLOAD, size

FIELDS = frozenset(
    {"messages", "messaging_postbacks", "messaging_optins", "message_deliveries", "message_reads", "message_echoes"}
    | {"message_edits", "message_reactions", "messaging_handovers", "messaging_referrals", "standby", "feed"}
    | {"messaging_policy_enforcement", "messaging_account_linking", "messaging_feedback"}
)


@dataclass
class Profile:
    """The profile of a page and who is subscribed to it."""

    values: dict[str, Any] = field(default_factory=dict)
    subscribed: list[str] = field(default_factory=lambda: sorted(FIELDS))

    def get(self, fields: str) -> dict[str, Any]:
        """Returns the named parts."""
        asked = [name for name in fields.split(",") if name]
        if unknown := [name for name in asked if name not in _CHECKS]:
            raise parameter(f"param fields[0] must be one of {sorted(_CHECKS)}: {unknown[0]}")
        found = {name: self.values[name] for name in asked if name in self.values}
        return {"data": [found] if found else []}

    def set(self, given: dict[str, Any]) -> dict[str, Any]:
        """Sets parts; nothing is set if one is wrong.

        Raises:
            GraphError: as Meta refuses them.
        """
        if not given:
            raise parameter("You must set at least one property")
        for name, value in given.items():
            if name not in _CHECKS:
                raise parameter(f'Invalid keys "{name}" were found in param')
            _CHECKS[name](value)
        if "persistent_menu" in given and "get_started" not in self.values | given:
            raise parameter("You must set a Get Started button if you also wish to use persistent menu")
        self.values |= given
        return {"result": "success"}

    def delete(self, fields: Any) -> dict[str, Any]:
        """Deletes parts.

        Raises:
            GraphError: if a menu would be left without the button it needs.
        """
        if not isinstance(fields, list) or not fields:
            raise parameter("The parameter fields is required")
        left = {name: value for name, value in self.values.items() if name not in fields}
        if "persistent_menu" in left and "get_started" not in left:
            raise parameter("You must delete the persistent menu before the Get Started button")
        self.values = left
        return {"result": "success"}

    def subscribe(self, fields: Any) -> dict[str, Any]:
        """Subscribes the app to the page.

        Raises:
            GraphError: if a field does not exist.
        """
        listed = fields.split(",") if isinstance(fields, str) else fields
        if not isinstance(listed, list) or not listed:
            raise parameter("The parameter subscribed_fields is required")
        if unknown := sorted(set(listed) - FIELDS):
            raise parameter(f"Param subscribed_fields[0] must be one of {sorted(FIELDS)}: {unknown[0]}")
        self.subscribed = sorted(listed)
        return {"success": True}


def _text(value: Any, name: str, most: int) -> None:
    if not isinstance(value, str) or not value:
        raise parameter(f"Param {name} must be a non-empty UTF-8 encoded string")
    if size(value) > most:
        raise parameter(f"Length of param {name} must be less than or equal to {most}")


def _started(value: Any) -> None:
    _text(value.get("payload") if isinstance(value, dict) else None, "get_started[payload]", PAYLOAD)


def _by_locale(value: Any, name: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise parameter(f"Param {name} must be an array.")
    if sum(entry.get("locale") == "default" for entry in value) != 1:
        raise parameter(f"Param {name} must have exactly one entry with locale default")
    return value


def _greeting(value: Any) -> None:
    for entry in _by_locale(value, "greeting"):
        _text(entry.get("text"), "greeting[text]", 160)


def _menu(value: Any) -> None:
    for entry in _by_locale(value, "persistent_menu"):
        actions = entry.get("call_to_actions")
        if not isinstance(actions, list) or not 1 <= len(actions) <= 20:
            raise parameter("Param call_to_actions must have between 1 and 20 items")
        for action in actions:
            kind = action.get("type") if isinstance(action, dict) else None
            if kind not in ("postback", "web_url"):
                raise parameter("Param call_to_actions[type] must be one of postback, web_url")
            _text(action.get("title"), "call_to_actions[title]", 30)
            _text(action.get("payload" if kind == "postback" else "url"), "call_to_actions[payload]", PAYLOAD)


def _ice_breakers(value: Any) -> None:
    for entry in _by_locale(value, "ice_breakers"):
        actions = entry.get("call_to_actions")
        if not isinstance(actions, list) or not 1 <= len(actions) <= 4:
            raise parameter("Param ice_breakers must have between 1 and 4 items")
        for action in actions:
            _text(action.get("question"), "ice_breakers[question]", 80)
            _text(action.get("payload"), "ice_breakers[payload]", PAYLOAD)


def _anything(value: Any) -> None:
    return None


_CHECKS: dict[str, Callable[[Any], None]] = {
    "get_started": _started, "greeting": _greeting, "persistent_menu": _menu, "ice_breakers": _ice_breakers,
    "commands": _anything, "whitelisted_domains": _anything, "account_linking_url": _anything,
}  # fmt: skip

__all__ = ["FIELDS", "GraphError", "Profile"]
