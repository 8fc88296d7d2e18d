"""The learning inbox in a browser: people ask, the assistant does not understand, content staff teach it."""

from __future__ import annotations

import datetime
import re
import time
import uuid

import psycopg
import pytest
from playwright.sync_api import expect

from assistant.conversation_tests.scripts import read_script
from assistant.learning import backlog
from tests.conftest import Served
from tests.console.conftest import Open
from tests.console.content.conftest import Desk, serious
from tests.kit import warm
from tests.kit.colleagues import Colleague
from tests.kit.people import Visitor

pytestmark = pytest.mark.dear(120)

EVIL = "<img src=x onerror=window.pwned=1> sao nó quay vòng vòng"
SIM = ("rút sim ra rồi cắm lại nó quay vòng vòng", "rút sim ra cắm vô nó quay vòng vòng ad ơi")


@pytest.fixture(autouse=True)
def emptied(database: psycopg.Connection) -> None:
    database.execute("DELETE FROM learning_decisions")
    database.execute("DELETE FROM learning_groups")
    database.execute("DELETE FROM learning_messages")


def asked(node: Served, database: psycopg.Connection, *texts: str) -> Visitor:
    """Somebody writes to the assistant; what they wrote counts as not understood, whatever the model thinks today."""
    visitor = Visitor(node.url)
    mark = database.execute("SELECT coalesce(max(id), 0) FROM turns").fetchone()
    for text in texts:
        visitor.ask(text)
    database.execute("UPDATE turns SET intent = 'nlu_fallback', confidence = 0.2 WHERE id > %s", (mark[0],))  # type: ignore[index]
    backlog.collect(database, datetime.timedelta(0))
    backlog.regroup(database)
    return visitor


def test_the_inbox_fills_by_itself(node: Served, database: psycopg.Connection, lan: Colleague) -> None:
    """The first here: what comes later comes within a minute of the groups made before, and has to wait for it."""
    visitor = Visitor(node.url)
    visitor.ask("tổng đài số mấy")
    database.execute("UPDATE turns SET at = at - interval '1 minute', intent = 'nlu_fallback', confidence = 0.1")
    database.execute("UPDATE learning_progress SET turn_id = 0")
    until = datetime.datetime.now() + datetime.timedelta(seconds=100)
    while datetime.datetime.now() < until:
        if "tổng đài số mấy" in lan.get("/console/learning").text:
            return
        time.sleep(2)
    raise AssertionError("nothing came in")


