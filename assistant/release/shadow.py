"""The candidate reads along: what it would have understood of live messages, beside what was understood.

It looks at turns that are over, so none ever waits for it, and only at their texts, in which identifiers are
tokens. No text is copied: a difference points at its turn and goes with it.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from psycopg.rows import class_row

from assistant.release import store
from assistant.release.model import ReleaseError
from assistant.release.store import Connection

#: Turns that are read in one round, and how many differences are kept; a busy day is sampled.
A_ROUND, KEPT = 10, 2000
LONGEST = datetime.timedelta(days=7)
Understand = Callable[[str, dict[str, Any], dict[str, Any] | None], tuple[str, float]]


@dataclass(frozen=True)
class Pair:
    """Messages that were understood as `live` and would be understood as `candidate`, newest texts first."""

    live: str
    candidate: str
    times: int
    texts: list[str]
    people: list[str]  # the conversations of the texts


def begin(connection: Connection, release: int, lives: datetime.timedelta) -> None:
    """Lets a candidate read along for a while; only one does at a time.

    Raises:
        ReleaseError: if there is nothing to read with, or it would go on too long.
    """
    found = store.find(connection, release)
    if found is None or not found.can_be_tried:
        raise ReleaseError("Bản này chưa có mô hình để chạy song song.")
    if not datetime.timedelta() < lives <= LONGEST:
        raise ReleaseError("Bạn chọn thời gian từ 1 giờ đến 7 ngày.")
    connection.execute("UPDATE releases SET shadow_until = now() WHERE shadow_until > now() AND id <> %s", (release,))
    connection.execute("DELETE FROM release_shadow WHERE release = %s", (release,))
    connection.execute(
        "UPDATE releases SET shadow_from = now(), shadow_until = now() + %s, shadow_seen = 0, shadow_differs = 0,"
        " shadow_turn = (SELECT coalesce(max(id), 0) FROM turns) WHERE id = %s",
        (lives, release),
    )
    store.tell(connection)


def end(connection: Connection, release: int) -> None:
    """Ends it; what was found stays to be looked at."""
    connection.execute("UPDATE releases SET shadow_until = now() WHERE id = %s AND shadow_until > now()", (release,))
    store.tell(connection)


def wanted(connection: Connection) -> int | None:
    """Returns the release that reads along now."""
    row = connection.execute(
        "SELECT id FROM releases r WHERE shadow_until > now()"
        " AND EXISTS (SELECT 1 FROM release_archives a WHERE a.release = r.id) ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return int(row[0]) if row else None


# Texts that were read, not pressed: a button's turn has no ranking worth the name.
_NEXT = """
SELECT t.id, t.conversation, t.intent, i.kind, i.body, t.reading FROM turns t JOIN inbox i ON i.id = t.inbox_id
WHERE t.id > %(after)s AND i.kind = 'text' AND t.intent IS NOT NULL AND jsonb_array_length(t.ranking) > 1
  AND coalesce(t.reading->>'open', '') !~ '^(advice|guide)'  -- what was asked there is not kept with the turn
ORDER BY t.id LIMIT %(most)s
"""


def context_of(reading: dict[str, Any] | None) -> dict[str, Any] | None:
    """Returns where a conversation stood before a turn, as it is kept with it; None where it was read by itself."""
    if not reading:
        return None
    kind, _, slot = str(reading.get("open") or "").partition(":")
    return {
        "topic": reading.get("before") or "",
        "open": "" if kind == "slot" else kind,
        "slot": slot if kind == "slot" else "",
        "facts": sorted(set(reading.get("facts") or ()) - set(reading.get("told") or ())),
        "danger": bool(reading.get("danger")) and reading.get("rule") != "was_deceived",
    }


def read_along(connection: Connection, release: int, understand: Understand) -> bool:
    """Reads the turns since the last round, or the newest ones if there were too many; False if there were none."""
    row = connection.execute(
        "SELECT shadow_turn FROM releases WHERE id = %s AND shadow_until > now()", (release,)
    ).fetchone()
    if row is None:
        return False
    last = connection.execute("SELECT coalesce(max(id), 0) FROM turns").fetchone()
    newest = int(last[0]) if last else 0
    after = max(int(row[0] or 0), newest - 10 * A_ROUND)  # far behind: what is older is left out
    turns = connection.execute(_NEXT, {"after": after, "most": A_ROUND}).fetchall()
    differs = []
    for turn, conversation, intent, kind, body, reading in turns:
        guess, confidence = understand(kind, body, context_of(reading))
        if guess != intent:
            differs.append((release, turn, conversation, guess, confidence, turn, release, KEPT))
    with connection.transaction():
        connection.cursor().executemany(
            "INSERT INTO release_shadow (release, turn_id, conversation, intent, confidence)"
            " SELECT %s, %s, %s, %s, %s WHERE EXISTS (SELECT 1 FROM turns WHERE id = %s FOR KEY SHARE)"
            " AND (SELECT count(*) FROM release_shadow WHERE release = %s) < %s ON CONFLICT DO NOTHING",
            differs,
        )
        connection.execute(
            "UPDATE releases SET shadow_turn = %s, shadow_seen = shadow_seen + %s,"
            " shadow_differs = shadow_differs + %s WHERE id = %s",
            (turns[-1][0] if turns else max(after, newest), len(turns), len(differs), release),
        )
        if turns:
            store.tell(connection)
    return bool(turns)


def pairs(connection: Connection, release: int, most: int = 30) -> list[Pair]:
    """Returns what is understood otherwise, the most frequent first; identifiers in texts are tokens."""
    with connection.cursor(row_factory=class_row(Pair)) as cursor:
        return cursor.execute(
            "SELECT t.intent AS live, s.intent AS candidate, count(*) AS times,"
            " (array_agg(coalesce(i.body->>'text', '') ORDER BY s.turn_id DESC))[1:5] AS texts,"
            " (array_agg(s.conversation ORDER BY s.turn_id DESC))[1:5] AS people"
            " FROM release_shadow s JOIN turns t ON t.id = s.turn_id JOIN inbox i ON i.id = t.inbox_id"
            " WHERE s.release = %s GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT %s",
            (release, most),
        ).fetchall()
