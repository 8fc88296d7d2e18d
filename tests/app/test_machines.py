"""Machines on one database: one that dies, one that is frozen, and one whose cable is pulled."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from assistant import database
from assistant.settings import ROOT
from tests.app.cable import Cable, a_cable
from tests.conftest import Served, serve
from tests.kit.freezing import frozen
from tests.kit.own_postgres import own_postgres
from tests.kit.people import Store, Visitor, all_answered_once
from tests.kit.promises import ROOM
from tests.kit.waiting import CLIENT, PATIENCE, until

pytestmark = [pytest.mark.dear(60), pytest.mark.machines]

VAULT = "bWFjaGluZXMtbWFjaGluZXMtbWFjaGluZXMtbWFjaGk="
#: Takes the lock under which one node of all renews a token, and keeps it.
HOLDER = """
import sys, time
from assistant import database
connection = database.connect(sys.argv[1])
connection.autocommit = True
connection.execute("SELECT pg_advisory_lock(7, 7)")
print("held", flush=True)
time.sleep(600)
"""


@dataclass
class Machines:
    """Three machines, the last one at the end of a cable."""

    nodes: list[Served]
    cable: Cable
    store: Store


@pytest.fixture(scope="module")
def machines(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    folder = tmp_path_factory.mktemp("machines")
    with ExitStack() as stack:
        cable = stack.enter_context(a_cable())
        postgres = stack.enter_context(own_postgres(None))
        url = postgres.listen(cable.here)
        database.migrate(url)
        nodes = []
        for number in range(3):
            (folder / str(number)).mkdir()
            node = serve(url, model_path, folder / str(number), WORKERS="2", VAULT_KEYS=VAULT)
            if number == 2:
                node.environment["HOST"], node.machine = cable.there, cable.machine
                node.url = node.url.replace("127.0.0.1", cable.there)
            node.launch()
            stack.callback(end, node)
            nodes.append(node)
        for node in nodes:
            node.wait()
        yield Machines(nodes, cable, Store(url))


def end(node: Served) -> None:
    if node.process and node.process.poll() is None:
        node.kill()


def everybody(node: Served) -> list[psutil.Process]:
    """The processes of a machine."""
    assert node.process is not None
    parent = psutil.Process(node.process.pid)
    return [parent, *parent.children(recursive=True)]


def write_to(node: Served, people: int = 8) -> list[Visitor]:
    """Lets people write to a machine; returns as soon as it has taken their messages."""
    visitors = [Visitor(node.url) for _ in range(people)]
    for visitor in visitors:
        for text in ("tổng đài số mấy vậy", "quên mật khẩu thì làm sao"):
            assert visitor.send(text).status_code == 202
    return visitors


def test_what_a_dead_machine_had_taken_the_others_answer(machines: Machines) -> None:
    dies = machines.nodes[1]
    visitors = write_to(dies)
    dies.kill()
    died = time.monotonic()
    all_answered_once(machines.store, visitors)
    assert time.monotonic() - died < 2 * ROOM  # a second, on a machine with nothing else to do
    dies.start()
    visitor = Visitor(dies.url)
    visitor.ask("chào bạn")
    all_answered_once(machines.store, [visitor])


def test_what_a_frozen_machine_had_taken_the_others_answer(machines: Machines) -> None:
    stopped = machines.nodes[1]
    visitors = write_to(stopped)
    with frozen(everybody(stopped)):
        # Those whose turn was in hand wait until PostgreSQL takes it back.
        until(lambda: not machines.store.value("SELECT count(*) FROM inbox WHERE done_at IS NULL"))
    all_answered_once(machines.store, visitors)
    visitor = Visitor(stopped.url)
    visitor.ask("chào bạn")
    all_answered_once(machines.store, [visitor, *visitors])


def test_a_machine_whose_cable_is_pulled_holds_nothing_back(machines: Machines) -> None:
    apart, store = machines.nodes[2], machines.store
    holder = subprocess.Popen(
        [*apart.machine, sys.executable, "-c", HOLDER, store.url], cwd=ROOT, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        visitors = write_to(apart)
        machines.cable.pull()
        with psycopg.connect(store.url, autocommit=True) as other:
            assert other.execute("SELECT pg_try_advisory_lock(7, 7)").fetchone() == (False,)
            other.execute("SET lock_timeout = '40s'")
            other.execute("SELECT pg_advisory_lock(7, 7)")
        until(lambda: not store.value("SELECT count(*) FROM inbox WHERE done_at IS NULL"))
        machines.cable.plug()
        until(lambda: is_ready(apart))
        visitors.append(Visitor(apart.url))
        visitors[-1].ask("chào bạn")
        all_answered_once(store, visitors)
        assert apart.stop() == 0
    finally:
        holder.kill()
        holder.wait(PATIENCE)
        holder.stdout.close()


def is_ready(node: Served) -> bool:
    try:
        return httpx.get(f"{node.url}/readyz", timeout=CLIENT).status_code == 200
    except httpx.TransportError:
        return False