class TestTheInbox:
    def test_shows_groups_with_identifiers_masked(
        self, node: Served, database: psycopg.Connection, lan: Colleague, opened: Open
    ) -> None:
        for text in (*SIM, SIM[0]):
            asked(node, database, text)
        asked(node, database, "mã 7900000123 của con mèo nhà tui bị gì")
        page = opened(lan, "/console/learning")
        first = page.locator("article.group").first
        expect(first.locator("h2")).to_have_text("3 người hỏi")
        expect(first.locator(".texts li")).to_have_count(2)
        expect(first.locator(".texts li").first).to_contain_text("2 lần")
        expect(page.locator("main")).to_contain_text("mã số BHXH •••")
        assert "7900000123" not in page.content()
        page.select_option("#reason", "objected")
        expect(page.locator(".empty")).to_be_visible()

    def test_texts_go_to_a_topic(
        self, node: Served, database: psycopg.Connection, lan: Colleague, opened: Open, content: Desk
    ) -> None:
        asked(node, database, SIM[0], "mã 7900000123 rút sim ra cắm vô quay vòng vòng")
        asked(node, database, SIM[1])
        page = opened(lan, "/console/learning")
        group = page.locator("article.group").first
        group.get_by_label(SIM[1]).uncheck()
        group.get_by_label("Chủ đề", exact=True).select_option("lost_phone")
        group.get_by_role("button", name="Thêm vào chủ đề").click()
        expect(page.locator("h1")).to_have_text("Xem lại trước khi lưu")
        expect(page.locator("main")).to_contain_text("mã số BHXH •••")
        assert SIM[0] not in content.text("faq/lost_phone")  # nothing is kept before it was looked at
        page.get_by_role("button", name="Lưu vào").click()
        expect(page.locator(".note.good")).to_contain_text("Đã thêm")
        text = content.text("faq/lost_phone")
        assert f"- '{SIM[0]}'\n" in text or f"- {SIM[0]}\n" in text
        assert SIM[1] not in text
        assert "⟦" not in text
        assert content.git("log", "-1", "--format=%an|%s").startswith("Trần Thị Lan|Thêm câu hỏi từ hộp học")
        expect(page.locator(".texts")).to_contain_text(SIM[1])
        expect(page.locator(".texts")).not_to_contain_text(SIM[0])
        expect(page.locator(".unreleased")).to_be_visible()

    def test_a_likely_topic_is_one_press_away(
        self, node: Served, database: psycopg.Connection, lan: Colleague, opened: Open
    ) -> None:
        asked(node, database, "tổng đài bhxh số mấy vậy ta")
        page = opened(lan, "/console/learning")
        for _ in range(30):  # the index of questions is made in the background
            if page.locator(".pick").count():
                break
            page.wait_for_timeout(1000)
            page.reload()
        page.locator(".pick", has_text="Tổng đài 1900 9068").click()
        expect(page.locator("select[name=topic]")).to_have_value("hotline")

    def test_a_group_becomes_a_topic(
        self, node: Served, database: psycopg.Connection, lan: Colleague, opened: Open, content: Desk
    ) -> None:
        for text in SIM:
            asked(node, database, text)
        page = opened(lan, "/console/learning")
        page.get_by_role("button", name="Chủ đề mới").first.click()
        expect(page.locator("h1")).to_have_text("Thêm chủ đề")
        assert "csrf" not in page.url
        assert set(page.input_value("#questions").split("\n")) == set(SIM)
        page.fill("#title", "Sim quay vòng")
        page.fill("#answer", "Bạn tắt máy, cắm lại sim rồi mở máy.")
        page.fill("#source", "Nhà mạng, 11/2026")
        page.fill("#questions", page.input_value("#questions") + "\nsim quay\nsim cứ quay hoài\nsim tự quay vòng vòng")
        page.click("#save")
        expect(page.locator("h1")).to_have_text("Sim quay vòng")
        assert SIM[0] in content.text("faq/sim_quay_vong")
        page.goto("/console/learning")
        expect(page.locator(".empty")).to_be_visible()

    def test_what_is_not_ours_is_learned_as_such_and_the_rest_forgotten(
        self, node: Served, database: psycopg.Connection, lan: Colleague, opened: Open, content: Desk
    ) -> None:
        asked(node, database, "con mèo nhà tui biết bay [thiệt](x)")
        asked(node, database, "ừ hử há hố hờ hợ")
        page = opened(lan, "/console/learning?order=new")
        page.locator("article", has_text="con mèo").get_by_role("button", name="Ngoài phạm vi").click()
        page.get_by_role("button", name="Lưu là ngoài phạm vi").click()
        expect(page.locator(".note.good")).to_contain_text("ngoài phạm vi")
        assert "    - con mèo nhà tui biết bay thiệt x\n" in content.text("dialogue/out_of_scope")
        page.get_by_role("button", name="Bỏ qua").click()
        expect(page.locator(".empty")).to_be_visible()
        asked(node, database, "ừ hử há hố hờ hợ")
        page.reload()
        expect(page.locator(".empty")).to_be_visible()
        assert content.git("status", "--short") == ""

    def test_no_script_runs_from_what_people_wrote(
        self, node: Served, database: psycopg.Connection, lan: Colleague, opened: Open
    ) -> None:
        asked(node, database, EVIL)
        page = opened(lan, "/console/learning")
        expect(page.locator(".texts")).to_contain_text("<img src=x")
        page.get_by_role("link", name="Xem trò chuyện").click()
        expect(page.locator(".exchange-list")).to_contain_text("<img src=x")
        page.fill("#name", EVIL.replace("window.pwned=1", "window.pwned"))  # no name has a number
        page.get_by_role("button", name="Tạo kịch bản kiểm thử").click()
        expect(page.locator("h1")).to_contain_text("<img")
        page.goto("/console/learning")
        page.get_by_role("button", name="Chủ đề mới").click()
        expect(page.locator("#questions")).to_have_value(re.compile("<img src=x"))  # "pwned=1" is taken for a secret
        assert page.evaluate("window.pwned") is None
        assert page.locator("img[src=x]").count() == 0

    def test_forged_keys_and_numbers_do_nothing(self, lan: Colleague) -> None:
        for learned in ("x", "00" * 32, "zz" * 32):
            answer = lan.post("/console/learning/assign", learned=learned, topic="hotline")
            assert answer.status_code == 400
        for path in ("turns/999999999", "turns/x", "turns/²", "drafts/x", f"drafts/{uuid.uuid4()}"):
            assert lan.get(f"/console/learning/{path}").status_code == 404
        assert lan.get("/console/learning?page=x&order=x&reason=x").status_code == 200

    @pytest.mark.parametrize("width", [1280, 360])
    def test_pages_keep_nobody_out_and_fit(
        self, node: Served, database: psycopg.Connection, lan: Colleague, opened: Open, width: int
    ) -> None:
        asked(node, database, *SIM)
        page = opened(lan, "/console/learning", width=width)
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_role("link", name="Xem trò chuyện").first.click()
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


