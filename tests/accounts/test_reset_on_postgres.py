"""The reset on the real store: races, crashes, and what a thief of the database would read."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from assistant.accounts.model import (
    LinkInvalid,
    NotMatched,
    RequestReset,
    ResetLimitReached,
    ResetStarted,
    TooManyTries,
)
from assistant.accounts.records import PostgresResetStore
from assistant.accounts.reset import link_hash, open_link, request_reset, set_password
from sandbox.mailbox import Mailbox
from tests.accounts.conftest import AN, BASE, Resets
from tests.kit.talk import KEY
from tests.kit.waiting import PATIENCE

GOOD = "cà phê sữa đá 7h"
WRONG = "0999999999"


def at_once(threads: int, act: Callable[[int], Any]) -> list[Any]:
    """Lets all threads start together and returns what each got."""
    barrier = threading.Barrier(threads)

    def run(number: int) -> Any:
        barrier.wait(PATIENCE)
        return act(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def changes(resets: Resets) -> int:
    """Counts the times the register set a password; the application's role may not look there."""
    with psycopg.connect(resets.url) as owner:
        row = owner.execute("SELECT count(*) FROM register.password_changes").fetchone()
    assert row is not None
    return int(row[0])


def submit(resets: Resets, token: str, password: str) -> str:
    with resets.connect() as connection:
        try:
            set_password(token, password, PostgresResetStore(connection), resets.registry, frozenset())
        except LinkInvalid:
            return "refused"
    return "done"


