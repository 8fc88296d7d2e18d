"""Production as docs/privacy.md sets it up: an owner that migrates, and nodes that may do less."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from assistant import database
from assistant.settings import ROOT
from tests.conftest import serve


@dataclass
class Roles:
    """A database with an owner that is no superuser, and a role for the nodes."""

    owner_url: str
    node_url: str
    folder: Path

    def run(self, *words: str, url: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """Runs `assistant …` as a node, or with the URLs given."""
        environment = os.environ | {"DATABASE_URL": url or self.node_url, "VAR_DIR": str(self.folder)} | more
        command = [sys.executable, "-m", "assistant.cli", *words]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
        )


@pytest.fixture
def roles(server_url: str, tmp_path: Path) -> Iterator[Roles]:
    name = f"r{uuid.uuid4().hex[:10]}"
    owner, node = f"{name}_owner", f"{name}_node"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {owner} LOGIN CREATEROLE")
        connection.execute(f"CREATE ROLE {node} LOGIN")
        connection.execute(f"CREATE DATABASE {name} OWNER {owner}")
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'assistant_app'").fetchone():
            # Made by the other tests' databases; a server of its own lets the owner make it.
            connection.execute(f"GRANT assistant_app TO {owner} WITH ADMIN TRUE, SET TRUE")

    def url(role: str) -> str:
        return server_url.replace("postgres:@", f"{role}:@").replace("/postgres?", f"/{name}?")

    yield Roles(url(owner), url(node), tmp_path)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.execute(f"REVOKE assistant_app FROM {owner} CASCADE")
        connection.execute(f"DROP ROLE {node}, {owner}")


@pytest.fixture
def migrated(roles: Roles) -> Roles:
    done = roles.run("migrate", url=roles.owner_url)
    assert done.returncode == 0, done.stderr[-2000:]
    with psycopg.connect(roles.owner_url, autocommit=True) as connection:
        connection.execute(f"GRANT assistant_app TO {roles.node_url.partition('://')[2].partition(':')[0]}")
    return roles


def test_an_owner_that_is_no_superuser_migrates(migrated: Roles) -> None:
    with psycopg.connect(migrated.owner_url) as connection:
        assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
        assert connection.execute("SELECT count(*) FROM audit_head").fetchone() == (1,)


def test_a_node_serves_without_the_owners_rights(migrated: Roles, model_path: Path, tmp_path: Path) -> None:
    # BHXH's register is somewhere else, as in production.
    register = Path(tempfile.mkdtemp(prefix="assistant-register-")) / "data"
    url = database.sqlalchemy_url(database.embedded_url(register))
    node = serve(migrated.node_url, model_path, tmp_path, REGISTRY_URL=url)
    node.start()
    assert node.stop() == 0
    assert migrated.run("audit", "verify", VAR_DIR=str(node.var_dir)).returncode == 0
    retention = migrated.run("retention", VAR_DIR=str(node.var_dir))
    assert retention.returncode == 0
    assert "DATABASE_OWNER_URL" in retention.stderr
    with_owner = migrated.run("retention", VAR_DIR=str(node.var_dir), DATABASE_OWNER_URL=migrated.owner_url)
    assert (with_owner.returncode, with_owner.stderr) == (0, "")
    database.stop_embedded(register)
    shutil.rmtree(register.parent, ignore_errors=True)


@pytest.mark.parametrize(
    "attack", ["DELETE FROM audit", "UPDATE audit SET event = ''", "ALTER TABLE audit DISABLE TRIGGER ALL"]
)
def test_a_node_that_takes_its_role_off_has_no_more_rights(migrated: Roles, attack: str) -> None:
    with psycopg.connect(migrated.node_url, autocommit=True) as connection:
        connection.execute("RESET ROLE")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(attack)


def test_a_node_with_an_old_schema_says_who_must_act(roles: Roles) -> None:
    done = roles.run("migrate")
    assert done.returncode == 2
    assert "DATABASE_OWNER_URL" in done.stderr
    assert "Traceback" not in done.stderr
