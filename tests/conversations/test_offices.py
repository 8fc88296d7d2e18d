"""The office of a province: today's 34, the 63 before, with and without accents."""

from __future__ import annotations

import pytest

from tests.kit.talk import Talk


@pytest.mark.parametrize(
    ("said", "office"),
    [
        ("cơ quan bhxh ở nghệ an nằm ở đâu", "BHXH tỉnh Nghệ An"),
        ("văn phòng bảo hiểm xã hội ở Bình Dương chỗ nào ạ", "BHXH thành phố Hồ Chí Minh"),
        ("Hà Nội", "BHXH thành phố Hà Nội"),
        ("em ở Cà Mau ạ", "BHXH tỉnh Cà Mau"),
        ("dạ bến tre", "BHXH tỉnh Vĩnh Long"),
    ],
)
def test_a_place_leads_to_its_office_of_today(talk: Talk, said: str, office: str) -> None:
    answer = talk.text(said)
    assert office in answer
    assert "baohiemxahoi.gov.vn" in answer
    assert "Nguồn:" in answer


def test_no_address_is_invented(talk: Talk) -> None:
    answer = talk.text("Hà Nội")
    assert "chưa có địa chỉ" in answer


def test_without_a_place_the_general_answer_asks_for_one(talk: Talk) -> None:
    assert "tỉnh" in talk.text("cơ quan bảo hiểm xã hội ở đâu vậy ạ")
