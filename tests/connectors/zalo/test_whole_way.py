"""A served node and the stand-in as two parties on the wire: two accounts, colleagues, closed windows, crashes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from sandbox.zalo import OA_ID
from tests.conftest import ROOT, Served, free_port, serve
from tests.connectors.zalo.sending import APP, OTHER_OA, SECRET, Zalo, serving, two_accounts
from tests.kit import warm
from tests.kit.people import CODE, MASKED, PHONE, Store
from tests.kit.waiting import until_soon

pytestmark = pytest.mark.dear(30)

ANN, BINH = "2000000000000000011", "2000000000000000012"


class World:
    """The two parties."""

    def __init__(self, zalo: Zalo, node: Served, store: Store) -> None:
        self.zalo, self.node, self.store = zalo, node, store

    def said(self, user: str, oa: str = "") -> list[str]:
        """Returns what the assistant said to a user, by an account."""
        return [m["text"] for m in self.zalo.said() if m["user"] == user and m["oa"] == (oa or OA_ID)]

    async def ask(self, user: str, text: str, oa: str = "") -> str:
        """Lets a user write and returns the answer."""
        before = len(self.said(user, oa))
        answer = await self.zalo.user_sends(user, text, oa)
        assert answer is not None
        assert answer.status_code == 200
        await until_soon(lambda: len(self.said(user, oa)) > before)
        return self.said(user, oa)[-1]

    async def start(self) -> None:
        await asyncio.to_thread(self.node.start)


@asynccontextmanager
async def a_world(database_url: str, model: Path, folder: Path, **settings: str) -> AsyncIterator[World]:
    """Serves both; the node knows two accounts of the app."""
    node = serve(database_url, model, folder)
    async with serving(two_accounts(), free_port(), f"{node.url}/webhooks/zalo") as zalo:
        accounts = [
            {"id": account.id, "name": account.name, "secret_keys": [account.secret], "refresh_token": account.refresh}
            for account in zalo.world.accounts.values()
        ]
        (folder / "oas.json").write_text(json.dumps({"oas": accounts}))
        node.environment |= {
            "ZALO_APP_ID": APP, "ZALO_APP_SECRET": SECRET, "ZALO_OAS": str(folder / "oas.json"),
            "ZALO_API_URL": zalo.url, "ZALO_OAUTH_URL": zalo.url, "ZALO_VERIFIER": "AbCdEfGhIjKlMnOpQrStUvWx",
            **settings,
        }  # fmt: skip
        world = World(zalo, node, Store(database_url))
        try:
            yield world
        finally:
            if node.process and node.process.poll() is None:
                await asyncio.to_thread(node.stop)


@pytest.fixture
def in_a_world(database_url: str, model_path: Path, tmp_path: Path) -> Callable[..., Any]:
    """Runs something in a world."""

    def run(act: Callable[[World], Coroutine[Any, Any, Any]], **settings: str) -> Any:
        async def go() -> Any:
            async with a_world(database_url, model_path, tmp_path, **settings) as world:
                return await act(world)

        return asyncio.run(go())

    return run


def command(world: World, *arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    """Runs `assistant …` beside the node."""
    return warm.run(*arguments, environment=world.node.environment, given=answer)


def test_two_accounts_and_one_persons_two_conversations(in_a_world: Callable[..., Any]) -> None:
    async def act(world: World) -> None:
        await world.start()
        assert "mã số BHXH" in await world.ask(ANN, "em quên mật khẩu vssid")
        assert "mã số BHXH" not in await world.ask(ANN, "chào bạn", OTHER_OA)
        assert "số điện thoại" in await world.ask(ANN, CODE)
        assert MASKED in await world.ask(ANN, PHONE)
        await world.zalo.delivery.settle()  # echoes and receipts
        rows = world.store.rows("SELECT id FROM conversations WHERE id LIKE 'zalo:%%' ORDER BY id")
        assert rows == [(f"zalo:{ANN}",), (f"zalo:{OTHER_OA}:{ANN}",)]
        await until_soon(
            lambda: not world.store.value("SELECT count(*) FROM outbox WHERE seen_at IS NULL AND platform_id <> ''")
        )
        async with httpx.AsyncClient(base_url=world.node.url) as browser:
            page = await browser.get("/zalo_verifierAbCdEfGhIjKlMnOpQrStUvWx.html")
            assert page.status_code == 200
            assert 'content="AbCdEfGhIjKlMnOpQrStUvWx"' in page.text
            assert (await browser.get("/zalo_verifierOther1234567890.html")).status_code == 404
            metrics = (await browser.get("/metrics")).text
        for line in (
            'assistant_zalo_events_total{event="user_send_text"} 4.0', 'assistant_zalo_answers_total{code="0"} 4.0',
            'assistant_zalo_messages_total{quota="reply"} 4.0', 'assistant_zalo_events_total{event="oa_send_text"} 4.0',
            'assistant_zalo_events_total{event="user_seen_message"} 4.0',
        ):  # fmt: skip
            assert line in metrics
        await the_status_says_that_all_is_well(world)

    in_a_world(act)


async def the_status_says_that_all_is_well(world: World) -> None:
    shown, told = await asyncio.gather(
        asyncio.to_thread(command, world, "zalo", "status", "--ask"),
        asyncio.to_thread(command, world, "zalo", "status", "--json"),
    )
    assert (shown.returncode, shown.stderr.count("Traceback")) == (0, 0), shown.stderr
    for expected in ("✓ BHXH A", "✓ BHXH B", "refresh token còn: 90.0 ngày", "thẻ có nút", "Growth"):
        assert expected in shown.stdout
    found = json.loads(told.stdout)
    assert (found["ok"], [account["id"] for account in found["accounts"]]) == (True, [OA_ID, OTHER_OA])


def test_a_colleague_in_the_oas_own_tool_silences_the_assistant_until_the_time_is_over(
    in_a_world: Callable[..., Any],
) -> None:
    async def act(world: World) -> None:
        await world.start()
        await world.ask(ANN, "chào bạn")
        await world.zalo.colleague_writes(ANN, "Chào chị, em là nhân viên, em xem giúp chị nhé.")
        said = len(world.said(ANN))
        await world.zalo.user_sends(ANN, "em quên mật khẩu")
        assert "mã số BHXH" in await world.ask(BINH, "em quên mật khẩu")  # others are answered
        await until_soon(lambda: not world.store.value("SELECT count(*) FROM inbox WHERE done_at IS NULL"))
        assert len(world.said(ANN)) == said
        world.store.do("UPDATE handovers SET until = now()")
        assert "mã số BHXH" in await world.ask(ANN, "em quên mật khẩu")

    in_a_world(act, ZALO_SILENCE_MINUTES="30")


def test_an_answer_of_the_desk_waits_for_a_closed_window_and_the_assistants_does_not(
    in_a_world: Callable[..., Any],
) -> None:
    async def act(world: World) -> None:
        await world.start()
        await world.ask(ANN, "chào bạn")
        insert = (
            "INSERT INTO outbox (conversation, sender, body) VALUES"
            f" ('zalo:{ANN}', '%s', '{{\"text\": \"%s\", \"buttons\": []}}')"
        )
        world.store.do(
            "UPDATE inbox SET sent_at = sent_at - interval '8 days', accepted_at = accepted_at - interval '8 days'"
        )
        await asyncio.to_thread(world.node.stop)  # what it saw itself is forgotten
        world.store.do(insert % ("bot", "Bạn cần gì nữa không?"), insert % ("agent", "Hồ sơ của chị đã xong."))
        await world.start()
        await until_soon(
            lambda: world.store.value("SELECT count(*) FROM outbox WHERE state = 'dead' AND error LIKE 'closed%%'") == 2
        )
        await asyncio.sleep(1.5)
        await world.ask(ANN, "chào bạn")
        await until_soon(lambda: "Hồ sơ của chị đã xong." in world.said(ANN))
        assert "Bạn cần gì nữa không?" not in world.said(ANN)

    in_a_world(act)


def test_a_node_killed_while_a_token_is_asked_for_says_so_and_is_connected_again(
    in_a_world: Callable[..., Any],
) -> None:
    async def act(world: World) -> None:
        world.zalo.policy.oauth_next, world.zalo.policy.slow_seconds = ["slow", "slow"], 1.5
        await world.start()
        await world.zalo.user_sends(ANN, "chào bạn")
        await until_soon(lambda: world.zalo.asked.count("token") >= 1)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(world.node.kill)
        await asyncio.sleep(1.2)
        await world.start()
        await until_soon(
            lambda: world.store.value("SELECT count(*) FROM zalo_tokens WHERE trouble = 'oauth -14014'") >= 1, 40
        )
        shown = await asyncio.to_thread(command, world, "zalo", "status")
        assert shown.returncode == 1
        assert "Refresh token không dùng được nữa từ" in shown.stdout
        assert world.said(ANN) == []

        connecting = asyncio.create_task(asyncio.to_thread(connect, world))
        done = await connecting
        assert f"Đã kết nối BHXH A ({OA_ID})." in done
        assert world.store.value("SELECT count(*) FROM outbox WHERE state = 'waiting'") == 1
        world.store.do("UPDATE outbox SET next_try_at = now()")  # within five minutes, otherwise
        await until_soon(lambda: len(world.said(ANN)) == 1)  # the message waited, and did not die

    in_a_world(act)


def connect(world: World) -> str:
    """Connects the first account from the command line, as an operator with a browser does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant.cli", "zalo", "connect", "--redirect-uri", "https://tro-ly.example/zalo"],
        cwd=ROOT, env=world.node.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdin
        assert process.stdout
        link = next(line.strip() for line in process.stdout if "/v4/oa/permission?" in line)
        page = httpx.get(f"{link.partition('?')[0]}/allow?{urlsplit(link).query}&{urlencode({'oa': OA_ID})}")
        process.stdin.write(f"{page.headers['location']}\n")
        process.stdin.flush()
        return process.stdout.read()


