"""A registry that is slow, broken, down, or not who it says: an honest "unavailable" in time, never a guess."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from assistant.accounts.model import Member, RegistryUnavailable, WeakPassword
from assistant.accounts.ports import Registry
from assistant.accounts.registry.guarded import Breaker, GuardedRegistry
from assistant.accounts.registry.http import HttpRegistry, Signature
from assistant.accounts.registry.sql import SqlRegistry
from assistant.database import sqlalchemy_url
from sandbox.certificates import Authority
from sandbox.registry import RegistryStandIn
from sandbox.registry_faults import FAULTS
from sandbox.wire import Mode, Wire
from tests.accounts.conftest import AN
from tests.conftest import free_port
from tests.kit.promises import ANSWER, ROOM
from tests.kit.registries import Secured, Serving
from tests.kit.talk import registry_with_members
from tests.kit.waiting import until

pytestmark = pytest.mark.dear(60)

KEY = hashlib.sha256(b"1").hexdigest()


def seconds(call: Callable[[], Any]) -> float:
    """Returns how long a call took that ended without an answer."""
    started = time.monotonic()
    with pytest.raises(RegistryUnavailable):
        call()
    return time.monotonic() - started


def threads_of_calls() -> int:
    return sum(thread.name.startswith("registry") for thread in threading.enumerate())


class Behind:
    """The stand-in behind a wire, and a client of it."""

    def __init__(self) -> None:
        self.stand_in = RegistryStandIn()
        self.server = Serving(self.stand_in.app())
        self.wire = Wire(self.server.port)
        self.client = HttpRegistry(f"http://127.0.0.1:{self.wire.port}")

    def ref(self) -> str:
        return str(self.stand_in.book.lookup(AN.code)["ref"])  # type: ignore[index]

    def stop(self) -> None:
        self.client.close()
        self.wire.close()
        self.server.stop()


@pytest.fixture
def behind() -> Iterator[Behind]:
    made = Behind()
    yield made
    made.stop()


class TestAnswersThatAreNone:
    @pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "slow"])
    def test_each_is_unavailable_in_time_and_recovers_by_itself(self, behind: Behind, fault: str) -> None:
        behind.stand_in.fault = fault
        assert seconds(lambda: behind.client.find(AN.code)) < ANSWER
        assert seconds(lambda: behind.client.get(behind.ref())) < ANSWER
        behind.stand_in.fault = ""
        assert behind.client.find(AN.code) is not None

    def test_a_slow_one_is_given_up(self, behind: Behind) -> None:
        behind.stand_in.fault, behind.stand_in.slow_seconds = "slow", 2 * ANSWER
        assert seconds(lambda: behind.client.find(AN.code)) < ANSWER

    @pytest.mark.parametrize("fault", ["429", "500", "502", "503", "409"])
    def test_one_bad_moment_is_bridged(self, behind: Behind, fault: str) -> None:
        behind.stand_in.next_faults.append(fault)
        assert behind.client.find(AN.code) is not None
        assert behind.stand_in.requests == 2

    def test_a_wait_too_long_is_not_waited_for(self, behind: Behind) -> None:
        behind.stand_in.fault = "429_long"
        assert seconds(lambda: behind.client.find(AN.code)) < 0.5 * ROOM
        assert behind.stand_in.requests == 1

    def test_nonsense_is_not_asked_for_again(self, behind: Behind) -> None:
        behind.stand_in.fault = "wrong_types"
        seconds(lambda: behind.client.find(AN.code))
        assert behind.stand_in.requests == 1

    def test_a_redirect_is_not_followed(self, behind: Behind) -> None:
        behind.stand_in.fault = "redirect"
        seconds(lambda: behind.client.find(AN.code))
        assert behind.stand_in.requests == 1

    def test_a_wrong_address_is_not_an_unknown_code(self, behind: Behind) -> None:
        lost = HttpRegistry(f"{behind.server.url}/elsewhere")
        seconds(lambda: lost.find("7911111111"))
        seconds(lambda: lost.get("nobody"))

    def test_a_proxy_in_the_environment_is_not_used(self, behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
        assert behind.client.find(AN.code) is not None


class TestWhatIsOnRecord:
    @pytest.mark.parametrize(
        "address",
        [
            *("", "không có", "a b@example.com", "x" * 250 + "@example.com"),
            *("an@example.com\nBcc: thief@example.com", "an@example.com, thief@example.com"),
        ],
    )
    def test_an_address_that_is_none_counts_as_none(self, behind: Behind, address: str) -> None:
        behind.stand_in.book.change(AN.code, email=address)
        found = behind.client.find(AN.code)
        assert found is not None
        assert found.email is None

    def test_a_phone_in_another_form_matches_nobody(self, behind: Behind) -> None:
        behind.stand_in.book.change(AN.code, phones=("+84 901 000 123", "0901000123"))
        found = behind.client.find(AN.code)
        assert found is not None
        assert found.phones == ("0901000123",)

    def test_the_registrys_own_rules_for_passwords_are_heard(self, behind: Behind) -> None:
        with pytest.raises(WeakPassword) as refused:
            behind.client.set_password(behind.ref(), f"x{AN.code}x", KEY)
        assert refused.value.reason == "refused"
        assert behind.stand_in.book.changes == []


class TestTheWire:
    @pytest.mark.parametrize("mode", ["silent", "trickle", "refuse", "cut_answer"])
    def test_whatever_it_does_the_call_ends_in_time_and_goes_on_later(self, behind: Behind, mode: Mode) -> None:
        behind.client.find(AN.code)  # a connection is open when it happens
        behind.wire.mode = mode
        assert seconds(lambda: behind.client.find(AN.code)) < ANSWER
        assert seconds(lambda: behind.client.find(AN.code)) < ANSWER  # and on a fresh one
        behind.wire.mode = "good"
        assert behind.client.find(AN.code) is not None

    def test_an_answer_lost_after_the_effect_is_found_done(self, behind: Behind) -> None:
        behind.wire.mode = "cut_once"
        behind.client.set_password(behind.ref(), "mật khẩu mới 1", KEY)
        assert behind.wire.cut == 1
        assert len(behind.stand_in.book.changes) == 1

    def test_a_password_whose_answer_never_came_is_set_once_by_the_next_try(self, behind: Behind) -> None:
        behind.wire.mode = "cut_answer"
        assert seconds(lambda: behind.client.set_password(behind.ref(), "mật khẩu mới 1", KEY)) < ANSWER
        behind.wire.mode = "good"
        behind.client.set_password(behind.ref(), "mật khẩu mới 1", KEY)
        assert len(behind.stand_in.book.changes) == 1
        assert behind.stand_in.book.password_matches(AN.code, "mật khẩu mới 1")

    def test_nobody_listens(self) -> None:
        gone = HttpRegistry(f"http://127.0.0.1:{free_port()}")
        for call in (lambda: gone.find(AN.code), lambda: gone.get("x"), lambda: gone.set_password("x", "x" * 8, KEY)):
            assert seconds(call) < ANSWER


class TestWhoAsksAndWhoAnswers:
    @pytest.fixture
    def secured(self, tmp_path: Path) -> Iterator[Secured]:
        made = Secured(tmp_path / "tls")
        yield made
        made.stop()

    def test_another_authoritys_registry_is_not_believed(self, secured: Secured, tmp_path: Path) -> None:
        other = Authority(tmp_path / "other")
        assert seconds(lambda: secured.registry(ca_file=str(other.file)).find(AN.code)) < ANSWER
        assert seconds(lambda: secured.registry(ca_file="").find(AN.code)) < ANSWER
        assert secured.stand_in.requests == 0

    def test_without_a_certificate_nothing_is_told(self, secured: Secured) -> None:
        assert seconds(lambda: secured.registry(client_cert="", client_key="").find(AN.code)) < ANSWER
        assert secured.stand_in.requests == 0

    def test_another_authoritys_client_is_not_let_in(self, secured: Secured, tmp_path: Path) -> None:
        stranger = Authority(tmp_path / "other").issue("assistant", client=True)
        shown = {"client_cert": str(stranger.cert), "client_key": str(stranger.key)}
        assert seconds(lambda: secured.registry(**shown).find(AN.code)) < ANSWER
        assert secured.stand_in.requests == 0

    @pytest.mark.parametrize(
        "signature", [None, Signature("main", b"x" * 32), Signature("stranger", b"x" * 32)], ids=["none", "key", "name"]
    )
    def test_a_wrong_signature_gets_nothing(self, secured: Secured, signature: Signature | None) -> None:
        assert seconds(lambda: secured.registry(signature=signature).find(AN.code)) < ANSWER

    def test_a_request_heard_on_the_way_cannot_be_sent_again_or_changed(self, secured: Secured) -> None:
        url, shown = f"{secured.server.url}/v1/member-lookups", {"verify": str(secured.authority.file)}
        shown |= {"cert": (str(secured.client.cert), str(secured.client.key))}  # type: ignore[dict-item]
        request = requests.Request("POST", url, json={"code": AN.code}, auth=Signature("main", secured.key)).prepare()
        with requests.Session() as session:
            assert session.send(request, **shown).status_code == 200
            assert session.send(request, **shown).status_code == 401  # replayed
            fresh = requests.Request("POST", url, json={"code": AN.code}, auth=Signature("main", secured.key)).prepare()
            fresh.body = b'{"code": "0116000045"}'
            fresh.headers["Content-Length"] = str(len(fresh.body))
            assert session.send(fresh, **shown).status_code == 401  # changed


class TestTablesThatHang:
    """The registry's database stops in the middle of a query, and TCP goes on as if nothing were."""

    @pytest.fixture
    def wire(self, server_url: str) -> Iterator[Wire]:
        folder = psycopg.conninfo.conninfo_to_dict(server_url)["host"]
        made = Wire(0, unix_socket=f"{folder}/.s.PGSQL.5432")
        yield made
        made.close()

    def test_it_is_given_up_in_time_and_recovers(self, wire: Wire, database_url: str) -> None:
        registry_with_members(database_url).close()
        name = database_url.partition("?")[0].rpartition("/")[2]
        registry = SqlRegistry(sqlalchemy_url(f"postgresql://postgres@127.0.0.1:{wire.port}/{name}"))
        found = registry.find(AN.code)
        assert found is not None
        wire.mode = "silent"
        assert seconds(lambda: registry.find(AN.code)) < ANSWER
        assert seconds(lambda: registry.set_password(found.ref, "mật khẩu mới 1", KEY)) < ANSWER
        wire.drop()
        wire.mode = "good"
        assert registry.find(AN.code) == found
        registry.set_password(found.ref, "mật khẩu mới 1", KEY)
        registry.close()


