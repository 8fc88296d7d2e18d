"""Makes the pictures of docs/huong-dan-noi-dung.md from the real console: python -m tests.console.content.pictures

A demo node runs on a copy of the content while the pictures are taken; nothing of ours changes.
"""

from __future__ import annotations

import datetime
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from playwright.sync_api import Browser, Page, sync_playwright

from assistant import database
from assistant.learning import backlog
from assistant.rasa import training
from assistant.settings import ROOT, Settings
from tests.conftest import Served, serve
from tests.console.conftest import always_open
from tests.console.content.test_release import ASKED, add_topic, built
from tests.editing.test_spreadsheet import book
from tests.kit.colleagues import PASSWORD, SIGN_IN, Colleague, form_of, invite, join
from tests.kit.content import git
from tests.kit.people import Visitor, client, close_clients

IMAGES = ROOT / "docs/images"
HOTLINE = "/console/faq/topics/hotline"
_ASKED = (
    "bảo hiểm cho chó mèo có không vậy", "bao hiem cho meo co khong ad", "vậy là sao nữa",
    "mở hộ khẩu ở đâu trong app", "mã 7900000123 mở hộ khẩu ở đâu trong app vậy",
)  # fmt: skip


@contextmanager
def running(folder: Path) -> Iterator[Served]:
    """Gives a demo node on a copy of the content, in a repository."""
    shutil.copytree(ROOT / "data", folder / "repository/data")
    shutil.copy(ROOT / "domain.yml", folder / "repository/domain.yml")
    git(folder / "repository", "init", "-q")
    git(folder / "repository", "add", "-A")
    git(folder / "repository", "commit", "-qm", "Nội dung ban đầu")
    url = database.embedded_url(folder / "data")
    served = serve(
        url, training.current_model(Settings()), folder,
        CONTENT_DIR=str(folder / "repository/data"), SCRIPTS_DIR=str(folder / "scripts"),
        MODELS_DIR=str(folder / "models"), DESK_FILE=always_open(folder),
    )  # fmt: skip
    served.start()
    try:
        yield served
    finally:
        served.stop()
        close_clients()
        database.stop_embedded(folder / "data")


class Camera:
    """Opens pages as somebody and keeps what they show."""

    def __init__(self, browser: Browser, node: Served) -> None:
        self._browser = browser
        self._node = node

    def page(self, who: Colleague | None, path: str) -> Page:
        context = self._browser.new_context(
            base_url=self._node.url, locale="vi-VN", viewport={"width": 1120, "height": 700}
        )
        if who:
            context.add_cookies([{"name": "console", "value": who.cookie, "url": self._node.url}])
        page = context.new_page()
        page.goto(path)
        return page

    @staticmethod
    def take(page: Page, name: str) -> None:
        """Keeps what is to be seen, small."""
        page.wait_for_timeout(500)
        path = IMAGES / f"noi-dung-{name}.jpg"
        page.screenshot(path=path, type="jpeg", quality=62)
        print(f"{path.relative_to(ROOT)} {path.stat().st_size // 1024} kB")


def sign_in(camera: Camera, node: Served) -> None:
    """The way in: invitation, then the phone."""
    _, link = invite(node, ["content"], "nguyen.minh", "Nguyễn Minh")
    page = camera.page(None, link)
    page.fill("#password", PASSWORD)
    page.fill("#password_again", PASSWORD)
    camera.take(page, "loi-moi")
    http = client(node.url)
    fields = {"csrf": form_of(http, link), "shown": "Nguyễn Minh", "password": PASSWORD, "password_again": PASSWORD}
    assert http.post(link, data=fields).status_code == 303
    camera.take(camera.page(Colleague("nguyen.minh", http), f"{SIGN_IN}/enrol"), "dien-thoai")


