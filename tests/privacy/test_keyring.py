"""One root key a database, sealed with VAULT_KEYS: keys change, what is derived from the root stays."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from assistant import audit
from assistant.identifiers import tokens
from assistant.privacy import kept, keyring, rotation
from assistant.privacy.keyring import KeyringError
from assistant.privacy.vault import Vault, VaultError
from assistant.settings import ROOT, Settings, SettingsError
from tests.kit import warm

Connection = psycopg.Connection[Any]
OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32
CONVERSATION = "web:nguoi-thu"
CODE = "7900000123"
BY: Any = {"actor": audit.Staff("lan"), "where": "test"}


@pytest.fixture(autouse=True)
def trail_of_the_tests() -> Any:
    """Opening a vault opens its database's trail for the process; the tests that follow have theirs back."""
    before = audit.keys.opened()
    yield
    audit.unlock(before)


def seal_everything(connection: Connection, vault: Vault) -> None:
    """Puts a value into every column that is sealed."""
    connection.execute("INSERT INTO conversations (id, channel) VALUES (%s, 'web')", (CONVERSATION,))
    token = tokens.token_for(vault.token_key, CONVERSATION, "bhxh_code", CODE)
    connection.execute(
        "INSERT INTO vault VALUES (%s, %s, %s, now() + interval '1 day')",
        (CONVERSATION, token, vault.seal(CODE, f"{CONVERSATION} {token}")),
    )
    connection.execute(
        "INSERT INTO declarations (hash, conversation, kind, expires_at, pdf, docx)"
        " VALUES (sha256('x'), %s, 'tk1_ts', now() + interval '1 day', 'x', 'x')",
        (CONVERSATION,),
    )
    connection.execute("INSERT INTO zalo_tokens (oa_id, sealed, expires_at) VALUES ('oa', 'x', now())")
    connection.execute("INSERT INTO zalo_grants VALUES (sha256('s'), 'x', now() + interval '1 hour')")
    connection.execute("INSERT INTO sms_numbers (conversation, sealed) VALUES ('sms:a', 'x')")
    connection.execute("INSERT INTO phone_calls (conversation, direction, sealed) VALUES ('phone:a', 'in', 'x')")
    connection.execute(
        "WITH r AS (INSERT INTO resets (id, member_ref, person, event, masked_code, expires_at)"
        " VALUES (gen_random_uuid(), 'm', 'phone:a', 'phone:a 1', '•', now()) RETURNING id)"
        " INSERT INTO phone_callbacks (id, conversation, reset_id, sealed, due_at)"
        " SELECT gen_random_uuid(), 'phone:a', id, 'x', now() FROM r"
    )
    connection.execute(
        "INSERT INTO dead_letters (mark, channel, conversation, kind, reason, sealed)"
        " VALUES ('m', 'web', %s, 'text', '22P05', 'x')",
        (CONVERSATION,),
    )
    connection.execute(
        "INSERT INTO desk_drafts (conversation, agent, place, sealed) VALUES (%s, 'lan', 'reply', 'x')", (CONVERSATION,)
    )
    connection.execute("INSERT INTO push_subscriptions (agent, endpoint_hash, sealed) VALUES ('lan', sha256('e'), 'x')")
    connection.execute("INSERT INTO content_drafts (staff, key, sealed, version) VALUES ('lan', 'k', 'x', '')")
    connection.execute("INSERT INTO staff (name, shown, roles, totp) VALUES ('lan', 'Lan', '{agent}', 'x')")
    connection.execute(
        "INSERT INTO staff_sessions (hash, name, stage, address, browser, secret)"
        " VALUES (sha256('c'), 'lan', 'enrol', '', '', 'x')"
    )
    connection.execute(
        "WITH r AS (INSERT INTO releases (state, staff, shown) VALUES ('ready', 'lan', 'Lan') RETURNING id),"
        " t AS (INSERT INTO release_talks (id, release, staff) SELECT gen_random_uuid(), id, 'lan' FROM r RETURNING id)"
        " INSERT INTO release_lines (talk, kind, sealed) SELECT id, 'text', 'x' FROM t"
    )
    for sealed in kept.SEALED:
        if sealed.table not in ("vault", "keyring"):
            rows = connection.execute(f"SELECT {sealed.bound_to}, {sealed.key[0]} FROM {sealed.table}").fetchall()
            assert rows, f"{sealed.table}: put a row into it here"
            for bound_to, name in rows:
                connection.execute(
                    f"UPDATE {sealed.table} SET {sealed.column} = %s WHERE {sealed.key[0]} = %s",
                    (vault.seal(f"giá trị {sealed.table}", bound_to), name),
                )


