"""Puts a telephone line together: doors, calls back, how it is doing."""

from __future__ import annotations

from assistant.desk.handover import read_desk
from assistant.settings import Settings, SettingsError
from connectors.base.channel import Channel, Parts
from connectors.base.kept_connections import KeptConnections
from connectors.phone.health import health
from connectors.phone.jambonz.api import CallApi
from connectors.phone.jambonz.webhook import THREADS, Doors
from connectors.phone.line import Line
from connectors.phone.records import CHANNEL
from connectors.phone.ringing import Ringing
from connectors.phone.settings import PhoneLine, said_address
from connectors.phone.tokens import StepTokens
from connectors.phone.turns import CallTurns

#: Where the code of a call is typed (assistant/web/code_page.py).
CODE_PATH = "/ma"


def phone_channel(described: PhoneLine, settings: Settings, parts: Parts) -> Channel:
    """Returns the channel of a line; without accounts behind it its doors are there and nobody is checked."""
    if parts.connect is None or parts.accounts is None:
        return Channel(CHANNEL, ())
    if described.way == "sms" and parts.written_to is None:
        raise SettingsError("PHONE_LINE: way sms needs an SMS gateway: set SMS_GATEWAY")
    kept = KeptConnections(parts.connect, THREADS)
    line = Line(
        described,
        parts.vault,
        parts.accounts,
        kept,
        read_desk(settings.desk_file),
        described.page_said or said_address(f"{settings.base_url}{CODE_PATH}"),
        described.site_said or said_address(settings.base_url),
        f"{settings.base_url}{CODE_PATH}",
        parts.engine,
        parts.written_to,
    )
    tokens = StepTokens(parts.vault.token_key)
    api = CallApi(parts.http, described.jambonz.api) if described.jambonz.api else None
    ringing = Ringing(line, api, tokens, settings.base_url, parts.pool)
    doors = Doors(described, CallTurns(line), tokens)
    return Channel(
        CHANNEL, doors.routes(), health=lambda: health(parts.pool, described), jobs=ringing.jobs(), close=kept.close
    )