def faq(camera: Camera, lan: Colleague, hoa: Colleague) -> None:
    """The list, a new topic, an error at its field, two at once, the history."""
    camera.take(camera.page(lan, "/console/faq"), "danh-sach")
    page = camera.page(lan, "/console/faq/new")
    page.fill("#title", "Đổi sim mới")
    page.fill("#answer", "Bạn đổi sim mà giữ nguyên số thì không phải làm gì, vẫn đăng nhập VssID như cũ.\n"
              "1. Đổi sang số khác: làm thủ tục đổi số điện thoại.\n2. Cần giúp: gọi 1900 9068.")  # fmt: skip
    asked = [
        "mới đổi sim 4g",
        "em đổi sim giữ số có sao không",
        "doi sim roi vao app duoc ko",
        "thay sim mới",
        "lên 5g",
    ]
    page.fill("#questions", "\n".join(asked))
    page.fill("#source", "BHXH Việt Nam, 22/11/2026")
    page.wait_for_timeout(6000)
    page.evaluate("window.scrollTo(0, 0)")
    camera.take(page, "chu-de-moi")
    page.fill("#answer", "Bạn soạn tin BH MK gửi 8079 để lấy lại mật khẩu.")
    page.wait_for_timeout(1500)
    page.evaluate("window.scrollTo(0, 240)")
    camera.take(page, "loi-tai-o")
    first, second = camera.page(lan, HOTLINE), camera.page(hoa, HOTLINE)
    first.fill("#title", "Gọi tổng đài")
    first.click("#save")
    first.wait_for_selector(".note.good")
    second.fill("#title", "Tổng đài BHXH")
    second.click("#save")
    second.wait_for_selector("#h-both")
    camera.take(second, "hai-nguoi")
    first.fill(
        "#answer",
        "Chờ nghe lời chào rồi làm theo:\n" + first.input_value("#answer").partition("\n")[2],
    )
    with first.expect_navigation():  # the note of the change before is still there
        first.click("#save")
    first.wait_for_selector(".note.good")
    first.get_by_role("link", name="Trần Thị Lan sửa").first.click()
    camera.take(first, "lich-su")


def files(camera: Camera, lan: Colleague, folder: Path) -> None:
    """What a file would change, and what is wrong with one."""
    page = camera.page(lan, "/console/faq/files")
    path = folder / "hoi-dap.xlsx"
    path.write_bytes(
        book(["Mã chủ đề", "Câu hỏi", "Tên nút"], ["scam", "có người gọi đòi mã OTP của tôi", "Bị lừa đảo"])
    )
    page.set_input_files("#file", path)
    page.get_by_role("button", name="Xem thay đổi").click()
    page.wait_for_selector(".save-bar")
    camera.take(page, "nhap-tep")


def inbox(camera: Camera, node: Served, lan: Colleague) -> None:
    """What was not understood."""
    for text in _ASKED:
        Visitor(node.url).ask(text)
    with psycopg.connect(node.database_url, autocommit=True) as connection:
        backlog.collect(connection, datetime.timedelta(0))
        backlog.regroup(connection)
    camera.take(camera.page(lan, "/console/learning"), "hop-hoc")
    visitor = Visitor(node.url)
    for text in ("chào bạn", "tổng đài số mấy"):
        visitor.ask(text)
    with psycopg.connect(node.database_url, autocommit=True) as connection:
        row = connection.execute("SELECT max(id) FROM turns").fetchone()
    page = camera.page(lan, f"/console/learning/turns/{row[0] if row else 0}")
    page.fill("#name", "hỏi tổng đài")
    page.get_by_role("button", name="Tạo kịch bản kiểm thử").click()
    page.wait_for_selector(".note.good", timeout=120_000)
    camera.take(page, "kich-ban")


def release(camera: Camera, node: Served, lan: Colleague) -> None:
    """What would be released; a candidate with its numbers and the talk with it."""
    page = camera.page(lan, "/console/faq")
    add_topic(page)
    page.goto("/console/release")
    camera.take(page, "phat-hanh")
    page.click("#build")
    built(page)
    page.fill("#say-text", ASKED)
    page.click(".release-say button")
    page.wait_for_selector(".release-understood", timeout=45_000)
    page.locator("#h-gates").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('h-gates').scrollIntoView()")
    camera.take(page, "thu-ban-moi")


def main() -> None:
    """Takes all pictures."""
    IMAGES.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="assistant-pictures-"))
    try:
        with running(folder) as node, sync_playwright() as playwright:
            program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
            browser = playwright.chromium.launch(executable_path=program, args=["--headless", "--no-sandbox"])
            camera = Camera(browser, node)
            lan, hoa = (
                join(node, ["content"], name, shown) for name, shown in (("lan", "Trần Thị Lan"), ("hoa", "Lê Hòa"))
            )
            sign_in(camera, node)
            faq(camera, lan, hoa)
            files(camera, lan, folder)
            inbox(camera, node, lan)
            release(camera, node, lan)
            browser.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
