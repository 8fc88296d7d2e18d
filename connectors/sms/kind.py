"""The SMS gateway among the channels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from assistant.settings import Settings, SettingsError
from assistant.settings.addresses import is_here, is_plain_http
from connectors.base.channel import Channel, Parts, WrittenTo
from connectors.base.kind import Kind, Trouble, strong_only
from connectors.sms.channel import sms_channel
from connectors.sms.phones import kept_within
from connectors.sms.settings import gateway_of
from connectors.sms.webhook import LARGEST_BODY


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
    if is_plain_http(gateway.outbound.url):
        yield Trouble("unsafe", "SMS_GATEWAY", "outbound.url must be https: phone numbers and answers travel there")
    proof = gateway.inbound.hmac.secret if gateway.inbound.hmac else None
    yield from strong_only({"sms_gateway": proof.get_secret_value() if proof else ""})


def _real(settings: Settings) -> Iterator[str]:
    with suppress(SettingsError):  # the start says what is wrong with it
        gateway = gateway_of(settings)
        if gateway and not is_here(gateway.outbound.url):
            yield "SMS_GATEWAY"


def _written_to(settings: Settings, parts: Parts) -> WrittenTo | None:
    return partial(kept_within, parts.vault) if gateway_of(settings) else None


KIND = Kind(
    "sms", "Tin nhắn SMS", LARGEST_BODY, "connectors/sms/webhook.py", _build, _troubles, real=_real,
    written_to=_written_to,
)  # fmt: skip
