"""Derived keys are renewed with two live: what the old one signed stays good, the new one signs from its moment on."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.requests import Request

from assistant import audit
from assistant.audit.keys import Keys, Signing
from assistant.privacy import keyring
from assistant.privacy.ring import LIVES, Derived, Ring, Root
from assistant.settings import Settings
from assistant.web.forms import FormGuard
from connectors.web.session import Sessions
from tests.conftest import Served, serve
from tests.kit import people, postgres, warm
from tests.kit.people import Visitor

NOW = datetime.datetime(2026, 12, 1, 8, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
OLD, NEW = Root(b"o" * 32), Root(b"n" * 32, NOW)
KEYS = [b"k" * 32]


class Clock:
    """A time that is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime.datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def trail_back() -> Iterator[None]:
    """Opening a vault opens its database's trail for the process; the tests that follow have theirs back."""
    before = audit.keys.opened()
    yield
    audit.unlock(before)


def ring(clock: Clock, *roots: Root) -> Ring:
    return Ring(roots, lambda root: root.key, clock)


class TestTheRing:
    def test_before_its_moment_a_key_is_believed_and_does_not_sign(self, clock: Clock) -> None:
        clock.now = NOW - HOUR
        assert list(ring(clock, NEW, OLD)) == [OLD.key, NEW.key]

    def test_from_then_on_it_signs_and_the_old_one_is_believed(self, clock: Clock) -> None:
        assert list(ring(clock, NEW, OLD)) == [NEW.key, OLD.key]
        clock.now = NOW + LIVES
        assert list(ring(clock, NEW, OLD)) == [NEW.key, OLD.key]

    def test_once_no_cookie_of_it_can_live_the_old_one_is_believed_no_more(self, clock: Clock) -> None:
        clock.now = NOW + LIVES + HOUR
        assert list(ring(clock, NEW, OLD)) == [NEW.key]

    def test_after_a_leak_the_old_one_ends_at_once(self, clock: Clock) -> None:
        leaked = Root(b"n" * 32, NOW, alone=True)
        assert list(ring(clock, OLD, leaked)) == [leaked.key]
        clock.now = NOW - HOUR
        assert list(ring(clock, OLD, leaked)) == [OLD.key, leaked.key]

    def test_what_is_derived_changes_with_it(self, clock: Clock) -> None:
        derived = Derived(ring(clock, OLD, NEW), b"web sessions")
        first = derived[0]
        clock.now = NOW - HOUR
        assert derived[0] != first
        assert first in derived


class TestForms:
    def test_a_mark_that_the_old_key_made_is_good_and_a_strangers_is_not(self, clock: Clock) -> None:
        guard = FormGuard(ring(clock, OLD, NEW), "csrf")
        clock.now = NOW - HOUR
        mark = guard.mark("link")
        clock.now = NOW
        assert guard.good("link", mark)
        assert guard.mark("link") != mark
        assert not guard.good("other", mark)
        assert not guard.good("link", FormGuard([b"s" * 32], "csrf").mark("link"))


class TestTheTrail:
    def test_an_older_key_proves_nothing_newer_than_its_end(self) -> None:
        later = Signing(b"e" * 32, b"c" * 32, NOW)
        keys = Keys(b"p" * 32, b"o" * 32, b"o" * 32, (later,))
        first = keys.signing[0]
        assert keys.of(NOW - 2 * HOUR) == [first]
        assert keys.of(NOW) == [first, later]  # clocks of nodes differ
        assert keys.of(NOW + 2 * HOUR) == [later]

    @pytest.mark.usefixtures("trail_back")
    def test_entries_of_both_keys_verify_in_one_chain(
        self, database_url: str, connection: psycopg.Connection[Any]
    ) -> None:
        for _ in range(2):
            vault = keyring.open_vault_at(database_url, KEYS)
            audit.record(connection, audit.Event.MAIL_UNDELIVERED, actor=audit.System("test"), where="test")
            audit.link(connection)
            keyring.renew(connection, vault, datetime.timedelta(0), alone=False)
        keyring.open_vault_at(database_url, KEYS)
        audit.link(connection)
        report = audit.verify(connection)
        assert report.good, report.findings
        assert len(audit.keys.opened().signing) == 3

    @pytest.mark.usefixtures("trail_back")
    def test_an_entry_that_an_ended_key_signed_today_shows(
        self, database_url: str, connection: psycopg.Connection[Any]
    ) -> None:
        vault = keyring.open_vault_at(database_url, KEYS)
        leaked = audit.keys.opened()
        keyring.renew(connection, vault, -3 * HOUR, alone=True)
        audit.unlock(leaked)
        audit.record(connection, audit.Event.MAIL_UNDELIVERED, actor=audit.System("forger"), where="test")
        audit.link(connection)
        keyring.open_vault_at(database_url, KEYS)
        assert not audit.verify(connection).good


class TestTheKeyring:
    @pytest.mark.usefixtures("trail_back")
    def test_names_stay_and_proofs_change(self, database_url: str, connection: psycopg.Connection[Any]) -> None:
        before = keyring.open_vault_at(database_url, KEYS)
        people_before, signing = audit.keys.opened().people, before.proving[0]
        keyring.renew(connection, before, datetime.timedelta(0), alone=False)
        after = keyring.open_vault_at(database_url, KEYS)
        assert after.token_key == before.token_key
        assert audit.keys.opened().people == people_before
        assert after.proving[0] != signing
        assert signing in after.proving

    @pytest.mark.usefixtures("trail_back")
    def test_every_root_is_sealed_with_the_vaults_keys(
        self, database_url: str, connection: psycopg.Connection[Any]
    ) -> None:
        keyring.renew(connection, keyring.open_vault_at(database_url, KEYS), HOUR, alone=False)
        with pytest.raises(keyring.KeyringError):
            keyring.open_vault_at(database_url, [b"x" * 32])


@pytest.fixture
def node(server_url: str, model_path: Path, tmp_path: Path) -> Iterator[Served]:
    served = serve(postgres.create(server_url, "k"), model_path, tmp_path)
    served.start()
    yield served
    people.close_clients()
    served.stop()


def _assistant(node: Served, *words: str) -> str:
    done = warm.run(*words, environment=os.environ | node.environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.usefixtures("trail_back")
def test_conversations_go_on_through_a_rotation(node: Served) -> None:
    """Two people talk; the keys are changed under them; both go on, and a third begins with the new key."""
    first, second = Visitor(node.url), Visitor(node.url)
    assert "1900" in first.text("tổng đài số mấy vậy")
    assert "signs from" in _assistant(node, "vault", "renew", "--minutes", "0")
    assert "1900" in second.text("tổng đài số mấy vậy")  # the node knows nothing of it yet
    node.stop()
    node.start()
    for person in (first, second):
        assert any("1900" in message["text"] for message in person.history()["messages"])
        assert "1900" in person.text("số tổng đài là gì")
    third = Visitor(node.url)
    settings = Settings(assistant_mode="demo", database_url=node.database_url, var_dir=node.var_dir)
    new, old = Derived(keyring.open_vault(settings).proving, b"web sessions")
    assert [_signer(person, new, old) for person in (first, second, third)] == ["old", "old", "new"]
    assert "✗" not in _assistant(node, "audit", "verify")


def _signer(person: Visitor, new: bytes, old: bytes) -> str:
    """Tells which key signed the cookie that a browser has."""
    headers = [(b"cookie", f"chat={person.http.cookies['chat']}".encode())]
    request = Request({"type": "http", "headers": headers})
    (name,) = [name for name, key in (("new", new), ("old", old)) if Sessions([key], secure=False).of(request)]
    return name
