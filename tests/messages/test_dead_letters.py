"""An event that cannot be stored is acknowledged only where its own content proves to be why, and then kept aside."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from assistant import audit
from assistant.cli import app
from assistant.messages import dead_letters, inbox
from assistant.messages.events import Event
from assistant.messages.inbox import Taken
from tests.kit.turns import SAFE, Connection, count

AN = "zalo:an"
GOOD = Event("zalo", "good", AN, "text", "chào")
#: Longer than an entry of an index may be, and of no pattern that compresses.
LONG = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(250))
#: None can be written into the database, whatever state that is in.
UNSTORABLE = [
    Event("zalo", "a\0b", AN, "text", "mã 7900000123"),
    Event("zalo", "half", AN, "text", "nửa \ud83d"),
    Event("zalo", LONG, AN, "text", "chào"),
]


def taken(url: str, events: Sequence[Event], **given: Any) -> list[Taken]:
    async def take() -> list[Taken]:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True, **given) as own:
            return await inbox.accept_all(own, events, SAFE)

    return asyncio.run(take())


class TestItsOwnFault:
    @pytest.mark.parametrize("event", UNSTORABLE, ids=["nul", "half a character", "too long a key"])
    def test_it_is_kept_aside_sealed_and_whole(self, database_url: str, connection: Connection, event: Event) -> None:
        assert taken(database_url, [event]) == [Taken.REFUSED]
        row = connection.execute("SELECT d::text, encode(sealed, 'escape') FROM dead_letters d").fetchone()
        assert row is not None
        assert not any("7900000123" in part or "chào" in part for part in row)
        with psycopg.connect(database_url) as own:
            number = dead_letters.listed(own)[0].id
            found = dead_letters.opened(own, number, SAFE)
        assert found is not None
        assert (found[0], found[1]["event_id"], found[1]["text"]) == (AN, event.event_id, event.text)

    def test_the_others_of_its_batch_are_stored(self, database_url: str, connection: Connection) -> None:
        events = [GOOD, *UNSTORABLE, Event("zalo", "good 2", AN, "text", "chào")]
        refused = [Taken.REFUSED] * len(UNSTORABLE)
        assert taken(database_url, events) == [Taken.ACCEPTED, *refused, Taken.ACCEPTED]
        assert (count(connection, "inbox"), count(connection, "dead_letters")) == (2, len(UNSTORABLE))
        assert count(connection, "conversations", "id <> 'zalo:an'") == 0  # the trial leaves nothing

    def test_a_repeat_is_the_same_letter(self, database_url: str, connection: Connection) -> None:
        assert [taken(database_url, UNSTORABLE[:1]) for _ in range(2)] == [[Taken.REFUSED]] * 2
        assert count(connection, "dead_letters") == 1

    def test_where_it_cannot_be_kept_aside_it_is_not_acknowledged(
        self, database_url: str, connection: Connection
    ) -> None:
        connection.execute("DROP TABLE dead_letters")
        with pytest.raises(psycopg.errors.UndefinedTable):
            taken(database_url, UNSTORABLE[:1])


class TestTheStoresFault:
    """Whatever the database says, it is no reason to acknowledge what is not stored."""

    def test_statements_mixed_up_by_a_pooler(self, database_url: str, connection: Connection) -> None:
        async def take() -> None:
            async with await psycopg.AsyncConnection.connect(database_url, autocommit=True, prepare_threshold=0) as own:
                assert await inbox.accept_all(own, [GOOD], SAFE) == [Taken.ACCEPTED]
                rows = await (await own.execute("SELECT name FROM pg_prepared_statements", prepare=False)).fetchall()
                assert rows
                for (name,) in rows:  # as another client's of a shared connection
                    await own.execute(f"DEALLOCATE {name}", prepare=False)
                    await own.execute(f"PREPARE {name} (int, int) AS SELECT $1 + $2", prepare=False)
                await inbox.accept_all(own, [Event("zalo", "lost?", AN, "text", "chào")], SAFE)

        with pytest.raises(psycopg.Error):
            asyncio.run(take())
        assert (count(connection, "inbox"), count(connection, "dead_letters")) == (1, 0)

    @pytest.mark.parametrize("condition", ["true", "nextval('tries') = 1", "nextval('tries') <= 2"])
    def test_a_data_error_that_comes_whatever_the_content_or_passes(
        self, database_url: str, connection: Connection, condition: str
    ) -> None:
        connection.execute("CREATE SEQUENCE tries")
        connection.execute("GRANT USAGE ON SEQUENCE tries TO assistant_app")
        connection.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF {condition} THEN RAISE EXCEPTION 'broken' USING ERRCODE = '22P03'; END IF; RETURN NEW; END $$"
        )
        connection.execute("CREATE TRIGGER fail BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION fail()")
        with pytest.raises(psycopg.DataError):
            taken(database_url, [GOOD])
        assert (count(connection, "inbox"), count(connection, "dead_letters")) == (0, 0)
        connection.execute("DROP TRIGGER fail ON inbox")
        assert taken(database_url, [GOOD]) == [Taken.ACCEPTED]  # the platform's repeat finds its way


def test_staff_see_them_and_settle_them(
    database_url: str, connection: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))

    def run(*words: str) -> Any:
        return CliRunner().invoke(app, ["inbox", *words])

    from assistant.privacy import keyring
    from assistant.settings import Settings

    safe = keyring.open_vault(Settings())

    async def take() -> None:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as own:
            await inbox.accept_all(own, UNSTORABLE[:1], safe)

    asyncio.run(take())
    listed = run("list")
    assert listed.exit_code == 0, listed.output
    letter = json.loads(listed.output)
    assert letter["channel"] == "zalo"
    assert "7900000123" not in listed.output
    assert run("show", str(letter["id"])).exit_code == 1  # nobody has signed in
    monkeypatch.setattr("assistant.cli.privacy.reader", lambda *_: audit.Staff("lan"))
    assert json.loads(run("show", str(letter["id"])).output)["text"] == "mã 7900000123"
    seen = connection.execute("SELECT details FROM audit WHERE event = 'staff.viewed'").fetchall()
    assert seen == [({"view": "dead letter"},)]
    assert run("settle", str(letter["id"]), "99").exit_code == 1
    assert run("list").output == ""
    assert len(run("list", "--settled").output.splitlines()) == 1
    assert connection.execute(dead_letters.OPEN).fetchone() == (0,)
