"""The app and its official accounts (OAs), as the settings name them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from pydantic import Field, SecretStr

from assistant.settings import Settings, SettingsError
from connectors.base.described import BadDescription, Described, read_described


@dataclass(frozen=True)
class Oa:
    """One official account. `id` may be empty where the app has only one: then it is any account."""

    id: str
    name: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)  # its own webhook keys, beside those of the app
    refresh_token: str = field(default="", repr=False)  # the first one; later ones are in the database


@dataclass(frozen=True)
class ZaloApp:
    """Credentials of a Zalo app, its accounts, and where its platform is. The first account is the default."""

    app_id: str
    app_secret: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)  # webhook keys (OA Secret Key) that count for every account
    oas: tuple[Oa, ...]
    api: str
    oauth: str
    silence: datetime.timedelta = datetime.timedelta(minutes=60)  # after a colleague wrote in the OA's own tool
    paid: bool = True  # send messages that cost something: later than 48 hours after the person's last
    verifier: str = ""

    @property
    def default(self) -> Oa:
        """The account whose conversations are named without it."""
        return self.oas[0]

    def find(self, oa_id: str) -> Oa | None:
        """Returns the account an event is for, or None if the settings do not know it."""
        if len(self.oas) == 1 and not self.default.id:
            return self.default
        return next((oa for oa in self.oas if oa.id == oa_id), None)

    def key(self, oa: Oa) -> str:
        """Returns the name that rows about an account have in the database.

        The default account's is the app's id: an installation with one account grows to several without
        losing its tokens.
        """
        return f"{self.app_id}:{oa.id}" if self.named(oa) else self.app_id

    def named(self, oa: Oa) -> str:
        """Returns what an account is called in conversations: nothing for the default account, else its id."""
        return "" if oa.id == self.default.id else oa.id

    def secrets_for(self, oa_id: str) -> tuple[str, ...]:
        """Returns the keys that may sign an account's events; all of them for one that names no account of ours."""
        oa = self.find(oa_id)
        own = oa.secrets if oa else tuple(secret for oa in self.oas for secret in oa.secrets)
        return (*own, *self.secrets)

    @property
    def every_secret(self) -> tuple[str, ...]:
        """All keys that may sign anything."""
        return (*self.secrets, *(secret for oa in self.oas for secret in oa.secrets))

    @property
    def awaits_its_key(self) -> bool:
        """Whether the app is known but no key of its webhook: Zalo shows the key once an address is saved."""
        return bool(self.app_id) and not self.secrets and not any(oa.secrets for oa in self.oas)


class _OaModel(Described):
    id: str = Field(pattern=r"^\d{5,32}$")
    name: str = ""
    secret_keys: list[SecretStr] = Field(default_factory=list)
    refresh_token: SecretStr = SecretStr("")


class _ListModel(Described):
    oas: list[_OaModel] = Field(min_length=1)


def read_accounts(given: str) -> tuple[Oa, ...]:
    """Reads the accounts from JSON, or from the JSON file that `given` names.

    The shape: {"oas": [{"id": "…", "name": "…", "secret_keys": ["…"], "refresh_token": "…"}, …]}; only `id` is
    needed. The first is the default.

    Raises:
        BadDescription: if that is not what is there.
    """
    model = read_described(_ListModel, given)
    if len({oa.id for oa in model.oas}) < len(model.oas):
        raise BadDescription("an id stands twice")
    return tuple(
        Oa(
            oa.id,
            oa.name,
            tuple(key.get_secret_value() for key in oa.secret_keys),
            oa.refresh_token.get_secret_value(),
        )
        for oa in model.oas
    )


def app_of(settings: Settings) -> ZaloApp:
    """Returns the app of the settings; in a demo without one, the stand-in's.

    Raises:
        SettingsError: if ZALO_OAS is no list of accounts.
    """
    silence = datetime.timedelta(minutes=settings.zalo_silence_minutes)
    if settings.demo and not settings.zalo_app_id:
        here = f"http://127.0.0.1:{settings.port}/sandbox/zalo"
        secret, key = settings.own_secret("zalo_app_secret"), settings.own_secret("zalo_oa_secret")
        oa = Oa("", refresh_token=settings.zalo_refresh_token.get_secret_value())
        return ZaloApp("1000000000000000001", secret, (key,), (oa,), here, here, silence)
    keys = settings.zalo_oa_secret_keys.get_secret_value().split(",")
    return ZaloApp(
        settings.zalo_app_id,
        settings.zalo_app_secret.get_secret_value(),
        tuple(key.strip() for key in keys if key.strip()),
        _accounts(settings),
        settings.zalo_api_url,
        settings.zalo_oauth_url,
        silence,
        settings.zalo_paid_messages,
        settings.zalo_verifier,
    )


def _accounts(settings: Settings) -> tuple[Oa, ...]:
    given = settings.zalo_oas.get_secret_value()
    if not given:
        return (Oa(settings.zalo_oa_id, refresh_token=settings.zalo_refresh_token.get_secret_value()),)
    try:
        return read_accounts(given)
    except BadDescription as error:
        raise SettingsError(f"ZALO_OAS: {error}") from error
