"""Who is meant: a page's user, or somebody who is known by a reference only.

PSID            a user of the default page
PAGE:PSID       a user of another page of the app
@REF            a person of the checkbox plugin, known by its user_ref
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

CHANNEL = "messenger"
#: Meta's ids are decimal; anything else may not even be storable.
_ID = re.compile(r"\d{1,64}", re.ASCII)
_REF = re.compile(r"[\w.-]{1,128}", re.ASCII)


@dataclass(frozen=True)
class Address:
    """The part of a conversation's id behind "messenger:"; `page` is empty for the default page."""

    user: str
    page: str = ""

    def __str__(self) -> str:
        return f"{self.page}:{self.user}" if self.page else self.user

    @property
    def conversation(self) -> str:
        """The conversation's id."""
        return f"{CHANNEL}:{self}"

    @property
    def recipient(self) -> dict[str, str]:
        """The `recipient` of a Send API call."""
        return {"user_ref": self.user[1:]} if self.user.startswith("@") else {"id": self.user}

    @classmethod
    def read(cls, text: str) -> Address:
        """Reads what `str` wrote."""
        page, _, user = text.rpartition(":")
        return cls(user, page)


def id_of(value: Any) -> str:
    """Returns a platform id that came as text or number; an empty text for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value) if isinstance(value, str) or abs(value) < 10**64 else ""
    return text if _ID.fullmatch(text) else ""


def party_of(value: Any) -> str:
    """Returns who a `sender` or `recipient` names: an id, or "@" and a user_ref; empty if nobody."""
    if not isinstance(value, dict):
        return ""
    if found := id_of(value.get("id")):
        return found
    ref = value.get("user_ref")
    return f"@{ref}" if isinstance(ref, str) and _REF.fullmatch(ref) else ""
