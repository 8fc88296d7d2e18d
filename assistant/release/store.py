"""Releases in the database: asked for, built by one process at a time, kept, forgotten.

Whoever builds holds an advisory lock as long as its process lives; PostgreSQL lets go of it when the process
dies, however that happens. So every node sees at once that a build has died, and no state is left "running".
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from assistant.messages import wakeups
from assistant.release.model import ACTIVE, Archive, By, Release, ReleaseError, State

Connection = psycopg.Connection[Any]
#: What open pages and nodes are woken with; no conversation is called so.
CHANGED = "release:"
#: The first half of the advisory locks' keys: who builds (second half 0), who plays a candidate (its number).
BUILDING, PLAYING, DECIDING = 0x5EEA, 0x5EEB, 0x5EEC
#: A build whose process has not been heard of for so long is dead even if its machine cannot say so.
SILENT_SECONDS = 30
#: A build that no node has taken after so long will not be taken.
UNTAKEN_SECONDS = 60
#: Archives that are kept; what is live, and what was live before it, is kept besides.
KEPT = 10
#: What a build takes where none was made yet.
_UNKNOWN_SECONDS = 120.0

_COLUMNS = (
    "id, origin, state, staff, shown, asked_at, finished_at, holder, progress, log, cancelled_by, trouble, model,"
    " content_change, files, against, changes, findings, seconds, metrics, measured_against, better, worse, topics,"
    " shadow_from, shadow_until, shadow_turn, shadow_seen, shadow_differs, wording, straight, seconds_left, approver,"
    " approver_shown, approved_at,"
    " EXISTS (SELECT 1 FROM release_archives a WHERE a.release = r.id) AS kept,"
    " EXISTS (SELECT 1 FROM release_acts l WHERE l.release = r.id) AS was_live"
)
_DEAD = "Máy chủ đã dừng giữa chừng. Bạn bấm “Kiểm tra và huấn luyện” để làm lại."
_UNTAKEN = (
    "Không máy chủ nào nhận việc này. Nhờ kỹ thuật viên xem máy nào có khóa ký mô hình (MODEL_SIGNING_KEY) rồi làm lại."
)


def tell(connection: Connection) -> None:
    """Wakes open pages and nodes when the transaction commits."""
    wakeups.tell(connection, CHANGED)


def find(connection: Connection, number: int) -> Release | None:
    """Returns a release."""
    with connection.cursor(row_factory=class_row(Release)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM releases r WHERE id = %s", (number,)).fetchone()


def newest(connection: Connection, most: int = 30) -> list[Release]:
    """Returns the newest releases, builds that came to nothing included."""
    with connection.cursor(row_factory=class_row(Release)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM releases r ORDER BY id DESC LIMIT %s", (most,)).fetchall()


def ask(connection: Connection, by: By, straight: bool = False) -> int:
    """Asks for a build; a node takes it within a second.

    Args:
        connection: in a transaction.
        by: who asks.
        straight: it becomes live by itself once it has passed, if nothing has to be learned for it.

    Raises:
        ReleaseError: if there is one under way.
    """
    row = connection.execute(
        "INSERT INTO releases (state, staff, shown, straight) SELECT 'waiting', %s, %s, %s"
        " WHERE NOT EXISTS (SELECT 1 FROM releases WHERE state = ANY(%s))"  # so that no number is used up
        " ON CONFLICT ((true)) WHERE state IN ('waiting', 'checking', 'training', 'evaluating') DO NOTHING"
        " RETURNING id",
        (by.name, by.shown, straight, list(ACTIVE)),
    ).fetchone()
    if row is None:
        raise ReleaseError("Đang có một lần huấn luyện khác. Bạn chờ xong, hoặc dừng lần đó lại.")
    tell(connection)
    return int(row[0])


def usual_seconds(connection: Connection) -> float:
    """Returns how long a build with a training is likely to take: as the last ones that came to an end."""
    row = connection.execute(
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - asked_at)) FROM ("
        " SELECT asked_at, finished_at FROM releases WHERE origin = 'built' AND state IN ('ready', 'blocked')"
        " AND NOT wording AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 3) AS newest"
    ).fetchone()
    return float(row[0]) if row and row[0] is not None else _UNKNOWN_SECONDS


def take(connection: Connection, node: str) -> int | None:
    """Takes a build that waits for a node; returns its number."""
    row = connection.execute(
        "UPDATE releases SET holder = %s, beat_at = now() WHERE state = 'waiting' AND holder IS NULL RETURNING id",
        (node,),
    ).fetchone()
    return int(row[0]) if row else None


def hold(connection: Connection) -> bool:
    """Becomes the one that builds, as long as this connection lives; False if another process is."""
    for _ in range(2):  # somebody may just be looking whether we live
        row = connection.execute("SELECT pg_try_advisory_lock(%s, 0)", (BUILDING,)).fetchone()
        if row and row[0]:
            return True
        connection.execute("SELECT pg_sleep(0.5)")
    return False


def go_on(
    connection: Connection, number: int, state: State, progress: float, line: str = "", left: int | None = None
) -> bool:
    """Says how far a build is and, where known, how many seconds it has left.

    False if it is no build any more, so whoever works on it must stop.
    """
    done = connection.execute(
        "UPDATE releases SET state = %s, progress = greatest(progress, %s), beat_at = now(),"
        " seconds_left = coalesce(%s, seconds_left),"
        " log = log || CASE WHEN %s = '' THEN '' ELSE to_char(now() AT TIME ZONE 'Asia/Ho_Chi_Minh', 'HH24:MI:SS ')"
        " || %s || E'\\n' END WHERE id = %s AND state = ANY(%s) AND cancelled_by IS NULL",
        (state, progress, left, line, line, number, list(ACTIVE)),
    )
    tell(connection)
    return bool(done.rowcount)


def beat(connection: Connection, *numbers: int) -> None:
    """Says that the process of a build lives that has not said anything itself yet, so that nobody buries it.

    Starting takes a busy machine longer than it may be silent; one that somebody stopped is not waited for.
    """
    connection.execute(
        "UPDATE releases SET beat_at = now() WHERE id = ANY(%s) AND state = 'waiting' AND cancelled_by IS NULL",
        (list(numbers),),
    )


def note(connection: Connection, number: int, **found: Any) -> None:
    """Keeps what a build found; names are columns, structured values become JSON."""
    columns = ", ".join(f"{name} = %({name})s" for name in found)
    values = {name: Jsonb(value) if isinstance(value, list | dict) else value for name, value in found.items()}
    connection.execute(f"UPDATE releases SET {columns} WHERE id = %(number)s", values | {"number": number})  # type: ignore[arg-type]


def finish(connection: Connection, number: int, state: State, trouble: str | None = None) -> bool:
    """Ends a build; False if it had ended already."""
    done = connection.execute(
        "UPDATE releases SET state = %s, trouble = %s, finished_at = now(), progress = 1, seconds_left = NULL"
        " WHERE id = %s AND state = ANY(%s)",
        (state, trouble, number, list(ACTIVE)),
    )
    tell(connection)
    return bool(done.rowcount)


def cancel(connection: Connection, number: int, by: By) -> None:
    """Asks a build to stop; one that nobody has taken stops here.

    Raises:
        ReleaseError: if it is not being built.
    """
    done = connection.execute(
        "UPDATE releases SET cancelled_by = %(shown)s,"
        " state = CASE WHEN holder IS NULL THEN 'cancelled' ELSE state END,"
        " finished_at = CASE WHEN holder IS NULL THEN now() END"
        " WHERE id = %(id)s AND state = ANY(%(active)s)",
        {"shown": by.shown, "id": number, "active": list(ACTIVE)},
    )
    if not done.rowcount:
        raise ReleaseError("Lần huấn luyện này đã kết thúc.")
    tell(connection)


def is_cancelled(connection: Connection, number: int) -> bool:
    """Tells whether somebody asked a build to stop, or declared it dead."""
    row = connection.execute(
        "SELECT cancelled_by IS NOT NULL OR state <> ALL(%s) FROM releases WHERE id = %s", (list(ACTIVE), number)
    ).fetchone()
    return row is None or bool(row[0])


def bury(connection: Connection) -> list[int]:
    """Marks builds whose process is gone; returns their numbers. In one transaction of the caller's."""
    row = connection.execute("SELECT pg_try_advisory_xact_lock(%s, 0)", (BUILDING,)).fetchone()
    nobody_builds = bool(row and row[0])
    done = connection.execute(
        "UPDATE releases SET finished_at = now(), progress = 1,"
        " state = CASE WHEN cancelled_by IS NULL THEN 'failed' ELSE 'cancelled' END,"
        " trouble = CASE WHEN cancelled_by IS NOT NULL THEN NULL WHEN holder IS NULL THEN %(untaken)s ELSE %(dead)s END"
        " WHERE (state IN ('checking', 'training', 'evaluating')"
        "        AND (%(nobody)s OR beat_at < now() - make_interval(secs => %(silent)s)))"
        " OR (state = 'waiting' AND coalesce(beat_at, asked_at) < now()"
        "        - make_interval(secs => CASE WHEN holder IS NULL THEN %(wait)s ELSE %(silent)s END))"
        " RETURNING id",
        {
            "nobody": nobody_builds, "silent": SILENT_SECONDS, "wait": UNTAKEN_SECONDS, "dead": _DEAD,
            "untaken": _UNTAKEN,
        },
    ).fetchall()  # fmt: skip
    if done:
        tell(connection)
    return [int(number) for (number,) in done]


