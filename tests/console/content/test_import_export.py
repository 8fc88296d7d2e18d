"""Questions and answers out to Excel, changed there, and back in: seen first, faults named, all or nothing."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from assistant.content.topics import read_topic, topic_files
from assistant.settings import ROOT
from tests.console.conftest import Join, Open
from tests.console.content.conftest import Desk, serious
from tests.editing.test_spreadsheet import book
from tests.kit.colleagues import Colleague

pytestmark = pytest.mark.dear(70)

FILES = "/console/faq/files"
EVIL = "<img src=x onerror=window.pwned=true>"  # with a digit it would be taken for a password


def send(page: Page, folder: Path, content: bytes, name: str = "sua.xlsx", replace: bool = False) -> None:
    """Chooses a file and has its changes shown."""
    path = folder / name
    path.write_bytes(content)
    page.goto(FILES)
    page.set_input_files("#file", path)
    if replace:
        page.get_by_label("bỏ đi").check()
    page.get_by_role("button", name="Xem thay đổi").click()


def fetched(page: Page, button: str) -> bytes:
    page.goto(FILES)
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return Path(download.value.path()).read_bytes()


def test_a_file_goes_out_is_changed_in_excel_and_comes_back(
    lan: Colleague, opened: Open, content: Desk, tmp_path: Path
) -> None:
    before = content.text("faq/scam")
    others = len(topic_files(ROOT / "data")) - 1
    page = opened(lan, FILES)
    workbook = openpyxl.load_workbook(io.BytesIO(fetched(page, "Tải Excel")))
    sheet: Any = workbook.active
    first = next(row for row in sheet.iter_rows() if row[0].value == "scam")
    first[1].value = "Bị lừa đảo"
    second = sheet.cell(first[0].row + 1, 3)
    old = second.value
    second.value = f"{old} vậy ad"
    gone = sheet.cell(first[0].row + 3, 3).value
    sheet.delete_rows(first[0].row + 3)
    sheet.append(["scam", "", "có người gọi xưng công an đòi mã OTP của tôi"])
    out = io.BytesIO()
    workbook.save(out)
    send(page, tmp_path, out.getvalue(), replace=True)
    expect(page.locator("section.card")).to_have_count(1)
    card = page.locator("section.card").first
    for said in ("1 câu thêm", "1 câu sửa", "1 câu bỏ", "xưng công an", f"{old} vậy ad", gone, "Bị lừa đảo"):
        expect(card).to_contain_text(said)
    expect(page.locator("main")).to_contain_text(f"{others} chủ đề khác trong tệp không có gì thay đổi")
    assert content.text("faq/scam") == before
    page.get_by_role("button", name="Ghi tất cả").click()
    expect(page.locator(".note.good")).to_contain_text("Đã nhập 1 chủ đề")
    text = content.text("faq/scam")
    assert text != before
    assert "title: Bị lừa đảo" in text
    assert text.count("\n") == before.count("\n")
    assert content.git("log", "-1", "--format=%an|%s") == "Trần Thị Lan|Nhập từ tệp vào chủ đề scam\n"
    expect(page.locator("tbody tr").first).to_contain_text("nhập từ tệp")


def test_by_default_nothing_is_taken_out(lan: Colleague, opened: Open, content: Desk, tmp_path: Path) -> None:
    page = opened(lan, FILES)
    rows = [["hotline", "gọi ai bây giờ"], ["office", "chỗ nộp giấy ở đâu vậy ta"]]
    send(page, tmp_path, book(["Mã chủ đề", "Câu hỏi"], *rows))
    expect(page.locator(".asked-removed")).to_have_count(0)
    page.get_by_label("bỏ đi").check()
    expect(page.locator(".asked-removed li").first).to_be_attached()
    page.get_by_label("giữ lại").check()
    expect(page.locator(".asked-removed")).to_have_count(0)
    page.get_by_role("button", name="Ghi tất cả").click()
    expect(page.locator(".note.good")).to_contain_text("Đã nhập 2 chủ đề")
    for name, asked in (("hotline", "gọi ai bây giờ"), ("office", "chỗ nộp giấy ở đâu vậy ta")):
        assert asked in content.text(f"faq/{name}")
    assert content.git("log", "-1", "--format=%s") == "Nhập từ tệp vào chủ đề hotline, office\n"


def test_faults_are_named_by_row_and_nothing_is_changed(
    lan: Colleague, opened: Open, content: Desk, tmp_path: Path
) -> None:
    page = opened(lan, FILES)
    head = ["Mã chủ đề", "Câu hỏi", "Ngày kiểm tra"]
    send(page, tmp_path, book(head, ["hotline", "câu tốt", "hôm qua"], ["Mã Lạ", "câu", ""], ["moi", 1.5, 46348]))
    table = page.locator("#h-faults ~ table")
    expect(table).to_contain_text("“hôm qua” không phải ngày")
    expect(table).to_contain_text("mã “Mã Lạ” chỉ gồm")
    expect(table).to_contain_text("đang là con số 46348")
    expect(table.locator("tbody tr").first).to_contain_text("2")
    expect(page.get_by_role("button", name="Ghi tất cả")).to_have_count(0)
    assert serious(page) == []
    assert content.git("status", "--short") == ""
    answer = lan.post(page.url.partition("?")[0].removeprefix(lan.http.base_url.__str__().rstrip("/")), mode="add")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("content_sent", "said"),
    [
        (b"", "chưa chọn tệp"),
        (book(["Mã chủ đề", "Câu hỏi"], ["hotline", "=1+1"]), "Ô B2 là công thức"),
        (book(["a", "b"], ["hotline", "c"]), "Không có cột tên"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 99, "Không đọc được tệp này"),
        (b"%PDF-1.7", "không phải tệp bảng"),
    ],
    ids=["nothing", "a formula", "other columns", "a broken old file", "a letter"],
)
def test_what_is_no_table_is_refused_in_a_sentence(lan: Colleague, content_sent: bytes, said: str) -> None:
    answer = lan.post(FILES, files={"file": ("x.xlsx", content_sent)})
    assert answer.status_code == 422
    assert said in answer.text


NEW = ["Mã chủ đề", "Tên nút", "Câu hỏi", "Câu trả lời", "Nguồn", "Ngày kiểm tra"]


def sheets(**pages: list[list[Any]]) -> bytes:
    """A workbook with several sheets."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for title, rows in pages.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_the_preview_names_questions_under_two_topics_and_those_that_are_too_long(
    lan: Colleague, opened: Open, content: Desk, tmp_path: Path
) -> None:
    page = opened(lan, FILES)
    known = next(q for q in read_topic(content.data / "faq/account_locked.yml").questions if len(q) < 50)
    long = "cho em hỏi " + "dài lắm " * 50
    rows = [["hotline", "chữ bé quá ai xem được"], ["office", "chu be qua ai xem duoc"], ["scam", known],
            ["scam", long]]  # fmt: skip
    send(page, tmp_path, book(["Mã chủ đề", "Câu hỏi"], *rows))
    faults = page.locator("#h-faults ~ table")
    expect(faults).to_contain_text("“chu be qua ai xem duoc” đã có ở chủ đề “hotline”")
    expect(faults).to_contain_text(f"“{known}” đã có ở chủ đề “account_locked”")
    expect(faults).to_contain_text("tối đa 300; người dân hỏi ngắn hơn")
    assert content.git("status", "--short") == ""


