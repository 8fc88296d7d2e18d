"""Connections at the doors: how many there may be, and how long one may take to say what it wants.

uvicorn bounds neither: a client that opens connections and says nothing, or half of something, keeps all others out.
"""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, Literal

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from assistant.web.middleware import network_of

#: Files that a process of doors needs for itself: the store, platforms, logs.
_OWN_FILES = 192
#: Waiting for a request, reading its head, reading its body, answering it.
Stage = Literal["idle", "head", "body", "answer"]


@dataclass(frozen=True)
class Bounds:
    """What one process of doors allows. Proxies that are named speak for many, and count in all only."""

    in_all: int
    of_one: int
    proxies: str = ""
    head_seconds: float = 10.0
    body_seconds: float = 20.0
    slowest_body: float = 16 * 1024  # bytes a second, once `body_seconds` are over
    idle_seconds: float = 35.0  # after uvicorn has ended it in good order
    last_seconds: float = 1.0  # for a request that was under way when this process was told to end
    largest_head: int = 32 * 1024
    most_headers: int = 100
    most_pipelined: int = 16
    most_unwanted: int = 16 * 1024 * 1024  # bytes of a body that was answered before it was all here


def bounds(in_all: int, of_one: int, proxies: str = "") -> Bounds:
    """Returns the bounds that the settings ask for, as far as this process may open files."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    room = in_all if soft == resource.RLIM_INFINITY else min(in_all, max(16, soft - _OWN_FILES))
    return Bounds(room, min(of_one, max(8, room // 4)), proxies)


def raise_file_limit() -> None:
    """Lets this process and its children open as many files as it may: the usual 1 024 are few for doors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(65_536, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@dataclass
class Connections:
    """The open connections of one process."""

    bounds: Bounds
    refused: Callable[[str], None] = lambda why: None
    ending: bool = False  # no more than one request a connection
    _open: dict[_Bounded, None] = field(default_factory=dict)  # oldest first
    _by_network: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._proxies = _networks(self.bounds.proxies)

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, connection: _Bounded) -> bool:
        """Tells whether a connection may stay; where all places are taken, one that asks for nothing makes room."""
        if connection.network and self._by_network[connection.network] >= self.bounds.of_one:
            self.refused("connections of one address")
            return False
        if len(self._open) >= self.bounds.in_all and not self._make_room():
            self.refused("connections")
            return False
        self._open[connection] = None
        self._by_network[connection.network] += 1
        return True

    def leave(self, connection: _Bounded) -> None:
        """Forgets a connection."""
        if connection in self._open:
            del self._open[connection]
            self._by_network[connection.network] -= 1
            if not self._by_network[connection.network]:
                del self._by_network[connection.network]

    def _make_room(self) -> bool:
        asking_nothing = next((one for one in self._open if one.stage in ("idle", "head")), None)
        if asking_nothing is None:
            return False
        self.refused("connections")
        self.leave(asking_nothing)
        asking_nothing.end()
        return True

    def is_proxy(self, address: str) -> bool:
        """Tells whether an address is one of the proxies that are named."""
        try:
            found = ip_address(address)
        except ValueError:  # a socket in the file system
            return True
        return any(found in network for network in self._proxies)


def _networks(proxies: str) -> list[IPv4Network | IPv6Network]:
    everybody = ["0.0.0.0/0", "::/0"]
    named = [name for part in proxies.split(",") for name in (everybody if part.strip() == "*" else [part.strip()])]
    found = []
    for name in named:
        with suppress(ValueError):
            found.append(ip_network(name, strict=False))
    return found


class _Bounded(HttpToolsProtocol):
    """uvicorn's protocol with an end to everything that a client may leave half done."""

    all: Connections  # of this process; set in a class of its own by `bounded`
    network = ""
    stage: Stage = "idle"
    _alarm: asyncio.TimerHandle | None = None
    _head = _body = 0
    _since = 0.0

    # -- from uvicorn's side -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        self.network = "" if self.all.is_proxy(address) else network_of(self.client)
        if not self.all.enter(self):
            self.end()
            return
        self._enter("head")  # who connects has something to say
        if self.all.ending:
            self.shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        self.all.leave(self)
        self._set_alarm(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self.stage == "idle":
            self._enter("head")
        if self.stage in ("head", "answer"):  # or the next head, sent ahead
            self._head += len(data)
        super().data_received(data)
        # What one read brought may hold a body, too; a head that is still not whole is all of it.
        if self.stage in ("head", "answer") and self._head > self.all.bounds.largest_head:
            self._refuse(431, b"Request Header Fields Too Large") if self.stage == "head" else self.end()

    def shutdown(self) -> None:
        """Ends the connection, after a request that may be under way.

        uvicorn closes at once what has not asked yet. But whoever just connected has sent a request, or will within
        the time that a packet takes, and would be reset without an answer each time other processes take over.
        """
        self.all.ending = True
        if self.stage in ("idle", "head"):
            self._set_alarm(self.all.bounds.last_seconds)
        if self.cycle is not None:
            self.cycle.keep_alive = False

    # -- from the parser -----------------------------------------------------------------------

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self.stage == "idle":
            self._enter("head")

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.all.bounds.largest_head or len(self.headers) > self.all.bounds.most_headers:
            self._refuse(431, b"Request Header Fields Too Large")
            return
        if len(self.pipeline) >= self.all.bounds.most_pipelined:
            self.end()
            return
        self._enter("body")
        super().on_headers_complete()
        if self.all.ending and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        if self.transport.is_closing():
            return
        self._body += len(body)
        if self.cycle.response_complete and self._body > self.all.bounds.most_unwanted:
            self.end()
            return
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.transport.is_closing():
            return
        self._enter("answer")
        super().on_message_complete()
        if self.cycle is None or self.cycle.response_complete:
            self._enter("idle")

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.stage == "answer" and not self.pipeline:
            self._enter("idle")

    # -- time ----------------------------------------------------------------------------------

    def _enter(self, stage: Stage) -> None:
        limits = self.all.bounds
        self.stage = stage
        self._head = self._body = 0
        self._since = self.loop.time()
        seconds = {"idle": limits.idle_seconds, "head": limits.head_seconds, "body": limits.body_seconds}.get(stage)
        self._set_alarm(limits.last_seconds if self.all.ending and stage in ("idle", "head") else seconds)

    def _set_alarm(self, seconds: float | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self.loop.call_later(seconds, self._late) if seconds is not None else None

    def _late(self) -> None:
        limits = self.all.bounds
        if self.stage == "body":
            left = self._since + limits.body_seconds + self._body / limits.slowest_body - self.loop.time()
            if left > 0:  # it is long, and it comes
                self._set_alarm(left)
                return
        if self.all.ending and not self._head:
            self.transport.close()
            return
        self.all.refused(f"slow {self.stage}")
        if self.stage == "idle" or (self.cycle is not None and self.cycle.response_started):
            self.end()
        else:
            self._refuse(408, b"Request Timeout")

    def _refuse(self, status: int, reason: bytes) -> None:
        head = b"HTTP/1.1 %d %s\r\nconnection: close\r\ncontent-length: 0\r\n\r\n" % (status, reason)
        self.transport.write(head)
        self.transport.close()

    def end(self) -> None:
        """Ends the connection without a word."""
        self.transport.abort()


def bounded(connections: Connections) -> type[asyncio.Protocol]:
    """Returns the protocol for a process with these connections."""
    made: Any = type("Bounded", (_Bounded,), {"all": connections})
    return made  # type: ignore[no-any-return]
