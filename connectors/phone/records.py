"""Calls in PostgreSQL: where each stands, what was said last, and what is sealed until it ends."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from assistant.identifiers.keyed_hash import fingerprint, short_name
from assistant.privacy.vault import Vault, VaultError
from connectors.phone.steps import Answer, Secrets, State

CHANNEL = "phone"
Connection = psycopg.Connection[Any]
_BEGIN = """
INSERT INTO phone_calls (conversation, caller, direction) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
_HOLD = """
SELECT step, state, said, sealed, ended_at IS NOT NULL FROM phone_calls WHERE conversation = %s FOR NO KEY UPDATE
"""
_KEEP = """
UPDATE phone_calls SET step = step + 1, state = %s, said = %s, sealed = %s, stepped_at = now() WHERE conversation = %s
"""
_END = """
UPDATE phone_calls SET ended_at = now(), ended_by = %s, sealed = NULL,
       seconds = coalesce(%s, extract(epoch FROM now() - began_at)::int)
WHERE conversation = %s AND ended_at IS NULL RETURNING state
"""
_WRONG = """
SELECT coalesce(sum((state ->> 'wrong')::int), 0) FROM phone_calls
WHERE caller = %s AND began_at > now() - interval '4 hours' AND stepped_at > now() - interval '1 hour'
"""
_LOCK_SEED = 7  # of accounts' locks there are five


def conversation_of(call: str, vault: Vault) -> str:
    """Returns the conversation of the platform's id of a call."""
    return short_name(vault.token_key, CHANNEL, call)


def address_of(number: str, vault: Vault) -> str:
    """Returns the keyed hash that tries from a number are counted by."""
    return fingerprint(vault.token_key, "calling number", number)


@dataclass
class Kept:
    """A call, held until the transaction ends."""

    conversation: str
    step: int
    state: State
    said: Answer | None
    secrets: Secrets
    ended: bool


class Calls:
    """The calls, on one connection."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def begin(self, conversation: str, caller: str, direction: str) -> None:
        """Notes that a call began; the same call again is the same."""
        self._connection.execute(_BEGIN, (conversation, caller or None, direction))

    def hold(self, conversation: str) -> Kept | None:
        """Returns a call, held; None if there is none."""
        row = self._connection.execute(_HOLD, (conversation,)).fetchone()
        if row is None:
            return None
        step, state, said, sealed, ended = row
        known = State(**state)
        return Kept(
            conversation, step, known, Answer.of_json(said) if said else None, self._open(sealed, conversation), ended
        )

    def _open(self, sealed: Any, conversation: str) -> Secrets:
        try:
            return Secrets(**json.loads(self._vault.open(bytes(sealed), _bound(conversation)))) if sealed else Secrets()
        except VaultError:
            return Secrets()

    def keep(self, call: Kept, answer: Answer) -> None:
        """Keeps where a call stands after an answer."""
        sealed = self._vault.seal(json.dumps(asdict(call.secrets)), _bound(call.conversation))
        values = (Jsonb(asdict(call.state)), Jsonb(answer.as_json()), sealed, call.conversation)
        self._connection.execute(_KEEP, values)

    def wrong_of(self, caller: str) -> int:
        """Counts checks without a match from a number in an hour; other calls from it wait until this one is kept."""
        self._connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", (caller, _LOCK_SEED))
        row = self._connection.execute(_WRONG, (caller,)).fetchone()
        return int(row[0]) if row else 0

    def end(self, conversation: str, by: str, seconds: int | None) -> State | None:
        """Notes that a call ended, and forgets what was sealed; None if it had ended, or is not known."""
        row = self._connection.execute(_END, (by, seconds, conversation)).fetchone()
        return State(**row[0]) if row else None


def _bound(conversation: str) -> str:
    return f"phone {conversation}"
