"""Messenger's receipts: a watermark speaks for everything sent to that person up to its time."""

from __future__ import annotations

from typing import Any

from psycopg_pool import AsyncConnectionPool

from connectors.base.receipts import Collector
from connectors.messenger.address import CHANNEL
from connectors.messenger.envelope import Item, time_of

# Our clock and Meta's are not the same: a receipt counts a little beyond its time.
_MEANT = """outbox.state = 'sent'
  AND outbox.sent_at <= r.at + interval '2 seconds' AND outbox.sent_at > r.at - interval '7 days'
  AND (outbox.delivered_at IS NULL OR (r.seen AND outbox.seen_at IS NULL))
"""


class Receipts(Collector):
    """Collects the receipts of an app's pages."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        super().__init__(pool, CHANNEL, _MEANT)

    def note(self, conversation: str, item: Item) -> None:
        """Keeps an item's receipt, if it is one."""
        for name, read in (("delivery", False), ("read", True)):
            part = item.data.get(name)
            at = time_of(part.get("watermark")) if isinstance(part, dict) else None
            if at:
                self.keep(conversation, None, read, at)
