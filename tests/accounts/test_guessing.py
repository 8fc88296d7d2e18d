"""Guessing by many: whatever their checks share is counted, and beyond the limit no answer says more than another."""

from __future__ import annotations

import dataclasses

import psycopg
import pytest

from assistant.accounts import unsaid, upkeep
from assistant.accounts.guessing import allowed
from assistant.accounts.model import NotMatched, Outcome, RequestReset, ResetStarted, TooManyTries, Unsaid
from assistant.accounts.ports import Usual
from assistant.accounts.records import PostgresResetStore
from assistant.accounts.reset import request_reset
from assistant.settings.limits import LIMITS, Limits
from tests.accounts.conftest import AN as MEMBER
from tests.accounts.conftest import Resets
from tests.accounts.fakes import AN
from tests.accounts.test_request_reset import KEY, WRONG, Desk

#: Only what a test is about is small.
WIDE = dataclasses.replace(
    LIMITS, pair_checks_an_hour=1000, pair_checks_a_day=10_000, address_checks_an_hour=1000,
    address_checks_a_day=10_000,
    wider_checks_an_hour=1000, channel_checks_an_hour=1000, all_checks_an_hour=1000,
)  # fmt: skip


def guess(desk: Desk, number: int, person: str = "", address: str = "", networks: tuple[str, ...] = ()) -> Outcome:
    """Somebody new tries a code and a contact that nobody tried before."""
    code, contact = f"79{number:08}", f"098{number:07}"
    command = RequestReset(person or f"zalo:{number}", f"g{number}", code, contact, address, networks)
    return request_reset(command, desk.store, desk.registry, KEY, desk.limits)


class TestWhatAttackersShare:
    def test_a_hundred_visitors_who_try_one_phone_with_four_hundred_codes_learn_of_twenty(self) -> None:
        desk = Desk()
        outcomes = [desk.ask(AN.phones[0], f"79{n:08}", person=f"zalo:{n % 100}") for n in range(399)]
        outcomes.append(desk.ask(AN.phones[0], AN.code, person="zalo:new"))
        assert [isinstance(one, NotMatched) for one in outcomes[:20]] == [True] * 20
        assert set(outcomes[20:100]) == {Unsaid()}
        assert outcomes[-1] == Unsaid(), "the match is told as nothing is"
        assert not desk.store.resets

    def test_one_code_tried_with_many_contacts_by_many(self) -> None:
        desk = Desk()
        outcomes = [desk.ask(f"098{n:07}", person=f"zalo:{n}") for n in range(40)]
        assert [type(one) for one in outcomes] == [NotMatched] * 20 + [Unsaid] * 20

    def test_one_member_tried_by_all_the_numbers_they_have(self, resets: Resets) -> None:
        """BHXH code and citizen id lead to the same account: two numbers are no two budgets."""
        outcomes = [
            resets.ask(f"098{n:07}", code=(MEMBER.code, MEMBER.cccd)[n % 2], person=f"zalo:{n}") for n in range(24)
        ]
        assert [type(one) for one in outcomes] == [NotMatched] * 20 + [Unsaid] * 4
        assert isinstance(resets.ask(f"098{99:07}", code="7911111111", person="zalo:x"), NotMatched), "nobody else's"

    @pytest.mark.parametrize("level", [0, 1], ids=["/48", "/32"])
    def test_a_household_with_more_addresses_than_stars_is_counted_as_the_network_around_it(self, level: int) -> None:
        few = dataclasses.replace(WIDE, wider_checks_an_hour=10)
        desk, most = Desk(few), 10 * (level + 1)
        outcomes = [
            guess(desk, n, address=f"64-{n}", networks=(f"48-{n}" if level else "48", "32")) for n in range(most + 5)
        ]
        assert [type(one) for one in outcomes] == [NotMatched] * most + [Unsaid] * 5
        assert isinstance(guess(desk, 999, address="64-x", networks=("48-x", "32-x")), NotMatched), "nobody else's"

    def test_sixty_on_one_channel_and_others_are_answered_as_ever(self) -> None:
        desk = Desk()
        outcomes = [guess(desk, n) for n in range(61)]
        assert [type(one) for one in outcomes] == [NotMatched] * 60 + [Unsaid]
        assert isinstance(guess(desk, 99, "messenger:1"), NotMatched)

    def test_a_hundred_failed_checks_in_an_hour_open_the_alarm_once(self) -> None:
        desk = Desk()
        outcomes = [guess(desk, n, f"{'web' if n % 2 else 'messenger'}:{n}") for n in range(105)]
        assert [type(one) for one in outcomes] == [NotMatched] * 100 + [Unsaid] * 5
        assert desk.store.guessing == {"all"}
        events = [event for event, _ in desk.store.audited]
        assert events.count("reset.guessing") == 1
        assert events.count("reset.unsaid") == 5
        desk.store.later(minutes=61)
        assert isinstance(desk.ask(person="web:an"), ResetStarted), "it is over by itself"

    def test_a_large_installation_has_its_own_measure(self) -> None:
        desk = Desk()
        desk.store.week = {"all": Usual(40, 60), "zalo": Usual(20, 30)}
        outcomes = [guess(desk, n) for n in range(121)]
        assert [type(one) for one in outcomes] == [NotMatched] * 120 + [Unsaid]
        assert isinstance(guess(desk, 999, "web:1"), NotMatched)


