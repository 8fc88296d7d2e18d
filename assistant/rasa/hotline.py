"""The number that key 8 is pressed at: BHXH's hotline, or this installation's own telephone line where it has one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from assistant.content.languages import DEFAULT

OFFICIAL = "1900 9068"
#: The hotline where a sentence sends people to its key 8; elsewhere it stays BHXH's. What comes between may say from
#: which phone.
_WITH_KEY_8 = re.compile(
    r"1900[ .]?9068(?=(?:(?!1900)[^.!?\n]){0,60}?\bphím\s+8\b"
    r"|(?:(?!1900)[^!?\n]){0,60}?\b(?:key|press)\s+8\b)"
)


_SOURCE = re.compile(r"\n\n\((?:Nguồn|Source): [^\n]*\)\s*\Z")


@dataclass(frozen=True)
class OwnLine:
    """This installation's telephone line: its number, and by language what it does in place of telling a password."""

    number: str
    instead: Mapping[str, str] = field(default_factory=dict)


def named(text: str, own: OwnLine | None, language: str | None = None) -> str:
    """Returns a text that sends people to key 8 of our own line, and says what it does; None: there is no line."""
    if own is None:
        return text
    found = _WITH_KEY_8.sub(own.number, text)
    instead = own.instead.get(language or DEFAULT, "")
    if not instead or not _WITH_KEY_8.search(text):
        return found
    source = _SOURCE.search(found)
    place = source.start() if source else len(found)
    return f"{found[:place].rstrip()}\n{instead}{found[place:]}"
