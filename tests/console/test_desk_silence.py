"""Nobody who was taken at the desk is left in silence: timers, presence, what was missed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.conftest import Served
from tests.console.conftest import Join, Open
from tests.console.test_desk import empty_desk, heard, held, waits
from tests.kit.colleagues import Colleague
from tests.kit.people import Store, Visitor
from tests.kit.waiting import until

pytestmark = pytest.mark.dear(60)

__all__ = ["empty_desk"]  # a fixture that pytest finds by its name here

SLOW, LOST, REQUEUED = "chậm hơn thường lệ", "chưa có người khác vào thay", "trở lại đầu hàng chờ"
_BACK = """
UPDATE handovers SET taken_at = taken_at - interval '{m} min', held_at = held_at - interval '{m} min',
    warned_at = warned_at - interval '{m} min' WHERE conversation = '{c}';
UPDATE inbox SET accepted_at = accepted_at - interval '{m} min' WHERE conversation = '{c}';
UPDATE outbox SET created_at = created_at - interval '{m} min' WHERE conversation = '{c}'
"""


@pytest.fixture(autouse=True)
def nobody_missed(store: Store) -> None:
    """What other tests left is dealt with."""
    store.do("UPDATE handovers SET dealt_at = now() WHERE state = 'closed'")


def pass_minutes(store: Store, visitor: Visitor, minutes: int) -> None:
    """Lets time pass in a conversation."""
    store.do(*_BACK.format(m=minutes, c=visitor.conversation).split(";"))


def said(visitor: Visitor, words: str) -> int:
    return sum(words in text for text in heard(visitor))


def state(store: Store, visitor: Visitor) -> str:
    query = "SELECT state FROM handovers WHERE conversation = %s ORDER BY id DESC LIMIT 1"
    return str(store.value(query, visitor.conversation))


@contextlib.contextmanager
def page_open(who: Colleague) -> Iterator[None]:
    """An open page of the desk, as the stream that it keeps."""
    done = threading.Event()

    def keep() -> None:
        with who.http.stream("GET", "/console/desk/live?conversation=") as stream:
            for _ in stream.iter_lines():
                if done.is_set():
                    return

    thread = threading.Thread(target=keep)
    thread.start()
    yield
    done.set()
    thread.join()


class TestTimers:
    def test_a_person_who_waits_too_long_is_told_once_and_red_for_everybody(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        hoa, nam, visitor = joined("agent", shown="Trần Thị Hoa"), joined("agent"), Visitor(node.url)
        path = held(store, visitor, hoa)
        hoa.post(f"{path}/reply", text="Mình xem giúp bạn.")
        visitor.send("em chờ chị ạ")
        visitor.answered()
        desk = opened(nam, "/console/desk")
        expect(desk.locator(".queued.overdue")).to_have_count(0)
        pass_minutes(store, visitor, 6)
        expect(desk.locator(".queued.overdue")).to_contain_text("Trần Thị Hoa chưa trả lời")
        expect(desk.locator("nav [data-badge=desk]")).to_have_text("1")
        until(lambda: said(visitor, SLOW) == 1)
        pass_minutes(store, visitor, 2)
        hoa.post(f"{path}/reply", text="Xong rồi bạn nhé.")
        expect(desk.locator(".queued.overdue")).to_have_count(0)
        expect(desk.locator("nav [data-badge=desk]")).to_be_hidden()
        assert said(visitor, SLOW) == 1

    def test_another_wait_is_told_again(self, joined: Join, store: Store, node: Served) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        path = held(store, visitor, hoa)
        pass_minutes(store, visitor, 6)
        until(lambda: said(visitor, SLOW) == 1)
        hoa.post(f"{path}/reply", text="Chào bạn.")
        visitor.send("em hỏi thêm")
        visitor.answered()
        pass_minutes(store, visitor, 6)
        until(lambda: said(visitor, SLOW) == 2)

    def test_what_needs_no_answer_waits_for_none(self, joined: Join, store: Store, node: Served) -> None:
        hoa, other = joined("agent"), Visitor(node.url)
        visitor = Visitor(node.url)
        path = held(store, visitor, hoa)
        hoa.post(f"{path}/reply", text="Bạn làm theo hướng dẫn nhé.")
        visitor.send("cảm ơn chị")
        visitor.answered()
        assert hoa.post(f"{path}/settle").status_code == 303
        held(store, other, hoa)
        pass_minutes(store, visitor, 30)
        pass_minutes(store, other, 6)
        until(lambda: said(other, SLOW) == 1)  # the sweep has looked
        assert said(visitor, SLOW) == 0
        assert state(store, visitor) == "with_person"

    def test_what_nobody_answers_goes_back_to_the_queue_where_a_colleague_is(
        self, joined: Join, store: Store, node: Served
    ) -> None:
        hoa, nam, visitor = joined("agent"), joined("agent"), Visitor(node.url)
        path = held(store, visitor, hoa)
        nam.post("/console/desk/presence", here="yes")
        pass_minutes(store, visitor, 16)
        until(lambda: said(visitor, REQUEUED) == 1)
        assert hoa.post(f"{path}/reply", text="tới muộn").status_code == 409
        assert "nhân viên trước dừng giữa chừng" in nam.get("/console/desk").text
        assert nam.post(f"{path}/take").status_code == 303
        assert state(store, visitor) == "with_person"

    def test_or_to_the_assistant_where_nobody_is_and_stands_on_the_desk(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        held(store, visitor, hoa)
        store.do("DELETE FROM desk_presence WHERE agent = 'somebody'")
        desk = opened(hoa, "/console/desk")
        pass_minutes(store, visitor, 16)
        until(lambda: said(visitor, LOST) == 1)
        assert visitor.ask("số tổng đài là bao nhiêu")  # the assistant answers again
        expect(desk.locator(".queued.missed")).to_contain_text("đã nhắn lại")
        expect(desk.locator("nav [data-badge=desk]")).to_have_text("1")
        desk.locator(".queued.missed a").click()
        desk.get_by_role("button", name="Vào trả lời").click()
        expect(desk.get_by_text("bạn đang hỗ trợ")).to_be_visible()
        expect(desk.locator(".queued.missed")).to_have_count(0)

    def test_what_could_not_be_sent_is_no_answer(self, joined: Join, store: Store, node: Served) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        path = held(store, visitor, hoa)
        hoa.post(f"{path}/reply", text="Bạn chờ một chút.")
        until(lambda: said(visitor, "Bạn chờ một chút."))
        store.do("UPDATE outbox SET state = 'dead', error = '-201' WHERE sender = 'agent'")
        pass_minutes(store, visitor, 6)
        until(lambda: said(visitor, SLOW))


class TestPresence:
    def test_a_page_that_is_closed_hands_its_chats_on(self, joined: Join, store: Store, node: Served) -> None:
        hoa, nam, visitor = joined("agent"), joined("agent"), Visitor(node.url)
        path = held(store, visitor, hoa)
        hoa.post(f"{path}/reply", text="Chào bạn.")
        nam.post("/console/desk/presence", here="yes")
        with page_open(hoa):
            until(lambda: store.value("SELECT page_at FROM desk_presence WHERE agent = %s", hoa.name))
        assert state(store, visitor) == "with_person"
        store.do("UPDATE desk_presence SET page_at = page_at - interval '3 min' WHERE page_at IS NOT NULL")
        until(lambda: said(visitor, REQUEUED) == 1)
        assert state(store, visitor) == "waiting"

    def test_who_is_gone_counts_as_nobody_for_those_who_ask(self, joined: Join, store: Store, node: Served) -> None:
        hoa = joined("agent")
        hoa.post("/console/desk/presence", here="yes")
        with page_open(hoa):
            until(lambda: store.value("SELECT page_at FROM desk_presence WHERE agent = %s", hoa.name))
        store.do("UPDATE desk_presence SET page_at = page_at - interval '3 min'")
        assert "chưa có nhân viên trực" in Visitor(node.url).text("cho em gặp nhân viên")

    @pytest.mark.parametrize("way", ["presence", "sign-out"])
    def test_leaving_and_signing_out_hand_on_at_once(self, joined: Join, store: Store, node: Served, way: str) -> None:
        hoa, nam, visitor = joined("agent"), joined("agent"), Visitor(node.url)
        held(store, visitor, hoa)
        nam.post("/console/desk/presence", here="yes")
        answer = hoa.post("/console/desk/presence", here="no") if way == "presence" else hoa.post("/console/sign-out")
        assert answer.status_code == 303
        assert state(store, visitor) == "waiting"
        until(lambda: said(visitor, REQUEUED) == 1)

    def test_a_break_with_open_chats_asks_first(self, joined: Join, opened: Open, store: Store, node: Served) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        desk = opened(hoa, held(store, visitor, hoa))
        asked: list[str] = []
        desk.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
        desk.get_by_role("button", name="Tạm nghỉ").click()
        assert "Bạn đang giữ 1 cuộc trò chuyện" in asked[0]
        assert state(store, visitor) == "with_person"


class TestMissed:
    def test_a_wait_that_nobody_came_to_stays_until_it_is_dealt_with(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        hoa, first, second = joined("agent"), Visitor(node.url), Visitor(node.url)
        for visitor in (first, second):
            waits(store, visitor)
        store.do("UPDATE handovers SET asked_at = asked_at - interval '11 min' WHERE state = 'waiting'")
        for visitor in (first, second):
            until(lambda visitor=visitor: said(visitor, "nhân viên trực đang bận") == 1)
        desk = opened(hoa, "/console/desk")
        expect(desk.locator(".queued.missed")).to_have_count(2)
        second.ask("dạ em cảm ơn ạ")  # words that ask for nobody: whoever does is in the queue again
        expect(desk.locator(".queued.missed").first).to_contain_text("dạ em cảm ơn ạ")
        desk.locator(".queued.missed").first.get_by_role("button", name="Đã xử lý").click()
        expect(desk.locator(".queued.missed")).to_have_count(1)
        row = "SELECT dealt_by FROM handovers WHERE conversation = %s"
        assert store.value(row, second.conversation) == hoa.name

    def test_a_question_that_was_left_instead_takes_its_place(self, joined: Join, store: Store, node: Served) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        waits(store, visitor)
        store.do("UPDATE handovers SET asked_at = asked_at - interval '11 min' WHERE state = 'waiting'")
        until(lambda: said(visitor, "nhân viên trực đang bận") == 1)
        assert 'class="queued missed' in hoa.get("/console/desk").text
        visitor.ask("Để lại câu hỏi", payload="#leave_question", title="Để lại câu hỏi")
        visitor.ask("em đổi số điện thoại thì nộp giấy tờ gì ạ")
        assert 'class="queued missed' not in hoa.get("/console/desk").text


def test_who_writes_again_is_at_the_top_of_ones_own(joined: Join, opened: Open, store: Store, node: Served) -> None:
    hoa, first, second = joined("agent"), Visitor(node.url), Visitor(node.url)
    for visitor in (first, second):
        hoa.post(f"{held(store, visitor, hoa)}/reply", text="Chào bạn.")
    desk = opened(hoa, "/console/desk")
    for visitor, words in ((second, "em hỏi tiếp"), (first, "còn em nữa")):
        visitor.send(words)
        top = desk.get_by_role("region", name="Tôi đang hỗ trợ").locator(".queued.unanswered")
        expect(top.first if visitor is second else top.nth(1)).to_contain_text(words)


def test_closing_with_an_answer_owed_says_so(joined: Join, store: Store, node: Served) -> None:
    hoa, visitor = joined("agent"), Visitor(node.url)
    path = held(store, visitor, hoa)
    visitor.send("chị ơi")
    visitor.answered()
    assert hoa.post(f"{path}/close").status_code == 303
    until(lambda: said(visitor, "Nhân viên đã kết thúc") == 1)
