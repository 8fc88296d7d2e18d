"""One contract, kept by every registry: tables in PostgreSQL, the interface over HTTP, the same over mutual TLS."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import psycopg
import pytest

from assistant.accounts.model import RegistryUnavailable
from assistant.accounts.ports import Registry
from assistant.accounts.registry.guarded import GuardedRegistry
from assistant.accounts.registry.http import HttpRegistry
from sandbox.registry import RegistryStandIn
from tests.accounts.conftest import AN
from tests.kit.registries import Secured, Serving
from tests.kit.talk import registry_with_members

pytestmark = pytest.mark.dear(35)

#: What is said here is what is true, not how fast (tests/accounts/test_registry_faults.py measures that).
PATIENCE = 20
NO_EMAIL, ONLY_EMAIL = "4800000777", "9200000888"


class LogIn(Protocol):
    def password_matches(self, code: str, password: str) -> bool: ...


class Kept:
    """A registry, what its members can log in to, and how often a password was changed."""

    def __init__(self, registry: Registry, log_in: LogIn) -> None:
        self.registry = registry
        self.log_in = log_in

    def changes(self) -> int:
        raise NotImplementedError

    def ref(self) -> str:
        member = self.registry.find(AN.code)
        assert member is not None
        return member.ref


class InTables(Kept):
    database_url = ""

    def changes(self) -> int:
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute("SELECT count(*) FROM register.password_changes").fetchone()
        return int(row[0]) if row else 0


class OverHttp(Kept):
    def changes(self) -> int:
        return len(self.log_in.changes)  # type: ignore[attr-defined]


@pytest.fixture(params=["postgresql", "http", "mutual TLS and signatures", "guarded"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    if request.param in ("postgresql", "guarded"):
        url = request.getfixturevalue("database_url")
        tables = registry_with_members(url)
        guard = GuardedRegistry(tables, seconds=PATIENCE)
        opened = InTables(guard if request.param == "guarded" else tables, tables)
        opened.database_url = url
        yield opened
        guard.close()
        tables.close()
    elif request.param == "http":
        stand_in = RegistryStandIn()
        server = Serving(stand_in.app())
        client = HttpRegistry(server.url, seconds=PATIENCE)
        yield OverHttp(client, stand_in.book)
        client.close()
        server.stop()
    else:
        secured = Secured(tmp_path / "tls")
        client = secured.registry(seconds=PATIENCE)
        yield OverHttp(client, secured.stand_in.book)
        client.close()
        secured.stop()


def key(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


class TestFinding:
    def test_a_member_by_code_by_citizen_id_and_again_by_id(self, kept: Kept) -> None:
        found = kept.registry.find(AN.code)
        assert found is not None
        assert (found.code, found.phones, found.email) == (AN.code, AN.phones, AN.email)
        assert kept.registry.find(str(AN.cccd)) == found
        assert kept.registry.get(found.ref) == found

    def test_the_id_tells_nothing_of_the_member(self, kept: Kept) -> None:
        ref = kept.ref()
        assert not any(secret in ref for secret in (AN.code, str(AN.cccd), AN.phones[0], str(AN.email)))

    def test_members_without_an_email_or_a_phone(self, kept: Kept) -> None:
        without, only = kept.registry.find(NO_EMAIL), kept.registry.find(ONLY_EMAIL)
        assert without is not None
        assert without.email is None
        assert only is not None
        assert only.phones == ()

    @pytest.mark.parametrize(
        "code",
        [
            *("7911111111", "", "790000012", "79000001234", "0901000123", "7900000123\n"),
            *("%", "' OR '1'='1", "７９０００００１２３", "é" * 10),
        ],
    )
    def test_what_is_nobodys_code_finds_nobody(self, kept: Kept, code: str) -> None:
        assert kept.registry.find(code) is None

    @pytest.mark.parametrize("ref", ["", "nobody", "..", "a/b", "x" * 300, "ă", "?", "%2e%2e", "a\nb"])
    def test_what_is_nobodys_id_finds_nobody(self, kept: Kept, ref: str) -> None:
        assert kept.registry.get(ref) is None

    def test_many_at_once_get_each_their_own(self, kept: Kept) -> None:
        codes = [AN.code, NO_EMAIL, ONLY_EMAIL, "0116000045"] * 10
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(kept.registry.find, codes))
        assert [member and member.code for member in found] == codes


class TestSettingAPassword:
    def test_it_lets_the_owner_in_and_nobody_else(self, kept: Kept) -> None:
        kept.registry.set_password(kept.ref(), "mật khẩu mới 1", key("1"))
        assert kept.log_in.password_matches(AN.code, "mật khẩu mới 1")
        assert not kept.log_in.password_matches(AN.code, "mật khẩu mới 2")
        assert not kept.log_in.password_matches("0116000045", "mật khẩu mới 1")

    @pytest.mark.parametrize("password", ["pass word", "x" * 128, "😀" * 8, "\"'\\ {}<>&", "ñ́ñ́ñ́ñ́", "a\tb c d e f"])
    def test_it_arrives_as_it_was_typed(self, kept: Kept, password: str) -> None:
        kept.registry.set_password(kept.ref(), password, key("1"))
        assert kept.log_in.password_matches(AN.code, password)

    def test_the_same_key_again_has_no_second_effect(self, kept: Kept) -> None:
        ref = kept.ref()
        kept.registry.set_password(ref, "đầu tiên 123", key("1"))
        kept.registry.set_password(ref, "sau đó 123", key("2"))
        kept.registry.set_password(ref, "đầu tiên 123", key("1"))  # a late repetition of the first
        assert kept.log_in.password_matches(AN.code, "sau đó 123")
        assert kept.changes() == 2

    def test_the_same_key_ten_times_at_once_is_one_change(self, kept: Kept) -> None:
        ref = kept.ref()
        with ThreadPoolExecutor(10) as pool:
            list(pool.map(lambda _: kept.registry.set_password(ref, "đầu tiên 123", key("1")), range(10)))
        assert kept.changes() == 1

    def test_nobodys_password_is_not_said_to_be_set(self, kept: Kept) -> None:
        for ref in ("nobody", ""):
            with pytest.raises(RegistryUnavailable):
                kept.registry.set_password(ref, "đầu tiên 123", key("1"))
        kept.registry.set_password(kept.ref(), "đầu tiên 123", key("1"))  # and the key is not used up
        assert kept.log_in.password_matches(AN.code, "đầu tiên 123")
