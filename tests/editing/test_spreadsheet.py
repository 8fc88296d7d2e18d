"""Topics out to Excel and CSV and back: the same again, and nothing a stranger puts into a file does harm."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.content.facets import Facet
from assistant.content.library import Library
from assistant.content.topics import Topic, parse_topic, read_topics
from assistant.editing import kept_tables
from assistant.editing.cleaning import clean_line, clean_text
from assistant.editing.importing import Plan, plan
from assistant.editing.spreadsheet import COLUMNS, FORMULA_STARTS, MOST_ROWS, Table, TableError, table_of
from assistant.editing.spreadsheet_files import LARGEST, as_csv, as_xlsx, read_table
from assistant.editing.topic_text import written
from assistant.settings import ROOT
from tests.kit.content import content_in

TODAY = datetime.date(2026, 11, 22)
HEAD = [heading for heading, _, _ in COLUMNS]


def book(*rows: list[Any], **more: Any) -> bytes:
    """Returns a workbook of rows, written by openpyxl as Excel would."""
    workbook = openpyxl.Workbook()
    sheet: Any = workbook.active
    for row in rows:
        sheet.append(row)
    for merged in more.get("merged", ()):
        sheet.merge_cells(merged)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """Returns a workbook with a part added or replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, part)
    return out.getvalue()


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(content_in(tmp_path))


def planned(library: Library, *rows: list[Any], replace: bool = False) -> Plan:
    return plan(read_table(book(["Mã chủ đề", "Câu hỏi"], *rows)), library, replace, TODAY)


class TestOurContent:
    topics = read_topics(ROOT / "data/faq")

    @pytest.mark.parametrize("write", [as_xlsx, as_csv])
    def test_becomes_new_topics_with_all_their_parts(
        self, write: Any, tmp_path: Path, connection: psycopg.Connection
    ) -> None:
        chosen = [topic for topic in self.topics if topic.name in ("about_bot", "add_email", "features")]
        assert any(topic.steps for topic in chosen)
        assert any(topic.facets_not_needed for topic in chosen)
        table = read_table(write(chosen))
        number = kept_tables.keep(connection, "lan", "mới.xlsx", table)
        found = kept_tables.find(connection, number, "lan")
        assert found is not None
        new = [one.after for one in plan(found[1], Library(content_in(tmp_path)), True, TODAY).topics]
        assert new == chosen
        assert [list(topic.facets) for topic in new] == [list(topic.facets) for topic in chosen]
        for topic in new:
            assert parse_topic(written(topic), Path(f"{topic.name}.yml")) == topic

    @pytest.mark.parametrize("write", [as_xlsx, as_csv])
    def test_comes_back_the_same(self, write: Any) -> None:
        found = plan(read_table(write(self.topics)), Library(ROOT / "data"), True, TODAY)
        assert found.faults == ()
        assert len(found.topics) == len(self.topics)
        assert found.work == ()

    def test_is_readable_in_excel(self) -> None:
        sheet: Any = openpyxl.load_workbook(io.BytesIO(as_xlsx(self.topics))).active
        assert [cell.value for cell in sheet[1]] == HEAD
        assert sheet.column_dimensions["C"].width == 60
        day = self.topics[0].checked_on
        assert sheet["H2"].value == datetime.datetime(day.year, day.month, day.day)
        assert sheet.freeze_panes == "D2"

    def test_is_csv_that_excel_takes_for_utf_8(self) -> None:
        content = as_csv(self.topics)
        assert content.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
        assert rows[0] == HEAD
        questions = [row for row in rows[1:] if row[HEAD.index("Câu hỏi")]]
        assert len(questions) == sum(len(topic.questions) for topic in self.topics)
        assert all(any(row[HEAD.index("Mục hỏi tiếp") :]) for row in rows[1:] if row not in questions)


NASTY = st.sampled_from(
    [*(f"{start}cmd|'/c calc'!A1" for start in FORMULA_STARTS), "'=1", "a;b", 'a"b', "a\nb", "8079"]
)
LINE = st.one_of(NASTY, st.text(max_size=30)).map(clean_line).filter(bool)
TEXT = st.one_of(NASTY, st.text(max_size=60)).map(clean_text).filter(bool)
TOPIC = st.builds(
    Topic,
    name=st.just("thu"),
    title=LINE,
    answer=TEXT,
    questions=st.lists(LINE, min_size=1, max_size=4, unique=True).map(tuple),
    source=st.lists(LINE, min_size=1, max_size=2).map(tuple),
    checked_on=st.dates(datetime.date(2020, 1, 1), datetime.date(2030, 1, 1)),
    more=st.one_of(st.just(""), TEXT),
    next=st.lists(st.sampled_from(["hotline", "scam"]), unique=True).map(tuple),
    supersedes=st.one_of(st.just(""), LINE),
)


