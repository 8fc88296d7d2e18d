"""Zalo's receipts: each names its messages."""

from __future__ import annotations

import datetime
from typing import Any

from psycopg_pool import AsyncConnectionPool

from connectors.base.receipts import Collector
from connectors.zalo.address import CHANNEL
from connectors.zalo.windows import plausible


class Receipts(Collector):
    """Collects the receipts of an app's accounts."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        super().__init__(pool, CHANNEL, "outbox.platform_id = r.platform_id")

    def note(
        self, conversation: str, delivered: tuple[str, ...], seen: tuple[str, ...], at: datetime.datetime | None
    ) -> None:
        """Keeps the receipts of one event."""
        when = plausible(at, datetime.datetime.now(datetime.UTC))
        for ids, read in ((delivered, False), (seen, True)):
            for platform_id in ids:
                self.keep(conversation, platform_id, read, when)
