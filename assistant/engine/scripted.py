"""Conversation scripts with the trained model, on the configured database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant import database
from assistant.accounts.adapters.sql_registry import SqlRegistry
from assistant.conversations.rehearsal import rehearsal
from assistant.conversations.scripts import Finding, Script, play
from assistant.engine import training
from assistant.engine.host import AgentHost
from assistant.privacy import keyring
from assistant.settings import Settings


def play_scripts(settings: Settings, scripts: Sequence[Script]) -> Iterator[tuple[Script, list[Finding]]]:
    """Plays each script as a new person and yields what differs. Nothing of it is kept."""
    from sandbox.members import MEMBERS

    url = database.url_of(settings)
    database.migrate(url)
    registry = SqlRegistry(settings.registry_url or database.sqlalchemy_url(url))
    registry.create()
    registry.add((m.code, m.cccd, m.phones, m.email) for m in MEMBERS)
    vault = keyring.open_vault(settings)
    model = training.current_model(settings)
    host = AgentHost(
        model,
        training.content_with(model, settings),
        registry,
        vault,
        settings.base_url,
        settings.limits,
    )
    with database.connect(url) as connection:
        connection.autocommit = True
        for script in scripts:
            with rehearsal(connection, host, vault) as speak:
                findings = play(script, speak)
            yield script, findings
    host.close()
    registry.close()