def everything_opens(connection: Connection, vault: Vault) -> None:
    for sealed in kept.SEALED:
        rows = connection.execute(f"SELECT {sealed.column}, {sealed.bound_to} FROM {sealed.table}").fetchall()
        assert rows
        for value, bound_to in rows:
            vault.open(value, bound_to)


class TestTheKeysOfADatabase:
    def test_are_the_same_for_every_process(self, database_url: str) -> None:
        assert (
            keyring.open_vault_at(database_url, [OLD]).token_key == keyring.open_vault_at(database_url, [OLD]).token_key
        )

    def test_are_no_other_databases(self, database_url: str, server_url: str) -> None:
        ours = keyring.open_vault_at(database_url, [OLD]).token_key
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE theirs TEMPLATE migrated")
            theirs = keyring.open_vault_at(server_url.replace("/postgres?", "/theirs?"), [OLD]).token_key
            connection.execute("DROP DATABASE theirs WITH (FORCE)")
        assert ours != theirs

    def test_are_made_once_when_many_nodes_start_together(self, database_url: str) -> None:
        found: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: found.append(keyring.open_vault_at(database_url, [OLD]).token_key))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 8
        assert len(set(found)) == 1

    def test_do_not_stand_in_the_database_in_clear(self, connection: Connection, database_url: str) -> None:
        vault = keyring.open_vault_at(database_url, [OLD])
        stored = connection.execute("SELECT sealed FROM keyring").fetchall()[0][0]
        assert vault.token_key not in stored
        derived = [key for key in vars(audit.keys.opened()).values() if isinstance(key, bytes)]
        assert len({vault.token_key, *derived}) == 4  # each purpose has its own

    @pytest.mark.parametrize("keys", [[OTHER], [OTHER, NEW]])
    def test_do_not_open_with_a_wrong_key(self, database_url: str, keys: list[bytes]) -> None:
        keyring.open_vault_at(database_url, [OLD])
        with pytest.raises(KeyringError, match="VAULT_KEYS does not open this database"):
            keyring.open_vault_at(database_url, keys)


class TestChangingAKey:
    """NEW,OLD → rotate → NEW: nothing is lost on the way, and OLD opens nothing afterwards."""

    def test_keeps_tokens_pseudonyms_and_the_trail(self, connection: Connection, database_url: str) -> None:
        before = keyring.open_vault_at(database_url, [OLD])
        token = tokens.token_for(before.token_key, CONVERSATION, "bhxh_code", CODE)
        person = audit.keys.opened().person(CONVERSATION)
        audit.record(connection, audit.Event.RESET_STARTED, subject=CONVERSATION, **BY)
        both = keyring.open_vault_at(database_url, [NEW, OLD])
        rotation.rotate(connection, both, **BY)
        after = keyring.open_vault_at(database_url, [NEW])
        assert tokens.token_for(after.token_key, CONVERSATION, "bhxh_code", CODE) == token
        assert audit.keys.opened().person(CONVERSATION) == person
        audit.link(connection)
        report = audit.verify(connection)
        assert (report.findings, report.linked) == ([], 2)

    def test_seals_everything_anew(self, connection: Connection, database_url: str) -> None:
        seal_everything(connection, keyring.open_vault_at(database_url, [OLD]))
        both = keyring.open_vault_at(database_url, [NEW, OLD])
        everything_opens(connection, both)
        done = rotation.rotate(connection, both, **BY)
        assert done.lost == {}
        assert set(done.resealed) == {f"{each.table}.{each.column}" for each in kept.SEALED}
        everything_opens(connection, keyring.open_vault_at(database_url, [NEW]))
        with pytest.raises(VaultError):
            everything_opens(connection, Vault([OLD]))
        again = rotation.rotate(connection, both, **BY)
        assert (again.resealed, sum(again.current.values())) == ({}, len(kept.SEALED))

    def test_says_what_it_cannot_open(self, connection: Connection, database_url: str) -> None:
        seal_everything(connection, keyring.open_vault_at(database_url, [OLD]))
        connection.execute("UPDATE staff SET totp = %s", (Vault([OTHER]).seal("x", "totp lan"),))
        done = rotation.rotate(connection, keyring.open_vault_at(database_url, [NEW, OLD]), **BY)
        assert done.lost == {"staff.totp": 1}

    def test_leaves_what_changes_under_it(self, connection: Connection, database_url: str) -> None:
        seal_everything(connection, keyring.open_vault_at(database_url, [OLD]))
        both = keyring.open_vault_at(database_url, [NEW, OLD])

        class Meanwhile(Vault):
            """A node refreshes the tokens in the middle of the rotation."""

            def resealed(self, sealed: bytes, bound_to: str) -> bytes | None:
                if bound_to == "zalo oa":
                    connection.execute("UPDATE zalo_tokens SET sealed = %s", (both.seal("mới", bound_to),))
                return super().resealed(sealed, bound_to)

        rotation.rotate(connection, Meanwhile([NEW, OLD], both.token_key), **BY)
        (fresh,) = connection.execute("SELECT sealed FROM zalo_tokens").fetchall()[0]
        assert both.open(fresh, "zalo oa") == "mới"


