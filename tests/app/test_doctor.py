"""Production does not start with what only a demo may have, and `assistant doctor` says what it is."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from assistant.accounts.demo_members import MEMBERS
from assistant.accounts.registry.sql import SqlRegistry
from assistant.app import doctor
from assistant.database import sqlalchemy_url
from assistant.model_store import signing
from assistant.settings import ROOT, Settings
from tests.kit import warm

_, PUBLIC_KEY = signing.new_key()


@pytest.fixture(autouse=True)
def no_proxy_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONDEVMODE", "PYTHONASYNCIODEBUG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def good(database_url: str) -> dict[str, Any]:
    """Settings that production may start with."""
    return {
        "assistant_mode": "production",
        "vault_keys": base64.b64encode(secrets.token_bytes(32)).decode(),
        "model_public_keys": PUBLIC_KEY,
        "public_url": "https://vssid.gov.example",
        "metrics_token": secrets.token_urlsafe(),
        "forwarded_allow_ips": "127.0.0.1",
        "smtp_url": "smtps://assistant:secret@mail.gov.example:465",
        "mail_from": "Trợ lý VssID <no-reply@vssid.gov.vn>",
        "registry_url": sqlalchemy_url(database_url),
        "database_url": database_url,
    }


def _sms(url: str, secret: str) -> str:
    return json.dumps({"inbound": {"hmac": {"secret": secret}}, "outbound": {"url": url}})


def _phone(url: str, secret: str) -> str:
    api = {"url": url, "account": "a", "key": "k", "caller": "19009068"}
    return json.dumps({"number": "1900", "jambonz": {"secrets": [secret], "trunks": [{"name": "op"}], "api": api}})


def unsafe(**given: Any) -> set[str]:
    """What a start is refused for."""
    try:
        doctor.refuse_unsafe(Settings(**given))
    except doctor.Unsafe as error:
        return {line.split(" ")[3].rstrip(":") for line in str(error).splitlines()[1:]}
    return set()


def test_a_production_server_with_everything_may_start(good: dict[str, Any]) -> None:
    assert unsafe(**good) == set()


@pytest.mark.parametrize(
    ("name", "value", "about"),
    [
        ("vault_keys", "", "VAULT_KEYS"),
        ("vault_keys", base64.b64encode(b"a" * 32).decode(), "VAULT_KEYS"),
        ("vault_keys", "not base64", "VAULT_KEYS"),
        ("model_public_keys", "", "MODEL_PUBLIC_KEYS"),
        ("public_url", "", "PUBLIC_URL"),
        ("public_url", "http://vssid.gov.example", "PUBLIC_URL"),
        ("public_url", "https://localhost:8000", "PUBLIC_URL"),
        ("metrics_token", "", "METRICS_TOKEN"),
        ("smtp_url", "", "SMTP_URL"),
        ("smtp_url", "mail.gov.example", "SMTP_URL"),
        ("mail_from", "Trợ lý VssID <no-reply@vssid.example>", "MAIL_FROM"),
        ("registry_url", "", "REGISTRY_URL"),
        ("registry_url", "http://register.gov.example/v1", "REGISTRY_URL"),
        ("database_url", "postgresql://assistant@db.gov.example/assistant", "DATABASE_URL"),
        ("forwarded_allow_ips", "", "FORWARDED_ALLOW_IPS"),
        ("forwarded_allow_ips", "*", "FORWARDED_ALLOW_IPS"),
        ("forwarded_allow_ips", "0.0.0.0/0", "FORWARDED_ALLOW_IPS"),
        ("forwarded_allow_ips", "10.0.0.1, ::/0", "FORWARDED_ALLOW_IPS"),
        ("forwarded_allow_ips", "127.0.0.1,*", "FORWARDED_ALLOW_IPS"),
        ("forwarded_allow_ips", "0.0.0.0/1", "FORWARDED_ALLOW_IPS"),
        ("forwarded_allow_ips", "proxy.gov.example", "FORWARDED_ALLOW_IPS"),
        ("metrics_token", "a", "METRICS_TOKEN"),
        ("metrics_token", "abababababababababab", "METRICS_TOKEN"),
        ("oidc_client_secret", "x", "OIDC_CLIENT_SECRET"),
        ("oidc_issuer", "http://login.gov.example", "OIDC_ISSUER"),
        ("registry_url", "HTTP://register.gov.example/v1", "REGISTRY_URL"),
        ("zalo_app_secret", "s", "ZALO_APP_SECRET"),
        ("zalo_oa_secret_keys", "0123456789abcdef0123,k", "ZALO_OA_SECRET_KEYS"),
        ("messenger_app_secrets", "aaaaaaaaaaaaaaaaaaaaaaaa", "MESSENGER_APP_SECRETS"),
        ("messenger_verify_token", "v", "MESSENGER_VERIFY_TOKEN"),
        ("messenger_page_tokens", "12345:t", "MESSENGER_PAGE_TOKENS"),
        ("messenger_graph_url", "http://graph.example", "MESSENGER_GRAPH_URL"),
        ("zalo_oauth_url", "http://oauth.example", "ZALO_OAUTH_URL"),
        ("sms_gateway", _sms("http://sms.gov.example/send", "0123456789abcdef"), "SMS_GATEWAY"),
        ("sms_gateway", _sms("https://sms.gov.example/send", "a" * 20), "SMS_GATEWAY"),
        ("phone_line", _phone("http://jambonz.example/api", "0123456789abcdef"), "PHONE_LINE"),
        ("phone_line", _phone("https://jambonz.example/api", "a" * 20), "PHONE_LINE"),
        ("phone_line", "{}", "PHONE_LINE"),
        ("smtp_tls", "plain", "SMTP_TLS"),
        ("zalo_app_id", "123", "ZALO_APP_SECRET"),
        ("zalo_api_url", "http://openapi.example", "ZALO_API_URL"),
    ],
)
def test_each_thing_that_is_missing_keeps_production_from_starting(
    good: dict[str, Any], name: str, value: str, about: str
) -> None:
    assert about in unsafe(**good | {name: value})


@pytest.mark.parametrize("proxies", ["127.0.0.1", "10.0.0.0/8", "172.30.0.10, ::1", "203.0.113.7", "130.211.0.0/22"])
def test_a_proxy_that_is_named_is_believed(good: dict[str, Any], proxies: str) -> None:
    assert unsafe(**good | {"forwarded_allow_ips": proxies}) == set()


def test_debugging_keeps_production_from_starting(good: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    assert unsafe(**good) == {"PYTHONASYNCIODEBUG"}


def test_demo_accounts_in_the_register_keep_production_from_starting(good: dict[str, Any]) -> None:
    registry = SqlRegistry(good["registry_url"])
    registry.create()
    registry.add((m.code, m.cccd, m.phones, m.email) for m in MEMBERS[:1])
    registry.close()
    assert unsafe(**good) == {"demo"}


def test_a_database_that_may_forget_what_it_accepted_is_found(
    good: dict[str, Any], connection: psycopg.Connection[Any]
) -> None:
    name = connection.info.dbname
    connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    found = doctor.examine(Settings(**good))
    assert any(f.level == "unsafe" and "synchronous_commit" in f.about for f in found)


def test_a_database_that_is_away_is_found(good: dict[str, Any]) -> None:
    found = doctor.examine(Settings(**good | {"database_url": "postgresql://127.0.0.1:1/none"}))
    assert any(f.level == "unsafe" and f.about == "database" for f in found)


def test_serve_says_everything_at_once_and_ends(good: dict[str, Any], tmp_path: Path) -> None:
    environment = os.environ | {"ASSISTANT_MODE": "production", "VAR_DIR": str(tmp_path), "HOST": "0.0.0.0"}
    done = subprocess.run(
        [sys.executable, "-m", "assistant.cli", "serve"], cwd=ROOT, env=environment, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    for name in ("VAULT_KEYS", "MODEL_PUBLIC_KEYS", "PUBLIC_URL", "METRICS_TOKEN", "SMTP_URL", "FORWARDED_ALLOW_IPS"):
        assert name in done.stderr


def test_in_a_demo_the_doctor_only_notes(database_url: str, tmp_path: Path, model_path: Path) -> None:
    environment = os.environ | {"DATABASE_URL": database_url, "VAR_DIR": str(tmp_path), "MODEL_PATH": str(model_path)}
    done = warm.run("doctor", environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ schema" in done.stdout
    assert "✓ model" in done.stdout
    assert "✗" not in done.stdout
