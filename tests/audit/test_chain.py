"""Whoever tampers with the audit trail, with all rights there are, is found; and it says at which row."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from assistant import audit, database
from assistant.audit import Event, Person, Staff, chain

Connection = psycopg.Connection[Any]
PERSON = "web:nguoi-thu"


def write(connection: Connection, count: int = 1, **details: Any) -> None:
    for number in range(count):
        audit.record(
            connection, Event.RESET_STARTED, actor=Person(PERSON), subject=PERSON, where="web", number=number, **details
        )


@contextmanager
def every_right(connection: Connection) -> Iterator[None]:
    """A superuser who takes the guards away first."""
    tables = ("audit", "audit_chain", "audit_head")
    for table in tables:
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    yield
    for table in tables:
        connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")


def problems(connection: Connection, noted: str = "") -> list[str]:
    return [str(finding) for finding in audit.verify(connection, noted).findings]


def row_at(connection: Connection, position: int) -> uuid.UUID:
    return connection.execute("SELECT entry FROM audit_chain WHERE position = %s", (position,)).fetchall()[0][0]


@pytest.fixture
def trail(connection: Connection) -> Connection:
    """Nine entries, tied in three rounds."""
    for _ in range(3):
        write(connection, 3)
        audit.link(connection)
    assert problems(connection) == []
    return connection


def test_an_untouched_trail_is_good(trail: Connection) -> None:
    report = audit.verify(trail)
    assert (report.good, report.linked, report.loose, report.head and report.head.position) == (True, 9, 0, 9)


@pytest.mark.parametrize(
    "change",
    [
        "id = gen_random_uuid()",
        "at = at + interval '1 microsecond'",
        "event = 'reset.completed'",
        "actor = 'staff:lan'",
        "subject = 'p_aaaaaaaaaaaaaaaa'",
        "subject = ''",
        "place = 'zalo'",
        "details = details || '{\"number\": 7}'",
        "details = details - 'number'",
        "digest = sha256('x')",
        "digest = NULL",
        "xid = '3'",
    ],
)
@pytest.mark.parametrize("position", [1, 5, 9])
def test_any_column_of_an_entry(trail: Connection, change: str, position: int) -> None:
    with every_right(trail):
        trail.execute(f"UPDATE audit SET {change} WHERE id = %s", (row_at(trail, position),))
    found = audit.verify(trail).findings
    assert position in {finding.position for finding in found}


@pytest.mark.parametrize(
    "change",
    [
        "position = 100",
        "entry = gen_random_uuid()",
        "linked_at = linked_at + interval '1 second'",
        "link = sha256('x')",
    ],
)
@pytest.mark.parametrize("position", [1, 5, 9])
def test_any_column_of_a_link(trail: Connection, change: str, position: int) -> None:
    with every_right(trail):
        trail.execute(f"UPDATE audit_chain SET {change} WHERE position = %s", (position,))
    found = audit.verify(trail).findings
    assert {finding.position for finding in found} & {position, position + 1, 100}


@pytest.mark.parametrize(
    "change",
    ["base_position = 1", "base_link = sha256('x')", "position = 8", "link = sha256('x')", "imported = '3'",
     "signed = sha256('x')", "signed = NULL"],
)  # fmt: skip
def test_any_column_of_the_head(trail: Connection, change: str) -> None:
    with every_right(trail):
        trail.execute(f"UPDATE audit_head SET {change}")
    assert any("audit_head" in problem for problem in problems(trail))


def test_a_head_that_was_removed(trail: Connection) -> None:
    with every_right(trail):
        trail.execute("DELETE FROM audit_head")
    assert problems(trail) == ["audit_head is empty: it was removed"]
    with pytest.raises(audit.ChainBroken):
        audit.link(trail)


@pytest.mark.parametrize("position", [1, 5, 9])
def test_an_entry_that_was_removed(trail: Connection, position: int) -> None:
    with every_right(trail):
        trail.execute("DELETE FROM audit WHERE id = %s", (row_at(trail, position),))
    assert any(f"position {position}:" in problem and "removed" in problem for problem in problems(trail))


@pytest.mark.parametrize("position", [1, 5, 9])
def test_an_entry_that_was_removed_with_its_link(trail: Connection, position: int) -> None:
    with every_right(trail):
        entry = row_at(trail, position)
        trail.execute("DELETE FROM audit_chain WHERE position = %s", (position,))
        trail.execute("DELETE FROM audit WHERE id = %s", (entry,))
    (first, *_) = problems(trail)
    assert f"position {position + 1}" in first or "the newest links" in first


@pytest.mark.parametrize("position", [1, 5, 9])
def test_an_entry_that_was_removed_and_the_rest_counted_anew(trail: Connection, position: int) -> None:
    with every_right(trail):
        entry = row_at(trail, position)
        trail.execute("DELETE FROM audit_chain WHERE position = %s", (position,))
        trail.execute("DELETE FROM audit WHERE id = %s", (entry,))
        for later in range(position + 1, 10):
            trail.execute("UPDATE audit_chain SET position = %s WHERE position = %s", (later - 1, later))
        trail.execute("UPDATE audit_head SET position = 8")
    assert problems(trail)


def test_everything_removed(trail: Connection) -> None:
    with every_right(trail):
        trail.execute("TRUNCATE audit, audit_chain")
    assert problems(trail)


def test_two_entries_that_changed_places(trail: Connection) -> None:
    first, second = row_at(trail, 4), row_at(trail, 5)
    with every_right(trail):
        trail.execute("UPDATE audit_chain SET entry = gen_random_uuid() WHERE position = 4")
        trail.execute("UPDATE audit_chain SET entry = %s WHERE position = 5", (first,))
        trail.execute("UPDATE audit_chain SET entry = %s WHERE position = 4", (second,))
    assert {finding.position for finding in audit.verify(trail).findings} >= {4, 5}


def test_two_links_that_changed_places(trail: Connection) -> None:
    with every_right(trail):
        trail.execute("UPDATE audit_chain SET position = -1 WHERE position = 4")
        trail.execute("UPDATE audit_chain SET position = 4 WHERE position = 5")
        trail.execute("UPDATE audit_chain SET position = 5 WHERE position = -1")
    assert {finding.position for finding in audit.verify(trail).findings} >= {4, 5}


@pytest.mark.parametrize("digest", ["NULL", "sha256('x')", "(SELECT digest FROM audit LIMIT 1)"])
def test_an_entry_that_somebody_else_wrote(trail: Connection, digest: str) -> None:
    forged = uuid.uuid4()
    trail.execute(
        "INSERT INTO audit (id, at, event, actor, subject, place, details, digest)"
        f" VALUES (%s, now(), 'reset.started', 'staff:lan', '', 'web', '{{}}', {digest})",
        (forged,),
    )
    assert any(f"{forged}" in problem and "not written by the assistant" in problem for problem in problems(trail))
    audit.link(trail)  # the chain takes it as it is: it is found now and later
    assert any(f"{forged}" in problem and "not written by the assistant" in problem for problem in problems(trail))


def test_an_entry_from_another_trail(trail: Connection) -> None:
    """The keys are the database's: what another one's assistant wrote does not pass here."""
    ours = audit.keys.opened()
    audit.unlock(audit.Keys(b"x" * 32, b"y" * 32, b"z" * 32))
    write(trail)
    audit.unlock(ours)
    assert any("not written by the assistant" in problem for problem in problems(trail))


class TestTheNewestLinks:
    """Cut off together with the head: only a head that was noted elsewhere tells."""

    def test_are_missed_by_the_signed_head(self, trail: Connection) -> None:
        with every_right(trail):
            self._cut(trail)
            trail.execute(
                "UPDATE audit_head SET position = 6, link = (SELECT link FROM audit_chain WHERE position = 6)"
            )
        assert any("signature is not good" in problem for problem in problems(trail))

    def test_are_missed_by_a_head_noted_elsewhere(self, trail: Connection) -> None:
        old = trail.execute("SELECT position, link, signed, watermark FROM audit_head").fetchall()[0]
        write(trail, 3)
        noted = str(audit.link(trail))
        assert problems(trail, noted) == []
        with every_right(trail):  # somebody who had noted the older head puts it back
            gone = [row_at(trail, position) for position in (10, 11, 12)]
            trail.execute("DELETE FROM audit_chain WHERE position > 9")
            trail.execute("DELETE FROM audit WHERE id = ANY(%s)", (gone,))
            trail.execute("UPDATE audit_head SET position = %s, link = %s, signed = %s, watermark = %s", old)
        assert problems(trail) == []
        assert any("cut off or written anew" in problem for problem in problems(trail, noted))

    def _cut(self, trail: Connection) -> None:
        gone = [row_at(trail, position) for position in (7, 8, 9)]
        trail.execute("DELETE FROM audit_chain WHERE position > 6")
        trail.execute("DELETE FROM audit WHERE id = ANY(%s)", (gone,))

    def test_an_earlier_noted_head_stays_good(self, trail: Connection) -> None:
        noted = str(audit.link(trail))
        write(trail, 5)
        audit.link(trail)
        assert problems(trail, noted) == []

    def test_a_head_of_another_trail_is_refused(self, trail: Connection) -> None:
        assert problems(trail, f"9:{'ab' * 32}")
        assert problems(trail, f"99:{'ab' * 32}")

    @pytest.mark.parametrize("noted", ["x", "9", "9:", "9:zz", ":", "-1:" + "ab" * 32])
    def test_nonsense_is_no_head(self, trail: Connection, noted: str) -> None:
        with pytest.raises(ValueError, match=r"POSITION:LINK|hexadecimal"):
            audit.verify(trail, noted)


class TestTheWindowBeforeTheChain:
    def test_an_entry_changed_there_is_found_by_its_digest(self, trail: Connection) -> None:
        write(trail)
        with every_right(trail):
            trail.execute("UPDATE audit SET place = 'zalo' WHERE NOT EXISTS (SELECT FROM audit_chain WHERE entry = id)")
        assert any("changed" in problem for problem in problems(trail))

    def test_an_entry_not_tied_for_a_minute_is_told_of(self, trail: Connection) -> None:
        write(trail)
        assert problems(trail) == []
        with every_right(trail):
            trail.execute("UPDATE audit SET xid = '3' WHERE NOT EXISTS (SELECT FROM audit_chain WHERE entry = id)")
        audit.link(trail)  # hidden from the linker by a transaction id below the watermark
        waiting = trail.execute("SELECT id FROM audit WHERE NOT EXISTS (SELECT FROM audit_chain WHERE entry = id)")
        assert len(waiting.fetchall()) == 1
        later = audit.verifying.PATIENCE
        try:
            audit.verifying.PATIENCE = timedelta(0)
            assert any("for more than a minute" in problem for problem in problems(trail))
        finally:
            audit.verifying.PATIENCE = later
        audit.link(trail, everything=True)  # a node that starts looks below it
        assert audit.verify(trail).linked == 10


class TestWriters:
    def test_of_many_connections_are_all_tied_once(self, database_url: str, connection: Connection) -> None:
        stop = threading.Event()

        def writer() -> None:
            with database.connect(database_url) as mine:
                for _ in range(20):
                    with mine.transaction():
                        write(mine, 2)

        def linker() -> None:
            with database.connect(database_url) as mine:
                mine.autocommit = True
                while not stop.is_set():
                    audit.link(mine)

        writers = [threading.Thread(target=writer) for _ in range(6)]
        linkers = [threading.Thread(target=linker) for _ in range(2)]
        for thread in writers + linkers:
            thread.start()
        for thread in writers:
            thread.join()
        stop.set()
        for thread in linkers:
            thread.join()
        audit.link(connection)
        report = audit.verify(connection)
        assert (report.findings, report.linked, report.loose) == ([], 240, 0)

    def test_that_commit_late_are_tied_then(self, database_url: str, trail: Connection) -> None:
        with database.connect(database_url) as slow:
            write(slow)  # its transaction stays open
            write(trail, 2)
            assert audit.link(trail).position == 11
            write(trail, 2)
            assert audit.link(trail).position == 13
            slow.commit()
        assert audit.link(trail).position == 14
        assert problems(trail) == []

    def test_are_not_held_up_by_the_linker(self, database_url: str, trail: Connection) -> None:
        with database.connect(database_url) as linking, database.connect(database_url) as turn:
            chain.read_head(linking, lock=True)  # a linker in the middle of its work
            turn.execute("SET lock_timeout = '2s'")
            write(turn)
            turn.commit()
        audit.link(trail)
        assert audit.verify(trail).linked == 10

    def test_that_are_rolled_back_leave_nothing(self, trail: Connection) -> None:
        with trail.transaction():
            write(trail)
            raise psycopg.Rollback
        audit.link(trail)
        assert (problems(trail), audit.verify(trail).linked) == ([], 9)


class TestTheLinker:
    def test_that_dies_in_the_middle_leaves_nothing_half(self, database_url: str, trail: Connection) -> None:
        write(trail, 3)
        with database.connect(database_url) as dying:
            with dying.transaction():
                chain._link_some(dying, audit.keys.opened(), False)
                killed = dying.info.backend_pid
                trail.execute("SELECT pg_terminate_backend(%s)", (killed,))
                with pytest.raises(psycopg.OperationalError):
                    dying.execute("SELECT 1")
                dying.close()
        assert audit.verify(trail).linked == 9
        audit.link(trail)
        assert (problems(trail), audit.verify(trail).linked) == ([], 12)

    def test_connects_again_after_the_database_was_away(self, database_url: str, trail: Connection) -> None:
        linker = audit.Linker(lambda: database.connect(database_url))
        write(trail)
        assert linker.link()
        trail.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                      " AND datname = current_database()")  # fmt: skip
        write(trail)
        with pytest.raises(psycopg.Error):
            linker.link()
        head = linker.link()
        assert head is not None
        assert head.position == 11
        linker.close()

    def test_works_in_batches(self, trail: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(chain, "_BATCH", 4)
        write(trail, 13)
        assert audit.link(trail).position == 22
        assert problems(trail) == []

    def test_goes_on_in_a_restored_database(self, trail: Connection) -> None:
        """A restored dump has transaction ids of another server: the watermark may be far in the future."""
        with every_right(trail):
            trail.execute("UPDATE audit_head SET watermark = '999999999999'")
        write(trail, 2)
        assert audit.link(trail).position == 11
        write(trail)
        assert audit.link(trail).position == 12
        assert problems(trail) == []

    def test_ties_nothing_to_a_head_that_is_not_ours(self, trail: Connection, caplog: pytest.LogCaptureFixture) -> None:
        write(trail)
        with every_right(trail):
            trail.execute("UPDATE audit_head SET signed = sha256('x')")
        linker = audit.Linker(lambda: psycopg.connect(trail.info.dsn))
        assert linker.link() is None
        linker.close()
        assert "assistant audit verify" in caplog.text
        assert audit.verify(trail).linked == 9

    def test_notes_the_head_in_the_log(
        self, trail: Connection, database_url: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("INFO")
        linker = audit.Linker(lambda: database.connect(database_url))
        head = linker.link()
        linker.close()
        assert f"audit head {head}" in caplog.text


class TestTheBeginning:
    def test_past_its_time_goes_and_the_rest_still_holds(self, trail: Connection) -> None:
        noted = str(audit.link(trail))
        assert audit.prune(trail, datetime.now(UTC) - timedelta(days=1)) == 0
        assert audit.prune(trail, datetime.now(UTC) + timedelta(days=1), most=4) == 4
        write(trail)
        audit.link(trail)
        report = audit.verify(trail, noted)
        assert (report.findings, report.linked) == ([], 6)

    def test_cut_off_by_hand_is_found(self, trail: Connection) -> None:
        with every_right(trail):
            gone = [row_at(trail, position) for position in (1, 2)]
            trail.execute("DELETE FROM audit_chain WHERE position <= 2")
            trail.execute("DELETE FROM audit WHERE id = ANY(%s)", (gone,))
            trail.execute("UPDATE audit_head SET base_position = 2")
        assert any("signature is not good" in problem for problem in problems(trail))

    def test_only_the_owner_may_remove(self, database_url: str, trail: Connection) -> None:
        with database.connect(database_url) as app:
            app.autocommit = True
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                audit.prune(app, datetime.now(UTC) + timedelta(days=1))
        assert (problems(trail), audit.verify(trail).linked) == ([], 9)


def test_staff_and_system_stand_by_name_and_people_by_pseudonym(trail: Connection) -> None:
    audit.record(
        trail, Event.STAFF_VIEWED, actor=Staff("lan"), where="console:desk", subject="zalo:123", view="conversation"
    )
    (entry,) = audit.entries(trail, event="staff")
    assert entry["actor"] == "staff:lan"
    assert entry["subject"].startswith("p_")
    assert "123" not in entry["subject"]
    assert [found["id"] for found in audit.entries(trail, person="zalo:123")] == [entry["id"]]