def test_headings_without_accents_and_topics_by_their_visible_names(
    lan: Colleague, opened: Open, content: Desk, tmp_path: Path
) -> None:
    page = opened(lan, FILES)
    rows = [["Tổng đài 1900 9068", "gọi ai bây giờ khi lú lẫn hết cả", "Cơ quan BHXH"]]
    send(page, tmp_path, book(["ma chu de", "CAU HOI", "nút tiep theo"], *rows))
    expect(page.locator("main")).to_contain_text("“Tổng đài 1900 9068” được hiểu là chủ đề có mã hotline")
    page.get_by_role("button", name="Ghi tất cả").click()
    expect(page.locator(".note.good")).to_contain_text("Đã nhập 1 chủ đề")
    assert "gọi ai bây giờ khi lú lẫn hết cả" in content.text("faq/hotline")
    assert "office" in read_topic(content.data / "faq/hotline.yml").next


def test_a_name_that_is_nearly_one_is_asked_back(lan: Colleague, opened: Open, tmp_path: Path) -> None:
    page = opened(lan, FILES)
    rows = [["hotlin", "gọi ai bây giờ", ""], ["office", "đi đâu giờ này nhỉ", "hotlne"]]
    send(page, tmp_path, book(["Mã chủ đề", "Câu hỏi", "Nút tiếp theo"], *rows))
    faults = page.locator("#h-faults ~ table")
    expect(faults).to_contain_text("chưa có chủ đề “hotlin”. Ý bạn là “hotline” (Tổng đài 1900 9068)?")
    expect(faults).to_contain_text("không có chủ đề “hotlne”. Ý bạn là “hotline”")
    answer = lan.post(FILES, files={"file": ("x.xlsx", book(["Mã chủ đề", "Câu hỏj"], ["hotline", "c"]))})
    assert "“Câu hỏj” có phải là “Câu hỏi”?" in answer.text


