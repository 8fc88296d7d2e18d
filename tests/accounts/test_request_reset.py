"""Asking for a reset: what each answer is, and what an attacker cannot get out of it."""

from __future__ import annotations

from typing import get_args

import pytest

from assistant.accounts.model import (
    BreakerOpen,
    NoEmailOnRecord,
    NotMatched,
    Outcome,
    RegistryDown,
    RequestReset,
    ResetLimitReached,
    ResetStarted,
    TooManyTries,
    Unsaid,
    mask_code,
    mask_email,
)
from assistant.accounts.ports import Lock
from assistant.accounts.reset import request_reset
from assistant.identifiers.keyed_hash import fingerprint
from assistant.settings.limits import LIMITS, Limits
from tests.accounts.fakes import AN, BINH, CHI, FakeRegistry, FakeStore

WRONG = "0999999999"
KEY = b"k" * 32


class Desk:
    """Asks for resets as somebody."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.store, self.registry, self.limits = FakeStore(), FakeRegistry(), limits
        self.events = 0

    def ask(
        self, contact: str = AN.phones[0], code: str = AN.code, person: str = "web:an", address: str = ""
    ) -> Outcome:
        self.events += 1
        command = RequestReset(person, f"e{self.events}", code, contact, address)
        return request_reset(command, self.store, self.registry, KEY, self.limits)

    def join(self, number: int, email: str | None = None) -> tuple[str, str]:
        """Adds a member and returns phone and code."""
        phone, code = f"09010010{number:02}", f"79000010{number:02}"
        address = email or f"m{number}@example.com"
        self.registry.members[f"ref-{number}"] = type(AN)(f"ref-{number}", code, (phone,), address)
        return phone, code


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestOutcomes:
    def test_a_match_sends_one_link_to_the_address_on_record(self, desk: Desk) -> None:
        assert desk.ask() == ResetStarted("n•••n@e•••.com")
        (reset,) = desk.store.resets.values()
        assert desk.store.mails == [("reset_link", reset.id)]
        assert reset.member_ref == AN.ref
        assert reset.expires_at - desk.store.time == LIMITS.link_lives

    @pytest.mark.parametrize("contact", ["le.chi@example.com", "LE.CHI@EXAMPLE.COM", " Le.Chi@example.com "])
    def test_the_address_matches_in_any_case(self, desk: Desk, contact: str) -> None:
        assert isinstance(desk.ask(contact, CHI.code), ResetStarted)

    def test_a_member_without_an_address_gets_no_link(self, desk: Desk) -> None:
        assert desk.ask(BINH.phones[0], BINH.code) == NoEmailOnRecord()
        assert desk.store.mails == []

    def test_an_empty_address_in_the_register_is_none(self, desk: Desk) -> None:
        desk.registry.members["ref-dung"] = type(AN)("ref-dung", "3800000999", ("0977000999",), "")
        assert desk.ask("0977000999", "3800000999") == NoEmailOnRecord()

    def test_an_unknown_code_and_a_wrong_contact_are_told_apart_by_nothing(self, desk: Desk) -> None:
        unknown = desk.ask(code="7911111111", person="web:a")
        wrong = desk.ask(WRONG, person="web:b")
        nobody = desk.ask(WRONG, code=BINH.code, person="web:c")
        assert unknown == wrong == nobody == NotMatched(4)
        assert len({event for event, _ in desk.store.audited}) == 1

    def test_somebody_elses_phone_does_not_open_an_account(self, desk: Desk) -> None:
        assert desk.ask(BINH.phones[0]) == NotMatched(4)

    @pytest.mark.parametrize("contact", ["", " ", "None", "0901", "nguyen.an", "@example.com", "0901000123x"])
    def test_a_part_of_the_contact_is_no_match(self, desk: Desk, contact: str) -> None:
        assert desk.ask(contact) == NotMatched(4)

    def test_a_silent_register_costs_no_try(self, desk: Desk) -> None:
        desk.registry.down = True
        assert {desk.ask(WRONG) for _ in range(10)} == {RegistryDown()}
        desk.registry.down = False
        assert desk.ask(WRONG) == NotMatched(4)

    def test_a_silent_register_never_opens_the_door(self, desk: Desk) -> None:
        desk.registry.down = True
        assert desk.ask() == RegistryDown()
        assert not desk.store.mails
        assert not desk.store.resets


class TestGuessing:
    def test_tries_count_down_and_end(self, desk: Desk) -> None:
        assert [desk.ask(WRONG) for _ in range(5)] == [*(NotMatched(left) for left in (4, 3, 2, 1)), TooManyTries(10)]

    def test_after_the_last_try_even_the_truth_does_not_help(self, desk: Desk) -> None:
        for _ in range(5):
            desk.ask(WRONG)
        assert isinstance(desk.ask(), TooManyTries)
        assert not desk.store.mails

    def test_a_locked_guesser_is_told_the_same_whatever_the_code(self, desk: Desk) -> None:
        for _ in range(5):
            desk.ask(WRONG)
        desk.store.later(minutes=4)
        codes = (AN.code, BINH.code, "7911111111")
        assert {desk.ask(contact, code) for code in codes for contact in (WRONG, AN.phones[0])} == {TooManyTries(6)}

    def test_a_match_in_between_gives_no_tries_back(self, desk: Desk) -> None:
        for _ in range(4):
            desk.ask(WRONG)
        desk.ask()
        assert isinstance(desk.ask(WRONG), TooManyTries)

    def test_refused_tries_do_not_prolong_the_wait(self, desk: Desk) -> None:
        for _ in range(5):
            desk.ask(WRONG)
        desk.store.later(minutes=9)
        assert desk.ask(WRONG) == TooManyTries(1)
        desk.store.later(minutes=1)
        assert desk.ask(WRONG) == NotMatched(4)

    def test_twenty_an_hour_are_enough_however_patiently(self, desk: Desk) -> None:
        for _ in range(20):
            assert not isinstance(desk.ask(WRONG), ResetStarted)
            desk.store.later(minutes=2, seconds=10)  # never five in ten minutes
        assert desk.ask() == TooManyTries(17)
        desk.store.later(minutes=17)
        assert isinstance(desk.ask(), ResetStarted)

    def test_fifty_a_day_are_enough_however_slowly(self, desk: Desk) -> None:
        for _ in range(50):
            assert isinstance(desk.ask(WRONG), NotMatched | TooManyTries)
            desk.store.later(minutes=12)
        assert desk.ask() == TooManyTries(14 * 60)
        desk.store.later(hours=14)
        assert isinstance(desk.ask(), ResetStarted)

    def test_the_tries_promised_are_those_of_the_day_as_well(self) -> None:
        desk = Desk(Limits(checks_a_day=6, checks_an_hour=6))
        for _ in range(4):
            desk.ask(WRONG)
        desk.store.later(hours=2)
        assert desk.ask(WRONG) == NotMatched(1)
        assert desk.ask(WRONG) == TooManyTries(22 * 60)


class TestNobodyIsLockedOutByOthers:
    def test_a_thief_who_burns_all_tries_on_a_code_does_not_stop_its_owner(self, desk: Desk) -> None:
        for number in range(10):
            for _ in range(6):
                desk.ask(WRONG, person=f"web:thief{number}", address="thieves")
        assert desk.ask(person="web:an", address="home") == Unsaid(), (
            "nobody is told a match while others try this code"
        )
        assert desk.store.failed[-1]["due"]["member"] == AN.ref, "and the owner's letter goes"
        assert isinstance(desk.ask("Le.Chi@example.com", CHI.code, person="web:chi", address="home"), ResetStarted)

    def test_a_thief_who_burns_all_starts_leaves_the_owner_a_link_that_works(self, desk: Desk) -> None:
        for number in range(3):
            desk.ask(person=f"web:thief{number}")
        desk.store.later(minutes=20)
        assert desk.ask(person="web:an") == ResetLimitReached("n•••n@e•••.com", link_minutes=40, wait_minutes=40)
        desk.store.later(minutes=40)
        assert isinstance(desk.ask(person="web:an"), ResetStarted)

    def test_no_link_is_promised_when_none_works_any_more(self, desk: Desk) -> None:
        for _ in range(5):
            desk.ask()
            desk.store.later(minutes=61)
        assert desk.ask() == ResetLimitReached("n•••n@e•••.com", link_minutes=0, wait_minutes=24 * 60 - 5 * 61)

    def test_a_limited_account_is_no_secret_told_to_strangers(self, desk: Desk) -> None:
        for number in range(5):
            desk.ask(person=f"web:{number}")
        assert desk.ask(WRONG, person="web:other") == NotMatched(4)


class TestANewCookieIsNoNewBudget:
    def test_thirty_failures_an_hour_from_one_network_whoever_makes_them(self, desk: Desk) -> None:
        for number in range(30):
            tried = desk.ask(f"098{number:07}", f"78{number:08}", person=f"web:{number}", address="a")
            assert tried == NotMatched(4)
        assert desk.ask(WRONG, person="web:new", address="a") == Unsaid()
        assert desk.ask(person="web:new", address="a") == Unsaid(), "not even the truth"
        assert desk.ask(WRONG, person="web:new", address="b") == NotMatched(2)
        desk.store.later(minutes=60)
        assert isinstance(desk.ask(person="web:new", address="a"), ResetStarted)

    def test_a_hundred_failures_a_day_from_one_network(self, desk: Desk) -> None:
        for number in range(100):
            tried = desk.ask(f"098{number:07}", f"78{number:08}", person=f"web:{number}", address="a")
            assert isinstance(tried, NotMatched)
            desk.store.later(minutes=3)
        assert desk.ask(person="web:new", address="a") == Unsaid()

    def test_twenty_starts_an_hour_from_one_network(self, desk: Desk) -> None:
        for number in range(21):
            phone, code = desk.join(number)
            outcome = desk.ask(phone, code, person=f"web:{number}", address="a")
        assert outcome == Unsaid(), "more are not told, and get their letter"
        assert len(desk.store.mails) == 20
        assert isinstance(desk.ask(phone, code, person="web:x", address="b"), ResetStarted)

    def test_channels_that_hide_the_network_share_no_budget(self, desk: Desk) -> None:
        for number in range(60):
            tried = desk.ask(f"098{number:07}", f"78{number:08}", person=f"zalo:{number}")
            assert tried == NotMatched(4)


class TestMailBombing:
    def test_three_mails_an_hour_reach_one_mailbox_whoever_asks(self, desk: Desk) -> None:
        outcomes = [desk.ask(person=f"web:{n}") for n in range(4)]
        assert [type(outcome) for outcome in outcomes] == [ResetStarted] * 3 + [ResetLimitReached]
        assert len(desk.store.mails) == 3

    def test_a_mailbox_shared_by_a_family_gets_three_an_hour_in_all(self, desk: Desk) -> None:
        addresses = ("family@example.com", "Family@Example.com", " family@example.com ", "FAMILY@EXAMPLE.COM")
        outcomes = [desk.ask(*desk.join(n, address), person=f"web:{n}") for n, address in enumerate(addresses)]
        assert [type(outcome) for outcome in outcomes] == [ResetStarted] * 3 + [ResetLimitReached]
        assert outcomes[-1] == ResetLimitReached(outcomes[-1].masked_email, link_minutes=0, wait_minutes=60)  # type: ignore[union-attr]

    def test_five_resets_a_day_reach_one_member(self, desk: Desk) -> None:
        for _ in range(5):
            assert isinstance(desk.ask(), ResetStarted)
            desk.store.later(minutes=61)
        assert isinstance(desk.ask(), ResetLimitReached)
        desk.store.later(hours=24)
        assert isinstance(desk.ask(), ResetStarted)

    def test_one_person_starts_ten_resets_an_hour_over_many_members(self, desk: Desk) -> None:
        outcomes = [desk.ask(*desk.join(n)) for n in range(11)]
        assert [type(outcome) for outcome in outcomes] == [ResetStarted] * 10 + [ResetLimitReached]

    def test_the_limit_is_said_to_those_who_match_only(self, desk: Desk) -> None:
        for n in range(3):
            desk.ask(person=f"web:{n}")
        assert desk.ask(WRONG, person="web:other") == NotMatched(4)


class TestAFlood:
    def test_a_hundred_and_twenty_a_minute_open_the_breaker_and_a_minute_closes_it(self, desk: Desk) -> None:
        for number in range(120):
            desk.registry.members[f"r{number}"] = type(AN)(f"r{number}", f"c{number}", ("p",), f"m{number}@example.com")
            assert isinstance(desk.ask("p", f"c{number}", person=f"web:{number}"), ResetStarted)
        assert desk.ask(person="web:an") == BreakerOpen()
        desk.store.later(seconds=60)
        assert isinstance(desk.ask(person="web:an"), ResetStarted)

    def test_an_open_breaker_checks_nothing_and_counts_nothing(self) -> None:
        desk = Desk(Limits(starts_a_minute=1))
        desk.ask()
        desk.registry.down = True  # would be RegistryDown if it were asked
        assert {desk.ask(WRONG, person="web:b") for _ in range(9)} == {BreakerOpen()}
        desk.registry.down = False
        desk.store.later(minutes=1)
        assert desk.ask(WRONG, person="web:b") == NotMatched(4)

    def test_an_hour_has_a_limit_of_its_own(self) -> None:
        desk = Desk(Limits(starts_a_minute=2, starts_an_hour=3))
        for number in range(3):
            assert isinstance(desk.ask(*desk.join(number), person=f"web:{number}"), ResetStarted)
            desk.store.later(minutes=2)
        assert desk.ask() == BreakerOpen()
        desk.store.later(minutes=54)
        assert isinstance(desk.ask(), ResetStarted)

    def test_the_opening_is_noted_once(self) -> None:
        desk = Desk(Limits(starts_a_minute=1))
        for number in range(4):
            desk.ask(person=f"web:{number}")
        events = [event for event, _ in desk.store.audited]
        assert events.count("reset.breaker_opened") == 1
        assert desk.store.audited[-1] == ("reset.refused", {"reason": "breaker"})

    def test_who_is_locked_is_told_that_and_not_of_the_flood(self) -> None:
        desk = Desk(Limits(starts_a_minute=1))
        for _ in range(5):
            desk.ask(WRONG)
        desk.ask(person="web:b")
        assert isinstance(desk.ask(), TooManyTries)


class TestWhatIsShownAndKept:
    @pytest.mark.parametrize(
        ("address", "shown"),
        [
            ("nguyen.an@example.com", "n•••n@e•••.com"),
            ("ab@example.com", "a•••@e•••.com"),
            ("a@example.com.vn", "a•••@e•••.com.vn"),
        ],
    )
    def test_a_masked_address_tells_a_stranger_nothing(self, address: str, shown: str) -> None:
        assert mask_email(address) == shown

    def test_a_masked_code_shows_three_digits(self) -> None:
        assert mask_code("7900000123") == "•••••••123"

    def test_the_audit_trail_names_nobody_in_clear(self, desk: Desk) -> None:
        desk.ask()
        desk.ask(WRONG)
        desk.ask(BINH.phones[0], BINH.code)
        written = repr(desk.store.audited)
        assert not any(secret in written for secret in (AN.code, AN.phones[0], str(AN.email), BINH.code, WRONG))

    def test_person_and_member_are_locked_before_they_are_counted(self, desk: Desk) -> None:
        desk.ask()
        kinds = [kind for kind, _ in desk.store.locked]
        assert kinds == ["person", "member", "destination", "everybody"]
        assert desk.store.locked[0] == ("person", "web:an")
        assert desk.store.locked[1] == ("member", AN.ref)

    def test_locks_are_taken_in_one_order_by_everybody(self, desk: Desk) -> None:
        order = list(get_args(Lock))
        desk.ask(address="a")
        desk.ask(WRONG, address="a", person="web:b")
        for person in ("web:an", "web:b"):
            start = desk.store.locked.index(("person", person))
            taken = [kind for kind, _ in desk.store.locked[start:]]
            taken = taken[: taken.index("person", 1)] if "person" in taken[1:] else taken
            assert taken == sorted(taken, key=order.index)

    def test_an_address_is_known_by_a_keyed_fingerprint_only(self, desk: Desk) -> None:
        desk.ask()
        destination = desk.store.begun[0]["destination"]
        assert "@" not in destination
        assert destination == fingerprint(KEY, "destination", "nguyen.an@example.com")
        assert destination != fingerprint(b"x" * 32, "destination", "nguyen.an@example.com")

    def test_a_failure_names_the_owner_only_where_they_can_be_told(self, desk: Desk) -> None:
        desk.ask(WRONG)
        desk.ask(WRONG, code=BINH.code)
        desk.ask(WRONG, code="7911111111")
        assert [row["owner"] for row in desk.store.failed] == [AN.ref, "", ""]
