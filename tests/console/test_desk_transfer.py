"""A conversation is handed to a named colleague, who knows why; the person notices nothing."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.conftest import Served
from tests.console.conftest import Join, Open
from tests.console.test_desk import empty_desk, heard, held
from tests.kit.people import Store, Visitor
from tests.kit.waiting import until

__all__ = ["empty_desk"]  # a fixture that pytest finds by its name here


def test_to_somebody_who_is_there(joined: Join, opened: Open, store: Store, node: Served) -> None:
    hoa, nam, visitor = joined("agent"), joined("agent", shown="Lê Văn Nam"), Visitor(node.url)
    path = held(store, visitor, hoa)
    visitor.answered()
    before = heard(visitor)
    nam.post("/console/desk/presence", here="yes")
    his = opened(nam, "/console/desk")
    desk = opened(hoa, path)
    desk.get_by_text("Chuyển cho…").click()
    desk.get_by_label("Đồng nghiệp đang trực").select_option(label="Lê Văn Nam")
    desk.get_by_label("Nhắn đồng nghiệp").fill("Hỏi về gộp sổ, mình chưa rõ.")
    desk.get_by_role("button", name="Chuyển", exact=True).click()
    expect(desk.get_by_text("Đã chuyển cho Lê Văn Nam.")).to_be_visible()
    expect(his.locator("#announce")).to_contain_text("Đồng nghiệp vừa chuyển")
    his.get_by_role("region", name="Tôi đang hỗ trợ").locator(".queued a").click()
    expect(his.locator(".note-line")).to_contain_text("Chuyển cho Lê Văn Nam. Hỏi về gộp sổ, mình chưa rõ.")
    assert nam.post(f"{path}/reply", text="Mình là Nam.").status_code == 303
    assert heard(visitor) == [*before, "Mình là Nam."]
    trail = "SELECT details->>'colleague' FROM audit WHERE event = 'desk.transferred' ORDER BY at DESC LIMIT 1"
    assert store.value(trail) == nam.name


def test_not_to_who_is_away_nor_what_is_not_ones_own(joined: Join, store: Store, node: Served) -> None:
    hoa, nam, other = joined("agent"), joined("agent"), joined("content")
    path = held(store, Visitor(node.url), hoa)
    assert hoa.post(f"{path}/transfer", colleague=nam.name).status_code == 409
    assert hoa.post(f"{path}/transfer", colleague=other.name).status_code == 409
    nam.post("/console/desk/presence", here="yes")
    third = joined("agent")
    assert third.post(f"{path}/transfer", colleague=nam.name).status_code == 409
    assert hoa.post(f"{path}/transfer", colleague=nam.name).status_code == 303


def test_a_new_holder_gets_time_of_their_own(joined: Join, store: Store, node: Served) -> None:
    hoa, nam, visitor = joined("agent"), joined("agent"), Visitor(node.url)
    path = held(store, visitor, hoa)
    nam.post("/console/desk/presence", here="yes")
    assert hoa.post(f"{path}/transfer", colleague=nam.name).status_code == 303
    held_at = "SELECT now() - held_at < interval '1 minute' FROM handovers WHERE conversation = %s AND agent = %s"
    assert store.value(held_at, visitor.conversation, nam.name) is True


def test_to_whoever_is_there_it_goes_to_the_front_of_the_queue(joined: Join, store: Store, node: Served) -> None:
    hoa, nam, visitor = joined("agent"), joined("agent"), Visitor(node.url)
    path = held(store, visitor, hoa)
    store.do("DELETE FROM desk_presence")
    assert hoa.post(f"{path}/transfer", colleague="", why="Cần người rành BHYT").status_code == 409  # nobody is there
    nam.post("/console/desk/presence", here="yes")
    assert hoa.post(f"{path}/transfer", colleague="", why="Cần người rành BHYT").status_code == 303
    until(lambda: any("trở lại đầu hàng chờ" in text for text in heard(visitor)))
    assert "nhân viên trước dừng giữa chừng" in nam.get("/console/desk").text
    assert nam.post(f"{path}/take").status_code == 303
    assert "Chuyển cho người đang trực. Cần người rành BHYT" in nam.get(path).text
