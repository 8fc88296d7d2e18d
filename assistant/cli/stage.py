"""A stage for actions that Rasa's own command line runs: real code, sample members, a database that keeps nothing.

`assistant rasa shell`, `run` and `interactive` know no doors, no inbox and no turn. What an action would reach in a
turn is opened here once one asks for it: tables in the memory of one connection (`assistant.release.trial_isolation`).
"""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any

from assistant import database
from assistant.accounts.ports import Registry
from assistant.content.book import read_books
from assistant.content.offices import Offices, read_offices
from assistant.desk.handover import Desk, read_desk
from assistant.dialogue import context
from assistant.identifiers import tokens
from assistant.privacy import keyring, vault
from assistant.privacy.vault import Vault
from assistant.rasa import training
from assistant.release.trial_isolation import apart, sample_registry
from assistant.settings import Settings

_KEEP = """
INSERT INTO vault (conversation, token, sealed, expires_at) VALUES (%s, %s, %s, now() + %s)
ON CONFLICT (conversation, token) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at
"""
_KNOWN = "INSERT INTO conversations (id, channel) VALUES (%s, %s) ON CONFLICT DO NOTHING"


class _Connection:
    """A connection that is opened by the first who uses it; most answers need none."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _opened(self) -> Any:
        url = database.url_of(self._settings)
        database.migrate(url)
        keyring.open_vault(self._settings)  # the audit trail's keys with it
        connection = database.connect(url, "assistant-rasa")
        connection.autocommit = True
        apart(connection)
        return connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._opened, name)


class Stage:
    """What surrounds an action on the command line."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._data = training.content_of(settings)
        self._vault: Vault = keyring.passing_vault()
        self._connection: Any = _Connection(settings)
        self._registry: Registry = sample_registry()
        self._desk: Desk = read_desk(settings.desk_file)
        self._offices: Offices = read_offices(self._data / "offices" / "offices.yml")
        self._books = read_books(self._data)

    def turn(self, conversation: str) -> context.TurnContext:
        """Returns the surroundings of one action call."""
        return context.TurnContext(
            conversation=conversation,
            event_id=uuid.uuid4().hex,
            connection=self._connection,
            vault=self._vault,
            registry=self._registry,
            desk=self._desk,
            base_url=self._settings.base_url,
            offices=self._offices,
            books=self._books,
            limits=self._settings.limits,
        )

    def protect(self, text: str, conversation: str) -> str:
        """Returns a person's words with tokens for identifiers, as the doors store them."""
        protected = tokens.protect(text, conversation, self._vault.token_key)
        if protected.secrets:
            self._connection.execute(_KNOWN, (conversation, conversation.partition(":")[0]))
        for secret in protected.secrets:
            sealed = self._vault.seal(secret.value, f"{conversation} {secret.token}")
            self._connection.execute(_KEEP, (conversation, secret.token, sealed, vault.LIVES))
        return protected.text
