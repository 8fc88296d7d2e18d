"""Nothing that a person typed stays anywhere in clear."""

from __future__ import annotations

import base64
import io
import logging
from typing import Any

import psycopg
import pytest

from tests.declarations.conftest import E_TRANSACTION, PRINTED, TK1, Person

CANARIES = {*PRINTED, *E_TRANSACTION.values(), *TK1.values()} - {"nu", "Nữ", "employer"}


def dump(connection: psycopg.Connection[Any]) -> bytes:
    """Returns every row of every table, as text and as the bytes of each binary column."""
    everything = io.BytesIO()
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    for (table,) in tables:
        for row in connection.execute(f'SELECT * FROM "{table}"').fetchall():
            for value in row:
                everything.write(value if isinstance(value, bytes) else str(value).encode())
                everything.write(b"\n")
    return everything.getvalue()


def shapes(value: str) -> set[bytes]:
    """Returns how a value might look in a dump."""
    raw = value.encode()
    shifted = {base64.b64encode(b"x" * shift + raw)[4:-4] for shift in range(3)} if len(raw) > 9 else set()
    return {raw, value.lower().encode(), raw.hex().encode(), value.encode("utf-16-le")} | shifted


def test_no_canary_in_database_log_or_address(person: Person, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    person.asks_for("tk1_ts").sends(TK1 | {"citizen_id": "7"})
    person.sends(TK1)
    person.get("/pdf")
    person.asks_for("e_transaction").sends(E_TRANSACTION)
    person.get("/docx")
    stored = dump(person.connection)
    assert len(stored) > 100_000  # both papers of both are there
    logged = caplog.text.replace(person.token, "").encode()
    asked = " ".join(str(step.url) for seen in person.seen for step in [*seen.history, seen]).encode()
    for canary in CANARIES:
        for shape in shapes(canary):
            assert shape not in stored
            assert shape not in logged
            assert shape not in asked
    assert person.token.encode() not in stored
    assert b"%PDF" not in stored


def test_pages_are_not_cached_and_name_no_referrer(person: Person) -> None:
    person.asks_for("tk1_ts").get()
    person.sends(TK1 | {"phone": ""})
    person.sends(TK1)
    person.get("/pdf")
    person.time_passes(hours=1)
    person.get()
    for seen in person.seen:
        for step in [*seen.history, seen]:
            assert step.headers["cache-control"] == "no-store"
            assert step.headers["referrer-policy"] == "no-referrer"
