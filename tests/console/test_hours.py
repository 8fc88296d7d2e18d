"""When the desk is staffed, set in the console: in force at once, with its history; prepared answers have theirs."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from assistant.desk import rules
from assistant.runtime.times import VIETNAM
from tests.conftest import Served
from tests.console.conftest import Join, Open
from tests.kit.people import Store, Visitor

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_AWAY = "chưa có nhân viên trực"


@pytest.fixture(autouse=True)
def as_in_the_file(store: Store) -> Iterator[None]:
    """Nobody has set anything, nobody is there."""
    store.do("DELETE FROM desk_rules", "DELETE FROM desk_presence")
    yield
    store.do("DELETE FROM desk_rules")


def given(seen: int | str = 0, holidays: str = "", **days: str) -> dict[str, str]:
    """Returns the fields of the form: monday="08:00-17:00" …"""
    fields = {"seen": str(seen), "holidays": holidays}
    for day in DAYS:
        start, _, end = days.get(day, "").partition("-")
        fields |= {f"{day}_from": start, f"{day}_to": end}
    return fields


def newest(store: Store) -> int:
    return int(store.value("SELECT coalesce(max(id), 0) FROM desk_rules"))


def test_other_hours_are_in_force_for_people_and_shown(joined: Join, opened: Open, store: Store, node: Served) -> None:
    content, hoa = joined("content", shown="Phạm Thị Lan"), joined("agent")
    hoa.post("/console/desk/presence", here="yes")
    assert "vị trí thứ 1" in Visitor(node.url).text("cho em gặp nhân viên")
    page = opened(content, "/console/hours", width=390)
    for day in DAYS:
        for part in ("from", "to"):
            page.locator(f"[name={day}_{part}]").fill("")
    page.locator("[name=monday_from]").fill("07:30")
    page.locator("[name=monday_to]").fill("11:30")
    today = datetime.datetime.now(VIETNAM)
    page.get_by_label("Ngày nghỉ, mỗi dòng một ngày").fill(f"{today:%d/%m/%Y} Ngày nghỉ thử")
    page.get_by_role("button", name="Lưu").click()
    expect(page.get_by_text("Đã lưu, có hiệu lực ngay.")).to_be_visible()
    expect(page.get_by_text("thứ Hai, 7 giờ 30 đến 11 giờ 30").first).to_be_visible()
    expect(page.get_by_role("region", name="Lịch sử")).to_contain_text("Phạm Thị Lan")
    said = Visitor(node.url).text("cho em gặp nhân viên")
    assert _AWAY in said
    assert "thứ Hai, 7 giờ 30 đến 11 giờ 30" in said
    assert "Hôm nay không có giờ trực" in hoa.get("/console/desk").text


def test_an_agent_on_duty_opens_the_desk_beyond_the_hours(
    joined: Join, opened: Open, store: Store, node: Served
) -> None:
    hoa, content = joined("agent"), joined("content")
    assert content.post("/console/hours", **given()).status_code == 303  # no hours at all
    assert _AWAY in Visitor(node.url).text("cho em gặp nhân viên")
    page = opened(hoa, "/console/hours")
    until = datetime.datetime.now(VIETNAM) + datetime.timedelta(hours=3)
    page.get_by_label("Mở bàn trực đến").fill(f"{until:%H:%M}")
    page.get_by_role("button", name="Mở bàn trực").click()
    expect(page.get_by_text("bàn trực được mở thêm đến").first).to_be_visible()
    assert "vị trí thứ 1" in Visitor(node.url).text("cho em gặp nhân viên")
    assert "Bàn trực được mở thêm đến" in hoa.get("/console/desk").text
    page.get_by_role("button", name="Thôi mở ngoài giờ").click()
    expect(page.get_by_text("ngoài giờ trực: người dân được mời").first).to_be_visible()
    assert _AWAY in Visitor(node.url).text("cho em gặp nhân viên")


def test_what_a_colleague_changed_meanwhile_is_not_overwritten_and_comes_back(
    joined: Join, store: Store, node: Served
) -> None:
    content = joined("content")
    assert content.post("/console/hours", **given(monday="08:00-17:00")).status_code == 303
    first = newest(store)
    assert content.post("/console/hours", **given(monday="09:00-10:00")).status_code == 409
    assert content.post("/console/hours", **given(first, monday="09:00-10:00")).status_code == 303
    assert content.post(f"/console/hours/{first}/restore").status_code == 303
    assert "thứ Hai, 8 giờ đến 17 giờ" in content.get("/console/hours").text
    assert store.value("SELECT count(*) FROM audit WHERE event = 'desk.hours' AND actor = %s", f"staff:{content.name}")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"monday": "17:00-08:00"}, "Thứ Hai: giờ kết thúc"), ({"monday": "08:00-"}, "Thứ Hai: giờ kết thúc"),
     ({"holidays": "32/01/2027 Sai"}, "32/01/2027 Sai"), ({"holidays": "mai"}, "mai")],
)  # fmt: skip
def test_what_is_no_time_or_day_is_named(joined: Join, store: Store, wrong: dict[str, str], said: str) -> None:
    answer = joined("content").post("/console/hours", **given(**wrong))
    assert answer.status_code == 400
    assert said in answer.text
    assert newest(store) == 0


@pytest.mark.parametrize("until", ["", "x", "25:00"])
def test_an_opening_without_a_time(joined: Join, until: str) -> None:
    assert joined("agent").post("/console/hours/open", until=until).status_code == (303 if not until else 400)


@pytest.mark.parametrize(
    ("hours", "vi", "en"),
    [
        (dict.fromkeys(DAYS[:5], "08:00-17:00"), "thứ Hai đến thứ Sáu, 8 giờ đến 17 giờ",
         "Monday to Friday, 8 am to 5 pm (Vietnam time)"),
        ({"saturday": "08:00-11:30", "sunday": "09:00-10:00"},
         "thứ Bảy, 8 giờ đến 11 giờ 30; Chủ nhật, 9 giờ đến 10 giờ",
         "Saturday, 8 am to 11:30 am; Sunday, 9 am to 10 am (Vietnam time)"),
        ({}, "chưa có giờ trực", "no hours at present"),
    ],
)  # fmt: skip
def test_hours_in_words(hours: dict[str, str], vi: str, en: str) -> None:
    spans = {day: rules.span_of(text) for day, text in hours.items()}
    assert (rules.said(spans, "vi"), rules.said(spans, "en")) == (vi, en)


def test_a_prepared_answer_has_a_history_and_comes_back(joined: Join, opened: Open, store: Store) -> None:
    store.do("DELETE FROM canned_answers", "DELETE FROM canned_history")
    hoa = joined("agent", shown="Trần Thị Hoa")
    hoa.post("/console/canned", title="Chờ chút", text="Bản thứ nhất")
    number, at = store.rows("SELECT id, changed_at FROM canned_answers")[0]
    hoa.post(f"/console/canned/{number}", title="Chờ chút", text="Bản thứ hai", changed_at=at.isoformat())
    page = opened(hoa, "/console/canned")
    page.on("dialog", lambda dialog: dialog.accept())
    card = page.locator("article", has=page.get_by_role("heading", name="Chờ chút"))
    card.get_by_text("Lịch sử", exact=True).click()
    card.get_by_role("button", name="Dùng lại").click()
    expect(page.get_by_text("Đã dùng lại câu mẫu “Chờ chút”.")).to_be_visible()
    assert store.value("SELECT text FROM canned_answers WHERE id = %s", number) == "Bản thứ nhất"
    hoa.post(f"/console/canned/{number}/delete")
    page.reload()
    page.get_by_role("button", name="Lấy lại Chờ chút").click()
    expect(page.get_by_role("heading", name="Chờ chút")).to_be_visible()
    expect(page.get_by_role("heading", name="Đã xóa")).to_have_count(0)
