"""The desk as agents and citizens meet at it, each in a browser of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Page, expect

from assistant.desk.holding import EVERY_DESK
from tests.conftest import Served
from tests.console.conftest import Join, Open
from tests.kit.colleagues import Colleague
from tests.kit.people import Store, Visitor, ZaloUser
from tests.kit.waiting import until

pytestmark = pytest.mark.dear(50)


@pytest.fixture(autouse=True)
def empty_desk(store: Store) -> Iterator[None]:
    """Nobody waits and nobody is there."""
    store.do(
        "UPDATE handovers SET state = 'closed', closed_at = now() WHERE state <> 'closed'", "DELETE FROM desk_presence"
    )
    return


def waits(store: Store, visitor: Visitor | ZaloUser, reason: str = "asked") -> str:
    """Puts somebody into the queue; returns the path of the conversation."""
    visitor.ask("chào")
    store.do("INSERT INTO desk_presence (agent) VALUES ('somebody') ON CONFLICT DO NOTHING")
    with psycopg.connect(store.url) as connection:
        connection.execute(
            "INSERT INTO handovers (conversation, reason) VALUES (%s, %s)", (visitor.conversation, reason)
        )
    return f"/console/desk/{visitor.conversation}"


def held(store: Store, visitor: Visitor | ZaloUser, who: Colleague) -> str:
    """Puts somebody into the queue and lets a colleague take them."""
    path = waits(store, visitor)
    assert who.post(f"{path}/take").status_code == 303
    return path


def says(page: Page, text: str) -> None:
    """Writes as a citizen on the web page."""
    page.locator("textarea").fill(text)
    page.locator("textarea").press("Enter")


def heard(visitor: Visitor) -> list[str]:
    """Returns what the citizen's page shows from our side."""
    return [message["text"] for message in visitor.history()["messages"] if message["from"] != "person"]


