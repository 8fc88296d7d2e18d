"""A running side with everything a load needs, started and ended as one thing."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bench import content, ours, processes, stock
from bench.places import PYTHON
from bench.postgres import Store
from bench.talks import OurTalk, StockTalk, Talk
from bench.wire import Client
from bench.zalo import Platform

CONNECTIONS = 64


@dataclass
class Session:
    """One side, ready to be talked to."""

    talk: Talk
    server: ours.Server
    texts: Iterator[str]
    database_url: str
    platform: Platform | None = None
    client: Client | None = None

    def cpu(self) -> float:
        """Returns the processor seconds the server has used."""
        return processes.cpu(self.server.pid)


@asynccontextmanager
async def our_side(store: Store, **settings: str) -> AsyncIterator[Session]:
    """The assistant behind a Zalo stand-in, on a fresh database; `settings` are further ones of its own."""
    platform = Platform()
    await platform.start()
    url = store.fresh("ours")
    server = ours.serve({"DATABASE_URL": url} | platform.settings() | settings)
    client = Client(server.port, CONNECTIONS)
    try:
        ours.ready(server)
        yield Session(OurTalk(client, platform), server, itertools.cycle(content.said()), url, platform, client)
    finally:
        client.close()
        server.stop()
        platform.stop()


@asynccontextmanager
async def floor_side(store: Store) -> AsyncIterator[Session]:
    """The same round trips with nothing in between (bench.floor), behind the same stand-in."""
    platform = Platform()
    await platform.start()
    url, port = store.fresh("floor"), processes.free_port()
    command = [PYTHON, "-m", "bench.floor", "--port", port, "--database", url, "--platform", platform.url]
    server = ours.Server(processes.start("floor", command, {}), port)
    client = Client(port, CONNECTIONS)
    try:
        processes.wait_for(server.process, f"http://127.0.0.1:{port}/healthz", 30)
        yield Session(OurTalk(client, platform), server, itertools.cycle(content.said()), url, platform, client)
    finally:
        client.close()
        server.stop()
        platform.stop()


@asynccontextmanager
async def stock_side(store: Store) -> AsyncIterator[Session]:
    """Stock Rasa's REST channel with its SQL tracker store, on a fresh database of the same PostgreSQL."""
    url = store.fresh("stock")
    server = stock.serve(url)
    client = Client(server.port, CONNECTIONS)
    try:
        stock.ready(server)
        yield Session(StockTalk(client), server, itertools.cycle(content.said()), url)
    finally:
        client.close()
        server.stop()
