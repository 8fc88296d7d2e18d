"""What editors write is never lost: a session that ends, Back, no network, a second editor; it is in nobody's way."""

from __future__ import annotations

import re

import psycopg
import pytest
from playwright.sync_api import Page, expect

from assistant import audit
from assistant.privacy import erasure, keyring
from assistant.staff import sessions
from tests.conftest import Served
from tests.console.conftest import Join, Open
from tests.console.content.conftest import Desk, serious
from tests.kit.colleagues import Colleague, keys_of

pytestmark = pytest.mark.dear(80)

HOTLINE = "/console/faq/topics/hotline"
NEW = "/console/faq/new"
KEPT = re.compile("Đã giữ bản nháp")


@pytest.fixture(autouse=True)
def no_drafts(database: psycopg.Connection) -> None:
    database.execute("TRUNCATE content_drafts, content_presence")


def kept(page: Page) -> None:
    """Waits until the server has what is in the fields."""
    expect(page.locator("#kept")).to_have_text(KEPT)


class TestNothingTypedIsLost:
    def test_back_and_a_reload_keep_the_text(self, lan: Colleague, opened: Open, content: Desk) -> None:
        before = content.text("faq/hotline")
        page = opened(lan, "/console/faq")
        page.get_by_role("link", name="Tổng đài 1900 9068").click()
        page.wait_for_url(f"**{HOTLINE}")  # with its scripts
        page.fill("#answer", "Bạn gọi 1900 9068 vào giờ hành chính.")
        page.go_back()  # at once: half a second has not passed
        page.wait_for_url("**/console/faq")
        page.goto(HOTLINE)
        expect(page.locator("#answer")).to_have_value("Bạn gọi 1900 9068 vào giờ hành chính.")
        expect(page.locator(".own-draft")).to_contain_text("bản nháp của bạn")
        page.reload()
        expect(page.locator("#answer")).to_have_value("Bạn gọi 1900 9068 vào giờ hành chính.")
        assert content.text("faq/hotline") == before
        page.click("#save")
        expect(page.locator(".note.good")).to_contain_text("Đã lưu")
        assert page.locator(".own-draft").count() == 0, "what is saved is no draft any more"

    def test_a_session_that_ends_while_somebody_types(
        self, lan: Colleague, opened: Open, joined: Join, database: psycopg.Connection
    ) -> None:
        page = opened(lan, HOTLINE)
        page.fill("#answer", "Chữ viết trước khi hết phiên.")
        kept(page)
        database.execute("DELETE FROM staff_sessions WHERE name = %s", (lan.name,))
        page.locator("#answer").press_sequentially(" Và chữ viết sau đó.", delay=5)
        expect(page.locator("#session-over")).to_be_visible()
        page.locator("#answer").press_sequentially(" Và nữa.", delay=5)
        page.locator("#session-over a").click()
        page.wait_for_url("**/console/sign-in?next=*hotline")
        again = sign_in_again(lan, database)
        page.context.add_cookies([{"name": "console", "value": again, "url": page.url.split("/console")[0]}])
        page.goto(HOTLINE)
        expect(page.locator("#answer")).to_have_value("Chữ viết trước khi hết phiên. Và chữ viết sau đó. Và nữa.")
        assert page.evaluate("Object.keys(sessionStorage).length") == 0, "the tab keeps nothing that the server has"
        forget_401(opened)

    def test_saving_after_the_session_ended_loses_nothing(
        self, lan: Colleague, opened: Open, content: Desk, database: psycopg.Connection
    ) -> None:
        page = opened(lan, HOTLINE)
        database.execute("DELETE FROM staff_sessions WHERE name = %s", (lan.name,))
        page.fill("#title", "Gọi tổng đài")
        page.click("#save")
        expect(page.locator("#session-over")).to_be_visible()
        expect(page.locator("#title")).to_have_value("Gọi tổng đài")
        page.locator("#session-over a").click()
        page.wait_for_url("**/console/sign-in?next=*hotline")
        again = sign_in_again(lan, database)
        page.context.add_cookies([{"name": "console", "value": again, "url": page.url.split("/console")[0]}])
        page.goto(HOTLINE)
        expect(page.locator("#title")).to_have_value("Gọi tổng đài")
        page.click("#save")
        expect(page.locator(".note.good")).to_contain_text("Đã lưu")
        assert "title: Gọi tổng đài" in content.text("faq/hotline")
        forget_401(opened)

    def test_a_network_that_is_gone_saves_nothing_and_loses_nothing(
        self, lan: Colleague, opened: Open, content: Desk
    ) -> None:
        page = opened(lan, HOTLINE)
        page.wait_for_timeout(1500)
        page.context.set_offline(True)
        page.fill("#title", "Gọi tổng đài")
        page.click("#save")
        expect(page.locator("#kept")).to_contain_text("Chưa giữ được")
        expect(page.locator("#title")).to_have_value("Gọi tổng đài")
        page.context.set_offline(False)
        page.click("#save")
        expect(page.locator(".note.good")).to_contain_text("Đã lưu")
        opened.complaints[:] = [  # type: ignore[attr-defined]
            said
            for said in opened.complaints
            if "ERR_INTERNET_DISCONNECTED" not in said  # type: ignore[attr-defined]
        ]

    def test_a_new_topic_is_gone_on_with_from_the_list(self, lan: Colleague, opened: Open, content: Desk) -> None:
        page = opened(lan, NEW)
        page.fill("#title", "Đổi sim mới")
        kept(page)
        page.wait_for_url("**/new?draft=new-*")
        page.goto("/console/faq")
        drafts = page.locator(".own-drafts")
        expect(drafts).to_contain_text("chủ đề mới")
        drafts.get_by_role("link", name="Đổi sim mới").click()
        expect(page.locator("#title")).to_have_value("Đổi sim mới")
        page.fill("#answer", "Bạn đổi sim rồi vẫn đăng nhập VssID bằng mã số như cũ.")
        page.fill("#questions", "em đổi sim khác số cũ\nmoi doi sim\nlên sim 5g\nsim e\nđổi sim 4g vssid có sao không")
        page.fill("#source", "BHXH Việt Nam, 22/11/2026")
        page.click("#save")
        expect(page.locator(".note.good")).to_contain_text("Đã lưu")
        page.goto("/console/faq")
        assert page.locator(".own-drafts").count() == 0

    def test_a_draft_is_thrown_away_by_its_editor_only(
        self, lan: Colleague, joined: Join, opened: Open, database: psycopg.Connection
    ) -> None:
        page = opened(lan, HOTLINE)
        page.fill("#title", "Nháp của Lan")
        kept(page)
        hoa = joined("content", shown="Lê Hòa")
        assert "Nháp của Lan" not in hoa.get(HOTLINE).text
        assert "Nháp của Lan" not in hoa.get("/console/faq").text
        hoa.post("/console/faq/drafts/drop", draft="hotline")
        page.reload()
        expect(page.locator("#title")).to_have_value("Nháp của Lan")
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Bỏ bản nháp").click()
        expect(page.locator("#title")).to_have_value("Tổng đài 1900 9068")

    def test_a_draft_follows_its_topic_to_another_name(self, lan: Colleague, joined: Join, opened: Open) -> None:
        page = opened(lan, "/console/faq/topics/form_02")
        page.fill("#more", "Chữ của Lan trong bản nháp.")
        kept(page)
        page.goto("/console/faq")
        hoa = joined("content")
        version = re.findall(r'name="version" value="([^"]+)"', hoa.get("/console/faq/topics/form_02").text)[0]
        renamed = hoa.post("/console/faq/topics/form_02/rename", new_name="mau_02", version=version)
        if renamed.status_code == 409:
            pytest.fail(renamed.text)
        page.goto("/console/faq/topics/mau_02")
        expect(page.locator("#more")).to_have_value("Chữ của Lan trong bản nháp.")


