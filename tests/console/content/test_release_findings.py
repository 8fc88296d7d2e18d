"""What the gate says of new questions, in words; the move that it offers; and who says that questions are meant so."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from playwright.sync_api import expect
from psycopg.types.json import Jsonb

from assistant.content.topics import read_topic
from assistant.evaluation.measure import read_gates
from assistant.release import reporting
from assistant.settings import ROOT
from tests.console.conftest import Open
from tests.console.content.conftest import Desk, serious
from tests.kit.colleagues import Colleague

MARKS = read_gates(ROOT)
OTP = ["không nhận được mã otp thì làm sao", "mã otp không về máy", "chờ mãi chưa thấy otp"]


def metrics(**more: Any) -> dict[str, Any]:
    """Numbers that pass every mark, with what is to be told."""
    files = {name: {"texts": 100, "accuracy": 0.99} for name in MARKS["accuracy"]}
    good = {"macro_f1": 0.99, "foreign_kept_out": 0.99, "calibration_error": 0.01, "parse_ms": 1.0}
    return good | {"files": files, "texts": 800, "right": 792} | more


@pytest.fixture
def blocked(database: psycopg.Connection, content: Desk) -> int:
    """A release that was built with questions about the OTP under the hotline."""
    path = content.data / "faq/hotline.yml"
    text = path.read_text(encoding="utf-8").replace("questions:\n", "questions:\n" + "".join(f"  - {q}\n" for q in OTP))
    path.write_text(text, encoding="utf-8")
    row = {"from": "faq/hotline", "to": "faq/otp_not_received", "number": 3, "new": 3, "texts": OTP}
    loss = {
        "meant": "faq/otp_not_received", "now": "faq/hotline", "texts": ["otp không tới", "a", "b", "c"],
        "causes": OTP[:1],
    }  # fmt: skip
    found = metrics(misplaced=[row], losses=[loss], taken=0)
    topics = [
        {
            "topic": "hotline", "intent": "faq/hotline", "title": "Tổng đài 1900 9068", "questions": 3, "right": 0,
            "total": 50, "learned": False, "elsewhere": [{"text": q, "to": "faq/otp_not_received"} for q in OTP],
            "missed": [],
        }
    ]  # fmt: skip
    made = database.execute(
        "INSERT INTO releases (state, staff, shown, finished_at, metrics, topics, trouble, worse)"
        " VALUES ('blocked', 'lan', 'Lan', now(), %s, %s, %s, '[]') RETURNING id",
        (Jsonb(found), Jsonb(topics), reporting.trouble(found, MARKS)),
    ).fetchone()
    assert made is not None
    database.execute("INSERT INTO release_archives VALUES (%s, '', '')", made)
    return int(made[0])


@pytest.mark.parametrize("width", [390, 1280])
def test_a_finding_is_a_sentence_and_offers_the_move(
    lan: Colleague, opened: Open, content: Desk, blocked: int, width: int
) -> None:
    page = opened(lan, f"/console/release/{blocked}", width=width)
    harm = page.locator("section[aria-labelledby=h-harm]")
    expect(harm).to_contain_text("3 trong 3 câu mới của “Tổng đài 1900 9068”")
    expect(harm).to_contain_text("4 câu về “Không nhận được OTP” bị hiểu nhầm thành “Tổng đài 1900 9068”")
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    harm.locator(".release-harm").first.get_by_role("button", name="Chuyển sang").click()
    expect(page.locator(".note.good")).to_contain_text("Đã chuyển 3 câu sang “Không nhận được OTP”")
    hotline, otp = (read_topic(content.data / f"faq/{name}.yml") for name in ("hotline", "otp_not_received"))
    assert not set(OTP) & set(hotline.questions)
    assert set(OTP) <= set(otp.questions)


def test_only_chosen_questions_move_and_only_once(lan: Colleague, content: Desk, blocked: int) -> None:
    fields = {"from": "faq/hotline", "to": "faq/otp_not_received", "text": OTP[:1]}
    assert lan.post(f"/console/release/{blocked}/move", **fields).status_code in (200, 303)
    assert set(OTP[1:]) <= set(read_topic(content.data / "faq/hotline.yml").questions)
    assert lan.post(f"/console/release/{blocked}/move", **fields).status_code == 409
    away = {"from": "faq/hotline", "to": "faq/../../x", "text": OTP[1:]}
    assert lan.post(f"/console/release/{blocked}/move", **away).status_code == 409


def test_somebody_who_read_them_may_let_it_go_on(
    lan: Colleague, opened: Open, blocked: int, database: psycopg.Connection
) -> None:
    page = opened(lan, f"/console/release/{blocked}")
    expect(page.get_by_role("button", name="Phát hành bản này")).to_be_disabled()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Tôi đã đọc").click()
    expect(page.locator("section[aria-labelledby=h-harm]")).to_contain_text("Trần Thị Lan đã đọc")
    expect(page.get_by_role("button", name="Phát hành bản này")).to_be_enabled()
    assert database.execute("SELECT state FROM releases WHERE id = %s", (blocked,)).fetchone() == ("ready",)


def test_nobody_lets_go_on_what_has_other_faults(lan: Colleague, blocked: int, database: psycopg.Connection) -> None:
    database.execute("UPDATE releases SET metrics = jsonb_set(metrics, '{macro_f1}', '0.5') WHERE id = %s", (blocked,))
    assert lan.post(f"/console/release/{blocked}/accept").status_code == 409
    assert database.execute("SELECT state FROM releases WHERE id = %s", (blocked,)).fetchone() == ("blocked",)


def test_the_editor_says_which_topic_a_question_is_taken_for_while_it_is_typed(lan: Colleague, opened: Open) -> None:
    page = opened(lan, "/console/faq/topics/hotline")
    page.fill("#questions", page.input_value("#questions") + "\nem chờ mãi mà điện thoại không nhận được mã otp")
    taken = page.locator("#alike .taken")
    expect(taken).to_contain_text("Trợ lý đang hiểu 1 câu mới là Không nhận được OTP")
    expect(taken.locator("a")).to_have_attribute("href", "/console/faq/topics/otp_not_received")
