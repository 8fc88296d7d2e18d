"""Reads jambonz's hooks: who rings, what was pressed, how a call ended. Names of callers are read nowhere."""

from __future__ import annotations

import re
from typing import Any

import orjson

from connectors.phone.callers import HIDDEN, Caller, caller_of
from connectors.phone.settings import Trunk
from connectors.phone.steps import Heard

_CALL = re.compile(r"[\x21-\x7e]{8,128}")
_MOST_SAID = 500
#: What is said back must not be read as marks for the voice (SSML).
_MARKUP = re.compile(r"[<>&]")
_KEYS = re.compile(r"[0-9*#]{0,32}")
#: The user part of an identity: <sip:+84901000123@operator.example>, tel:+84901000123.
_IDENTITY = re.compile(r"(?:^|[\s,])(?:sips?|tel):([^@;>\s,]+)")
#: Names that the network passes on as the caller's own telephone wrote them: anything may stand in one.
_DISPLAY = re.compile(r'"(?:[^"\\]|\\.)*"')
_BRACKETS = re.compile(r"<([^<>]*)>")


class NotAHook(ValueError):
    """The body is no hook of jambonz: what is lacking."""


def parse(body: bytes) -> dict[str, Any]:
    """Returns a hook.

    Raises:
        NotAHook: if it is no object that names a call.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise NotAHook("not JSON") from None
    if not isinstance(data, dict) or not _CALL.fullmatch(_text(data, "call_sid")):
        raise NotAHook("no call_sid")
    return data


def call_of(data: dict[str, Any]) -> str:
    """Returns the platform's id of the call."""
    return _text(data, "call_sid")


def caller(data: dict[str, Any], trunks: tuple[Trunk, ...]) -> Caller:
    """Returns who rings, as far as the trunk is one that is believed; else the number is as good as hidden."""
    named = _text(data, "originating_sip_trunk_name")
    trunk = next((trunk for trunk in trunks if trunk.name == named), None)
    if trunk is None or _withheld(data):
        return HIDDEN
    written = _asserted(data) if trunk.number == "p-asserted-identity" else _text(data, "from")
    return caller_of(written, trunk.bare)


def rung(data: dict[str, Any]) -> str:
    """Returns the number that a call of ours rang."""
    return caller_of(_text(data, "to")).number


def _headers(data: dict[str, Any]) -> dict[str, Any]:
    sip = data.get("sip")
    found = sip.get("headers") if isinstance(sip, dict) else None
    return found if isinstance(found, dict) else {}


def _withheld(data: dict[str, Any]) -> bool:
    """Tells whether the person withholds the number: the network may know it, and we do not use it."""
    asked = str(_headers(data).get("privacy", ""))
    return bool(re.search(r"\b(?:id|user|header)\b", asked))


def _asserted(data: dict[str, Any]) -> str:
    """Returns the number that the network asserts; empty where it asserts two, or none."""
    header = _DISPLAY.sub("", str(_headers(data).get("p-asserted-identity", "")))
    written = " ".join(_BRACKETS.findall(header)) or header
    numbers = {caller_of(user).number or user for user in _IDENTITY.findall(written)}
    return numbers.pop() if len(numbers) == 1 else ""


def heard(data: dict[str, Any]) -> Heard:
    """Returns what came of a step."""
    if status := _text(data, "dial_call_status"):
        return Heard("dialled", status[:20])
    reason, keys = _text(data, "reason"), _text(data, "digits")
    if reason == "speechDetected":
        said = _said(data)
        return Heard("speech", words=said) if said else Heard("silence")
    if reason == "dtmfDetected" and _KEYS.fullmatch(keys):
        return Heard("keys", keys)
    return Heard("silence") if reason else Heard("lost")


def _said(data: dict[str, Any]) -> str:
    speech = data.get("speech")
    found = speech.get("alternatives") if isinstance(speech, dict) else None
    first = found[0] if isinstance(found, list) and found and isinstance(found[0], dict) else {}
    return " ".join(_MARKUP.sub(" ", _text(first, "transcript"))[:_MOST_SAID].split())


def how_it_ended(data: dict[str, Any]) -> tuple[str, int | None] | None:
    """Returns who ended a call and its seconds; None while it goes on."""
    status = _text(data, "call_status")
    if status not in ("completed", "failed", "no-answer", "busy", "canceled"):
        return None
    by = {"jambonz": "assistant"}.get(_text(data, "call_termination_by"), "caller")
    seconds = data.get("duration")
    return by, seconds if type(seconds) is int and 0 <= seconds < 86_400 else None


def not_taken(data: dict[str, Any]) -> str:
    """Returns why a call of ours was not taken, empty if it was, or still rings."""
    status = _text(data, "call_status")
    return status if status in ("failed", "no-answer", "busy", "canceled") else ""


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
