"""Which channels this server speaks, built from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import Route

from assistant.settings import Settings
from connectors.channel import Channel, Parts
from connectors.zalo.client import ZaloSender
from connectors.zalo.tokens import StoredTokens
from connectors.zalo.webhook import webhook


@dataclass(frozen=True)
class ZaloApp:
    """Credentials of a Zalo app, and where its platform is."""

    app_id: str
    app_secret: str
    oa_secrets: tuple[str, ...]
    refresh_token: str
    api: str
    oauth: str


def zalo_app(settings: Settings) -> ZaloApp:
    """Returns the app of the settings; in a demo without one, the stand-in's."""
    if settings.demo and not settings.zalo_app_id:
        here = f"http://127.0.0.1:{settings.port}/sandbox/zalo"
        secret = settings.own_secret
        return ZaloApp(
            "1000000000000000001", secret("zalo_app_secret"), (secret("zalo_oa_secret"),), "", here, here
        )  # fmt: skip
    given = settings.zalo_oa_secret_keys.get_secret_value()
    return ZaloApp(
        settings.zalo_app_id,
        settings.zalo_app_secret.get_secret_value(),
        tuple(key.strip() for key in given.split(",") if key.strip()),
        settings.zalo_refresh_token.get_secret_value(),
        settings.zalo_api_url,
        settings.zalo_oauth_url,
    )


def zalo(app: ZaloApp, parts: Parts) -> Channel:
    """Returns the Zalo channel; without an app its door refuses everything."""
    tokens = StoredTokens(parts.pool, parts.vault, parts.http, app.oauth, app.app_id, app.app_secret, app.refresh_token)
    sender = ZaloSender(parts.http, app.api, tokens) if app.app_id else None
    door = Route("/webhooks/zalo", webhook(app.app_id, app.oa_secrets, parts.accept), methods=["POST"])
    return Channel("zalo", (door,), sender)
