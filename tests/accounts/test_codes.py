"""Codes that a call tells: one use, a few minutes, a few tries, bound to account and call."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from assistant.accounts import codes, upkeep
from assistant.accounts.code_records import PostgresCodes
from assistant.accounts.codes import TooManyCodes, Typed, WrongCode
from assistant.accounts.demo_members import MEMBERS
from assistant.accounts.model import CallStarted, RequestReset, ResetStarted
from assistant.accounts.records import PostgresResetStore
from assistant.accounts.reset import request_reset, set_password
from assistant.settings.limits import Limits
from tests.accounts.conftest import AN, Resets
from tests.kit.people import GOOD_PASSWORD
from tests.kit.talk import KEY

NO_MAIL = MEMBERS[2]


class Desk:
    """Asks by telephone, tells codes, takes them."""

    def __init__(self, resets: Resets) -> None:
        self.resets = resets

    def ring(self, member: Any = AN, number: str = "") -> str:
        """Lets a member ring; returns the reset."""
        with self.resets.connect() as connection:
            command = RequestReset(
                "phone:a", uuid.uuid4().hex, member.code, number or member.phones[0], "n", by_call=True
            )
            outcome = request_reset(command, PostgresResetStore(connection), self.resets.registry, KEY)
        assert isinstance(outcome, CallStarted), outcome
        return outcome.reset_id

    def tell(self, reset_id: str) -> str | None:
        with self.resets.connect() as connection:
            return codes.make_code(reset_id, PostgresResetStore(connection), PostgresCodes(connection), KEY)

    def type(
        self,
        code: str,
        number: str = AN.code,
        address: str = "a",
        limits: Limits = Limits(),
        around: Sequence[str] = (),
    ) -> Any:
        with self.resets.connect() as connection:
            store, kept = PostgresResetStore(connection), PostgresCodes(connection)
            return codes.redeem(Typed(number, code, (address, *around)), store, kept, KEY, limits)

    def waste(self, times: int, address: str = "a", limits: Limits = Limits(), around: Sequence[str] = ()) -> list[Any]:
        """Types codes of numbers that are nobody's."""
        return [self.type("000000", f"79{at:08}", address, limits, around) for at in range(times)]

    def keep_up(self) -> None:
        """Does what the job does every few seconds."""
        with psycopg.connect(self.resets.url, autocommit=True) as connection:
            upkeep.keep_up(connection, Limits())

    def rows(self, query: str) -> list[Any]:
        with self.resets.connect() as connection:
            found = connection.execute(query)
            return found.fetchall() if found.description else []


@pytest.fixture
def desk(resets: Resets) -> Desk:
    return Desk(resets)


def other(code: str) -> str:
    """Returns another code."""
    return f"{(int(code) + 1) % 10**6:06d}"


def test_a_right_code_becomes_a_link_that_sets_the_password_once(desk: Desk) -> None:
    code = desk.tell(desk.ring())
    assert code is not None
    assert len(code) == codes.DIGITS
    token = desk.type(code)
    assert isinstance(token, str)
    with desk.resets.connect() as connection:
        set_password(token, GOOD_PASSWORD, PostgresResetStore(connection), desk.resets.registry, frozenset())
    assert desk.resets.registry.password_matches(AN.code, GOOD_PASSWORD)
    assert isinstance(desk.type(code), WrongCode)


def test_no_letter_with_a_link_goes_and_the_owner_is_told_of_the_change_only(desk: Desk) -> None:
    token = desk.type(str(desk.tell(desk.ring())))
    assert desk.rows("SELECT count(*) FROM mail") == [(0,)]
    with desk.resets.connect() as connection:
        set_password(token, GOOD_PASSWORD, PostgresResetStore(connection), desk.resets.registry, frozenset())
    assert desk.rows("SELECT kind FROM mail") == [("password_changed",)]


def test_a_member_without_e_mail_gets_through_and_no_letter_fails(desk: Desk) -> None:
    token = desk.type(str(desk.tell(desk.ring(NO_MAIL))), NO_MAIL.code)
    with desk.resets.connect() as connection:
        set_password(token, GOOD_PASSWORD, PostgresResetStore(connection), desk.resets.registry, frozenset())
    assert desk.resets.registry.password_matches(NO_MAIL.code, GOOD_PASSWORD)
    assert desk.rows("SELECT count(*) FROM mail") == [(0,)]


def test_the_code_is_kept_as_argon2_only(desk: Desk) -> None:
    code = desk.tell(desk.ring())
    ((hashed,),) = desk.rows("SELECT hash FROM reset_codes")
    assert hashed.startswith("$argon2id$")
    assert str(code) not in str(desk.rows("SELECT c.reset_id, c.hash, c.wrong FROM reset_codes c"))


