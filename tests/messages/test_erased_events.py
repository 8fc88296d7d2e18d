"""Whoever recorded a signed event cannot bring an erased person's words back; the person can come back."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from assistant.messages import inbox
from assistant.messages.events import Event
from assistant.messages.inbox import Taken
from assistant.privacy import erasure, kept
from assistant.privacy.retention import run
from tests.kit.turns import SAFE, Connection, count

AN, BINH = "zalo:an", "zalo:binh"
#: By the platform's clock, which need not be right.
NOON = datetime.datetime(2020, 1, 1, 12, tzinfo=datetime.UTC)


def said(number: int, person: str = AN, minute: int | None = 0, text: str = "mã 7900000123") -> Event:
    at = None if minute is None else NOON + datetime.timedelta(minutes=minute)
    return Event("zalo", f"{person} {number}", person, "text", text, sent_at=at)


def taken(url: str, *events: Event) -> list[Taken]:
    async def take() -> list[Taken]:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as own:
            return await inbox.accept_all(own, events, SAFE)

    return asyncio.run(take())


def nothing_of(connection: Connection, person: str) -> bool:
    return not any(
        connection.execute(f"SELECT 1 FROM {rows.table} WHERE {rows.person} LIMIT 1", {"person": person}).fetchone()
        for rows in kept.of_a_person()
    )


def test_a_replay_after_an_erasure_is_not_taken_in(database_url: str, connection: Connection) -> None:
    events = [said(1, minute=1), said(2, minute=None), said(3, BINH)]
    assert taken(database_url, *events) == [Taken.ACCEPTED] * 3
    erasure.erase(connection, AN)
    assert taken(database_url, *events) == [Taken.PAST, Taken.PAST, Taken.SEEN]
    assert [taken(database_url, event) for event in events[:2]] == [[Taken.PAST]] * 2
    assert nothing_of(connection, AN)
    assert count(connection, "inbox") == 1  # of somebody else


def test_a_replay_after_an_erasure_in_the_chat_is_not_taken_in(database_url: str, connection: Connection) -> None:
    """The last message stays until the farewell has arrived; then it goes, and its replay is known like any other."""
    first, last = said(1), said(2, minute=1, text="xóa dữ liệu của tôi")
    taken(database_url, first)
    connection.execute("UPDATE inbox SET done_at = now()")
    taken(database_url, last)
    erasure.erase(connection, AN, in_turn=True)
    connection.execute("UPDATE inbox SET done_at = now()")
    assert taken(database_url, first, last) == [Taken.PAST, Taken.SEEN]
    connection.execute("UPDATE conversations SET erased_at = erased_at - interval '2 hours'")
    connection.execute("UPDATE inbox SET accepted_at = accepted_at - interval '2 hours'")
    connection.execute("DELETE FROM web_sessions")
    erasure.finish(connection)
    assert taken(database_url, first, last) == [Taken.PAST, Taken.PAST]
    assert nothing_of(connection, AN)


def test_what_was_never_stored_is_known_by_its_time(database_url: str, connection: Connection) -> None:
    """Beyond the limits then, or past its time before the erasure: no id tells it, its platform's time does."""
    taken(database_url, said(1, minute=10))
    erasure.erase(connection, AN)
    assert taken(database_url, said(2, minute=9)) == [Taken.PAST]
    assert nothing_of(connection, AN)


def test_who_comes_back_is_taken_in(database_url: str, connection: Connection) -> None:
    """Whatever the platform's clock says beside ours; and an erasure of today does not forget the one before."""
    for minute in (1, 3):
        assert taken(database_url, said(minute, minute=minute)) == [Taken.ACCEPTED]
        erasure.erase(connection, AN)
    assert taken(database_url, said(2, minute=2)) == [Taken.PAST]
    assert taken(database_url, said(4, minute=4), said(1, minute=1), said(5, minute=None)) == [
        Taken.ACCEPTED, Taken.PAST, Taken.ACCEPTED,
    ]  # fmt: skip


