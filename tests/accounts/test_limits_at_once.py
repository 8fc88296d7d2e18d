"""The limits under fifty attempts at the same instant from several processes: not one too many, not one lost."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest

from assistant.settings.limits import LIMITS
from tests.accounts.conftest import AN, Resets
from tests.accounts.races import PROCESSES, THREADS, Attempt, Race, processes

WRONG = "0999999999"
ALL = PROCESSES * THREADS


@pytest.fixture(scope="module")
def race() -> Iterator[Race]:
    """Processes that wait at a gate and start together."""
    with processes() as ready:
        yield ready


def count(resets: Resets, query: str) -> int:
    with psycopg.connect(resets.url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def crowd(resets: Resets, email: str = "'m' || n || '@example.com'") -> None:
    """Adds members c0, c1, … with phones p0, p1, …"""
    with psycopg.connect(resets.url) as connection:
        connection.execute(
            f"INSERT INTO register.members (ref, code, phones, email)"
            f" SELECT 'm' || n, 'c' || n, ARRAY['p' || n], {email} FROM generate_series(0, {ALL}) n"
        )


def test_fifty_guesses_of_one_person_at_once_are_five_tries(resets: Resets, race: Race) -> None:
    outcomes = race(resets.url, [Attempt("web:thief", AN.code, f"09{n:08}") for n in range(ALL)], LIMITS)
    assert Counter(outcomes) == {"NotMatched": 4, "TooManyTries": ALL - 4}
    assert count(resets, "SELECT count(*) FROM attempts") == 5


def test_fifty_guesses_with_the_truth_among_them_do_not_get_past_the_lock(resets: Resets, race: Race) -> None:
    for _ in range(5):
        resets.ask(WRONG, person="web:thief")
    attempts = [Attempt("web:thief", AN.code, AN.phones[0] if n % 2 else WRONG) for n in range(ALL)]
    assert set(race(resets.url, attempts, LIMITS)) == {"TooManyTries"}
    assert count(resets, "SELECT count(*) FROM resets") == 0


def test_fifty_new_cookies_at_once_from_one_network_are_one_budget(resets: Resets, race: Race) -> None:
    attempts = [Attempt(f"web:{n}", f"79{n:08}", f"098{n:07}", "one-network") for n in range(ALL)]
    outcomes = race(resets.url, attempts, LIMITS)
    assert Counter(outcomes) == {"NotMatched": 30, "Unsaid": ALL - 30}
    assert count(resets, "SELECT count(*) FROM attempts") == ALL, "who is told nothing has used up a try as well"


def test_fifty_people_asking_for_one_member_at_once_send_three_mails(resets: Resets, race: Race) -> None:
    outcomes = race(resets.url, [Attempt(f"web:{n}", AN.code, AN.phones[0]) for n in range(ALL)], LIMITS)
    assert Counter(outcomes) == {"ResetStarted": 3, "ResetLimitReached": ALL - 3}
    assert count(resets, "SELECT count(*) FROM mail") == 3


def test_fifty_members_with_one_mailbox_asked_for_at_once_send_three_mails(resets: Resets, race: Race) -> None:
    crowd(resets, "'Family@example.com'")
    outcomes = race(resets.url, [Attempt(f"web:{n}", f"c{n}", f"p{n}") for n in range(ALL)], LIMITS)
    assert Counter(outcomes) == {"ResetStarted": 3, "ResetLimitReached": ALL - 3}
    assert count(resets, "SELECT count(*) FROM mail") == 3


def test_one_person_asking_for_fifty_members_at_once_starts_ten(resets: Resets, race: Race) -> None:
    crowd(resets)
    outcomes = race(resets.url, [Attempt("web:one", f"c{n}", f"p{n}") for n in range(ALL)], LIMITS)
    assert Counter(outcomes) == {"ResetStarted": 10, "ResetLimitReached": ALL - 10}


def test_a_flood_of_fifty_resets_at_once_stops_at_the_breaker(resets: Resets, race: Race) -> None:
    crowd(resets)
    limits = dataclasses.replace(LIMITS, starts_a_minute=17)
    outcomes = race(resets.url, [Attempt(f"web:{n}", f"c{n}", f"p{n}") for n in range(ALL)], limits)
    assert Counter(outcomes) == {"ResetStarted": 17, "BreakerOpen": ALL - 17}
    assert count(resets, "SELECT count(*) FROM mail") == 17
    assert count(resets, "SELECT count(*) FROM breaker_openings") == 1
    assert count(resets, "SELECT count(*) FROM audit WHERE event = 'reset.breaker_opened'") == 1


def test_everything_at_once_waits_in_no_circle(resets: Resets, race: Race) -> None:
    """All kinds of locks are contended: a wrong order would be a deadlock, which PostgreSQL ends with an error."""
    crowd(resets, "'m' || n % 3 || '@example.com'")
    attempts = [
        Attempt(f"web:{n % 7}", f"c{n % 5}", f"p{n % 5}" if n % 3 else WRONG, f"network{n % 4}") for n in range(ALL)
    ]
    outcomes = race(resets.url, attempts, LIMITS)
    assert len(outcomes) == ALL
    assert count(resets, "SELECT count(*) FROM resets") == Counter(outcomes)["ResetStarted"] <= 9
