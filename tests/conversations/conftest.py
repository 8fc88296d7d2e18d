"""Gives each test a person to talk as."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from assistant.privacy.vault import Vault
from assistant.rasa.host import AgentHost
from tests.kit import postgres
from tests.kit.talk import KEY, Talk, host_for


@pytest.fixture(scope="session")
def talk_url(server_url: str) -> str:
    """One database for all conversations; each is its own person."""
    return postgres.create(server_url)


@pytest.fixture(scope="session")
def host(model_path: Path, talk_url: str) -> Iterator[AgentHost]:
    """The engine, loaded once."""
    with host_for(model_path, talk_url) as loaded:
        yield loaded


@pytest.fixture
def talk(host: AgentHost, talk_url: str) -> Iterator[Talk]:
    """A new person; resets of earlier tests are forgotten, so that limits do not meet."""
    connection: psycopg.Connection[Any]
    with psycopg.connect(talk_url, autocommit=True) as connection:
        connection.execute("DELETE FROM resets")
        yield Talk(host, connection, Vault([KEY]))
