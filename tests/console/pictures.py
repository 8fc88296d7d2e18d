"""Makes the pictures of docs/ban-truc.md and of the numbers: python -m tests.console.pictures"""

from __future__ import annotations

import datetime
import os
import random
import shutil
import tempfile
from pathlib import Path

import psycopg
from playwright.sync_api import Page, sync_playwright

from assistant.advice.routes import read_table
from assistant.reports import insight
from assistant.settings import ROOT
from tests.conftest import Served
from tests.console.content.pictures import IMAGES, Camera, running
from tests.kit.colleagues import Colleague, join
from tests.kit.people import Visitor, ZaloUser

_ROLES = ["agent", "content", "auditor", "admin"]
_SAID = (
    "em quên mật khẩu vssid", "tổng đài số mấy vậy", "gặp nhân viên", "app bị lỗi không mở được", "mất sim rồi thì sao",
    "đăng ký vssid thế nào", "giá vàng hôm nay", "đổi số điện thoại ở đâu", "cảm ơn bạn",
)  # fmt: skip


def keep(page: Page, name: str) -> None:
    """Keeps what is to be seen, small."""
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / f"{name}.jpg", type="jpeg", quality=70)
    print(f"{name}.jpg {(IMAGES / name).with_suffix('.jpg').stat().st_size // 1024} kB")


def desk(camera: Camera, node: Served, hoa: Colleague, nam: Colleague) -> None:
    """A conversation at the desk, with somebody else waiting."""
    for colleague in (hoa, nam):
        colleague.post("/console/desk/presence", here="yes")
    hoa.post("/console/canned/start")
    lan, binh = Visitor(node.url), ZaloUser(node).follows_the_stand_in()
    lan.ask("em mất sim rồi, mã số của em là 7900000123")
    lan.ask("cho em gặp nhân viên")
    path = f"/console/desk/{lan.conversation}"
    hoa.post(f"{path}/take")
    hoa.post(f"{path}/reply", text="Chào bạn, tôi là Hoa ở bàn trực. Bạn còn dùng e-mail đã đăng ký không?")
    hoa.post(f"{path}/note", text="Mất sim, hỏi lại e-mail trước khi hướng dẫn ra cơ quan BHXH.")
    lan.send("dạ còn ạ, mà em không nhớ mật khẩu e-mail")
    binh.ask("gặp nhân viên giúp mình với")
    page = camera.page(hoa, path)
    page.wait_for_timeout(1500)
    keep(page, "console-desk")


def numbers(camera: Camera, node: Served, hoa: Colleague) -> None:
    """What people asked in two weeks, and one conversation."""
    chosen = random.Random(7)
    people = [Visitor(node.url) for _ in range(24)]
    for visitor in people:
        for text in chosen.sample(_SAID, chosen.randint(1, 4)):
            visitor.ask(text)
    with psycopg.connect(node.database_url, autocommit=True) as connection:
        for table, column in (("inbox", "accepted_at"), ("turns", "at"), ("outbox", "created_at")):
            connection.execute(
                f"UPDATE {table} SET {column} = {column} - make_interval(days => abs(hashtext(conversation)) % 14,"
                " hours => abs(hashtext(conversation || 'h')) % 12)"
            )
    insight.count(
        lambda: psycopg.connect(node.database_url),
        [route.response for route in read_table(ROOT / "data/routes.yml").routes.values()],
        datetime.datetime.now(datetime.UTC),
    )
    page = camera.page(hoa, "/console/insight")
    keep(page, "console-insight")
    keep(camera.page(hoa, f"/console/conversations/{people[0].conversation}"), "console-conversation")


def main() -> None:
    """Takes all pictures."""
    folder = Path(tempfile.mkdtemp(prefix="assistant-pictures-"))
    try:
        with running(folder) as node, sync_playwright() as playwright:
            program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
            browser = playwright.chromium.launch(executable_path=program, args=["--headless", "--no-sandbox"])
            camera = Camera(browser, node)
            hoa, nam = join(node, _ROLES, "hoa", "Trần Thị Hoa"), join(node, ["agent"], "nam", "Lê Văn Nam")
            numbers(camera, node, hoa)
            desk(camera, node, hoa, nam)
            browser.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
