"""Every 200 for an event that is not stored stands in docs/reliability.md with its reason and its test (R30)."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from assistant.privacy import erasure
from assistant.settings import ROOT
from tests.connectors.zalo.conftest import an_app, fixture, opened
from tests.kit.turns import Connection, count

PAGE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
_ROW = re.compile(
    r"^\| (?P<what>[^|]+) \| (?P<where>`[^|]+) \| [^|]+ \| `(?P<file>tests/[\w/]+\.py)`, `(?P<test>\w+)` \|$", re.M
)
ROWS = [row.groupdict() for row in _ROW.finditer(PAGE)]
#: What takes an event in, or answers that it was.
_GOOD = re.compile(r"JSONResponse\(\{\"(?:ok|accepted)\": True")


def posted(url: str, event: Any) -> int:
    """Posts an event, signed, to a door with a real inbox behind it; returns the status."""

    async def go() -> int:
        async with opened(url, an_app()) as webhook:
            return await webhook.post(event)

    return asyncio.run(go())


def test_every_row_names_a_test_that_is_there() -> None:
    assert len(ROWS) >= 14
    for row in ROWS:
        assert f"def {row['test']}(" in (ROOT / row["file"]).read_text(encoding="utf-8"), row


def test_every_place_that_answers_so_is_in_the_table() -> None:
    """A new early answer of a door has to be listed: each door has so many, and the last is after the inbox."""
    places = {
        str(path.relative_to(ROOT)): len(_GOOD.findall(path.read_text(encoding="utf-8")))
        for path in (ROOT / "connectors").rglob("*.py")
    }
    found = {name: number for name, number in places.items() if number}
    assert found == {
        "connectors/zalo/webhook.py": 2, "connectors/messenger/webhook.py": 1, "connectors/sms/webhook.py": 2,
        "connectors/web/chat.py": 1,
    }  # fmt: skip
    assert {name.split("/")[1] for name in found} <= {row["where"].strip("`").split("/")[1] for row in ROWS}


class TestZalo:
    def test_an_account_that_the_settings_do_not_name(self, database_url: str, connection: Connection) -> None:
        event = fixture("user_send_text") | {"recipient": {"id": "4999999999999999999"}}
        assert posted(database_url, event) == 200
        assert count(connection, "inbox") == 0

    def test_a_signed_event_that_is_replayed_after_its_person_was_erased(
        self, database_url: str, connection: Connection
    ) -> None:
        event = fixture("user_send_text")
        assert posted(database_url, event) == 200
        (person,) = connection.execute("SELECT conversation FROM inbox").fetchall()[0]
        erasure.erase(connection, person)
        assert [posted(database_url, event) for _ in range(2)] == [200, 200]
        assert (count(connection, "inbox"), count(connection, "conversations")) == (0, 0)
        again = event | {"timestamp": str(int(event["timestamp"]) + 1000)}
        again["message"] = event["message"] | {"msg_id": "a new one"}
        assert posted(database_url, again) == 200
        assert count(connection, "inbox") == 1

    def test_before_the_console_has_shown_the_key(self, database_url: str, connection: Connection) -> None:
        async def go() -> int:
            app = an_app()
            without = replace(app, secrets=(), oas=tuple(replace(oa, secrets=()) for oa in app.oas))
            async with opened(database_url, without) as webhook:
                return await webhook.post_raw(b'{"event_name": "user_send_text"}')

        assert asyncio.run(go()) == 200
        assert count(connection, "inbox") == 0


class TestWhateverTheStoreDoes:
    """No door answers that it took what the database did not take."""

    @pytest.mark.parametrize("code", ["22P02", "22P03", "26000", "42P05", "08P01", "53100", "25006", "XX000"])
    def test_no_error_of_the_database_is_an_acknowledgement(
        self, database_url: str, connection: Connection, code: str
    ) -> None:
        connection.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" RAISE EXCEPTION 'broken' USING ERRCODE = '{code}'; END $$"
        )
        connection.execute("CREATE TRIGGER fail BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION fail()")

        with pytest.raises(psycopg.Error):  # the application answers 503 (tests/doors)
            posted(database_url, fixture("user_send_text"))
        assert count(connection, "dead_letters") == 0
        connection.execute("DROP TRIGGER fail ON inbox")
        assert posted(database_url, fixture("user_send_text")) == 200
        assert count(connection, "inbox") == 1
