"""Content staff edit the FAQ in a browser, as they would: one alone, two at once, and one who means harm."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, expect

from assistant.content.library import Library
from assistant.content.topics import Topic, read_topic, topic_files
from assistant.editing.history import Author
from assistant.editing.saving import Editor, Wanted
from assistant.release.content import snapshot
from assistant.runtime.times import today
from assistant.settings import ROOT
from tests.console.conftest import Join, Open
from tests.console.content.conftest import Desk, serious
from tests.kit.colleagues import Colleague

pytestmark = pytest.mark.dear(120)

HOTLINE = "/console/faq/topics/hotline"
EVIL = "<img src=x onerror=window.pwned=true><script>window.pwned=true</script>'\">{{7*7}}"


def type_into(page: Page, field: str, text: str) -> None:
    """Types like a person: the field is emptied, then every key counts."""
    page.fill(f"#{field}", "")
    page.locator(f"#{field}").press_sequentially(text)


class TestTheList:
    def test_finds_topics_without_accents_and_says_which_question(self, lan: Colleague, opened: Open) -> None:
        page = opened(lan, "/console/faq")
        expect(page.locator(".faq-table tbody tr")).to_have_count(len(topic_files(ROOT / "data")))
        page.fill("#q", "tong dai 1900 9068 bam phim")
        page.press("#q", "Enter")
        expect(page.get_by_role("link", name="Tổng đài 1900 9068")).to_be_visible()
        page.fill("#q", "hotlin bao hiem xh")
        page.press("#q", "Enter")
        expect(page.locator(".faq-table tbody tr")).to_have_count(1)
        expect(page.locator(".faq-first")).to_contain_text("hotlin bảo hiểm xh")
        page.fill("#q", "xyzzy chữ lạ")
        page.press("#q", "Enter")
        expect(page.locator(".empty")).to_be_visible()

    def test_shows_age_use_and_objections(
        self, lan: Colleague, opened: Open, content: Desk, database: psycopg.Connection
    ) -> None:
        day = today()
        database.execute(
            "INSERT INTO learning_usage VALUES ('scam', %s, 40, 10), ('scam', %s, 5, 0), ('office', %s, 50, 1)",
            (day, day - datetime.timedelta(days=40), day),
        )
        path = content.data / "faq/scam.yml"
        path.write_text(path.read_text().replace("checked_on: 2026-11-22", "checked_on: 2025-01-05"))
        page = opened(lan, "/console/faq?sort=objected")
        row = page.locator(".faq-table tbody tr").first
        expect(row).to_contain_text("Nghi lừa đảo")
        expect(row).to_contain_text("05/01/2025")
        expect(row).to_contain_text("quá hạn")
        expect(row.locator("td").nth(3)).to_have_text("40")
        expect(row.locator("td").nth(4)).to_have_text("10 (25%)")
        page.select_option("#sort", "answered")
        expect(page.locator(".faq-table tbody tr").first).to_contain_text("Cơ quan BHXH")
        page.select_option("#sort", "age")
        expect(page.locator(".faq-table tbody tr").first).to_contain_text("Nghi lừa đảo")
        database.execute("DELETE FROM learning_usage")

    def test_names_a_file_that_cannot_be_read(self, lan: Colleague, opened: Open, content: Desk) -> None:
        (content.data / "faq/scam.yml").write_text("topic: scam\ntitle: [", encoding="utf-8")
        page = opened(lan, "/console/faq")
        expect(page.locator(".note.bad")).to_contain_text("scam.yml")
        page.click(".note.bad a")
        expect(page.locator("main")).to_contain_text("không đọc được YAML")


class TestTheEditor:
    def test_checks_and_previews_while_somebody_types(self, lan: Colleague, opened: Open) -> None:
        page = opened(lan, HOTLINE)
        type_into(page, "answer", "Gọi 1900 25 25 10 nhé bạn.")
        expect(page.locator("#remarks-answer")).to_contain_text("1900 25 25 10 không phải số chính thức")
        expect(page.locator("#answer")).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#summary")).to_contain_text("1 chỗ cần sửa")
        expect(page.locator(".seen-zalo .said-bubble").first).to_contain_text("Gọi 1900 25 25 10 nhé bạn.")
        page.fill("#answer", "a" * 401)
        expect(page.locator("#count-answer .over")).to_have_text("401/400 ký tự")
        page.fill("#answer", "a" * 401 + "\n1. Một\n2. Hai")
        expect(page.locator("#count-answer")).to_have_text("415/600 ký tự")
        page.fill("#answer", "Bạn gọi 1900 9068.")
        expect(page.locator("#summary")).to_contain_text("Không có lỗi")
        expect(page.locator("#answer")).to_have_attribute("aria-invalid", "false")
        page.fill("#title", "")
        expect(page.locator("#remarks-title")).to_contain_text("đặt tên nút")

    def test_shows_each_channel_as_its_connector_sends(self, lan: Colleague, opened: Open) -> None:
        page = opened(lan, HOTLINE)
        page.fill("#answer", "Xem ở trang này:\nhttps://baohiemxahoi.gov.vn")
        expect(page.locator(".seen-zalo .said-buttons li").first).to_have_text("Xem thêm")
        expect(page.locator(".seen-zalo .said-count").first).to_have_text(re.compile(r"^\d+/2000 ký tự$"))
        page.locator("label[for=seen-messenger]").click()
        expect(page.locator(".seen-messenger")).to_be_visible()
        expect(page.locator(".seen-zalo")).to_be_hidden()
        page.fill("#answer", "dài lắm " * 300)
        expect(page.locator(".seen-messenger .seen-name small")).to_have_text("2 tin nhắn")
        page.locator("label[for=seen-web]").click()
        expect(page.locator(".seen-web .said-bubble").first).to_contain_text("dài lắm")

    def test_says_where_a_new_question_is_asked_already(self, lan: Colleague, opened: Open) -> None:
        page = opened(lan, HOTLINE)
        asked = page.input_value("#questions")
        for _ in range(60):  # the index of questions is made in the background
            page.fill("#questions", f"{asked}\nbị khóa tài khoản")
            page.wait_for_timeout(1000)
            if page.locator("#remarks-questions li").count():
                break
            page.fill("#questions", asked)
        expect(page.locator("#remarks-questions")).to_contain_text("gần như trùng câu")
        expect(page.locator("#alike")).to_contain_text("bị khóa tài khoản")
        expect(page.locator("#alike a").first).to_have_attribute("href", "/console/faq/topics/account_locked")

    def test_saves_a_change_to_the_line_with_a_commit(self, lan: Colleague, opened: Open, content: Desk) -> None:
        before = content.text("faq/hotline")
        page = opened(lan, HOTLINE)
        page.fill("#title", "Gọi tổng đài")
        page.keyboard.press("Control+s")
        expect(page.locator(".note.good")).to_contain_text("Đã lưu")
        assert content.text("faq/hotline") == before.replace("title: Tổng đài 1900 9068", "title: Gọi tổng đài")
        assert content.git("log", "-1", "--format=%an|%s") == "Trần Thị Lan|Sửa chủ đề hotline\n"
        expect(page.locator(".unreleased")).to_contain_text("Chưa phát hành: 1 thay đổi")
        expect(page.locator(".unreleased a")).to_have_attribute("href", "/console/release")

    def test_what_is_half_written_is_kept_for_its_editor_and_goes_into_no_release(
        self, lan: Colleague, opened: Open, content: Desk
    ) -> None:
        before = content.text("faq/hotline")
        page = opened(lan, HOTLINE)
        page.fill("#answer", "Soạn BH MK gửi 8079.")
        page.click("#save")
        expect(page.locator("#wrong")).to_contain_text("Chưa lưu")
        expect(page.locator("#wrong")).to_be_focused()
        expect(page.locator("#answer")).to_have_value("Soạn BH MK gửi 8079.")
        page.get_by_role("button", name="Giữ bản nháp").click()
        expect(page.locator(".note.good")).to_contain_text("Đã giữ bản nháp")
        assert content.text("faq/hotline") == before
        page.locator(".own-drafts a").click()
        expect(page.locator("#answer")).to_have_value("Soạn BH MK gửi 8079.")

    def test_works_without_scripts(self, lan: Colleague, opened: Open, content: Desk) -> None:
        page = opened(lan, HOTLINE, java_script_enabled=False)
        page.fill("#title", "")
        page.get_by_role("button", name="Kiểm tra").click()
        expect(page.locator("#wrong")).to_contain_text("đặt tên nút")
        page.fill("#title", "Không cần máy")
        page.click("#save")
        expect(page.locator(".note.good")).to_contain_text("Đã lưu")
        assert "title: Không cần máy" in content.text("faq/hotline")


class TestThePartsOfATopic:
    def test_a_facet_is_added_previewed_saved_and_released(
        self, lan: Colleague, opened: Open, content: Desk, database: psycopg.Connection, tmp_path: Path
    ) -> None:
        before = re.sub(r"facets_not_needed:\n  bring: .*\n", "", content.text("faq/about_bot"))
        (content.data / "faq/about_bot.yml").write_text(before, encoding="utf-8")
        page = opened(lan, "/console/faq/topics/about_bot")
        expect(page.locator("#remarks-facets")).to_contain_text("chưa có câu trả lời ngắn: mang gì")
        cards = page.locator("#facets .part-card")
        number = cards.count()
        page.locator("#missing-facets button", has_text="mang gì").click()
        expect(cards).to_have_count(number + 1)
        cards.last.locator("[name=facet_say]").fill("Bạn soạn 8079 nhé.")
        expect(page.locator("#remarks-facets")).to_contain_text("“mang gì”: “8079”")
        cards.last.locator("[name=facet_say]").fill("Không phải mang gì cả, bạn xem trên điện thoại.")
        expect(page.locator("#remarks-facets li")).to_have_count(0)
        shown = page.locator(".seen-zalo .seen-part[data-part=bring]")
        expect(shown.locator(".said-bubble")).to_have_text("Không phải mang gì cả, bạn xem trên điện thoại.")
        expect(shown.locator(".said-bubble")).to_be_visible()
        expect(page.locator("#summary")).to_contain_text("Không có lỗi")
        page.click("#save")
        expect(page.locator(".note.good")).to_contain_text("Đã lưu")
        after = content.text("faq/about_bot")
        added = "  bring: |-\n    Không phải mang gì cả, bạn xem trên điện thoại.\n"
        assert added in after
        assert after.replace(added, "") == before, "nothing else has changed"
        page.locator("section[aria-labelledby=h-latest] a").first.click()
        expect(page.locator(".diff-added ins")).to_have_text("mang gì: Không phải mang gì cả, bạn xem trên điện thoại.")
        snapshot(database, content.data, tmp_path)
        released = read_topic(tmp_path / "faq/about_bot.yml")
        assert released.facets["bring"].say.startswith("Không phải mang gì")

    def test_own_facets_and_steps_are_written_changed_and_taken_out(
        self, lan: Colleague, opened: Open, content: Desk
    ) -> None:
        page = opened(lan, HOTLINE)
        page.get_by_role("button", name="Thêm mục").click()
        card = page.locator("#facets .part-card").last
        card.locator("[name=facet_name]").select_option("own")
        card.locator("[name=facet_own]").fill("Gọi lúc nửa đêm")
        card.locator("[name=facet_say]").fill("Bạn cứ gọi thử.")
        page.click("#save")
        expect(page.locator("#wrong")).to_contain_text("cần các câu người dân hay hỏi")
        page.wait_for_load_state()  # the last card is the new one only when all are here
        card = page.locator("#facets .part-card").last
        card.locator("[name=facet_asked]").fill("nửa đêm gọi được không\n12h khuya gọi dc k")
        steps = page.locator("#steps .part-card")
        steps.nth(0).get_by_role("button", name="Bỏ bước").click()
        steps.nth(0).locator("[name=step_name]").fill("Gọi rồi bấm 8")
        page.click("#save")
        expect(page.locator(".note.good")).to_contain_text("Đã lưu")
        saved = read_topic(content.data / "faq/hotline.yml")
        before = read_topic(ROOT / "data/faq/hotline.yml")
        assert (saved.next, saved.questions) == (before.next, before.questions)
        assert saved.facets["goi_luc_nua_dem"].asked == ("nửa đêm gọi được không", "12h khuya gọi dc k")
        assert {name: one for name, one in saved.facets.items() if name in before.facets} == before.facets
        assert [step.name for step in saved.steps] == ["Gọi rồi bấm 8", *(step.name for step in before.steps[2:])]
        expect(page.locator("#facets .part-card")).to_have_count(len(before.facets) + 1)

    def test_a_form_without_parts_leaves_them(self, lan: Colleague, content: Desk) -> None:
        topic = read_topic(content.data / "faq/hotline.yml")
        version = Library(content.data).held("hotline").version  # type: ignore[union-attr]
        answer = lan.post(
            HOTLINE, title="Gọi tổng đài", answer=topic.answer, questions="\n".join(topic.questions),
            source="BHXH", checked_on="2026-11-22", version=version,
        )  # fmt: skip
        assert answer.status_code in (200, 303)
        saved = read_topic(content.data / "faq/hotline.yml")
        assert (saved.title, saved.facets, saved.steps) == ("Gọi tổng đài", topic.facets, topic.steps)


class TestANewTopic:
    def test_is_written_found_renamed_retired_and_brought_back(
        self, lan: Colleague, opened: Open, content: Desk
    ) -> None:
        page = opened(lan, "/console/faq")
        page.get_by_role("link", name="Thêm chủ đề").click()
        type_into(page, "title", "Đổi sim mới")
        page.fill("#answer", "Bạn đổi sim rồi vẫn đăng nhập VssID bằng mã số như cũ.")
        asked = ["đổi sim 4g thì vssid có sao không", "moi doi sim", "em đổi sim khác số cũ", "sim e", "lên sim 5g"]
        page.fill("#questions", "\n".join([*asked, "lên sim 5g"]))
        page.fill("#source", "BHXH Việt Nam, 22/11/2026")
        page.click("text=Hôm nay")
        page.select_option("#next-0", "hotline")
        expect(page.locator("#summary")).to_contain_text("Không có lỗi")
        page.click("#save")
        expect(page.locator("h1")).to_have_text("Đổi sim mới")
        assert page.url.endswith("/topics/doi_sim_moi")
        text = content.text("faq/doi_sim_moi")
        assert text.startswith("topic: doi_sim_moi\ntitle: Đổi sim mới\nanswer: |-\n  Bạn đổi sim")
        assert text.count("  - 'lên sim 5g'") == 1
        page.click("summary:has-text('Đổi mã')")
        page.fill("#new_name", "doi_sim")
        page.get_by_role("button", name="Đổi mã").click()
        expect(page.locator(".note.good")).to_contain_text("doi_sim")
        page.once("dialog", lambda dialog: dialog.accept())
        page.click("summary:has-text('Đổi mã')")
        page.get_by_role("button", name="Ngừng dùng chủ đề").click()
        expect(page.locator(".note.good")).to_contain_text("ngừng dùng")
        assert not (content.data / "faq/doi_sim.yml").exists()
        page.click("summary:has-text('Đã ngừng dùng')")
        page.click("details a:has-text('doi_sim')")
        page.click("a:has-text('ngừng dùng')")
        page.click("text=Khôi phục bản trước thay đổi này")
        expect(page.locator("h1")).to_have_text("Đổi sim mới")
        assert content.text("faq/doi_sim") == text.replace("doi_sim_moi", "doi_sim")
        assert content.git("status", "--short") == ""

    @pytest.mark.parametrize(("name", "said"), [("hotline", "Đã có chủ đề"), ("Đổi Sim", "chữ thường không dấu")])
    def test_needs_a_name_of_its_own(self, lan: Colleague, opened: Open, name: str, said: str) -> None:
        page = opened(lan, "/console/faq/new")
        for field in ("title", "answer", "questions"):
            page.fill(f"#{field}", "thử")
        page.fill("#name", name)
        page.click("#save")
        expect(page.locator("#wrong")).to_contain_text(said)
        expect(page.locator("#answer")).to_have_value("thử")

    def test_that_others_name_is_not_retired(self, lan: Colleague, opened: Open, content: Desk) -> None:
        page = opened(lan, "/console/faq/topics/office")
        page.click("summary:has-text('Đổi mã')")
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Ngừng dùng chủ đề").click()
        expect(page.locator("main")).to_contain_text("domain.yml")
        assert (content.data / "faq/office.yml").exists()


class TestTwoWhoEditTheSame:
    def test_see_both_and_lose_nothing(self, lan: Colleague, joined: Join, opened: Open, content: Desk) -> None:
        hoa = joined("content", shown="Lê Hòa")
        first, second = opened(lan, HOTLINE), opened(hoa, HOTLINE)
        first.fill("#title", "Của Lan")
        first.fill("#questions", first.input_value("#questions") + "\ncâu hỏi riêng của Lan")
        first.click("#save")
        expect(first.locator(".note.good")).to_contain_text("Đã lưu")
        second.fill("#title", "Của Hòa")
        second.fill("#answer", "Câu trả lời mới của Hòa.")
        second.fill("#questions", second.input_value("#questions") + "\ncâu hỏi riêng của Hòa")
        second.click("#save")
        expect(second.locator("#h-both")).to_contain_text("Trần Thị Lan vừa lưu chủ đề này")
        title = second.locator("section.three", has_text="Tên nút")
        expect(title).to_contain_text("Tổng đài 1900 9068")
        expect(title).to_contain_text("Của Lan")
        expect(title).to_contain_text("Của Hòa")
        expect(title).to_contain_text("hai người cùng sửa")
        assert "title: Của Lan" in content.text("faq/hotline")
        asked = second.input_value("#questions").split("\n")
        assert {"câu hỏi riêng của Lan", "câu hỏi riêng của Hòa"} <= set(asked)
        expect(second.locator("#answer")).to_have_value("Câu trả lời mới của Hòa.")
        second.fill("#title", "Của cả hai")
        second.click("#save")
        expect(second.locator(".note.good")).to_contain_text("Đã lưu")
        text = content.text("faq/hotline")
        for part in ("title: Của cả hai", "của Lan", "của Hòa", "Câu trả lời mới"):
            assert part in text
        assert content.git("log", "-2", "--format=%an") == "Lê Hòa\nTrần Thị Lan\n"

    def test_one_who_edits_what_is_gone_keeps_the_words(
        self, lan: Colleague, joined: Join, opened: Open, content: Desk
    ) -> None:
        hoa = joined("content", shown="Lê Hòa")
        address = "/console/faq/topics/form_02"
        page = opened(lan, address)
        (content.data / "faq/form_02.yml").unlink()
        page.fill("#answer", "Những chữ không được mất.")
        page.click("#save")
        expect(page.locator(".note.warn").last).to_contain_text("không còn nữa")
        expect(page.locator("#answer")).to_have_value("Những chữ không được mất.")
        assert hoa.get(address).status_code == 404


class TestTheHistory:
    def test_shows_words_that_changed_side_by_side_and_goes_back(
        self, lan: Colleague, opened: Open, content: Desk
    ) -> None:
        before = content.text("faq/hotline")
        page = opened(lan, HOTLINE)
        page.fill("#answer", page.input_value("#answer").replace("bấm phím 8", "bấm phím 9"))
        page.click("#save")
        expect(page.locator(".note.good")).to_contain_text("Đã lưu")  # only then the newest change is the first
        page.click("main >> text=Trần Thị Lan sửa")
        expect(page.locator(".diff-table del").first).to_have_text("8")
        expect(page.locator(".diff-table ins").first).to_have_text("9")
        page.click("text=Khôi phục bản trước thay đổi này")
        expect(page.locator(".note.good")).to_contain_text("Đã khôi phục")
        assert content.text("faq/hotline") == before
        page.click("a >> text=Lịch sử >> nth=-1")
        expect(page.locator(".history li").first).to_contain_text("khôi phục")
        expect(page.locator(".history")).to_contain_text("Nội dung ban đầu")

    def test_of_the_repository_can_be_seen_and_brought_back(self, lan: Colleague, opened: Open, content: Desk) -> None:
        before = content.text("faq/scam")
        (content.data / "faq/scam.yml").write_text(before.replace("title: Nghi lừa đảo", "title: Sửa tay"))
        content.git("commit", "-qam", "Sửa tay")
        page = opened(lan, "/console/faq/topics/scam/history")
        page.click("text=Nội dung ban đầu")
        expect(page.locator(".diff-table")).to_contain_text("Nghi lừa đảo")
        page.click("text=Khôi phục bản bên trái")
        expect(page.locator("h1")).to_have_text("Nghi lừa đảo")
        assert content.text("faq/scam") == before

    def test_of_everything_is_a_list(self, lan: Colleague, opened: Open) -> None:
        page = opened(lan, HOTLINE)
        page.fill("#title", "Khác")
        page.click("#save")
        expect(page.locator(".note.good")).to_contain_text("Đã lưu")
        page.goto("/console/faq/changes")
        expect(page.locator("tbody tr").first).to_contain_text("hotline")
        for address in ("/console/faq/changes/999999", "/console/faq/topics/nowhere/history"):
            assert lan.get(address).status_code == 404


class TestWhoMeansHarm:
    def saved_as_it_is(self, content: Desk, database: psycopg.Connection) -> None:
        """Saves a topic past the check, as an older console may have left one."""
        topic = Topic("xau", EVIL, EVIL, (EVIL, f"bị khóa tài khoản {EVIL}"), (EVIL,), today(), more=EVIL)
        with database.transaction():
            Editor(Library(content.data)).save(database, Wanted(topic, ""), Author("evil", EVIL[:80]))
        assert "onerror" in content.text("faq/xau")

    def test_cannot_run_a_script_through_any_field(
        self, lan: Colleague, joined: Join, opened: Open, content: Desk, database: psycopg.Connection
    ) -> None:
        evil = joined("content", shown=EVIL[:80])
        page = opened(evil, "/console/faq/new")
        for field in ("title", "answer", "more", "source", "questions"):
            page.fill(f"#{field}", EVIL)
        page.fill("#name", "xau")
        page.fill("#questions", f"{EVIL}\nbị khóa tài khoản {EVIL}")
        page.locator("details summary", has_text="Thay cho").click()
        page.fill("#supersedes", EVIL)
        page.wait_for_timeout(1500)
        page.click("#save")
        expect(page.locator("#wrong")).to_be_visible()
        page.get_by_role("button", name="Giữ bản nháp").click()
        expect(page.locator(".note.good")).to_be_visible()
        page.locator(".own-drafts a").click()
        expect(page.locator("#title")).to_have_value(re.compile("onerror"))
        assert page.evaluate("window.pwned") is None
        assert page.locator("img[src=x]").count() == 0
        self.saved_as_it_is(content, database)
        other = opened(lan, "/console/faq/topics/xau")
        for address in (
            "/console/faq/topics/xau", "/console/faq", "/console/faq?q=onerror", f"/console/faq?q={EVIL}&sort={EVIL}",
            "/console/faq/changes", "/console/faq/topics/xau/history", "/console/faq/files", HOTLINE,
        ):  # fmt: skip
            other.goto(address)
            assert other.evaluate("window.pwned") is None
            assert other.locator("img[src=x]").count() == 0
        other.goto("/console/faq/changes")
        other.click("tbody a >> nth=0")
        assert other.locator("img[src=x]").count() == 0
        assert "{{7*7}}" in other.inner_text("main")
        assert other.evaluate("window.pwned") is None

    @pytest.mark.parametrize("path", ["../../../etc/passwd", "..%2f..%2fdomain", "%00", "HOTLINE", "a" * 300])
    def test_cannot_leave_the_folder(self, lan: Colleague, path: str) -> None:
        for address in (f"/console/faq/topics/{path}", f"/console/faq/topics/{path}/commits/--help"):
            assert lan.get(address).status_code == 404

    def test_cannot_save_what_another_session_wrote(self, lan: Colleague, joined: Join, content: Desk) -> None:
        auditor = joined("auditor")
        before = content.text("faq/hotline")
        assert auditor.get(HOTLINE).status_code == 200
        assert '<button class="button" id="save"' not in auditor.get(HOTLINE).text
        assert auditor.post(HOTLINE, title="x", answer="x", questions="x").status_code == 403
        assert lan.post(HOTLINE, csrf="x", title="x", answer="x", questions="x").status_code == 403
        assert content.text("faq/hotline") == before

    def test_cannot_restore_a_text_of_another_topic(self, lan: Colleague, content: Desk) -> None:
        page = lan.get(HOTLINE).text
        version = re.findall(r'name="version" value="([^"]+)"', page)[0]
        fields = {"answer": "A.", "title": "Khác", "questions": "a\nb\nc\nd\ne", "checked_on": "2026-11-22"}
        lan.post(HOTLINE, version=version, **fields)
        entry = re.findall(r"/console/faq/changes/(\d+)", lan.get("/console/faq/changes").text)[0]
        office = re.findall(r'name="version" value="([^"]+)"', lan.get("/console/faq/topics/office").text)[0]
        answer = lan.post("/console/faq/topics/office/restore", change=entry, side="after", version=office)
        assert answer.status_code == 404
        assert "topic: office" in content.text("faq/office")


@pytest.mark.parametrize("width", [1280, 360])
def test_pages_keep_nobody_out_and_fit(lan: Colleague, opened: Open, width: int, tmp_path: object) -> None:
    page = opened(lan, HOTLINE, width=width)
    page.fill("#title", "Khác" * 10)
    page.click("#save")
    expect(page.locator("#wrong")).to_be_visible()
    assert serious(page) == []
    for address in ("/console/faq", HOTLINE, "/console/faq/new", f"{HOTLINE}/history", "/console/faq/changes"):
        page.goto(address)
        assert serious(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