def is_played(connection: Connection, number: int) -> bool:
    """Tells whether a process plays a candidate."""
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND classid = %s AND objid = %s)",
        (PLAYING, number),
    ).fetchone()
    return bool(row and row[0])


# ---- archives


def keep(connection: Connection, number: int, archive: Archive) -> None:
    """Keeps what the nodes load."""
    connection.execute(
        "INSERT INTO release_archives (release, archive, signature) VALUES (%s, %s, %s)",
        (number, archive.content, archive.signature),
    )


def archive(connection: Connection, number: int) -> Archive:
    """Returns what the nodes load.

    Raises:
        ReleaseError: if it is not kept any more.
    """
    row = connection.execute("SELECT archive, signature FROM release_archives WHERE release = %s", (number,)).fetchone()
    if row is None:
        raise ReleaseError("Bản này không còn được lưu.")
    return Archive(bytes(row[0]), row[1])


def add_found(connection: Connection, model: str, since: datetime.datetime, archive: Archive, by: By) -> int:
    """Keeps what was served before the first release, trained at `since`, so that it can be gone back to."""
    row = connection.execute(
        "SELECT id FROM releases r WHERE origin = 'found' AND model = %s"
        " AND EXISTS (SELECT 1 FROM release_archives a WHERE a.release = r.id)",
        (model,),
    ).fetchone()
    if row:
        return int(row[0])
    row = connection.execute(
        "INSERT INTO releases (origin, state, staff, shown, model, asked_at, finished_at, progress)"
        " VALUES ('found', 'ready', %s, %s, %s, %s, now(), 1) RETURNING id",
        (by.name, by.shown, model, since),
    ).fetchone()
    assert row is not None
    keep(connection, int(row[0]), archive)
    return int(row[0])


def prune(connection: Connection, most: int = KEPT, spared: Sequence[int] = ()) -> int:
    """Removes old archives, never one that is live or was live before it; returns how many."""
    done = connection.execute(
        "DELETE FROM release_archives WHERE release NOT IN"
        " (SELECT release FROM release_archives ORDER BY release DESC LIMIT %(most)s)"
        " AND release <> ALL(%(spared)s)"
        " AND release NOT IN (SELECT unnest(ARRAY[release, before]) FROM"
        "     (SELECT release, coalesce(before, release) AS before FROM release_acts ORDER BY id DESC LIMIT 1) AS l)",
        {"most": most, "spared": list(spared)},
    )
    return done.rowcount