class TestTheAnswerSaysNothing:
    def test_own_tries_are_counted_alike_whether_it_matched_or_not(self) -> None:
        def run(contact: str) -> list[Outcome]:
            desk = Desk(dataclasses.replace(WIDE, channel_checks_an_hour=1, all_checks_an_hour=1))
            guess(desk, 1, "web:other")
            return [desk.ask(contact) for _ in range(7)]

        assert run(AN.phones[0]) == run(WRONG)
        assert [type(one) for one in run(WRONG)] == [Unsaid] * 5 + [TooManyTries] * 2

    def test_what_is_left_before_the_answer_is_the_same_but_for_hidden_values(self, resets: Resets) -> None:
        limits = busy(resets)
        for person, contact in (("web:right", MEMBER.phones[0]), ("web:wrong", WRONG)):
            assert resets.ask(contact, person=person, limits=limits) == Unsaid()
        with resets.connect() as connection:
            found = dict(
                connection.execute(
                    "SELECT person, (due IS NOT NULL, matched)::text FROM attempts WHERE person LIKE 'web:%g%'"
                )
            )
            assert found == {"web:right": "(t,t)", "web:wrong": "(f,f)"}
            assert connection.execute("SELECT count(*) FROM resets").fetchone() == (0,)
            noted = connection.execute("SELECT details, place FROM audit WHERE event = 'reset.unsaid'").fetchall()
        assert len(noted) == 2
        assert noted[0] == noted[1]


