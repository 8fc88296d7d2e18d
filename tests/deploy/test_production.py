"""A node starts in production on what deploy/compose.yml gives it: the same variables, secrets, roles and socket."""

from __future__ import annotations

import base64
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
import yaml

from assistant import database
from assistant.model_store import signing
from assistant.settings import ROOT, Settings
from tests.conftest import Served, free_port
from tests.kit import warm

pytestmark = pytest.mark.dear(30)

_GIVEN = {
    "PUBLIC_URL": "https://tro-ly.vssid.test", "REGISTRY_URL": "https://127.0.0.1:9/v1",
    "MAIL_FROM": "Trợ lý VssID <no-reply@vssid.test>", "ZALO_APP_ID": "1", "MESSENGER_APP_ID": "1",
}  # fmt: skip
_TOKEN = "metrics-" + secrets.token_hex(8)


def filled(value: str, given: dict[str, str]) -> str:
    """Puts what an operator writes into deploy/.env into a value of the compose file."""
    pattern = r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}"
    return re.sub(pattern, lambda found: given.get(found[1]) or found[2] or "", str(value))


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that the database's user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="assistant-production-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def store(place: Path) -> Iterator[str]:
    """A server with the roles and the database as the containers make them."""
    url = database.embedded_url(place / "data")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE assistant_owner LOGIN SUPERUSER")
        connection.execute("CREATE DATABASE assistant OWNER assistant_owner")
    yield url.partition("host=")[2]
    database.stop_embedded(place / "data")


@pytest.fixture(scope="module")
def node(place: Path, store: str, model_path: Path) -> Iterator[Served]:
    """A node with the environment of the compose file's service."""
    compose = yaml.safe_load((ROOT / "deploy/compose.yml").read_text(encoding="utf-8"))
    services, folder = compose["services"], place / "secrets"
    subprocess.run([ROOT / "deploy/new-secrets", folder], check=True, stdout=subprocess.DEVNULL)
    model = place / model_path.name
    shutil.copy(model_path, model)
    signing.sign(model, Settings(model_signing_key=(folder / "model_signing_key").read_text()))  # type: ignore[arg-type]
    values = {
        "database_url": f"postgresql://assistant_login:secret@/assistant?host={store}",
        "registry_signing_key": "main:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "metrics_token": _TOKEN,
        "smtp_url": "smtps://user:password@127.0.0.1:9",
        "sms_gateway": "",
        "phone_line": "",
    }
    for name in services["node"]["secrets"]:
        if name in values or not (folder / name).read_text():
            (folder / name).unlink()
            (folder / name).write_text(values.get(name, secrets.token_hex(16)))
    port = free_port()
    environment = {name: filled(value, _GIVEN) for name, value in compose["x-node"]["environment"].items()} | {
        "PATH": os.environ["PATH"], "HOME": str(place), "ASSISTANT_MODE": "production", "PORT": str(port),
        "SECRETS_DIR": str(folder), "VAR_DIR": str(place / "var"), "MODELS_DIR": str(place), "MODEL_PATH": str(model),
        "CONTENT_DIR": str(place / "content"), "SCRIPTS_DIR": str(place / "scripts"),
    }  # fmt: skip
    owner = {"DATABASE_OWNER_URL": f"postgresql://assistant_owner@/assistant?host={store}"}
    assert {*services["migrate"]["secrets"]} == {"database_owner_url", "database_url", "vault_keys"}
    migrated = _assistant(*services["migrate"]["command"], environment=environment | owner)
    assert (migrated.returncode, migrated.stderr) == (0, "")
    served = Served(f"http://127.0.0.1:{port}", "", place / "var", environment, log=place / "server.log")
    served.start()
    yield served
    assert served.stop() == 0


def _assistant(*words: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return warm.run(*words, environment=environment)


def test_it_is_ready_and_nothing_of_a_demo_is_there(node: Served) -> None:
    assert httpx.get(f"{node.url}/readyz").json()["ready"] is True
    assert httpx.get(f"{node.url}/sandbox/").status_code == 404
    assert httpx.post(f"{node.url}/webhooks/messenger", json={"object": "page"}).status_code == 401


def test_numbers_are_for_who_has_the_token(node: Served) -> None:
    assert httpx.get(f"{node.url}/metrics").status_code == 401
    assert (
        "assistant_store_up 1" in httpx.get(f"{node.url}/metrics", headers={"authorization": f"Bearer {_TOKEN}"}).text
    )


def test_its_connections_are_of_the_role_that_owns_nothing(node: Served, store: str) -> None:
    with psycopg.connect(f"postgresql://assistant_owner@/assistant?host={store}") as connection:
        found = connection.execute(
            "SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name LIKE 'assistant%'"
        ).fetchall()
    assert found == [("assistant_login",)]


def test_nothing_that_it_is_given_leads_to_the_owner(node: Served) -> None:
    given = [path for path in Path(node.environment["SECRETS_DIR"]).iterdir() if path.is_file()]
    words = [*node.environment.values(), *(path.read_text() for path in given)]
    assert "database_url" in {path.name for path in given}
    assert not any("assistant_owner" in each for each in words)
    assert not any("OWNER" in name for name in node.environment)


def test_a_node_that_gets_the_owners_url_does_not_start(node: Served) -> None:
    done = _assistant("serve", environment=node.environment | {"DATABASE_OWNER_URL": "postgresql://assistant_owner@/x"})
    assert done.returncode == 2
    assert "DATABASE_OWNER_URL" in done.stderr


def test_the_doctor_has_nothing_to_mend(node: Served) -> None:
    done = _assistant("doctor", environment=node.environment)
    assert "✗" not in done.stdout, done.stdout
    assert done.returncode == 0, done.stderr
