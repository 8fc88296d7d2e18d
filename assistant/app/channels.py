"""Which channels this server speaks, built from the settings."""

from __future__ import annotations

import asyncio
import datetime
import json
from typing import TYPE_CHECKING, Any

from assistant import database
from assistant.content.messenger_words import Content, read_content
from assistant.privacy import erasure
from assistant.settings import ROOT, Settings, SettingsError
from connectors.base.channel import Channel, Parts
from connectors.messenger.channel import messenger_channel
from connectors.messenger.settings import BadPages, MessengerApp, Page, read_pages
from connectors.sms.channel import sms_channel
from connectors.sms.settings import BadGateway, Gateway, read_gateway
from connectors.zalo.channel import zalo_channel
from connectors.zalo.oauth import Connect, ConnectError
from connectors.zalo.settings import BadAccounts, Oa, ZaloApp, read_accounts
from connectors.zalo.verifier import BadVerifier

if TYPE_CHECKING:
    from assistant.app.node import Node

__all__ = ["ConnectError"]


def zalo_app(settings: Settings) -> ZaloApp:
    """Returns the app of the settings; in a demo without one, the stand-in's.

    Raises:
        SettingsError: if ZALO_OAS is no list of accounts.
    """
    silence = datetime.timedelta(minutes=settings.zalo_silence_minutes)
    if settings.demo and not settings.zalo_app_id:
        here = f"http://127.0.0.1:{settings.port}/sandbox/zalo"
        secret, key = settings.own_secret("zalo_app_secret"), settings.own_secret("zalo_oa_secret")
        return ZaloApp("1000000000000000001", secret, (key,), (Oa(""),), here, here, silence)
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
    except BadAccounts as error:
        raise SettingsError(f"ZALO_OAS: {error}") from error


def zalo(app: ZaloApp, parts: Parts) -> Channel:
    """Returns the Zalo channel; without an app its door refuses everything.

    Raises:
        SettingsError: if ZALO_VERIFIER is no verifier.
    """

    async def forget(conversation: str) -> None:
        await asyncio.to_thread(_erase, str(parts.pool.conninfo), conversation)

    try:
        return zalo_channel(app, parts, forget)
    except BadVerifier as error:
        raise SettingsError(str(error)) from error


def messenger_app(settings: Settings) -> MessengerApp:
    """Returns the app of the settings; in a demo without one, the stand-in's.

    Raises:
        SettingsError: if MESSENGER_PAGE_TOKENS is no list of pages.
    """
    silence = datetime.timedelta(minutes=settings.messenger_silence_minutes)
    given = settings.messenger_page_tokens.get_secret_value()
    if settings.demo and not given and not settings.messenger_app_secrets.get_secret_value():
        here = f"http://127.0.0.1:{settings.port}/sandbox/messenger"
        page = Page("1000000000000017", settings.own_secret("messenger_page_token").rstrip("="))
        secrets: tuple[str, ...] = (settings.own_secret("messenger_app_secret"),)
        verify = settings.own_secret("messenger_verify_token")
        return MessengerApp(
            "3000000000000001", secrets, verify, (page,), here, settings.messenger_graph_version, silence
        )
    try:
        pages = read_pages(given)
    except BadPages as error:
        raise SettingsError(f"MESSENGER_PAGE_TOKENS: {error}") from error
    secrets = tuple(key.strip() for key in settings.messenger_app_secrets.get_secret_value().split(",") if key.strip())
    return MessengerApp(
        settings.messenger_app_id,
        secrets,
        settings.messenger_verify_token.get_secret_value(),
        pages,
        settings.messenger_graph_url,
        settings.messenger_graph_version,
        silence,
    )


def messenger(app: MessengerApp, parts: Parts) -> Channel:
    """Returns the Messenger channel; without a secret its door refuses everything."""
    return messenger_channel(app, parts, messenger_content())


def messenger_content() -> Content:
    """Returns the words and the profile of data/channels/messenger.yml."""
    return read_content(ROOT / "data/channels/messenger.yml")


def sms_gateway(settings: Settings) -> Gateway | None:
    """Returns the SMS gateway of the settings, or None: the door is shut by default.

    Raises:
        SettingsError: if SMS_GATEWAY describes none.
    """
    given = settings.sms_gateway.get_secret_value()
    try:
        if given == "sandbox" and settings.demo:
            given = json.dumps(_sandbox_gateway(settings))
        return read_gateway(given) if given else None
    except BadGateway as error:
        raise SettingsError(f"SMS_GATEWAY: {error}") from error


def _sandbox_gateway(settings: Settings) -> dict[str, Any]:
    return {
        "inbound": {"hmac": {"secret": settings.own_secret("sms_secret")}},
        "outbound": {
            "url": f"http://127.0.0.1:{settings.port}/sandbox/sms/send",
            "headers": {"authorization": f"Bearer {settings.own_secret('sms_key')}"},
            "success": {"field": "code", "equals": ["0"], "retry": ["9"]},
            "id": "message.id",
        },
    }


def sms(settings: Settings, parts: Parts) -> list[Channel]:
    """Returns the SMS channel, if there is a gateway."""
    gateway = sms_gateway(settings)
    return [sms_channel(gateway, parts)] if gateway else []


def zalo_connect(node: Node) -> Connect:
    """Returns what connects an official account, for the console."""
    return Connect(node.pool, node.vault, node.http, node.zalo)


def _erase(url: str, conversation: str) -> None:
    """Removes the data of a conversation; who never wrote has none."""
    with database.connect(url, "assistant-erase") as connection:
        if connection.execute("SELECT 1 FROM conversations WHERE id = %s", (conversation,)).fetchone():
            erasure.erase(connection, conversation)
