"""What can be set from outside, read once from the environment (or files named there).

docs/settings.md lists every name. Secrets have no default: in demo mode they are made at the
first start and kept in the data folder, in production they must be given.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class SettingsError(RuntimeError):
    """A setting is missing or wrong; the message names it."""


class Settings(BaseSettings):
    """All settings of one process."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore", secrets_dir=os.environ.get("SECRETS_DIR"))

    assistant_mode: Literal["demo", "production"] = "demo"
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""  # how people reach the server; links in mails begin with it
    database_url: str = ""  # empty: the embedded PostgreSQL in var_dir
    var_dir: Path = ROOT / "var"
    models_dir: Path = ROOT / "models"
    model_path: str = ""  # serve this model whatever the content says; empty: the content's own
    workers: int = 3  # turns at the same time in this process

    vault_keys: SecretStr = SecretStr("")  # base64 of 32 bytes; several, newest first, separated by commas

    smtp_url: SecretStr = SecretStr("")  # smtp://user:password@host:587 (STARTTLS) or smtps://…:465
    mail_from: str = "Trợ lý VssID <no-reply@vssid.example>"

    zalo_app_id: str = ""
    zalo_app_secret: SecretStr = SecretStr("")
    zalo_oa_secret_keys: SecretStr = SecretStr("")  # several while a key is being changed, separated by commas
    zalo_refresh_token: SecretStr = SecretStr("")  # the first one; later ones are kept in the database
    zalo_api_url: str = "https://openapi.zalo.me"
    zalo_oauth_url: str = "https://oauth.zaloapp.com"

    registry_url: str = Field(default="", description="SQLAlchemy URL of the member register; empty: demo members")

    @property
    def demo(self) -> bool:
        """Whether synthetic members, the mailbox and the Zalo stand-in are part of this server."""
        return self.assistant_mode == "demo"

    @property
    def base_url(self) -> str:
        """The address that links in mails begin with."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @cached_property
    def keys(self) -> list[bytes]:
        """The vault's keys, newest first.

        Raises:
            SettingsError: if production runs without VAULT_KEYS or a key is not 32 bytes.
        """
        given = self.vault_keys.get_secret_value()
        if not given and not self.demo:
            raise SettingsError("VAULT_KEYS is not set: give base64 of 32 random bytes")
        try:
            keys = [
                base64.b64decode(part, validate=True) for part in (given or self.own_secret("vault_key")).split(",")
            ]
        except ValueError as error:
            raise SettingsError("VAULT_KEYS is not base64") from error
        if any(len(key) != 32 for key in keys):
            raise SettingsError("every key in VAULT_KEYS must be 32 bytes")
        return keys

    def own_secret(self, name: str) -> str:
        """Returns a secret made at the first start of a demo, the same at each later one."""
        path = self.var_dir / "secrets.json"
        self.var_dir.mkdir(parents=True, exist_ok=True)
        kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        if name not in kept:
            kept[name] = base64.b64encode(secrets.token_bytes(32)).decode()
            fresh = path.with_suffix(f".{os.getpid()}")
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps(kept))
            fresh.replace(path)
        return kept[name]
