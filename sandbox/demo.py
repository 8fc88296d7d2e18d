"""Starts what a demo stands on: mailbox, members, Zalo, Messenger, an SMS gateway (assistant.app.demo calls it)."""

from __future__ import annotations

from pydantic import SecretStr
from starlette.routing import Mount

from assistant.accounts.demo_members import GONE, enter
from assistant.accounts.registry.http import HttpRegistry
from assistant.accounts.registry.sql import SqlRegistry
from assistant.settings import Settings
from connectors.messenger import settings as messenger_settings
from connectors.messenger.words import our_content
from connectors.zalo import settings as zalo_settings
from sandbox.app import LogIn, Sandbox
from sandbox.mailbox import Mailbox
from sandbox.messenger import MessengerStandIn
from sandbox.phone import JambonzStandIn
from sandbox.registry import RemoteLogIn
from sandbox.sms import SmsGateway
from sandbox.zalo import ZaloStandIn


class Demo:
    """The stand-ins of one server."""

    def __init__(self, settings: Settings, sandbox: Sandbox, mailbox: Mailbox) -> None:
        self.settings = settings
        self.smtp_url = mailbox.url
        self.messenger = sandbox.messenger
        self._sandbox = sandbox
        self._mailbox = mailbox

    def mount(self) -> Mount:
        """Returns the pages below /sandbox."""
        return self._sandbox.mount()

    def stop(self) -> None:
        """Ends the mailbox."""
        self._mailbox.stop()


def start(settings: Settings, register: SqlRegistry | HttpRegistry) -> Demo:
    """Starts the stand-ins; a platform that is really connected gets none."""
    log_in: LogIn = register if isinstance(register, SqlRegistry) else RemoteLogIn(settings.registry_url)
    if isinstance(register, SqlRegistry):
        enter(register)
    mailbox = Mailbox(settings.var_dir / "sandbox" / "mail", gone=GONE)
    mailbox.start()
    zalo = _zalo(settings)
    if not settings.zalo_app_id:  # otherwise a real OA, or another stand-in, is connected
        settings = settings.model_copy(update={"zalo_refresh_token": SecretStr(zalo.grant())})
    sandbox = Sandbox(zalo, mailbox, log_in, sms=_sms(settings), messenger=_messenger(settings), phone=_phone(settings))
    return Demo(settings, sandbox, mailbox)


def _here(settings: Settings) -> str:
    return f"http://127.0.0.1:{settings.port}"


def _zalo(settings: Settings) -> ZaloStandIn:
    app = zalo_settings.app_of(settings)
    key = next(iter(app.secrets_for("")), "")
    state = settings.var_dir / "sandbox" / "zalo.json"
    return ZaloStandIn(app.app_id, app.app_secret, key, f"{_here(settings)}/webhooks/zalo", state)


def _sms(settings: Settings) -> SmsGateway | None:
    if settings.sms_gateway.get_secret_value() != "sandbox":
        return None
    secret, key = settings.own_secret("sms_secret"), settings.own_secret("sms_key")
    return SmsGateway(f"{_here(settings)}/webhooks/sms", secret, key)


def _phone(settings: Settings) -> JambonzStandIn | None:
    if settings.phone_line.get_secret_value() != "sandbox":
        return None
    return JambonzStandIn(_here(settings), settings.own_secret("phone_secret"), settings.own_secret("phone_key"))


def _messenger(settings: Settings) -> MessengerStandIn | None:
    """Returns a page of Meta's; None if a real one, or another stand-in, is connected."""
    app = messenger_settings.app_of(settings)
    if not app.graph_url.startswith(f"{_here(settings)}/sandbox/"):
        return None
    messenger = MessengerStandIn(
        app.secrets[0], app.verify_token, app.pages[0].token, f"{_here(settings)}/webhooks/messenger",
        settings.var_dir / "sandbox" / "messenger.json", app.pages[0].id, app.app_id,
    )  # fmt: skip
    messenger.profile.values = our_content().profile
    return messenger
