"""Puts the SMS channel together."""

from __future__ import annotations

from starlette.routing import Route

from connectors.base.channel import Channel, Parts
from connectors.sms.phones import CHANNEL, Phones
from connectors.sms.sender import SmsSender
from connectors.sms.settings import Gateway
from connectors.sms.webhook import Door

PATH = "/webhooks/sms"


def sms_channel(gateway: Gateway, parts: Parts) -> Channel:
    """Returns the channel of a gateway."""
    phones = Phones(parts.pool, parts.vault)
    door = Route(PATH, Door(gateway.inbound, parts, phones).take, methods=["POST"])
    return Channel(CHANNEL, (door,), SmsSender(parts.http, gateway, phones))