class TestTheOwnerGetsThrough:
    def test_owners_who_are_right_do_not_keep_the_silence_going_that_a_thief_began(self) -> None:
        """After the thief has gone nobody fails, and yet more people than a channel may have failures ask each hour."""
        desk = Desk(dataclasses.replace(WIDE, channel_checks_an_hour=10, wider_checks_an_hour=10))
        for number in range(10):
            guess(desk, number, address=f"a{number}", networks=("24", "16"))
        outcomes = []
        for number in range(36):  # one in five minutes is twelve an hour
            desk.store.later(minutes=5)
            phone, code = desk.join(number)
            ask = RequestReset(f"zalo:owner{number}", f"o{number}", code, phone, f"b{number}", ("24", "16"))
            outcomes.append(request_reset(ask, desk.store, desk.registry, KEY, desk.limits))
        assert {type(one) for one in outcomes[:11]} == {Unsaid}
        assert {type(one) for one in outcomes[11:]} == {ResetStarted}

    def test_and_neither_does_the_job_that_ends_it(self, resets: Resets) -> None:
        limits = busy(resets)
        resets.ask(WRONG, person="web:z", limits=limits)
        with resets.connect() as connection:
            connection.execute("UPDATE attempts SET at = at - interval '61 minutes'")
            connection.execute(
                "INSERT INTO attempts (person, event, channel, matched)"
                " SELECT 'web:owner' || n, 'e' || n, 'web', true FROM generate_series(1, 50) n"
            )
        kept_up(resets, limits)
        with resets.connect() as connection:
            assert connection.execute("SELECT count(*) FROM guessing_times WHERE closed_at IS NULL").fetchone() == (0,)
            counted = connection.execute("SELECT coalesce(sum(failed), 0) FROM check_counts WHERE channel = 'web'")
            assert counted.fetchone()[0] in (0, 3), "nor is what matched usual"  # type: ignore[index]

    @pytest.mark.parametrize("shared", ["code", "contact"])
    def test_the_end_of_the_silence_about_a_code_or_a_contact_says_nothing_of_the_checks_within(
        self, shared: str
    ) -> None:
        """Who alone tries a code knows to the minute when its limit ends: a match counts there as a failure does."""

        def run(right: bool) -> list[type[Outcome]]:
            desk, outcomes = Desk(dataclasses.replace(WIDE, pair_checks_an_hour=5)), []
            for number in range(20):
                desk.store.later(minutes=5)
                code = AN.code if shared == "code" or (right and number == 7) else f"79{number:08}"
                contact = AN.phones[0] if shared == "contact" or (right and number == 7) else f"098{number:07}"
                outcomes.append(type(desk.ask(contact, code, person=f"zalo:{number}")))
            return outcomes

        assert run(right=True) == run(right=False)

    def test_a_match_brings_the_owners_letter_and_nothing_that_the_chat_could_show(self, resets: Resets) -> None:
        limits = busy(resets)
        assert resets.ask(person="web:behind the same proxy", limits=limits) == Unsaid()
        assert kept_up(resets, limits) == 1
        assert kept_up(resets, limits) == 0
        with resets.connect() as connection:
            row = connection.execute(
                "SELECT r.masked_code, r.person, r.masked_email, m.kind FROM resets r JOIN mail m ON m.reset_id = r.id"
            ).fetchone()
            left = connection.execute("SELECT count(*) FROM attempts WHERE due IS NOT NULL").fetchone()
        assert row is not None
        assert (row[0], row[2], row[3]) == ("•••••••123", "n•••n@e•••.com", "reset_link")
        assert row[1].startswith("unsaid:"), "nobody's chat is told"
        assert left == (0,)

    def test_letters_stay_within_the_limits_of_the_account(self, resets: Resets) -> None:
        limits = busy(resets)
        for number in range(6):
            assert resets.ask(person=f"web:{number}x", limits=limits) == Unsaid()
        assert kept_up(resets, limits) == 3

    def test_what_was_due_long_ago_is_not_sent(self, resets: Resets) -> None:
        limits = busy(resets)
        resets.ask(person="web:late", limits=limits)
        with resets.connect() as connection:
            connection.execute("UPDATE attempts SET at = at - interval '20 minutes' WHERE due IS NOT NULL")
        assert kept_up(resets, limits) == 0
        with resets.connect() as connection:
            noted = connection.execute("SELECT count(*) FROM audit WHERE event = 'reset.overdue'").fetchone()
        assert noted == (1,), "and the trail says so"


