"""A picture and a titled link beside an answer, over the real wire to Zalo; refused, they are said in words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.zalo.sending import USER, Zalo
from tests.connectors.zalo.test_sender import BUTTONS, on_zalo

PICTURE = {"kind": "image", "url": "https://tro-ly.example/pictures/a.png", "says": "Nút Quên mật khẩu"}
LINK = {"title": "Mở Cổng dịch vụ", "url": "https://dichvucong.gov.vn/"}
TEXT = f"Bạn bấm vào nút.\nMở Cổng dịch vụ: {LINK['url']}"


def sending(body: dict[str, Any], *planned: Any, cards: bool = True, times: int = 1) -> tuple[list[str], list[Any]]:
    """Sends a message, so often; returns how that ended and what the person has."""

    async def act(zalo: Zalo, sender: Any) -> tuple[list[str], list[Any]]:
        zalo.policy.fail_next, zalo.policy.buttons = list(planned), cards
        found = [(await sender.send(USER, {"buttons": []} | body)).outcome for _ in range(times)]
        return found, [(said.get("medium", ""), said["text"], said["buttons"]) for said in zalo.said()]

    return on_zalo(act)  # type: ignore[no-any-return]


def test_the_picture_goes_before_an_answer_with_buttons() -> None:
    assert sending({"text": "Bạn bấm vào nút.", "buttons": BUTTONS, "media": PICTURE}) == (
        ["sent"], [("image", "", []), ("", "Bạn bấm vào nút.", BUTTONS)],
    )  # fmt: skip


def test_without_buttons_it_goes_with_the_words() -> None:
    assert sending({"text": "Đây ạ.", "media": PICTURE}) == (["sent"], [("image", "Đây ạ.", [])])


@pytest.mark.parametrize("buttons", [[], BUTTONS])
def test_a_refused_picture_silences_nothing(buttons: list[dict[str, str]]) -> None:
    said = f"Bạn bấm vào nút.\nNút Quên mật khẩu: {PICTURE['url']}"
    body = {"text": "Bạn bấm vào nút.", "buttons": buttons, "media": PICTURE}
    assert sending(body, -201) == (["sent"], [("", said, buttons)])


def test_a_retry_does_not_show_the_picture_again() -> None:
    outcomes, said = sending({"text": "Xem nút.", "buttons": BUTTONS, "media": PICTURE}, None, -200, times=2)
    assert outcomes[-1] == "sent"
    assert [medium for medium, _, _ in said] == ["image", ""]


def test_a_link_is_a_button_beside_the_others_and_stays_readable() -> None:
    outcomes, said = sending({"text": TEXT, "buttons": BUTTONS, "link": LINK})
    assert (outcomes, said) == (["sent"], [("", TEXT, [LINK, *BUTTONS])])
    assert sending({"text": TEXT, "link": LINK})[1] == [("", TEXT, [LINK])]


@pytest.mark.parametrize("buttons", [[], BUTTONS])
def test_where_cards_are_refused_the_words_have_all_of_it(buttons: list[dict[str, str]]) -> None:
    outcomes, said = sending({"text": TEXT, "buttons": buttons, "link": LINK}, cards=False)
    assert outcomes == ["sent"]
    assert LINK["url"] in said[0][1]
    assert all(button["title"] in said[0][1] for button in buttons)
    assert said[0][2] == []


def test_a_full_card_keeps_its_buttons() -> None:
    five = [{"title": f"Nút {n}", "payload": f"#n{n}"} for n in range(5)]
    assert sending({"text": TEXT, "buttons": five, "link": LINK})[1] == [("", TEXT, five)]
