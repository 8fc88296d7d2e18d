"""The reset dies at every statement and every commit, one after the other: nothing is half done, a retry works."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from assistant.accounts.model import LinkInvalid, NotMatched, RequestReset, ResetStarted
from assistant.accounts.records import PostgresResetStore
from assistant.accounts.reset import request_reset
from assistant.content.languages import Texts
from assistant.messages import inbox
from assistant.messages.events import PULLED, Event
from assistant.messages.turns import take_turn
from assistant.privacy.vault import Vault
from assistant.rasa.host import AgentHost
from assistant.web.pages import Pages
from tests.accounts.conftest import AN, Resets
from tests.kit import postgres
from tests.kit.dying import Death, at_every_step
from tests.kit.talk import KEY, host_for

pytestmark = pytest.mark.dear(35)

GOOD, WRONG = "cà phê sữa đá 7h", "0999999999"
_TABLES = ("attempts", "resets", "reset_links", "mail", "audit", "owner_notices", "breaker_openings")


def one(url: str, query: str, *values: Any) -> Any:
    with psycopg.connect(url, autocommit=True) as owner:
        row = owner.execute(query, values).fetchone()
    return row[0] if row else None


def counts(url: str) -> dict[str, int]:
    return {table: one(url, f"SELECT count(*) FROM {table}") for table in _TABLES}


def forget(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(
            "TRUNCATE attempts, resets, reset_links, reset_codes, phone_callbacks, mail, owner_notices,"
            " breaker_openings"
        )
        owner.execute("TRUNCATE register.password_changes")


def asking(resets: Resets, contact: str) -> Callable[[Death], Any]:
    command = RequestReset("web:an", "e1", AN.code, contact, "network")

    def ask(death: Death) -> Any:
        with death.connect() as connection:
            return request_reset(command, PostgresResetStore(connection), resets.registry, KEY)

    return ask


class TestAsking:
    def test_a_reset_that_dies_at_any_step_is_whole_or_not_there(self, resets: Resets) -> None:
        before = counts(resets.url)
        ask = asking(resets, AN.phones[0])
        one_reset = {"resets": 1, "mail": 1, "audit": 1}

        def check(step: int, error: BaseException | None) -> None:
            now = counts(resets.url)
            new = {table: now[table] - before[table] for table in now if now[table] != before[table]}
            before["audit"] = now["audit"]  # nobody may empty the trail
            if error is None or "COMMIT" in str(error):
                assert new == one_reset, f"step {step}"
                with pytest.raises(psycopg.errors.UniqueViolation):
                    ask(Death(resets.url, 0))
                assert counts(resets.url)["resets"] == 1
            else:
                assert new == {}, f"step {step}"
                assert isinstance(ask(Death(resets.url, 0)), ResetStarted), "a retry succeeds"
                assert counts(resets.url)["resets"] == counts(resets.url)["mail"] == 1, "once"
            before["audit"] = counts(resets.url)["audit"]
            forget(resets.url)

        assert at_every_step(resets.url, ask, check) > 12

    def test_a_wrong_guess_that_dies_at_any_step_is_counted_or_was_never_made(self, resets: Resets) -> None:
        ask = asking(resets, WRONG)

        def check(step: int, error: BaseException | None) -> None:
            made = 1 if error is None or "COMMIT" in str(error) else 0
            assert counts(resets.url)["attempts"] == made, f"step {step}"
            left = 4 - made
            assert ask(Death(resets.url, 0)) == NotMatched(left), "no guess is free, none is counted twice"
            forget(resets.url)

        assert at_every_step(resets.url, ask, check) > 8


class TestSettingThePassword:
    def pages(self, resets: Resets, connect: Callable[[], psycopg.Connection[Any]]) -> Pages:
        vault = Vault([KEY])

        def completed(connection: psycopg.Connection[Any], done: Any) -> None:
            event = Event("web", f"reset-done {done.id}", done.person, "system", payload="#reset_done")
            inbox.accept_within(connection, event, vault)

        return Pages(connect, resets.registry, [KEY], Texts({}), False, completed, lambda done: None)

    def test_a_password_set_while_dying_at_any_step_is_set_once_and_told(self, resets: Resets) -> None:
        state: dict[str, str] = {}

        def prepare() -> None:
            forget(resets.url)
            with psycopg.connect(resets.url, autocommit=True) as owner:
                owner.execute("DELETE FROM inbox")
            assert isinstance(resets.ask(), ResetStarted)
            state["token"] = resets.link()

        def act(death: Death) -> Any:
            prepare()
            return self.pages(resets, death.connect)._set(state["token"], GOOD)

        def check(step: int, error: BaseException | None) -> None:
            used = one(resets.url, "SELECT count(*) FROM resets WHERE used_at IS NOT NULL")
            changes = one(resets.url, "SELECT count(*) FROM register.password_changes")
            told = one(resets.url, "SELECT count(*) FROM mail WHERE kind = 'password_changed'")
            events = one(resets.url, "SELECT count(*) FROM inbox")
            assert used == told == events, f"step {step}: all of it or nothing"
            assert used <= changes <= 1
            if changes and not used:
                noted = one(resets.url, "SELECT count(*) FROM resets WHERE tried_at IS NOT NULL")
                assert noted == 1, f"step {step}: the owner would never hear of it"
            again = self.pages(resets, resets.connect)
            if used:
                with pytest.raises(LinkInvalid):
                    again._set(state["token"], GOOD)
            else:
                again._set(state["token"], GOOD)
            assert one(resets.url, "SELECT count(*) FROM register.password_changes") == 1, f"step {step}: once"
            assert one(resets.url, "SELECT count(*) FROM mail WHERE kind = 'password_changed'") == 1

        assert at_every_step(resets.url, act, check) > 12
        assert resets.registry.password_matches(AN.code, GOOD)


class TestATurn:
    @pytest.fixture(scope="class")
    def host(self, model_path: Path, server_url: str) -> Iterator[tuple[AgentHost, str]]:
        """The engine on a database of its own."""
        url = postgres.create(server_url)
        with host_for(model_path, url) as loaded:
            yield loaded, url

    @pytest.mark.timeout(900)
    def test_a_message_whose_turn_dies_at_any_statement_is_answered_once_with_one_reset(
        self, host: tuple[AgentHost, str]
    ) -> None:
        engine, url = host
        person = {"name": ""}

        def act(death: Death) -> Any:
            forget(url)
            person["name"] = f"web:{uuid.uuid4().hex}"
            said = f"em quên mật khẩu vssid, mã số {AN.code}, sđt {AN.phones[0]}"
            with psycopg.connect(url) as door:
                inbox.accept_within(door, Event("web", "e1", person["name"], "text", text=said), Vault([KEY]))
            with closing(death.connect()) as connection:  # the turn commits by itself
                connection.autocommit = True
                death.steps = 0  # from here on it counts: at the claim
                return take_turn(connection, person["name"], engine, PULLED)

        def check(step: int, error: BaseException | None) -> None:
            done = one(url, "SELECT done_at IS NOT NULL FROM inbox WHERE conversation = %s", person["name"])
            assert counts(url)["resets"] == counts(url)["mail"] == int(done), (
                f"step {step}: with the answer or not at all"
            )
            with psycopg.connect(url, autocommit=True) as another_worker:
                while take_turn(another_worker, person["name"], engine, PULLED):
                    pass
            assert one(url, "SELECT done_at IS NOT NULL FROM inbox WHERE conversation = %s", person["name"])
            assert counts(url)["resets"] == counts(url)["mail"] == 1
            said = one(url, "SELECT string_agg(body->>'text', ' ') FROM outbox WHERE conversation = %s", person["name"])
            assert said.count("Mình đã gửi thư") == 1, f"step {step}: answered once"
            with psycopg.connect(url, autocommit=True) as owner:
                owner.execute("DELETE FROM conversations WHERE id = %s", (person["name"],))

        assert at_every_step(url, act, check) > 12
