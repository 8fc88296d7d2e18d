"""What a second person decides, and what is done with several topics at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import expect

from assistant.release import live, store
from assistant.release.model import Archive, By
from assistant.runtime.times import today
from tests.conftest import Served, serve
from tests.console.conftest import Join, Open
from tests.console.content.conftest import Desk, serious
from tests.kit import postgres
from tests.kit.colleagues import Colleague

LIST = "/console/faq"


@pytest.fixture(scope="module")
def node(
    server_url: str, model_path: Path, content: Desk, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A node where two people decide; it takes no builds, which tests put there as they need them."""
    served = serve(
        postgres.create(server_url), model_path, tmp_path_factory.mktemp("node"), RELEASE_TWO_PEOPLE="true",
        CONTENT_DIR=str(content.data), SCRIPTS_DIR=str(content.scripts),
    )  # fmt: skip
    served.start()
    yield served
    served.stop()


def release_of(database: psycopg.Connection, staff: str) -> int:
    row = database.execute(
        "INSERT INTO releases (state, staff, shown, finished_at, progress) VALUES ('ready', %s, 'Lan', now(), 1)"
        " RETURNING id",
        (staff,),
    ).fetchone()
    assert row is not None
    store.keep(database, int(row[0]), Archive(b"model", "no signature: no node takes it"))
    return int(row[0])


class TestTwoPeople:
    def test_who_built_it_waits_for_a_colleague(
        self, lan: Colleague, joined: Join, opened: Open, database: psycopg.Connection
    ) -> None:
        number = release_of(database, lan.name)
        address = f"/console/release/{number}"
        page = opened(lan, address)
        expect(page.locator(".note.warn")).to_contain_text("Cần người thứ hai duyệt")
        expect(page.get_by_role("button", name="Phát hành bản này")).to_be_disabled()
        for act in ("approve", "promote"):
            refused = lan.post(f"{address}/{act}", live="")
            assert refused.status_code == 409
        assert lan.post("/console/release", then="live").status_code == 409
        assert joined("auditor").post(f"{address}/approve").status_code == 403
        assert joined("agent").post(f"{address}/approve").status_code == 403
        hanh = joined("admin", shown="Hồ Hạnh")
        assert hanh.post(f"{address}/approve", csrf="x").status_code == 403

        theirs = opened(hanh, address)
        assert serious(theirs) == []
        theirs.once("dialog", lambda dialog: dialog.accept())
        theirs.get_by_role("button", name="Duyệt bản này").click()
        expect(theirs.locator("#release-head")).to_contain_text("Hồ Hạnh duyệt lúc")
        assert hanh.post(f"{address}/approve").status_code == 409  # once is enough
        page.reload()
        asked: list[str] = []
        page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
        page.get_by_role("button", name="Phát hành bản này").click()
        assert len(asked) == 1  # asked once; and what was not meant is not done
        assert live.live(database) is None
        events = database.execute("SELECT count(*) FROM audit WHERE event = 'release.approved'").fetchone()
        assert events == (1,)

    def test_no_other_way_leads_around_it(self, database: psycopg.Connection) -> None:
        number = release_of(database, "lan")
        with database.transaction(force_rollback=True), pytest.raises(live.ReleaseError, match="người thứ hai"):
            live.make_live(database, number, "promoted", By("hoa", "Hoa"), None, two_people=True)
        with database.transaction(force_rollback=True):
            live.make_live(database, number, "promoted", By("hoa", "Hoa"), None)  # where one person decides
        with database.transaction(force_rollback=True):
            live.approve(database, number, By("hoa", "Hoa"))
            live.make_live(database, number, "promoted", By("lan", "Lan"), None, two_people=True)


class TestSeveralTopics:
    @pytest.mark.parametrize("width", [1280, 390])
    def test_are_marked_as_read_again_and_taken_back(
        self, lan: Colleague, opened: Open, content: Desk, width: int
    ) -> None:
        before = {name: content.text(f"faq/{name}") for name in ("hotline", "lost_phone")}
        page = opened(lan, LIST, width=width)
        expect(page.locator("#several")).to_be_hidden()
        for name in before:
            page.locator(f'input[name="topic"][value^="{name}@"]').check()
        expect(page.locator(".several-count")).to_have_text("Đã chọn 2 chủ đề")
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        asked: list[str] = []
        page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
        page.get_by_role("button", name="Ghi ngày kiểm tra hôm nay").click()
        expect(page.locator(".note.good")).to_contain_text("2 chủ đề")
        assert asked == ["Ghi là đã đọc lại nguồn hôm nay: 2 chủ đề?"]
        assert all(f"checked_on: {today()}" in content.text(f"faq/{name}") for name in before)
        page.goto("/console/faq/changes")
        page.get_by_role("button", name="Hoàn tác cả lần sửa (2 chủ đề)").first.click()
        expect(page.locator(".note.good")).to_contain_text("Đã hoàn tác cả lần sửa")
        assert {name: content.text(f"faq/{name}") for name in before} == before

    def test_are_taken_out_together_or_not_at_all(self, lan: Colleague, joined: Join, content: Desk) -> None:
        def ticked(*names: str) -> list[str]:
            page = lan.get(LIST).text
            return [next(v for v in page.split('"') if v.startswith(f"{name}@")) for name in names]

        seen = ticked("hotline", "lost_phone")
        other = content.text("faq/lost_phone").replace("answer: |-", "answer: |-\n  Mới.", 1)
        (content.data / "faq/lost_phone.yml").write_text(other, encoding="utf-8")
        refused = lan.post("/console/faq/several", topic=seen, act="checked")  # somebody saved one meanwhile
        assert refused.status_code == 409
        assert "Chưa có gì thay đổi" in refused.text
        assert f"checked_on: {today()}" not in content.text("faq/hotline")
        gone = lan.post("/console/faq/several", topic=ticked("hotline", "lost_phone"), act="retired")
        files = [(content.data / f"faq/{name}.yml").exists() for name in ("hotline", "lost_phone")]
        assert (gone.status_code, files) in (((409), [True, True]), (303, [False, False]))
        for given in ({"topic": [], "act": "checked"}, {"topic": seen, "act": "drop"}):
            assert lan.post("/console/faq/several", **given).status_code == 400
        many = [f"t{number}@x" for number in range(300)]
        assert lan.post("/console/faq/several", topic=many, act="retired").status_code == 400
        assert lan.post("/console/faq/several", topic=["../../etc/passwd@x"], act="retired").status_code == 409
        assert lan.post("/console/faq/several", csrf="x", topic=seen, act="checked").status_code == 403
        for role in ("agent", "auditor", "admin"):
            assert joined(role).post("/console/faq/several", topic=seen, act="retired").status_code == 403
