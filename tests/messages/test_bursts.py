"""What is sent in pieces is one utterance: words that say nothing yet wait a little, and what comes joins them."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from assistant import database
from assistant.messages import inbox
from assistant.messages.bursts import Unfinished
from assistant.messages.events import Event, Turn
from assistant.messages.ready_queue import Ready
from assistant.messages.turns import Claimed, Taken, run_turn
from assistant.messages.workers import Aftermath, LocalTurns, TurnWorker
from tests.kit.turns import PULLED, SAFE, Connection, FakeEngine, count, write
from tests.kit.waiting import PATIENCE, until

AN = "zalo:an"
LONG = 600.0  # nothing here takes so long, however busy the machine is


class Listener(FakeEngine):
    """Takes what ends in "…" for unfinished, and pictures."""

    def handle(self, claimed: Claimed, connection: Connection) -> Turn:
        words = claimed.body.get("whole") or claimed.body.get("text", claimed.kind)
        if claimed.may_wait and (words.endswith("…") or claimed.kind == "media"):
            raise Unfinished
        return super().handle(
            Claimed(**vars(claimed) | {"body": claimed.body | {"text": words.replace("\n", "|")}}), connection
        )


@pytest.fixture
def engine() -> Listener:
    return Listener()


def turn(connection: Connection, engine: FakeEngine, patience: float = LONG) -> Taken | None:
    return run_turn(connection, AN, engine, PULLED, patience=patience)


def send(connection: Connection, number: str, kind: Any, **other: Any) -> None:
    inbox.accept_within(connection, Event("zalo", number, AN, kind, **other), SAFE)


def said(engine: FakeEngine) -> list[str]:
    return [text for _, text in engine.handled]


def test_what_says_nothing_yet_is_left_and_nothing_of_it_is_kept(connection: Connection, engine: Listener) -> None:
    write(connection, AN, "em bị…")
    taken = turn(connection, engine)
    assert taken is not None
    assert 0 < taken.waits <= LONG
    assert not taken.more
    assert [count(connection, table) for table in ("turns", "outbox")] == [0, 0]
    assert count(connection, "inbox", "done_at IS NULL") == 1


def test_what_comes_meanwhile_joins_it_and_all_is_answered_once(connection: Connection, engine: Listener) -> None:
    for text in ("ad ơi…", "em bị…", "quên mật khẩu"):
        write(connection, AN, text)
    taken = turn(connection, engine)
    assert taken is not None
    assert not taken.waits
    assert said(engine) == ["ad ơi…|em bị…|quên mật khẩu"]
    assert count(connection, "inbox", "done_at IS NULL") == 0
    intents = connection.execute("SELECT intent FROM turns ORDER BY id").fetchall()
    assert connection.execute("SELECT turns FROM conversations").fetchone() == (3,)
    assert intents == [("joined",), ("joined",), ("greet",)]
    last = connection.execute("SELECT max(id) FROM inbox").fetchone()
    assert connection.execute("SELECT inbox_id FROM outbox").fetchall() == [last]
    kept = connection.execute("SELECT body->>'text', body->>'whole' FROM inbox ORDER BY id").fetchall()
    assert kept[:2] == [("ad ơi…", None), ("em bị…", None)]
    assert kept[2] == ("quên mật khẩu", "ad ơi…\nem bị…\nquên mật khẩu")


def test_what_is_clear_waits_for_nothing_and_takes_nothing_with_it(connection: Connection, engine: Listener) -> None:
    for text in ("quên mật khẩu", "tổng đài số mấy"):
        write(connection, AN, text)
    assert turn(connection, engine) == Taken(more=True)
    assert said(engine) == ["quên mật khẩu"]
    turn(connection, engine)
    assert said(engine) == ["quên mật khẩu", "tổng đài số mấy"]


def test_only_as_much_joins_as_makes_sense_together(connection: Connection, engine: Listener) -> None:
    for text in ("ad ơi…", "quên mật khẩu", "tổng đài số mấy"):
        write(connection, AN, text)
    taken = turn(connection, engine)
    assert taken is not None
    assert taken.more
    turn(connection, engine)
    assert said(engine) == ["ad ơi…|quên mật khẩu", "tổng đài số mấy"]


def test_its_time_is_counted_from_when_it_came_whoever_looks(connection: Connection, engine: Listener) -> None:
    write(connection, AN, "em bị…")
    connection.execute("UPDATE inbox SET accepted_at = now() - interval '2 seconds'")
    assert turn(connection, engine, 1.5) == Taken(more=False)
    assert said(engine) == ["em bị…"]


def test_a_button_joins_nothing_and_what_stands_before_it_waits_no_longer(
    connection: Connection, engine: Listener
) -> None:
    write(connection, AN, "em bị…")
    send(connection, "b", "payload", payload="#faq/office", text="Cơ quan BHXH")
    assert turn(connection, engine) == Taken(more=True)
    turn(connection, engine)
    assert said(engine) == ["em bị…", "Cơ quan BHXH"]


def test_a_typed_button_is_a_button(connection: Connection, engine: Listener) -> None:
    write(connection, AN, "em bị…")
    write(connection, AN, "1")
    connection.execute("""UPDATE conversations SET menu = '[{"title": "Gặp nhân viên", "payload": "#ask_human"}]'""")
    assert turn(connection, engine) == Taken(more=True)
    assert said(engine) == ["em bị…"]


def test_an_album_and_its_caption_are_one(connection: Connection, engine: Listener) -> None:
    for number in range(5):
        send(connection, f"p{number}", "media", media="image")
    taken = turn(connection, engine)
    assert taken is not None
    assert taken.waits
    write(connection, AN, "lỗi này là sao")
    turn(connection, engine)
    assert said(engine) == ["lỗi này là sao"]
    assert count(connection, "outbox") == 1
    assert count(connection, "turns") == 6


def test_what_was_dropped_of_a_piece_is_told(connection: Connection) -> None:
    seen: list[Claimed] = []
    engine = Listener(trouble=lambda claimed, _: seen.append(claimed))
    write(connection, AN, "mật khẩu của em là Abc@12345 …")
    write(connection, AN, "vào không được")
    turn(connection, engine)
    assert [claimed.body.get("dropped") for claimed in seen] == [["secret"]]


def test_what_failed_is_tried_again_by_itself(connection: Connection) -> None:
    engine = Listener(trouble=lambda claimed, _: 1 / 0)
    for text in ("em bị…", "quên mật khẩu"):
        write(connection, AN, text)
    with pytest.raises(ZeroDivisionError):
        turn(connection, engine)
    connection.execute("UPDATE inbox SET failures = 1 WHERE id = (SELECT min(id) FROM inbox)")
    engine.trouble = None
    assert turn(connection, engine) == Taken(more=True)
    assert said(engine)[-1] == "em bị…"


def test_two_nodes_answer_a_burst_once(database_url: str, connection: Connection, engine: Listener) -> None:
    """One hears the first piece and leaves it; the other hears the second."""
    lines = [Ready(), Ready()]
    heard = threading.Event()

    def worker(line: Ready) -> TurnWorker:
        turns = LocalTurns(lambda: database.connect(database_url), lambda: engine, PULLED, LONG)
        return TurnWorker(line, turns, Aftermath(line, answered=lambda *_: heard.set()))

    workers = [worker(line) for line in lines]
    for each in workers:
        each.start()
    try:
        write(connection, AN, "em bị…")
        lines[0].put(AN)
        until(lambda: lines[0].seconds_left() is not None)
        write(connection, AN, "quên mật khẩu")
        lines[1].put(AN)
        assert heard.wait(PATIENCE)
    finally:
        for line in lines:
            line.close()
        for each in workers:
            each.join(PATIENCE)
    assert said(engine) == ["em bị…|quên mật khẩu"]
    assert count(connection, "outbox") == 1


def test_a_worker_comes_back_by_itself_when_the_time_is_over(
    database_url: str, connection: Connection, engine: Listener
) -> None:
    line = Ready()
    turns = LocalTurns(lambda: database.connect(database_url), lambda: engine, PULLED, 0.2)
    worker = TurnWorker(line, turns, Aftermath(line))
    worker.start()
    try:
        write(connection, AN, "em bị…")
        line.put(AN)
        until(lambda: count(connection, "inbox", "done_at IS NULL") == 0)
    finally:
        line.close()
        worker.join(PATIENCE)
    assert said(engine) == ["em bị…"]