def test_all_sheets_are_read_and_others_named(lan: Colleague, opened: Open, content: Desk, tmp_path: Path) -> None:
    page = opened(lan, FILES)
    send(page, tmp_path, sheets(
        Một=[["Mã chủ đề", "Câu hỏi"], ["hotline", "gọi ai bây giờ khi lú lẫn"]],
        Hai=[["Mã chủ đề", "Câu hỏi"], ["office", "đi đâu giờ này nhỉ"], ["hotline", "số nào gọi được đêm khuya đây"]],
        Nháp=[["ghi chú", "x"], ["không phải bảng", 1]],
    ))  # fmt: skip
    expect(page.locator("main")).to_contain_text("Trang “Nháp” không được đọc")
    page.get_by_role("button", name="Ghi tất cả").click()
    expect(page.locator(".note.good")).to_contain_text("Đã nhập 2 chủ đề")
    assert "số nào gọi được đêm khuya đây" in content.text("faq/hotline")
    assert "đi đâu giờ này nhỉ" in content.text("faq/office")


def test_every_number_that_may_be_somebodys_is_named_at_once(lan: Colleague, content: Desk) -> None:
    rows = [["hotline", "gọi anh Nam 0987654321 nhé", ""], ["office", "", "Hỏi chị Hoa 0912345678."]]
    sent = book(["Mã chủ đề", "Câu hỏi", "Câu trả lời"], *rows)
    answer = lan.post(FILES, files={"file": ("x.xlsx", sent)})
    assert answer.status_code == 422
    said = answer.text.partition("Mọi chỗ cần sửa")[2]
    assert "hotline: " in said
    assert "office: " in said
    assert content.git("status", "--short") == ""


def test_a_whole_import_is_undone_with_one_click(lan: Colleague, opened: Open, content: Desk, tmp_path: Path) -> None:
    before = {name: content.text(f"faq/{name}") for name in ("hotline", "office")}
    page = opened(lan, FILES)
    asked = ["chữ bé quá ai xem được", "làm chữ to lên", "phóng to chữ trong app", "chu nho xiu", "mắt kém khó đọc"]
    rows: list[list[Any]] = [["hotline", "", "gọi ai bây giờ khi lú lẫn", "", "", ""]]
    rows += [["office", "", "đi đâu giờ này nhỉ", "", "", ""]]
    rows += [["font_size", "Phóng to chữ", asked[0], "Bạn kéo cỡ chữ trong Cài đặt.", "Thử trên máy", "22/11/2026"]]
    rows += [["font_size", "", one, "", "", ""] for one in asked[1:]]
    send(page, tmp_path, book(NEW, *rows))
    page.get_by_role("button", name="Ghi tất cả").click()
    expect(page.locator(".note.good")).to_contain_text("Đã nhập 3 chủ đề")
    assert (content.data / "faq/font_size.yml").exists()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Hoàn tác cả lần nhập (3 chủ đề)").click()
    expect(page.locator(".note.good")).to_contain_text("Đã hoàn tác cả lần nhập: 3 chủ đề")
    assert {name: content.text(f"faq/{name}") for name in before} == before
    assert not (content.data / "faq/font_size.yml").exists()
    assert page.get_by_role("button", name="Hoàn tác cả lần nhập").count() == 0


def test_an_import_that_somebody_went_on_with_is_not_undone_over_their_work(
    lan: Colleague, content: Desk, opened: Open, tmp_path: Path
) -> None:
    page = opened(lan, FILES)
    send(page, tmp_path, book(["Mã chủ đề", "Câu hỏi"], ["hotline", "gọi ai bây giờ khi lú lẫn"]))
    page.get_by_role("button", name="Ghi tất cả").click()
    expect(page.locator(".note.good")).to_contain_text("Đã nhập 1 chủ đề")
    action = page.locator("form[action$=undo]").get_attribute("action") or ""
    page.goto("/console/faq/topics/hotline")
    page.fill("#title", "Gọi tổng đài")
    page.click("#save")
    expect(page.locator(".note.good")).to_contain_text("Đã lưu")
    answer = lan.post(action)
    assert answer.status_code == 409
    assert "đã có người sửa hotline" in answer.text
    assert "title: Gọi tổng đài" in content.text("faq/hotline")


