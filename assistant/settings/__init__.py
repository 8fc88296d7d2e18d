"""What can be set from outside, read once from the environment (or files named there).

docs/settings.md lists every name. Secrets have no default: in demo mode they are made at the
first start and kept in the data folder, in production they must be given.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant.settings.addresses import is_database_here, is_here
from assistant.settings.limits import Limits, LimitsError, read_limits
from assistant.settings.places import CODE, ROOT, state

__all__ = ["CODE", "DATABASES", "ROOT", "Settings", "SettingsError", "StartError"]


#: Addresses of which a production server has some that lead elsewhere, and a demo that nobody asked for has none.
LEADING = ("public_url", "registry_url", "smtp_url", "oidc_issuer", "bounce_imap_url")
#: Ways to a database; a demo's is on this machine.
DATABASES = ("database_url", "database_direct_url", "database_owner_url", "database_read_url")
#: The same, and what else only a production server has.
_OF_PRODUCTION = (
    *LEADING, "forwarded_allow_ips", "metrics_token", "zalo_app_id", "messenger_app_secrets", "messenger_page_tokens",
)  # fmt: skip


class StartError(RuntimeError):
    """What keeps a command from starting; the message tells the operator what to do.

    * SettingsError: a setting is missing or wrong
    * TrainingError (engine.training): there is no model and none can be made
    * ModelRefused (engine.signing): the model is not one of ours
    * Unsafe (doctor): production would run with something only a demo may have
    """


class SettingsError(StartError):
    """A setting is missing or wrong; the message names it."""


class Settings(BaseSettings):
    """All settings of one process."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore", secrets_dir=os.environ.get("SECRETS_DIR"))

    def __init__(self, **values: Any) -> None:
        """Reads them.

        Raises:
            SettingsError: naming every one that cannot be used, and none of their values: some are secrets.
        """
        try:
            super().__init__(**values)
        except ValidationError as error:
            wrong = (f"{'.'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors())
            raise SettingsError("; ".join(wrong)) from None

    assistant_mode: Literal["demo", "production", ""] = ""  # a server is told which; commands beside it find out
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""  # how people reach the server; links in mails begin with it
    database_url: str = ""  # empty: the embedded PostgreSQL in var_dir
    database_direct_url: str = ""  # PostgreSQL itself, where database_url leads through a pooler (PgBouncer)
    database_read_url: str = ""  # a standby, for what staff look up: numbers, the search; empty: database_url
    database_owner_url: str = ""  # the tables' owner, for migrations; empty: database_url is the owner's
    var_dir: Path = state("var")
    erased_dir: Path | None = None  # who was erased, outside the database and its copies; None: below var_dir
    content_dir: Path = state("data")  # what staff edit; a folder that is not there yet begins as a copy of ours
    scripts_dir: Path = state("tests/conversations/scripts/learned")  # where test cases from the console go
    models_dir: Path = state("models")
    desk_file: Path = ROOT / "data/desk.yml"  # when people are at the desk
    log_level: Literal["DEBUG", "INFO", "WARNING"] = "INFO"
    log_format: Literal["text", "json"] = "text"  # json: an object a line, for whatever gathers logs
    model_path: str = ""  # serve this model whatever the content says; empty: the content's own
    model_signing_key: SecretStr = SecretStr("")  # where models are trained; empty: a key beside the models
    model_public_keys: str = ""  # whose models are loaded, separated by commas; empty: the key beside the models
    nodes: int = Field(default=1, ge=0)  # doors of this machine, each with its engines; 0: everything in one process
    workers: int = Field(default=0, ge=0)  # turns at the same time, an engine process each; 0: by the number of cores
    build_niceness: int = Field(default=10, ge=0, le=19)  # how far a release's build steps back behind answers
    release_two_people: bool = False  # a second person has to approve what goes live
    limits_file: Path | None = None  # limits of checks and resets that differ from the defaults (docs/limits.md)
    forwarded_allow_ips: str = ""  # proxies whose X-Forwarded-For is believed, separated by commas; empty: none's

    burst_seconds: float = Field(default=1.5, ge=0, le=5)  # words that say nothing yet wait for more; 0: never
    requests_per_second: float = Field(default=50, gt=0)  # from one address, after a burst of six seconds' worth
    connections: int = Field(default=4000, ge=16)  # at the doors of one process
    connections_per_address: int = Field(default=400, ge=8)  # of those; and requests that are open behind a proxy
    metrics_token: SecretStr = SecretStr("")  # what Prometheus shows as a bearer token; empty: nobody is asked

    vault_keys: SecretStr = SecretStr("")  # base64 of 32 bytes; several, newest first, separated by commas

    smtp_url: SecretStr = SecretStr("")  # smtp://user:password@host:587 (STARTTLS) or smtps://…:465
    smtp_tls: Literal["required", "plain"] = "required"  # plain: for a server on this machine only
    mail_ca_file: Path | None = None  # whose certificates of mail servers are believed; None: the system's
    mail_from: str = "Trợ lý VssID <no-reply@vssid.example>"
    bounce_address: str = ""  # bounce@domain: letters that cannot be delivered come back to bounce+TOKEN@domain
    bounce_imap_url: SecretStr = SecretStr("")  # imaps://user:password@host/INBOX, where they are read

    alert_webhook: SecretStr = SecretStr("")  # told as {"text": …} when somebody is needed at the desk
    alert_emails: str = ""  # addresses that are told the same, separated by commas
    #: Makers of browsers whose push services may be told that somebody is needed at the desk; "*." for all below.
    push_services: str = (
        "https://fcm.googleapis.com, https://updates.push.services.mozilla.com, https://*.push.services.mozilla.com,"
        " https://*.notify.windows.com, https://*.push.apple.com"
    )
    #: Where platforms keep the pictures that people send; agents see those of their chats through this server.
    picture_servers: str = (
        "https://*.fbcdn.net, https://*.fbsbx.com, https://*.zdn.vn, https://*.zadn.vn, https://*.zalo.me"
    )
    alert_wait_seconds: float = Field(default=60, ge=0)  # how long somebody waits at the desk before they are told

    sms_gateway: SecretStr = SecretStr("")  # JSON, or the path of a JSON file; empty: no SMS door
    phone_line: SecretStr = SecretStr("")  # JSON, or the path of a JSON file; empty: no telephone

    zalo_app_id: str = ""
    zalo_app_secret: SecretStr = SecretStr("")
    zalo_oa_secret_keys: SecretStr = SecretStr("")  # several while a key is being changed, separated by commas
    zalo_refresh_token: SecretStr = SecretStr("")  # the first one; later ones are kept in the database
    zalo_oa_id: str = ""  # the account's id; empty: the app has one account, whichever it is
    zalo_oas: SecretStr = SecretStr("")  # several accounts: JSON, or the path of a JSON file
    zalo_silence_minutes: int = Field(default=60, ge=0)  # the assistant's, after a colleague wrote in the OA's own tool
    zalo_paid_messages: bool = True  # messages later than 48 hours after the person's last, which cost money
    zalo_verifier: str = ""  # zalo_verifier….html: its code, or the path of the file
    zalo_api_url: str = "https://openapi.zalo.me"
    zalo_oauth_url: str = "https://oauth.zaloapp.com"

    messenger_app_id: str = ""
    messenger_app_secrets: SecretStr = SecretStr("")  # several while it is being changed, newest first, by commas
    messenger_verify_token: SecretStr = SecretStr("")  # what the webhook's hand-shake must show
    messenger_page_tokens: SecretStr = SecretStr("")  # PAGE_ID:TOKEN, several by commas; a bare TOKEN serves any page
    messenger_graph_url: str = "https://graph.facebook.com"
    messenger_graph_version: str = Field(default="v26.0", pattern=r"^v\d{1,3}\.\d$")

    messenger_silence_minutes: float = Field(default=60, ge=0)  # after a colleague wrote in Meta's own inbox

    oidc_issuer: str = ""  # the organisation's OpenID provider, for the console; empty: passwords only
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_role_claim: str = "groups"  # the claim that roles are read from
    oidc_roles: str = ""  # VALUE:ROLE, separated by commas: vssid-agents:agent,vssid-admins:admin

    registry_url: str = ""  # https://… (docs/registry-api.yaml), or a PostgreSQL with the tables; empty: our own
    registry_ca_file: Path | None = None  # the only authorities whose certificate of the registry is believed
    registry_client_cert_file: Path | None = None  # proves to the registry who we are, with the key below
    registry_client_key_file: Path | None = None
    registry_seconds: float = Field(default=1.8, gt=0, le=8)  # what a question may take; people are promised three
    registry_signing_key: SecretStr = SecretStr("")  # NAME:BASE64 of 32 bytes or more; signs each request

    @property
    def demo(self) -> bool:
        """Whether synthetic members, the mailbox and the Zalo stand-in are part of this server.

        A command that was not told is of a demo where nothing is set up that a production server has.
        """
        return self.assistant_mode == "demo" or (not self.assistant_mode and not self._is_set_up)

    @property
    def _is_set_up(self) -> bool:
        given = {name: getattr(self, name) for name in _OF_PRODUCTION}
        values = {name: v.get_secret_value() if isinstance(v, SecretStr) else v for name, v in given.items()}
        return any(not is_here(value) if name in LEADING else value for name, value in values.items()) or not all(
            is_database_here(getattr(self, name)) for name in DATABASES
        )

    @property
    def base_url(self) -> str:
        """The address that links in mails begin with."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def erased_folder(self) -> Path:
        """Where it is written down who was erased."""
        return self.erased_dir or self.var_dir / "erased"

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
                base64.b64decode(part.strip(), validate=True)
                for part in (given or self.own_secret("vault_key")).split(",")
            ]
        except ValueError as error:
            raise SettingsError("VAULT_KEYS is not base64") from error
        if any(len(key) != 32 for key in keys):
            raise SettingsError("every key in VAULT_KEYS must be 32 bytes")
        return keys

    @cached_property
    def limits(self) -> Limits:
        """The limits of checks and resets in force.

        Raises:
            SettingsError: if LIMITS_FILE cannot be used.
        """
        try:
            return read_limits(self.limits_file)
        except LimitsError as error:
            raise SettingsError(f"LIMITS_FILE: {error}") from error

    def own_secret(self, name: str) -> str:
        """Returns a secret made at the first start of a demo, the same at each later one."""
        path = self.var_dir / "secrets.json"
        try:
            self.var_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"VAR_DIR: {self.var_dir} cannot be used ({error.strerror})") from None
        with (self.var_dir / "secrets.lock").open("w") as lock:  # several processes may ask at their first start
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
            if name not in kept:
                kept[name] = base64.b64encode(secrets.token_bytes(32)).decode()
                fresh = path.with_suffix(f".{os.getpid()}")
                fresh.touch(mode=0o600)
                fresh.write_text(json.dumps(kept))
                fresh.replace(path)
        return kept[name]
