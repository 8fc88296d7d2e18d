"""A served node loses nothing and nobody when its processes are killed, stopped, or replaced."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import Served, serve
from tests.kit.people import Store, Visitor, all_answered_once
from tests.kit.promises import ROOM
from tests.kit.waiting import PATIENCE, until

PROCESSES = 3


@pytest.fixture
def served(database_url: str, model_path: Path, tmp_path: Path) -> Iterator[Served]:
    node = serve(database_url, model_path, tmp_path, NODES="1", WORKERS="2")
    node.start()
    yield node
    assert node.process is not None
    if node.process.poll() is None:
        node.kill()


def children(node: Served) -> list[int]:
    """The ids of a node's processes once all are there: the doors, then the engines."""
    assert node.process is not None
    parent = psutil.Process(node.process.pid)

    def all_there() -> list[int]:
        found = sorted((name, pid) for pid in (child.pid for child in parent.children()) if (name := named(pid)))
        return [pid for _, pid in found] if len(found) >= PROCESSES else []

    try:
        return until(all_there)
    except AssertionError as late:
        raise AssertionError(f"{late}\n{node.log.read_text()[-3000:]}") from None


def named(pid: int) -> str:
    """What a process is called; nothing if it has just ended or is not yet itself."""
    try:
        process = psutil.Process(pid)
        name = process.name()
        return name if name.startswith(("doors", "engine")) and process.status() != psutil.STATUS_ZOMBIE else ""
    except psutil.Error:
        return ""


def ask_and(node: Served, visitors: list[Visitor], rounds: int, happens: dict[int, int]) -> list[int]:
    """Lets everybody write in turn; in some rounds a process is killed. Returns how many each got accepted."""
    sent = [0] * len(visitors)
    for number in range(rounds):
        if number in happens:
            os.kill(children(node)[happens[number]], signal.SIGKILL)
        for place, visitor in enumerate(visitors):
            try:
                sent[place] += visitor.send(f"tổng đài số mấy vậy, hỏi lần {number}").status_code == 202
            except httpx.TransportError:
                pass  # its door was killed while it asked
    return sent


def test_killed_engines_and_doors_lose_nothing_and_double_nothing(served: Served) -> None:
    store, visitors = Store(served.database_url), [Visitor(served.url) for _ in range(4)]
    sent = ask_and(served, visitors, 12, {2: 1, 4: 2, 7: 0, 9: 1})
    all_answered_once(store, visitors)
    for place, visitor in enumerate(visitors):
        kept = store.value("SELECT count(*) FROM inbox WHERE conversation = %s", visitor.conversation)
        assert kept >= sent[place] >= 9  # a request may be on disk although its door did not live to say so
    assert served.stop() == 0


def test_killed_engines_are_taken_over_at_once(served: Served) -> None:
    visitor = Visitor(served.url)
    visitor.ask("chào bạn")
    for pid in children(served)[1:]:
        os.kill(pid, signal.SIGKILL)
    started = time.monotonic()
    visitor.ask("chào bạn")
    assert time.monotonic() - started < ROOM  # a second, all engines at once
    assert httpx.get(f"{served.url}/readyz").status_code == 200


def test_what_ends_with_a_stop_leaves_no_process(served: Served) -> None:
    visitor, pids = Visitor(served.url), children(served)
    visitor.ask("chào bạn")
    assert len(pids) == 3
    assert served.stop() == 0
    until(lambda: not any(map(psutil.pid_exists, pids)))


def test_new_processes_take_over_without_losing_anybody(served: Served) -> None:
    store, visitors = Store(served.database_url), [Visitor(served.url) for _ in range(3)]
    old = children(served)
    assert served.process is not None
    served.process.send_signal(signal.SIGHUP)
    sent = 0
    end = time.monotonic() + PATIENCE
    while set(children(served)) & set(old) and time.monotonic() < end:
        for visitor in visitors:
            assert visitor.send("tổng đài số mấy vậy").status_code == 202
            sent += 1
        time.sleep(0.05)
    assert len(children(served)) == 3
    assert not set(children(served)) & set(old)
    all_answered_once(store, visitors)
    assert store.value("SELECT count(*) FROM inbox") == sent
    assert served.stop() == 0


def test_numbers_of_all_processes_are_on_one_page(served: Served) -> None:
    visitor = Visitor(served.url)
    for _ in range(3):
        visitor.ask("chào bạn")

    def turns() -> float:
        page = httpx.get(f"{served.url}/metrics").text
        lines = [line for line in page.splitlines() if line.startswith('assistant_turns_total{outcome="answered"}')]
        return float(lines[0].rpartition(" ")[2]) if lines else 0

    until(lambda: turns() == 3)  # a turn is counted once it is kept, and its answer is out by then
    visitor.ask("em quên mật khẩu vssid")
    visitor.ask("7900000123")
    visitor.ask("0901000123")

    def asked() -> bool:  # engines ask the register, the doors show the page
        page = httpx.get(f"{served.url}/metrics").text
        return any(line.startswith("assistant_registry_calls_total{") for line in page.splitlines())

    until(asked)
    os.kill(children(served)[1], signal.SIGKILL)
    os.kill(children(served)[2], signal.SIGKILL)
    until(asked)  # counters do not go back when a process ends


def test_a_port_in_use_is_said_in_a_sentence(
    served: Served, database_url: str, model_path: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = serve(database_url, model_path, tmp_path / "other", PORT=served.url.rpartition(":")[2])
    with pytest.raises(AssertionError, match="did not start"):
        other.url = "http://127.0.0.1:1"
        other.start()
    assert other.process is not None
    assert other.process.wait(PATIENCE) == 2
    assert "cannot listen on HOST 127.0.0.1, PORT" in other.log.read_text()
    assert "Traceback" not in other.log.read_text()
