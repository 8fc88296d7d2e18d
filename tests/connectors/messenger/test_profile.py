"""`assistant messenger setup|show|remove` and the page's health, against the stand-in."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from connectors.messenger import health as healths
from connectors.messenger.api import Graph
from connectors.messenger.profile import covers
from connectors.messenger.settings import MessengerApp
from connectors.messenger.standing import Standing
from sandbox.messenger import PAGE_ID
from tests.connectors.messenger.meta import SECRET, Clock, Meta, meta
from tests.kit import warm


@pytest.fixture
def served() -> Iterator[Meta]:
    with meta() as served:
        served.page.profile.values, served.page.profile.subscribed = {}, []
        yield served


def _assistant(served: Meta, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return warm.run("messenger", *arguments, environment=os.environ | served.environment(**environment), timeout=60)


def test_setting_up_showing_and_removing(served: Meta) -> None:
    before = _assistant(served, "show")
    assert before.returncode == 1
    assert before.stdout.count("✗") == 5
    assert "chưa có" in before.stdout

    done = _assistant(served, "setup")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Trang {PAGE_ID}" in done.stdout
    values = served.page.profile.values
    assert values["get_started"] == {"payload": "#greet"}
    assert {entry["locale"] for entry in values["greeting"]} == {"default", "vi_VN", "en_US", "en_GB"}
    for part in ("persistent_menu", "ice_breakers"):
        told = {entry["locale"]: entry["call_to_actions"] for entry in values[part]}
        assert told.keys() == {"default", "en_US", "en_GB"}
        pressed = [[item.get("payload") or item["url"] for item in entries] for entries in told.values()]
        assert pressed[0] == pressed[1] == pressed[2]
    assert "Reset my VssID password" in str(values["persistent_menu"])
    assert values["persistent_menu"][0]["call_to_actions"][0]["payload"] == "#reset_password"
    assert len(values["ice_breakers"][0]["call_to_actions"]) == 4
    assert {"messages", "message_echoes", "messaging_handovers", "standby"} <= set(served.page.profile.subscribed)

    assert _assistant(served, "show").returncode == 0
    calls = len(served.page.calls)
    assert _assistant(served, "setup").returncode == 0
    assert {call["method"] for call in served.page.calls[calls:]} == {"GET"}, "a second time nothing is written"

    values["greeting"] = [{"locale": "default", "text": "Hello"}]
    shown = _assistant(served, "show")
    assert shown.returncode == 1
    assert "Hello" in shown.stdout
    assert shown.stdout.count("✗") == 1

    assert _assistant(served, "remove", "--yes").returncode == 0
    assert served.page.profile.values == {}
    assert served.page.profile.subscribed == []


def test_the_webhook_can_be_set_too_and_is_asked_for_its_hand_shake(served: Meta) -> None:
    refused = _assistant(served, "setup", "--webhook", "http://127.0.0.1:9/webhooks/messenger")
    assert refused.returncode == 1
    assert "2200" in refused.stderr
    assert served.page.profile.values == {}, "a wrong address stops everything"


@pytest.mark.parametrize(
    ("trouble", "said"),
    [({"session": "expired"}, "token của Trang không dùng được"), ({"session": "unknown"}, "token")],
)
def test_clear_words_when_the_token_is_dead(served: Meta, trouble: dict[str, Any], said: str) -> None:
    served.page.policy.session = trouble["session"]
    done = _assistant(served, "setup")
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_clear_words_for_everything_else(served: Meta) -> None:
    for environment, said in (
        ({"MESSENGER_GRAPH_URL": "http://127.0.0.1:9"}, "không gọi được Meta"),
        ({"MESSENGER_APP_SECRETS": "wrong"}, "appsecret_proof"),
        ({"MESSENGER_PAGE_TOKENS": "77:page-token-of-the-tests"}, f"là của Trang {PAGE_ID}"),
        ({"MESSENGER_PAGE_TOKENS": "a,b"}, "MESSENGER_PAGE_TOKENS"),
        ({"MESSENGER_PAGE_TOKENS": ""}, "MESSENGER_PAGE_TOKENS"),
    ):
        done = _assistant(served, "setup", **environment)
        assert done.returncode == 1, environment
        assert said in done.stderr, (environment, done.stderr)
        assert "Traceback" not in done.stderr
        assert "page-token-of-the-tests" not in done.stderr + done.stdout


def test_the_profiles_own_limit_is_told(served: Meta) -> None:
    served.page.limits.profile_calls = 1
    assert _assistant(served, "setup").returncode == 1
    assert "chờ 10 phút" in _assistant(served, "setup").stderr


@pytest.mark.parametrize(
    ("wanted", "now", "same"),
    [({"a": 1}, {"a": 1, "b": 2}, True), ({"a": 1}, {"b": 2}, False), ({"a": 1}, None, False),
     ([{"locale": "b"}, {"locale": "a"}], [{"locale": "a"}, {"locale": "b"}], True), ([1, 2], [2, 1], False),
     (["x", "y"], ["y", "x"], True), ([1], [1, 2], False), ([], [], True), ("a", "b", False)],
)  # fmt: skip
def test_what_counts_as_the_same(wanted: Any, now: Any, same: bool) -> None:
    assert covers(wanted, now) is same


# ---- health


class Looked:
    """Health with a database and a clock."""

    def __init__(self, served: Meta, database_url: str, app: MessengerApp | None = None) -> None:
        self.served, self.url, self.app = served, database_url, app or served.app
        self.clock = Clock()

    def health(self, *steps: Any) -> list[dict[str, Any]]:
        """Looks, and after each step again, five minutes later."""

        async def work() -> list[dict[str, Any]]:
            async with (
                AsyncConnectionPool(self.url, kwargs={"autocommit": True}, open=False) as pool,
                httpx.AsyncClient() as http,
            ):
                tokens = healths.Tokens(pool, self.app, Graph(http, self.app), self.clock)
                standing = Standing(pool)
                found = [await healths.health(pool, self.app, tokens)]
                for step in steps:
                    step(standing)
                    await standing.write()
                    self.clock.now += 300
                    await tokens.check()
                    found.append(await healths.health(pool, self.app, tokens))
                return found

        return asyncio.run(work())


def test_a_page_that_works_is_well(served: Meta, database_url: str) -> None:
    first, second = Looked(served, database_url).health(
        lambda standing: (standing.heard(PAGE_ID), standing.worked(PAGE_ID))
    )
    assert first["ok"]
    assert first["alarms"] == []
    assert first["accounts"][0]["token_valid"] is True
    assert second["accounts"][0]["heard_at"] is not None
    assert second["accounts"][0]["sent_at"] is not None


def test_a_dead_token_is_red_and_what_waited_goes_when_it_is_mended(served: Meta, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO conversations (id, channel) VALUES ('messenger:1', 'messenger')")
        connection.execute(
            "INSERT INTO outbox (conversation, body, error, next_try_at)"
            " VALUES ('messenger:1', '{}', '190/463', now() + interval '1 hour')"
        )

    def dies(standing: Standing) -> None:
        served.page.policy.session = "expired"
        standing.failed(PAGE_ID, "190/463", "token của Trang hết hạn")

    def lives(standing: Standing) -> None:
        served.page.policy.session = "good"

    def works(standing: Standing) -> None:
        standing.worked(PAGE_ID)

    _, dead, mended, well = Looked(served, database_url).health(dies, lives, works)
    assert not dead["ok"]
    assert "Token không dùng được nữa" in dead["alarms"][0]
    assert dead["accounts"][0]["error"] == "190/463"
    assert "Meta từ chối tin nhắn (190/463)" in mended["alarms"][0]
    assert well["ok"]
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert connection.execute("SELECT next_try_at <= now() FROM outbox").fetchone() == (True,)


def test_what_is_lacking_in_the_settings_is_named(database_url: str, served: Meta) -> None:
    empty = MessengerApp("", (), "", ())
    (found,) = Looked(served, database_url, empty).health()
    assert len(found["alarms"]) == 4
    assert not found["ok"]


def test_messages_that_another_app_answers_are_told(served: Meta, database_url: str) -> None:
    _, found = Looked(served, database_url).health(lambda standing: standing.passed_by(PAGE_ID))
    assert "ứng dụng khác" in found["alarms"][0]


def test_a_failure_of_one_message_is_shown_but_is_no_alarm(served: Meta, database_url: str) -> None:
    _, found = Looked(served, database_url).health(lambda standing: standing.failed(PAGE_ID, "551/1545041", ""))
    assert found["ok"]
    assert found["accounts"][0]["error"] == "551/1545041"


def test_while_the_secret_is_changed_the_token_is_still_asked_about(served: Meta, database_url: str) -> None:
    app = MessengerApp("3000000000000001", ("new", SECRET), "v", served.app.pages, served.url)
    (found,) = Looked(served, database_url, app).health()
    assert found["accounts"][0]["token_valid"] is True


def test_without_an_app_id_the_token_is_tried(served: Meta, database_url: str) -> None:
    app = MessengerApp("", (SECRET,), "v", served.app.pages, served.url)
    (found,) = Looked(served, database_url, app).health()
    assert found["accounts"][0]["token_valid"] is True
    assert found["alarms"] == ["Chưa đặt MESSENGER_APP_ID."]