class TestTheInstallationsOwnWeek:
    def test_the_usual_hour_is_that_of_the_day_in_the_middle(self, resets: Resets) -> None:
        with resets.connect() as connection:
            connection.execute(
                "INSERT INTO check_counts SELECT now() - make_interval(days => d, hours => -12), 'web', 48, 24"
                " FROM generate_series(1, 7) d"
            )
            store = PostgresResetStore(connection)
            assert store.usual() == {"all": Usual(2, 1), "web": Usual(2, 1)}
            connection.execute("UPDATE check_counts SET failed = 100000 WHERE hour > now() - interval '3 days'")
            assert store.usual()["all"] == Usual(2, 1), "three days of guessing make it no more usual"

    def test_a_patient_guesser_who_stays_below_the_alarm_for_months_does_not_raise_it(self, resets: Resets) -> None:
        """Each week as many as the week before allowed; people complete twenty resets an hour meanwhile."""
        highest = LIMITS.checks_ratio * LIMITS.failed_per_completed * 20
        with resets.connect() as connection:
            store, most = PostgresResetStore(connection), LIMITS.all_checks_an_hour
            for _ in range(12):
                connection.execute("DELETE FROM check_counts")
                connection.execute(
                    "INSERT INTO check_counts SELECT now() - make_interval(hours => h), 'web', %s, 20"
                    " FROM generate_series(1, 167) h", (most - 1,),
                )  # fmt: skip
                most = allowed(store.usual(), LIMITS)
            assert most == highest
            connection.execute("UPDATE check_counts SET completed = 0")
            assert allowed(store.usual(), LIMITS) == LIMITS.all_checks_an_hour, (
                "and where nobody completes any, nothing"
            )

    def test_a_completed_reset_is_counted_where_it_was_asked_for(self, resets: Resets) -> None:
        resets.ask()
        with resets.connect() as connection:
            connection.execute("UPDATE resets SET used_at = now()")
        resets.ask(WRONG, person="web:other")
        for _ in range(2):
            kept_up(resets, LIMITS)
        with resets.connect() as connection:
            found = connection.execute("SELECT channel, failed, completed FROM check_counts").fetchall()
        assert found == [("web", 1, 1)]

    def test_guessing_at_one_contact_is_alarmed_though_its_own_limit_answers(self, resets: Resets) -> None:
        limits = dataclasses.replace(WIDE, pair_checks_an_hour=1, channel_checks_an_hour=3, all_checks_an_hour=1000)
        for number in range(4):
            resets.ask("0980000000", f"79{number:08}", person=f"web:thief{number}", limits=limits)
        with resets.connect() as connection:
            assert connection.execute("SELECT count(*) FROM guessing_times").fetchone() == (0,)
        kept_up(resets, limits)
        kept_up(resets, limits)
        with resets.connect() as connection:
            assert connection.execute("SELECT scope FROM guessing_times").fetchall() == [("web",)]
            noted = connection.execute("SELECT count(*) FROM audit WHERE event = 'reset.guessing'").fetchone()
        assert noted == (1,)

    def test_a_time_of_guessing_ends_by_itself(self, resets: Resets) -> None:
        limits = busy(resets)
        resets.ask(WRONG, person="web:z", limits=limits)
        with resets.connect() as connection:
            scopes = connection.execute("SELECT scope FROM guessing_times WHERE closed_at IS NULL").fetchall()
            assert scopes == [("web",)]
        kept_up(resets, limits)
        with resets.connect() as connection:
            assert connection.execute("SELECT sum(failed) FROM check_counts").fetchone() == (3,)
            connection.execute("UPDATE attempts SET at = at - interval '61 minutes'")
        kept_up(resets, limits)
        with resets.connect() as connection:
            assert connection.execute("SELECT count(*) FROM guessing_times WHERE closed_at IS NULL").fetchone() == (0,)
            ended = connection.execute("SELECT count(*) FROM audit WHERE event = 'reset.guessing_ended'").fetchone()
        assert ended == (1,)


def busy(resets: Resets) -> Limits:
    """Lets so many checks fail that no answer says anything any more; returns the limits that are small enough."""
    limits = dataclasses.replace(WIDE, channel_checks_an_hour=2, all_checks_an_hour=1000)
    for number in range(2):
        resets.ask(f"098{number:07}", f"79{number:08}", person=f"web:thief{number}", limits=limits)
    return limits


def kept_up(resets: Resets, limits: Limits) -> int:
    """Does what the job does every few seconds; returns how many letters it queued."""
    with psycopg.connect(resets.url, autocommit=True) as connection:
        queued = unsaid.start_due(connection, limits)
        upkeep.keep_up(connection, limits)
    return queued
