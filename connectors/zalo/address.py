"""Who is meant: an account's user, or somebody who writes without a Zalo log-in.

USER                 a user of the default account
OA:USER              a user of another account of the app
ANONYMOUS~CHAT       an anonymous visitor; a reply needs both numbers
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.runtime.conversation import VISITOR

CHANNEL = "zalo"


@dataclass(frozen=True)
class Address:
    """The part of a conversation's id behind "zalo:"; `oa` is empty for the default account."""

    user: str
    oa: str = ""
    chat: str = ""  # of an anonymous visitor

    def __str__(self) -> str:
        user = f"{self.user}{VISITOR}{self.chat}" if self.chat else self.user
        return f"{self.oa}:{user}" if self.oa else user

    @property
    def conversation(self) -> str:
        """The conversation's id."""
        return f"{CHANNEL}:{self}"

    @classmethod
    def read(cls, text: str) -> Address:
        """Reads what `str` wrote."""
        oa, _, rest = text.rpartition(":")
        user, _, chat = rest.partition(VISITOR)
        return cls(user, oa, chat)
