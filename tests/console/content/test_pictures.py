"""Pictures and titled links: taken in, put into an answer, previewed on each channel, said on each; sent by agents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from assistant.content.pictures import taken_in
from assistant.content.topics import read_topic
from tests.conftest import Served, serve
from tests.console.conftest import Join, Open, always_open
from tests.console.content.conftest import Desk, serious
from tests.console.test_desk import held, says
from tests.console.test_desk_ways import sets
from tests.content.test_pictures import WHERE, chunk, png
from tests.kit import postgres
from tests.kit.colleagues import Colleague
from tests.kit.people import Store, Visitor, ZaloUser

pytestmark = pytest.mark.dear(50)

GIVEN = png(chunk(b"tEXt", WHERE), width=120, height=80)
NAME = taken_in(GIVEN).name
TITLE = "Nút Quên mật khẩu trên màn hình đăng nhập"
LINK, LINK_TITLE = "https://dichvucong.gov.vn/", "Mở Cổng dịch vụ"


@pytest.fixture(scope="module")
def node(
    server_url: str, model_path: Path, content: Desk, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A node on a copy of the content in which one answer has a picture and a link from the beginning."""
    path = content.data / "faq/hotline.yml"
    text = path.read_text(encoding="utf-8")
    beside = f"picture: {NAME}\npicture_says: {TITLE}\nlink: {LINK}\nlink_title: {LINK_TITLE}\nsource:"
    path.write_text(text.replace("\nsource:", f"\n{beside}", 1), encoding="utf-8")
    content.git("commit", "-qam", "Hình và liên kết")
    content.git("tag", "beside")
    folder = tmp_path_factory.mktemp("node")
    served = serve(
        postgres.create(server_url), model_path, folder, DESK_FILE=always_open(folder),
        CONTENT_DIR=str(content.data), SCRIPTS_DIR=str(content.scripts),
    )  # fmt: skip
    served.start()
    yield served
    served.stop()


@pytest.fixture(autouse=True)
def content_reset(content: Desk) -> Iterator[None]:
    """Each test begins with the content as it was."""
    yield
    content.git("reset", "-q", "--hard", "beside")
    content.git("clean", "-qfd")


def add(who: Colleague, title: str = TITLE, given: bytes = GIVEN) -> Any:
    return who.post("/console/pictures", files={"picture": ("C:\\anh.png", given)}, title=title)


@pytest.fixture
def kept(lan: Colleague) -> str:
    """Puts the picture into the list; returns its address."""
    assert add(lan).status_code == 303
    return f"/pictures/{NAME}"


