"""Builds and decisions are one at a time, end whatever happens, and never skip a gate."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from assistant.release import live, store
from assistant.release.jobs import Jobs
from assistant.release.model import Act, Archive, By, Release, ReleaseError, State
from assistant.settings import Settings
from tests.kit.waiting import until

Connection = psycopg.Connection[Any]
LAN, NAM = By("lan", "Trần Thị Lan"), By("nam", "Lê Văn Nam")


@pytest.fixture
def other(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def found(connection: Connection, number: int) -> Release:
    release = store.find(connection, number)
    assert release is not None
    return release


def bury(connection: Connection) -> list[int]:
    with connection.transaction():
        return store.bury(connection)


def built(connection: Connection, state: State = "ready", trouble: str | None = None) -> int:
    """A release as a build leaves it, without the training."""
    number = store.ask(connection, LAN)
    assert store.take(connection, "node") == number
    assert store.go_on(connection, number, "training", 0.5, "học")
    if state in ("ready", "blocked"):
        store.keep(connection, number, Archive(b"model", "signature"))
    assert store.finish(connection, number, state, trouble)
    return number


def make_live(connection: Connection, number: int, act: Act = "promoted", by: By = LAN) -> None:
    now = live.live(connection)
    with connection.transaction():
        live.make_live(connection, number, act, by, now.release if now else None)


def live_now(connection: Connection) -> int | None:
    now = live.live(connection)
    return now.release if now else None


# ---- one build


def test_one_build_at_a_time_for_everybody(connection: Connection, other: Connection) -> None:
    number = store.ask(connection, LAN)
    with pytest.raises(ReleaseError, match="Đang có một lần huấn luyện khác"):
        store.ask(other, NAM)
    assert store.take(connection, "a") == number
    assert store.take(other, "b") is None
    store.finish(connection, number, "failed", "hỏng")
    assert store.ask(other, NAM) > number


def test_two_who_ask_at_the_same_instant(database_url: str) -> None:
    outcomes: list[str] = []
    ready = threading.Barrier(8)

    def ask() -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            ready.wait()
            try:
                store.ask(connection, LAN)
                outcomes.append("asked")
            except ReleaseError:
                outcomes.append("refused")

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["asked"] + ["refused"] * 7


def test_a_build_whose_process_died_is_failed_at_once(connection: Connection, database_url: str) -> None:
    number = store.ask(connection, LAN)
    store.take(connection, "a")
    with psycopg.connect(database_url, autocommit=True) as builder:
        assert store.hold(builder)
        assert not store.hold(connection)
        store.go_on(builder, number, "training", 0.4)
        assert bury(connection) == []
        assert found(connection, number).state == "training"
    until(lambda: bury(connection) == [number])  # PostgreSQL lets go of the lock when it sees the process is gone
    release = found(connection, number)
    assert (release.state, release.finished_at is None) == ("failed", False)
    assert "dừng giữa chừng" in (release.trouble or "")


def test_a_build_that_went_silent_is_failed_and_cannot_come_back(connection: Connection, other: Connection) -> None:
    number = store.ask(connection, LAN)
    store.take(connection, "a")
    assert store.hold(other)
    store.go_on(other, number, "training", 0.4)
    connection.execute("UPDATE releases SET beat_at = now() - interval '31 seconds'")
    assert bury(connection) == [number]
    assert not store.go_on(other, number, "evaluating", 0.9)
    assert store.is_cancelled(other, number)
    assert not store.finish(other, number, "ready")
    assert found(connection, number).state == "failed"


def test_a_build_that_starts_slowly_is_not_buried_while_its_process_lives(connection: Connection) -> None:
    number = store.ask(connection, LAN)
    store.take(connection, "a")
    connection.execute("UPDATE releases SET beat_at = now() - interval '31 seconds'")
    store.beat(connection, number)
    assert bury(connection) == []
    assert found(connection, number).state == "waiting"
    store.cancel(connection, number, NAM)
    connection.execute("UPDATE releases SET beat_at = now() - interval '31 seconds'")
    store.beat(connection, number)  # somebody stopped it: a process that hangs keeps nobody waiting
    assert bury(connection) == [number]
    assert found(connection, number).state == "cancelled"


def test_a_node_knows_which_of_its_builds_live(connection: Connection, database_url: str, tmp_path: Path) -> None:
    jobs = Jobs(
        Settings(var_dir=tmp_path, models_dir=tmp_path / "models"), database_url, os.getpid(),
        building="assistant.app.build_release", playing="assistant.app.play_candidate",
    )  # fmt: skip
    number = store.ask(connection, LAN)
    assert store.hold(connection)  # another process builds, so this one only starts and ends
    jobs.build(number, tmp_path / "none.tar.gz")
    assert jobs.building_now() == [number]
    until(lambda: not jobs.building_now())


def test_a_build_that_no_node_takes_says_why(connection: Connection) -> None:
    number = store.ask(connection, LAN)
    assert bury(connection) == []
    connection.execute("UPDATE releases SET asked_at = now() - interval '61 seconds', beat_at = asked_at")
    connection.execute("UPDATE releases SET beat_at = asked_at")
    assert bury(connection) == [number]
    assert "MODEL_SIGNING_KEY" in (found(connection, number).trouble or "")


def test_a_build_can_be_stopped_before_and_while_it_runs(connection: Connection) -> None:
    waiting = store.ask(connection, LAN)
    store.cancel(connection, waiting, NAM)
    assert found(connection, waiting).state == "cancelled"
    running = store.ask(connection, LAN)
    store.take(connection, "a")
    store.go_on(connection, running, "training", 0.3)
    store.cancel(connection, running, NAM)
    assert store.is_cancelled(connection, running)
    assert not store.go_on(connection, running, "evaluating", 0.9)
    assert bury(connection) == [running]
    assert found(connection, running).state == "cancelled"
    assert found(connection, running).cancelled_by == NAM.shown
    with pytest.raises(ReleaseError, match="đã kết thúc"):
        store.cancel(connection, running, NAM)


def test_the_bar_never_goes_back(connection: Connection) -> None:
    number = store.ask(connection, LAN)
    store.take(connection, "a")
    for progress in (0.2, 0.6, 0.4):
        store.go_on(connection, number, "training", progress)
    assert found(connection, number).progress == pytest.approx(0.6)


# ---- what is live


def test_a_release_goes_live_and_back(connection: Connection) -> None:
    first, second = built(connection), built(connection)
    assert live_now(connection) is None
    make_live(connection, first)
    make_live(connection, second, by=NAM)
    assert live_now(connection) == second
    make_live(connection, first, "rolled_back")
    assert live_now(connection) == first
    acts = connection.execute("SELECT release, before, act, shown FROM release_acts ORDER BY id").fetchall()
    assert acts == [
        (first, None, "promoted", LAN.shown),
        (second, first, "promoted", NAM.shown),
        (first, second, "rolled_back", LAN.shown),
    ]


@pytest.mark.parametrize(
    ("state", "said"), [("blocked", "Câu có dấu"), ("failed", "không thành công"), ("cancelled", "không thành công")]
)
def test_what_is_not_good_never_goes_live(connection: Connection, state: State, said: str) -> None:
    number = built(connection, state, "Câu có dấu: 90%, phải từ 95%.")
    for act in ("promoted", "rolled_back"):
        with pytest.raises(ReleaseError, match=said):
            make_live(connection, number, act)  # type: ignore[arg-type]
    assert live_now(connection) is None


def test_what_was_never_live_is_not_gone_back_to(connection: Connection) -> None:
    first, second = built(connection), built(connection)
    make_live(connection, second)
    with pytest.raises(ReleaseError, match="chưa chạy lần nào"):
        make_live(connection, first, "rolled_back")
    with pytest.raises(ReleaseError, match="đang chạy rồi"):
        make_live(connection, second)


def test_of_two_who_decide_on_the_same_page_the_second_is_told(connection: Connection, other: Connection) -> None:
    first, second = built(connection), built(connection)
    with connection.transaction():
        live.make_live(connection, first, "promoted", LAN, None)
    with pytest.raises(ReleaseError, match="vừa được Trần Thị Lan thay đổi"), other.transaction():
        live.make_live(other, second, "promoted", NAM, None)
    assert live_now(connection) == first


def test_old_archives_go_but_never_what_is_live_or_was_before(connection: Connection) -> None:
    numbers = [built(connection) for _ in range(3)]
    make_live(connection, numbers[0])
    make_live(connection, numbers[1])
    later = [built(connection) for _ in range(store.KEPT + 2)]
    store.prune(connection)
    kept = {number for (number,) in connection.execute("SELECT release FROM release_archives")}
    assert kept == {numbers[0], numbers[1], *later[-store.KEPT :]}
    with pytest.raises(ReleaseError, match="quá cũ"):
        make_live(connection, numbers[2])
    assert found(connection, numbers[2]).state == "ready"  # its line stays in the history


def test_what_was_served_at_first_is_kept_once(connection: Connection) -> None:
    number = built(connection)
    at = found(connection, number).asked_at
    first = store.add_found(connection, "vssid-x", at, Archive(b"m", "s"), LAN)
    assert store.add_found(connection, "vssid-x", at, Archive(b"m", "s"), LAN) == first
    make_live(connection, number)
    make_live(connection, first, "rolled_back")
    assert live_now(connection) == first