@given(TOPIC, st.sampled_from([as_xlsx, as_csv]))
@settings(max_examples=150, deadline=None)
def test_whatever_a_topic_says_comes_back(topic: Topic, write: Any) -> None:
    (sheet,) = read_table(write([topic])).sheets
    assert sheet.questions == topic.questions
    for field in ("title", "answer", "more", "next", "source", "checked_on", "supersedes"):
        assert sheet.fields.get(field, type(getattr(topic, field))() if field != "checked_on" else None) == getattr(
            topic, field
        )


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_nothing_that_goes_out_is_a_formula(start: str) -> None:
    topic = Topic("thu", f"{start}1+1", "A.", (f"{start}HYPERLINK()",), ("S",), TODAY)
    sheet: Any = openpyxl.load_workbook(io.BytesIO(as_xlsx([topic]))).active
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            assert cell.data_type != "f"
    assert sheet["C2"].quotePrefix
    for row in csv.reader(io.StringIO(as_csv([topic]).decode("utf-8-sig"), newline=""), delimiter=";"):
        assert not any(cell.startswith(FORMULA_STARTS) for cell in row)


class TestACsvFile:
    def test_may_use_commas_tabs_or_semicolons(self) -> None:
        for delimiter in ";,\t":
            content = f"Mã chủ đề{delimiter}Câu hỏi\nhotline{delimiter}gọi ai\n{delimiter}gọi số nào\n".encode()
            assert read_table(content).sheets[0].questions == ("gọi ai", "gọi số nào")

    def test_may_be_utf_16(self) -> None:
        assert read_table("Mã chủ đề\tCâu hỏi\nhotline\tgọi ai\n".encode("utf-16")).sheets[0].questions == ("gọi ai",)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("Mã chủ đề;Câu hỏi\nx;gọi đâu".encode("cp1258", "replace"), "UTF-8"),
            (b'M\xc3\xa3 ch\xe1\xbb\xa7 \xc4\x91\xe1\xbb\x81;C\xc3\xa2u h\xe1\xbb\x8fi\nx;"a', "ngoặc kép"),
            (b"<html><body>", "không phải tệp bảng"),
            (b"%PDF-1.7", "không phải tệp bảng"),
            (b"   ", "trống"),
            ("Mã chủ đề;Câu hỏi\n".encode(), "chưa có dòng nào"),
            (b"a;b\n1;2\n", "Không có cột tên"),
            ("Mã chủ đề;Câu trả lời\nx;y\n".encode(), "Thiếu cột Câu hỏi"),
            (b"\x00\x01\x02", "không phải tệp bảng"),
        ],
    )
    def test_that_is_no_table_is_refused_kindly(self, content: bytes, said: str) -> None:
        with pytest.raises(TableError, match=said):
            read_table(content)


