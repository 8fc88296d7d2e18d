"""Writes the DOCX, in a font that every word processor has or has a stand-in for."""

from __future__ import annotations

import datetime
import io
from typing import TYPE_CHECKING, Any

from assistant.declarations.filling import Line, Paper

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

_FONT = "Times New Roman"
_WIDTH_CM = 16.8
_INDENT_CM = 0.8


def write(paper: Paper) -> bytes:
    """Returns the paper as DOCX."""
    document = _new(paper)
    _head(document, paper)
    for part in paper.parts:
        title = _paragraph(document, before=8, after=3)
        _say(title, part.title, bold=True)
        title.paragraph_format.keep_with_next = True
        for line in part.lines:
            _line(document, line)
    closing = _paragraph(document, before=8)
    _say(closing, paper.form.closing)
    _signatures(document, paper)
    _say(_paragraph(document, before=8), paper.form.small_print, italic=True, size=9.5)
    saved = io.BytesIO()
    document.save(saved)
    return saved.getvalue()


def _new(paper: Paper) -> Document:
    from docx import Document
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.top_margin, section.bottom_margin = Cm(1.7), Cm(1.8)
    section.left_margin, section.right_margin = Cm(2.4), Cm(1.8)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = _FONT, Pt(12)  # type: ignore[attr-defined]
    fonts: Any = normal.element.rPr.rFonts
    for script in ("w:eastAsia", "w:cs"):
        fonts.set(qn(script), _FONT)
    language = normal.element.rPr.makeelement(qn("w:lang"), {qn("w:val"): "vi-VN"})
    normal.element.rPr.append(language)
    about = document.core_properties
    about.title, about.author, about.language, about.comments = paper.form.title, "Trợ lý VssID", "vi-VN", ""
    about.created = about.modified = datetime.datetime.now(datetime.UTC)
    footer = section.footer.paragraphs[0]
    _say(footer, paper.words["footer"], size=9)
    return document


def _paragraph(place: Any, *, before: float = 0, after: float = 3, center: bool = False) -> Paragraph:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph: Paragraph = place.add_paragraph()
    paragraph.paragraph_format.space_before = Pt(before)
    paragraph.paragraph_format.space_after = Pt(after)
    if center:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    return paragraph


def _say(paragraph: Paragraph, text: str, *, bold: bool = False, italic: bool = False, size: float = 12) -> None:
    from docx.shared import Pt

    run = paragraph.add_run(text)
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)


def _columns(document: Document, *widths_cm: float) -> list[Any]:
    """Adds an invisible table of one row and returns its cells."""
    from docx.shared import Cm

    table = document.add_table(rows=1, cols=len(widths_cm))
    table.autofit = False
    cells = list(table.rows[0].cells)
    for column, cell, width in zip(table.columns, cells, widths_cm, strict=True):
        column.width = cell.width = Cm(width)  # Word heeds the cell, LibreOffice the column
        first = cell.paragraphs[0]._p
        first.getparent().remove(first)
    return cells


def _head(document: Document, paper: Paper) -> None:
    from docx.shared import Cm

    left, right = _columns(document, 7.1, _WIDTH_CM - 7.1)
    for line in paper.form.basis.split("\n"):
        _say(_paragraph(left, after=0), line, italic=True, size=9.5)
    _say(_paragraph(right, after=0, center=True), paper.words["nation"].upper(), bold=True)
    motto = _paragraph(right, center=True)
    _say(motto, paper.words["motto"], bold=True)
    motto.runs[0].underline = True
    title = _paragraph(document, before=12, after=6, center=True)
    title.paragraph_format.left_indent = title.paragraph_format.right_indent = Cm(2.2)
    _say(title, paper.form.title.upper(), bold=True, size=15)
    if paper.form.paper_notice:
        _say(_paragraph(document, after=6, center=True), paper.form.paper_notice, bold=True, size=11)
    addressed = _paragraph(document, before=2, after=4)
    _say(addressed, f"{paper.words['to']}: {paper.words['office']} ")
    _dots(addressed)


def _dots(paragraph: Paragraph) -> None:
    """Ends a paragraph in a dotted line up to the margin."""
    from docx.enum.text import WD_TAB_ALIGNMENT, WD_TAB_LEADER
    from docx.shared import Cm

    paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(_WIDTH_CM), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    paragraph.add_run("\t")


def _line(document: Document, line: Line) -> None:
    from docx.shared import Cm

    paragraph = _paragraph(document)
    paragraph.paragraph_format.left_indent = Cm(_INDENT_CM)
    paragraph.paragraph_format.first_line_indent = Cm(-_INDENT_CM)
    paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(_INDENT_CM))
    _say(paragraph, f"{line.number}.\t{line.label}: ")
    if line.value:
        _say(paragraph, line.value, bold=True)
        return
    _dots(paragraph)
    if line.long:
        _dots(paragraph)


def _signatures(document: Document, paper: Paper) -> None:
    place = [None] * (2 - len(paper.signers)) + list(paper.signers)
    cells = _columns(document, _WIDTH_CM - 9, 9)
    for cell, signer in zip(cells, place, strict=True):
        day = paper.words["place_and_day"] if cell is cells[-1] else ""
        _say(_paragraph(cell, before=4, center=True), day, italic=True)
        if signer is None:
            continue
        _say(_paragraph(cell, after=0, center=True), signer[0].title, bold=True)
        _say(_paragraph(cell, after=54, center=True), signer[0].note, italic=True, size=10.5)
        _say(_paragraph(cell, center=True), signer[1], bold=True)