def dump(url: str) -> str:
    """Returns every row of every table, as a backup would hold it."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables"
            " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        rows = [connection.execute(f"SELECT t::text FROM {name} t").fetchall() for (name,) in tables]
    return "\n".join(row[0] for table in rows for row in table)


class TestAtTheSameTime:
    def test_fifty_submissions_of_one_link_set_one_password(self, resets: Resets) -> None:
        assert isinstance(resets.ask(), ResetStarted)
        token = resets.link()
        results = at_once(50, lambda number: submit(resets, token, f"{GOOD} {number}"))
        assert Counter(results) == {"done": 1, "refused": 49}
        with resets.connect() as connection:
            mails = connection.execute("SELECT count(*) FROM mail WHERE kind = 'password_changed'").fetchone()
        assert (changes(resets), mails) == (1, (1,))

    def test_two_links_of_one_reset_set_one_password(self, resets: Resets) -> None:
        resets.ask()
        links = [resets.link() for _ in range(10)]
        results = at_once(10, lambda number: submit(resets, links[number], GOOD))
        assert Counter(results) == {"done": 1, "refused": 9}

    def test_twenty_guesses_in_parallel_are_five_tries(self, resets: Resets) -> None:
        outcomes = at_once(20, lambda number: resets.ask(f"09{number:08}"))
        left = sorted(outcome.tries_left for outcome in outcomes if isinstance(outcome, NotMatched))
        assert left == [1, 2, 3, 4]
        assert sum(isinstance(outcome, TooManyTries) for outcome in outcomes) == 16
        with resets.connect() as connection:
            assert connection.execute("SELECT count(*) FROM attempts").fetchone() == (5,)

    def test_a_crowd_asking_for_one_member_starts_three_resets(self, resets: Resets) -> None:
        outcomes = at_once(12, lambda number: resets.ask(person=f"web:{number}"))
        assert Counter(type(outcome) for outcome in outcomes) == {ResetStarted: 3, ResetLimitReached: 9}

    def test_links_of_one_member_used_at_once_set_one_password(self, resets: Resets) -> None:
        links = []
        for _ in range(3):
            assert isinstance(resets.ask(), ResetStarted)
            links += [resets.link() for _ in range(3)]
        results = at_once(9, lambda number: submit(resets, links[number], f"{GOOD} {number}"))
        assert Counter(results) == {"done": 1, "refused": 8}
        assert changes(resets) == 1


class TestCrashes:
    def test_a_crash_before_the_commit_leaves_the_link_good(self, resets: Resets) -> None:
        resets.ask()
        token = resets.link()

        def crash() -> None:
            with resets.connect() as connection:
                set_password(token, GOOD, PostgresResetStore(connection), resets.registry, frozenset())
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            crash()
        assert submit(resets, token, GOOD) == "done"
        assert changes(resets) == 1
        with resets.connect() as connection:
            assert connection.execute("SELECT count(*) FROM mail WHERE kind = 'password_changed'").fetchone() == (1,)
        assert resets.registry.password_matches(AN.code, GOOD)

    def test_a_connection_killed_in_the_middle_leaves_nothing_behind(self, resets: Resets) -> None:
        resets.ask()
        token = resets.link()

        def lose_the_connection() -> None:
            with resets.connect() as connection:
                set_password(token, GOOD, PostgresResetStore(connection), resets.registry, frozenset())
                with psycopg.connect(resets.url) as other:
                    other.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
                connection.execute("SELECT 1")

        with pytest.raises(psycopg.OperationalError):
            lose_the_connection()
        with resets.connect() as connection:
            open_link(token, PostgresResetStore(connection))

    def test_a_crash_while_asking_leaves_no_half_reset(self, resets: Resets) -> None:
        command = RequestReset("web:an", "e1", AN.code, AN.phones[0])

        def ask_twice_by_one_event() -> None:
            with resets.connect() as connection:
                for _ in range(2):
                    request_reset(command, PostgresResetStore(connection), resets.registry, KEY)

        with pytest.raises(psycopg.errors.UniqueViolation):
            ask_twice_by_one_event()
        with resets.connect() as connection:
            counts = connection.execute(
                "SELECT (SELECT count(*) FROM resets), (SELECT count(*) FROM mail), (SELECT count(*) FROM audit)"
            ).fetchone()
        assert counts == (0, 0, 0)


class TestAStolenDatabase:
    def test_no_link_password_or_identifier_is_in_it(self, resets: Resets, mailbox: Mailbox) -> None:
        resets.ask()
        resets.ask(WRONG)
        resets.send_all(mailbox.url)
        token = mailbox.messages()[0]["text"].partition(f"{BASE}/")[2].split()[0]
        assert submit(resets, token, GOOD) == "done"
        resets.send_all(mailbox.url)
        whole = dump(resets.url)
        outside_register = "\n".join(line for line in whole.splitlines() if AN.code not in line or "{" not in line)
        assert token not in whole
        assert token[:20] not in whole
        assert GOOD not in whole
        assert WRONG not in whole
        assert whole.count(AN.email or "?") == 1  # in the register itself
        assert outside_register.count(AN.phones[0]) == 0

    def test_a_link_is_stored_as_its_hash_only(self, resets: Resets, mailbox: Mailbox) -> None:
        resets.ask()
        resets.send_all(mailbox.url)
        token = mailbox.messages()[0]["text"].partition(f"{BASE}/")[2].split()[0]
        with resets.connect() as connection:
            rows = connection.execute("SELECT hash FROM reset_links").fetchall()
        assert rows == [(link_hash(token),)]

    def test_the_hash_is_no_key(self, resets: Resets) -> None:
        resets.ask()
        stolen = link_hash(resets.link()).hex()
        assert submit(resets, stolen, GOOD) == "refused"


class TestTime:
    def test_the_databases_clock_decides(self, resets: Resets) -> None:
        resets.ask()
        token = resets.link()
        with resets.connect() as connection:
            connection.execute("UPDATE resets SET expires_at = now() - interval '1 second'")
        assert submit(resets, token, GOOD) == "refused"

    def test_a_link_that_began_its_use_before_another_was_used_sets_nothing(self, resets: Resets) -> None:
        """The transaction's clock stands still: the second one's "now" is before the first one's."""
        resets.ask()
        first = resets.link()
        resets.ask()
        second = resets.link()
        with resets.connect() as waiting:
            waiting.execute("SELECT now()")
            assert submit(resets, first, GOOD) == "done"
            with pytest.raises(LinkInvalid):
                set_password(second, GOOD, PostgresResetStore(waiting), resets.registry, frozenset())
        assert changes(resets) == 1

    def test_old_guesses_are_forgotten_after_their_window(self, resets: Resets) -> None:
        for _ in range(5):
            resets.ask(WRONG)
        assert isinstance(resets.ask(), TooManyTries)
        with resets.connect() as connection:
            connection.execute("UPDATE attempts SET at = at - interval '10 minutes'")
        assert isinstance(resets.ask(), ResetStarted)
