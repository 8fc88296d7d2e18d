"""Facebook Messenger among the channels."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.settings import Settings
from assistant.settings.addresses import is_here
from connectors.base.channel import Channel, Parts
from connectors.base.kind import Kind, Trouble, https_only, strong_only
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
    yield from strong_only(
        {
            "messenger_app_secrets": settings.messenger_app_secrets.get_secret_value(),
            "messenger_verify_token": settings.messenger_verify_token.get_secret_value(),
            "messenger_page_tokens": ",".join(page.rpartition(":")[2] for page in pages.split(",")),
        }
    )


def _real(settings: Settings) -> Iterator[str]:
    for name in ("messenger_page_tokens", "messenger_app_secrets"):
        if getattr(settings, name).get_secret_value() and not is_here(settings.messenger_graph_url):
            yield name.upper()


KIND = Kind(
    "messenger", "Messenger", LARGEST_BODY, "connectors/messenger/webhook.py", _build, _troubles, layout,
    check_content, _real,
)  # fmt: skip