class TestTheSettings:
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ("", "VAULT_KEYS is not set"),
            ("nonsense!", "not base64"),
            (base64.b64encode(b"short").decode(), "32 bytes"),
            (f"{base64.b64encode(NEW).decode()},", "32 bytes"),
        ],
    )
    def test_name_what_is_wrong_with_the_keys(self, given: str, said: str) -> None:
        with pytest.raises(SettingsError, match=said):
            _ = Settings(assistant_mode="production", vault_keys=given).keys  # type: ignore[arg-type]

    def test_take_several_keys_with_spaces_between(self) -> None:
        given = ", ".join(base64.b64encode(key).decode() for key in (NEW, OLD))
        assert Settings(vault_keys=given).keys == [NEW, OLD]  # type: ignore[arg-type]


def run(database_url: str, folder: Path, keys: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DATABASE_URL": database_url, "VAR_DIR": str(folder), "VAULT_KEYS": keys}
    environment["ASSISTANT_MODE"] = "demo"
    return warm.run(*words, environment=environment)


def test_a_node_with_a_wrong_key_says_so_when_it_starts(database_url: str, tmp_path: Path, model_path: Path) -> None:
    keyring.open_vault_at(database_url, [OLD])
    done = run(database_url, tmp_path, base64.b64encode(OTHER).decode(), "serve")
    assert done.returncode == 2
    assert "VAULT_KEYS does not open this database" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_operator_changes_the_key_by_commands(database_url: str, tmp_path: Path, connection: Connection) -> None:
    old = base64.b64encode(OLD).decode()
    seal_everything(connection, keyring.open_vault_at(database_url, [OLD]))
    new = run(database_url, tmp_path, old, "vault", "key").stdout.strip()
    assert len(base64.b64decode(new)) == 32
    assert run(database_url, tmp_path, f"{new},{old}", "vault", "rotate").returncode == 0
    assert run(database_url, tmp_path, new, "audit", "verify").returncode == 0
    refused = run(database_url, tmp_path, old, "audit", "verify")
    assert (refused.returncode, "VAULT_KEYS" in refused.stderr) == (2, True)
    everything_opens(connection, keyring.open_vault_at(database_url, [base64.b64decode(new)]))


def test_only_the_keyring_makes_vaults() -> None:
    """A vault made elsewhere would derive tokens from VAULT_KEYS, and lose them with the key."""
    makers = {
        path.relative_to(ROOT).as_posix()
        for room in ("assistant", "actions", "connectors", "sandbox")
        for path in (ROOT / room).rglob("*.py")
        if "Vault(" in path.read_text(encoding="utf-8").replace("class Vault", "")
    }
    assert makers == {"assistant/privacy/keyring.py"}