def test_five_wrong_codes_end_it_and_the_owner_is_told(desk: Desk) -> None:
    code = str(desk.tell(desk.ring()))
    assert all(isinstance(desk.type(other(code)), WrongCode) for _ in range(5))
    assert isinstance(desk.type(code), WrongCode)
    assert desk.rows("SELECT kind FROM mail") == [("reset_attempts",)]


def test_twelve_at_once_have_five_tries_and_a_right_one_is_used_once(desk: Desk) -> None:
    code = str(desk.tell(desk.ring()))
    with ThreadPoolExecutor(6) as threads:
        used = list(threads.map(lambda at: desk.type(code, address=f"a{at}"), range(12)))
    assert sum(isinstance(each, str) for each in used) == 1
    code = str(desk.tell(desk.ring()))
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda at: desk.type(other(code), address=f"b{at}"), range(12)))
    assert desk.rows("SELECT wrong FROM reset_codes ORDER BY made_at DESC LIMIT 1") == [(5,)]


def test_it_lives_five_minutes(desk: Desk) -> None:
    code = str(desk.tell(desk.ring()))
    ((seconds,),) = desk.rows("SELECT extract(epoch FROM expires_at - made_at)::int FROM reset_codes")
    assert seconds == 300
    desk.rows("UPDATE reset_codes SET expires_at = now()")
    assert isinstance(desk.type(code), WrongCode)


def test_a_code_of_one_account_opens_no_other(desk: Desk) -> None:
    code = str(desk.tell(desk.ring()))
    assert isinstance(desk.type(code, NO_MAIL.code), WrongCode)
    assert isinstance(desk.type(code, "7999999999"), WrongCode)
    assert isinstance(desk.type(code, AN.cccd), str)


def test_a_newer_call_ends_the_older_code(desk: Desk) -> None:
    first = str(desk.tell(desk.ring()))
    second = str(desk.tell(desk.ring()))
    if first != second:
        assert isinstance(desk.type(first), WrongCode)
    assert isinstance(desk.type(second), str)


def test_a_reset_that_is_over_has_no_code(desk: Desk) -> None:
    reset_id = desk.ring()
    with desk.resets.connect() as connection:
        codes.call_off(reset_id, PostgresResetStore(connection), PostgresCodes(connection))
    assert desk.tell(reset_id) is None
    used = desk.ring()
    assert isinstance(desk.type(str(desk.tell(used))), str)
    assert desk.tell(used) is None, "a code that was used is not replaced in the same call"


def test_a_password_set_by_letter_ends_the_code_of_a_call(desk: Desk) -> None:
    code = str(desk.tell(desk.ring()))
    assert isinstance(desk.resets.ask(), ResetStarted)
    with desk.resets.connect() as connection:
        set_password(
            desk.resets.link(), GOOD_PASSWORD, PostgresResetStore(connection), desk.resets.registry, frozenset()
        )
    assert isinstance(desk.type(code), WrongCode)


#: Only what a test is about is small.
FEW = Limits(address_checks_an_hour=3, address_checks_a_day=3)