class TestAConversation:
    def opened_one(self, node: Served, database: psycopg.Connection, *texts: str) -> str:
        visitor = Visitor(node.url)
        for text in texts:
            visitor.ask(text)
        row = database.execute("SELECT max(id) FROM turns").fetchone()
        return f"/console/learning/turns/{row[0]}"  # type: ignore[index]

    def test_becomes_a_test_case_that_was_played_first(
        self, node: Served, database: psycopg.Connection, lan: Colleague, opened: Open, content: Desk
    ) -> None:
        address = self.opened_one(node, database, "chào bạn", "em quên mật khẩu", "7900000123", "0901000123")
        page = opened(lan, address)
        expect(page.locator(".exchange-list")).to_contain_text("mã số BHXH •••")
        page.fill("#name", "quên mật khẩu từ hộp học")
        page.get_by_role("button", name="Tạo kịch bản kiểm thử").click()
        expect(page.locator(".note.good")).to_contain_text("Đã chạy thử", timeout=100_000)
        text = page.input_value("#text")
        assert "user: '7900000123'" in text
        technical = page.locator("summary", has_text="Phần kỹ thuật")
        technical.click()
        page.fill("#text", text.replace("Mình giúp bạn", "Mình xyz bạn", 1))
        expect(page.get_by_role("button", name="Lưu", exact=True)).to_be_disabled()
        page.get_by_role("button", name="Kiểm tra").click()
        expect(page.locator(".note.bad")).to_contain_text("câu trả lời thiếu", timeout=100_000)
        technical.click()
        page.fill("#text", text + "  - usr: a\n")
        page.get_by_role("button", name="Kiểm tra").click()
        expect(page.locator(".note.bad")).to_contain_text("không có mục tên “usr”")
        page.fill("#text", text)
        page.get_by_role("button", name="Kiểm tra").click()
        expect(page.locator(".note.good")).to_contain_text("Đã chạy thử", timeout=100_000)
        page.get_by_role("button", name="Lưu", exact=True).click()
        expect(page.locator(".note.good")).to_contain_text("Đã lưu kịch bản")
        script = read_script(content.scripts / "happy_path/quen_mat_khau_tu_hop_hoc.yml")
        assert (script.behaviour, len(script.steps)) == ("happy_path", 4)

    def test_becomes_a_story_that_was_compared_with_the_rules(
        self, node: Served, database: psycopg.Connection, lan: Colleague, opened: Open, content: Desk
    ) -> None:
        warm.python()  # what forks the checks of stories
        address = self.opened_one(node, database, "chào bạn", "tổng đài số mấy")
        page = opened(lan, address)
        page.fill("#name", "hỏi tổng đài")
        page.get_by_role("button", name="Tạo câu chuyện Rasa").click()
        expect(page.locator(".note.good")).to_contain_text("hợp với các quy tắc", timeout=100_000)
        text = page.input_value("#text")
        page.fill("#text", text.replace("utter_greet", "utter_thank"))
        page.get_by_role("button", name="Kiểm tra").click()
        expect(page.locator(".note.bad")).to_contain_text("nhưng quy tắc", timeout=100_000)
        assert not (content.data / "stories").exists()
        page.fill("#text", text)
        page.get_by_role("button", name="Kiểm tra").click()
        expect(page.locator(".note.good")).to_contain_text("hợp với", timeout=100_000)
        page.get_by_role("button", name="Lưu", exact=True).click()
        expect(page.locator(".note.good")).to_contain_text("Đã lưu câu chuyện")
        assert "intent: faq/hotline\n" in content.text("stories/hoi_tong_dai")
        assert content.git("log", "-1", "--format=%s") == "Thêm câu chuyện hoi_tong_dai\n"

    def test_looked_at_is_in_the_audit_trail(self, node: Served, database: psycopg.Connection, lan: Colleague) -> None:
        address = self.opened_one(node, database, "chào bạn")
        assert lan.get(address).status_code == 200
        row = database.execute(
            "SELECT count(*) FROM audit WHERE event = 'staff.viewed' AND details->>'view' = 'learning'"
        ).fetchone()
        assert row is not None
        assert row[0] >= 1