class TestTwoBrowsers:
    def test_an_agent_and_a_citizen_talk(self, joined: Join, opened: Open) -> None:
        citizen = opened()
        hoa = joined("agent", shown="Trần Thị Hoa")
        desk = opened(hoa, "/console/desk")
        expect(desk.get_by_text("Không có ai đang chờ")).to_be_visible()
        desk.get_by_role("button", name="Vào trực").click()
        expect(desk.get_by_text("Bạn đang trực")).to_be_visible()

        says(citizen, "cho em gặp nhân viên")
        expect(citizen.get_by_text("Bạn đang ở vị trí thứ 1")).to_be_visible()
        expect(desk.locator("#queue .queued")).to_have_count(1)
        expect(desk).to_have_title(re.compile(r"^\(1\) "))
        expect(desk.locator("nav [data-badge=desk]")).to_have_text("1")

        desk.get_by_role("button", name="Nhận").click()
        expect(desk.get_by_text("bạn đang hỗ trợ")).to_be_visible()
        expect(citizen.get_by_text("Nhân viên trực đã vào trò chuyện")).to_be_visible()
        expect(citizen.locator(".robot")).to_have_text("Nhân viên đang trả lời bạn")
        citizen.reload()
        expect(citizen.locator(".robot")).to_have_text("Nhân viên đang trả lời bạn")

        desk.get_by_label("Tin nhắn cho người dân").fill("Chào bạn, mình nghe đây.")
        desk.keyboard.press("Enter")
        expect(citizen.get_by_text("Chào bạn, mình nghe đây.")).to_be_visible()
        expect(desk.locator(".line.agent").last).to_contain_text("Chào bạn, mình nghe đây.")
        expect(desk.locator(".line.agent").last).to_contain_text("Trần Thị Hoa")
        expect(desk.locator(".line.agent").last).to_contain_text("đã gửi")

        says(citizen, "em cần đổi e-mail")
        expect(desk.locator(".line.person").last).to_contain_text("em cần đổi e-mail")
        expect(desk.locator(".queued.unanswered")).to_have_count(1)
        before = citizen.locator(".msg.bot").count()

        desk.get_by_role("button", name="Giao lại cho trợ lý").click()
        expect(citizen.get_by_text("Nhân viên đã kết thúc phần hỗ trợ")).to_be_visible()
        expect(desk.get_by_text("trợ lý tự động đang trả lời")).to_be_visible()
        expect(citizen.locator(".robot")).to_have_text("Trợ lý tự động – không phải người thật")
        assert citizen.locator(".msg.bot").count() == before + 1  # the assistant was silent meanwhile

    def test_what_is_being_typed_is_kept_when_the_person_writes(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        visitor, hoa = Visitor(node.url), joined("agent")
        desk = opened(hoa, held(store, visitor, hoa))
        desk.get_by_label("Tin nhắn cho người dân").fill("Đang viết dở")
        visitor.send("em hỏi thêm")
        expect(desk.locator(".line.person").last).to_contain_text("em hỏi thêm")
        expect(desk.get_by_label("Tin nhắn cho người dân")).to_have_value("Đang viết dở")
        expect(desk.get_by_label("Tin nhắn cho người dân")).to_be_focused()

    def test_of_two_agents_one_wins_and_the_other_is_told_kindly(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        path = waits(store, Visitor(node.url))
        hoa, nam = joined("agent", shown="Trần Thị Hoa"), joined("agent", shown="Lê Văn Nam")
        slow = opened(nam, "/console/desk", java_script_enabled=False)
        assert hoa.post(f"{path}/take").status_code == 303
        slow.get_by_role("button", name="Nhận").click()
        expect(slow.get_by_text("Trần Thị Hoa vừa nhận cuộc trò chuyện này trước bạn một chút.")).to_be_visible()
        expect(slow.get_by_role("heading", name="Bàn trực")).to_be_visible()

    def test_colleagues_see_each_other_come_and_go(self, joined: Join, opened: Open) -> None:
        hoa, nam = joined("agent", shown="Trần Thị Hoa"), joined("agent", shown="Lê Văn Nam")
        desk = opened(hoa, "/console/desk")
        assert nam.post("/console/desk/presence", here="yes").status_code == 303
        expect(desk.locator(".colleagues")).to_contain_text("Lê Văn Nam")
        assert nam.post("/console/desk/presence", here="no").status_code == 303
        expect(desk.locator("#queue")).not_to_contain_text("Lê Văn Nam")
        expect(desk.locator(".colleagues")).to_have_count(0)

    def test_what_was_undone_before_anybody_looked_is_told_too(self, joined: Join, store: Store) -> None:
        hoa = joined("agent")
        with hoa.http.stream("GET", "/console/desk/live?conversation=") as stream:
            lines = stream.iter_lines()
            first = next(line for line in lines if line.startswith("data: "))
            store.do(f"SELECT pg_notify('assistant_wake', '[\"\", \"{EVERY_DESK}\"]')")
            again = next(line for line in lines if line.startswith("data: "))
        assert json.loads(first[6:]) | {"changes": 1} == json.loads(again[6:])

    def test_the_whole_desk_works_without_scripts(self, joined: Join, opened: Open, store: Store, node: Served) -> None:
        visitor = Visitor(node.url)
        waits(store, visitor)
        desk = opened(joined("agent"), "/console/desk", java_script_enabled=False)
        desk.get_by_role("button", name="Nhận").click()
        desk.get_by_label("Tin nhắn cho người dân").fill("Không cần script")
        desk.get_by_role("button", name="Gửi").click()
        expect(desk.locator(".line.agent")).to_contain_text("Không cần script")
        desk.get_by_label("Ghi chú", exact=True).fill("Đã chào")
        desk.get_by_role("button", name="Ghi", exact=True).click()
        expect(desk.locator(".note-line")).to_contain_text("Đã chào")
        desk.get_by_role("button", name="Giao lại cho trợ lý").click()
        expect(desk.get_by_text("Đã giao lại cho trợ lý tự động.")).to_be_visible()
        assert "Không cần script" in heard(visitor)

    def test_on_a_phone(self, joined: Join, opened: Open, store: Store, node: Served) -> None:
        visitor = Visitor(node.url)
        waits(store, visitor)
        desk = opened(joined("agent"), "/console/desk", width=360, height=700)
        desk.get_by_role("button", name="Nhận").click()
        desk.get_by_label("Tin nhắn cho người dân").fill("Từ điện thoại")
        desk.get_by_role("button", name="Gửi").click()
        expect(desk.locator(".line.agent")).to_contain_text("Từ điện thoại")
        expect(desk.locator(".line.agent")).to_be_in_viewport()
        desk.get_by_role("link", name="← Hàng chờ").click()
        expect(desk.get_by_role("heading", name="Tôi đang hỗ trợ")).to_be_visible()
        assert "Từ điện thoại" in heard(visitor)


class TestKeys:
    def test_the_list_is_at_the_question_mark(self, joined: Join, opened: Open) -> None:
        desk = opened(joined("agent"), "/console/desk")
        desk.keyboard.press("?")
        expect(desk.get_by_role("dialog", name="Phím tắt")).to_be_visible()
        desk.keyboard.press("Escape")
        expect(desk.get_by_role("dialog", name="Phím tắt")).to_be_hidden()

    def test_taking_writing_and_giving_back_by_keys_alone(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        visitor = Visitor(node.url)
        waits(store, visitor)
        desk = opened(joined("agent"), "/console/desk")
        desk.keyboard.press("n")
        expect(desk.get_by_text("bạn đang hỗ trợ")).to_be_visible()
        desk.keyboard.press("r")
        desk.keyboard.type("n là chữ, không phải phím tắt")
        desk.keyboard.press("Enter")
        expect(desk.locator(".line.agent")).to_contain_text("n là chữ")
        desk.keyboard.press("Escape")
        desk.keyboard.press("b")
        expect(desk.get_by_text("trợ lý tự động đang trả lời")).to_be_visible()

    def test_they_can_be_switched_off(self, joined: Join, opened: Open, store: Store, node: Served) -> None:
        waits(store, Visitor(node.url))
        desk = opened(joined("agent"), "/console/desk")
        desk.keyboard.press("?")
        desk.get_by_label("Dùng phím tắt một chữ").uncheck()
        desk.keyboard.press("Escape")
        desk.reload()
        desk.keyboard.press("n")
        desk.wait_for_timeout(300)
        expect(desk.get_by_role("button", name="Nhận")).to_be_visible()


class TestWhoseItIs:
    def test_two_take_at_the_same_moment_and_one_has_it(self, joined: Join, store: Store, node: Served) -> None:
        from concurrent.futures import ThreadPoolExecutor

        people = [joined("agent") for _ in range(4)]
        marks = [who.csrf() for who in people]
        visitor = Visitor(node.url)
        path = waits(store, visitor)
        with ThreadPoolExecutor(4) as pool:
            led = list(
                pool.map(
                    lambda n: people[n].post(f"{path}/take", csrf=marks[n]).headers["location"], range(len(people))
                )
            )
        assert sorted(led) == ["/console/desk"] * 3 + [path.replace(":", "%3A")]
        visitor.answered()
        until(lambda: sum("Nhân viên trực đã vào" in text for text in heard(visitor)) == 1)

    def test_a_double_click_takes_once(self, joined: Join, store: Store, node: Served) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        path = held(store, visitor, hoa)
        assert hoa.post(f"{path}/take").status_code == 303
        visitor.answered()
        assert sum("Nhân viên trực đã vào" in text for text in heard(visitor)) == 1

    def test_only_who_has_it_writes_and_ends_it(self, joined: Join, store: Store, node: Served) -> None:
        hoa, nam, visitor = joined("agent"), joined("agent"), Visitor(node.url)
        path = held(store, visitor, hoa)
        for act, fields in (("reply", {"text": "chen vào"}), ("back", {}), ("close", {})):
            assert nam.post(f"{path}/{act}", **fields).status_code == 409
        assert "chen vào" not in heard(visitor)

    def test_a_colleague_is_relieved_and_the_person_notices_nothing(
        self, joined: Join, store: Store, node: Served
    ) -> None:
        hoa, nam, visitor = joined("agent"), joined("agent"), Visitor(node.url)
        path = held(store, visitor, hoa)
        visitor.answered()
        before = heard(visitor)
        assert nam.post(f"{path}/relieve", colleague="somebody-else").status_code == 409
        assert nam.post(f"{path}/relieve", colleague=hoa.name).status_code == 303
        assert hoa.post(f"{path}/reply", text="còn đây").status_code == 409
        assert nam.post(f"{path}/reply", text="mình tiếp tục nhé").status_code == 303
        assert heard(visitor) == [*before, "mình tiếp tục nhé"]

    def test_stepping_in_where_nobody_asked(self, joined: Join, store: Store, node: Served) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        visitor.ask("chào")
        assert hoa.post(f"/console/desk/{visitor.conversation}/take").status_code == 303
        until(lambda: "Nhân viên trực đã vào" in heard(visitor)[-1])
        assert hoa.post(f"/console/desk/{visitor.conversation}/reply", text="Bạn đang vướng ạ?").status_code == 303

    def test_taking_somebody_out_of_the_queue_tells_them(self, joined: Join, store: Store, node: Served) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        path = waits(store, visitor)
        assert hoa.post(f"{path}/close").status_code == 303
        until(lambda: "nhân viên trực đang bận" in heard(visitor)[-1])

    def test_closing_ones_own_is_silent_and_the_assistant_goes_on(
        self, joined: Join, store: Store, node: Served
    ) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        path = held(store, visitor, hoa)
        hoa.post(f"{path}/reply", text="Bạn thử lại nhé.")
        visitor.answered()
        before = heard(visitor)
        assert hoa.post(f"{path}/close").status_code == 303
        assert heard(visitor) == before
        assert visitor.ask("số tổng đài là bao nhiêu")

    def test_a_conversation_nobody_knows(self, joined: Join) -> None:
        hoa = joined("agent")
        assert hoa.get("/console/desk/web:nobody").status_code == 404
        assert hoa.post("/console/desk/web:nobody/reply", text="x").status_code == 409
        assert hoa.post("/console/desk/web:nobody/note", text="x").status_code == 409
        assert hoa.post("/console/desk/web:nobody/take").status_code in (404, 409)


class TestWords:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("Mã của bạn là 7900000123 phải không", "mã số BHXH"),
            ("Bạn gọi 0901000123 nhé", "số điện thoại"),
            ("gửi về nguyen.an@example.com", "địa chỉ e-mail"),
            ("mật khẩu: Abc12345!", "mật khẩu"),
        ],
    )
    def test_identifiers_of_people_are_not_sent(
        self, joined: Join, store: Store, node: Served, text: str, found: str
    ) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        path = held(store, visitor, hoa)
        answer = hoa.post(f"{path}/reply", text=text)
        assert answer.status_code == 409
        assert found in answer.text
        assert text not in heard(visitor)

    @pytest.mark.parametrize(
        "text",
        ["Bạn gọi 1900 9068, bấm phím 8 (1.000 đồng/phút)", "Thư gửi về hotro@vss.gov.vn",
         "Quyết định 595/QĐ-BHXH 2017",
         "Phí là 1.234.567 đồng", "Bạn đến trước 17 giờ ngày 22/11/2026"],
    )  # fmt: skip
    def test_what_identifies_nobody_is(self, joined: Join, store: Store, node: Served, text: str) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        assert hoa.post(f"{held(store, visitor, hoa)}/reply", text=text).status_code == 303
        assert text in heard(visitor)

    def test_empty_and_endless_ones_are_refused(self, joined: Join, store: Store, node: Served) -> None:
        hoa = joined("agent")
        path = held(store, Visitor(node.url), hoa)
        for text in ("", "   \n", "x" * 2001):
            assert hoa.post(f"{path}/reply", text=text).status_code == 409

    def test_a_refused_text_stays_in_its_field(self, joined: Join, opened: Open, store: Store, node: Served) -> None:
        hoa = joined("agent")
        desk = opened(hoa, held(store, Visitor(node.url), hoa))
        desk.get_by_label("Tin nhắn cho người dân").fill("Mã của bạn là 7900000123")
        desk.get_by_role("button", name="Gửi", exact=True).click()
        expect(desk.get_by_role("alert")).to_contain_text("mã số BHXH")
        expect(desk.get_by_label("Tin nhắn cho người dân")).to_have_value("Mã của bạn là 7900000123")
        opened.complaints.clear()  # type: ignore[attr-defined] - the browser notes the 409

    def test_identifiers_in_notes_are_replaced(self, joined: Join, store: Store, node: Served) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        path = waits(store, visitor)
        hoa.post(f"{path}/note", text="Số mới là 0901000123")
        assert "0901000123" not in hoa.get(path).text
        assert "0901000123" not in str(store.rows("SELECT text FROM desk_notes"))
        assert all("Số mới" not in text for text in heard(visitor))

    def test_a_prepared_answer_is_put_in_and_can_be_changed_before_it_goes(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        hoa.post("/console/canned", title="Chờ chút", text="Bạn chờ mình vài phút nhé.")
        desk = opened(hoa, held(store, visitor, hoa))
        desk.keyboard.press("c")
        desk.keyboard.type("cho chut")  # without accents, too
        desk.keyboard.press("Enter")
        expect(desk.get_by_label("Tin nhắn cho người dân")).to_have_value("Bạn chờ mình vài phút nhé.")
        desk.keyboard.type(" Cảm ơn bạn.")
        desk.keyboard.press("Enter")
        expect(desk.locator(".line.agent")).to_contain_text("Bạn chờ mình vài phút nhé. Cảm ơn bạn.")
        assert "Bạn chờ mình vài phút nhé. Cảm ơn bạn." in heard(visitor)


class TestHiddenValues:
    def test_a_value_is_shown_for_a_reason_and_the_trail_says_so(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        visitor.ask("mã của tôi là 7900000123")
        desk = opened(hoa, held(store, visitor, hoa))
        expect(desk.locator("#lines")).not_to_contain_text("7900000123")
        desk.locator("#lines a.hidden-value").first.click()
        dialog = desk.locator("#reveal")
        dialog.get_by_label("Đối chiếu tài khoản theo yêu cầu của người dân").check()
        dialog.get_by_role("button", name="Xem").click()
        expect(dialog.locator("#revealed")).to_have_text("7900000123")
        dialog.get_by_role("link", name="Xong").click()
        expect(desk.get_by_text("7900000123")).to_have_count(0)
        entry = "SELECT actor, details->>'kind', details->>'reason' FROM audit WHERE event = 'staff.revealed'"
        assert store.rows(f"{entry} ORDER BY at DESC LIMIT 1") == [
            (f"staff:{hoa.name}", "bhxh_code", "Đối chiếu tài khoản theo yêu cầu của người dân")
        ]

    def _token(self, store: Store, visitor: Visitor) -> str:
        return str(store.value("SELECT token FROM vault WHERE conversation = %s LIMIT 1", visitor.conversation))

    def test_not_without_a_reason_not_for_others_not_when_it_is_gone(
        self, joined: Join, store: Store, node: Served
    ) -> None:
        hoa, nam, visitor = joined("agent"), joined("agent"), Visitor(node.url)
        visitor.ask("mã của tôi là 7900000123")
        path = held(store, visitor, hoa)
        token, good = self._token(store, visitor), "Kiểm tra nghi vấn lừa đảo"
        before = store.value("SELECT count(*) FROM audit WHERE event = 'staff.revealed'")
        assert hoa.post(f"{path}/reveal", token=token, reason="").status_code == 400
        assert nam.post(f"{path}/reveal", token=token, reason=good).status_code == 403
        assert hoa.post(f"{path}/reveal", token="⟦bhxh_code:aaaaaaaaaaaaaaaa⟧", reason=good).status_code == 410
        assert hoa.post(f"{path}/reveal", token="'; DROP TABLE vault", reason=good).status_code == 404
        other = Visitor(node.url)
        other_path = held(store, other, hoa)
        assert hoa.post(f"{other_path}/reveal", token=token, reason=good).status_code == 410
        store.do("UPDATE vault SET expires_at = now() - interval '1 second'")
        assert hoa.post(f"{path}/reveal", token=token, reason=good).status_code == 410
        assert store.value("SELECT count(*) FROM audit WHERE event = 'staff.revealed'") == before

    def test_looking_at_a_conversation_is_in_the_trail(self, joined: Join, store: Store, node: Served) -> None:
        hoa = joined("agent")
        hoa.get(waits(store, Visitor(node.url)))
        views = "SELECT count(*) FROM audit WHERE event = 'staff.viewed' AND actor = %s AND details->>'view' = 'desk'"
        assert store.value(views, f"staff:{hoa.name}") == 1


class TestDelivery:
    def test_a_message_to_zalo_is_shown_on_its_way_and_as_sent(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        user, hoa = ZaloUser(node), joined("agent")
        user.follows_the_stand_in()
        desk = opened(hoa, held(store, user, hoa))
        desk.get_by_label("Tin nhắn cho người dân").fill("Chào bạn trên Zalo")
        desk.keyboard.press("Enter")
        expect(desk.locator(".line.agent").last).to_contain_text("đã")
        until(lambda: any("Chào bạn trên Zalo" in message["text"] for message in user.shown("oa")))

    def test_what_was_given_up_says_why_and_can_be_sent_again(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        user, hoa = ZaloUser(node), joined("agent")
        user.follows_the_stand_in()
        path = held(store, user, hoa)
        hoa.post(f"{path}/reply", text="Tin gặp trục trặc")
        noted = "SELECT count(*) FROM outbox WHERE body->>'text' = 'Tin gặp trục trặc' AND seen_at IS NOT NULL"
        until(lambda: store.value(noted))  # nothing is written over what follows
        given_up = "UPDATE outbox SET state = 'dead', error = '{}' WHERE body->>'text' = 'Tin gặp trục trặc'"
        store.do(given_up.format("closed -230"))
        desk = opened(hoa, path)
        line = desk.locator(".line.agent").last
        expect(line).to_contain_text("nền tảng đã đóng cửa sổ trả lời")
        store.do(given_up.format("-201 params is invalid"))
        desk.reload()
        expect(line).to_contain_text("Không gửi được")
        shown = sum("Tin gặp trục trặc" in message["text"] for message in user.shown("oa"))
        line.get_by_role("button", name="Gửi lại").click()
        expect(line).to_contain_text(re.compile("đã (gửi|nhận|xem)"))
        until(lambda: sum("Tin gặp trục trặc" in m["text"] for m in user.shown("oa")) == shown + 1)

    def test_all_of_one_cause_are_sent_again(self, joined: Join, opened: Open, store: Store, node: Served) -> None:
        user, admin = ZaloUser(node), joined("admin")
        user.follows_the_stand_in()
        store.do("UPDATE outbox SET state = 'dead', error = '-32 rate limit' WHERE conversation LIKE 'zalo:%'")
        dead = store.value("SELECT count(*) FROM outbox WHERE state = 'dead'")
        assert dead > 0
        page = opened(admin, "/console/undelivered")
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Gửi lại cả nhóm").click()
        expect(page.get_by_text(f"Đã đưa {dead} tin trở lại hàng gửi")).to_be_visible()
        until(lambda: store.value("SELECT count(*) FROM outbox WHERE state = 'dead'") == 0)
