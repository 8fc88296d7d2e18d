"""Loads what answers, once for all who need it in a process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg

from assistant import database
from assistant.accounts.ports import Registry
from assistant.accounts.registry.sql import SqlRegistry
from assistant.app import registries
from assistant.content.languages import LANGUAGES
from assistant.desk import handover
from assistant.desk.handover import Desk
from assistant.privacy import keyring
from assistant.privacy.vault import Vault
from assistant.rasa import training
from assistant.rasa.host import AgentHost
from assistant.rasa.hotline import OwnLine
from assistant.release import archive
from assistant.settings import Settings
from connectors.phone.settings import line_of
from connectors.phone.texts import texts


def load_host(settings: Settings, registry: Registry, vault: Vault, desk: Desk) -> AgentHost:
    """Returns the engine with the model that the settings mean; it is trained if there is none."""
    path = training.current_model(settings)
    content = training.content_with(path, settings)
    own = _own_line(settings)
    host = AgentHost(path, content, registry, vault, settings.base_url, settings.limits, desk, own)
    host.release = archive.release_of(path, settings)
    return host


def _own_line(settings: Settings) -> OwnLine | None:
    """Returns this installation's telephone line as answers name it."""
    line = line_of(settings)
    if line is None:
        return None
    said = texts()
    return OwnLine(line.number, {language: said[f"own_line_{line.way}_{language}"] for language in LANGUAGES})


@contextmanager
def engine_of(settings: Settings, url: str) -> Iterator[tuple[AgentHost, Vault, psycopg.Connection[Any]]]:
    """Opens what one command needs beside a running node, and closes it: engine, vault, a connection in autocommit.

    Args:
        settings: whose model, register and keys; in a demo the sample members are in the register.
        url: the database, its schema up to date.
    """
    vault = keyring.open_vault(settings)
    with (
        closing(registries.real_registry(settings, url)) as registry,
        closing(load_host(settings, registry, vault, handover.read_desk(settings.desk_file))) as host,
        database.connect(url) as connection,
    ):
        if settings.demo and isinstance(registry, SqlRegistry):
            from assistant.accounts.demo_members import enter

            enter(registry)
        connection.autocommit = True
        yield host, vault, connection
