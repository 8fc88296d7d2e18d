"""Settings under which people's data would go to the wrong place, or in clear, do not start."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from assistant.accounts.registry.http import HttpRegistry
from assistant.accounts.registry.sql import SqlRegistry
from assistant.app import mailing, registries
from assistant.settings import Settings, SettingsError
from sandbox.certificates import Authority

KEY = f"main:{base64.b64encode(b'k' * 32).decode()}"
FAR = "https://registry.example/vssid"
OURS = "postgresql://postgres@127.0.0.1:1/x"


def registry(**given: Any) -> SqlRegistry | HttpRegistry:
    # A demo has no register elsewhere (assistant/app/modes.py).
    return registries.real_registry(Settings(**({"assistant_mode": "production"} | given)), OURS)


class TestTheRegistry:
    @pytest.mark.parametrize("url", ["", "postgresql+psycopg://postgres@127.0.0.1:1/x"])
    def test_tables_unless_a_web_address_is_given(self, url: str) -> None:
        assert isinstance(registry(registry_url=url), SqlRegistry)

    @pytest.mark.parametrize("url", [FAR, "http://127.0.0.1:8010", "http://[::1]:8010", "http://localhost/x"])
    def test_a_web_address_is_the_interface(self, url: str) -> None:
        assert isinstance(registry(registry_url=url, registry_signing_key=KEY), HttpRegistry)

    @pytest.mark.parametrize(
        "url",
        ["http://registry.example", "http://10.0.0.5/x", "https://user:secret@registry.example", f"{FAR}?key=secret"],
    )
    def test_never_in_clear_nor_with_secrets_in_the_address(self, url: str) -> None:
        with pytest.raises(SettingsError) as refused:
            registry(registry_url=url, registry_signing_key=KEY)
        assert "secret" not in str(refused.value)

    def test_production_proves_who_it_is(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="REGISTRY_SIGNING_KEY"):
            registry(registry_url=FAR, assistant_mode="production")
        assert registry(registry_url=FAR, assistant_mode="production", registry_signing_key=KEY)
        shown = Authority(tmp_path).issue("assistant", client=True)
        files = {"registry_client_cert_file": shown.cert, "registry_client_key_file": shown.key}
        assert registry(registry_url=FAR, assistant_mode="production", **files)

    @pytest.mark.parametrize(
        "key", ["main", "main:", "main:!!!", ":" + KEY, f"main:{base64.b64encode(b'short').decode()}"]
    )
    def test_a_key_that_is_none_is_refused(self, key: str) -> None:
        with pytest.raises(SettingsError, match="REGISTRY_SIGNING_KEY"):
            registry(registry_url=FAR, registry_signing_key=key)

    def test_files_that_are_not_there_or_lack_their_other_half(self, tmp_path: Path) -> None:
        here = tmp_path / "here.pem"
        here.touch()
        for files in (
            {"registry_ca_file": tmp_path / "gone"},
            {"registry_client_cert_file": here},
            {"registry_client_key_file": here},
        ):
            with pytest.raises(SettingsError, match="REGISTRY_C"):
                registry(registry_url=FAR, registry_signing_key=KEY, **files)


class TestTheMail:
    def mailer(self, **given: Any) -> Any:
        settings = Settings(**given)
        return mailing.mailer(settings, settings.smtp_url.get_secret_value())

    def test_good_settings(self, tmp_path: Path) -> None:
        ca = Authority(tmp_path).file
        assert self.mailer(smtp_url="smtp://mail.example:587", mail_ca_file=ca, bounce_address="bounce@vssid.example")

    @pytest.mark.parametrize(
        ("name", "given"),
        [
            ("SMTP_URL", {"smtp_url": "mail.example"}),
            ("SMTP_URL", {"smtp_url": "http://mail.example"}),
            ("MAIL_FROM", {"mail_from": "Trợ lý VssID"}),
            ("MAIL_CA_FILE", {"mail_ca_file": "/nowhere/ca.pem"}),
            ("BOUNCE_ADDRESS", {"bounce_address": "bounce"}),
            ("BOUNCE_ADDRESS", {"bounce_address": "b" * 32 + "@vssid.example"}),
            ("BOUNCE_ADDRESS", {"bounce_address": "bounce@vssid.example\nBcc: x@example.com"}),
        ],
    )
    def test_bad_ones_are_named(self, name: str, given: dict[str, Any]) -> None:
        with pytest.raises(SettingsError, match=name):
            self.mailer(**({"smtp_url": "smtp://mail.example:587"} | given))
