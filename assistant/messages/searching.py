"""Searches long texts for identifiers beside the event loop, each channel in a lane of its own."""

from __future__ import annotations

import logging
from collections import defaultdict

from assistant.identifiers.tokens import ProtectedText
from assistant.messages import inbox
from assistant.messages.events import Event
from assistant.privacy.vault import Vault
from assistant.runtime.lanes import Lane

logger = logging.getLogger(__name__)
#: Shorter ones cost less than the way to a thread and back.
_SHORT = 200
#: Long texts of one channel that may wait; a second of them is more than the door has time for.
_PLACES = 64


class Searching:
    """The lanes of one node."""

    def __init__(self, safe: Vault) -> None:
        self._safe = safe
        self._lanes: defaultdict[str, Lane] = defaultdict(lambda: Lane("search", 1, _PLACES))

    async def of(self, event: Event) -> ProtectedText | None:
        """Returns the words of a long event without identifiers; None for a short one, which is searched in passing.

        Raises:
            Busy: if the channel's lane is full.
        """
        if len(event.text) <= _SHORT:
            return None
        return await self._lanes[event.channel].do(self._search, event)

    def _search(self, event: Event) -> ProtectedText | None:
        try:
            return inbox.search(event, self._safe)
        except (TypeError, ValueError):  # a text that cannot be stored: the inbox finds out, and keeps it aside
            return None
