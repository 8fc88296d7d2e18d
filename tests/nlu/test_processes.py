"""The parts of a training's work are done by several processes as one would do them, and none is left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal

import pytest

from assistant.nlu import processes
from assistant.nlu.processes import Apart

LARGE = b"x" * 300_000  # more than a pipe holds: who sends it waits for somebody who reads


def _doubled(wrong: int, part: int) -> tuple[int, bytes]:
    if part == wrong:
        raise ValueError(f"part {part}")
    return 2 * part, LARGE


def _killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.mark.parametrize("parts", [0, 1, 2, 50])
def test_each_part_is_done_once_in_order(parts: int) -> None:
    found = processes.each(_doubled, -1, range(parts))
    assert [number for number, _ in found] == [2 * part for part in range(parts)]


def test_what_is_raised_is_raised_here_with_where_and_nobody_goes_on() -> None:
    with pytest.raises(ValueError, match="part 3") as raised:
        processes.each(_doubled, 3, range(50))
    assert "_doubled" in raised.value.__notes__[0]
    assert multiprocessing.active_children() == []


def test_a_process_that_somebody_ended_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="ended by somebody"):
        Apart(_killed).result()
    assert multiprocessing.active_children() == []


def test_one_that_nobody_waits_for_is_ended() -> None:
    Apart(_doubled, -1, 1).end()
    assert multiprocessing.active_children() == []
