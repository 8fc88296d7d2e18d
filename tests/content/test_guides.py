"""Guides as staff write them: every way through them ends, every mistake is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.advice.route_docs import response_texts
from assistant.content.guides import Guide, Place, after, read_guides
from assistant.content.topics import ContentError
from assistant.settings import ROOT

TEXTS = response_texts(ROOT)
GUIDES = read_guides(ROOT / "data/guides", TEXTS)


def test_the_three_guides_are_there() -> None:
    assert set(GUIDES) == {"add_email", "change_email", "change_phone"}


@pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)
def test_done_at_every_step_succeeds(guide: Guide) -> None:
    here: Place | str = Place(guide.name)
    for number in range(1, guide.total + 1):
        assert isinstance(here, Place)
        assert guide.number(here.index) == number
        here = after(here, True, guide)
    assert here == guide.success


@pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)
def test_failing_helps_first_and_then_leads_on(guide: Guide) -> None:
    for index, step in enumerate(guide.steps):
        here: Place | str = Place(guide.name, index)
        if step.help:
            here = after(Place(guide.name, index), False, guide)
            assert here == Place(guide.name, index, helped=True)
        assert isinstance(here, Place)
        there = after(here, False, guide)
        assert isinstance(there, Place) == bool(step.failed_step)
        assert there in TEXTS or isinstance(there, Place)


def test_a_place_survives_writing_and_reading() -> None:
    for text in ("add_email:1", "change_email:6:help"):
        assert str(Place.parse(text, GUIDES)) == text
    for text in ("", "add_email", "add_email:", "add_email:0", "add_email:9", "other:1", "add_email:²"):
        assert Place.parse(text, GUIDES) is None


def test_steps_are_short() -> None:
    for guide in GUIDES.values():
        assert all(len(step.say) <= 260 for step in guide.steps)


def complaint(tmp_path: Path, old: str, new: str) -> str:
    text = (ROOT / "data/guides/change_email.yml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "change_email.yml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        read_guides(tmp_path, TEXTS)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{step: otp_elsewhere}", "{step: nowhere}", "không có bước tên “nowhere”"),
        ("{step: otp_elsewhere}", "{step: otp}", "đi vòng mãi"),
        ("{step: otp_elsewhere}", "{step: otp, response: utter_guide_office}", "đúng một trong hai"),
        ("{response: utter_guide_no_login}", "{response: utter_no}", "không có câu trả lời tên utter_no"),
        ("success: utter_guide_email_changed", "success: utter_no", "không có câu trả lời tên utter_no"),
        ("guide: change_email", "guide: change_mail", "hai tên phải giống nhau"),
        ("  - id: account", "  - id: login", "ghi hai lần"),
        ("    name: ghi nhận\n", "", "thiếu mục name"),
        ("    aside: true", "    aside: có", "true hoặc false"),
        ("  - id: otp\n", "  - id: otp\n    done: login\n", "đi vòng mãi"),
    ],
)
def test_mistakes_are_told_with_file_and_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    told = complaint(tmp_path, old, new)
    assert said in told
    assert "change_email.yml, dòng " in told
