"""How many of those who wrote lately were taken over at once is counted, for the alert that nobody is answered."""

from __future__ import annotations

import asyncio

from psycopg_pool import AsyncConnectionPool

from assistant.runtime import metrics
from tests.kit.turns import Connection, write

_TAKEN = """
INSERT INTO handovers (conversation, state, reason, taken_at, until)
VALUES (%s, 'with_person', %s, now() + %s::interval, now() + interval '1 hour')
"""


def lately(url: str) -> dict[str, float]:
    """Reads the store as a scrape does."""

    async def read() -> None:
        async with AsyncConnectionPool(url, kwargs={"autocommit": True}, open=False) as pool:
            await metrics._read_store(pool)

    asyncio.run(read())
    (family,) = metrics._lately.collect()
    return {sample.labels["answered_by"]: sample.value for sample in family.samples}


def test_who_is_taken_over_within_a_minute_is_counted(database_url: str, connection: Connection) -> None:
    for person in ("an", "binh", "chi", "dung", "em"):
        write(connection, f"messenger:{person}", "quên mật khẩu")
        write(connection, f"messenger:{person}", "alo")
    connection.execute(_TAKEN, ("messenger:an", "answered_outside", "3 seconds"))
    connection.execute(_TAKEN, ("messenger:binh", "answered_outside", "40 seconds"))
    connection.execute(_TAKEN, ("messenger:chi", "answered_outside", "20 minutes"))  # a colleague, who read it first
    connection.execute(_TAKEN, ("messenger:dung", "asked", "3 seconds"))
    assert lately(database_url) == {"all": 5, "outside": 2}


def test_what_was_said_long_ago_is_not(database_url: str, connection: Connection) -> None:
    write(connection, "messenger:an", "quên mật khẩu")
    connection.execute("UPDATE inbox SET accepted_at = now() - interval '2 hours'")
    assert lately(database_url) == {"all": 0, "outside": 0}