def test_one_wrong_time_of_the_platform_silences_nobody_for_good(database_url: str, connection: Connection) -> None:
    now = datetime.datetime.now(datetime.UTC)
    ahead = Event("zalo", "an 1", AN, "text", "chào", sent_at=now + datetime.timedelta(days=36500))
    taken(database_url, ahead)
    erasure.erase(connection, AN)
    later = Event("zalo", "an 2", AN, "text", "chào", sent_at=now + datetime.timedelta(hours=2))
    assert taken(database_url, later, ahead) == [Taken.ACCEPTED, Taken.PAST]


class TestLetters:
    """What cannot be stored is kept aside sealed, whole and with every identifier: of the erased not once more."""

    @pytest.mark.parametrize("text", ["mã 7900000123", "nửa \ud83d"], ids=["whole", "half a character"])
    @pytest.mark.parametrize("minute", [0, None])
    def test_a_dead_letter_does_not_come_back_by_a_replay(
        self, database_url: str, connection: Connection, text: str, minute: int | None
    ) -> None:
        letter, other = broken(1, minute=minute, text=text), broken(2, BINH, minute=minute)
        taken(database_url, said(3))
        assert taken(database_url, letter, other) == [Taken.REFUSED] * 2
        erasure.erase(connection, AN)
        for _ in range(2):
            assert taken(database_url, letter, other) == [Taken.PAST, Taken.REFUSED]
        assert nothing_of(connection, AN)
        assert count(connection, "dead_letters") == 1

    def test_nor_does_one_that_was_never_kept_or_is_past_its_time(
        self, database_url: str, connection: Connection
    ) -> None:
        taken(database_url, said(1, minute=10))
        erasure.erase(connection, AN)
        assert taken(database_url, broken(2, minute=9)) == [Taken.PAST]
        assert taken(database_url, broken(3, minute=11)) == [Taken.REFUSED], "who comes back is heard"

    @pytest.mark.parametrize("person", [AN, "zalo:" + "a" * 300], ids=["short", "longer than kept"])
    def test_who_has_nothing_but_a_letter_is_erased_too(
        self, database_url: str, connection: Connection, person: str
    ) -> None:
        letter = broken(1, person)
        assert taken(database_url, letter) == [Taken.REFUSED]
        assert erasure.is_kept(connection, person)
        erasure.erase(connection, person)
        assert (count(connection, "dead_letters"), erasure.is_kept(connection, person)) == (0, False)
        assert taken(database_url, letter) == [Taken.PAST]

    def test_one_that_comes_while_its_person_is_erased_is_not_kept(
        self, database_url: str, connection: Connection
    ) -> None:
        taken(database_url, said(1))
        with psycopg.connect(database_url) as erasing, ThreadPoolExecutor(1) as door:
            erasure.erase(erasing, AN)
            coming = door.submit(taken, database_url, broken(2, minute=-1))
            time.sleep(0.3)  # it waits for the erasure, or has gone past it
            erasing.commit()
            assert coming.result(20) == [Taken.PAST]
        assert nothing_of(connection, AN)


def broken(number: int, person: str = AN, minute: int | None = 0, text: str = "mã 7900000123") -> Event:
    """An event that no store takes: its id has half a character."""
    event = said(number, person, minute, text)
    return dataclasses.replace(event, event_id=f"{event.event_id} \ud83d")


def test_what_the_system_says_is_never_past(database_url: str, connection: Connection) -> None:
    """A link in a letter goes on working after an erasure, and its end is said."""
    taken(database_url, said(1))
    erasure.erase(connection, AN)
    event = Event("zalo", "reset-done 1", AN, "system", payload="#reset_done")
    with connection.transaction():
        assert inbox.accept_within(connection, event, SAFE)


def test_half_a_character_in_a_name_is_no_way_around(database_url: str, connection: Connection) -> None:
    assert taken(database_url, said(1), said(2, "zalo:\ud800", text="chào")) == [Taken.ACCEPTED, Taken.REFUSED]


def test_what_is_kept_for_it_names_nobody_and_goes(database_url: str, connection: Connection) -> None:
    taken(database_url, said(1), said(2))
    erasure.erase(connection, AN)
    rows: Any = connection.execute("SELECT e::text FROM erased_events e").fetchall()
    assert len(rows) == 3  # two events and their person
    assert not any(word in str(rows) for word in ("zalo", AN, "an 1"))
    connection.execute("UPDATE erased_events SET at = now() - interval '731 days'")
    run(connection)
    assert count(connection, "erased_events") == 0
