"""A server that says nothing is given up, and the pool that had connections to it goes on with others."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from assistant import database


async def _use(url: str) -> list[object]:
    pool = database.pool(url, 3)
    await pool.open(wait=True)
    try:

        async def ask(query: str) -> object:
            async with pool.connection() as connection:
                return await (await connection.execute(query)).fetchone()

        first = await asyncio.gather(*(ask("SELECT pg_backend_pid(), pg_sleep(0.2)") for _ in range(3)))
        with pytest.raises(psycopg.OperationalError, match="says nothing"):
            await ask("SELECT pg_sleep(600)")
        later = await asyncio.gather(*(ask("SELECT pg_backend_pid(), pg_sleep(0.2)") for _ in range(3)))
        old = {row[0] for row in first if isinstance(row, tuple)}
        new = {row[0] for row in later if isinstance(row, tuple)}
        assert len(old) == len(new) == 3
        assert not old & new
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(
                0.2
            ):  # whoever stops waiting: the server is asked to stop, and the pool is whole
                await ask("SELECT pg_sleep(600)")
        return [await ask("SELECT 1") for _ in range(10)]
    finally:
        await pool.close()


def test_what_a_pool_has_of_a_silent_server_is_closed_with_the_first(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "DOOR_PATIENCE", 1.0)
    assert asyncio.run(_use(database_url)) == [(1,)] * 10
