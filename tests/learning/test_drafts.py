"""Drafts of test cases and stories hold a person's words: they go with them, and no later."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg
import pytest

from assistant import audit, database
from assistant.learning import drafts
from assistant.privacy import erasure, retention
from assistant.privacy.vault import Vault
from tests.privacy.people import write_everything

Connection = psycopg.Connection[Any]
VAULT = Vault([b"k" * 32])
AN, BINH = "web:an", "web:binh"


def turn_of(connection: Connection, person: str) -> int:
    row = connection.execute("SELECT max(id) FROM turns WHERE conversation = %s", (person,)).fetchone()
    assert row is not None
    return int(row[0])


def drafted(connection: Connection, person: str) -> str | None:
    return drafts.add(connection, "lan", "script", "x", "happy_path", f"lời của {person}", turn_of(connection, person))


def texts(connection: Connection) -> list[str]:
    rows = connection.execute("SELECT text FROM learning_drafts WHERE text <> 'x' ORDER BY text").fetchall()
    return [text for (text,) in rows]


def test_an_erasure_takes_them_and_nobody_elses(connection: Connection) -> None:
    for person in (AN, BINH):
        write_everything(connection, VAULT, person)
        assert drafted(connection, person)
    erasure.erase(connection, AN)
    assert texts(connection) == [f"lời của {BINH}"]


@pytest.mark.parametrize("gone", ["retention", "erased in the chat", "only the event"])
def test_a_draft_that_is_worked_on_does_not_outlive_the_turn_that_it_is_made_of(
    connection: Connection, gone: str
) -> None:
    """Each change makes a draft young again; what it was made of is not young again with it."""
    write_everything(connection, VAULT, AN, "91 days")
    number = drafted(connection, AN)
    assert number
    found = drafts.find(connection, number, "lan")
    assert found is not None
    drafts.change(connection, found, "y", "happy_path", f"lời của {AN}, sửa", "new")
    if gone == "retention":
        retention.remove_old(connection, pause=lambda: None)
    elif gone == "only the event":
        connection.execute("DELETE FROM inbox WHERE conversation = %s", (AN,))
    else:
        erasure.erase(connection, AN, in_turn=True)
    assert texts(connection) == []
    assert drafts.find(connection, number, "lan") is None


def test_a_draft_that_is_made_while_its_person_is_erased_is_not_kept(connection: Connection, database_url: str) -> None:
    write_everything(connection, VAULT, AN)
    turn, made = turn_of(connection, AN), []

    def make() -> None:
        with database.connect(database_url) as own:
            made.append(drafts.add(own, "lan", "script", "x", "happy_path", "lời", turn))

    with database.connect(database_url) as erasing:
        erasure.erase(erasing, AN)
        thread = threading.Thread(target=make)
        thread.start()
        time.sleep(0.3)  # it waits for the erasure, or has gone past it
    thread.join(20)
    assert made == [None]
    assert texts(connection) == []


def test_words_of_nobody_are_shown_to_nobody(connection: Connection) -> None:
    """Whose words a page shows has to be known, else no trace could say it."""
    lan = audit.Staff("lan")
    with pytest.raises(audit.AuditError):
        audit.viewed(connection, [AN, ""], actor=lan, where="console:learning", view="learning draft")
