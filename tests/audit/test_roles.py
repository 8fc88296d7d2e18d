"""Production as docs/deploy.md sets it up: an owner that migrates and makes roles, and nodes that may do less."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from assistant import database
from assistant.database.roles import login_of, make_login
from assistant.settings import SettingsError
from tests.conftest import serve
from tests.kit import people, warm
from tests.kit.people import CODE, PHONE, csrf_of, fresh_link
from tests.kit.waiting import until


@dataclass
class Roles:
    """A database with an owner that is no superuser, and a role for the nodes."""

    owner_url: str
    node_url: str
    folder: Path

    def run(self, *words: str, url: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """Runs `assistant …` as a node, or with the URLs given."""
        environment = os.environ | {"DATABASE_URL": url or self.node_url, "VAR_DIR": str(self.folder)} | more
        return warm.run(*words, environment=environment)


@contextmanager
def made(server_url: str, folder: Path) -> Iterator[Roles]:
    """Gives an empty database with its owner; the nodes' role is only named."""
    name = f"r{uuid.uuid4().hex[:10]}"
    owner, node = f"{name}_owner", f"{name}_node"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {owner} LOGIN CREATEROLE")
        connection.execute(f"CREATE DATABASE {name} OWNER {owner}")
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'assistant_app'").fetchone():
            # Made by the other tests' databases; a server of its own lets the owner make it.
            connection.execute(f"GRANT assistant_app TO {owner} WITH ADMIN TRUE, SET TRUE")

    def url(role: str) -> str:
        return server_url.replace("postgres:@", f"{role}:@").replace("/postgres?", f"/{name}?")

    yield Roles(url(owner), url(node), folder)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.execute(f"REVOKE assistant_app FROM {owner} CASCADE")
        connection.execute(f"DROP ROLE IF EXISTS {node}")
        connection.execute(f"DROP ROLE {owner}")


@pytest.fixture(scope="module")
def migrated(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roles]:
    with made(server_url, tmp_path_factory.mktemp("roles")) as roles:
        done = roles.run("migrate", DATABASE_OWNER_URL=roles.owner_url)
        assert done.returncode == 0, done.stderr[-2000:]
        assert f"nodes log in as {login_of(roles.node_url)}" in done.stdout
        yield roles


def test_an_owner_that_is_no_superuser_migrates(migrated: Roles) -> None:
    with psycopg.connect(migrated.owner_url) as connection:
        assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
        assert connection.execute("SELECT count(*) FROM audit_head").fetchone() == (1,)


def test_a_whole_conversation_works_without_the_owners_rights(
    migrated: Roles, model_path: Path, tmp_path: Path
) -> None:
    # BHXH's register is somewhere else, as in production.
    register = Path(tempfile.mkdtemp(prefix="assistant-register-")) / "data"
    url = database.sqlalchemy_url(database.embedded_url(register))
    node = serve(migrated.node_url, model_path, tmp_path, REGISTRY_URL=url)
    node.start()
    try:
        visitor, link = fresh_link(node, CODE, PHONE)
        page, password = people.client(node.url), "bốn con voi tím"
        form = {"csrf": csrf_of(page.get(link).text), "password": password, "password_again": password}
        # Where the machine has other work, the register may be too late once: the page says so, and is sent again.
        until(lambda: page.post(link, data=form).status_code != 503)
        login = {"code": CODE, "password": password}
        assert until(lambda: page.post("/sandbox/api/login", json=login).json()["ok"])
        assert "1900" in visitor.text("tổng đài số mấy vậy")
        assert _logins(migrated) == {login_of(migrated.node_url)}
    finally:
        people.close_clients()
        assert node.stop() == 0
    assert migrated.run("audit", "verify", VAR_DIR=str(node.var_dir)).returncode == 0
    retention = migrated.run("retention", VAR_DIR=str(node.var_dir))
    assert retention.returncode == 0
    assert "DATABASE_OWNER_URL" in retention.stderr
    with_owner = migrated.run("retention", VAR_DIR=str(node.var_dir), DATABASE_OWNER_URL=migrated.owner_url)
    assert (with_owner.returncode, with_owner.stderr) == (0, "")
    erased = migrated.run("erase", visitor.conversation, VAR_DIR=str(node.var_dir))
    assert erased.returncode == 0, erased.stderr
    database.stop_embedded(register)
    shutil.rmtree(register.parent, ignore_errors=True)


