"""Changed words reach people in seconds: with the model that is live, heard first, and back again."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Served
from tests.console.conftest import Join, Open
from tests.console.content.conftest import Desk, serious
from tests.kit.colleagues import Colleague
from tests.kit.people import Store, Visitor
from tests.kit.promises import ROOM
from tests.kit.waiting import PATIENCE, until

pytestmark = [pytest.mark.dear(70), pytest.mark.timeout(900)]

HOTLINE = "/console/faq/topics/hotline"
ASKED = "cho xin số tổng đài"
NEW = "Bạn gọi 1900 9068, bấm phím theo lời hướng dẫn."


def rewrite(page: Page, answer: str) -> None:
    page.goto(HOTLINE)
    page.fill("#answer", answer)
    page.click("#save")
    expect(page.locator(".note.good")).to_contain_text("Đã lưu")


def test_a_changed_answer_is_live_in_seconds_and_can_be_taken_back(
    lan: Colleague, opened: Open, node: Served, store: Store, content: Desk
) -> None:
    before = Visitor(node.url).text(ASKED)
    assert NEW not in before
    page = opened(lan)
    rewrite(page, NEW)
    page.goto("/console/release")
    expect(page.locator("#now")).to_be_visible()
    assert serious(page) == []
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    began = time.monotonic()
    page.click("#now")
    until(lambda: NEW in Visitor(node.url).text(ASKED), PATIENCE * 4)
    took = time.monotonic() - began
    print(f"live after {took:.1f} s")
    assert took < 15 * ROOM
    assert len(asked) == 1

    expect(page.locator("#release-head")).to_contain_text("đang chạy")
    expect(page.locator(".release-steps li")).to_have_count(2)  # nothing was learned
    page.reload()
    expect(page.locator(".release-heard")).to_contain_text(NEW)
    expect(page.locator(".release-heard .chip.good")).to_have_count(1)
    assert serious(page) == []
    number, wording, model, before_model = store.rows(
        "SELECT r.id, r.wording, r.model, b.model FROM releases r JOIN releases b ON b.id = r.against"
        " ORDER BY r.id DESC LIMIT 1"
    )[0]
    assert wording
    assert model == before_model
    assert store.value("SELECT release FROM turns ORDER BY id DESC LIMIT 1") == number
    acts = [event for (event,) in store.rows("SELECT event FROM audit WHERE event LIKE 'release.%%' ORDER BY at")]
    assert acts == ["release.asked", "release.promoted"]

    # and back: what was said at first is said again
    page.goto("/console/release")
    page.locator("#release-now").get_by_role("button", name="Quay lại bản lúc cài đặt").first.click()
    until(lambda: Visitor(node.url).text(ASKED) == before, PATIENCE * 4)
    assert len(asked) == 2


def test_new_questions_have_to_be_learned_and_are_not_offered_as_words(
    lan: Colleague, opened: Open, content: Desk
) -> None:
    page = opened(lan, HOTLINE)
    page.fill("#questions", page.input_value("#questions") + "\nxin cái số để gọi hỏi bảo hiểm")
    page.click("#save")
    expect(page.locator(".note.good")).to_contain_text("Đã lưu")
    page.goto("/console/release")
    expect(page.locator("#now")).to_have_count(0)
    expect(page.locator("#build")).to_contain_text("huấn luyện")


def test_words_that_break_a_rule_do_not_go_live(
    lan: Colleague, opened: Open, node: Served, store: Store, content: Desk
) -> None:
    wrong = content.text("faq/hotline").replace("answer: |-", "answer: |-\n  Soạn BH MK gửi 8079.", 1)
    (content.data / "faq/hotline.yml").write_text(wrong, encoding="utf-8")
    assert lan.post("/console/release", then="live").status_code == 303
    until(lambda: store.value("SELECT state FROM releases ORDER BY id DESC LIMIT 1") == "failed", PATIENCE * 4)
    assert "8079" not in Visitor(node.url).text(ASKED)
    page = opened(lan, f"/console/release/{store.value('SELECT max(id) FROM releases')}")
    expect(page.locator(".release-findings .is-error").first).to_contain_text(re.compile("Tổng đài.*Câu trả lời"))


def test_only_who_may_decide_goes_live(joined: Join) -> None:
    assert joined("auditor").post("/console/release", then="live").status_code == 403
    assert joined("admin").post("/console/release", then="live").status_code == 403
