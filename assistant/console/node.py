"""The parts of a node that pages use; the server hands them over."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import psycopg

from assistant.content.languages import Texts
from assistant.desk.handover import Desk
from assistant.messages.ready_queue import Ready
from assistant.messages.wakeups import Wakeups
from assistant.privacy.vault import Vault
from assistant.release.nodes import NodeReleases
from assistant.settings import Settings
from assistant.settings.limits import Limits
from connectors.base.channel import Channel


class Host(Protocol):
    """The model that answers."""

    @property
    def model(self) -> str:
        """Its name."""

    @property
    def trained_at(self) -> datetime.datetime:
        """When it was trained."""

    @property
    def path(self) -> Path:
        """Where it lies."""

    def parse(self, text: str) -> dict[str, Any]:
        """Returns what it understands of a text."""


class Streams(Protocol):
    """The open event streams of the node."""

    closing: asyncio.Event


class Node(Protocol):
    """The process whose console this is."""

    name: str
    settings: Settings
    limits: Limits
    url: str
    vault: Vault
    desk: Desk
    ready: Ready
    wakeups: Wakeups
    releases: NodeReleases

    @property
    def host(self) -> Host:
        """The model that answers; it may be exchanged."""

    @property
    def streams(self) -> Streams:
        """Event streams; they end when the node stops."""

    @property
    def channels(self) -> Sequence[Channel]:
        """The platforms that are connected."""

    @property
    def say(self) -> Texts:
        """Sentences for pages of citizens."""

    def connect(self) -> psycopg.Connection[Any]:
        """Opens a connection to the database."""
