"""What a person was told is kept of them: which words, when, on which channel. Erasing takes it back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import psycopg

from assistant import audit
from assistant.runtime.conversation import channel_of
from assistant.settings import ROOT, yaml_files

_PAGES = ROOT / "data/web/pages.yml"
_KNOWN = "INSERT INTO notices (version, text) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_TOLD = """
INSERT INTO consents (conversation, notice, channel) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Notice:
    """The words a person is told before they give an identifier."""

    text: str

    @cached_property
    def version(self) -> str:
        """Changes with the words, so that nobody has to remember to count it up."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]


@lru_cache(maxsize=8)
def notice(words: str, language: str = "") -> Notice:
    """Returns the notice of some words in the chat: they, and what the page on privacy that they lead to says.

    Args:
        words: what is said.
        language: the page's; one that it does not have, or none, is the usual one.
    """
    pages = yaml_files.read(_PAGES)
    page = pages.get(language, pages)["privacy"]
    return Notice("\n".join([words, "", *_lines(page)]))


def _lines(page: Any) -> Iterator[str]:
    if isinstance(page, str):
        yield page
    else:
        for part in page.values() if isinstance(page, dict) else page:
            yield from _lines(part)


def tell(connection: psycopg.Connection[Any], conversation: str, notice: Notice) -> bool:
    """Records, in the caller's transaction, that the notice goes to a person; False if they were told it before."""
    channel = channel_of(conversation)
    connection.execute(_KNOWN, (notice.version, notice.text))
    if connection.execute(_TOLD, (conversation, notice.version, channel)).rowcount == 0:
        return False
    audit.record(
        connection, audit.Event.CONSENT_TOLD, actor=audit.System("assistant"), where=channel, subject=conversation,
        notice=notice.version,
    )  # fmt: skip
    return True


def told(connection: psycopg.Connection[Any], conversation: str, notice: Notice) -> bool:
    """Tells whether a person was told this notice."""
    row = connection.execute(
        "SELECT 1 FROM consents WHERE conversation = %s AND notice = %s", (conversation, notice.version)
    ).fetchone()
    return row is not None
