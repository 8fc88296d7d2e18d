"""What is found: kinds and places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# "reference": a number of a thing (an order, a file, a page), kept from sight like the others and asked for by nobody.
# "link": a one-time link in a reply (assistant.privacy.secret_links); nobody types one.
Kind = Literal[
    "bhxh_code", "phone_or_code", "phone", "card", "cccd", "cmnd", "email", "email_part", "number", "secret",
    "bank_card", "link", "reference",
]  # fmt: skip

#: Kind, value, start, end; kind None holds a place that identifies nobody and that nothing else may claim.
Found = tuple[Kind | None, str, int, int]

#: Kinds whose value must not be kept anywhere, not even encrypted.
NEVER_KEPT: frozenset[Kind] = frozenset({"secret", "bank_card"})


@dataclass(frozen=True)
class Identifier:
    """One identifier: its kind, its normalised value and where it stood in the text."""

    kind: Kind
    value: str
    start: int
    end: int


def code_from(kind: Kind, value: str) -> str | None:
    """Returns the BHXH code or citizen id an identifier stands for: a card ends in the code."""
    if kind == "card":
        return value[-10:]
    if kind in ("bhxh_code", "phone_or_code", "cccd"):
        return value
    return None
