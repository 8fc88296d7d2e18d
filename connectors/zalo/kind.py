"""Zalo official accounts among the channels."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.settings import Settings, SettingsError
from assistant.settings.addresses import is_here
from connectors.base.channel import Channel, Parts
from connectors.base.kind import Kind, Trouble, https_only, strong_only
from connectors.zalo.channel import zalo_channel
from connectors.zalo.preview import layout
from connectors.zalo.settings import Oa, app_of
from connectors.zalo.verifier import BadVerifier
from connectors.zalo.webhook import LARGEST_BODY


def _build(settings: Settings, parts: Parts) -> Channel:
    """Returns the channel; without an app its door refuses everything.

    Raises:
        SettingsError: if ZALO_VERIFIER is no verifier.
    """
    try:
        return zalo_channel(app_of(settings), parts)
    except BadVerifier as error:
        raise SettingsError(str(error)) from error


def _troubles(settings: Settings) -> Iterator[Trouble]:
    if not settings.zalo_app_id:
        yield Trouble("note", "ZALO_APP_ID", "not set: no Zalo")
    elif not settings.zalo_app_secret.get_secret_value():
        yield Trouble("unsafe", "ZALO_APP_SECRET", "not set although ZALO_APP_ID is")
    yield from https_only(settings, "zalo_api_url", "zalo_oauth_url")
    yield from strong_only(
        {
            "zalo_app_secret": settings.zalo_app_secret.get_secret_value(),
            "zalo_oa_secret_keys": settings.zalo_oa_secret_keys.get_secret_value(),
            "zalo_oas": ",".join(secret for oa in _accounts(settings) for secret in oa.secrets),
        }
    )


def _accounts(settings: Settings) -> tuple[Oa, ...]:
    try:
        return app_of(settings).oas
    except SettingsError:  # the start says what is wrong with them
        return ()


def _real(settings: Settings) -> Iterator[str]:
    if settings.zalo_app_id and not (is_here(settings.zalo_api_url) and is_here(settings.zalo_oauth_url)):
        yield "ZALO_APP_ID"


KIND = Kind("zalo", "Zalo", LARGEST_BODY, "connectors/zalo/webhook.py", _build, _troubles, layout, real=_real)
