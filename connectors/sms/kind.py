"""The SMS gateway among the channels."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from assistant.settings import Settings, SettingsError
from connectors.base.channel import Channel, Parts
from connectors.base.kind import Kind, Trouble
from connectors.sms.channel import sms_channel
from connectors.sms.settings import gateway_of
from connectors.sms.webhook import LARGEST_BODY

_HERE = ("127.0.0.1", "::1", "localhost")


def _build(settings: Settings, parts: Parts) -> Channel | None:
    gateway = gateway_of(settings)
    return sms_channel(gateway, parts) if gateway else None


def _troubles(settings: Settings) -> Iterator[Trouble]:
    try:
        gateway = gateway_of(settings)
    except SettingsError as error:
        yield Trouble("unsafe", "SMS_GATEWAY", str(error))
        return
    if gateway is None:
        yield Trouble("note", "SMS_GATEWAY", "not set: no SMS")
        return
    url = urlsplit(gateway.outbound.url)
    if url.scheme != "https" and url.hostname not in _HERE:
        yield Trouble("unsafe", "SMS_GATEWAY", "outbound.url must be https: phone numbers and answers travel there")


KIND = Kind("sms", "Tin nhắn SMS", LARGEST_BODY, "connectors/sms/webhook.py", _build, _troubles)
