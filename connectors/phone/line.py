"""A line as steps need it: how the code is told, what is said of it, and what stands behind it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import psycopg

from assistant.desk.handover import Desk
from assistant.messages.turns import Engine
from assistant.privacy.vault import Vault
from connectors.base.accounts import Accounts
from connectors.base.channel import WrittenTo
from connectors.phone.settings import PhoneLine

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Line:
    """What a line is put together from."""

    described: PhoneLine
    vault: Vault
    accounts: Accounts
    connect: Callable[[], AbstractContextManager[Connection]]  # for one transaction
    desk: Desk
    page: str  # where a code is typed, as it is said
    site: str
    code_page: str  # and as it is written
    engine: Callable[[], Engine] | None = None  # None: nobody answers questions in words
    written_to: WrittenTo | None = None  # None: a question cannot be answered later
