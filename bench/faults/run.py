"""One run: people write, bad things happen, everything settles, the verdict is given."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg

from assistant import database
from bench.faults.chaos import Chaos, Nodes
from bench.faults.people import People
from bench.faults.platform import BadPlatform, Rates
from bench.faults.proxy import Cable
from bench.faults.verdict import Verdict, judge
from bench.postgres import Store

_WAITING = (
    "SELECT (SELECT count(*) FROM inbox WHERE done_at IS NULL), (SELECT count(*) FROM outbox WHERE state = 'waiting')"
)
#: The vault of all nodes; made up for this run.
_KEY = "YmVuY2gtZmF1bHRzLWJlbmNoLWZhdWx0cy1iZW5jaC0="


@dataclass(frozen=True)
class Size:
    """How large a run is."""

    people: int = 500
    messages: int = 20
    copies: int = 3
    rate: float = 60  # new messages a second
    nodes: int = 2
    pause: float = 5  # seconds between two bad things, on average
    deeds: int | None = None  # bad things at most; None: for as long as people write
    settle: float = 600  # seconds after the last message until everything must be answered
    rates: Rates = field(default_factory=Rates)
    seed: int = 20261122


@dataclass
class Report:
    """What a run saw."""

    size: Size
    verdict: Verdict
    done: Counter[str]
    faults: Counter[str]
    unheard: int
    restarts: int
    posts: int
    refused: int
    seconds: float
    settled: float
    notes: list[str]


async def run(size: Size) -> Report:
    """Makes one run on a database of its own."""
    chance = random.Random(size.seed)
    store = Store()
    platform, cable = BadPlatform(size.rates, chance), Cable("")
    try:
        url = store.fresh("faults")
        database.migrate(url)
        cable = Cable(store.socket)
        await cable.start()
        await platform.start()
        settings = platform.settings() | {"VAULT_KEYS": _KEY}
        settings["DATABASE_URL"] = f"postgresql://postgres@127.0.0.1:{cable.port}/faults"
        nodes = Nodes(size.nodes, settings)
        try:
            await nodes.ready()
            return await _suffer(size, nodes, store, cable, platform, chance, url)
        finally:
            await asyncio.to_thread(nodes.stop)  # their network to the database is ours to forward meanwhile
    finally:
        platform.stop()
        cable.close()
        store.close()


async def _suffer(
    size: Size, nodes: Nodes, store: Store, cable: Cable, platform: BadPlatform, chance: random.Random, url: str
) -> Report:
    people = People(platform, nodes.ports, size.people, size.messages, size.copies, chance)
    chaos = Chaos(nodes, store, cable, platform, chance, size.pause)
    started = time.monotonic()
    evil = asyncio.create_task(chaos.run(size.deeds))
    await people.write(size.rate)
    if size.deeds is None:
        evil.cancel()
    with suppress(asyncio.CancelledError):
        await evil
    platform.down = False
    nodes.replace_dead()
    wrote = time.monotonic()
    await _settle(url, nodes, size.settle)
    with psycopg.connect(url) as connection:
        verdict = judge(connection, people, platform.seen, disturbed=bool(+chaos.done))
    return Report(
        size, verdict, +chaos.done, platform.seen.faults, platform.seen.unheard, nodes.restarts,
        people.posts, people.refused, wrote - started, time.monotonic() - wrote, chaos.notes,
    )  # fmt: skip


async def _settle(url: str, nodes: Nodes, limit: float) -> None:
    until = time.monotonic() + limit
    while time.monotonic() < until:
        with suppress(psycopg.OperationalError):
            with psycopg.connect(url) as connection:
                if connection.execute(_WAITING).fetchone() == (0, 0):
                    return
        nodes.replace_dead()
        await asyncio.sleep(0.5)
