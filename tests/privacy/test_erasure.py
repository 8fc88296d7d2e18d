"""One person's data goes, everything of it, and nobody else's; what must stay names nobody."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from assistant import audit, database
from assistant.privacy import erasure, export, kept, keyring
from assistant.privacy.vault import Vault
from assistant.rasa.host import AgentHost
from assistant.staff import sessions
from tests.kit import postgres, warm
from tests.kit.talk import KEY, Talk, host_for
from tests.privacy.people import CODE, MASKED, kept_of, write_everything

Connection = psycopg.Connection[Any]
VAULT = Vault([b"k" * 32])
ME, OTHER = "web:toi", "web:nguoi-khac"
STAFF: Any = {"actor": audit.Staff("lan"), "where": "command:erase"}
#: Limits count them for a day; the links and mails of those resets belong to them.
COUNTED = {rows.table for rows in kept.of_a_person() if rows.counted}


def a_day_passes(connection: Connection) -> None:
    for rows in kept.of_a_person():
        if rows.counted:
            connection.execute(f"UPDATE {rows.table} SET {rows.at} = {rows.at} - interval '25 hours'")
    connection.execute("UPDATE conversations SET erased_at = erased_at - interval '25 hours'")
    for table, column in (("inbox", "accepted_at"), ("outbox", "created_at")):
        connection.execute(f"UPDATE {table} SET {column} = {column} - interval '25 hours'")


def test_everything_goes_but_what_limits_count(connection: Connection) -> None:
    write_everything(connection, VAULT, ME)
    write_everything(connection, VAULT, OTHER)
    others = kept_of(connection, OTHER)
    done = erasure.erase(connection, ME, **STAFF)
    assert set(kept_of(connection, ME)) == COUNTED | {"conversations"}
    assert done.staying == dict.fromkeys(COUNTED, 1)
    assert connection.execute("SELECT masked_email FROM resets ORDER BY person = %s", (ME,)).fetchall() == [
        (MASKED,), (None,)
    ]  # fmt: skip
    assert kept_of(connection, OTHER) == others
    row = connection.execute("SELECT tracker, menu, turns FROM conversations WHERE id = %s", (ME,)).fetchone()
    assert row == (None, None, 0)


def test_what_limits_count_goes_a_day_later(connection: Connection) -> None:
    write_everything(connection, VAULT, ME)
    erasure.erase(connection, ME, **STAFF)
    erasure.finish(connection)
    assert set(kept_of(connection, ME)) == COUNTED | {"conversations"}
    a_day_passes(connection)
    erasure.finish(connection)
    assert kept_of(connection, ME) == {}


def test_without_anything_to_count_it_goes_at_once(connection: Connection) -> None:
    write_everything(connection, VAULT, ME, "2 days")
    assert erasure.erase(connection, ME, **STAFF).staying == {}
    assert kept_of(connection, ME) == {}


def test_erasing_does_not_refill_the_limits(connection: Connection) -> None:
    """Five wrong tries, "erase my data", five more: that would be guessing without a limit."""
    for _ in range(5):
        connection.execute("INSERT INTO attempts (person, event) VALUES (%s, 'e')", (ME,))
    erasure.erase(connection, ME, **STAFF)
    assert connection.execute("SELECT count(*) FROM attempts WHERE person = %s", (ME,)).fetchone() == (5,)


def test_what_is_written_since_stays(connection: Connection) -> None:
    write_everything(connection, VAULT, ME)
    erasure.erase(connection, ME, **STAFF)
    a_day_passes(connection)
    connection.execute(
        "INSERT INTO inbox (channel, event_id, conversation, kind, body) VALUES ('web', 'neu', %s, 'text', '{}')", (ME,)
    )
    erasure.finish(connection)
    assert kept_of(connection, ME) == {"inbox": 1, "conversations": 1}
    assert connection.execute("SELECT erased_at FROM conversations WHERE id = %s", (ME,)).fetchone() == (None,)


def test_the_trail_stays_whole_and_names_nobody(connection: Connection) -> None:
    write_everything(connection, VAULT, ME)
    audit.link(connection)
    erasure.erase(connection, ME, **STAFF)
    audit.link(connection)
    assert audit.verify(connection).good
    entries = list(audit.entries(connection, person=ME))
    assert [entry["event"] for entry in entries][:2] == ["privacy.erased", "consent.withdrawn"]
    assert {entry["actor"] for entry in entries[:2]} == {"staff:lan"}
    written = str(connection.execute("SELECT a::text, c::text FROM audit a, audit_chain c").fetchall())
    assert ME not in written


def test_a_running_turn_is_waited_for(connection: Connection, database_url: str) -> None:
    write_everything(connection, VAULT, ME)
    with database.connect(database_url) as turn, database.connect(database_url) as command:
        turn.execute("SELECT 1 FROM conversations WHERE id = %s FOR NO KEY UPDATE", (ME,))
        command.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            erasure.erase(command, ME, **STAFF)


class TestInTheChat:
    @pytest.fixture(scope="class")
    def shared(self, server_url: str, model_path: Path) -> Iterator[tuple[AgentHost, str]]:
        """One engine on a database of its own."""
        url = postgres.create(server_url)
        with host_for(model_path, url) as host:
            yield host, url
        postgres.drop(server_url, url)

    @pytest.fixture
    def talk(self, shared: tuple[AgentHost, str]) -> Iterator[Talk]:
        host, url = shared
        with database.connect(url) as connection:
            connection.autocommit = True
            yield Talk(host, connection, Vault([KEY]))

    def test_only_the_farewell_stays_until_it_has_been_read(self, talk: Talk) -> None:
        talk.text("quên mật khẩu", CODE, "0900000000", "xóa dữ liệu của tôi")
        assert "Mình đã xóa" in talk.press("#erase_now")[-1]["text"]
        kept_now = kept_of(talk.connection, talk.conversation)
        assert kept_now == {"inbox": 1, "outbox": 1, "turns": 1, "conversations": 1, "attempts": 1}
        erasure.finish(talk.connection)
        assert kept_of(talk.connection, talk.conversation) == kept_now  # the farewell may be on its way
        a_day_passes(talk.connection)
        erasure.finish(talk.connection)
        assert kept_of(talk.connection, talk.conversation) == {}

    def test_the_person_starts_anew(self, talk: Talk) -> None:
        talk.text("quên mật khẩu", CODE)
        talk.press("#ask_erase")
        talk.press("#erase_now")
        assert "mã số BHXH (10 chữ số)" in talk.text("quên mật khẩu")
        (told,) = talk.connection.execute(
            "SELECT count(*) FROM consents WHERE conversation = %s", (talk.conversation,)
        ).fetchall()[0]
        assert told == 1  # told again

    def test_a_letter_of_before_is_not_spoken_of(self, talk: Talk) -> None:
        talk.text("quên mật khẩu", CODE, "0901000123")
        assert MASKED in talk.text("thư gửi đến đâu vậy")
        talk.press("#ask_erase")
        talk.press("#erase_now")
        later = talk.text("thư gửi đến đâu vậy")
        assert MASKED not in later
        (tracker,) = talk.connection.execute(
            "SELECT tracker::text FROM conversations WHERE id = %s", (talk.conversation,)
        ).fetchall()[0]
        assert "mail_sent" not in tracker

    def test_what_came_meanwhile_is_answered(self, talk: Talk) -> None:
        talk.say("chào bạn")
        talk.press("#ask_erase")
        connection = talk.connection
        for event, kind, body in (("1", "payload", '{"payload": "#erase_now"}'), ("2", "text", '{"text": "chào"}')):
            connection.execute(
                "INSERT INTO inbox (channel, event_id, conversation, kind, body) VALUES ('web', %s, %s, %s, %s)",
                (f"{talk.conversation}/{event}", talk.conversation, kind, body),
            )
        assert talk.say("bạn ơi")
        assert connection.execute("SELECT count(*) FROM inbox WHERE done_at IS NULL").fetchone() == (0,)
        assert kept_of(connection, talk.conversation)["inbox"] == 3


class TestAnExport:
    def test_has_every_table_with_the_values_the_vault_still_has(self, connection: Connection) -> None:
        token = write_everything(connection, VAULT, ME)
        write_everything(connection, VAULT, OTHER)
        kept_now = export.export(connection, VAULT, ME, **STAFF)
        assert set(kept_now["tables"]) == {rows.table for rows in kept.of_a_person()} - {"vault"}
        assert kept_now["identifiers"] == [CODE]
        assert kept_now["tables"]["inbox"][0]["body"]["text"] == f"mã {CODE}"
        assert kept_now["tables"]["questions"][0]["question"] == f"hỏi {CODE}"
        assert kept_now["tables"]["turns"][0]["reading"] == {"topic": "mail_sent", "facts": ["no_phone"]}
        assert kept_now["tables"]["resets"][0]["masked_email"] == MASKED
        text = json.dumps(kept_now, default=str)
        assert token not in text
        assert OTHER not in text

    def test_tells_nobody_whether_a_check_matched_or_whose_code_they_tried(self, connection: Connection) -> None:
        for number, values in enumerate(
            ("'', '', false, NULL", "'ref-an', '•••123', true, '{\"member\": \"ref-an\"}'")
        ):
            connection.execute(
                "INSERT INTO attempts (person, event, at, owner_ref, masked_code, matched, due)"
                f" VALUES ('web:{number}', 'e', '2026-11-01', {values})"
            )
        told = [
            export.export(connection, VAULT, f"web:{number}", **STAFF)["tables"]["attempts"][0] for number in (0, 1)
        ]
        assert [dict(row, id=0, person="") for row in told] == [dict(told[0], id=0, person="")] * 2

    def test_shows_a_token_where_the_value_is_gone(self, connection: Connection) -> None:
        token = write_everything(connection, VAULT, ME)
        connection.execute("DELETE FROM vault")
        kept_now = export.export(connection, VAULT, ME, **STAFF)
        assert kept_now["identifiers"] == []
        assert kept_now["tables"]["inbox"][0]["body"]["text"] == f"mã {token}"

    def test_stands_in_the_trail_and_has_the_persons_trail_in_it(self, connection: Connection) -> None:
        write_everything(connection, VAULT, ME)
        kept_now = export.export(connection, VAULT, ME, **STAFF)
        assert [entry["event"] for entry in kept_now["audit"]] == ["privacy.exported", "reset.started", "consent.told"]
        assert kept_now["audit"][0]["actor"] == "staff:lan"


def run(database_url: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DATABASE_URL": database_url, "VAR_DIR": str(folder)}
    return warm.run(*words, environment=environment)


def test_an_operator_exports_and_erases_by_commands(connection: Connection, database_url: str, tmp_path: Path) -> None:
    assert run(database_url, tmp_path, "export", "web:nobody").returncode == 1  # and makes the database's keys
    before = audit.keys.opened()
    key = json.loads((tmp_path / "secrets.json").read_text())["vault_key"]
    import base64

    vault = keyring.open_vault_at(database_url, [base64.b64decode(key)])
    write_everything(connection, vault, ME)
    audit.unlock(before)
    assert "đăng nhập" in run(database_url, tmp_path, "export", ME).stderr, "only who signed in reads"
    connection.execute("INSERT INTO staff (name, shown, roles) VALUES ('lan', 'Lan', '{admin}')")
    session = tmp_path / f"desk-{pwd.getpwuid(os.getuid()).pw_name}.session"
    session.write_text(sessions.start(connection, "lan", "full", "terminal", "assistant desk"))
    exported = run(database_url, tmp_path, "export", ME)
    assert exported.returncode == 0, exported.stderr
    assert json.loads(exported.stdout)["identifiers"] == [CODE]
    erased = run(database_url, tmp_path, "erase", ME)
    assert json.loads(erased.stdout)["removed"]["inbox"] == 1
    assert set(kept_of(connection, ME)) == COUNTED | {"conversations"}
    assert "nothing is kept of" in run(database_url, tmp_path, "erase", "web:nobody").stderr
    listed = [
        json.loads(line)
        for line in run(database_url, tmp_path, "audit", "list", "--event", "privacy").stdout.splitlines()
    ]
    assert [entry["event"] for entry in listed] == ["privacy.erased", "privacy.exported"]
    assert listed[1]["actor"] == "staff:lan"
    assert run(database_url, tmp_path, "retention").returncode == 0