def test_what_zalo_could_not_deliver_comes_later_once_and_in_order(in_a_world: Callable[..., Any]) -> None:
    async def act(world: World) -> None:
        world.zalo.policy.ladder = (0.5, *[2.0] * 30)  # a busy machine starts slowly
        for text in ("em quên mật khẩu vssid", CODE):
            assert await world.zalo.user_sends(ANN, text) is None  # nobody listens
            await asyncio.sleep(0.1)
        await world.start()
        await until_soon(lambda: len(world.said(ANN)) == 2)
        assert "mã số BHXH" in world.said(ANN)[0]
        assert "số điện thoại" in world.said(ANN)[1]
        world.zalo.policy.copies = 3
        assert MASKED in await world.ask(ANN, PHONE)
        await world.zalo.delivery.settle()
        assert len(world.said(ANN)) == 3
        async with httpx.AsyncClient() as browser:
            metrics = (await browser.get(f"{world.node.url}/metrics")).text
        assert "assistant_zalo_retried_total" in metrics

    in_a_world(act)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"ZALO_OAS": '{"oas": [{"id": "x"}]}'}, "ZALO_OAS: oas.0.id"),
        ({"ZALO_OAS": '{"oas": [{"id": "40000"}, {"id": "40000"}]}'}, "stands twice"),
        ({"ZALO_OAS": '{"oas": [{"id": "40000", "secret_key": "s3cret"}]}'}, "oas.0.secret_key"),
        ({"ZALO_OAS": "/no/such/file"}, "cannot be read"),
        ({"ZALO_OAS": "{"}, "not JSON"),
        ({"ZALO_VERIFIER": "../../etc/passwd"}, "ZALO_VERIFIER"),
    ],
)
def test_wrong_settings_are_named_and_their_values_are_not(settings: dict[str, str], words: str) -> None:
    from assistant.settings import Settings, SettingsError
    from connectors.zalo.kind import KIND

    def read() -> None:
        assert KIND.build
        KIND.build(Settings(), Parts_without_anything())  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        for name, value in ({"ZALO_APP_ID": APP} | settings).items():
            patch.setenv(name, value)
        with pytest.raises(SettingsError) as raised:
            read()
    assert words in str(raised.value)
    assert "s3cret" not in str(raised.value)


class Parts_without_anything:
    """Stands where nothing is used."""

    pool = vault = http = accept = accept_all = forget = None
