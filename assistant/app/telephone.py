"""What the telephone asks of the accounts, answered in its own words (connectors.base.accounts)."""

from __future__ import annotations

from typing import Any

import psycopg

from assistant.accounts import codes
from assistant.accounts.code_records import PostgresCodes
from assistant.accounts.model import (
    BreakerOpen,
    CallStarted,
    NotMatched,
    Outcome,
    RegistryDown,
    RequestReset,
    ResetLimitReached,
    TooManyTries,
    Unsaid,
)
from assistant.accounts.ports import Registry
from assistant.accounts.records import PostgresResetStore
from assistant.accounts.reset import request_reset
from assistant.privacy.vault import Vault
from assistant.runtime import metrics
from assistant.settings.limits import Limits
from connectors.base.accounts import Asked, Checked

Connection = psycopg.Connection[Any]


class TelephoneAccounts:
    """Implements `connectors.base.accounts.Accounts`."""

    def __init__(self, registry: Registry, vault: Vault, limits: Limits) -> None:
        self._registry = registry
        self._vault = vault
        self._limits = limits

    @property
    def code_minutes(self) -> int:
        """How long a code works."""
        return self._limits.code_minutes

    def check(self, connection: Connection, asked: Asked) -> Checked:
        """Checks code and calling number."""
        command = RequestReset(
            asked.conversation, asked.event_id, asked.code, asked.number, asked.address, by_call=True
        )
        store = PostgresResetStore(connection)
        outcome = request_reset(command, store, self._registry, self._vault.token_key, self._limits)
        metrics.resets.labels(type(outcome).__name__).inc()
        return _said(outcome)

    def new_code(self, connection: Connection, reset_id: str) -> str:
        """Returns a fresh code."""
        store = PostgresResetStore(connection)
        return codes.make_code(reset_id, store, PostgresCodes(connection), self._vault.token_key, self._limits) or ""

    def call_off(self, connection: Connection, reset_id: str) -> None:
        """Ends a reset."""
        codes.call_off(reset_id, PostgresResetStore(connection), PostgresCodes(connection))


def _said(outcome: Outcome) -> Checked:
    match outcome:
        case CallStarted(reset_id):
            return Checked("started", reset_id=reset_id)
        case NotMatched(tries_left):
            return Checked("not_matched", left=tries_left)
        case TooManyTries(minutes):
            return Checked("too_many", minutes)
        case ResetLimitReached(_, _, wait_minutes):
            return Checked("limited", wait_minutes)
        case Unsaid(reset_id):
            return Checked("unsaid", reset_id=reset_id)
        case BreakerOpen():
            return Checked("paused")
        case RegistryDown():
            return Checked("down")
        case _:
            return Checked("unsaid")
