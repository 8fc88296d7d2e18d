"""From a new answer to what people get, and back, as somebody of the content staff does it in a browser."""

from __future__ import annotations

import itertools
import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, Route, expect

from tests.conftest import Served, serve
from tests.console.conftest import Join, Open
from tests.console.content.conftest import Desk, serious
from tests.kit import postgres
from tests.kit.colleagues import Colleague
from tests.kit.people import Store, Visitor
from tests.kit.promises import ROOM
from tests.kit.waiting import PATIENCE, until

pytestmark = pytest.mark.dear(200)

ASKED = "chữ trong vssid bé xíu đọc không ra"
ANSWER = "Bạn mở Cài đặt của điện thoại, chọn Cỡ chữ rồi kéo to lên; chữ trong VssID to theo."
QUESTIONS = """chữ trong app vssid nhỏ quá
làm sao phóng to chữ trong vssid
chữ bé quá đọc không ra
chỉnh cỡ chữ vssid ở đâu
mắt kém, chữ trong ứng dụng nhỏ xíu
cách làm chữ to lên trong vssid
cỡ chữ vssid bé không đọc được
muốn chữ to hơn cho ông bà dễ đọc
app chữ li ti nhìn không thấy
phong to chu trong app vssid
tăng kích thước chữ vssid
chữ vssid nhỏ xíu khó nhìn"""


#: Seconds between two messages of the citizens together.
_ALWAYS, _AT_TIMES = 0.15, 1.0


class Writers(threading.Thread):
    """Citizens who go on writing: six, each about once a second while models are exchanged, before that at times."""

    def __init__(self, node: Served) -> None:
        super().__init__(daemon=True)
        self.visitors = [Visitor(node.url) for _ in range(6)]
        self.sent: Counter[str] = Counter()
        self.refused: list[int] = []
        self.over = threading.Event()
        self.pause = _AT_TIMES

    def run(self) -> None:
        for visitor in itertools.cycle(self.visitors):
            if self.over.wait(self.pause):
                return
            status = visitor.send("tổng đài số mấy vậy").status_code
            if status == 202:
                self.sent[visitor.conversation] += 1
            else:
                self.refused.append(status)

    def end(self, store: Store) -> None:
        """Stops writing and waits until everything is answered, once."""
        self.over.set()
        self.join(PATIENCE)
        for visitor in self.visitors:
            until(lambda visitor=visitor: store.waiting(visitor.conversation) == 0)  # type: ignore[misc]
            query = "SELECT count(*), count(DISTINCT inbox_id) FROM turns WHERE conversation = %s"
            turns, events = store.rows(query, visitor.conversation)[0]
            assert turns == events == self.sent[visitor.conversation]


