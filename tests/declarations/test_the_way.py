"""From the link to the papers, for both declarations."""

from __future__ import annotations

import io
import re
from typing import Any

import docx
import pytest
from pypdf import PdfReader

from assistant.declarations import Kind
from tests.declarations.conftest import E_TRANSACTION, PRINTED, TK1, TYPED, Person

FOOTER = "Bản in từ Trợ lý VssID; kiểm tra lại trước khi ký"
MOTTO = ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"]


def text_of_pdf(content: bytes) -> str:
    """Returns the text without line breaks; digits in boxes come out one by one."""
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    text = re.sub(r"(?<=\d) (?=\d\b)", "", text)
    return re.sub(r"\s+", " ", text)


def text_of_docx(content: bytes) -> str:
    """Returns everything that stands in the document, the footer too."""
    document = docx.Document(io.BytesIO(content))
    places: list[Any] = [document, document.sections[0].footer]
    places += [cell for table in document.tables for cell in table.rows[0].cells]
    return re.sub(r"\s+", " ", " ".join(p.text for place in places for p in place.paragraphs))


class TestTk1Ts:
    def test_the_form_says_what_it_is_and_marks_what_is_required(self, person: Person) -> None:
        page = person.asks_for("tk1_ts").get()
        assert page.status_code == 200
        assert "Tờ khai đăng ký, điều chỉnh thông tin tham gia BHXH, BHYT" in page.text
        assert page.text.count('class="must" title="bắt buộc"') == 6
        assert "<script" not in page.text

    def test_makes_both_papers(self, person: Person) -> None:
        ready = person.asks_for("tk1_ts").sends(TK1)
        assert (ready.status_code, ready.history[0].status_code) == (200, 303)
        assert f'href="{person.path}/pdf"' in ready.text
        assert f'href="{person.path}/docx"' in ready.text
        for paper in (text_of_pdf(person.get("/pdf").content), text_of_docx(person.get("/docx").content)):
            for value in [*MOTTO, *PRINTED, "TỜ KHAI ĐĂNG KÝ, ĐIỀU CHỈNH THÔNG TIN", "366/QĐ-BHXH", FOOTER]:
                assert value in paper
            assert "Công ty TNHH May mặc Phương Đông" in paper
            assert "Xác nhận của đơn vị" in paper
            assert "02/SĐ-GD" not in paper

    def test_says_where_to_hand_it_in_and_what_to_bring(self, person: Person) -> None:
        ready = person.asks_for("tk1_ts").sends(TK1).text
        for words in ("phòng nhân sự hoặc kế toán", "Cơ quan BHXH cơ sở", "Thẻ căn cước công dân", "không mất phí"):
            assert words in ready
        assert "không nộp ở tổ chức hỗ trợ phát triển đối tượng" in ready

    def test_an_office_paper_has_no_place_for_the_employer(self, person: Person) -> None:
        person.asks_for("tk1_ts").sends(TK1 | {"hand_in": "office"})
        paper = text_of_pdf(person.get("/pdf").content)
        assert "Xác nhận của đơn vị" not in paper
        assert "Phương Đông" not in paper

    def test_what_was_left_empty_is_a_dotted_line(self, person: Person) -> None:
        person.asks_for("tk1_ts").sends(TK1 | {"code": "", "address": "", "new_phone": "", "changes": ""})
        pdf = text_of_pdf(person.get("/pdf").content)
        assert re.search(r"5\. Mã số BHXH: (\. ){20}", pdf)
        assert len(PdfReader(io.BytesIO(person.get("/pdf").content)).pages) == 1


class TestETransaction:
    def test_its_present_use_must_be_asked_on_every_page_and_paper(self, person: Person) -> None:
        form = person.asks_for("e_transaction").get()
        ready = person.sends(E_TRANSACTION)
        for page in (form, ready):
            assert "trước đây là mẫu 02/SĐ-GD" in page.text
            assert "hỏi cơ quan BHXH" in page.text
        for paper in (text_of_pdf(person.get("/pdf").content), text_of_docx(person.get("/docx").content)):
            assert "Trước khi nộp, cần hỏi cơ quan bảo hiểm xã hội" in paper
            for value in [*MOTTO, *PRINTED, "ngu.cu@example.com", "0987000321", FOOTER]:
                assert value in paper

    def test_does_not_go_through_an_employer(self, person: Person) -> None:
        assert "employer" not in person.asks_for("e_transaction").get().text
        person.sends(E_TRANSACTION | {"hand_in": "employer", "employer": "Công ty Lạ"})
        assert "Công ty Lạ" not in text_of_pdf(person.get("/pdf").content)