class Hanging:
    """A registry that takes its time, heeding no deadline, as name resolution does."""

    def __init__(self, takes: float) -> None:
        self.takes = takes
        self.calls = self.ended = 0
        self.enough = threading.Event()

    def find(self, code: str) -> Member | None:
        self.calls += 1
        self.enough.wait(self.takes)
        self.ended += 1
        return None

    def get(self, ref: str) -> Member | None:
        return self.find(ref)

    def set_password(self, ref: str, password: str, idempotency_key: str) -> None:
        self.find(ref)


class TestTheGuard:
    def test_what_heeds_no_deadline_is_left_behind(self) -> None:
        hanging = Hanging(90)
        guard = GuardedRegistry(hanging, seconds=0.3)
        assert seconds(lambda: guard.find("1")) >= 0.3
        assert hanging.ended == 0
        hanging.enough.set()
        guard.close()

    def test_after_three_failures_nobody_waits_any_more(self) -> None:
        hanging = Hanging(2)
        guard = GuardedRegistry(hanging, seconds=1.2)
        for _ in range(3):
            assert seconds(lambda: guard.find("1")) >= 0.25
        assert guard.open
        seconds(lambda: guard.find("1"))
        assert hanging.calls == 3
        guard.close()

    def test_one_caller_goes_ahead_after_the_rest_and_all_follow(self) -> None:
        hanging = Hanging(2)
        now = [0.0]
        guard = GuardedRegistry(hanging, seconds=1.5, breaker=Breaker(rest=0.3, clock=lambda: now[0]))
        for _ in range(3):
            seconds(lambda: guard.find("1"))
        now[0] += 0.35
        with ThreadPoolExecutor(8) as pool:  # still down: one finds out, seven do not wait
            took = sorted(pool.map(lambda _: seconds(lambda: guard.find("1")), range(8)))
        assert hanging.calls == 4
        assert took[6] < took[7] >= 1.4
        hanging.takes = 0
        now[0] += 0.35
        assert guard.find("1") is None
        assert not guard.open
        assert guard.find("1") is None
        guard.close()

    def test_after_one_failure_the_next_does_not_wait_as_long_and_a_good_answer_restores_the_patience(self) -> None:
        slow = Hanging(2)
        guard = GuardedRegistry(slow, seconds=1.6)
        first = seconds(lambda: guard.find("1"))
        assert first >= 1.6
        assert 0.25 <= seconds(lambda: guard.find("1")) < first
        slow.takes = 0.1
        assert guard.find("1") is None
        slow.takes = 0.6
        assert guard.find("1") is None
        guard.close()

    def test_a_password_is_given_its_full_time_even_then(self) -> None:
        slow = Hanging(1)
        guard = GuardedRegistry(slow, seconds=0.8)
        seconds(lambda: guard.find("1"))
        slow.takes = 0.6
        guard.set_password("1", "x" * 8, KEY)
        guard.close()

    def test_nonsense_about_one_member_stops_nobody_else(self, behind: Behind) -> None:
        guard = GuardedRegistry(behind.client)
        behind.stand_in.next_faults.extend(["wrong_types"] * 5)
        for _ in range(5):
            assert seconds(lambda: guard.find(AN.code)) < ANSWER
        assert not guard.open
        assert guard.find(AN.code) is not None
        guard.close()

    @pytest.mark.parametrize("at_once", [1, 2, 3])
    @pytest.mark.parametrize("mode", ["silent", "trickle"])
    def test_twenty_people_at_once_are_all_told_in_time(self, behind: Behind, mode: Mode, at_once: int) -> None:
        behind.wire.mode = mode
        guard = GuardedRegistry(behind.client)
        started = time.monotonic()

        def ask(_: int) -> float:
            seconds(lambda: guard.find(AN.code))
            return time.monotonic() - started

        with ThreadPoolExecutor(at_once) as workers:  # as many turns as a process runs at a time
            assert max(workers.map(ask, range(20))) < ANSWER
        guard.close()

    def test_calls_left_behind_end(self, behind: Behind) -> None:
        behind.wire.mode = "trickle"
        guard = GuardedRegistry(behind.client, seconds=0.5)
        before = threads_of_calls()
        for _ in range(3):
            seconds(lambda: guard.find(AN.code))
        guard.close()
        until(lambda: threads_of_calls() <= before)

    def test_it_counts_what_it_does(self) -> None:
        counted: list[str] = []
        guard = GuardedRegistry(Hanging(0), breaker=Breaker(most=1), observe=counted.append)
        guard.find("1")
        registry: Registry = GuardedRegistry(Hanging(1), 0.05, Breaker(most=1), counted.append)
        for _ in range(2):
            seconds(lambda: registry.find("1"))
        assert counted == ["answered", "unavailable", "refused"]
        guard.close()
