"""Codes that a call tells: one use, a few minutes, a few tries, bound to account and call."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from assistant.accounts import codes
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
            return codes.make_code(reset_id, PostgresResetStore(connection), PostgresCodes(connection))

    def type(self, code: str, number: str = AN.code, address: str = "a", limits: Limits = Limits()) -> Any:
        with self.resets.connect() as connection:
            store, kept = PostgresResetStore(connection), PostgresCodes(connection)
            return codes.redeem(Typed(number, code, address), store, kept, self.resets.registry, limits)

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


def test_a_network_has_so_many_wrong_codes(desk: Desk) -> None:
    code = str(desk.tell(desk.ring()))
    limits = Limits(address_checks_an_hour=3, address_checks_a_day=3)
    for _ in range(3):
        assert isinstance(desk.type("000000", "7999999999", limits=limits), WrongCode)
    assert isinstance(desk.type(code, limits=limits), TooManyCodes)
    assert isinstance(desk.type(code, address="elsewhere", limits=limits), str)


def test_nobody_of_the_same_network_waits_for_the_register(desk: Desk) -> None:
    """A register that takes its time holds up who asked it, and not a whole office behind one address."""
    asked = []

    class Slow:
        """The register; while it is asked, somebody else of the network types a code."""

        def find(self, code: str) -> Any:
            with desk.resets.connect() as connection:
                connection.execute("SET lock_timeout = '2s'")
                PostgresResetStore(connection).lock("address", "a")
            asked.append(code)
            return desk.resets.registry.find(code)

    code = str(desk.tell(desk.ring()))
    with desk.resets.connect() as connection:
        register: Any = Slow()
        found = codes.redeem(
            Typed(AN.code, code, "a"), PostgresResetStore(connection), PostgresCodes(connection), register
        )
    assert isinstance(found, str)
    assert asked == [AN.code]


def test_a_network_at_once_has_no_more_wrong_codes_and_asks_no_register_beyond(desk: Desk) -> None:
    limits = Limits(address_checks_an_hour=3, address_checks_a_day=3)
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda at: desk.type("000000", f"79{at:08}", limits=limits), range(12)))
    assert sum(isinstance(one, WrongCode) for one in found) == 3
    assert desk.rows("SELECT count(*) FROM code_misses") == [(3,)]
    desk.resets.registry.close()  # would be down if it were asked
    assert isinstance(desk.type("000000", "7999999999", limits=limits), TooManyCodes)


def test_an_e_mail_reset_of_the_same_member_goes_on_beside_it(desk: Desk) -> None:
    assert desk.tell(desk.ring())
    assert isinstance(desk.resets.ask(), ResetStarted)
