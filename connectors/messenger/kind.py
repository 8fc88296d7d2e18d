"""Facebook Messenger among the channels."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.settings import Settings
from connectors.base.channel import Channel, Parts
from connectors.base.kind import Kind, Trouble, https_only
from connectors.messenger.channel import messenger_channel
from connectors.messenger.content_check import check_content
from connectors.messenger.preview import layout
from connectors.messenger.settings import app_of
from connectors.messenger.webhook import LARGEST_BODY
from connectors.messenger.words import our_content


def _build(settings: Settings, parts: Parts) -> Channel:
    """Returns the channel; without a secret its door refuses everything."""
    return messenger_channel(app_of(settings), parts, our_content())


def _troubles(settings: Settings) -> Iterator[Trouble]:
    pages = settings.messenger_page_tokens.get_secret_value()
    if not pages:
        yield Trouble("note", "MESSENGER_PAGE_TOKENS", "not set: no Messenger")
    elif not settings.messenger_app_secrets.get_secret_value():
        yield Trouble("unsafe", "MESSENGER_APP_SECRETS", "not set although MESSENGER_PAGE_TOKENS is")
    yield from https_only(settings, "messenger_graph_url")


KIND = Kind(
    "messenger", "Messenger", LARGEST_BODY, "connectors/messenger/webhook.py", _build, _troubles, layout, check_content
)
