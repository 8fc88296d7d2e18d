"""Ties committed entries into a chain, so that none can be changed, removed, added or moved unseen.

Turns do not wait for the chain: they insert entries with a digest of their own, and `link`, run every
moment by one node at a time, ties what has committed since. An entry that commits late (its transaction
was long) is found by its transaction id: everything below the watermark had ended, and was tied, when the
watermark was set. The head is signed: removing the newest links shows, unless an older signed head is put
back with them; therefore it is also noted elsewhere (log, metric, `assistant audit head`).
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from assistant.audit.keys import Keys, Signing, opened
from assistant.audit.trail import Entry

_BATCH = 1000

_HEAD = """
SELECT base_position, base_link, position, link, imported::text, signed, watermark::text FROM audit_head
"""
# In one statement with the entries, so that the horizon is that of the snapshot they were read with.
_FRESH = """
SELECT s.horizon::text, s.now, e.id, e.at, e.event, e.actor, e.subject, e.place, e.details, e.xid::text
FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS horizon, clock_timestamp() AS now) s
LEFT JOIN LATERAL (
    SELECT * FROM audit a
    WHERE (%(all)s OR a.xid >= %(watermark)s::xid8)
      AND NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.entry = a.id)
    ORDER BY a.at, a.id LIMIT %(batch)s
) e ON true
"""
_TIE = "INSERT INTO audit_chain (position, entry, linked_at, link) VALUES (%s, %s, %s, %s)"
_MOVE = """
UPDATE audit_head SET position = %(position)s, link = %(link)s, signed = %(signed)s, watermark = %(watermark)s::xid8
"""

# The chain is in time's order, so that the first few tell.
_PRUNABLE = """
SELECT position, link FROM (SELECT position, link, linked_at FROM audit_chain ORDER BY position LIMIT %(most)s) oldest
WHERE linked_at < %(before)s ORDER BY position DESC LIMIT 1
"""
_PRUNE = """
WITH gone AS (DELETE FROM audit_chain WHERE position <= %(until)s RETURNING entry)
DELETE FROM audit WHERE id IN (SELECT entry FROM gone)
"""


class ChainBroken(RuntimeError):
    """The head is missing or was not signed by this database's key: nothing may be tied to it."""


@dataclass(frozen=True)
class Head:
    """Where the chain ends and where it begins: the beginning moves when entries past their time are removed."""

    base_position: int
    base_link: bytes
    position: int
    link: bytes
    imported: str  # the transaction that brought entries in from before the chain, without digests

    def signature(self, signing: Signing) -> bytes:
        """Returns what proves that the assistant set the head here."""
        fields = [self.base_position, self.base_link.hex(), self.position, self.link.hex(), self.imported]
        return hmac.digest(signing.chain, b"head " + json.dumps(fields).encode(), hashlib.sha256)

    def __str__(self) -> str:
        """Returns the head as it is noted elsewhere."""
        return f"{self.position}:{self.link.hex()}"


def read_head(connection: psycopg.Connection[Any], lock: bool = False) -> tuple[Head, bytes | None, str]:
    """Returns the head, its signature (None before the first) and the watermark.

    Raises:
        ChainBroken: if there is none.
    """
    row = connection.execute(_HEAD + ("FOR UPDATE" if lock else "")).fetchone()
    if row is None:
        raise ChainBroken("audit_head is empty")
    return Head(*row[:5]), row[5], row[6]


def link_of(
    signing: Signing, before: bytes, position: int, linked_at: datetime.datetime, entry: Entry, xid: str
) -> bytes:
    """Returns the link of an entry at a position, after the link `before`."""
    place = [position, linked_at.astimezone(datetime.UTC).isoformat(timespec="microseconds"), xid]
    return hmac.digest(signing.chain, before + json.dumps(place).encode() + entry.content(), hashlib.sha256)


def link(connection: psycopg.Connection[Any], everything: bool = False) -> Head:
    """Ties entries that have committed since the last time; returns the new head.

    Args:
        connection: not in a transaction, or in one that ends soon.
        everything: look below the watermark, too: at a node's start, and after a restore into another server,
            whose transaction ids begin anew.

    Raises:
        ChainBroken: if the head is missing or not ours; entries wait until that is looked into.
    """
    keys = opened()
    while True:
        with connection.transaction():
            head, more = _link_some(connection, keys, everything)
        if not more:
            return head


def _link_some(connection: psycopg.Connection[Any], keys: Keys, everything: bool) -> tuple[Head, bool]:
    """Ties one batch, whoever else tries waiting; tells whether there may be more."""
    head, signed, watermark = read_head(connection, lock=True)
    if not is_ours(head, signed, keys):
        raise ChainBroken("the signature of audit_head is not good")
    horizon, now, fresh = _fresh(connection, watermark, everything)
    if int(watermark) > int(horizon) and not everything:  # another server's ids
        horizon, now, fresh = _fresh(connection, watermark, True)
    more = len(fresh) == _BATCH
    if not fresh and signed is not None:
        return head, False
    head = _tie(connection, keys, head, fresh, now)
    connection.execute(
        _MOVE,
        {
            "position": head.position,
            "link": head.link,
            "signed": head.signature(keys.present),
            "watermark": watermark if more else horizon,
        },
    )
    return head, more


def _fresh(
    connection: psycopg.Connection[Any], watermark: str, everything: bool
) -> tuple[str, datetime.datetime, list[tuple[Entry, str]]]:
    """Returns the oldest transaction still running, the time, and entries not yet tied with their transactions."""
    values = {"all": everything, "watermark": watermark, "batch": _BATCH}
    rows = connection.execute(_FRESH, values).fetchall()
    return rows[0][0], rows[0][1], [(Entry(*row[2:9]), row[9]) for row in rows if row[2] is not None]


def _tie(
    connection: psycopg.Connection[Any],
    keys: Keys,
    head: Head,
    fresh: list[tuple[Entry, str]],
    now: datetime.datetime,
) -> Head:
    position, before, links = head.position, head.link, []
    for entry, xid in fresh:
        position += 1
        before = link_of(keys.present, before, position, now, entry, xid)
        links.append((position, entry.id, now, before))
    with connection.cursor() as cursor:
        cursor.executemany(_TIE, links)
    return replace(head, position=position, link=before)


def is_ours(head: Head, signed: bytes | None, keys: Keys) -> bool:
    """Tells whether the assistant set the head; a chain without entries may be unsigned still."""
    if signed is None:
        return head.position == 0
    return any(hmac.compare_digest(signed, head.signature(signing)) for signing in keys.signing)


def prune(connection: psycopg.Connection[Any], before: datetime.datetime, most: int = _BATCH) -> int:
    """Removes up to so many of the oldest entries if they were tied before a time; returns how many.

    Only the tables' owner may. The chain then begins later: the head says where, and is signed anew.
    """
    keys = opened()
    with connection.transaction():
        head, signed, _ = read_head(connection, lock=True)
        if not is_ours(head, signed, keys):
            raise ChainBroken("the signature of audit_head is not good")
        row = connection.execute(_PRUNABLE, {"before": before, "most": most}).fetchone()
        if row is None:
            return 0
        until, base = row
        connection.execute("SET LOCAL assistant.audit_prune = 'on'")
        connection.execute(_PRUNE, {"until": until})
        pruned = replace(head, base_position=until, base_link=base)
        connection.execute(
            "UPDATE audit_head SET base_position = %s, base_link = %s, signed = %s",
            (until, base, pruned.signature(keys.present)),
        )
    return int(until - head.base_position)