def test_what_nobody_could_release_is_not_taken_in(lan: Colleague, opened: Open, content: Desk, tmp_path: Path) -> None:
    page = opened(lan, FILES)
    send(
        page,
        tmp_path,
        book(["Mã chủ đề", "Câu hỏi", "Câu trả lời"], ["hotline", "gọi ai bây giờ", "Soạn BH MK gửi 8079."]),
    )
    page.get_by_role("button", name="Ghi tất cả").click()
    expect(page.locator("main")).to_contain_text("Chưa nhập: nội dung của Tổng đài 1900 9068 còn lỗi")
    assert content.git("status", "--short") == ""


def test_a_file_that_is_too_large_is_refused(lan: Colleague) -> None:
    answer = lan.post(FILES, files={"file": ("x.csv", b"a" * (6 * 1024 * 1024))})
    assert answer.status_code == 413


def test_a_change_meanwhile_is_shown_before_anything_is_written(
    lan: Colleague, opened: Open, content: Desk, tmp_path: Path
) -> None:
    page = opened(lan, FILES)
    send(page, tmp_path, book(["Mã chủ đề", "Câu hỏi"], ["hotline", "gọi ai bây giờ"]))
    path = content.data / "faq/hotline.yml"
    path.write_text(path.read_text().replace("title: Tổng đài 1900 9068", "title: Sửa xen vào"))
    page.get_by_role("button", name="Ghi tất cả").click()
    expect(page.locator(".note.warn")).to_contain_text("vừa sửa nội dung")
    assert "gọi ai bây giờ" not in path.read_text()
    page.get_by_role("button", name="Ghi tất cả").click()
    expect(page.locator(".note.good")).to_contain_text("Đã nhập 1 chủ đề")
    assert "title: Sửa xen vào" in path.read_text()
    assert "gọi ai bây giờ" in path.read_text()


def test_a_file_is_its_senders_alone(lan: Colleague, joined: Join) -> None:
    rows = book(["Mã chủ đề", "Câu hỏi"], ["hotline", "gọi ai bây giờ"])
    address = lan.post(FILES, files={"file": ("x.xlsx", rows)}).headers["location"].partition("?")[0]
    assert lan.get(address).status_code == 200
    assert joined("content").get(address).status_code == 404
    assert lan.get(f"{FILES}/nope").status_code == 404


def test_no_script_runs_from_a_file(lan: Colleague, opened: Open, tmp_path: Path) -> None:
    page = opened(lan, FILES)
    head = ["Mã chủ đề", "Câu hỏi", "Tên nút", "Câu trả lời", "Nguồn", "Ngày kiểm tra"]
    row = ["xau", EVIL, EVIL, EVIL, EVIL, "22/11/2026"]
    send(page, tmp_path, book(head, row), name="x<img src=x onerror=window.pwned=1>.xlsx")
    expect(page.locator("main")).to_contain_text(EVIL)
    send(page, tmp_path, book(head, [EVIL, *row[1:]]))
    expect(page.locator("#h-faults ~ table")).to_contain_text("<img")
    send(page, tmp_path, book([EVIL, "Câu hỏi"], row))
    expect(page.locator(".note.bad")).to_contain_text("<img")
    assert page.evaluate("window.pwned") is None
    assert page.locator("img[src=x]").count() == 0


def test_one_topic_goes_out_alone_as_csv(lan: Colleague) -> None:
    answer = lan.get(f"{FILES}/export.csv?topic=hotline")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "1900 9068" in answer.text
    assert not any(line.startswith("office;") for line in answer.text.splitlines())
    assert lan.get(f"{FILES}/export.csv?topic=nowhere").status_code == 404
    assert lan.get(f"{FILES}/export.exe").status_code == 404


@pytest.mark.parametrize("width", [1280, 360])
def test_pages_keep_nobody_out_and_fit(lan: Colleague, opened: Open, width: int, tmp_path: Path) -> None:
    page = opened(lan, FILES, width=width)
    assert serious(page) == []
    send(page, tmp_path, book(["Mã chủ đề", "Câu hỏi", "Tên nút"], ["hotline", "gọi ai bây giờ", "Gọi"]), replace=True)
    expect(page.get_by_role("button", name="Ghi tất cả")).to_be_visible()
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
