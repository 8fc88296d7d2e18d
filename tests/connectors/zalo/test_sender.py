"""Sending to Zalo over the real wire: shapes, limits, and what each answer means."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from assistant.messages.outbox import Sent
from connectors.zalo.api import Api
from connectors.zalo.sender import Account, ZaloSender
from tests.conftest import free_port
from tests.connectors.zalo.sending import USER, FixedTokens, Remembered, Zalo, serving

BUTTONS = [{"title": "Quên mật khẩu", "payload": "#reset_password"}, {"title": "Gặp người", "payload": "#ask_human"}]


def on_zalo(act: Callable[[Zalo, ZaloSender], Awaitable[Any]], tokens: FixedTokens | None = None) -> Any:
    """Runs something against the stand-in."""

    async def run() -> Any:
        async with serving() as zalo, httpx.AsyncClient(timeout=30) as client:
            return await act(zalo, zalo.sender(client, tokens))

    return asyncio.run(run())


def sending(text: str = "Chào bạn", buttons: list[dict[str, Any]] | None = None, **answer: Any) -> tuple[Sent, Zalo]:
    """Sends one message where the platform answers as planned."""

    async def act(zalo: Zalo, sender: ZaloSender) -> tuple[Sent, Zalo]:
        zalo.policy.fail_next = answer.get("planned", [])
        zalo.raw = answer.get("raw")
        return await sender.send(USER, {"text": text, "buttons": buttons or []}), zalo

    return on_zalo(act)  # type: ignore[no-any-return]


class TestShapes:
    def test_a_message_arrives_and_its_number_is_kept(self) -> None:
        result, zalo = sending()
        (message,) = zalo.said()
        assert (message["user"], message["text"], message["buttons"]) == (USER, "Chào bạn", [])
        assert result == Sent("sent", platform_id=message["message_id"])

    def test_buttons_go_as_a_card(self) -> None:
        result, zalo = sending(buttons=BUTTONS)
        assert result.outcome == "sent"
        assert zalo.said()[0]["buttons"] == BUTTONS
        assert zalo.asked == ["message"]

    def test_more_buttons_than_a_card_shows_go_as_a_menu_so_that_none_is_lost(self) -> None:
        result, zalo = sending(buttons=BUTTONS * 3)
        assert result.outcome == "sent"
        assert zalo.said()[0]["buttons"] == []
        assert zalo.said()[0]["text"].splitlines()[-1] == "6. Gặp người"

    def test_a_long_text_goes_in_parts_with_the_buttons_at_the_end(self) -> None:
        paragraphs = [f"Đoạn {number}: " + "chữ " * 150 for number in range(8)]
        result, zalo = sending("\n\n".join(paragraphs), BUTTONS)
        said = zalo.said()
        assert result.outcome == "sent"
        assert len(said) > 2
        assert all(len(message["text"]) <= 2000 for message in said)
        assert [bool(message["buttons"]) for message in said] == [False] * (len(said) - 1) + [True]
        assert " ".join(" ".join(m["text"] for m in said).split()) == " ".join(" ".join(paragraphs).split())

    @pytest.mark.parametrize("text", ["a" * 5000, "🇻🇳" * 2500, "chữ " * 2000])
    def test_a_text_without_a_place_to_cut_is_cut_all_the_same(self, text: str) -> None:
        result, zalo = sending(text)
        assert result.outcome == "sent"
        assert all(len(message["text"]) <= 2000 for message in zalo.said())


class TestMenus:
    def test_where_cards_are_refused_a_numbered_menu_goes_and_it_is_remembered(self) -> None:
        async def act(zalo: Zalo, sender: ZaloSender) -> Zalo:
            zalo.policy.buttons = False
            for _ in range(2):
                assert (await sender.send(USER, {"text": "Chọn nhé", "buttons": BUTTONS})).outcome == "sent"
            return zalo

        zalo = on_zalo(act)
        assert zalo.said()[0]["text"].splitlines()[-2:] == ["1. Quên mật khẩu", "2. Gặp người"]
        assert zalo.said()[0]["text"] == zalo.said()[1]["text"]
        assert zalo.asked == ["message"] * 3  # card, menu; then the menu at once

    def test_a_refusal_that_was_not_about_the_card_does_not_end_cards_for_everybody(self) -> None:
        async def act(zalo: Zalo, sender: ZaloSender) -> Zalo:
            zalo.policy.fail_next = [-201, -201]  # "recipient is invalid!"
            assert (await sender.send(USER, {"text": "x", "buttons": BUTTONS})).outcome == "permanent"
            await sender.send(USER, {"text": "x", "buttons": BUTTONS})
            return zalo

        assert on_zalo(act).said()[0]["buttons"] == BUTTONS


class TestAnswers:
    @pytest.mark.parametrize(
        ("planned", "outcome"),
        [
            (-32, "retry"),
            (-200, "retry"),
            (-213, "permanent"),
            (-230, "closed"),
            (-210, "permanent"),
            ("500", "uncertain"),
        ],
    )
    def test_each_error_has_its_consequence(self, planned: Any, outcome: str) -> None:
        result, _ = sending(planned=[planned])
        assert result.outcome == outcome

    def test_a_person_who_never_wrote_gets_nothing(self) -> None:
        async def act(zalo: Zalo, sender: ZaloSender) -> Sent:
            return await sender.send("2999", {"text": "x", "buttons": []})

        assert on_zalo(act) == Sent("closed", error="closed -232")

    @pytest.mark.parametrize(
        ("status", "content", "outcome"),
        [
            (502, "<html>Bad gateway</html>", "uncertain"),
            (503, json.dumps({"message": "busy"}), "uncertain"),
            (429, "slow down", "retry"),
            (404, "not here", "retry"),
            (200, "[]", "uncertain"),
            (200, "", "uncertain"),
        ],
    )
    def test_a_proxys_answer_is_not_taken_for_zalos(self, status: int, content: str, outcome: str) -> None:
        result, _ = sending(raw=Response(content, status))
        assert result.outcome == outcome

    def test_refused_connections_are_tried_again_and_surely_not_twice(self) -> None:
        async def run() -> Sent:
            async with httpx.AsyncClient(timeout=1) as client:
                api = Api(client, f"http://127.0.0.1:{free_port()}", FixedTokens("t"))
                sender = ZaloSender({"": Account(api, Remembered())})
                return await sender.send(USER, {"text": "x", "buttons": []})

        assert asyncio.run(run()) == Sent("retry", error="connect")

    @pytest.mark.parametrize(
        ("planned", "said"),
        [
            ("slow", "ReadTimeout"),
            ("cut", "RemoteProtocolError"),
            ("502", "http 502"),
            ("garbage", "http 200"),
        ],
    )
    def test_an_answer_that_is_lost_is_uncertain(self, planned: str, said: str) -> None:
        async def act(zalo: Zalo, _: ZaloSender) -> tuple[Sent, Zalo]:
            zalo.policy.fail_next, zalo.policy.slow_seconds = [planned], 0.6
            async with httpx.AsyncClient(timeout=0.3) as client:
                return await zalo.sender(client).send(USER, {"text": "x", "buttons": []}), zalo

        result, zalo = on_zalo(act)
        assert result == Sent("uncertain", error=said)
        assert [message["text"] for message in zalo.said()] == ["x"]

    def test_a_message_that_never_left_our_house_is_not_marked(self) -> None:
        async def act(zalo: Zalo, _: ZaloSender) -> list[Sent]:
            zalo.policy.fail_next, zalo.policy.slow_seconds = ["slow"], 0.6
            limits = httpx.Limits(max_connections=1)
            async with httpx.AsyncClient(timeout=httpx.Timeout(1, pool=0.2), limits=limits) as narrow:
                sender = zalo.sender(narrow)
                sends = (sender.send(USER, {"text": text, "buttons": []}) for text in "ab")
                return sorted(await asyncio.gather(*sends), key=lambda sent: sent.outcome)

        assert [sent.outcome for sent in on_zalo(act)] == ["retry", "sent"]

    def test_a_failure_after_the_first_part_is_marked_and_a_refusal_is_final(self) -> None:
        long = "chữ " * 1000
        lost, _ = sending(long, planned=[None, -32])
        refused, zalo = sending(long, planned=[None, -213])
        assert (lost.outcome, round(lost.retry_after or 0, -1)) == ("uncertain", 60)
        assert refused.outcome == "permanent"
        assert len(zalo.said()) == 1

    def test_a_dead_token_is_replaced_once_and_the_message_goes(self) -> None:
        async def act(zalo: Zalo, _: ZaloSender) -> tuple[Sent, Sent, list[str]]:
            async with httpx.AsyncClient() as client:
                good = zalo.sender(client, FixedTokens("dead", zalo.token))
                bad = zalo.sender(client, FixedTokens("dead", "dead too"))
                body = {"text": "x", "buttons": []}
                return await good.send(USER, body), await bad.send(USER, body), zalo.asked

        sent, refused, asked = on_zalo(act)
        assert (sent.outcome, refused.outcome, refused.error) == ("sent", "retry", "-216")
        assert asked == ["message"] * 4
