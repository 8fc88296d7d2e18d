"""The telephone among the channels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from assistant.settings import Settings, SettingsError
from assistant.settings.addresses import is_here, is_plain_http
from connectors.base.channel import Channel, Parts
from connectors.base.kind import Kind, Trouble, strong_only
from connectors.phone.channel import phone_channel
from connectors.phone.content_check import check_content
from connectors.phone.jambonz.webhook import LARGEST_BODY
from connectors.phone.settings import PhoneLine, line_of


def _build(settings: Settings, parts: Parts) -> Channel | None:
    line = line_of(settings)
    return phone_channel(line, settings, parts) if line else None


def _troubles(settings: Settings) -> Iterator[Trouble]:
    try:
        line = line_of(settings)
    except SettingsError as error:
        yield Trouble("unsafe", "PHONE_LINE", str(error))
        return
    if line is None:
        yield Trouble("note", "PHONE_LINE", "not set: no telephone")
        return
    yield from _of(line)


def _of(line: PhoneLine) -> Iterator[Trouble]:
    api = line.jambonz.api
    if api and is_plain_http(api.url):
        yield Trouble("unsafe", "PHONE_LINE", "jambonz.api.url must be https: numbers travel there")
    if line.way == "in_call":
        text = "way in_call: the code is told to whoever shows the registered number, and a number can be forged"
        yield Trouble("note", "PHONE_LINE", text)
    yield from strong_only({"phone_line": ",".join(s.get_secret_value() for s in line.jambonz.secrets)})


def _real(settings: Settings) -> Iterator[str]:
    with suppress(SettingsError):  # the start says what is wrong with it
        line = line_of(settings)
        if line and not (line.jambonz.api and is_here(line.jambonz.api.url)):
            yield "PHONE_LINE"


KIND = Kind(
    "phone", "Điện thoại", LARGEST_BODY, "connectors/phone/jambonz/webhook.py", _build, _troubles,
    check_content=check_content, real=_real,
)  # fmt: skip