class TestAHostileWorkbook:
    good = book(["Mã chủ đề", "Câu hỏi"], ["hotline", "gọi ai"])

    def refused(self, content: bytes, said: str) -> None:
        with pytest.raises(TableError, match=said):
            read_table(content)

    def test_is_the_only_kind_that_is_refused(self) -> None:
        assert read_table(self.good).sheets[0].questions == ("gọi ai",)

    def test_with_a_formula_is_named_by_its_cell(self) -> None:
        self.refused(book(["Mã chủ đề", "Câu hỏi"], ["hotline", '=HYPERLINK("http://x")']), "Ô B2 là công thức")

    def test_with_an_error_value(self) -> None:
        part = self.good
        with zipfile.ZipFile(io.BytesIO(part)) as archive:
            sheet = archive.read("xl/worksheets/sheet1.xml")
        start = sheet.index(b'<c r="B2"')
        end = sheet.index(b"</c>", start) + 4
        broken = sheet[:start] + b'<c r="B2" t="e"><v>#REF!</v></c>' + sheet[end:]
        self.refused(with_part(part, "xl/worksheets/sheet1.xml", broken), "Ô B2 đang báo lỗi")

    def test_with_merged_cells(self) -> None:
        content = book(["Mã chủ đề", "Câu hỏi"], ["hotline", "a"], ["", "b"], merged=["A2:A3"])
        self.refused(content, "A2:A3 đang gộp")

    def test_with_macros(self) -> None:
        self.refused(with_part(self.good, "xl/vbaProject.bin", b"x"), "macro")

    def test_that_is_a_bomb(self) -> None:
        self.refused(with_part(self.good, "xl/media/x.xml", b"\0" * 60_000_000), "giãn ra quá lớn")
        self.refused(with_part(self.good, "xl/media/x.xml", b"\0" * 8_000_000), "giãn ra quá lớn")

    def test_with_many_parts(self) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for number in range(400):
                archive.writestr(f"{number}", b"")
        self.refused(out.getvalue(), "giãn ra quá lớn")

    def test_that_lies_about_the_size_of_a_part(self) -> None:
        content = bytearray(with_part(self.good, "xl/media/x.xml", b"<a>" + b"\0" * 3_000_000))
        real = (3_000_003).to_bytes(4, "little")
        for _ in range(2):
            at = content.index(real)
            content[at : at + 4] = (10).to_bytes(4, "little")
        self.refused(bytes(content), "hỏng")

    def test_with_entities(self) -> None:
        evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
        self.refused(with_part(self.good, "xl/sharedStrings.xml", evil), "khác thường")
        self.refused(with_part(self.good, "xl/sharedStrings.xml", evil.decode().encode("utf-16")), "khác thường")

    @pytest.mark.parametrize("size", [10, 200, 2000])
    def test_that_is_cut_short(self, size: int) -> None:
        self.refused(self.good[:size], "hỏng")

    def test_that_is_an_archive_of_something_else(self) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("word/document.xml", b"<a/>")
        self.refused(out.getvalue(), "không phải tệp Excel")

    def test_of_the_old_kind_or_with_a_password(self) -> None:
        old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100
        self.refused(old, "hỏng")
        self.refused(old + "EncryptedPackage".encode("utf-16-le"), "mật khẩu")

    def test_that_is_too_large(self) -> None:
        self.refused(b"a" * (LARGEST + 1), "lớn hơn 5 MB")

    def test_with_too_many_rows(self) -> None:
        rows = ((["Mã chủ đề", "Câu hỏi"] if n == 0 else ["hotline", f"câu {n}"]) for n in range(MOST_ROWS + 10))
        with pytest.raises(TableError, match=r"20\.000 dòng"):
            table_of(rows)

    @given(st.binary(max_size=300))
    @settings(max_examples=200, deadline=None)
    def test_whatever_bytes_come_the_answer_is_a_sentence(self, noise: bytes) -> None:
        for content in (noise, b"PK\x03\x04" + noise, self.good[:300] + noise + self.good[300:]):
            with suppress(TableError):
                assert isinstance(read_table(content), Table)


class TestFaults:
    def faults(self, *rows: list[Any], head: list[str] = HEAD) -> list[str]:
        return [str(fault) for fault in read_table(book(head, *rows)).faults]

    def test_are_named_by_row_and_column(self) -> None:
        said = self.faults(
            ["hotline", "T", "câu", "A", "", "", "S", 46348, ""], ["", "", 1.5, "", "", "", "", "hôm qua"]
        )
        assert said[0].startswith("Dòng 2, cột Ngày kiểm tra: đang là con số 46348")
        assert said[1].startswith("Dòng 3, cột Câu hỏi: Excel đã đổi ô này thành số")
        assert "Dòng 3, cột Ngày kiểm tra: “hôm qua” không phải ngày" in said[2]

    @pytest.mark.parametrize(
        ("cell", "said"),
        [
            (datetime.datetime(2026, 1, 2), "ngày, giờ"),
            (datetime.time(9, 30), "ngày, giờ"),
            (True, "đúng/sai"),
            (901000123, "mất số 0"),
            ("x" * 9000, "9000 ký tự"),
        ],
    )
    def test_of_a_question_that_is_no_text(self, cell: Any, said: str) -> None:
        assert said in self.faults(["hotline", cell], head=["Mã chủ đề", "Câu hỏi"])[0]

    def test_of_a_row_before_any_topic_and_beside_the_table(self) -> None:
        said = self.faults(["", "câu"], ["hotline", "câu", "lạc"], head=["Mã chủ đề", "Câu hỏi"])
        assert "chưa có mã chủ đề" in said[0]
        assert "cột không có tên" in said[1]

    def test_of_an_answer_that_is_written_twice(self) -> None:
        said = self.faults(["hotline", "a", "Một"], ["", "b", "Hai"], head=["Mã chủ đề", "Câu hỏi", "Câu trả lời"])
        assert "khác với dòng 2" in said[0]

    def test_of_a_new_topic_that_lacks_something(self, library: Library) -> None:
        said = [str(fault) for fault in planned(library, ["moi", "câu"], ["Mã Lạ", "câu"]).faults]
        assert "Dòng 2, cột Tên nút: chủ đề mới “moi” cần có mục này." in said
        assert any("mã “Mã Lạ” chỉ gồm" in fault for fault in said)


