"""The trail in words: an auditor reads what was done where, and no names of our code."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from assistant import audit
from assistant.console.pages.audit import doer_name, place_name, said_of, trail_words
from assistant.settings import ROOT
from tests.console.conftest import Join, Open


def test_every_group_of_events_has_words() -> None:
    groups = {event.value.partition(".")[0] for event in audit.Event}
    assert groups - trail_words()["groups"].keys() == set(), "give each a name in data/console/trail.yml"


def looks() -> Iterator[str]:
    """Yields the names of looks that pages of the console note."""
    for file in (ROOT / "assistant/console").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = node.args if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "viewed" else []
            yield from (str(said.value) for said in called[1:2] if isinstance(said, ast.Constant))


def test_every_look_has_words() -> None:
    found = set(looks())
    assert len(found) > 8
    assert found - trail_words()["views"].keys() == set(), "give each a name in data/console/trail.yml"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (said_of("view", "list of conversations"), "xem danh sách hội thoại"),
        (said_of("address", "192.0.2.7"), "từ địa chỉ 192.0.2.7"),
        (said_of("roles", "content,admin"), "vai trò: Nội dung, Quản trị"),
        (said_of("straight", True), "phát hành ngay: có"),
        (said_of("never_seen", "x"), "never_seen: x"),
        (place_name("console:faq"), "Hỏi đáp"),
        (place_name("command:vault rotate"), "dòng lệnh vault rotate"),
        (place_name("zalo"), "zalo"),
        (doer_name({"lan": "Trần Thị Lan"}, "staff:lan"), "Trần Thị Lan"),
        (doer_name({}, "staff:gone"), "gone"),
        (doer_name({}, "system:mail"), "máy tự làm (mail)"),
        (doer_name({}, "p_abc"), "p_abc"),
    ],
)
def test_words(said: str, shown: str) -> None:
    assert said == shown


def test_the_page_says_who_did_what_where(joined: Join, opened: Open) -> None:
    somebody = joined("auditor", shown="Kiểm Tra")
    page = opened(somebody, "/console/audit?event=staff")
    row = page.locator("tbody tr", has_text="Kiểm Tra").first
    expect(row).to_be_visible()
    expect(page.locator("tbody")).not_to_contain_text("staff:")
    expect(page.locator("tbody")).not_to_contain_text("console:")
