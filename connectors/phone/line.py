"""A line as steps need it: how the code is told, what is said of it, and what stands behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from assistant.desk.handover import Desk
from assistant.messages.turns import Engine
from assistant.privacy.vault import Vault
from connectors.base.accounts import Accounts
from connectors.phone.settings import PhoneLine

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Line:
    """What a line is put together from."""

    described: PhoneLine
    vault: Vault
    accounts: Accounts
    connect: Callable[[], Connection]
    desk: Desk
    page: str
    site: str
    engine: Callable[[], Engine] | None = None  # None: nobody answers questions in words
