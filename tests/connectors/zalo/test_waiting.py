"""Messages that have to wait: for a token, for the next minute, for a person who writes again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from assistant import database
from assistant.messages.leases import MOST_ATTEMPTS, Sent
from connectors.base import revival
from tests.connectors.zalo.sending import USER
from tests.kit.turns import Connection, FakePlatform, count, queue, write
from tests.kit.waiting import until_soon
from tests.messages.test_outbox import node

MINE = f"zalo:{USER}"


def test_what_was_not_even_tried_does_not_wear_a_message_out(database_url: str, connection: Connection) -> None:
    waits = [Sent("retry", error="rate", retry_after=0.01, untried=True)] * (MOST_ATTEMPTS * 2)
    platform = FakePlatform(chào=waits)
    queue(connection, MINE, "chào", "bạn")

    async def run() -> None:
        async with node(database_url, platform):
            await until_soon(lambda: count(connection, "outbox", "state = 'sent'") == 2)

    asyncio.run(run())
    assert len(platform.got) == MOST_ATTEMPTS * 2 + 2
    rows = connection.execute("SELECT attempts, maybe_twice FROM outbox ORDER BY id").fetchall()
    assert rows == [(1, False), (1, False)]


class TestClosedWindows:
    @pytest.fixture
    def revive(self, database_url: str) -> Callable[[], None]:
        def run() -> None:
            async def once() -> None:
                async with database.pool(database_url, 1) as pool:
                    await revival.job(pool, "zalo").run()

            asyncio.run(once())

        return run

    def dead(self, connection: Connection, text: str, sender: str = "agent", **more: Any) -> None:
        """Queues a message that died some hours ago."""
        values = {"error": "closed -230", "days": 1, "cause": None, "conversation": MINE} | more
        connection.execute(
            "INSERT INTO outbox (conversation, inbox_id, sender, body, state, error, attempts, created_at, next_try_at)"
            " VALUES (%(conversation)s, %(cause)s, %(sender)s, jsonb_build_object('text', %(text)s::text), 'dead',"
            " %(error)s, 1, now() - make_interval(days => %(days)s), now() - interval '5 hours')",
            values | {"text": text, "sender": sender},
        )

    def waiting(self, connection: Connection) -> list[str]:
        query = "SELECT body ->> 'text' FROM outbox WHERE state = 'waiting' AND attempts = 0 ORDER BY id"
        return [row[0] for row in connection.execute(query).fetchall()]

    def test_only_what_still_matters_goes_and_only_when_they_write_again(
        self, connection: Connection, revive: Callable[[], None]
    ) -> None:
        write(connection, MINE, "chào")
        connection.execute("UPDATE inbox SET accepted_at = now() - interval '9 days'")
        cause = connection.execute(
            "INSERT INTO inbox (channel, event_id, conversation, kind, body) VALUES"
            " ('zalo', 'desk 1', %s, 'system', '{\"payload\": \"#question_answered\"}') RETURNING id",
            (MINE,),
        ).fetchone()
        assert cause is not None
        self.dead(connection, "của nhân viên")
        self.dead(connection, "trả lời câu hỏi HD", "bot", cause=cause[0])
        self.dead(connection, "của trợ lý", "bot")
        self.dead(connection, "bị từ chối vì chuyện khác", error="-244")
        self.dead(connection, "đã quá cũ", days=15)
        revive()
        assert self.waiting(connection) == []  # a system event is not the person
        write(connection, MINE, "chào bạn")
        revive()
        assert self.waiting(connection) == ["của nhân viên", "trả lời câu hỏi HD"]

    def test_somebody_elses_message_opens_nothing_and_other_channels_are_left(
        self, connection: Connection, revive: Callable[[], None]
    ) -> None:
        write(connection, MINE, "chào")
        connection.execute("UPDATE inbox SET accepted_at = now() - interval '9 days'")
        self.dead(connection, "của nhân viên")
        write(connection, "messenger:7", "hi")
        self.dead(connection, "ở Messenger", conversation="messenger:7")
        write(connection, f"zalo:4000000000000000005:{USER}", "chào")
        revive()
        assert self.waiting(connection) == []
