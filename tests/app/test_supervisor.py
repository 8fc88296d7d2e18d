"""The processes of one machine stay as many as they should be, whatever happens to them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from assistant.settings import ROOT
from tests.kit.promises import ROOM
from tests.kit.waiting import PATIENCE, until


class Family:
    """A parent with children that write down what they do (tests/app/parent.py)."""

    def __init__(self, folder: Path, engines: int = 2) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "tests.app.parent", str(folder), str(engines)]
        with (folder / "parent.log").open("wb") as log:
            self.parent = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    def log(self) -> list[list[str]]:
        path = self.folder / "log"
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    def began(self, name: str) -> list[int]:
        """The ids of all processes that ever had a name, oldest first."""
        return [int(pid) for who, what, pid in self.log() if who == name and what.startswith("began")]

    def all_here(self, engines: int = 2) -> bool:
        return all(alive(self.began(name)[-1:]) for name in ("doors", *names(engines)))

    def said(self) -> str:
        return (self.folder / "parent.log").read_text()

    def end(self) -> int:
        self.parent.terminate()
        return self.parent.wait(PATIENCE)


def names(engines: int) -> list[str]:
    return [f"e{number}" for number in range(engines)]


def alive(pids: list[int]) -> bool:
    """Whether all processes run (those that ended and were not waited for do not)."""
    for pid in pids:
        try:
            status = Path(f"/proc/{pid or 'none'}/stat").read_text()
        except OSError:
            return False
        if status.rpartition(")")[2].split()[0] == "Z":
            return False
    return bool(pids)


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    found = Family(tmp_path)
    until(found.all_here)
    time.sleep(1.2)  # a look of the parent goes by: it has seen all hearts beat
    yield found
    if found.parent.poll() is None:
        found.parent.kill()
        found.parent.wait(PATIENCE)


@pytest.mark.parametrize("name", ["doors", "e1"])
def test_a_killed_process_is_replaced_at_once_and_the_others_stay(family: Family, name: str) -> None:
    others = {other: family.began(other) for other in ("doors", "e0", "e1") if other != name}
    os.kill(family.began(name)[-1], signal.SIGKILL)
    started = time.monotonic()
    until(lambda: len(family.began(name)) == 2 and family.all_here())
    assert time.monotonic() - started < 2 * ROOM
    assert {other: family.began(other) for other in others} == others
    assert family.end() == 0


def test_one_that_keeps_dying_is_started_ever_later(family: Family) -> None:
    for deaths in range(1, 5):
        os.kill(family.began("e0")[-1], signal.SIGKILL)
        until(lambda deaths=deaths: len(family.began("e0")) == deaths + 1)  # type: ignore[misc]
    assert "again in 0.0 s" in family.said()
    assert "again in 0.2 s" in family.said()
    assert family.end() == 0


def test_a_stopped_process_is_killed_and_replaced(family: Family) -> None:
    os.kill(family.began("e0")[-1], signal.SIGSTOP)
    until(lambda: len(family.began("e0")) == 2 and family.all_here())
    assert "silent" in family.said()
    assert family.end() == 0


def test_a_good_end_is_doors_first_and_leaves_nobody(family: Family) -> None:
    pids = [family.began(name)[-1] for name in ("doors", "e0", "e1")]
    assert family.end() == 0
    ended = [who for who, what, _ in family.log() if what == "ended"]
    assert ended[0] == "doors"
    assert sorted(ended) == ["doors", "e0", "e1"]
    assert not any(alive([pid]) for pid in pids)


def test_a_stopped_child_does_not_hold_up_the_end(family: Family) -> None:
    os.kill(family.began("doors")[-1], signal.SIGSTOP)
    started = time.monotonic()
    assert family.end() == 0
    assert time.monotonic() - started < 5 * ROOM


def test_children_die_with_a_killed_parent(family: Family) -> None:
    pids = [family.began(name)[-1] for name in ("doors", "e0", "e1")]
    family.parent.kill()
    family.parent.wait(PATIENCE)
    until(lambda: not any(alive([pid]) for pid in pids))


def test_what_never_starts_ends_the_parent_with_its_code(tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    family = Family(tmp_path)
    try:
        assert family.parent.wait(PATIENCE) == 3
        until(lambda: not any(alive([pid]) for pid in family.began("doors")))
    finally:
        with suppress(ProcessLookupError):
            family.parent.kill()


def test_one_that_is_killed_before_all_are_well_is_replaced_too(tmp_path: Path) -> None:
    (tmp_path / "slow").touch()
    family = Family(tmp_path)
    try:
        until(family.all_here)
        os.kill(family.began("e0")[-1], signal.SIGKILL)
        until(lambda: len(family.began("e0")) == 2 and family.all_here())
        (tmp_path / "slow").unlink()
        assert family.end() == 0
    finally:
        with suppress(ProcessLookupError):
            family.parent.kill()


def test_new_processes_take_over_before_the_old_ones_go(family: Family) -> None:
    old = [family.began(name)[-1] for name in ("doors", "e0", "e1")]
    family.parent.send_signal(signal.SIGHUP)
    until(lambda: all(len(family.began(name)) == 2 for name in ("doors", "e0", "e1")))
    until(lambda: not any(alive([pid]) for pid in old))
    happened = [(who, what) for who, what, _ in family.log()]
    first_end = next(index for index, (_, what) in enumerate(happened) if what == "ended")
    assert [what for _, what in happened[:first_end]].count("began-2") == 3
    until(lambda: "have taken over" in family.said())
    assert family.end() == 0


@pytest.mark.parametrize("trouble", ["refused", "broken"])
def test_a_take_over_that_fails_changes_nothing(family: Family, trouble: str) -> None:
    old = [family.began(name)[-1] for name in ("doors", "e0", "e1")]
    (family.folder / trouble).touch()
    family.parent.send_signal(signal.SIGHUP)
    until(lambda: "nothing is changed" in family.said() or "the old ones stay" in family.said())
    assert alive(old)
    (family.folder / trouble).unlink()
    os.kill(old[1], signal.SIGKILL)  # and the parent still looks after them
    until(lambda: family.began("e0")[-1] != old[1] and alive(family.began("e0")[-1:]))
    assert family.end() == 0