class TestWhatIsKept:
    def test_is_sealed_and_goes_with_the_person_whose_words_began_it(
        self, lan: Colleague, node: Served, database: psycopg.Connection
    ) -> None:
        said = "máy em bị quay vòng mãi"
        lan.post("/console/faq/drafts", draft="hotline", title="Tên", questions=said)
        row = database.execute("SELECT sealed, people FROM content_drafts").fetchone()
        assert row is not None
        assert said.encode() not in bytes(row[0])
        assert row[1] == []
        database.execute("INSERT INTO conversations (id, channel) VALUES ('web:nhap', 'web') ON CONFLICT DO NOTHING")
        database.execute("UPDATE content_drafts SET people = '{web:nhap}'")
        lan.post("/console/faq/drafts", draft="office", title="Khác")
        keyring.open_vault_at(node.database_url, keys_of(node))
        with psycopg.connect(node.database_url) as connection:
            erasure.erase(connection, "web:nhap", actor=audit.Staff("lan"), where="command:erase")
        assert database.execute("SELECT key FROM content_drafts").fetchall() == [("office",)]

    @pytest.mark.parametrize("key", ["", "../x", "new-zz", "A" * 200])
    def test_has_a_name_that_is_one(self, lan: Colleague, database: psycopg.Connection, key: str) -> None:
        assert lan.post("/console/faq/drafts", draft=key, title="Tên").status_code == 400
        assert database.execute("SELECT count(*) FROM content_drafts").fetchone() == (0,)


