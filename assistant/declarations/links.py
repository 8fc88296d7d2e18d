"""One-time links to a form, and the papers behind them, in the transaction of whoever calls.

A link lives an hour until its form is sent. Its papers live 24 hours, and 15 minutes from the first
time one is fetched: a phone that lost the download can load it again.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import secrets
from typing import Any

import psycopg

from assistant.declarations.model import KINDS, AlreadySent, Kind, Link, LinkGone, PaperType
from assistant.privacy.vault import Vault, VaultError

#: Where the form of a link is; the web routes begin with it.
PATH = "/to-khai"

LINK_LIVES = datetime.timedelta(hours=1)
PAPERS_LIVE = datetime.timedelta(hours=24)
FETCHED_LIVE = datetime.timedelta(minutes=15)
#: Links and papers that one conversation may have; a newer one ends the oldest.
KEPT_PER_CONVERSATION = 10
#: For a sweep that has its own way to run SQL.
EXPIRED = "DELETE FROM declarations WHERE expires_at <= now()"
_COLUMNS: dict[PaperType, str] = {"pdf": "pdf", "docx": "docx"}


def new_link(connection: psycopg.Connection[Any], conversation: str, kind: Kind) -> str:
    """Returns the token (256 bits, URL-safe) of a fresh link for a conversation; only its hash is stored."""
    if kind not in KINDS:
        raise ValueError("no such declaration")
    token = secrets.token_urlsafe(32)
    connection.execute(
        "DELETE FROM declarations WHERE hash IN (SELECT hash FROM declarations WHERE conversation = %s"
        " ORDER BY made_at DESC OFFSET %s)",
        (conversation, KEPT_PER_CONVERSATION - 1),
    )
    connection.execute(
        "INSERT INTO declarations (hash, conversation, kind, expires_at) VALUES (%s, %s, %s, now() + %s)",
        (_hash(token), conversation, kind, LINK_LIVES),
    )
    return token


def open_link(connection: psycopg.Connection[Any], token: str) -> Link:
    """Returns what is behind a link. Opening it changes nothing: previews of messages open links, too.

    Raises:
        LinkGone: if the link is unknown or expired.
    """
    row = connection.execute(
        "SELECT conversation, kind, expires_at, sent_at IS NOT NULL, fetched_at IS NOT NULL"
        " FROM declarations WHERE hash = %s AND expires_at > now()",
        (_hash(token),),
    ).fetchone()
    if row is None:
        raise LinkGone
    return Link(*row)


def keep(
    connection: psycopg.Connection[Any], vault: Vault, token: str, link: Link, papers: dict[PaperType, bytes]
) -> None:
    """Seals the papers behind a link; this uses the link up.

    Raises:
        AlreadySent: if papers were made before; those stay.
        LinkGone: if the link expired meanwhile.
    """
    sealed = {
        type_: vault.seal(base64.b64encode(paper).decode(), _bound_to(token, link.conversation, type_))
        for type_, paper in papers.items()
    }
    kept = connection.execute(
        "UPDATE declarations SET sent_at = now(), expires_at = now() + %s, pdf = %s, docx = %s"
        " WHERE hash = %s AND sent_at IS NULL AND expires_at > now()",
        (PAPERS_LIVE, sealed["pdf"], sealed["docx"], _hash(token)),
    )
    if kept.rowcount == 0:
        open_link(connection, token)  # raises LinkGone if it is that
        raise AlreadySent


def fetch(connection: psycopg.Connection[Any], vault: Vault, token: str, paper: PaperType) -> tuple[Link, bytes]:
    """Returns a paper; the first time, the 15 minutes begin.

    Raises:
        LinkGone: if there is no such paper, or no longer.
    """
    row = connection.execute(
        "UPDATE declarations SET fetched_at = coalesce(fetched_at, now()),"
        " expires_at = CASE WHEN fetched_at IS NULL THEN least(expires_at, now() + %s) ELSE expires_at END"
        " WHERE hash = %s AND sent_at IS NOT NULL AND expires_at > now()"
        f" RETURNING conversation, kind, expires_at, true, true, {_COLUMNS[paper]}",
        (FETCHED_LIVE, _hash(token)),
    ).fetchone()
    if row is None:
        raise LinkGone
    link = Link(*row[:5])
    try:
        return link, base64.b64decode(vault.open(row[5], _bound_to(token, link.conversation, paper)))
    except VaultError:
        raise LinkGone from None


def delete_expired(connection: psycopg.Connection[Any]) -> int:
    """Deletes links and papers whose time is over; returns how many."""
    return connection.execute(EXPIRED).rowcount


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _bound_to(token: str, conversation: str, paper: PaperType) -> str:
    # The hash, not the token: the papers can be sealed anew without the link (assistant.privacy.rotation).
    return f"declaration {conversation} {_hash(token).hex()} {paper}"
