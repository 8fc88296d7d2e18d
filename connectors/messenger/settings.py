"""The Meta app and its pages, as the settings name them."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from assistant.settings import Settings, SettingsError

_PAGE_TOKEN = re.compile(r"(?:(?P<page>\d{1,32}):)?(?P<token>[!-+\--9;-~]+)")


class BadPages(ValueError):
    """The list of pages is none; the message names the place, never a value."""


@dataclass(frozen=True)
class Page:
    """A page and its access token. `id` is empty where the settings give only a token: then it is any page."""

    id: str
    token: str


@dataclass(frozen=True)
class MessengerApp:
    """Credentials of an app, its pages, and where its platform is. The first page is the default."""

    app_id: str
    secrets: tuple[str, ...]  # newest first; all of them may sign webhooks
    verify_token: str
    pages: tuple[Page, ...]
    graph_url: str = "https://graph.facebook.com"
    version: str = "v26.0"
    silence: datetime.timedelta = datetime.timedelta(minutes=60)  # after a colleague wrote in Meta's own inbox

    def find(self, page_id: str) -> Page | None:
        """Returns the page with this id, or None if the settings do not know it."""
        if len(self.pages) == 1 and not self.pages[0].id:
            return self.pages[0]
        return next((page for page in self.pages if page.id == page_id), None)

    def is_default(self, page: Page) -> bool:
        """Tells whether conversations of this page are named without it."""
        return page is self.pages[0]


def read_pages(given: str) -> tuple[Page, ...]:
    """Reads "PAGE:TOKEN,PAGE:TOKEN", or one bare "TOKEN" that serves whatever page it belongs to.

    Raises:
        BadPages: if that is not what is there.
    """
    parts = [part.strip() for part in given.split(",") if part.strip()]
    pages = []
    for number, part in enumerate(parts, 1):
        match = _PAGE_TOKEN.fullmatch(part)
        if match is None:
            raise BadPages(f"entry {number} is not PAGE_ID:TOKEN")
        pages.append(Page(match["page"] or "", match["token"]))
    if len(pages) > 1 and any(not page.id for page in pages):
        raise BadPages("with several pages every entry is PAGE_ID:TOKEN")
    if len({page.id for page in pages}) < len(pages):
        raise BadPages("a page stands twice")
    return tuple(pages)


def app_of(settings: Settings) -> MessengerApp:
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
