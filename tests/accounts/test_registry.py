"""The embedded register keeps the contract of accounts.ports.Registry."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from assistant.accounts.model import RegistryUnavailable
from assistant.accounts.registry.sql import SqlRegistry
from assistant.database import sqlalchemy_url
from tests.accounts.conftest import AN
from tests.conftest import free_port
from tests.kit.promises import ANSWER


def test_a_member_is_found_by_code_and_by_citizen_id(registry: SqlRegistry) -> None:
    by_code = registry.find(AN.code)
    assert by_code is not None
    assert (by_code.code, by_code.phones, by_code.email) == (AN.code, AN.phones, AN.email)
    assert registry.find(str(AN.cccd)) == by_code
    assert registry.get(by_code.ref) == by_code


def test_the_reference_tells_nothing_about_the_member(registry: SqlRegistry) -> None:
    member = registry.find(AN.code)
    assert member is not None
    assert AN.code not in member.ref


@pytest.mark.parametrize(
    "code", ["7911111111", "", "790000012", "79000001234", "0901000123", "%", "' OR '1'='1", "７９０００００１２３"]
)
def test_what_is_no_members_code_finds_nobody(registry: SqlRegistry, code: str) -> None:
    assert registry.find(code) is None
    assert registry.get(code) is None


def test_adding_members_again_changes_nothing(registry: SqlRegistry) -> None:
    registry.create()
    registry.add([(AN.code, AN.cccd, ("0999999999",), "thief@example.com")])
    member = registry.find(AN.code)
    assert member is not None
    assert member.email == AN.email


class TestSettingAPassword:
    @pytest.fixture
    def ref(self, registry: SqlRegistry) -> str:
        member = registry.find(AN.code)
        assert member is not None
        return member.ref

    def test_it_lets_the_owner_in_and_nobody_else(self, registry: SqlRegistry, ref: str) -> None:
        assert not registry.password_matches(AN.code, "")
        registry.set_password(ref, "mật khẩu mới 1", "k1")
        assert registry.password_matches(AN.code, "mật khẩu mới 1")
        assert registry.password_matches(str(AN.cccd), "mật khẩu mới 1")
        assert not registry.password_matches(AN.code, "mật khẩu mới 2")
        assert not registry.password_matches("0116000045", "mật khẩu mới 1")

    def test_it_is_kept_as_argon2_only(self, registry: SqlRegistry, ref: str, database_url: str) -> None:
        registry.set_password(ref, "mật khẩu mới 1", "k1")
        with psycopg.connect(database_url) as connection:
            row = connection.execute("SELECT password_hash FROM register.members WHERE ref = %s", (ref,)).fetchone()
        assert row is not None
        assert row[0].startswith("$argon2id$")

    def test_the_same_key_again_has_no_second_effect(self, registry: SqlRegistry, ref: str) -> None:
        registry.set_password(ref, "đầu tiên 123", "k1")
        registry.set_password(ref, "sau đó 123", "k2")
        registry.set_password(ref, "đầu tiên 123", "k1")  # a late repeat of the first
        assert registry.password_matches(AN.code, "sau đó 123")

    def test_the_same_key_ten_times_at_once_is_one_change(
        self, registry: SqlRegistry, ref: str, connection: psycopg.Connection[Any]
    ) -> None:
        with ThreadPoolExecutor(10) as pool:
            list(pool.map(lambda _: registry.set_password(ref, "đầu tiên 123", "k1"), range(10)))
        assert connection.execute("SELECT count(*) FROM register.password_changes").fetchone() == (1,)


class TestADeadRegister:
    @pytest.fixture
    def silent(self) -> Iterator[SqlRegistry]:
        """A register whose server takes connections and never speaks."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(16)
            registry = SqlRegistry(f"postgresql+psycopg://x@127.0.0.1:{listener.getsockname()[1]}/x")
            yield registry
            registry.close()

    def test_a_silent_server_is_given_up_within_three_seconds(self, silent: SqlRegistry) -> None:
        started = time.monotonic()
        with pytest.raises(RegistryUnavailable):
            silent.find(AN.code)
        assert time.monotonic() - started < ANSWER

    def test_many_waiting_at_once_are_given_up_as_fast(self, silent: SqlRegistry) -> None:
        def ask(_: int) -> float:
            started = time.monotonic()
            with pytest.raises(RegistryUnavailable):
                silent.find(AN.code)
            return time.monotonic() - started

        with ThreadPoolExecutor(20) as pool:
            assert max(pool.map(ask, range(20))) < ANSWER

    def test_every_call_says_so_where_nobody_listens(self) -> None:
        registry = SqlRegistry(f"postgresql+psycopg://x@127.0.0.1:{free_port()}/x")
        calls = (
            lambda: registry.find("1"), lambda: registry.get("1"), lambda: registry.set_password("1", "x" * 8, "k")
        )  # fmt: skip
        for call in calls:
            with pytest.raises(RegistryUnavailable):
                call()

    @pytest.mark.usefixtures("registry")
    def test_a_slow_query_is_given_up(self, database_url: str, connection: psycopg.Connection[Any]) -> None:
        registry = SqlRegistry(sqlalchemy_url(database_url))  # with the patience it has in service
        with connection.transaction():
            connection.execute("LOCK TABLE register.members")
            started = time.monotonic()
            with pytest.raises(RegistryUnavailable):
                registry.find(AN.code)
            assert time.monotonic() - started < ANSWER
        assert registry.find(AN.code) is not None
        registry.close()

    def test_connections_killed_by_a_restart_are_replaced(
        self, registry: SqlRegistry, connection: psycopg.Connection[Any]
    ) -> None:
        registry.find(AN.code)
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert registry.find(AN.code) is not None
