"""The name of a conversation: CHANNEL:USER, where USER may hold colons of its own."""

from __future__ import annotations

from typing import NamedTuple


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
