"""A demo is asked for by name and touches nothing real; a mode that was forgotten starts nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.accounts.demo_members import MEMBERS, enter
from assistant.accounts.registry.sql import SqlRegistry
from assistant.app import modes
from assistant.app.node import Node
from assistant.database import sqlalchemy_url
from assistant.settings import ROOT, Settings, SettingsError
from tests.kit import warm

SMS = '{"inbound": {"hmac": {"secret": "0123456789abcdef"}}, "outbound": {"url": "https://sms.gov.vn/send"}}'
PHONE = (
    '{"number": "1900 9068", "jambonz": {"secrets": ["0123456789abcdef"], "trunks": [{"name": "operator"}], "api":'
    ' {"url": "https://jambonz.gov.vn/api", "account": "a", "key": "k", "caller": "19009068"}}}'
)
REAL = [
    {"registry_url": "https://register.baohiemxahoi.gov.vn/v1"},
    {"registry_url": "postgresql+psycopg://reader@10.1.2.3/register"},
    {"registry_url": "https://register.example/v1"},
    {"smtp_url": "smtp://u:p@mail.test:587"},
    {"database_url": "postgresql://a:b@db.gov.vn/assistant"},
    {"database_url": "postgresql://a:b@127.0.0.1,db.gov.vn/assistant"},
    {"database_url": "postgresql:///assistant?hostaddr=10.1.2.3"},
    {"database_url": "host=db.gov.vn dbname=assistant"},
    {"database_url": "service=production"},
    {"database_direct_url": "postgresql://a:b@10.1.2.3/assistant"},
    {"database_owner_url": "postgresql://a:b@10.1.2.3/assistant"},
    {"registry_url": "postgresql+psycopg://reader@/register?host=db.baohiemxahoi.gov.vn"},
    {"smtp_url": "smtp://u:p@mail.gov.vn:587"},
    {"smtp_url": "smtps://u:p@10.1.2.3:465"},
    {"public_url": "https://vssid.gov.vn"},
    {"host": "0.0.0.0"},
    {"host": "::"},
    {"host": "8.8.8.8"},
    {"zalo_app_id": "123"},
    {"messenger_page_tokens": "1:token"},
    {"messenger_app_secrets": "secret"},
    {"sms_gateway": SMS},
    {"phone_line": PHONE},
    {"oidc_issuer": "https://login.gov.vn"},
    {"bounce_imap_url": "imaps://u:p@mail.gov.vn/INBOX"},
]


#: What a command that was not told its mode knows a production server by.
LEFT_IN = {"public_url", "database_url", "zalo_app_id", "messenger_page_tokens", "messenger_app_secrets"}


@pytest.mark.parametrize("given", REAL, ids=lambda given: next(iter(given.items()))[0])
def test_a_demo_beside_something_real_ends_in_one_line_that_names_it(given: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as refused:
        modes.refuse_real(Settings(assistant_mode="demo", **given))
    (name, value) = next(iter(given.items()))
    assert name.upper() in str(refused.value)
    assert "\n" not in str(refused.value)
    assert value not in str(refused.value)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"registry_url": "http://127.0.0.1:8010"},
        {"database_url": "postgresql:///assistant?host=/run/postgresql"},
        {"database_url": "postgresql://a@127.0.0.1:5432/assistant"},
        {"database_url": "dbname=assistant host=localhost"},
        {"smtp_url": "smtp://127.0.0.1:2525"},
        {"public_url": "https://tro-ly.example"},
        {"zalo_app_id": "1", "zalo_api_url": "http://127.0.0.1:9", "zalo_oauth_url": "http://[::1]:9"},
        {"messenger_page_tokens": "1:token", "messenger_graph_url": "http://localhost:9"},
        {"sms_gateway": "sandbox"},
        {"phone_line": "sandbox"},
        {"host": "192.168.1.7"},
    ],
)
def test_a_demo_among_stand_ins_starts(given: dict[str, Any]) -> None:
    modes.refuse_real(Settings(assistant_mode="demo", **given))


def test_production_is_not_asked() -> None:
    modes.refuse_real(Settings(assistant_mode="production", registry_url="https://register.gov.vn/v1"))


@pytest.mark.parametrize("given", [one for one in REAL if next(iter(one)) in LEFT_IN])
def test_with_something_real_and_the_mode_forgotten_nothing_is_a_demo(given: dict[str, Any]) -> None:
    assert not Settings(**given).demo


def test_a_node_itself_refuses_whoever_starts_it() -> None:
    with pytest.raises(SettingsError, match="REGISTRY_URL"):
        Node(Settings(assistant_mode="demo", registry_url="https://register.gov.vn/v1"))


@pytest.mark.parametrize("mode", [None, ""])
def test_a_server_that_nobody_told_what_it_is_for_ends_in_one_line(mode: str | None, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "ASSISTANT_MODE"}
    environment |= {"VAR_DIR": str(tmp_path / "var"), "REGISTRY_URL": "https://register.gov.vn/v1"}
    if mode is not None:
        environment["ASSISTANT_MODE"] = mode
    done = subprocess.run(
        [sys.executable, "-m", "assistant.cli", "serve"], cwd=ROOT, env=environment, capture_output=True, text=True,
        timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert [line for line in done.stderr.splitlines() if line] == [done.stderr.strip()]
    assert "ASSISTANT_MODE" in done.stderr
    assert not (tmp_path / "var").exists()


def test_a_database_that_the_environment_names_elsewhere_is_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.gov.vn")
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        modes.refuse_real(Settings(assistant_mode="demo", database_url="postgresql:///assistant"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ASSISTANT_MODE": "DEMO"}, "ASSISTANT_MODE"),
        ({"PORT": "abc", "NODES": "x"}, "PORT: .*; NODES: "),
        ({"DATABASE_URL": "postgresql://a:hidden@db.example.com/x"}, "DATABASE_URL"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://a:hidden@127.0.0.1:1/x"}, "database does not answer"),
        ({"REGISTRY_URL": "https://register.example"}, "REGISTRY_URL"),
        ({"REGISTRY_URL": "foo://127.0.0.1/x"}, "REGISTRY_URL"),
        ({"ASSISTANT_MODE": "production", "REGISTRY_URL": "register"}, "REGISTRY_URL"),
        ({"VAR_DIR": str(ROOT / "Makefile" / "var")}, "VAR_DIR"),
    ],
    ids=lambda given: " ".join(map(str, given.values())) if isinstance(given, dict) else "",
)
def test_whatever_setting_is_wrong_the_start_ends_in_a_line_that_names_it_and_no_traceback(
    wrong: dict[str, str], said: str, tmp_path: Path
) -> None:
    environment = os.environ | {"ASSISTANT_MODE": "demo", "VAR_DIR": str(tmp_path / "var"), "PORT": "0"} | wrong
    done = warm.run("serve", environment=environment, timeout=100)
    assert done.returncode == 2
    assert re.search(said, done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.stderr


def test_a_register_of_others_gets_no_invented_members(database_url: str) -> None:
    register = SqlRegistry(sqlalchemy_url(database_url))
    try:
        register.create()
        register.add([("7912345678", None, ("0901234567",), "an@example.com")])
        with pytest.raises(SettingsError, match="none of the demo's"):
            enter(register)
        assert [member.code for member in MEMBERS if register.find(member.code)] == []
    finally:
        register.close()


def test_the_demos_own_register_is_filled_as_often_as_it_starts(database_url: str) -> None:
    register = SqlRegistry(sqlalchemy_url(database_url))
    try:
        for _ in range(2):
            enter(register)
        assert all(register.find(member.code) for member in MEMBERS)
    finally:
        register.close()


def test_no_file_that_production_starts_from_asks_for_a_demo() -> None:
    files = [path for path in (ROOT / "deploy").rglob("*") if path.is_file() and "secrets" not in path.parts]
    assert len(files) > 15
    for path in files:
        assert not re.search(r"ASSISTANT_MODE\W+demo", path.read_text(encoding="utf-8"), re.IGNORECASE), path
    assert "ASSISTANT_MODE=demo" in (ROOT / "Makefile").read_text()
    assert "ASSISTANT_MODE=production" in (ROOT / "deploy/Dockerfile").read_text()


def test_a_command_beside_stand_ins_on_this_machine_is_a_demos() -> None:
    assert Settings(registry_url="http://127.0.0.1:8010", smtp_url="smtp://127.0.0.1:2525").demo  # type: ignore[arg-type]
    assert Settings().demo
