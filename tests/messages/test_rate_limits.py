"""One person who writes without end is read within the limits, told so once, and in nobody's way."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import psycopg
import pytest

from assistant.messages import inbox
from assistant.messages.events import Event
from assistant.messages.inbox import Taken
from assistant.messages.rate_limits import DoorLimits
from tests.kit.turns import SAFE, Connection, count

AN, BINH = "zalo:an", "zalo:binh"
FEW = DoorLimits(5, 12)


def event(number: int, conversation: str = AN, **other: Any) -> Event:
    given = {"kind": "text", "text": f"tin {number}"} | other
    return Event(conversation.partition(":")[0], f"{conversation} {number}", conversation, **given)


def deliver(url: str, *batches: list[Event], limits: DoorLimits = FEW) -> list[list[Taken]]:
    """Takes batches in at the same time, each as another node would."""

    async def one(batch: list[Event]) -> list[Taken]:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as own:
            return await inbox.accept_all(own, batch, SAFE, limits)

    async def all_at_once() -> list[list[Taken]]:
        return await asyncio.gather(*map(one, batches))

    return asyncio.run(all_at_once())


def notices(connection: Connection, conversation: str = AN) -> list[tuple[str, str]]:
    rows = connection.execute(
        "SELECT body->>'limit', state FROM outbox WHERE conversation = %s ORDER BY id", (conversation,)
    )
    return rows.fetchall()  # type: ignore[return-value]


def age(connection: Connection, seconds: int) -> None:
    """Lets time pass."""
    for table, column in (("inbox", "accepted_at"), ("outbox", "created_at")):
        connection.execute(f"UPDATE {table} SET {column} = {column} - make_interval(secs => %s)", (seconds,))


class TestTheLimits:
    def test_a_thousand_at_ten_nodes_at_once_are_exactly_as_many_as_allowed_and_one_notice(
        self, database_url: str, connection: Connection
    ) -> None:
        batches = [[event(100 * node + number) for number in range(100)] for node in range(10)]
        came = Counter(taken for result in deliver(database_url, *batches) for taken in result)
        assert came[Taken.ACCEPTED] == count(connection, "inbox") == 5
        assert came[Taken.OVER] + came[Taken.TOLD] == 995
        assert notices(connection) == [("a_minute", "waiting")]

    def test_nobody_else_is_in_the_way(self, database_url: str, connection: Connection) -> None:
        batch = [event(number) for number in range(30)]
        batch.insert(20, event(1, BINH))
        assert deliver(database_url, batch)[0][20] is Taken.ACCEPTED
        assert not notices(connection, BINH)

    def test_retries_are_seen_and_take_no_room(self, database_url: str, connection: Connection) -> None:
        first = [event(number) for number in range(3)]
        assert deliver(database_url, first, limits=FEW) == [[Taken.ACCEPTED] * 3]
        more = deliver(database_url, [*first, *first, event(3), event(4), event(5)])[0]
        assert more[:6] == [Taken.SEEN] * 6
        assert more[6:] == [Taken.ACCEPTED, Taken.ACCEPTED, Taken.TOLD]

    def test_who_is_slow_again_is_read_again(self, database_url: str, connection: Connection) -> None:
        deliver(database_url, [event(number) for number in range(9)])
        age(connection, 61)
        assert deliver(database_url, [event(20)]) == [[Taken.ACCEPTED]]
        assert len(notices(connection)) == 1

    def test_the_hour_has_its_own_limit_and_its_own_words_said_once(
        self, database_url: str, connection: Connection
    ) -> None:
        for minute in range(5):
            deliver(database_url, [event(100 * minute + number) for number in range(7)])
            age(connection, 61)
        assert count(connection, "inbox") == 12
        assert [name for name, _ in notices(connection)] == ["a_minute", "a_minute", "an_hour"]
        age(connection, 3600)
        assert deliver(database_url, [event(900)]) == [[Taken.ACCEPTED]]

    def test_what_the_system_says_to_itself_has_no_limit(self, database_url: str, connection: Connection) -> None:
        said = [event(number, kind="system", text="", payload="#reset_done") for number in range(20)]
        assert set(deliver(database_url, said)[0]) == {Taken.ACCEPTED}
        assert deliver(database_url, [event(50)]) == [[Taken.ACCEPTED]]

    @pytest.mark.parametrize("kind", ["text", "payload", "media"])
    def test_everything_a_person_does_counts(self, database_url: str, connection: Connection, kind: str) -> None:
        more = {"text": {"text": "chào"}, "payload": {"payload": "#greet", "text": ""}, "media": {"media": "image"}}
        taken = deliver(database_url, [event(number, kind=kind, **more[kind]) for number in range(6)])[0]
        assert taken == [Taken.ACCEPTED] * 5 + [Taken.TOLD]

    def test_nothing_of_what_is_left_unread_is_kept(self, database_url: str, connection: Connection) -> None:
        deliver(database_url, [event(number) for number in range(5)])
        deliver(database_url, [event(9, text="mã 7900000123")])
        assert count(connection, "vault") == 0
        assert count(connection, "inbox", "event_id = 'zalo:an 9'") == 0

    def test_people_who_fetch_their_messages_find_the_notice(self, database_url: str, connection: Connection) -> None:
        deliver(database_url, [event(number, "web:an") for number in range(6)])
        assert notices(connection, "web:an") == [("a_minute", "sent")]
        assert count(connection, "outbox", "sent_at IS NOT NULL AND body->>'text' LIKE 'Bạn nhắn hơi nhanh%'") == 1