@pytest.fixture(scope="module")
def node(
    server_url: str, model_path: Path, content: Desk, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A node of two engine processes that keeps the models it trains to itself."""
    folder = tmp_path_factory.mktemp("node")
    served = serve(
        postgres.create(server_url), model_path, folder, CONTENT_DIR=str(content.data),
        SCRIPTS_DIR=str(content.scripts), MODELS_DIR=str(folder / "models"), WORKERS="2",
    )  # fmt: skip
    served.start()
    yield served
    served.stop()


@pytest.fixture
def store(node: Served) -> Store:
    return Store(node.database_url)


@pytest.fixture
def writers(node: Served) -> Iterator[Writers]:
    people = Writers(node)
    people.start()
    yield people
    people.over.set()


def add_topic(page: Page) -> None:
    page.goto("/console/faq/new")
    page.fill("#title", "Phóng to chữ")
    page.fill("#name", "font_size")
    page.fill("#answer", ANSWER)
    page.fill("#questions", QUESTIONS)
    page.fill("#source", "Thử trên điện thoại Android và iPhone")
    page.click("#save")
    expect(page.locator(".note.good")).to_contain_text("Đã lưu")


def built(page: Page, seconds: float = 1500) -> None:
    """Waits, without touching the page, until the build has ended well."""
    chip = page.locator("#release-head h1 .chip")
    expect(chip).to_have_text(re.compile("^(đạt|chưa đạt|không thành|đã dừng)$"), timeout=seconds * 1000)
    assert chip.inner_text() == "đạt", page.locator("main").inner_text()


def served_everywhere(page: Page) -> None:
    expect(page.locator(".release-nodes .chip:not(.good)")).to_have_count(0)
    expect(page.locator(".release-nodes .chip")).to_have_text(["đúng bản"])


@pytest.mark.timeout(2000)
def test_a_new_answer_goes_live_and_back_in_minutes(
    lan: Colleague, opened: Open, node: Served, store: Store, content: Desk, writers: Writers
) -> None:
    before = Visitor(node.url).text(ASKED)
    assert ANSWER not in before
    began = time.monotonic()
    page = opened(lan, "/console/faq")
    add_topic(page)
    page.get_by_role("link", name="Kiểm tra và phát hành").first.click()
    expect(page.locator(".release-changes")).to_contain_text("Phóng to chữ")
    page.click("#build")
    expect(page.locator(".release-bar progress")).to_be_visible()
    built(page)
    while_built, writers.pause = writers.sent.total(), _ALWAYS
    expect(page.locator(".release-topics")).to_contain_text(re.compile(r"\d+/12"))
    expect(page.locator(".release-gates .passed").first).to_be_visible()
    expect(page.locator(".release-gates tr.missed")).to_have_count(0)
    assert serious(page) == []

    # trying it: nobody gets anything
    mails = len(node.mails())
    page.fill("#say-text", ASKED)
    page.click(".release-say button")
    expect(page.locator(".release-lines .theirs")).to_contain_text(ANSWER)
    expect(page.locator(".release-understood")).to_contain_text("Phóng to chữ")
    for number, text in enumerate(("quên mật khẩu", "7900000123", "0901000123"), 2):
        page.fill("#say-text", text)
        page.click(".release-say button")
        expect(page.locator(".release-understood")).to_have_count(number)
    expect(page.locator(".release-understood").last).to_contain_text("lẽ ra gửi thư")
    assert "7900000123" not in page.inner_text("#release-lines")
    assert store.value("SELECT count(*) FROM resets") == 0
    assert len(node.mails()) == mails

    page.on("dialog", lambda dialog: dialog.accept())  # to promote and to go back ask once
    page.get_by_role("button", name="Phát hành bản này").click()
    expect(page.locator("#h-live")).to_contain_text("Đang chạy: Bản")
    served_everywhere(page)
    took = time.monotonic() - began
    assert ANSWER in Visitor(node.url).text(ASKED)
    assert took < 1700, took  # minutes, even where other tests train beside it
    assert store.value("SELECT count(*) FROM releases WHERE state = 'ready'") == 2
    assert 'class="note warn unreleased"' not in lan.get("/console/faq").text

    page.locator("#release-now").get_by_role("button", name="Quay lại bản lúc cài đặt").first.click()
    expect(page.locator("#h-live")).to_contain_text("Đang chạy: Bản lúc cài đặt")
    served_everywhere(page)
    assert Visitor(node.url).text(ASKED) == before
    assert "Chưa phát hành: 1 thay đổi" in lan.get("/console/faq").text
    writers.end(store)
    assert writers.refused == []
    assert while_built > 20
    assert writers.sent.total() - while_built > 20
    acts = store.rows("SELECT event FROM audit WHERE event LIKE 'release.%%' ORDER BY at")
    assert [event for (event,) in acts] == ["release.asked", "release.tried", "release.promoted", "release.rolled_back"]


def build_process(node: Served) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        try:
            environment = process.info["environ"] or {}
            if "assistant.app.build_release" in (process.info["cmdline"] or []) and (
                environment.get("DATABASE_URL", "").partition("?")[0] == node.database_url.partition("?")[0]
                and environment.get("PORT") == node.environment["PORT"]
            ):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.timeout(900)
def test_a_build_that_is_killed_or_stopped_is_over_within_seconds(
    lan: Colleague, opened: Open, node: Served, content: Desk
) -> None:
    page = opened(lan, "/console/release")
    page.click("#build")
    expect(page.locator(".release-steps [aria-current]")).to_be_visible()
    other = opened(lan, "/console/release")
    expect(other.locator("#build")).to_have_count(0)
    assert lan.post("/console/release").status_code == 409
    process = until(lambda: build_process(node))[0]
    children = process.children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    killed = time.monotonic()
    expect(page.locator("#release-head h1 .chip")).to_have_text("không thành")
    assert time.monotonic() - killed < 5 * ROOM
    expect(page.locator("#release-head .note.bad")).to_contain_text("dừng giữa chừng")
    until(lambda: not any(child.is_running() and child.status() != "zombie" for child in children))

    page.goto("/console/release")
    page.click("#build")
    until(lambda: build_process(node))
    page.get_by_role("button", name="Dừng").click()
    expect(page.locator("#release-head h1 .chip")).to_have_text("đã dừng")
    until(lambda: not build_process(node))


@pytest.mark.timeout(1200)
def test_content_with_errors_and_failed_gates_are_not_released(
    lan: Colleague, joined: Join, opened: Open, node: Served, store: Store, content: Desk
) -> None:
    wrong = content.text("faq/hotline").replace("answer: |-", "answer: |-\n  Soạn BH MK gửi 8079.", 1)
    (content.data / "faq/hotline.yml").write_text(wrong, encoding="utf-8")
    page = opened(lan, "/console/release")
    page.click("#build")
    expect(page.locator("#release-head h1 .chip")).to_have_text("không thành", timeout=1_000_000)
    expect(page.locator("#release-head .note.bad")).to_contain_text("Nội dung còn 2 lỗi")
    expect(page.locator(".release-findings .is-error a").first).to_have_attribute("href", "/console/faq/topics/hotline")

    number = int(page.url.rpartition("/")[2])
    store.do(
        f"INSERT INTO release_archives VALUES ({number}, 'x', 'y')",
        f"UPDATE releases SET state = 'blocked', trouble = 'Câu có dấu: 90,0%, phải từ 95,0%.' WHERE id = {number}",
    )
    hanh = joined("admin", shown="Hồ Hạnh")
    page = opened(hanh, f"/console/release/{number}")
    expect(page.locator("#release-head .note.bad")).to_contain_text("Câu có dấu: 90,0%, phải từ 95,0%.")
    expect(page.get_by_role("button", name="Phát hành bản này")).to_be_disabled()
    now = "".join(str(row[0]) for row in store.rows("SELECT release FROM release_acts ORDER BY id DESC LIMIT 1"))
    for act in ("promote", "rollback"):
        refused = hanh.post(f"/console/release/{number}/{act}", live=now)
        assert refused.status_code == 409
        assert "chưa đạt mức chất lượng" in refused.text
    assert hanh.post(f"/console/release/{number}/shadow", hours="1").status_code == 403
    for path in ("/console/release/999999", "/console/release/99999999999999999999999"):
        assert lan.get(path).status_code == 404


def test_it_works_without_scripts_and_on_a_phone(lan: Colleague, opened: Open, node: Served, content: Desk) -> None:
    page = opened(lan, "/console/release", width=360, java_script_enabled=False)
    page.click("#build")
    expect(page.locator(".release-bar progress")).to_be_visible()
    page.get_by_role("button", name="Dừng").click()
    expect(page.locator("#release-head h1 .chip")).to_have_text("đã dừng")  # the page comes anew
    wide = opened(lan, "/console/release", width=360)
    assert wide.evaluate("() => document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert serious(wide) == []


def test_a_page_that_could_not_be_fetched_is_fetched_again(lan: Colleague, opened: Open) -> None:
    failures = [lambda route: route.abort(), lambda route: route.fulfill(status=503)]

    def fail_at_first(route: Route) -> None:
        background = "x-background" in route.request.headers
        (failures.pop(0) if background and failures else Route.continue_)(route)

    page = opened(lan)
    page.route("**/console/release", fail_at_first)
    page.goto("/console/release")
    expect(page.locator("[data-live][data-was]").first).to_be_attached()  # put in place anew
    assert failures == []
    opened.complaints.clear()  # type: ignore[attr-defined] - the browser notes both failures
