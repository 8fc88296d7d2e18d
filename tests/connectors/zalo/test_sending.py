"""What goes to Zalo, when, and what it costs: accounts, visitors, media, windows, quotas, rates."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import httpx
import pytest

from assistant import database
from assistant.messages.outbox import Sent
from connectors.zalo import messages
from connectors.zalo.api import Api
from connectors.zalo.errors import Answer, consequence, until_morning
from connectors.zalo.pace import Pace
from connectors.zalo.sender import Account, ZaloSender
from connectors.zalo.standing import Standing
from connectors.zalo.windows import Windows
from sandbox.zalo import OA_ID, Clock
from tests.connectors.zalo.sending import OTHER_OA, USER, FixedTokens, Remembered, Zalo, serving, two_accounts
from tests.kit.turns import Connection, write

BODY = {"text": "Chào bạn", "buttons": []}
BUTTONS = [{"title": "Quên mật khẩu", "payload": "#reset_password"}]
Act = Callable[[Zalo, httpx.AsyncClient], Awaitable[Any]]


def on_zalo(act: Act, **serving_with: Any) -> Any:
    """Runs something against the stand-in."""

    async def run() -> Any:
        async with serving(**serving_with) as zalo, httpx.AsyncClient(timeout=30) as client:
            return await act(zalo, client)

    return asyncio.run(run())


class TestSeveralAccounts:
    def test_each_account_sends_with_its_own_token(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> list[tuple[str, str]]:
            accounts = {
                key: Account(Api(client, zalo.url, FixedTokens(zalo.account(oa).access)), Remembered())
                for key, oa in (("", OA_ID), (OTHER_OA, OTHER_OA))
            }
            sender = ZaloSender(accounts)
            assert (await sender.send(USER, BODY)).outcome == "sent"
            assert (await sender.send(f"{OTHER_OA}:{USER}", BODY)).outcome == "sent"
            assert await sender.send(f"77:{USER}", BODY) == Sent("permanent", error="no such account")
            return [(message["oa"], message["user"]) for message in zalo.said()]

        assert on_zalo(act, accounts=two_accounts()) == [(OA_ID, USER), (OTHER_OA, USER)]

    def test_one_account_that_takes_no_cards_does_not_end_them_for_the_other(self, database_url: str) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> None:
            async with database.pool(database_url, 2) as pool:
                first, second = Standing(pool, "a"), Standing(pool, "a:b")
                await first.cards_were(taken=False)
                assert [await s.takes_cards() for s in (first, second)] == [False, True]
                assert not await Standing(pool, "a").takes_cards()  # another node, or after a restart

        on_zalo(act)

    def test_cards_are_tried_again_after_a_day(self, database_url: str, connection: Connection) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> list[str]:
            async with database.pool(database_url, 2) as pool:
                for hours in (0, 25):
                    connection.execute("UPDATE zalo_accounts SET cards_refused_at = now() - interval '25 hours'")
                    zalo.policy.buttons = hours == 25
                    sender = ZaloSender({"": Account(zalo.api(client), Standing(pool, "a"))})
                    assert (await sender.send(USER, {"text": "Chọn", "buttons": BUTTONS})).outcome == "sent"
                return [bool(message["buttons"]) for message in zalo.said()]

        assert on_zalo(act) == [False, True]
        assert connection.execute("SELECT cards_refused_at FROM zalo_accounts").fetchone() == (None,)


class TestVisitors:
    def test_who_has_no_log_in_is_answered_with_a_numbered_menu(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> dict[str, Any]:
            await zalo.visitor_sends("7001", "8001", "chào")
            sent = await zalo.sender(client).send("7001~8001", {"text": "Chọn nhé", "buttons": BUTTONS})
            assert sent.outcome == "sent"
            return zalo.said()[0]

        said = on_zalo(act)
        assert (said["user"], said["buttons"]) == ("7001", [])
        assert said["text"].endswith("1. Quên mật khẩu")


class TestMedia:
    @pytest.mark.parametrize("kind", ["image", "gif", "sticker", "file"])
    def test_what_was_uploaded_can_be_sent(self, kind: str) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> str:
            api = zalo.api(client)
            picture = (await api.upload_image("a.png", b"\x89PNG")).data["attachment_id"]
            media: dict[str, Any] = {"kind": kind, "attachment_id": picture}
            if kind == "gif":
                media |= {"attachment_id": (await api.upload_gif("a.gif", b"GIF89a")).data["attachment_id"]}
                media |= {"width": 10, "height": 10}
            if kind == "file":
                media = {"kind": "file", "token": (await api.upload_file("to-khai.pdf", b"%PDF-1.7")).data["token"]}
            sent = await zalo.sender(client).send(USER, {"text": "", "buttons": [], "media": media})
            assert sent.outcome == "sent"
            return str(zalo.said()[0]["medium"])

        assert on_zalo(act) == kind

    def test_an_upload_lives_seven_days(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> Sent:
            picture = (await zalo.api(client).upload_image("a.png", b"\x89PNG")).data["attachment_id"]
            assert isinstance(zalo.policy.clock, Clock)
            zalo.world.uploads[picture] -= 8 * 24 * 3600
            body = {"text": "", "buttons": [], "media": {"kind": "image", "attachment_id": picture}}
            return await zalo.sender(client).send(USER, body)

        assert on_zalo(act) == Sent("permanent", error="-100")

    def test_files_zalo_does_not_take_are_refused(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> list[int | None]:
            api = zalo.api(client)
            answers = [
                await api.upload_image("a.png", b"x" * (1 << 20) + b"x"),
                await api.upload_image("a.txt", b"x", "text/plain"),
                await api.upload_file("a.exe", b"MZ", "application/octet-stream"),
            ]
            return [answer.code for answer in answers]

        assert on_zalo(act) == [-210, -201, -201]

    def test_a_form_about_the_person_goes_from_the_outbox(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> Sent:
            form = {"kind": "form", "title": "Số điện thoại của bạn", "subtitle": "Để gọi lại cho bạn"}
            media = form | {"image_url": "https://example.com/a.png"}
            return await zalo.sender(client).send(USER, {"text": "", "buttons": [], "media": media})

        assert on_zalo(act).outcome == "sent"

    def test_a_form_about_the_person_and_a_quote_are_taken(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> list[int | None]:
            form = messages.ask_for_details(
                "Số điện thoại của bạn", "Để kiểm tra tài khoản", "https://example.com/a.png"
            )
            payloads = [form, messages.text("vâng", quote="a1b2c3d4e5f60718293a"), messages.text("")]
            send = zalo.api(client).post
            to = {"user_id": USER}
            return [(await send("/v3.0/oa/message/cs", {"recipient": to, "message": m})).code for m in payloads]

        assert on_zalo(act) == [0, 0, -201]


class TestLengths:
    @pytest.mark.parametrize("text", ["😀" * 1500, "ệ" * 3000, "e\u0323\u0302" * 3000, "một hai " * 600, "🇻🇳 " * 900])
    def test_no_part_is_longer_than_2000_however_it_is_counted(self, text: str) -> None:
        parts = messages.pieces(text)
        assert all(messages.length(part) <= 2000 for part in parts)
        assert all(len(part) <= 2000 for part in parts)

    def test_a_long_menu_is_split_rather_than_refused(self) -> None:
        buttons = [{"title": f"Việc {number} " + "x" * 90, "payload": "#a"} for number in range(19)]
        parts = messages.with_numbers("chữ " * 450, buttons)
        assert len(parts) > 1
        assert all(messages.length(part) <= 2000 for part in parts)
        assert all(f"{number}. Việc {number - 1} " in "\n".join(parts) for number in range(1, 20))

    def test_a_part_that_arrived_is_not_sent_again_by_the_same_node(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> list[str]:
            sender = zalo.sender(client)
            zalo.policy.fail_next = [None, -200]
            body = {"text": "chữ " * 1000, "buttons": []}
            outcomes = [(await sender.send(USER, body)).outcome for _ in range(2)]
            assert len(zalo.said()) == len(messages.pieces(body["text"]))
            return outcomes

        assert on_zalo(act) == ["uncertain", "sent"]


class TestWindows:
    @pytest.mark.parametrize(
        ("hours", "paid", "outcome", "calls"),
        [(1, True, "sent", 1), (60, True, "sent", 1), (60, False, "closed", 0), (24 * 7 + 1, True, "closed", 0)],
    )
    def test_a_call_that_must_fail_or_cost_is_not_made(
        self, database_url: str, connection: Connection, hours: int, paid: bool, outcome: str, calls: int
    ) -> None:
        write(connection, f"zalo:{USER}", "chào")
        connection.execute("UPDATE inbox SET accepted_at = now() - make_interval(hours => %s)", (hours,))

        async def act(zalo: Zalo, client: httpx.AsyncClient) -> Sent:
            async with database.pool(database_url, 2) as pool:
                account = Account(zalo.api(client), Remembered())
                result = await ZaloSender({"": account}, Windows(pool), paid).send(USER, BODY)
                assert zalo.asked.count("message") == calls
                return result

        assert on_zalo(act).outcome == outcome

    def test_what_this_node_saw_costs_no_query_and_odd_times_do_not_close_a_window(self, database_url: str) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> None:
            pool = database.pool(database_url, 1)  # closed: a query would fail
            windows = Windows(pool)
            long_ago = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
            for said in (None, long_ago, datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=900)):
                windows.touched(f"zalo:{USER}", said)
                silence = await windows.silence(f"zalo:{USER}")
                assert silence is not None
                assert datetime.timedelta() <= silence < datetime.timedelta(seconds=5)

        on_zalo(act)

    def test_nobody_is_shut_out_for_not_being_known(self, database_url: str) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> Sent:
            async with database.pool(database_url, 2) as pool:
                return await ZaloSender({"": Account(zalo.api(client), Remembered())}, Windows(pool)).send(USER, BODY)

        assert on_zalo(act).outcome == "sent"

    def test_what_a_message_costs_is_told(self, database_url: str, connection: Connection) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> list[Any]:
            assert isinstance(zalo.policy.clock, Clock)
            kinds = []
            async with database.pool(database_url, 2) as pool:
                standing = Standing(pool, "a")
                sender = ZaloSender({"": Account(zalo.api(client), standing)})
                for days, charged in ((0, "sub_quota"), (3, "sub_quota"), (3, "")):
                    zalo.account().seen[USER] = zalo.policy.clock() - days * 24 * 3600
                    zalo.policy.charged = charged
                    assert (await sender.send(USER, BODY)).outcome == "sent"
                    await standing.share()
                    row = connection.execute("SELECT quota ->> 'quota_type', rate_limit FROM zalo_accounts").fetchone()
                    kinds.append(row)
            return kinds

        assert on_zalo(act) == [("reply", 4000), ("sub_quota", 4000), ("charged", 4000)]

    def test_after_seven_days_zalo_itself_says_closed(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> Sent:
            assert isinstance(zalo.policy.clock, Clock)
            zalo.account().access_until = zalo.policy.clock() + 90 * 24 * 3600
            zalo.policy.clock.advance(8 * 24 * 3600)
            return await zalo.sender(client).send(USER, BODY)

        assert on_zalo(act) == Sent("closed", error="closed -230")


class TestRates:
    def test_most_calls_go_at_once_the_last_are_spread_and_then_nothing_goes(self) -> None:
        now = [0.0]
        pace = Pace(clock=lambda: now[0])
        assert pace.wait() == 0
        pace.told(100, 99)
        waits = [pace.wait() for _ in range(99)]
        assert waits[:89] == [0] * 89
        assert all(later > sooner for sooner, later in pairwise(waits[89:]))
        assert 50 < waits[-1] < 60
        assert pace.wait() == 60
        now[0] = 61
        assert pace.wait() == 0

    def test_answers_that_overtake_each_other_are_no_new_minute(self) -> None:
        now = [0.0]
        pace = Pace(clock=lambda: now[0])
        for left in (60, 55, 58, 50, 0, 3):
            pace.told(100, left)
        assert pace.wait() == 60
        pace.told(100, 99)
        assert pace.wait() == 0

    def test_a_limit_of_the_account_is_never_overrun_by_one_node(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> tuple[int, int]:
            zalo.policy.oa_limit = 20
            zalo.policy.clock = lambda: 1_800_000_000.0  # the minute does not end
            zalo.account().seen[USER], zalo.account().access_until = 1_800_000_000.0, 1_800_009_000.0
            sender = zalo.sender(client)
            results = [await sender.send(USER, {"text": str(n), "buttons": []}) for n in range(18)]
            results += await asyncio.gather(*(sender.send(USER, {"text": f"x{n}", "buttons": []}) for n in range(30)))
            waited = [result for result in results if result.untried]
            assert all(result.error == "rate" and 0 < (result.retry_after or 0) <= 60 for result in waited)
            assert not any(result.error == "-32" for result in results)
            return len(zalo.said()), len(waited)

        said, waited = on_zalo(act)
        assert said + waited == 48
        assert 18 <= said <= 20

    @pytest.mark.parametrize(("app", "other_waits"), [(True, True), (False, False)])
    def test_the_apps_limit_stops_all_accounts_an_accounts_only_its_own(self, app: bool, other_waits: bool) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> tuple[Sent, Sent]:
            shared = Pace()
            accounts = {
                key: Account(Api(client, zalo.url, FixedTokens(zalo.account(oa).access), Pace(shared)), Remembered())
                for key, oa in (("", OA_ID), (OTHER_OA, OTHER_OA))
            }
            zalo.policy.clock = lambda: 1_800_000_000.0
            for account in zalo.world.accounts.values():
                account.seen[USER], account.access_until = 1_800_000_000.0, 1_800_009_000.0
            zalo.policy.app_limit, zalo.policy.oa_limit = (0, None) if app else (4000, 0)
            sender = ZaloSender(accounts)
            first = await sender.send(USER, BODY)
            zalo.policy.oa_limit = None
            return first, await sender.send(f"{OTHER_OA}:{USER}", BODY)

        first, second = on_zalo(act, accounts=two_accounts())
        assert (first.outcome, first.error) == ("retry", "-32")
        assert second.untried is other_waits
        assert (second.outcome == "sent") is not other_waits


class TestConsequences:
    @pytest.mark.parametrize(
        ("codes", "outcome"),
        [
            ((-32, -200, -218, -234, -216, -220), "retry"),
            ((-204, -205, -209, -212, -219, -221, -223, -224, -235, -240, -242), "retry"),
            ((-230, -232, -305, -311, -211, -320, -321), "closed"),
            ((-100, -201, -210, -213, -214, -217, -227, -233, -237, -238, -241, -244, -248, -249, -403), "permanent"),
            ((-1340, -9999, 7), "permanent"),
        ],
    )
    def test_every_code_of_the_table(self, codes: tuple[int, ...], outcome: str) -> None:
        for code in codes:
            assert consequence(Answer(code)).outcome == outcome, code

    def test_an_accounts_trouble_waits_long_enough_to_be_mended(self) -> None:
        assert consequence(Answer(-224)).retry_after == 600

    @pytest.mark.parametrize(("hour", "hours"), [(23, 7), (1, 5), (5, 1)])
    def test_a_night_ends_at_six_in_vietnam(self, hour: int, hours: int) -> None:
        zone = datetime.timezone(datetime.timedelta(hours=7))
        seconds = until_morning(datetime.datetime(2026, 11, 22, hour, 0, tzinfo=zone))
        assert seconds == hours * 3600 + 60

    def test_a_broken_account_is_shown_and_forgotten_when_it_works_again(
        self, database_url: str, connection: Connection
    ) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> list[Any]:
            rows = []
            async with database.pool(database_url, 2) as pool:
                standing = Standing(pool, "a")
                sender = ZaloSender({"": Account(zalo.api(client), standing)})
                for trouble in (-221, 0):
                    zalo.account().trouble = trouble
                    await sender.send(USER, BODY)
                    await standing.share()
                    rows.append(connection.execute("SELECT error FROM zalo_accounts").fetchone())
            return rows

        assert on_zalo(act) == [("-221",), (None,)]


class TestProof:
    def test_every_call_is_proved_with_the_apps_secret(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> list[int | None]:
            zalo.policy.proof = True
            good, bad = zalo.api(client, app_secret="app-secret"), zalo.api(client)
            wrong = zalo.api(client, app_secret="another")
            return [(await api.account()).code for api in (good, bad, wrong)]

        assert on_zalo(act) == [0, -242, -242]

    def test_the_proof_is_the_sdks(self) -> None:
        async def run() -> str:
            seen: list[httpx.Request] = []

            def answer(request: httpx.Request) -> httpx.Response:
                seen.append(request)
                return httpx.Response(200, json={"error": 0, "message": "Success", "data": {}})

            async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
                await Api(client, "https://openapi.zalo.me", FixedTokens("token"), app_secret="secret").person("1")
            assert seen[0].url.raw_path == b"/v3.0/oa/user/detail?data=%7B%22user_id%22%3A%221%22%7D"
            return seen[0].headers["appsecret_proof"]

        assert asyncio.run(run()) == hmac.new(b"secret", b"token", hashlib.sha256).hexdigest()
