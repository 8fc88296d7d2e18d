"""The desk's ways, set in the console: who is offered whom, what is said, tags, taking back, who writes."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from assistant.console.desk.room import FORM_NAMES
from assistant.declarations import KINDS
from assistant.desk import ways
from tests.conftest import Served
from tests.console.conftest import Join, Open
from tests.console.test_accessible import serious
from tests.console.test_desk import empty_desk, heard, held, says, waits
from tests.kit.colleagues import Colleague
from tests.kit.people import Store, Visitor, ZaloUser
from tests.kit.waiting import until

__all__ = ["empty_desk"]  # a fixture that pytest finds by its name here
FIELD = "Tin nhắn cho người dân"
_PATH = "/console/desk-ways"


@pytest.fixture(autouse=True)
def as_in_the_file(store: Store) -> Iterator[None]:
    """Nobody has set anything."""
    store.do("DELETE FROM desk_ways")
    yield
    store.do("DELETE FROM desk_ways")


def given(store: Store, **fields: str) -> dict[str, str]:
    """Returns the fields of the form."""
    seen = store.value("SELECT coalesce(max(id), 0) FROM desk_ways")
    return {"seen": str(seen), "assignment": "off", "most": "4", "undo": "0", "tags": ""} | fields


def sets(who: Colleague, store: Store, **fields: str) -> None:
    """Puts ways into force."""
    answer = who.post(_PATH, **given(store, **fields))
    assert answer.status_code == 303, answer.text


def offered(store: Store, visitor: Visitor) -> str | None:
    query = "SELECT offered_to FROM handovers WHERE conversation = %s AND state <> 'closed'"
    return store.value(query, visitor.conversation)


class TestTakingBack:
    def test_what_was_just_sent_comes_back_and_is_heard_by_nobody(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        hoa, visitor = joined("agent", "admin"), Visitor(node.url)
        sets(hoa, store, undo="10")
        desk = opened(hoa, held(store, visitor, hoa))
        desk.get_by_label(FIELD).fill("Tin gửi nhầm")
        desk.keyboard.press("Enter")
        line = desk.locator(".line.agent", has_text="Tin gửi nhầm")
        expect(line).to_contain_text("gửi sau vài giây")
        line.get_by_role("button", name="Thu hồi").click()
        expect(desk.get_by_label(FIELD)).to_have_value("Tin gửi nhầm")
        expect(line).to_have_count(0)
        expect(desk.locator("#draft-state")).to_have_text("Bản nháp đã lưu.")
        assert store.value("SELECT count(*) FROM desk_held") == 0
        assert "Tin gửi nhầm" not in heard(visitor)

    def test_what_is_not_taken_back_goes_out_once_and_in_order(self, joined: Join, store: Store, node: Served) -> None:
        hoa, nam, visitor = joined("agent", "admin"), joined("agent"), Visitor(node.url)
        sets(hoa, store, undo="2")
        path = held(store, visitor, hoa)
        for _ in range(2):
            assert hoa.post(f"{path}/reply", text="Một.", key="the-same-key").status_code == 303
        hoa.post(f"{path}/reply", text="Hai.")
        number = store.value("SELECT max(id) FROM desk_held")
        assert nam.post(f"{path}/take-back", message=str(number)).status_code == 409, "it is somebody else's"
        assert until(lambda: [text for text in heard(visitor) if text in ("Một.", "Hai.")][1:]) == ["Hai."]
        assert heard(visitor).count("Một.") == 1
        assert hoa.post(f"{path}/take-back", message=str(number)).status_code == 409, "it has gone out"
        hoa.post(f"{path}/reply", text="Một.", key="the-same-key")
        assert store.value("SELECT count(*) FROM desk_held") == 0

    def test_whoever_gives_the_conversation_back_has_said_it_before(
        self, joined: Join, store: Store, node: Served
    ) -> None:
        hoa, visitor = joined("agent", "admin"), Visitor(node.url)
        sets(hoa, store, undo="10")
        path = held(store, visitor, hoa)
        hoa.post(f"{path}/reply", text="Xong rồi bạn nhé.")
        assert "Xong rồi bạn nhé." not in heard(visitor)
        hoa.post(f"{path}/back")
        until(lambda: any("đã kết thúc" in text for text in heard(visitor)))
        said = heard(visitor)
        assert said.index("Xong rồi bạn nhé.") < next(n for n, text in enumerate(said) if "đã kết thúc" in text)


class TestAssignment:
    def test_in_turn_and_on_to_the_next_who_does_not_take(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        store.do("UPDATE handovers SET asked_at = asked_at - interval '2 days'")
        hoa, nam = joined("agent", "admin", shown="Trần Thị Hoa"), joined("agent", shown="Lê Văn Nam")
        sets(hoa, store, assignment="round_robin")
        first, second = Visitor(node.url), Visitor(node.url)
        for who in (hoa, nam):
            who.post("/console/desk/presence", here="yes")
        waits(store, first)
        turn = until(lambda: offered(store, first))
        waits(store, second)
        assert {turn, until(lambda: offered(store, second))} == {hoa.name, nam.name}
        mine = next(visitor for visitor in (first, second) if offered(store, visitor) == nam.name)
        desk = opened(nam, "/console/desk")
        expect(desk.locator("#queue .queued").first).to_contain_text("đến lượt bạn")
        expect(desk.locator("#queue")).to_contain_text("giao cho Trần Thị Hoa")
        store.do(
            f"UPDATE handovers SET offered_at = now() - interval '2 min' WHERE conversation = '{mine.conversation}'"
        )
        until(lambda: offered(store, mine) == hoa.name)
        assert nam.post(f"/console/desk/{mine.conversation}/take").status_code == 303, "everybody may take them still"

    def test_to_who_has_the_fewest_and_knows_the_topic(self, joined: Join, store: Store, node: Served) -> None:
        hoa, nam, lan = joined("agent", "admin"), joined("agent"), joined("agent")
        busy = Visitor(node.url)
        for who in (hoa, nam):
            who.post("/console/desk/presence", here="yes")
        held(store, busy, hoa)
        sets(hoa, store, assignment="least_busy")
        next_one = Visitor(node.url)
        waits(store, next_one)
        until(lambda: offered(store, next_one) == nam.name)
        sets(hoa, store, assignment="topic", topic=f"{hoa.name} faq/hotline", most="4")
        asks = Visitor(node.url)
        asks.ask("số tổng đài là bao nhiêu")
        assert store.value("SELECT intent FROM turns WHERE conversation = %s", asks.conversation) == "faq/hotline"
        store.do(f"INSERT INTO handovers (conversation, reason) VALUES ('{asks.conversation}', 'asked')")
        until(lambda: offered(store, asks) == hoa.name)
        sets(hoa, store, assignment="least_busy", most="1")
        lan.post("/console/desk/presence", here="yes")
        third = Visitor(node.url)
        waits(store, third)
        until(lambda: offered(store, third) == lan.name)


class TestSentencesAndHistory:
    def test_the_greeting_is_said_as_staff_set_it_and_taken_back_from_the_history(
        self, joined: Join, opened: Open, store: Store, node: Served
    ) -> None:
        lan, hoa = joined("content", shown="Phạm Thị Lan"), joined("agent")
        page = opened(lan, _PATH, width=390)
        page.get_by_label("Khi nhân viên vào trò chuyện", exact=True).fill("Chào bạn, cán bộ trực đã vào.")
        page.get_by_label("Nhãn, mỗi dòng một nhãn").fill("Cần gọi lại\nMất máy")
        page.get_by_role("button", name="Lưu").click()
        expect(page.get_by_text("Đã lưu, có hiệu lực ngay.")).to_be_visible()
        expect(page.get_by_role("region", name="Đang áp dụng")).to_contain_text("Chào bạn, cán bộ trực đã vào.")
        expect(page.get_by_role("region", name="Lịch sử")).to_contain_text("Phạm Thị Lan")
        assert serious(page) == []
        visitor = Visitor(node.url)
        held(store, visitor, hoa)
        until(lambda: "Chào bạn, cán bộ trực đã vào." in heard(visitor))
        sets(lan, store)
        first = store.value("SELECT min(id) FROM desk_ways")
        assert lan.post(f"{_PATH}/{first}/restore").status_code == 303
        assert "Mất máy" in lan.get(_PATH).text

    @pytest.mark.parametrize(
        "wrong",
        [
            {"assignment": "somehow"}, {"most": "0"}, {"most": "x"}, {"undo": "11"}, {"tags": "gọi 0901000123"},
            {"tags": "x" * 31}, {"utter_desk_came_vi": "Gọi 0901000123 nhé"}, {"seen": "999"},
        ],
    )  # fmt: skip
    def test_what_makes_no_sense_is_refused(self, joined: Join, store: Store, wrong: dict[str, str]) -> None:
        lan = joined("content")
        assert lan.post(_PATH, **(given(store) | wrong)).status_code in (400, 409)
        assert store.value("SELECT count(*) FROM desk_ways") == 0


def test_tags_are_set_at_the_desk_and_find_conversations(
    joined: Join, opened: Open, store: Store, node: Served
) -> None:
    hoa, visitor, other = joined("agent", "admin"), Visitor(node.url), Visitor(node.url)
    other.ask("chào")
    sets(hoa, store, tags="Cần gọi lại\nMất máy")
    path = held(store, visitor, hoa)
    desk = opened(hoa, path)
    desk.get_by_label("Mất máy").check()
    desk.get_by_role("button", name="Lưu nhãn").click()
    expect(desk.get_by_label("Mất máy")).to_be_checked()
    expect(desk.locator("#queue")).to_contain_text("Mất máy")
    assert hoa.post(f"{path}/tags", tag="Tự đặt").status_code == 409
    found = hoa.get("/console/conversations?tag=M%E1%BA%A5t+m%C3%A1y").text
    assert visitor.conversation.replace(":", "%3A") in found or visitor.conversation in found
    assert other.conversation.replace(":", "%3A") not in found
    for more in (
        "&outcome=handover",
        "&outcome=answered",
        "&outcome=reset_started",
        "&q=ch%C3%A0o",
        f"&agent={hoa.name}",
    ):
        assert hoa.get(f"/console/conversations?tag=M%E1%BA%A5t+m%C3%A1y{more}").status_code == 200


def test_an_agent_sends_the_link_to_a_form_that_is_the_persons_alone(
    joined: Join, opened: Open, store: Store, node: Served
) -> None:
    hoa, nam, visitor = joined("agent", "admin"), joined("agent"), Visitor(node.url)
    path = held(store, visitor, hoa)
    desk = opened(hoa, path)
    desk.get_by_role("button", name="Tờ khai TK1-TS").click()
    expect(desk.locator(".line.agent")).to_contain_text("Bạn điền tờ khai TK1-TS")
    link = until(lambda: re.findall(r"http://\S+/to-khai/([\w-]{40,})", "\n".join(heard(visitor))))[0]
    assert visitor.http.get(f"/to-khai/{link}").status_code == 200
    assert link not in hoa.get(path).text
    assert store.value("SELECT count(*) FROM outbox WHERE body::text LIKE '%%' || %s || '%%'", link) == 0
    assert nam.post(f"{path}/form", kind="tk1_ts").status_code == 409
    assert hoa.post(f"{path}/form", kind="none").status_code == 404


def test_the_name_on_the_platform_is_shown_to_who_helps_and_sealed(joined: Join, store: Store, node: Served) -> None:
    hoa, nam = joined("agent", shown="Trần Thị Hoa"), joined("agent")
    person = ZaloUser(node).follows_the_stand_in()
    path = held(store, person, hoa)
    name = re.search(r'id="h-talk">Zalo[^<·]*· ([^<]+)', hoa.get(path).text)
    assert name, "the stand-in gives every user a name"
    assert name[1] not in nam.get(path).text
    kept = store.rows("SELECT sealed FROM vault WHERE conversation = %s AND token = 'name'", person.conversation)
    assert len(kept) == 1
    assert name[1].encode() not in bytes(kept[0][0])
    web = Visitor(node.url)
    assert " · " not in re.findall(r'id="h-talk">([^<]+)', hoa.get(held(store, web, hoa)).text)[0]


def test_every_form_has_a_name_for_staff() -> None:
    assert set(FORM_NAMES) == set(KINDS)


def test_each_side_sees_that_the_other_writes(joined: Join, opened: Open, store: Store, node: Served) -> None:
    hoa = joined("agent", "admin")
    citizen = opened()
    hoa.post("/console/desk/presence", here="yes")
    says(citizen, "cho em gặp nhân viên")
    desk = opened(hoa, "/console/desk")
    desk.get_by_role("button", name="Nhận").click()
    expect(citizen.get_by_text("Nhân viên trực đã vào trò chuyện")).to_be_visible()
    desk.get_by_label(FIELD).press_sequentially("Chào bạn")
    expect(citizen.get_by_text("Nhân viên đang viết…")).to_be_visible()
    desk.keyboard.press("Enter")
    expect(citizen.locator(".msg.agent")).to_have_count(1)
    citizen.locator("textarea").press_sequentially("em hỏi")
    expect(desk.get_by_text("Người dân đang viết…")).to_be_visible()
    expect(desk.get_by_text("Người dân đang viết…")).to_be_hidden(timeout=30_000)


def test_what_waits_is_seen_on_every_page_soon(joined: Join, opened: Open, store: Store, node: Served) -> None:
    page = opened(joined("agent"), "/console/hours")
    badge = page.locator("nav [data-badge=desk]")
    store.do("UPDATE handovers SET dealt_at = now() WHERE state = 'closed'")
    expect(badge).to_be_hidden()
    waits(store, Visitor(node.url))
    began = datetime.datetime.now(datetime.UTC)
    expect(badge).to_have_text("1", timeout=10_000)  # 2 s are promised
    assert datetime.datetime.now(datetime.UTC) - began < datetime.timedelta(seconds=10)


def test_ways_outlive_the_database(database) -> None:  # type: ignore[no-untyped-def]
    set_now = ways.Ways("topic", 3, {"hoa": ("faq/otp",)}, 7, ("Gấp",), {"utter_desk_came": {"vi": "Chào"}})
    ways.save(database, set_now, "hoa")
    assert ways.current(database) == set_now
    assert ways.sentence(database, "utter_desk_came", "vi") == "Chào"
    assert ways.sentence(database, "utter_desk_came", "en") == ""
