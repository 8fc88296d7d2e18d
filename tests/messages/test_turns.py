"""One turn is one transaction; several workers are one worker, faster."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from assistant import database
from assistant.messages.ready_queue import Ready
from assistant.messages.turns import Claimed, StaleClaim, take_turn
from assistant.messages.workers import Aftermath, LocalTurns, TurnWorker
from tests.kit.turns import PULLED, Connection, FakeEngine, count, write
from tests.kit.waiting import PATIENCE, until

AN = "zalo:an"


@contextmanager
def workers(url: str, engine: FakeEngine, lines: list[Ready]) -> Iterator[list[TurnWorker]]:
    """Runs a worker for each line."""
    running = [
        TurnWorker(line, LocalTurns(lambda: database.connect(url), lambda: engine, PULLED), Aftermath(line))
        for line in lines
    ]
    for worker in running:
        worker.start()
    try:
        yield running
    finally:
        for line in lines:
            line.close()
        for worker in running:
            worker.join(PATIENCE)


def replies(connection: Connection, conversation: str = AN) -> list[str]:
    rows = connection.execute(
        "SELECT body->>'text' FROM outbox WHERE conversation = %s ORDER BY id", (conversation,)
    ).fetchall()
    return [row[0] for row in rows]


class TestOneTransaction:
    def test_a_turn_writes_everything_at_once(self, connection: Connection) -> None:
        write(connection, AN, "một")
        write(connection, AN, "hai")
        engine = FakeEngine()
        assert [take_turn(connection, AN, engine, PULLED) for _ in range(3)] == [True, False, None]
        assert replies(connection) == ["dạ một", "dạ hai"]
        row = connection.execute("SELECT tracker, turns FROM conversations").fetchone()
        assert row == ([{"said": "một"}, {"said": "hai"}], 2)
        assert count(connection, "turns", "intent = 'greet' AND model = 'fake'") == 2
        assert count(connection, "outbox", "state = 'waiting'") == 2

    def test_replies_to_people_who_fetch_them_need_no_delivery(self, connection: Connection) -> None:
        write(connection, "web:an", "một")
        take_turn(connection, "web:an", FakeEngine(), PULLED)
        assert count(connection, "outbox", "state = 'sent' AND sent_at IS NOT NULL") == 1

    def test_an_engine_that_fails_after_writing_has_written_nothing(self, connection: Connection) -> None:
        def fail(claimed: Any, own: Connection) -> None:
            own.execute("INSERT INTO attempts (person, event) VALUES ('web:an', 'e')")
            raise RuntimeError("broken")

        write(connection, AN, "một")
        with pytest.raises(RuntimeError):
            take_turn(connection, AN, FakeEngine(trouble=fail), PULLED)
        assert [count(connection, table) for table in ("attempts", "outbox", "turns")] == [0, 0, 0]
        assert count(connection, "inbox", "done_at IS NULL") == 1
        assert take_turn(connection, AN, FakeEngine(), PULLED) is False

    @pytest.mark.parametrize("also_a_turn", [False, True])
    def test_an_event_finished_meanwhile_by_another_is_not_answered_twice(
        self, database_url: str, connection: Connection, also_a_turn: bool
    ) -> None:
        def finish(claimed: Any, own: Connection) -> None:
            with psycopg.connect(database_url) as other:
                other.execute("UPDATE inbox SET done_at = now() WHERE id = %s", (claimed.inbox_id,))
                if also_a_turn:
                    other.execute("INSERT INTO turns (conversation, inbox_id) VALUES (%s, %s)", (AN, claimed.inbox_id))

        write(connection, AN, "một")
        with pytest.raises((StaleClaim, psycopg.errors.UniqueViolation)):
            take_turn(connection, AN, FakeEngine(trouble=finish), PULLED)
        assert replies(connection) == []

    def test_a_conversation_in_hand_is_left_alone(self, database_url: str, connection: Connection) -> None:
        seen: list[bool | None] = []

        def look(claimed: Any, own: Connection) -> None:
            with psycopg.connect(database_url) as other:
                seen.append(take_turn(other, AN, FakeEngine(), PULLED))

        write(connection, AN, "một")
        take_turn(connection, AN, FakeEngine(trouble=look), PULLED)
        assert seen == [None]

    def test_doors_are_not_held_up_by_a_turn(self, database_url: str, connection: Connection) -> None:
        def interrupt(claimed: Any, own: Connection) -> None:
            with psycopg.connect(database_url, autocommit=True, options="-c statement_timeout=2000") as other:
                assert write(other, AN, "hai")

        write(connection, AN, "một")
        assert take_turn(connection, AN, FakeEngine(trouble=interrupt), PULLED) is True


class TestFailures:
    def test_two_failures_are_tried_again_and_then_comes_an_apology(
        self, database_url: str, connection: Connection
    ) -> None:
        def fail(claimed: Any, own: Connection) -> None:
            if claimed.body["text"] == "hỏng":
                raise RuntimeError("broken")

        engine, line = FakeEngine(trouble=fail), Ready()
        write(connection, AN, "hỏng")
        write(connection, AN, "hai")
        line.put(AN)
        with workers(database_url, engine, [line]):
            until(lambda: len(replies(connection)) == 2)
        assert replies(connection) == ["xin lỗi", "dạ hai"]
        assert [text for _, text in engine.handled] == ["hỏng", "hỏng", "hai"]
        assert connection.execute("SELECT failures FROM inbox ORDER BY id").fetchall() == [(2,), (0,)]
        row = connection.execute("SELECT tracker FROM conversations").fetchone()
        assert row == ([{"said": "hai"}],)  # the apology began afresh

    def test_a_conflict_inside_the_engine_is_a_failure_and_not_an_endless_loop(
        self, database_url: str, connection: Connection
    ) -> None:
        def conflict(claimed: Any, own: Connection) -> None:
            for _ in range(2):
                own.execute("INSERT INTO zalo_tokens (oa_id, sealed, expires_at) VALUES ('x', '', now())")

        engine, line = FakeEngine(trouble=conflict), Ready()
        write(connection, AN, "một")
        line.put(AN)
        with workers(database_url, engine, [line]):
            until(lambda: replies(connection) == ["xin lỗi"])
        assert len(engine.handled) == 2

    def test_a_lost_database_costs_no_try_and_the_worker_lives(self, database_url: str, connection: Connection) -> None:
        killed: list[int] = []

        def kill(claimed: Any, own: Connection) -> None:
            if not killed:
                killed.append(own.info.backend_pid)
                connection.execute("SELECT pg_terminate_backend(%s)", (own.info.backend_pid,))
                until(lambda: not count(connection, "pg_stat_activity", f"pid = {killed[0]}"))

        engine, line = FakeEngine(trouble=kill), Ready()
        write(connection, AN, "một")
        line.put(AN)
        with workers(database_url, engine, [line]) as (worker,):
            until(lambda: bool(killed) and len(line) == 0)
            line.put(AN)  # as the sweep does
            until(lambda: replies(connection) == ["dạ một"])
            assert worker.is_alive()
        assert connection.execute("SELECT failures FROM inbox").fetchone() == (0,)

    def test_a_turn_that_is_frozen_is_taken_over_and_counts_for_nothing(
        self, database_url: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("assistant.messages.turns.LONGEST", 1)
        write(connection, AN, "một")
        thawed, frozen, other = threading.Event(), threading.Event(), FakeEngine()
        outcomes: list[str] = []

        def freeze(claimed: Claimed, held: Connection) -> None:
            frozen.set()
            thawed.wait(PATIENCE)
            held.execute("SELECT 1")

        def slow_machine() -> None:
            turns = LocalTurns(lambda: database.connect(database_url), lambda: FakeEngine(trouble=freeze), PULLED)
            outcomes.append(turns.turn(AN, None).kind)
            outcomes.append(turns.turn(AN, None).kind)
            turns.close()

        machine = threading.Thread(target=slow_machine)
        machine.start()
        frozen.wait(PATIENCE)
        turns = LocalTurns(lambda: database.connect(database_url), lambda: other, PULLED)
        assert turns.turn(AN, None).kind == "elsewhere"
        until(lambda: turns.turn(AN, None).kind == "answered")
        thawed.set()
        machine.join(PATIENCE)
        turns.close()
        assert outcomes == ["database", "nothing"]
        assert replies(connection) == ["dạ một"]
        assert count(connection, "inbox", "failures > 0") == 0

    def test_an_engine_that_fails_while_the_database_goes_leaves_the_worker_alive(
        self, database_url: str, connection: Connection
    ) -> None:
        failed: list[bool] = []

        def kill_and_fail(claimed: Any, own: Connection) -> None:
            if not failed:
                failed.append(True)
                connection.execute("SELECT pg_terminate_backend(%s)", (own.info.backend_pid,))
                raise RuntimeError("broken")

        engine, line = FakeEngine(trouble=kill_and_fail), Ready()
        write(connection, AN, "một")
        line.put(AN)
        with workers(database_url, engine, [line]) as (worker,):
            until(lambda: replies(connection) == ["dạ một"])
            assert worker.is_alive()

    def test_a_stale_claim_costs_no_try(self, database_url: str, connection: Connection) -> None:
        def finish_first(claimed: Any, own: Connection) -> None:
            if claimed.body["text"] == "một":
                with psycopg.connect(database_url) as other:
                    other.execute("UPDATE inbox SET done_at = now() WHERE id = %s", (claimed.inbox_id,))

        engine, line = FakeEngine(trouble=finish_first), Ready()
        write(connection, AN, "một")
        write(connection, AN, "hai")
        line.put(AN)
        with workers(database_url, engine, [line]):
            until(lambda: replies(connection) == ["dạ hai"])
        assert count(connection, "inbox", "failures > 0") == 0


class TestManyWorkers:
    def test_four_nodes_never_answer_one_person_at_the_same_time_or_out_of_order(
        self, database_url: str, connection: Connection
    ) -> None:
        people = [f"zalo:{number}" for number in range(5)]
        texts = [str(number) for number in range(25)]
        engine, lines = FakeEngine(pause=0.002), [Ready() for _ in range(4)]
        done = threading.Event()

        def sweep() -> None:
            while not done.wait(0.005):
                for line in lines:
                    for person in people:
                        line.put(person)

        sweeper = threading.Thread(target=sweep)
        with workers(database_url, engine, lines):
            sweeper.start()
            for text in texts:
                for person in people:
                    write(connection, person, text)
            until(lambda: count(connection, "inbox", "done_at IS NULL") == 0)
            done.set()
            sweeper.join()
        assert not engine.met
        assert count(connection, "turns") == len(people) * len(texts)
        for person in people:
            # A claim may turn out stale after the engine ran; then nothing of that run is kept.
            assert list(dict.fromkeys(text for who, text in engine.handled if who == person)) == texts
            assert replies(connection, person) == [f"dạ {text}" for text in texts]

    def test_a_thousand_messages_of_one_person_do_not_delay_another(
        self, database_url: str, connection: Connection
    ) -> None:
        connection.execute("INSERT INTO conversations (id, channel) VALUES ('zalo:noisy', 'zalo')")
        connection.execute(
            "INSERT INTO inbox (channel, event_id, conversation, kind, body) SELECT 'zalo', n::text, 'zalo:noisy',"
            " 'text', jsonb_build_object('text', n::text) FROM generate_series(1, 1000) n"
        )
        engine, line = FakeEngine(pause=0.003), Ready()
        line.put("zalo:noisy")
        with workers(database_url, engine, [line]):
            until(lambda: len(engine.handled) > 20)
            write(connection, "zalo:quiet", "một câu")
            before = len(engine.handled)
            line.put("zalo:quiet")
            until(lambda: ("zalo:quiet", "một câu") in engine.handled)
        assert engine.handled.index(("zalo:quiet", "một câu")) - before <= 3


def test_a_typed_number_presses_the_button_last_shown(connection: Connection) -> None:
    write(connection, AN, "một")
    take_turn(connection, AN, FakeEngine(), PULLED)
    connection.execute("""UPDATE conversations SET menu = '[{"title": "Có", "payload": "#affirm"}]'""")
    seen: list[tuple[str, Any]] = []
    write(connection, AN, "1")
    engine = FakeEngine(trouble=lambda claimed, own: seen.append((claimed.kind, claimed.body.get("payload"))))
    started = time.monotonic()
    take_turn(connection, AN, engine, PULLED)
    assert seen == [("payload", "#affirm")]
    assert time.monotonic() - started < 5
