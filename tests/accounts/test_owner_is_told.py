"""Owners hear of what others do with their code, and whoever does it cannot tell."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace

import psycopg
import pytest

from assistant.accounts import upkeep
from assistant.accounts.demo_members import MEMBERS
from assistant.accounts.model import NotMatched, RegistryUnavailable, ResetStarted, Unsaid, WeakPassword
from assistant.accounts.records import PostgresResetStore
from assistant.accounts.registry.sql import SqlRegistry
from assistant.accounts.reset import announce_password, set_password
from assistant.content.languages import Texts
from assistant.database import sqlalchemy_url
from assistant.settings.limits import LIMITS
from assistant.web.pages import Pages
from sandbox.mailbox import Mailbox
from tests.accounts.conftest import AN, Resets
from tests.kit.talk import KEY

BINH, WITHOUT_EMAIL = MEMBERS[1], MEMBERS[2]
WRONG, GOOD = "0999999999", "cà phê sữa đá 7h"


def keep_up(resets: Resets) -> int:
    with resets.connect() as connection:
        connection.autocommit = True
        return upkeep.keep_up(connection, LIMITS)


def rows(resets: Resets, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(resets.url, autocommit=True) as connection:
        return connection.execute(query).fetchall()


def later(resets: Resets, interval: str) -> None:
    with psycopg.connect(resets.url) as connection:
        connection.execute(f"UPDATE attempts SET at = at - interval '{interval}'")
        connection.execute(f"UPDATE owner_notices SET told_at = told_at - interval '{interval}'")
        for column in ("started_at", "tried_at"):
            connection.execute(f"UPDATE resets SET {column} = {column} - interval '{interval}'")


def tries(resets: Resets, number: int, code: str = AN.code) -> None:
    for n in range(number):
        assert isinstance(resets.ask(WRONG, code, person=f"web:thief{n}"), NotMatched | Unsaid)


class TestSomebodyTriesACode:
    def test_five_failures_by_five_people_are_one_mail_to_the_owner(self, resets: Resets, mailbox: Mailbox) -> None:
        tries(resets, 4)
        assert keep_up(resets) == 0
        tries(resets, 1)
        assert keep_up(resets) == 1
        resets.send_all(mailbox.url)
        (mail,) = mailbox.messages()
        assert mail["to"] == AN.email
        assert "Có người đang thử" in mail["subject"]
        assert "•••••••123" in mail["text"]
        assert AN.code not in mail["text"]
        assert "http" not in mail["text"], "nothing to click: a forged one would have"

    def test_one_mail_a_day_however_many_try(self, resets: Resets) -> None:
        tries(resets, 5)
        assert [keep_up(resets) for _ in range(3)] == [1, 0, 0]
        tries(resets, 20)
        later(resets, "23 hours")
        assert keep_up(resets) == 0
        tries(resets, 5)
        later(resets, "61 minutes")
        assert keep_up(resets) == 1

    def test_failures_of_yesterday_are_no_news(self, resets: Resets) -> None:
        tries(resets, 4)
        later(resets, "24 hours")
        tries(resets, 1)
        assert keep_up(resets) == 0

    def test_nobody_is_told_of_codes_that_are_nobodys_or_have_no_address(self, resets: Resets) -> None:
        tries(resets, 6, "7911111111")
        tries(resets, 6, WITHOUT_EMAIL.code)
        assert keep_up(resets) == 0

    def test_each_owner_is_told_of_their_own(self, resets: Resets, mailbox: Mailbox) -> None:
        tries(resets, 5)
        tries(resets, 3, BINH.code)
        tries(resets, 2, str(BINH.cccd))
        assert keep_up(resets) == 2
        resets.send_all(mailbox.url)
        assert sorted(mail["to"] for mail in mailbox.messages()) == sorted([AN.email, BINH.email])

    def test_ten_nodes_that_look_at_once_tell_once(self, resets: Resets) -> None:
        tries(resets, 5)
        with ThreadPoolExecutor(10) as nodes:
            assert sum(nodes.map(lambda _: keep_up(resets), range(10))) == 1
        assert rows(resets, "SELECT kind FROM mail") == [("reset_attempts",)]
        assert rows(resets, "SELECT count(*) FROM audit WHERE event = 'reset.owner_told'") == [(1,)]

    def test_who_tries_gets_the_same_answers_before_and_after_the_owner_is_told(self, resets: Resets) -> None:
        before = [resets.ask(WRONG, person="web:a") for _ in range(4)]
        tries(resets, 5)
        keep_up(resets)
        assert [resets.ask(WRONG, person="web:b") for _ in range(4)] == before

    def test_the_owner_who_was_told_can_still_reset(self, resets: Resets) -> None:
        tries(resets, 30)
        keep_up(resets)
        assert resets.ask() == Unsaid(), "nobody is told a match while so many try this code"
        keep_up(resets)
        kinds = rows(resets, "SELECT kind FROM mail ORDER BY id")
        assert kinds == [("reset_attempts",), ("reset_link",)], "the letter goes all the same"


class TestTheRegisterDidNotSay:
    @pytest.fixture
    def token(self, resets: Resets) -> str:
        resets.ask()
        return resets.link()

    @staticmethod
    @contextmanager
    def store(resets: Resets) -> Iterator[PostgresResetStore]:
        with resets.connect() as connection:
            yield PostgresResetStore(connection)

    def announce(self, resets: Resets, token: str) -> None:
        with self.store(resets) as store:
            announce_password(token, GOOD, store, resets.registry, frozenset())

    def test_a_crash_after_the_register_changed_the_password_is_told_to_the_owner(
        self, resets: Resets, token: str, mailbox: Mailbox
    ) -> None:
        self.announce(resets, token)
        with suppress(KeyboardInterrupt), self.store(resets) as store:
            set_password(token, GOOD, store, resets.registry, frozenset())
            raise KeyboardInterrupt
        assert keep_up(resets) == 0, "it may still be under way"
        later(resets, "31 seconds")
        assert keep_up(resets) == 1
        assert keep_up(resets) == 0
        resets.send_all(mailbox.url)
        subjects = {mail["subject"] for mail in mailbox.messages()}
        assert "Mật khẩu VssID của bạn có thể vừa được thay đổi" in subjects
        assert rows(resets, "SELECT count(*) FROM audit WHERE event = 'reset.unconfirmed'") == [(1,)]

    def test_the_retry_that_succeeds_is_told_as_a_change_and_nothing_else(self, resets: Resets, token: str) -> None:
        self.announce(resets, token)
        self.announce(resets, token)
        with self.store(resets) as store:
            set_password(token, GOOD, store, resets.registry, frozenset())
        later(resets, "31 seconds")
        assert keep_up(resets) == 0
        assert rows(resets, "SELECT kind FROM mail ORDER BY id") == [("reset_link",), ("password_changed",)]

    def test_a_register_that_refuses_the_password_is_no_doubt_and_no_mail(self, resets: Resets, token: str) -> None:
        class Strict(SqlRegistry):
            def set_password(self, ref: str, password: str, idempotency_key: str) -> None:
                raise WeakPassword("refused")

        strict = Strict(sqlalchemy_url(resets.url))
        pages = Pages(resets.connect, strict, [KEY], Texts({}), False, lambda connection, done: None, lambda done: None)
        with pytest.raises(WeakPassword):
            pages._set(token, GOOD)
        strict.close()
        later(resets, "31 seconds")
        assert keep_up(resets) == 0
        with self.store(resets) as store:
            set_password(token, GOOD, store, resets.registry, frozenset())

    def test_a_register_that_is_silent_ten_times_is_one_mail(self, resets: Resets, token: str) -> None:
        for _ in range(10):
            self.announce(resets, token)
            later(resets, "31 seconds")
            keep_up(resets)
        assert rows(resets, "SELECT count(*) FROM mail WHERE kind = 'password_unconfirmed'") == [(1,)]

    def test_a_password_being_set_this_moment_is_not_announced_as_lost(self, resets: Resets, token: str) -> None:
        self.announce(resets, token)
        later(resets, "31 seconds")
        with self.store(resets) as store:
            set_password(token, GOOD, store, resets.registry, frozenset())
            assert keep_up(resets) == 0
        assert keep_up(resets) == 0

    def test_a_silent_register_leaves_link_and_note(self, resets: Resets, token: str) -> None:
        self.announce(resets, token)

        class Silent:
            def __getattr__(self, name: str) -> object:
                return getattr(resets.registry, name)

            def set_password(self, *given: str) -> None:
                raise RegistryUnavailable

        with pytest.raises(RegistryUnavailable), self.store(resets) as store:
            set_password(token, GOOD, store, Silent(), frozenset())  # type: ignore[arg-type]
        later(resets, "31 seconds")
        assert keep_up(resets) == 1
        with self.store(resets) as store:
            set_password(token, GOOD, store, resets.registry, frozenset())


class TestTheBreaker:
    def test_it_closes_by_itself_and_both_ends_are_in_the_trail(self, resets: Resets) -> None:
        few = replace(LIMITS, starts_a_minute=1)
        resets.ask(limits=few)
        resets.ask(person="web:b", limits=few)
        with resets.connect() as connection:
            connection.autocommit = True
            assert not upkeep.close_breaker(connection, few)
            with psycopg.connect(resets.url) as clock:
                clock.execute("UPDATE resets SET started_at = started_at - interval '61 seconds'")
            assert upkeep.close_breaker(connection, few)
            assert not upkeep.close_breaker(connection, few)
        events = [event for (event,) in rows(resets, "SELECT event FROM audit ORDER BY at")]
        assert events[-3:] == ["reset.breaker_opened", "reset.refused", "reset.breaker_closed"]
        assert isinstance(resets.ask(person="web:b", limits=few), ResetStarted)


def test_fingerprints_of_networks_and_mailboxes_are_forgotten_in_two_days(resets: Resets) -> None:
    resets.ask(address="somewhere")
    assert rows(resets, "SELECT count(*) FROM resets WHERE address = 'somewhere' AND destination <> ''") == [(1,)]
    later(resets, "49 hours")
    keep_up(resets)
    assert rows(resets, "SELECT address, destination FROM resets") == [(None, None)]


def test_and_so_are_those_of_the_numbers_that_a_call_asked_about(resets: Resets) -> None:
    resets.ask(by_call=True)
    assert rows(resets, "SELECT cardinality(numbers) FROM resets") == [(2,)]
    later(resets, "49 hours")
    keep_up(resets)
    assert rows(resets, "SELECT numbers FROM resets") == [(None,)]
