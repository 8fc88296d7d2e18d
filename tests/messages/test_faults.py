"""A small run of `python -m bench.faults`, and proof that its comparison finds what is lost or doubled."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from assistant.settings import ROOT
from bench.faults.people import People
from bench.faults.platform import Seen
from bench.faults.verdict import judge

pytestmark = pytest.mark.dear(45)

USER = "5000000000000000001"


@pytest.mark.timeout(900)
def test_nothing_is_lost_doubled_or_out_of_order_while_everything_fails(model_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.faults", "--quick"], cwd=ROOT, capture_output=True, text=True, timeout=880,
        check=False, env=os.environ | {"MODEL_PATH": str(model_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert "240 accepted" in done.stdout
    assert "kill -9" in done.stdout


def answered(connection: psycopg.Connection, count: int = 3) -> tuple[People, Seen]:
    """A person whose messages were all answered, once each."""
    people, seen = People.__new__(People), Seen()
    people.accepted = {USER: count}
    connection.execute("INSERT INTO conversations (id, channel) VALUES (%s, 'zalo')", (f"zalo:{USER}",))
    for number in range(1, count + 1):
        row = connection.execute(
            "INSERT INTO inbox (channel, event_id, conversation, kind, body, done_at)"
            " VALUES ('zalo', %s, %s, 'text', '{}', now()) RETURNING id",
            (str(number), f"zalo:{USER}"),
        ).fetchone()
        assert row
        connection.execute("INSERT INTO turns (conversation, inbox_id) VALUES (%s, %s)", (f"zalo:{USER}", row[0]))
        connection.execute(
            "INSERT INTO outbox (conversation, inbox_id, body, state, platform_id) VALUES (%s, %s, '{}', 'sent', %s)",
            (f"zalo:{USER}", row[0], f"m{number}"),
        )
        seen.shown[USER].append((number, f"câu trả lời {number}"))
    return people, seen


def test_a_good_run_has_no_broken_promise(connection: psycopg.Connection) -> None:
    people, seen = answered(connection)
    verdict = judge(connection, people, seen)
    assert not verdict.broken
    assert (verdict.accepted, verdict.replies, verdict.twice) == (3, 3, 0)


def _forget(connection: psycopg.Connection, seen: Seen) -> None:
    connection.execute("DELETE FROM inbox WHERE event_id = '2'")


def _leave(connection: psycopg.Connection, seen: Seen) -> None:
    connection.execute("UPDATE inbox SET done_at = NULL WHERE event_id = '3'")


def _silent(connection: psycopg.Connection, seen: Seen) -> None:
    connection.execute("DELETE FROM outbox WHERE platform_id = 'm2'")
    seen.shown[USER].pop(1)


def _pretend(connection: psycopg.Connection, seen: Seen) -> None:
    seen.shown[USER].pop(1)


def _swap(connection: psycopg.Connection, seen: Seen) -> None:
    connection.execute("UPDATE outbox SET platform_id = 'm' || (4 - substr(platform_id, 2)::int)")


def _again(connection: psycopg.Connection, seen: Seen) -> None:
    connection.execute("UPDATE outbox SET platform_id = 'm4' WHERE platform_id = 'm3'")
    seen.shown[USER].append((4, "câu trả lời 3"))


def _dead(connection: psycopg.Connection, seen: Seen) -> None:
    connection.execute("UPDATE outbox SET state = 'dead' WHERE platform_id = 'm3'")


def _more(connection: psycopg.Connection, seen: Seen) -> None:
    seen.shown[USER].append((9, "không ai hỏi"))


@pytest.mark.parametrize(
    ("plant", "broken"),
    [
        (_forget, "acknowledged, not kept"),
        (_leave, "accepted, not done"),
        (_silent, "without a reply"),
        (_pretend, "sent, but the platform never took it"),
        (_swap, "shown out of order"),
        (_again, "doubled without a mark"),
        (_dead, "not sent"),
        (_more, "shown after the last reply"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_planted_is_found(
    connection: psycopg.Connection, plant: Callable[[psycopg.Connection, Seen], None], broken: str
) -> None:
    people, seen = answered(connection)
    plant(connection, seen)
    assert judge(connection, people, seen).broken[broken]


def test_a_double_whose_answer_was_lost_is_marked_and_counted(connection: psycopg.Connection) -> None:
    people, seen = answered(connection)
    _again(connection, seen)
    connection.execute("UPDATE outbox SET maybe_twice = true WHERE platform_id = 'm4'")
    seen.shown[USER][3] = (4, seen.shown[USER][2][1])
    seen.unheard = 1
    verdict = judge(connection, people, seen)
    assert not verdict.broken
    assert verdict.twice == 1