class TestGuessing:
    """Wrong codes by many: counted, alarmed, and in nobody's way who has a right one."""

    def test_a_network_that_spent_its_tries_keeps_no_right_code_out(self, desk: Desk) -> None:
        code = str(desk.tell(desk.ring()))
        assert [type(one) for one in desk.waste(6, limits=FEW)] == [WrongCode] * 3 + [TooManyCodes] * 3
        assert isinstance(desk.type(code, limits=FEW), str)

    def test_and_an_answer_beyond_tells_no_number_with_a_code_from_one_without(self, desk: Desk) -> None:
        code = str(desk.tell(desk.ring()))
        desk.waste(3, limits=FEW)
        beyond = [
            desk.type(other(code), number, limits=FEW) for number in (AN.code, AN.cccd, NO_MAIL.code, "7999999999")
        ]
        assert {type(one) for one in beyond} == {TooManyCodes}

    def test_who_fires_all_the_time_at_a_number_does_not_end_its_codes(self, desk: Desk) -> None:
        code = str(desk.tell(desk.ring()))
        desk.waste(3, limits=FEW)
        assert {type(desk.type(other(code), limits=FEW)) for _ in range(12)} == {TooManyCodes}
        assert desk.rows("SELECT wrong FROM reset_codes") == [(2,)]
        assert isinstance(desk.type(code, address="elsewhere", limits=FEW), str)

    def test_however_many_networks_guess_a_code_has_five_tries(self, desk: Desk) -> None:
        code = str(desk.tell(desk.ring()))
        few = Limits(address_checks_an_hour=1, address_checks_a_day=1)
        for at in range(8):
            desk.type(other(code), address=f"a{at}", limits=few)
        assert isinstance(desk.type(code, address="owner", limits=few), WrongCode)

    @pytest.mark.parametrize(("around", "most"), [(("48-{}", "32"), 20), (("48", "32-{}"), 10)], ids=["/32", "/48"])
    def test_a_household_with_more_addresses_than_stars_is_counted_as_the_network_around_it(
        self, desk: Desk, around: Sequence[str], most: int
    ) -> None:
        limits = Limits(wider_checks_an_hour=10)
        found = [
            desk.type("000000", f"79{at:08}", f"64-{at}", limits, [name.format(at) for name in around])
            for at in range(most + 3)
        ]
        assert [type(one) for one in found] == [WrongCode] * most + [TooManyCodes] * 3
        assert isinstance(desk.type("000000", "7999999999", "64-x", limits, ("48-x", "32-x")), WrongCode), (
            "nobody else's"
        )

    def test_sixty_wrong_codes_in_an_hour_open_the_alarm_once_and_it_ends_by_itself(self, desk: Desk) -> None:
        found = [desk.type("000000", f"79{at:08}", f"a{at}") for at in range(63)]
        assert [type(one) for one in found] == [WrongCode] * 60 + [TooManyCodes] * 3
        assert desk.rows("SELECT scope FROM guessing_times WHERE closed_at IS NULL") == [("codes",)]
        assert desk.rows("SELECT count(*) FROM audit WHERE event = 'reset.guessing'") == [(1,)]
        desk.keep_up()
        assert desk.rows("SELECT count(*) FROM guessing_times WHERE closed_at IS NULL") == [(1,)], "it goes on"
        desk.rows("UPDATE code_misses SET at = at - interval '61 minutes'")
        desk.keep_up()
        assert desk.rows("SELECT count(*) FROM guessing_times WHERE closed_at IS NULL") == [(0,)]

    def test_the_alarm_does_not_wait_for_another_wrong_code(self, desk: Desk) -> None:
        desk.rows("INSERT INTO code_misses (address) SELECT n::text FROM generate_series(1, 60) n")
        desk.keep_up()
        assert desk.rows("SELECT scope FROM guessing_times WHERE closed_at IS NULL") == [("codes",)]

    def test_one_network_opens_no_alarm_and_leaves_no_row_for_each_of_thousands(self, desk: Desk) -> None:
        desk.waste(200)
        assert desk.rows("SELECT count(*), sum(more) FROM code_misses") == [(30, 170)]
        assert desk.rows("SELECT count(*) FROM audit WHERE event = 'code.refused'") == [(30,)]
        assert desk.rows("SELECT count(*) FROM guessing_times") == [(0,)]

    def test_a_network_at_once_has_no_more_wrong_codes(self, desk: Desk) -> None:
        with ThreadPoolExecutor(6) as threads:
            found = list(threads.map(lambda at: desk.type("000000", f"79{at:08}", limits=FEW), range(12)))
        assert sum(isinstance(one, WrongCode) for one in found) == 3
        assert desk.rows("SELECT count(*), sum(more) FROM code_misses") == [(3, 9)]

    def test_wrong_codes_ask_no_register_and_cost_no_argon2(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        code, verified = str(desk.tell(desk.ring())), []
        verify = codes._hasher.verify

        class Counting:
            """What compares, counted."""

            def verify(self, hashed: str, typed: str) -> bool:
                verified.append(typed)
                return verify(hashed, typed)

        monkeypatch.setattr(codes, "_hasher", Counting())
        desk.resets.registry.close()  # would be down if it were asked
        desk.waste(20)
        ((lookup,),) = desk.rows("SELECT lookup FROM reset_codes")
        ((reset_id,),) = desk.rows("SELECT reset_id::text FROM reset_codes")
        wrong = next(one for at in range(10**6) if codes._lookup(reset_id, one := f"{at:06d}", KEY) != lookup)
        assert isinstance(desk.type(wrong), WrongCode)
        assert verified == []
        assert isinstance(desk.type(code), str)
        assert verified == [code]


def test_an_e_mail_reset_of_the_same_member_goes_on_beside_it(desk: Desk) -> None:
    assert desk.tell(desk.ring())
    assert isinstance(desk.resets.ask(), ResetStarted)