class TestTheList:
    def test_a_picture_is_taken_in_and_anybody_sees_it(self, lan: Colleague, kept: str, node: Served) -> None:
        assert f'alt="{TITLE}"' in lan.get("/console/pictures").text
        served = Visitor(node.url).http.get(kept)
        assert served.content == taken_in(GIVEN).content
        assert WHERE not in served.content
        assert served.headers["content-type"] == "image/png"
        assert served.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in served.headers["content-security-policy"]

    @pytest.mark.parametrize(
        ("title", "given", "why"),
        [
            ("", GIVEN, "hình cho thấy gì"), ("Số 0901 000 123", GIVEN, "số điện thoại"), (TITLE, b"", "chọn một tệp"),
            (TITLE, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "không phải hình"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_refused_in_words(self, lan: Colleague, title: str, given: bytes, why: str) -> None:
        answer = add(lan, title, given)
        assert answer.status_code == 400
        assert why in answer.text

    @pytest.mark.parametrize(
        "path",
        ["/pictures/" + "0" * 32 + ".png", "/pictures/..%2f..%2fetc", "/pictures/a.png", f"/pictures/{NAME}.svg"],
    )
    def test_nothing_else_is_served(self, path: str, node: Served) -> None:
        assert Visitor(node.url).http.get(path).status_code == 404

    def test_a_title_is_text(self, lan: Colleague) -> None:
        assert add(lan, "<script>alert(1)</script>").status_code == 303
        assert "<script>alert(1)" not in lan.get("/console/pictures").text
        add(lan)

    def test_one_that_an_answer_shows_stays(self, lan: Colleague, kept: str, content: Desk, node: Served) -> None:
        refused = lan.post(f"/console/pictures/{NAME}/retire")
        assert refused.status_code == 409
        assert "đang dùng hình này" in refused.text
        path = content.data / "faq/hotline.yml"
        path.write_text(re.sub(r"(?m)^picture.*\n", "", path.read_text(encoding="utf-8")), encoding="utf-8")
        assert lan.post(f"/console/pictures/{NAME}/retire").status_code == 303
        assert kept not in lan.get("/console/pictures").text
        assert Visitor(node.url).http.get(kept).status_code == 200  # what was said goes on showing it


class TestTheEditor:
    def test_an_answer_gets_a_picture_and_a_link_and_shows_them_on_each_channel(
        self, opened: Open, lan: Colleague, kept: str, content: Desk
    ) -> None:
        page = opened(lan, "/console/faq/topics/lost_phone")
        page.get_by_text("Hình và liên kết kèm câu trả lời").click()
        page.get_by_label("Hình", exact=True).select_option(label=TITLE)
        page.get_by_label("Liên kết", exact=True).fill(LINK)
        page.get_by_label("Chữ trên nút liên kết").fill(LINK_TITLE)
        page.get_by_label("Chữ trên nút liên kết").blur()
        for channel in ("zalo", "messenger", "web"):
            preview = page.locator(f".seen-{channel}")
            expect(preview.locator("img.said-picture")).to_have_attribute("src", kept)
            expect(preview.locator(".said-buttons").first).to_contain_text(f"{LINK_TITLE} ↗")
        expect(page.locator("#summary")).to_have_text("Không có lỗi")
        assert serious(page) == []
        page.get_by_role("button", name="Lưu", exact=True).click()
        expect(page.get_by_text("Đã lưu.")).to_be_visible()
        topic = read_topic(content.data / "faq/lost_phone.yml")
        assert (topic.picture, topic.picture_says, topic.link, topic.link_title) == (NAME, TITLE, LINK, LINK_TITLE)

    @pytest.mark.parametrize(
        ("fields", "why"),
        [
            ({"link": "http://dichvucong.gov.vn/", "link_title": "Mở"}, "bắt đầu bằng https://"),
            ({"link": "javascript:alert(1)", "link_title": "Mở"}, "bắt đầu bằng https://"),
            ({"link": "https://gov.vn@xau.com/", "link_title": "Mở"}, "chỗ này có e-mail"),
            ({"link": "https://vssid-hotro.com/", "link_title": "Mở"}, "không phải trang .gov.vn"),
            ({"link": LINK}, "chưa có chữ trên nút"),
            ({"link": LINK, "link_title": "Mở Cổng dịch vụ công quốc gia"}, "nút chỉ chứa 20"),
            ({"picture": "0" * 32 + ".png"}, "không còn trong danh sách"),
            ({"picture": "../../a.png"}, "không còn trong danh sách"),
        ],
    )
    def test_what_people_should_not_get_is_not_saved(
        self, lan: Colleague, content: Desk, fields: dict[str, str], why: str
    ) -> None:
        before = read_topic(content.data / "faq/lost_phone.yml")
        answer = lan.post("/console/faq/topics/lost_phone", **_form(lan, "lost_phone") | fields)
        assert answer.status_code == 422
        assert why in answer.text
        assert read_topic(content.data / "faq/lost_phone.yml") == before

    def test_saving_something_else_keeps_them(self, lan: Colleague, content: Desk) -> None:
        fields = _form(lan, "hotline") | {"title": "Số tổng đài"}
        assert lan.post("/console/faq/topics/hotline", **fields).status_code == 303
        topic = read_topic(content.data / "faq/hotline.yml")
        assert (topic.title, topic.picture, topic.link) == ("Số tổng đài", NAME, LINK)


def _form(who: Colleague, name: str) -> dict[str, Any]:
    """Returns the fields of a topic's page, as a browser would send them."""
    from lxml import html

    form = html.fromstring(who.get(f"/console/faq/topics/{name}").text).get_element_by_id("editor")
    fields: dict[str, Any] = {}
    for field, value in form.form_values():
        fields.setdefault(field, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in fields.items() if name != "csrf"}


ASK = "số tổng đài BHXH là bao nhiêu"


class TestTheAnswer:
    def test_the_web_page_shows_both(self, opened: Open, kept: str) -> None:
        page = opened(width=390)
        says(page, ASK)
        image = page.locator(".bubble img")
        expect(image).to_have_attribute("alt", TITLE)
        expect(image).to_have_js_property("naturalWidth", 120)
        link = page.locator("a.open-link")
        expect(link).to_have_attribute("href", LINK)
        expect(link).to_contain_text("dichvucong.gov.vn")
        assert serious(page) == []

    def test_zalo_gets_both_and_the_address_in_words(self, node: Served, kept: str, store: Store) -> None:
        person = ZaloUser(node)
        person.ask(ASK)
        body = store.value(
            "SELECT body FROM outbox WHERE conversation = %s AND body ? 'media' ORDER BY id DESC LIMIT 1",
            person.conversation,
        )
        assert body["media"]["url"].endswith(kept)
        assert body["media"]["url"].startswith("http")
        assert f"{LINK_TITLE}: {LINK}" in body["text"]

    def test_staff_read_what_was_shown(self, node: Served, joined: Join, kept: str, store: Store) -> None:
        hoa, visitor = joined("agent"), Visitor(node.url)
        visitor.ask(ASK)
        path = held(store, visitor, hoa)
        for page in (path, path.replace("/desk/", "/conversations/")):
            text = hoa.get(page).text
            assert f'src="{kept}"' in text
            assert LINK_TITLE in text


class TestTheDesk:
    def test_an_agent_sends_one_and_takes_it_back(
        self, node: Served, joined: Join, opened: Open, kept: str, store: Store
    ) -> None:
        hoa, visitor = joined("agent", "admin"), Visitor(node.url)
        sets(hoa, store, undo="8")
        path = held(store, visitor, hoa)
        desk = opened(hoa, path)
        desk.get_by_title(f"Gửi: {TITLE}").click()
        line = desk.locator(".line.agent", has=desk.locator("img"))
        expect(line).to_contain_text("gửi sau vài giây")
        line.get_by_role("button", name="Thu hồi").click()
        expect(line).to_have_count(0)
        assert serious(desk) == []
        desk.get_by_title(f"Gửi: {TITLE}").click()
        expect(line).to_contain_text("đã gửi")
        (sent,) = [each for each in visitor.history()["messages"] if each["from"] == "agent"]
        assert (sent["text"], sent["media"]["url"], sent["media"]["says"]) == ("", kept, TITLE)

    def test_it_is_for_whoever_has_the_chat(self, node: Served, joined: Join, kept: str, store: Store) -> None:
        hoa, nam = joined("agent"), joined("agent")
        path = held(store, Visitor(node.url), hoa)
        assert nam.post(f"{path}/prepared", picture=NAME).status_code == 409
        assert hoa.post(f"{path}/prepared", picture="0" * 32 + ".png").status_code == 409
