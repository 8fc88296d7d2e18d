"""The name of a conversation: CHANNEL:USER, where USER may hold colons of its own.

Who writes without an account of the platform is named VISITOR~CHAT there.
"""

from __future__ import annotations

from typing import NamedTuple

#: Between a visitor without an account and their chat.
VISITOR = "~"


class Conversation(NamedTuple):
    """A conversation's name in its two parts."""

    channel: str
    user: str


def split(name: str) -> Conversation:
    """Splits a conversation's name."""
    channel, _, user = name.partition(":")
    return Conversation(channel, user)


def channel_of(name: str) -> str:
    """Returns the channel of a conversation."""
    return split(name).channel


def is_anonymous(name: str) -> bool:
    """Tells whether somebody writes without an account of the platform: a new name costs them nothing."""
    return VISITOR in split(name).user
