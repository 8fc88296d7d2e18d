"""What is past its time goes, by class, in small batches; what is not, or is worked on, stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from assistant import audit, database
from assistant.privacy import kept, retention
from assistant.privacy.vault import Vault
from tests.privacy.people import kept_of, write_everything

Connection = psycopg.Connection[Any]
VAULT = Vault([b"k" * 32])
OLD, YOUNG = "web:old", "web:young"
PEOPLE = [each for each in kept.CLASSES if each.lives is not None and each.personal and each.name != "audit"]


def run(connection: Connection, **more: Any) -> dict[str, int]:
    return dict(retention.remove_old(connection, pause=lambda: None, **more))


def test_a_person_of_91_days_ago_is_gone_and_one_of_89_days_ago_is_not(connection: Connection) -> None:
    write_everything(connection, VAULT, OLD, "91 days")
    write_everything(connection, VAULT, YOUNG, "89 days")
    run(connection)
    assert kept_of(connection, OLD) == {}
    assert kept_of(connection, YOUNG) == dict.fromkeys(
        ["reset_links", "mail", "resets", "desk_notes", "questions", "handovers", "conversation_tags", "desk_held",
         "desk_typing", "consents", "sms_numbers",
         "phone_calls", "phone_callbacks", "reset_codes",
         "ratings", "learning_messages", "learning_drafts", "content_drafts", "release_shadow", "dead_letters", "turns",
         "outbox", "inbox", "conversations", "web_sessions"], 1,
    )  # fmt: skip


@pytest.mark.parametrize("each", PEOPLE, ids=lambda each: each.name)
def test_each_class_lives_as_long_as_it_says(connection: Connection, each: kept.Class) -> None:
    # Values and papers are written with an end of their own, a day from then.
    lives = each.lives or timedelta(days=1)
    for person, age in ((OLD, lives + timedelta(minutes=1)), (YOUNG, lives - timedelta(minutes=1))):
        write_everything(connection, VAULT, person, f"{int(age.total_seconds())} seconds")
    run(connection, classes=[each])
    young = kept_of(connection, YOUNG)
    for rows in each.tables:
        if rows.person and rows.at and rows.table != "conversations":  # it waits for what hangs on it
            assert rows.table not in kept_of(connection, OLD), rows.table
            assert rows.table in young, rows.table


def test_an_old_conversation_with_new_messages_stays_with_them(connection: Connection) -> None:
    write_everything(connection, VAULT, OLD, "91 days")
    write_everything(connection, VAULT, OLD, "1 day")
    run(connection)
    assert kept_of(connection, OLD)["inbox"] == 1
    assert kept_of(connection, OLD)["conversations"] == 1


@pytest.mark.parametrize("waits", ["UPDATE inbox SET done_at = NULL", "UPDATE outbox SET state = 'waiting'"])
def test_what_is_not_done_yet_waits(connection: Connection, waits: str) -> None:
    write_everything(connection, VAULT, OLD, "91 days")
    connection.execute(waits)
    run(connection)
    assert kept_of(connection, OLD)[waits.split()[1]] == 1


def test_nobody_waits_for_it(connection: Connection, database_url: str) -> None:
    """A row that somebody works on is left for the next time, and no lock is waited for."""
    write_everything(connection, VAULT, OLD, "91 days")
    with database.connect(database_url) as turn, database.connect(database_url) as job:
        turn.execute("SELECT 1 FROM inbox WHERE conversation = %s FOR UPDATE", (OLD,))
        job.autocommit = True
        job.execute("SET lock_timeout = '1s'")
        run(job)
        assert kept_of(connection, OLD)["inbox"] == 1
        turn.rollback()
        run(job)
    assert kept_of(connection, OLD) == {}


def test_it_goes_in_batches(connection: Connection) -> None:
    for number in range(25):
        write_everything(connection, VAULT, f"web:{number}", "91 days")
    pauses: list[None] = []
    removed = retention.remove_old(connection, batch=4, pause=lambda: pauses.append(None))
    assert removed["messages"] >= 25 * 3
    assert len(pauses) >= removed.total() / 4
    assert connection.execute("SELECT count(*) FROM conversations").fetchone() == (0,)


def test_the_trail_says_what_went(connection: Connection) -> None:
    write_everything(connection, VAULT, OLD, "91 days")
    retention.run(connection)
    entry = next(iter(audit.entries(connection, event="privacy.expired")))
    assert entry["actor"] == "system:retention"
    assert entry["details"]["messages"] >= 3
    retention.run(connection)
    assert len(list(audit.entries(connection, event="privacy.expired"))) == 1  # nothing to say


def test_the_trails_beginning_goes_after_two_years(connection: Connection) -> None:
    write_everything(connection, VAULT, YOUNG)
    audit.link(connection)
    assert retention.may_prune(connection)
    assert retention.prune_audit(connection) == 0
    for table in ("audit", "audit_chain"):
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER audit_stays")
    connection.execute("UPDATE audit_chain SET linked_at = linked_at - interval '731 days'")  # as two years later
    for table in ("audit", "audit_chain"):
        connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER audit_stays")
    assert retention.prune_audit(connection) == 2
    audit.link(connection)
    report = audit.verify(connection)
    assert (report.findings, report.linked) == ([], 1)
    assert next(iter(audit.entries(connection, event="audit.pruned")))["details"] == {"count": 2}


def test_the_application_may_remove_everything_but_the_trail(connection: Connection, database_url: str) -> None:
    write_everything(connection, VAULT, OLD, "91 days")
    with database.connect(database_url) as app:
        app.autocommit = True
        retention.run(app)
        assert not retention.may_prune(app)
    assert kept_of(connection, OLD) == {}