class TestPapers:
    @pytest.fixture(params=["tk1_ts", "e_transaction"])
    def sent(self, request: pytest.FixtureRequest, person: Person) -> Person:
        kind: Kind = request.param
        person.asks_for(kind).sends(TK1 if kind == "tk1_ts" else E_TRANSACTION)
        return person

    def test_the_pdf_brings_its_fonts(self, sent: Person) -> None:
        fonts = [
            descendant.get_object()["/FontDescriptor"].get_object()
            for font in PdfReader(io.BytesIO(sent.get("/pdf").content)).pages[0]["/Resources"]["/Font"].values()
            for descendant in font.get_object()["/DescendantFonts"]
        ]
        assert fonts
        assert all("/FontFile3" in font or "/FontFile2" in font for font in fonts)

    def test_are_downloads_that_nobody_keeps(self, sent: Person) -> None:
        for name in ("pdf", "docx"):
            paper = sent.get(f"/{name}")
            assert re.fullmatch(rf'attachment; filename="[\w-]+\.{name}"', paper.headers["content-disposition"])
            assert paper.headers["cache-control"] == "no-store"

    def test_name_nobody_in_their_properties(self, sent: Person) -> None:
        about = docx.Document(io.BytesIO(sent.get("/docx").content)).core_properties
        assert about.author == "Trợ lý VssID"
        assert "NGỰ" not in f"{about.title}{about.comments}{about.last_modified_by}".upper()

    def test_typed_markup_is_only_text(self, person: Person) -> None:
        markup = '#read("paper.typ") *đậm* $x$ <b>&amp;</b>'.replace("$", "%")
        person.asks_for("tk1_ts").sends(TK1 | {"changes": markup})
        assert markup in text_of_pdf(person.get("/pdf").content)
        assert markup in text_of_docx(person.get("/docx").content)

    def test_the_longest_answers_fit(self, person: Person) -> None:
        long = ("Nguyễn " * 11).strip()
        person.asks_for("tk1_ts").sends(TK1 | {"full_name": long, "changes": ("Sửa rất dài " * 40).strip()})
        pages = PdfReader(io.BytesIO(person.get("/pdf").content)).pages
        assert len(pages) <= 2
        assert all("Bản in từ Trợ lý VssID" in page.extract_text() for page in pages)


class TestWrongInput:
    def test_is_told_at_the_field_and_nothing_typed_is_lost(self, person: Person) -> None:
        page = person.asks_for("tk1_ts").sends(TK1 | {"citizen_id": "07916800432", "new_email": "hong.ngu@gmail.con"})
        assert page.status_code == 422
        assert "Số căn cước có 12 chữ số, bạn vừa gõ 11 chữ số" in page.text
        assert "hong.ngu@gmail.com" in page.text
        assert 'value="07916800432"' in page.text
        assert 'value="Đặng Thị Hồng Ngự"' in page.text
        assert page.text.count('aria-invalid="true"') == 2
        assert "Còn 2 ô cần xem lại" in page.text
        assert person.sends(TK1).history[0].status_code == 303

    def test_an_empty_form_names_each_required_field_once(self, person: Person) -> None:
        page = person.asks_for("tk1_ts").sends({})
        assert "Còn 7 ô cần xem lại" in page.text  # six required, and one change at least

    def test_an_employer_needs_a_name(self, person: Person) -> None:
        page = person.asks_for("tk1_ts").sends(TK1 | {"employer": " "})
        assert "Còn 1 ô cần xem lại" in page.text
        assert person.row()["sent_at"] is None

    def test_markup_is_shown_as_typed(self, person: Person) -> None:
        page = person.asks_for("tk1_ts").sends(TYPED | {"full_name": '"><script>alert(1)</script>'})
        assert "<script>" not in page.text

    def test_too_much_is_refused(self, person: Person) -> None:
        assert person.asks_for("tk1_ts").sends(TK1 | {"changes": "a" * 20_000}).status_code == 413

    def test_rubbish_does_not_break_it(self, person: Person) -> None:
        person.asks_for("tk1_ts")
        for body in (b"\xff\xfe=\x00&&&=", b"csrf=" + b"9" * 500, "csrf=²³.x".encode(), b"{}"):
            assert person.http.post(person.path, content=body).status_code == 400
