"""Reads letters that mail servers send back (RFC 3464), and says which of ours could not be delivered."""

from __future__ import annotations

import email
import email.policy
import email.utils
import re
from dataclasses import dataclass
from email.message import Message

#: Headers in which servers note whom a letter was for, before the address was rewritten.
_ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
_ACTION = re.compile(r"^Action:\s*([a-z]+)", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"^Status:\s*([245]\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
_TOKEN = "[0-9a-f]{32}"  # noqa: S105 - its form


class NotABounce(ValueError):
    """The letter is no report about one of ours: an answer of a person, a holiday notice, rubbish."""


@dataclass(frozen=True)
class Bounce:
    """A report about the letter that left with `token`. Not final: the server goes on trying."""

    token: str
    final: bool
    status: str  # "5.1.1", empty if the report does not say


def read_bounce(raw: bytes, address: str, recipient: str = "") -> Bounce:
    """Reads a report.

    Args:
        raw: the letter as it came.
        address: where ours come back, bounce@domain.
        recipient: whom the mail server says it is for, if it does.

    Raises:
        NotABounce: if it is not addressed to a return path of ours, or reports nothing.
    """
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    token = _token(message, address, recipient)
    report = next((part for part in message.walk() if part.get_content_type() == "message/delivery-status"), None)
    if message.get_content_type() != "multipart/report" or report is None:
        raise NotABounce("no delivery report")
    fields = report.as_string()
    actions = [action.lower() for action in _ACTION.findall(fields)]
    if not actions:
        raise NotABounce("the report says nothing")
    status = _STATUS.search(fields)
    return Bounce(token, "failed" in actions, status.group(1) if status else "")


def _token(message: Message, address: str, recipient: str) -> str:
    local, _, domain = address.partition("@")
    ours = re.compile(rf"{re.escape(local)}\+({_TOKEN})@{re.escape(domain)}", re.IGNORECASE)
    shown = [str(value) for name in _ADDRESSED for value in message.get_all(name, [])]
    for _, candidate in email.utils.getaddresses([recipient, *shown]):
        if found := ours.fullmatch(candidate):
            return found.group(1).lower()
    raise NotABounce("not to a return path of ours")