def _logins(roles: Roles) -> set[str]:
    query = "SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name LIKE 'assistant%%' AND datname = %s"
    with psycopg.connect(roles.owner_url) as connection:
        return {row[0] for row in connection.execute(query, (connection.info.dbname,))}


def test_the_job_may_be_repeated_and_makes_no_second_role(migrated: Roles) -> None:
    again = migrated.run("migrate", DATABASE_OWNER_URL=migrated.owner_url)
    assert (again.returncode, again.stderr) == (0, "")


def test_the_role_is_made_with_the_password_of_its_url(migrated: Roles, server_url: str) -> None:
    name = f"{login_of(migrated.node_url)}_two"
    with psycopg.connect(migrated.owner_url, autocommit=True) as owner:
        assert make_login(owner, f"postgresql://{name}:b%C3%AD%20m%E1%BA%ADt@h/x") == name
    with psycopg.connect(server_url, autocommit=True) as connection:
        row = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", (name,)).fetchone()
        connection.execute(f"DROP ROLE {name}")
    assert row
    assert _is_hash_of(row[0], "bí mật")


def _is_hash_of(kept: str, password: str) -> bool:
    """Tells whether PostgreSQL would take a password (RFC 5802)."""
    head, keys = kept.removeprefix("SCRAM-SHA-256$").split("$")
    rounds, salt = head.split(":")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(rounds))
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    return base64.b64decode(keys.split(":")[0]) == stored


def test_a_login_that_owns_tables_is_refused(migrated: Roles, server_url: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as superuser:
        with pytest.raises(SettingsError, match="owns nothing"):
            make_login(superuser, migrated.owner_url)


@pytest.mark.parametrize(
    "attack",
    [
        "DELETE FROM audit", "UPDATE audit SET event = ''", "TRUNCATE audit_chain",
        "ALTER TABLE audit DISABLE TRIGGER ALL", "ALTER TABLE conversations ADD COLUMN x int", "DROP TABLE outbox",
        "CREATE TABLE mine (x int)", "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE INDEX mine ON inbox (id)", "UPDATE alembic_version SET version_num = '0001'",
        "ALTER TABLE inbox OWNER TO {node}", "CREATE ROLE mine SUPERUSER", "ALTER ROLE {node} CREATEROLE",
        "SET ROLE {owner}", "GRANT {owner} TO {node}", "SET session_replication_role = replica",
        "SELECT * FROM pg_authid", "SELECT pg_read_file('PG_VERSION')", "COPY inbox TO PROGRAM 'cat'",
        "COPY inbox FROM '/etc/passwd'", "ALTER SYSTEM SET fsync = off", "SELECT pg_switch_wal()",
        "SELECT * FROM register.members",
    ],
)  # fmt: skip
def test_a_node_that_takes_its_role_off_has_no_more_rights(migrated: Roles, attack: str) -> None:
    names = {"owner": login_of(migrated.owner_url), "node": login_of(migrated.node_url)}
    with psycopg.connect(migrated.owner_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS register")
        connection.execute("CREATE TABLE IF NOT EXISTS register.members (code text)")
    with psycopg.connect(migrated.node_url, autocommit=True) as connection:
        connection.execute("RESET ROLE")
        assert connection.execute("SELECT count(*) >= 0 FROM inbox").fetchone() == (True,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(attack.format(**names))


def test_a_node_with_an_old_schema_says_who_must_act(server_url: str, tmp_path: Path) -> None:
    with made(server_url, tmp_path) as roles:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {login_of(roles.node_url)} LOGIN")
        done = roles.run("migrate")
    assert done.returncode == 2
    assert "DATABASE_OWNER_URL" in done.stderr
    assert "Traceback" not in done.stderr
