"""Goes through the whole trail and says what is wrong with it, row by row."""

from __future__ import annotations

import datetime
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg

from assistant.audit.chain import ChainBroken, Head, is_ours, link_of, read_head
from assistant.audit.keys import Keys, opened
from assistant.audit.trail import Entry

#: An entry is tied within a second; one that waits longer is told of.
PATIENCE = datetime.timedelta(minutes=1)

_CHAIN = """
SELECT c.position, c.entry, c.linked_at, c.link,
       a.id, a.at, a.event, a.actor, a.subject, a.place, a.details, a.digest, a.xid::text
FROM audit_chain c LEFT JOIN audit a ON a.id = c.entry ORDER BY c.position
"""
_LOOSE = """
SELECT clock_timestamp(), a.id, a.at, a.event, a.actor, a.subject, a.place, a.details, a.digest, a.xid::text
FROM audit a WHERE NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.entry = a.id) ORDER BY a.at, a.id
"""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `position` is the place in the chain, `entry` the row's id; each where known."""

    problem: str
    position: int | None = None
    entry: str = ""

    def __str__(self) -> str:
        """Returns a line for people."""
        place = f"position {self.position}: " if self.position is not None else ""
        return f"{place}{f'entry {self.entry}: ' if self.entry else ''}{self.problem}"


@dataclass
class Report:
    """What was found, how many entries stand in the chain and beside it, and the head."""

    findings: list[Finding] = field(default_factory=list)
    linked: int = 0
    loose: int = 0
    head: Head | None = None

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify(connection: psycopg.Connection[Any], noted: str = "") -> Report:
    """Checks every entry, every link and the head, in one snapshot.

    Args:
        connection: in no transaction; it is read from only.
        noted: a head that was noted elsewhere ("position:link"): the chain must contain it.

    Raises:
        ValueError: if `noted` is no head.
    """
    wanted = _read_noted(noted)
    report, keys = Report(), opened()
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            head, signed, _ = read_head(connection)
        except ChainBroken:
            report.findings.append(Finding("audit_head is empty: it was removed"))
            return report
        report.head = head
        if not is_ours(head, signed, keys):
            report.findings.append(Finding("audit_head: its signature is not good; it was changed"))
        report.findings += _check_chain(connection, keys, head, report, wanted)
        report.findings += _check_loose(connection, keys, report)
    return report


def _read_noted(noted: str) -> tuple[int, bytes] | None:
    if not noted:
        return None
    position, _, link = noted.strip().partition(":")
    if not position.isdecimal() or len(link) != 64:
        raise ValueError("a head reads POSITION:LINK, as `assistant audit head` prints it")
    return int(position), bytes.fromhex(link)


def _check_chain(
    connection: psycopg.Connection[Any], keys: Keys, head: Head, report: Report, wanted: tuple[int, bytes] | None
) -> Iterator[Finding]:
    position, before = head.base_position, head.base_link
    seen = wanted is None or wanted == (position, before)
    if wanted and wanted[0] < head.base_position:
        yield Finding(f"the noted head is older than the chain's beginning at {head.base_position}")
        seen = True
    with connection.cursor("audit") as cursor:
        cursor.itersize = 2000
        for row in cursor.execute(_CHAIN):
            yield from _check_link(keys, head, position, before, row)
            position, before = row[0], row[3]
            seen = seen or wanted == (position, before)
            report.linked += 1
    if (position, before) != (head.position, head.link):
        yield Finding(f"the chain ends at {position}, its head says {head.position}: the newest links were changed")
    if not seen and wanted:
        yield Finding("the noted head is not in the chain: it was cut off or written anew", wanted[0])


def _check_link(keys: Keys, head: Head, last: int, before: bytes, row: tuple[Any, ...]) -> Iterator[Finding]:
    position, name, linked_at, link = row[0], str(row[1]), row[2], row[3]
    if position != last + 1:
        yield Finding(f"gap: the link before it is {last}", position, name)
    if row[4] is None:
        yield Finding("the entry was removed", position, name)
        return
    entry, digest, xid = Entry(*row[4:11]), row[11], row[12]
    yield from _check_digest(keys, head, entry, digest, xid, position)
    links = (link_of(signing, before, position, linked_at, entry, xid) for signing in keys.of(linked_at))
    if position == last + 1 and not any(hmac.compare_digest(each, link) for each in links):
        yield Finding("the link does not fit: it, its entry or the link before it was changed or moved", position, name)


def _check_digest(
    keys: Keys, head: Head, entry: Entry, digest: bytes | None, xid: str, position: int | None
) -> Iterator[Finding]:
    if digest is None:
        if xid != head.imported:
            yield Finding("not written by the assistant: it has no digest", position, str(entry.id))
    elif not any(hmac.compare_digest(digest, entry.digest(signing)) for signing in keys.of(entry.at)):
        yield Finding("changed, or not written by the assistant: its digest does not fit", position, str(entry.id))


def _check_loose(connection: psycopg.Connection[Any], keys: Keys, report: Report) -> Iterator[Finding]:
    head = report.head
    assert head is not None
    with connection.cursor("loose") as cursor:
        for now, *fields, digest, xid in cursor.execute(_LOOSE):
            entry = Entry(*fields)
            report.loose += 1
            if abs(now - entry.at) > PATIENCE:
                yield Finding("not in the chain for more than a minute", None, str(entry.id))
            yield from _check_digest(keys, head, entry, digest, xid, None)
