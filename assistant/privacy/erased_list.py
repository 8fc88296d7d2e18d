"""Who was erased, written down outside the database: what comes back with an old copy is erased again.

Each node writes down what its database notes of erased people (keyed hashes, nobody's names), a few seconds later, into
ERASED_DIR: a folder that no copy of the database holds. A line is sealed, by a key that outlives changes of VAULT_KEYS.
At its start, and now and then, a node compares: whoever the list has and the database has not was erased after the
copy was made, and is erased again. Nothing has to be done by hand.
"""

from __future__ import annotations

import base64
import datetime
import json
import logging
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from assistant import audit
from assistant.privacy import erased_events, erasure, kept, keyring
from assistant.privacy.vault import Vault, VaultError

logger = logging.getLogger(__name__)
#: Copies are kept for a month (deploy/backup), and messages for three: what is older comes back from nowhere.
LIVES = datetime.timedelta(days=200)
#: What was committed before what is already written down may be seen after it.
_OVERLAP = datetime.timedelta(minutes=10)
_BOUND_TO = "erased list"
_NEW = "SELECT mark, sent_before, at FROM erased_events WHERE sent_before IS NOT NULL AND at > %s ORDER BY at"
_MISSING = """
SELECT mark FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[]) AS list (mark, sent_before, at)
WHERE NOT EXISTS (SELECT 1 FROM erased_events e WHERE e.mark = list.mark AND e.at >= list.at)
"""
_KEEP = """
INSERT INTO erased_events (mark, sent_before, at) VALUES (%s, %s, %s)
ON CONFLICT (mark) DO UPDATE SET sent_before = greatest(erased_events.sent_before, excluded.sent_before),
    at = greatest(erased_events.at, excluded.at)
"""


@dataclass(frozen=True)
class Entry:
    """A person who was erased: a keyed hash, the platform's time before which all is past, and when it was done."""

    mark: str
    sent_before: str
    at: datetime.datetime

    @property
    def values(self) -> tuple[str, str, datetime.datetime]:
        """What the database keeps of it."""
        return self.mark, self.sent_before, self.at


class ErasedList:
    """The list in a folder; each machine and month has a file of its own there."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder = folder
        self._vault = keyring.list_vault(vault, _BOUND_TO)
        self._written: dict[str, Entry] | None = None

    # ---- from the database into the list

    def write(self, connection: psycopg.Connection[Any]) -> int:
        """Writes down whom the database has erased since; returns how many. The connection is in autocommit."""
        if self._written is None:
            self._written = {entry.mark: entry for entry in self.entries()}
        newest = max((entry.at for entry in self._written.values()), default=None)
        since = newest - _OVERLAP if newest else datetime.datetime.now(datetime.UTC) - LIVES
        found = [
            Entry(mark, sent_before.isoformat(), at) for mark, sent_before, at in connection.execute(_NEW, (since,))
        ]
        fresh = [entry for entry in found if self._written.get(entry.mark) != entry]
        if fresh:
            self._append(fresh)
            self._written |= {entry.mark: entry for entry in fresh}
        return len(fresh)

    def _append(self, entries: list[Entry]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        today = datetime.datetime.now(datetime.UTC)
        lines = b"".join(self._line(entry) for entry in entries)
        with (self._folder / f"erased-{today:%Y-%m}-{socket.gethostname()[:40]}").open("ab", buffering=0) as file:
            file.write(lines)
            os.fsync(file.fileno())
        for old in self._folder.glob("erased-*"):
            if old.stat().st_mtime < (today - LIVES).timestamp():
                old.unlink(missing_ok=True)

    def _line(self, entry: Entry) -> bytes:
        text = json.dumps([entry.mark, entry.sent_before, entry.at.isoformat()])
        return base64.b64encode(self._vault.seal(text, _BOUND_TO)) + b"\n"

    # ---- from the list into the database

    def entries(self) -> Iterator[Entry]:
        """Yields what is written down; a damaged line is said and passed over."""
        for path in sorted(self._folder.glob("erased-*")):
            for number, line in enumerate(path.read_bytes().splitlines(), 1):
                try:
                    text = self._vault.open(base64.b64decode(line, validate=True), _BOUND_TO)
                except (ValueError, VaultError):
                    logger.error("%s: line %d is damaged, or of another database", path.name, number)
                    continue
                mark, sent_before, at = json.loads(text)
                yield Entry(mark, sent_before, datetime.datetime.fromisoformat(at))

    def again(self, connection: psycopg.Connection[Any]) -> int:
        """Erases again whom the list has and the database has not; returns how many people that were.

        Args:
            connection: in autocommit.
        """
        newest: dict[str, Entry] = {}
        for entry in self.entries():
            if entry.mark not in newest or newest[entry.mark].at < entry.at:
                newest[entry.mark] = entry
        given = [list(column) for column in zip(*(entry.values for entry in newest.values()), strict=True)]
        rows = connection.execute(_MISSING, given).fetchall() if given else []
        missing = {row[0]: newest[row[0]] for row in rows}
        if not missing:
            return 0
        people = [person for person in _everybody(connection) if erased_events.mark_of_person(person) in missing]
        for person in people:
            with connection.transaction():
                erasure.erase(connection, person, actor=audit.System("restore"), where="restore")
        with connection.cursor() as cursor:
            cursor.executemany(_KEEP, [entry.values for entry in missing.values()])
        logger.warning("%d people who were erased had come back with an old copy: erased again", len(people))
        return len(people)


def _everybody(connection: psycopg.Connection[Any]) -> set[str]:
    """Returns everybody of whom anything is kept."""
    found: set[str] = set()
    for rows in kept.of_a_person():
        column, _, value = rows.person.partition(" = ")
        if value == "%(person)s":
            found |= {row[0] for row in connection.execute(f"SELECT DISTINCT {column} FROM {rows.table}")}
        elif rows.table == "dead_letters":
            found |= {row[0] for row in connection.execute("SELECT DISTINCT conversation FROM dead_letters")}
    return found
