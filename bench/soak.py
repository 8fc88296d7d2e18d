"""`python -m bench.soak`: an hour's messages in five minutes; writes docs/soak.md.

What grows is a leak: memory, file descriptors, queues. Ends by itself, listens on loopback only.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass

import psutil
import psycopg

from bench import load, machine, ours, postgres, processes
from bench.places import ROOT, VAR
from bench.postgres import Store
from bench.sessions import Session, our_side
from bench.talks import Said

PAGE = ROOT / "docs" / "soak.md"
PEOPLE = 3000
#: As an hour of ten messages a second, twelve times as fast.
RATE, MINUTES = 120.0, 5.0
_EVERY = 10.0
_STILL = 0.05
_FILES = 5
_LONGEST_WAIT = 5.0


@dataclass
class Look:
    """What was to be seen at one moment."""

    second: float
    memory_mb: float
    store_mb: float
    files: int
    waiting: int
    oldest_s: float
    connections: int
    said: int


@dataclass
class Soak:
    """What a run saw."""

    rate: float
    looks: list[Look]
    said: list[Said]

    def part(self, name: str, last: bool) -> float:
        """Returns the median of the first third after the start-up, or of the last third."""
        looks = [look for look in self.looks if look.second > self.looks[-1].second / 10]
        third = max(1, len(looks) // 3)
        return statistics.median(getattr(look, name) for look in (looks[-third:] if last else looks[:third]))

    def verdict(self) -> dict[str, bool]:
        """Returns what was promised, and whether it held."""
        before, after = self.part("memory_mb", False), self.part("memory_mb", True)
        return {
            f"memory flat (± {_STILL:.0%})": abs(after / before - 1) <= _STILL,
            "no more open files": self.part("files", True) <= self.part("files", False) + _FILES,
            f"nobody waited longer than {_LONGEST_WAIT:g} s": max(look.oldest_s for look in self.looks) < _LONGEST_WAIT,
            "every message answered": all(one.answered is not None for one in self.said),
        }


def _look(session: Session, store: Store, started: float, said: int) -> Look:
    files = 0
    for process in processes.tree(session.server.pid):
        with suppress(psutil.NoSuchProcess):
            files += process.num_fds()
    with psycopg.connect(session.database_url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM inbox WHERE done_at IS NULL) + (SELECT count(*) FROM outbox WHERE state ="
            " 'waiting'), (SELECT coalesce(extract(epoch FROM now() - min(accepted_at)), 0) FROM inbox WHERE done_at IS"
            " NULL), (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database())"
        ).fetchone()
    waiting, oldest, connections = row or (0, 0, 0)
    memory = processes.memory(session.server.pid)[1]
    return Look(time.perf_counter() - started, memory, store.memory(), files, waiting, float(oldest), connections, said)


def _people() -> Iterator[str]:
    """The same people again and again, and every tenth time somebody new."""
    known = itertools.cycle([load.new_user() for _ in range(PEOPLE)])
    for number in itertools.count():
        yield load.new_user() if number % 10 == 9 else next(known)


async def soak(store: Store, rate: float, minutes: float) -> Soak:
    """Lets people write at a steady rate and looks at the node every ten seconds."""
    async with our_side(store, NODES="1", WORKERS="2") as session:
        found, tasks, people = Soak(rate, [], []), list[asyncio.Task[Said]](), _people()
        started, next_look = time.perf_counter(), 0.0
        for number in range(int(rate * minutes * 60)):
            due = started + number / rate
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            tasks.append(asyncio.create_task(session.talk.say(next(people), next(session.texts), due)))
            if due - started >= next_look:
                found.looks.append(await asyncio.to_thread(_look, session, store, started, number))
                next_look += _EVERY
        found.said = list(await asyncio.gather(*tasks))
        return found


def _page(found: Soak) -> str:
    about = machine.describe()
    step = max(1, len(found.looks) // 12)
    rows = "\n".join(
        f"| {look.second:.0f} | {look.said:,} | {look.memory_mb:.0f} | {look.store_mb:.0f} | {look.files} |"
        f" {look.waiting} | {look.oldest_s:.2f} | {look.connections} |"
        for look in found.looks[::step]
    )
    promises = "\n".join(f"| {what} | {'yes' if held else '**no**'} |" for what, held in found.verdict().items())
    answers = sorted(one.answered for one in found.said if one.answered is not None)
    return f"""# Soak

`python -m bench.soak` gives a node (doors and two engines) the messages of an hour at ten a second, twelve times as
fast, from {PEOPLE:,} people who come again and one in ten who is new, and looks every {_EVERY:.0f} s at what must
not grow. Ends by itself after {found.looks[-1].second / 60:.0f} minutes.

Run on {about["processor"]}, {about["cores"]} cores, {about["memory_gb"]} GB, {about["system"]}, Python
{about["python"]}, commit {about["commit"]}: {len(found.said):,} messages at {found.rate:g} a second; half of the
answers at the platform within {answers[len(answers) // 2] * 1000:.0f} ms, 99 % within
{answers[int(len(answers) * 0.99)] * 1000:.0f} ms.

| promise | held |
|---|---|
{promises}

Memory of the node (PSS of all its processes): {found.part("memory_mb", False):.0f} MB in the first third,
{found.part("memory_mb", True):.0f} MB in the last. The first tenth of the time, in which caches fill, is left out.

| second | messages | node, MB | PostgreSQL, MB | open files | waiting | oldest, s | connections |
|---:|---:|---:|---:|---:|---:|---:|---:|
{rows}

PostgreSQL's memory is its page cache of a growing database, bounded by `shared_buffers`.
"""


def main() -> int:
    """Runs it and writes the page; 1 if a promise did not hold."""
    parser = argparse.ArgumentParser(prog="bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--rate", type=float, default=RATE)
    given = parser.parse_args()
    store = Store()
    try:
        ours.model()
        found = asyncio.run(soak(store, given.rate, given.minutes))
    finally:
        store.close()
        processes.stop_all()
        postgres.stop_left()
    VAR.mkdir(parents=True, exist_ok=True)
    (VAR / "soak.json").write_text(json.dumps([asdict(look) for look in found.looks]))
    if given.minutes >= MINUTES:
        PAGE.write_text(_page(found), encoding="utf-8")
    print(_page(found))
    return 0 if all(found.verdict().values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