class TestASecondEditor:
    def test_is_seen_and_what_they_saved_is_told(self, lan: Colleague, joined: Join, opened: Open) -> None:
        hoa = joined("content", shown="Lê Hòa")
        first = opened(lan, HOTLINE)
        second = opened(hoa, HOTLINE)
        expect(second.locator("#company")).to_contain_text("Trần Thị Lan đang mở chủ đề này")
        second.fill("#title", "Của Hòa")
        second.click("#save")
        expect(second.locator(".note.good")).to_contain_text("Đã lưu")
        expect(first.locator("#company")).to_contain_text("Lê Hòa vừa lưu bản khác", timeout=30_000)
        assert serious(first) == []

    def test_has_a_draft_that_the_list_names(self, lan: Colleague, joined: Join, opened: Open) -> None:
        page = opened(lan, HOTLINE)
        page.fill("#title", "Nháp của Lan")
        kept(page)
        hoa = joined("content", shown="Lê Hòa")
        listed = opened(hoa, "/console/faq")
        expect(listed.locator("tr", has=listed.get_by_role("link", name="Tổng đài 1900 9068"))).to_contain_text(
            "Trần Thị Lan đang viết nháp"
        )

    def test_differences_are_marked_word_by_word_when_both_are_joined(
        self, lan: Colleague, joined: Join, opened: Open
    ) -> None:
        hoa = joined("content", shown="Lê Hòa")
        first, second = opened(lan, HOTLINE), opened(hoa, HOTLINE)
        answer = first.input_value("#answer")
        first.fill("#answer", answer.replace("1900 9068", "1900 9068 (miễn phí chờ)"))
        first.click("#save")
        expect(first.locator(".note.good")).to_contain_text("Đã lưu")
        second.fill("#answer", answer + "\nBạn chuẩn bị mã số.")
        second.click("#save")
        both = second.locator("section.three", has_text="Câu trả lời")
        expect(both.locator("ins").first).to_contain_text("(")
        expect(both.locator(".merged-added ins")).to_have_text("Bạn chuẩn bị mã số.")
        assert serious(second) == []


def test_a_half_finished_topic_is_in_nobodys_release(lan: Colleague, opened: Open, content: Desk) -> None:
    page = opened(lan, NEW)
    page.fill("#title", "Mới nửa chừng")
    page.fill("#answer", "Soạn BH MK gửi 8079.")
    page.fill("#questions", "một câu")
    page.fill("#source", "x")
    page.click("#save")
    expect(page.locator("#wrong")).to_contain_text("Giữ bản nháp")
    page.get_by_role("button", name="Giữ bản nháp").click()
    expect(page.locator(".own-drafts")).to_contain_text("Mới nửa chừng")
    assert not (content.data / "faq/moi_nua_chung.yml").exists()
    assert content.git("status", "--porcelain") == ""


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_with_drafts_fit(lan: Colleague, joined: Join, opened: Open, width: int) -> None:
    page = opened(lan, HOTLINE, width=width)
    page.fill("#title", "Một bản nháp")
    kept(page)
    hoa = joined("content", shown="Nguyễn Hoàng Thị Minh Khai")
    opened(hoa, HOTLINE)
    for address in (HOTLINE, "/console/faq"):
        page.goto(address)
        assert serious(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def sign_in_again(who: Colleague, database: psycopg.Connection) -> str:
    """Gives a colleague a new session, as the sign-in does once both factors were right."""
    return sessions.start(database, who.name, "full", "127.0.0.1", "test")


def forget_401(opened: Open) -> None:
    """A session that ended says so to the browser; that is no complaint here."""
    opened.complaints[:] = [said for said in opened.complaints if "401" not in said]  # type: ignore[attr-defined]
