"""Nothing typed at the desk is lost: drafts on the server, a network that goes away, sends that happen once."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.conftest import Served
from tests.console.conftest import Join, Open
from tests.console.test_desk import empty_desk, heard, held
from tests.console.test_questions import leaves
from tests.kit.colleagues import give_code, give_password
from tests.kit.people import Store, Visitor
from tests.kit.waiting import until

__all__ = ["empty_desk"]  # a fixture that pytest finds by its name here
FIELD, WORDS = "Tin nhắn cho người dân", "Bạn mang theo căn cước và"


def kept(store: Store, place: str = "reply") -> int:
    return int(store.value("SELECT count(*) FROM desk_drafts WHERE place = %s", place))


def writes(page: Page, words: str = WORDS) -> None:
    """Types as an agent does, key by key, and waits until the server has it."""
    page.get_by_label(FIELD).press_sequentially(words)
    expect(page.locator("#draft-state")).to_have_text("Bản nháp đã lưu.")


class TestDrafts:
    def test_a_reload_and_another_browser_show_what_was_being_written(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        hoa = joined("agent")
        path = held(store, Visitor(node.url), hoa)
        desk = opened(hoa, path)
        writes(desk)
        desk.reload()
        expect(desk.get_by_label(FIELD)).to_have_value(WORDS)
        expect(opened(hoa, path, width=390).get_by_label(FIELD)).to_have_value(WORDS)

    def test_it_is_sealed_ones_own_and_gone_once_sent(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        store.do("DELETE FROM desk_drafts")
        hoa, nam, visitor = joined("agent"), joined("agent"), Visitor(node.url)
        path = held(store, visitor, hoa)
        hoa.post(f"{path}/draft", text="Số của bạn 0901000123")
        assert b"0901000123" not in bytes(store.value("SELECT sealed FROM desk_drafts"))
        assert "0901000123" not in nam.get(path).text
        assert hoa.post(f"{path}/reply", text="Mình đã xem.").status_code == 303
        assert kept(store) == 0

    def test_whoever_is_relieved_keeps_the_words(self, joined: Join, opened: Open, store: Store, node: Served) -> None:
        hoa, nam = joined("agent"), joined("agent", shown="Lê Văn Nam")
        path = held(store, Visitor(node.url), hoa)
        desk = opened(hoa, path)
        writes(desk)
        assert nam.post(f"{path}/relieve", colleague=hoa.name).status_code == 303
        expect(desk.get_by_text("Lê Văn Nam đang hỗ trợ")).to_be_visible()
        expect(desk.locator("#kept-draft")).to_have_text(WORDS)

    def test_an_ended_session_keeps_the_words(self, joined: Join, opened: Open, store: Store, node: Served) -> None:
        hoa = joined("agent")
        path = held(store, Visitor(node.url), hoa)
        desk = opened(hoa, path)
        desk.get_by_label(FIELD).press_sequentially(WORDS)
        store.do(f"DELETE FROM staff_sessions WHERE name = '{hoa.name}'")
        desk.get_by_label(FIELD).press_sequentially(" sổ")
        desk.wait_for_url("**/console/sign-in**")
        hoa.http.cookies.clear()
        give_password(hoa.http, hoa.name)
        assert give_code(hoa.http, hoa.code()).status_code == 303
        desk.context.add_cookies([{"name": "console", "value": hoa.cookie, "url": node.url}])
        desk.goto(path)
        expect(desk.get_by_label(FIELD)).to_have_value(f"{WORDS} sổ")
        opened.complaints.clear()  # type: ignore[attr-defined] - the browser notes the 401

    def test_an_answer_to_a_question_is_kept_too(self, joined: Join, opened: Open, store: Store, node: Served) -> None:
        visitor, hoa = Visitor(node.url), joined("agent")
        number = leaves(visitor, store)
        hoa.post(f"/console/questions/{number}/assign")
        page = opened(hoa, f"/console/questions/{number}")
        page.get_by_label("Câu trả lời").press_sequentially("Bạn ra cơ quan")
        expect(page.locator("#draft-state")).to_have_text("Bản nháp đã lưu.")
        page.reload()
        expect(page.get_by_label("Câu trả lời")).to_have_value("Bạn ra cơ quan")
        page.get_by_role("button", name="Gửi câu trả lời").click()
        expect(page.get_by_text("Đã gửi câu trả lời")).to_be_visible()
        assert kept(store, number) == 0
        assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft'))") == []

    def test_a_send_that_arrives_late_takes_no_draft_of_the_next_message(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        path = held(store, visitor, hoa)
        desk = opened(hoa, path)
        waiting: list[Any] = []

        def hold(route: Any) -> None:
            waiting.append(route)

        desk.route("**/reply", hold)
        writes(desk, "Tin thứ nhất.")
        desk.keyboard.press("Enter")
        until(lambda: waiting or desk.wait_for_timeout(50))
        writes(desk)
        waiting[0].continue_()
        expect(desk.locator(".line.agent", has_text="Tin thứ nhất.")).to_have_count(1)
        assert heard(visitor).count("Tin thứ nhất.") == 1
        desk.reload()
        expect(desk.get_by_label(FIELD)).to_have_value(WORDS)

    def test_nothing_of_what_was_sent_is_left_as_a_draft(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        store.do("DELETE FROM desk_drafts")
        hoa, visitor = joined("agent"), Visitor(node.url)
        desk = opened(hoa, held(store, visitor, hoa))
        writes(desk, "Tin đầy")
        desk.get_by_label(FIELD).press_sequentially(" đủ")
        desk.keyboard.press("Enter")
        expect(desk.locator(".line.agent", has_text="Tin đầy đủ")).to_have_count(1)
        until(lambda: kept(store) == 0 or desk.wait_for_timeout(50))

    def test_what_could_not_be_sent_and_what_the_browser_still_holds_are_both_kept(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        store.do("DELETE FROM desk_drafts")
        hoa = joined("agent")
        path = held(store, Visitor(node.url), hoa)
        desk = opened(hoa, path)
        writes(desk, "Bạn mang theo")
        desk.route("**/draft", lambda route: route.abort())
        desk.get_by_label(FIELD).press_sequentially(" căn cước")  # the browser alone has it
        hoa.post(f"{path}/draft", text="Tin không gửi được.", add="yes")  # the server has something more
        field = desk.get_by_label(FIELD)
        for leaves_first in (False, True):
            if leaves_first:
                desk.unroute("**/draft")
            desk.reload()
            expect(field).to_have_value("Bạn mang theo căn cước\nTin không gửi được.")
        field.press_sequentially(" Xong.")
        expect(desk.locator("#draft-state")).to_have_text("Bản nháp đã lưu.")
        opened.complaints.clear()  # type: ignore[attr-defined]


class TestWithoutNetwork:
    def test_it_looks_offline_soon_and_what_was_sent_goes_out_once(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        path = held(store, visitor, hoa)
        desk = opened(hoa, path)
        expect(desk.locator("#offline")).to_be_hidden()
        desk.context.set_offline(True)
        expect(desk.locator("#offline")).to_be_visible(timeout=15_000)  # 5 s are promised
        for words in ("Tin thứ nhất.", "Tin thứ hai."):
            desk.get_by_label(FIELD).fill(words)
            desk.keyboard.press("Enter")
        expect(desk.locator("#pending .line")).to_have_count(2)
        desk.get_by_label(FIELD).press_sequentially("đang viết dở")
        desk.context.set_offline(False)
        expect(desk.locator("#offline")).to_be_hidden()
        expect(desk.locator("#pending")).to_be_hidden()
        expect(desk.locator(".line.agent").last).to_contain_text("Tin thứ hai.")
        assert [text for text in heard(visitor) if text.startswith("Tin thứ")] == ["Tin thứ nhất.", "Tin thứ hai."]
        expect(desk.get_by_label(FIELD)).to_have_value("đang viết dở")
        opened.complaints.clear()  # type: ignore[attr-defined] - the browser notes what did not load

    def test_a_server_that_answers_nothing_is_noticed(self, joined: Join, opened: Open, node: Served) -> None:
        desk = opened(joined("agent"), "/console/desk")
        desk.route("**/healthz", lambda route: None)  # a dead line: no answer, no refusal
        expect(desk.locator("#offline")).to_be_visible(timeout=15_000)
        desk.unroute("**/healthz")
        expect(desk.locator("#offline")).to_be_hidden()
        opened.complaints.clear()  # type: ignore[attr-defined]

    def test_an_answer_that_was_lost_is_not_sent_twice(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        desk = opened(hoa, held(store, visitor, hoa))
        lost: list[int] = []

        def lose(route) -> None:  # type: ignore[no-untyped-def]
            if lost:
                route.continue_()
            else:
                lost.append(route.fetch().status)  # the server has it
                route.abort()  # and the browser never hears of it

        desk.route("**/reply", lose)
        desk.get_by_label(FIELD).fill("Chỉ một lần thôi.")
        desk.keyboard.press("Enter")
        expect(desk.locator("#pending")).to_be_hidden()
        until(lambda: lost)
        expect(desk.locator(".line.agent", has_text="Chỉ một lần thôi.")).to_have_count(1)
        assert heard(visitor).count("Chỉ một lần thôi.") == 1
        opened.complaints.clear()  # type: ignore[attr-defined]

    def test_what_goes_out_too_late_stays_as_a_draft(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        hoa, nam, visitor = joined("agent"), joined("agent"), Visitor(node.url)
        path = held(store, visitor, hoa)
        desk = opened(hoa, path)
        desk.on("dialog", lambda dialog: dialog.accept())
        desk.context.set_offline(True)
        for words in ("Tới muộn mất rồi.", "Câu thứ hai.", "Câu thứ ba."):
            desk.get_by_label(FIELD).fill(words)
            desk.keyboard.press("Enter")
        assert nam.post(f"{path}/relieve", colleague=hoa.name).status_code == 303
        desk.context.set_offline(False)
        expect(desk.locator("#kept-draft")).to_have_text("Tới muộn mất rồi.\nCâu thứ hai.\nCâu thứ ba.")
        desk.reload()
        expect(desk.locator("#kept-draft")).to_have_text("Tới muộn mất rồi.\nCâu thứ hai.\nCâu thứ ba.")
        assert "Tới muộn mất rồi." not in heard(visitor)
        opened.complaints.clear()  # type: ignore[attr-defined]
