"""Asking for a reset: what each answer is, and what an attacker cannot get out of it."""

from __future__ import annotations

import pytest

from assistant.accounts.limits import LIMITS, Limits
from assistant.accounts.model import (
    NoEmailOnRecord,
    NotMatched,
    Outcome,
    RegistryDown,
    RequestReset,
    ResetLimitReached,
    ResetStarted,
    TooManyTries,
    mask_code,
    mask_email,
)
from assistant.accounts.reset import request_reset
from tests.accounts.fakes import AN, BINH, CHI, FakeRegistry, FakeStore

WRONG = "0999999999"


class Desk:
    """Asks for resets as somebody."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.store, self.registry, self.limits = FakeStore(), FakeRegistry(), limits
        self.events = 0

    def ask(self, contact: str = AN.phones[0], code: str = AN.code, person: str = "web:an") -> Outcome:
        self.events += 1
        command = RequestReset(person, f"e{self.events}", code, contact)
        return request_reset(command, self.store, self.registry, self.limits)


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
        assert [desk.ask(WRONG) for _ in range(5)] == [*(NotMatched(left) for left in (4, 3, 2, 1)), TooManyTries(60)]

    def test_after_the_last_try_even_the_truth_does_not_help(self, desk: Desk) -> None:
        for _ in range(5):
            desk.ask(WRONG)
        assert isinstance(desk.ask(), TooManyTries)
        assert not desk.store.mails

    def test_a_match_in_between_gives_no_tries_back(self, desk: Desk) -> None:
        for _ in range(4):
            desk.ask(WRONG)
        desk.ask()
        assert isinstance(desk.ask(WRONG), TooManyTries)

    def test_refused_tries_do_not_prolong_the_wait(self, desk: Desk) -> None:
        for _ in range(5):
            desk.ask(WRONG)
        desk.store.later(minutes=50)
        desk.ask(WRONG)
        desk.store.later(minutes=11)
        assert desk.ask(WRONG) == NotMatched(4)

    def test_twenty_a_day_are_enough_however_slowly(self, desk: Desk) -> None:
        for _ in range(20):
            assert not isinstance(desk.ask(WRONG), ResetStarted)
            desk.store.later(minutes=62)
        assert isinstance(desk.ask(), TooManyTries)
        desk.store.later(hours=24)
        assert isinstance(desk.ask(), ResetStarted)

    def test_the_tries_promised_are_those_of_the_day_as_well(self) -> None:
        desk = Desk(Limits(tries_per_day=6))
        for _ in range(4):
            desk.ask(WRONG)
        desk.store.later(hours=2)
        assert desk.ask(WRONG) == NotMatched(1)
        assert isinstance(desk.ask(WRONG), TooManyTries)

    def test_one_persons_tries_are_nobody_elses(self, desk: Desk) -> None:
        for _ in range(5):
            desk.ask(WRONG, person="web:thief")
        assert isinstance(desk.ask(person="web:an"), ResetStarted)


class TestMailBombing:
    def test_three_mails_an_hour_reach_one_member_whoever_asks(self, desk: Desk) -> None:
        outcomes = [desk.ask(person=f"web:{n}") for n in range(4)]
        assert [type(outcome) for outcome in outcomes] == [ResetStarted] * 3 + [ResetLimitReached]
        assert len(desk.store.mails) == 3

    def test_five_resets_a_day_reach_one_member(self, desk: Desk) -> None:
        for _ in range(5):
            assert isinstance(desk.ask(), ResetStarted)
            desk.store.later(minutes=61)
        assert isinstance(desk.ask(), ResetLimitReached)
        desk.store.later(hours=24)
        assert isinstance(desk.ask(), ResetStarted)

    def test_one_person_starts_ten_resets_an_hour_over_many_members(self, desk: Desk) -> None:
        for n in range(11):
            ref, code, phone = f"ref-{n}", f"79000010{n:02}", f"09010010{n:02}"
            desk.registry.members[ref] = type(AN)(ref, code, (phone,), f"m{n}@example.com")
        outcomes = [desk.ask(f"09010010{n:02}", f"79000010{n:02}") for n in range(11)]
        assert [type(outcome) for outcome in outcomes] == [ResetStarted] * 10 + [ResetLimitReached]

    def test_the_limit_is_said_to_those_who_match_only(self, desk: Desk) -> None:
        for n in range(3):
            desk.ask(person=f"web:{n}")
        assert desk.ask(WRONG, person="web:other") == NotMatched(4)


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
        assert desk.store.locked == ["web:an", AN.ref]
