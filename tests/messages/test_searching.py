"""Texts made to be slow: bounded in what they cost, apart from the event loop, and nothing of them stays raw."""

from __future__ import annotations

import asyncio
import threading

import pytest

from assistant.identifiers.tokens import ProtectedText
from assistant.messages import bounds, inbox
from assistant.messages.events import Event
from assistant.messages.searching import Searching
from assistant.privacy.vault import Vault
from assistant.runtime.lanes import Busy
from tests.kit.turns import SAFE

SLOW = [
    "a@b.vn ",
    "0901000123 ",
    "12 34-",
    "a cong b cham c ",
    "ma otp 123456 ",
    "1 ",
    "HS4010123456789 ",
    "an@vidu.vn,",
]


def written(text: str, channel: str = "web") -> Event:
    return Event(channel, f"{channel} {len(text)}", f"{channel}:an", "text", text)


@pytest.mark.parametrize("piece", SLOW)
@pytest.mark.parametrize("length", [900, 2_000, 2_450, 80_000])
def test_a_text_made_to_be_slow_is_searched_in_few_places_and_none_of_it_stays_raw(piece: str, length: int) -> None:
    text = (piece * length)[:length]
    found = inbox.search(written(text), SAFE)
    assert len(found.secrets) <= bounds.MOST_PLACES
    for raw in ("b.vn", "vidu.vn", "0901000123", "4010123456789"):
        assert raw not in found.text


def test_an_identifier_that_the_end_cuts_in_two_is_not_kept_in_half() -> None:
    card = "HS4010123456789"
    for before in range(2_300, 2_420, 5):
        found = inbox.search(written("x" * before + f" {card} và " + "y" * 500), SAFE)
        assert "401012" not in found.text[: bounds.TEXT_LIMIT], before


def test_who_writes_a_hundred_addresses_is_asked_to_write_shorter() -> None:
    text = " ".join(f"an{number}@vidu.vn" for number in range(120))
    body = inbox._parameters(written(text), SAFE, {})["body"].obj
    assert body["too_long"] == len(text)
    assert "too_long" not in inbox._parameters(written("em ở số 12, điện thoại 0901000123"), SAFE, {})["body"].obj


def test_long_texts_of_the_web_do_not_hold_up_zalo(monkeypatch: pytest.MonkeyPatch) -> None:
    go, search = threading.Event(), inbox.search

    def slow(event: Event, safe: Vault) -> ProtectedText:
        if event.channel == "web":
            go.wait(30)
        return search(event, safe)

    monkeypatch.setattr(inbox, "search", slow)

    async def act() -> ProtectedText | None:
        searching = Searching(SAFE)
        flood = [asyncio.create_task(searching.of(written("a@b.vn " * 300))) for _ in range(100)]
        answer = await searching.of(written("a@b.vn " * 300, "zalo"))
        go.set()
        results = await asyncio.gather(*flood, return_exceptions=True)
        assert sum(isinstance(result, Busy) for result in results) == 36
        return answer

    found = asyncio.run(act())
    assert found
    assert "b.vn" not in found.text


def test_short_texts_take_no_detour() -> None:
    assert asyncio.run(Searching(SAFE).of(written("em quên mật khẩu"))) is None


def test_what_cannot_be_searched_is_left_to_the_inbox_which_keeps_it_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(event: Event, safe: Vault) -> ProtectedText:
        raise TypeError

    monkeypatch.setattr(inbox, "search", breaks)
    assert asyncio.run(Searching(SAFE).of(written("x" * 300))) is None
