"""Keeps what an editor has written until it is saved, for that editor alone, and who has which topic open.

A draft is the form's fields as they stand, sealed: half a topic may hold anything, and no release sees it.
"""

from __future__ import annotations

import datetime
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from assistant.privacy.vault import Vault, VaultError

Connection = psycopg.Connection[Any]
Fields = Mapping[str, list[str]]
#: An editor that has not been heard of for so long has been left.
PRESENT_SECONDS = 45
_NEW = "new-"
_KEY = re.compile(r"[a-z][a-z0-9_]{0,79}|new-[0-9a-f]{16}")
#: What the form sends along and is no text of anybody.
_NOT_KEPT = frozenset({"csrf", "draft", "version", "topic", "keep", "check_only", "tried"})
_MOST = 200  # of one editor; the oldest go


@dataclass(frozen=True)
class Kept:
    """A draft: its fields, and the version of the file that it was begun on."""

    key: str
    fields: dict[str, list[str]]
    version: str
    at: datetime.datetime

    @property
    def is_new(self) -> bool:
        """Whether its topic is not there yet."""
        return self.key.startswith(_NEW)

    @property
    def title(self) -> str:
        """The title that was written; "" where none was."""
        return (self.fields.get("title") or [""])[0].strip()


@dataclass(frozen=True)
class Other:
    """A colleague: at the same topic now, or with a draft of it."""

    shown: str
    here: bool
    draft_at: datetime.datetime | None


def new_key() -> str:
    """Returns a key for a topic that is not there yet."""
    return f"{_NEW}{secrets.token_hex(8)}"


def is_key(text: str) -> bool:
    """Tells whether a text may be a draft's key."""
    return bool(_KEY.fullmatch(text))


def keep(
    connection: Connection,
    vault: Vault,
    staff: str,
    key: str,
    fields: Fields,
    version: str,
    people: Sequence[str] = (),
) -> None:
    """Keeps what stands in the fields, in place of what was kept before.

    Args:
        connection: to the database.
        vault: seals it.
        staff: whose it is.
        key: the topic's name, or a new one's key.
        fields: all values of each field.
        version: of the file that was before the editor's eyes.
        people: conversations whose words are in it; it goes with them.
    """
    held = {name: values for name, values in fields.items() if name not in _NOT_KEPT}
    sealed = vault.seal(json.dumps(held, ensure_ascii=False), f"draft {staff} {key}")
    connection.execute(
        "INSERT INTO content_drafts (staff, key, sealed, people, version) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (staff, key) DO UPDATE SET sealed = excluded.sealed, people = excluded.people,"
        " version = excluded.version, at = now()",
        (staff, key, sealed, list(people), version),
    )
    connection.execute(
        "DELETE FROM content_drafts WHERE staff = %(staff)s AND key IN"
        " (SELECT key FROM content_drafts WHERE staff = %(staff)s ORDER BY at DESC OFFSET %(most)s)",
        {"staff": staff, "most": _MOST},
    )


def find(connection: Connection, vault: Vault, staff: str, key: str) -> Kept | None:
    """Returns somebody's draft; None if there is none, or it cannot be opened any more."""
    row = connection.execute(
        "SELECT key, sealed, version, at FROM content_drafts WHERE staff = %s AND key = %s", (staff, key)
    ).fetchone()
    return _opened(vault, staff, row) if row else None


def of(connection: Connection, vault: Vault, staff: str) -> list[Kept]:
    """Returns all drafts of somebody, the newest first."""
    rows = connection.execute(
        "SELECT key, sealed, version, at FROM content_drafts WHERE staff = %s ORDER BY at DESC", (staff,)
    ).fetchall()
    return [kept for row in rows if (kept := _opened(vault, staff, row))]


def count(connection: Connection, staff: str) -> int:
    """Returns how many drafts somebody has."""
    row = connection.execute("SELECT count(*) FROM content_drafts WHERE staff = %s", (staff,)).fetchone()
    return int(row[0]) if row else 0


def _opened(vault: Vault, staff: str, row: tuple[Any, ...]) -> Kept | None:
    key, sealed, version, at = row
    try:
        return Kept(key, json.loads(vault.open(bytes(sealed), f"draft {staff} {key}")), version, at)
    except VaultError:  # its key is gone
        return None


def drop(connection: Connection, staff: str, *keys: str) -> None:
    """Forgets drafts of somebody."""
    connection.execute("DELETE FROM content_drafts WHERE staff = %s AND key = ANY (%s)", (staff, list(keys)))


def follow(connection: Connection, vault: Vault, old: str, new: str) -> None:
    """Gives everybody's drafts of a topic its new name."""
    rows = connection.execute("SELECT staff, sealed FROM content_drafts WHERE key = %s FOR UPDATE", (old,)).fetchall()
    for staff, sealed in rows:
        try:
            said = vault.open(bytes(sealed), f"draft {staff} {old}")
        except VaultError:
            continue
        connection.execute(
            "UPDATE content_drafts SET key = %s, sealed = %s WHERE staff = %s AND key = %s",
            (new, vault.seal(said, f"draft {staff} {new}"), staff, old),
        )


# ---- who else is at a topic


def present(connection: Connection, topic: str, staff: str, shown: str) -> None:
    """Notes that somebody has a topic open in the editor."""
    connection.execute(
        "INSERT INTO content_presence (topic, staff, shown) VALUES (%s, %s, %s)"
        " ON CONFLICT (topic, staff) DO UPDATE SET seen_at = now(), shown = excluded.shown",
        (topic, staff, shown),
    )


def others(connection: Connection, topic: str, staff: str) -> list[Other]:
    """Returns the colleagues who have a topic open now, or a draft of it."""
    rows = connection.execute(
        "SELECT coalesce(max(p.shown), max(f.shown), who.staff), bool_or(p.staff IS NOT NULL), max(d.at)"
        " FROM (SELECT staff FROM content_presence WHERE topic = %(topic)s UNION"
        "       SELECT staff FROM content_drafts WHERE key = %(topic)s) who"
        " LEFT JOIN content_presence p ON p.staff = who.staff AND p.topic = %(topic)s"
        "      AND p.seen_at > now() - make_interval(secs => %(seconds)s)"
        " LEFT JOIN content_drafts d ON d.staff = who.staff AND d.key = %(topic)s"
        " LEFT JOIN staff f ON f.name = who.staff"
        " WHERE who.staff <> %(staff)s AND (p.staff IS NOT NULL OR d.staff IS NOT NULL)"
        " GROUP BY who.staff ORDER BY 2 DESC, 1",
        {"topic": topic, "staff": staff, "seconds": PRESENT_SECONDS},
    )
    return [Other(*row) for row in rows]


def drafted(connection: Connection, staff: str) -> dict[str, list[str]]:
    """Returns which topics other colleagues have drafts of: their names as shown, by topic."""
    rows = connection.execute(
        "SELECT d.key, array_agg(coalesce(f.shown, d.staff) ORDER BY d.at DESC) FROM content_drafts d"
        " LEFT JOIN staff f ON f.name = d.staff WHERE d.staff <> %s GROUP BY d.key",
        (staff,),
    )
    return dict(rows.fetchall())
