"""The system's page, the audit trail, and connecting a Zalo account."""

from __future__ import annotations

import dataclasses
import re

import pytest
from playwright.sync_api import expect

from assistant.audit import Event
from assistant.console.pages.audit import event_names
from assistant.console.pages.system import limit_names
from assistant.settings.limits import Limits
from tests.conftest import Served
from tests.console.conftest import Join, Open
from tests.kit.people import Store, Visitor, ZaloUser


def test_the_system_is_shown_as_it_is(joined: Join, node: Served, store: Store) -> None:
    ZaloUser(node).follows_the_stand_in()
    page = joined("admin").get("/console/settings").text
    assert "hoạt động" in page
    assert store.value("SELECT version_num FROM alembic_version") in page
    assert re.search(r"vssid-[0-9a-f]{16}", page)
    assert re.search(r"<code>assistant-[^<]+</code>", page), "the nodes that run"
    for secret in ("postgresql://", "secret", "password", "-----BEGIN"):
        assert secret not in page.lower()


def test_every_limit_has_a_name_in_vietnamese(joined: Join) -> None:
    assert set(limit_names()) == {field.name for field in dataclasses.fields(Limits)}


def test_every_event_has_a_name_in_vietnamese() -> None:
    assert set(event_names()) == {event.value for event in Event}


def test_what_waits_and_what_was_given_up_is_counted(joined: Join, node: Served, store: Store) -> None:
    Visitor(node.url).ask("chào")
    store.do("UPDATE outbox SET state = 'dead', error = 'x' WHERE id = (SELECT min(id) FROM outbox)")
    assert "1 không gửi được" in joined("admin").get("/console/settings").text
    store.do("UPDATE outbox SET state = 'sent' WHERE state = 'dead'")


class TestAudit:
    def test_it_is_filtered_by_event_actor_person_and_day(self, joined: Join, node: Served) -> None:
        auditor, hoa, visitor = joined("auditor"), joined("agent"), Visitor(node.url)
        visitor.ask("chào")
        hoa.get(f"/console/desk/{visitor.conversation}")

        def events(query: str) -> set[str]:
            page = auditor.get(f"/console/audit?{query}").text
            return set(re.findall(r'<td data-label="Việc">.*?data-event="([^"]+)"', page, re.DOTALL))

        assert events("event=staff.viewed") == {"staff.viewed"}
        assert events("event=staff") >= {"staff.viewed", "staff.invited", "staff.signed_in"}
        assert "staff.viewed" in events(f"actor={hoa.name}")
        assert "staff.viewed" in events(f"person={visitor.conversation}")
        assert "staff.viewed" not in events("person=web:somebody-else")
        assert events("until=2000-01-01") == set()
        assert events("event=no.such") == set()

    def test_nobody_is_named_in_it(self, joined: Join, node: Served) -> None:
        auditor, visitor = joined("auditor", "agent"), Visitor(node.url)
        visitor.ask("mã của tôi là 7900000123")
        auditor.get(f"/console/desk/{visitor.conversation}")
        page = auditor.get("/console/audit").text
        assert visitor.conversation not in page
        assert "7900000123" not in page

    def test_its_pages_follow_each_other_without_a_gap(self, joined: Join, node: Served, store: Store) -> None:
        auditor, visitor = joined("auditor"), Visitor(node.url)
        visitor.ask("chào")
        hoa = joined("agent")
        for _ in range(130):
            hoa.get(f"/console/desk/{visitor.conversation}")
        path, seen = f"/console/audit?event=staff.viewed&actor={hoa.name}", 0
        for _ in range(5):
            page = auditor.get(path).text
            seen += page.count('data-event="staff.viewed"')
            older = re.search(r'href="([^"]+)" rel="next"', page)
            if not older:
                break
            path = older[1].replace("&amp;", "&")
        assert seen == 130


class TestZalo:
    def test_an_administrator_connects_an_account(self, joined: Join, opened: Open, node: Served, store: Store) -> None:
        page = opened(joined("admin"), "/console/channels/zalo")
        page.get_by_role("button", name="Tạo liên kết cấp quyền").click()
        page.get_by_role("link", name="Mở trang cấp quyền của Zalo").click()
        page.get_by_role("link").first.click()  # the stand-in's page: the account's administrator agrees
        expect(page.get_by_text(re.compile("Đã kết nối"))).to_be_visible()
        assert store.value("SELECT count(*) FROM audit WHERE event = 'channel.connected'") == 1
        opened.complaints.clear()  # type: ignore[attr-defined] - the stand-in's page has no icon

    @pytest.mark.parametrize("query", ["", "?code=x", "?state=x&code=y", "?code=x&state="])
    def test_an_answer_nobody_asked_for_is_refused(self, joined: Join, query: str) -> None:
        answer = joined("admin").get(f"/console/channels/zalo/back{query}")
        assert answer.status_code == 400
        assert "làm lại từ đầu" in answer.text