class TestAPlan:
    def test_keeps_what_the_file_does_not_name(self, library: Library) -> None:
        (topic,) = planned(library, ["hotline", "gọi ai"]).work
        assert topic.added == ("gọi ai",)
        assert topic.removed == ()
        assert topic.after.questions == ("số tổng đài", "goi so nao", "tổng đài mấy giờ", "gọi ai")

    def test_takes_out_what_is_missing_only_when_asked(self, library: Library) -> None:
        (topic,) = planned(library, ["hotline", "số tổng đài"], ["", "gọi ai"], replace=True).work
        assert (topic.added, topic.removed) == (("gọi ai",), ("goi so nao", "tổng đài mấy giờ"))

    def test_shows_a_question_that_was_changed_beside_what_it_was(self, library: Library) -> None:
        rows = [["hotline", "số tổng đài"], ["", "goi so nao"], ["", "tổng đài mở mấy giờ"]]
        (topic,) = planned(library, *rows, replace=True).work
        assert topic.changed == (("tổng đài mấy giờ", "tổng đài mở mấy giờ"),)
        assert (topic.added, topic.removed) == ((), ())

    def test_shows_what_else_changes(self, library: Library) -> None:
        rows = [["Mã chủ đề", "Câu hỏi", "Tên nút", "Nút tiếp theo"], ["hotline", "số tổng đài", "Gọi", "scam; office"]]
        (topic,) = plan(read_table(book(*rows)), library, False, TODAY).work
        assert [diff.field for diff in topic.other] == ["title", "next"]
        assert topic.after.next == ("scam", "office")

    def test_of_the_same_questions_in_another_order_is_no_change_of_questions(self, library: Library) -> None:
        rows = [["hotline", "tổng đài mấy giờ"], ["", "goi so nao"], ["", "số tổng đài"]]
        (topic,) = planned(library, *rows, replace=True).work
        assert (topic.added, topic.removed, topic.changed) == ((), (), ())

    def test_makes_new_topics(self, library: Library) -> None:
        row = ["moi", "Mới", "câu một", "Trả lời.", "", "", "Nguồn", "22/11/2026", ""]
        (topic,) = plan(read_table(book(HEAD, row)), library, False, TODAY).work
        assert topic.before is None
        assert topic.version == ""
        assert topic.after.source == ("Nguồn",)


def test_a_table_is_kept_for_who_sent_it(connection: psycopg.Connection[Any]) -> None:
    table = read_table(as_csv(TestOurContent.topics[:2]))
    number = kept_tables.keep(connection, "lan", "x.csv", table)
    assert kept_tables.find(connection, number, "lan") == ("x.csv", table)
    assert kept_tables.find(connection, number, "hoa") is None
    assert kept_tables.find(connection, "x", "lan") is None
    kept_tables.drop(connection, number, "lan")
    assert kept_tables.find(connection, number, "lan") is None


class TestFacetsOfATable:
    HEAD = ("Mã chủ đề", "Câu hỏi", "Mục hỏi tiếp", "Trả lời ngắn", "Cách hỏi riêng", "Vì sao không cần")

    def found(self, library: Library, *rows: list[str]) -> Plan:
        return plan(read_table(book(list(self.HEAD), *rows)), library, False, TODAY)

    def test_are_added_to_a_topic_and_leave_the_rest(self, library: Library) -> None:
        rows = [
            ["hotline", "", "Chi phí", "1.000 đồng/phút."],
            ["", "", "Gọi bằng sim khác", "Không được.", "sim khác\nmáy vợ"],
            ["", "", "mang gì", "", "", "gọi tại nhà"],
        ]
        (topic,) = self.found(library, *rows).topics
        assert topic.after.facets == {
            "cost": Facet("cost", "1.000 đồng/phút."),
            "goi_bang_sim_khac": Facet("goi_bang_sim_khac", "Không được.", ("sim khác", "máy vợ")),
        }
        assert topic.after.facets_not_needed == {"bring": "gọi tại nhà"}
        assert topic.after.questions == topic.before.questions  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            (["", "chi phí", ""], "Trả lời ngắn: mục “chi phí” cần"),
            (["", "", "Miễn phí."], "Mục hỏi tiếp: chưa có tên mục"),
            (["", "sim khác", "Không được."], "Cách hỏi riêng: mục riêng “sim khác”"),
        ],
    )
    def test_that_are_not_whole_are_named(self, library: Library, row: list[str], said: str) -> None:
        faults = [str(fault) for fault in self.found(library, ["hotline", *row, "", ""]).faults]
        if row[1:] == ["chi phí", ""]:
            faults = [str(fault) for fault in self.found(library, ["hotline", *row, "cách hỏi", ""]).faults]
        assert any(said in fault for fault in faults), faults
