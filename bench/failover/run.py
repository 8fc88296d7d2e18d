"""One fault after another on three machines, under load; what was acknowledged, what is there, how long it took."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg

from assistant import database
from bench.failover.loads import Load, Message
from bench.failover.machines import Machine, Machines
from bench.places import PYTHON
from bench.zalo import Platform

_KEY = "YmVuY2gtZmFpbG92ZXItYmVuY2gtZmFpbG92ZXItMDE="
_PLATFORM_PORT = 9000
_WAITING = (
    "SELECT (SELECT count(*) FROM inbox WHERE done_at IS NULL), (SELECT count(*) FROM outbox WHERE state = 'waiting')"
)
#: Of each person their one message: how often it is there, done, answered by a turn, and delivered.
_KEPT = """
SELECT c.id, count(DISTINCT i.id), count(i.id) FILTER (WHERE i.done_at IS NOT NULL), count(DISTINCT t.id),
       count(DISTINCT o.id) FILTER (WHERE o.state = 'sent')
FROM conversations c LEFT JOIN inbox i ON i.conversation = c.id LEFT JOIN turns t ON t.inbox_id = i.id
LEFT JOIN outbox o ON o.inbox_id = i.id GROUP BY c.id
"""


@dataclass(frozen=True)
class Size:
    """How large a run is."""

    rate: float = 20.0
    before: float = 5.0
    after: float = 30.0  # seconds in which people go on writing after a fault
    settle: float = 180.0
    faults: tuple[str, ...] = ()


@dataclass
class Result:
    """What one fault did."""

    fault: str
    leader: str
    next: str
    acknowledged: int
    lost: list[str]
    doubled: int
    unanswered: int
    silence: float
    ready: float
    refused: int
    notes: list[str] = field(default_factory=list)


async def run(size: Size, say: Callable[[str], None]) -> list[Result]:
    """Makes the machines, does every fault, and takes them away."""
    machines, platform, results = Machines(), Platform(), []
    try:
        socket = str(machines.folder / "platform")
        await platform.start(socket, _PLATFORM_PORT)
        started = time.monotonic()
        await asyncio.to_thread(_set_up, machines, platform, socket)
        say(
            f"three machines, a primary, a synchronous standby and three nodes after {time.monotonic() - started:.0f} s"
        )
        for fault in size.faults or tuple(FAULTS):
            results.append(await _suffer(size, machines, platform, fault))
            say(line(results[-1]))
    finally:
        await asyncio.to_thread(machines.remove)
        platform.stop()
    return results


def line(result: Result) -> str:
    """Returns a result in a line."""
    return (
        f"{result.fault}: {result.acknowledged} acknowledged, {len(result.lost)} lost, {result.doubled} doubled, "
        f"{result.unanswered} unanswered; silence {result.silence:.1f} s, ready everywhere after {result.ready:.1f} s, "
        f"{result.refused} refused and sent again; leader {result.leader} → {result.next} {' '.join(result.notes)}"
    )


def _set_up(machines: Machines, platform: Platform, socket: str) -> None:
    machines.lay()
    machines.start_database()
    with psycopg.connect(machines.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE assistant")
    database.migrate(machines.url())
    for machine in machines.all:
        command = [str(PYTHON), "-m", "bench.failover.forward", str(_PLATFORM_PORT), socket]
        machine.run("platform", command, {})
    settings = {"DATABASE_URL": machines.url(), "VAULT_KEYS": _KEY, "WORKERS": "1", "BURST_SECONDS": "0"}
    machines.start_nodes(settings | platform.settings())


async def _suffer(size: Size, machines: Machines, platform: Platform, fault: str) -> Result:
    await asyncio.to_thread(machines.until, machines.whole, 180)
    leader = machines.role("leader")
    assert leader
    load = Load(platform, [machine.address for machine in machines.all], size.rate)
    writing = asyncio.create_task(load.write())
    await asyncio.sleep(size.before)
    since = time.monotonic()
    notes = await FAULTS[fault](machines, leader)
    spared = [machine for machine in machines.all if machine is not leader]
    ready = asyncio.create_task(_ready(machines, spared, since))
    await asyncio.sleep(max(0.0, since + size.after - time.monotonic()))
    writing.cancel()
    await _mend(machines)
    left = await load.settled(60)
    await _settle(machines, size.settle)
    ready.cancel()
    later = machines.role("leader")
    lost, doubled, unanswered = await asyncio.to_thread(_judge, machines, load.messages)
    return Result(
        fault, leader.name, later.name if later else "none", sum(bool(m.acknowledged) for m in load.messages), lost,
        doubled, unanswered + left, load.silence(since),
        ready.result() if ready.done() and not ready.cancelled() else float("inf"), load.refused, notes,
    )  # fmt: skip


async def _ready(machines: Machines, spared: list[Machine], since: float) -> float:
    """Waits until a node that lost nothing but its database is ready again after it was not, or stays ready."""
    await asyncio.sleep(1)
    good_since = None
    while True:
        good = all(await asyncio.gather(*(asyncio.to_thread(machines.ready, machine) for machine in spared)))
        now = time.monotonic()
        good_since = (good_since or now) if good else None
        if good_since and now - good_since > 8:
            return good_since - since
        await asyncio.sleep(0.25)


async def _mend(machines: Machines) -> None:
    """Brings back what was lost, as an operator would."""
    for machine in machines.all:
        machine.join()
        machine.send(signal.SIGCONT, machine.all())
        machine.revive()
    await asyncio.to_thread(machines.until, machines.whole, 180)


async def _settle(machines: Machines, limit: float) -> None:
    until = time.monotonic() + limit
    while time.monotonic() < until:
        with suppress(psycopg.OperationalError):
            with psycopg.connect(machines.url(), connect_timeout=3) as connection:
                if connection.execute(_WAITING).fetchone() == (0, 0):
                    return
        await asyncio.sleep(0.5)


def _judge(machines: Machines, messages: list[Message]) -> tuple[list[str], int, int]:
    with psycopg.connect(machines.url(), connect_timeout=3) as connection:
        rows = {row[0]: row[1:] for row in connection.execute(_KEPT)}
    lost, doubled, unanswered = [], 0, 0
    for message in messages:
        kept, done, turns, sent = rows.get(f"zalo:{message.user}", (0, 0, 0, 0))
        if message.acknowledged and kept == 0:
            lost.append(message.user)
        doubled += kept > 1 or turns > 1
        unanswered += bool(message.acknowledged) and kept > 0 and not (done and turns and sent)
    return lost, doubled, unanswered


# ---- what is done to them


async def _kill_postgres(machines: Machines, leader: Machine) -> list[str]:
    leader.send(signal.SIGKILL, leader.postgres())
    return []


async def _kill_machine(machines: Machines, leader: Machine) -> list[str]:
    leader.send(signal.SIGKILL, leader.all())
    return []


async def _freeze_machine(machines: Machines, leader: Machine) -> list[str]:
    leader.send(signal.SIGSTOP, leader.all())
    return []


async def _freeze_postgres(machines: Machines, leader: Machine) -> list[str]:
    leader.send(signal.SIGSTOP, leader.postgres())
    return []


async def _cut_leader(machines: Machines, leader: Machine) -> list[str]:
    leader.cut()
    return []


async def _freeze_standby(machines: Machines, leader: Machine) -> list[str]:
    standby = machines.role("sync_standby")
    assert standby
    standby.send(signal.SIGSTOP, standby.all("patroni"))
    return [f"(standby {standby.name})"]


async def _switch_over(machines: Machines, leader: Machine) -> list[str]:
    standby = machines.role("sync_standby")
    assert standby
    started = time.monotonic()
    code = await asyncio.to_thread(machines.switch_over, standby)
    return [f"(Patroni: {code} after {time.monotonic() - started:.1f} s)"]


async def _failed_promotion(machines: Machines, leader: Machine) -> list[str]:
    """The leader dies, and the standby that is to follow it cannot be promoted: its PostgreSQL is killed as it starts."""
    standby = machines.role("sync_standby")
    assert standby
    leader.send(signal.SIGKILL, leader.all())
    died = time.monotonic()
    await asyncio.to_thread(machines.until, lambda: machines.role("leader") is not leader, 30)
    standby.send(signal.SIGKILL, standby.postgres())
    return [f"(standby {standby.name} killed {time.monotonic() - died:.1f} s after it)"]


async def _async_cut(machines: Machines, leader: Machine) -> list[str]:
    """The spare falls behind, cut off; then the leader dies: only the synchronous standby may follow it."""
    spare = machines.role("replica")
    assert spare
    spare.cut()
    await asyncio.sleep(3)
    leader.send(signal.SIGKILL, leader.postgres())
    return [f"(spare {spare.name} was cut off for 3 s)"]


#: Two are lost, one after the other.
DOUBLE = "the primary killed, and the standby killed as it is promoted"
Fault = Callable[[Machines, Machine], Awaitable[list[str]]]
FAULTS: dict[str, Fault] = {
    "switch-over": _switch_over,
    "the primary's PostgreSQL killed": _kill_postgres,
    "the primary's machine and its node killed": _kill_machine,
    "the primary's PostgreSQL frozen": _freeze_postgres,
    "the primary's machine and its node frozen": _freeze_machine,
    "the primary's cable pulled": _cut_leader,
    "the synchronous standby frozen": _freeze_standby,
    "the spare cut off, then the primary killed": _async_cut,
    DOUBLE: _failed_promotion,
}
