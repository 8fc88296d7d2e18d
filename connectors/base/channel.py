"""What a platform brings to a node: routes at the door, a sender, and how it is doing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
from psycopg_pool import AsyncConnectionPool
from starlette.routing import BaseRoute

from assistant.messages.events import Event
from assistant.messages.outbox import Sender
from assistant.messages.turns import Engine
from assistant.privacy.vault import Vault
from assistant.runtime.periodic_jobs import Job
from connectors.base.accounts import Accounts
from connectors.base.connecting import Connecting


async def _nothing_kept(conversation: str) -> None:
    """Forgets nothing: for who keeps nothing."""


#: Keeps a mobile number (0901000123), in the caller's transaction, and returns the conversation that reaches it.
WrittenTo = Callable[[psycopg.Connection[Any], str], str]


@dataclass(frozen=True)
class Parts:
    """What every channel is built from.

    `accept` takes an event in: when it returns, the event is on disk; it returns False for one
    that was seen before. `accept_all` takes in what one delivery brought, in one commit; an event
    that cannot be stored is left out, the others are not lost with it. `forget` removes the data of a
    conversation, if there is one. `connect` opens a connection of its own, for work in a thread; `accounts` checks who
    rings, `engine` answers what is said; `written_to` reaches a number in writing, where a channel does. All are None
    where a channel is built only to look at it.
    """

    pool: AsyncConnectionPool[Any]
    vault: Vault
    http: httpx.AsyncClient
    accept: Callable[[Event], Awaitable[bool]]
    accept_all: Callable[[Sequence[Event]], Awaitable[int]]
    forget: Callable[[str], Awaitable[None]] = _nothing_kept
    connect: Callable[[], psycopg.Connection[Any]] | None = None
    accounts: Accounts | None = None
    engine: Callable[[], Engine] | None = None
    written_to: WrittenTo | None = None


@dataclass(frozen=True)
class Channel:
    """One platform. `sender` is None where its messages are fetched or credentials are missing."""

    name: str
    routes: tuple[BaseRoute, ...]
    sender: Sender | None = None
    health: Callable[[], Awaitable[dict[str, Any]]] | None = None  # for the console: token age, last error
    jobs: tuple[Job, ...] = ()
    connecting: Connecting | None = None  # where an administrator can connect an account
    name_of: Callable[[str], Coroutine[Any, Any, str]] | None = None  # what a user is called there; "": not given
    close: Callable[[], None] = lambda: None  # at the node's end
    typing: Callable[[str], Coroutine[Any, Any, None]] | None = None  # shows a user that somebody writes; never raises
