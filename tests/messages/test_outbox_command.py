"""`assistant outbox`: what was given up is seen without texts and people, and goes out again or is dropped."""

from __future__ import annotations

import asyncio
import json
import os

import pytest
from typer.testing import CliRunner

from assistant.cli.outbox import app
from assistant.messages.leases import Sent
from tests.kit import warm
from tests.kit.turns import Connection, FakePlatform, queue
from tests.kit.waiting import until_soon
from tests.messages.test_outbox import AN, BINH, deliver, node, rows


@pytest.fixture
def outbox(database_url: str, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The command, on the test's database."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    return CliRunner()


def listed(outbox: CliRunner, *options: str) -> list[dict[str, object]]:
    result = outbox.invoke(app, ["list", *options])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def refused(connection: Connection, url: str) -> str:
    """Lets a platform refuse a message for good; returns its number."""
    queue(connection, AN, "một", "hai")
    deliver(url, FakePlatform(một=[Sent("permanent", error="-213")]), 2)
    assert rows(connection, "state") == [("dead",), ("sent",)]
    return str(rows(connection, "id")[0][0])


def test_a_message_given_up_is_listed_and_delivered_by_a_running_node_once_it_is_replayed(
    database_url: str, connection: Connection, outbox: CliRunner
) -> None:
    number = refused(connection, database_url)
    (dead,) = listed(outbox)
    assert (dead["id"], dead["channel"], dead["state"], dead["error"], dead["attempts"]) == (
        int(number), "zalo", "dead", "-213", 1,
    )  # fmt: skip
    platform = FakePlatform()

    async def run() -> None:
        async with node(database_url, platform):
            result = await asyncio.to_thread(outbox.invoke, app, ["replay", number])
            assert (result.exit_code, result.output) == (0, f"{number}\n")
            await until_soon(lambda: len(platform.got) == 1)

    asyncio.run(run())
    assert platform.got == [("an", "một")]
    assert set(rows(connection, "state, error, attempts")) == {("sent", None, 1)}
    assert listed(outbox) == []


def test_neither_texts_nor_people_are_shown(database_url: str, connection: Connection, outbox: CliRunner) -> None:
    refused(connection, database_url)
    shown = outbox.invoke(app, ["list"]).output
    assert "một" not in json.loads(shown).values()
    assert AN not in shown


def test_lists_go_by_state_channel_and_number(connection: Connection, outbox: CliRunner) -> None:
    queue(connection, AN, "một", "hai")
    queue(connection, "messenger:an", "ba")
    assert listed(outbox) == []
    assert [one["channel"] for one in listed(outbox, "--state", "waiting")] == ["zalo", "zalo", "messenger"]
    assert len(listed(outbox, "--state", "waiting", "--channel", "messenger")) == 1
    assert len(listed(outbox, "--state", "waiting", "--most", "2")) == 2
    assert outbox.invoke(app, ["list", "--state", "sent"]).exit_code == 2


def test_what_nobody_shall_get_is_dropped_and_what_is_being_sent_stays(
    connection: Connection, outbox: CliRunner
) -> None:
    queue(connection, AN, "một")
    queue(connection, BINH, "hai")
    connection.execute(
        "UPDATE outbox SET lease_owner = 'node-b', lease_until = now() + interval '1 minute' WHERE conversation = %s",
        (BINH,),
    )
    waiting, sending = (str(row[0]) for row in rows(connection, "id"))
    result = outbox.invoke(app, ["drop", waiting, sending])
    assert result.exit_code == 1
    assert result.output.splitlines()[0] == waiting
    assert f"not there, or not in that state: {sending}" in result.output
    assert rows(connection, "conversation") == [(BINH,)]


def test_what_is_not_given_up_is_not_replayed(database_url: str, connection: Connection, outbox: CliRunner) -> None:
    number = int(refused(connection, database_url))
    sent = rows(connection, "id")[1][0]
    result = outbox.invoke(app, ["replay", str(sent), str(number), "999999"])
    assert result.exit_code == 1
    assert f"not in that state: {sent}, 999999" in result.output
    assert rows(connection, "state") == [("waiting",), ("sent",)], "the one that could be replayed was"


@pytest.mark.parametrize("words", [["replay"], ["drop", "x"], ["replay", "99999999999999999999999"]])
def test_wrong_words_are_told(outbox: CliRunner, words: list[str]) -> None:
    result = outbox.invoke(app, words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_it_is_part_of_the_command_line(database_url: str) -> None:
    done = warm.run("outbox", "list", environment=os.environ | {"DATABASE_URL": database_url})
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
