"""The decision table: every situation has one next step, and the page shows the table as it is."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import pytest

from assistant.advice import dialogue
from assistant.advice.route_docs import response_texts, route_docs
from assistant.advice.routes import Contact, Question, Situation, decide, read_table, situations
from assistant.content.topics import ContentError
from assistant.settings import ROOT

PATH = ROOT / "data/routes.yml"
TABLE = read_table(PATH)
TEXTS = response_texts(ROOT)
CELLS = list(situations())


def expected(s: Situation) -> str:
    """What the facts allow, said apart from the table (../shared/domain.md §1, §2, §4)."""
    account = s.contact is not Contact.UNKNOWN
    mailbox = s.contact in (Contact.EMAIL, Contact.BOTH) and s.mailbox
    sim = s.contact in (Contact.PHONE, Contact.BOTH) and s.sim
    if s.code and not s.locked and s.password:
        return "login_password"
    if s.code and not s.locked and mailbox:
        return "reset_email"
    if account and s.vneid:
        return "login_vneid"
    if not s.code:
        lost = account and not mailbox and not sim
        if s.password or not lost:
            return "find_code"
        return "office" if s.contact is Contact.NEITHER else "office_lost"
    if s.password:
        return "wait"
    if sim:
        return "hotline"
    if mailbox:
        return "wait"
    if not account:
        return "office" if s.locked else "register"
    return "office" if s.contact is Contact.NEITHER else "office_lost"


def test_there_are_320_cells() -> None:
    assert len(set(CELLS)) == 320


@pytest.mark.parametrize("cell", CELLS, ids=lambda s: "-".join(str(v) for v in dataclasses.astuple(s)))
def test_every_cell_has_one_next_step_with_steps_fee_and_time(cell: Situation) -> None:
    route = decide(cell, TABLE)
    assert route.name == expected(cell)
    assert route.fee
    assert route.time
    text = TEXTS[route.response]
    assert "1. " in text
    assert "2. " in text
    assert "{fee}" in text or route.fee.split(",")[0] in text


def test_no_route_needs_what_the_person_has_not() -> None:
    for cell in CELLS:
        route = decide(cell, TABLE).name
        assert cell.vneid or route != "login_vneid"
        assert (cell.sim and cell.code) or route != "hotline"
        assert (cell.mailbox and cell.code) or route != "reset_email"
        assert (cell.password and cell.code) or route != "login_password"
        assert not (cell.code and route == "find_code")


def test_the_page_is_fresh() -> None:
    page = (ROOT / "docs/routes.md").read_text(encoding="utf-8")
    assert page == route_docs(ROOT), "chạy .venv/bin/assistant docs routes"


# ---- what staff may get wrong


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = PATH.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "routes.yml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def line_of(text: str) -> int:
    return next(n for n, line in enumerate(PATH.read_text(encoding="utf-8").splitlines(), 1) if text in line)


def complaint(path: Path) -> str:
    with pytest.raises(ContentError) as caught:
        read_table(path)
    return str(caught.value)


def test_an_unknown_condition_is_named_with_its_line(tmp_path: Path) -> None:
    said = complaint(changed(tmp_path, "{contact: neither}", "{lienhe: neither}"))
    assert f"dòng {line_of('{contact: neither}')}" in said
    assert "không có điều kiện “lienhe”" in said


def test_an_unknown_value_is_named_with_its_line(tmp_path: Path) -> None:
    said = complaint(changed(tmp_path, "{contact: neither}", "{contact: none}"))
    assert f"dòng {line_of('{contact: neither}')}" in said
    assert "“none”" in said


def test_an_unknown_route_is_named_with_its_line(tmp_path: Path) -> None:
    said = complaint(changed(tmp_path, "    route: hotline", "    route: hotlin"))
    assert f"dòng {line_of('    route: hotline')}" in said
    assert "“hotlin”" in said


def test_a_cell_without_a_row_is_told(tmp_path: Path) -> None:
    said = complaint(changed(tmp_path, "  - when: {contact: unknown}", "  - when: {contact: unknown, sim: có}"))
    assert "không dòng nào nhận tình huống: code có, contact unknown" in said


def test_a_row_that_decides_nothing_is_told(tmp_path: Path) -> None:
    extra = "rows:\n  - when: {code: có, password: có, locked: không, sim: có}\n    route: wait\n    why: thử\n"
    said = complaint(changed(tmp_path, "# Các câu hỏi của", "  - {route: office, why: thử}\n\n# Các câu hỏi của"))
    assert "không bao giờ được chọn" in said
    read_table(changed(tmp_path, "rows:\n", extra))  # a row before it is no harm


def test_a_route_never_taken_is_told(tmp_path: Path) -> None:
    said = complaint(changed(tmp_path, "rows:\n", "  spare: {title: a, response: b, fee: c, time: d}\n\nrows:\n"))
    assert "“spare” không được dòng nào dùng" in said


def test_a_missing_fee_is_told(tmp_path: Path) -> None:
    assert "thiếu mục fee" in complaint(changed(tmp_path, "    fee: miễn phí\n", ""))


@pytest.mark.parametrize("broken", ["", "rows: [", "- a", "rows: a\nroutes: b\nquestions: c", "a: 1\na: 2"])
def test_a_broken_file_is_told_in_vietnamese(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "routes.yml"
    path.write_text(broken, encoding="utf-8")
    assert "routes.yml" in complaint(path)


# ---- the questions


def paths(answers: dict[str, dialogue.Answer]) -> list[tuple[dict[str, dialogue.Answer], str]]:
    step = dialogue.next_step(answers, TABLE)
    if not isinstance(step, Question):
        return [(answers, step.name)]
    return [found for given in dialogue.ANSWERS for found in paths({**answers, step.about: given})]


@pytest.mark.parametrize("start", [{}, {"locked": "yes"}], ids=["free", "locked"])
def test_every_answer_leads_to_a_route_in_four_questions_at_most(start: dict[str, dialogue.Answer]) -> None:
    found = paths(start)
    assert max(len(answers) - len(start) for answers, _ in found) <= 4
    for answers, route in found:
        assert route == decide(dialogue.situation_of(answers), TABLE).name
    wanted = {"login_password", "reset_email", "login_vneid", "hotline", "find_code", "office_lost", "register"}
    locked = {"wait", "login_vneid", "hotline", "find_code", "office_lost", "office"}
    assert {route for _, route in found} == (locked if start else wanted)


def test_every_question_has_a_text() -> None:
    assert [q.response for q in TABLE.questions if q.response not in TEXTS] == []


def test_the_state_survives_writing_and_reading() -> None:
    for values in itertools.product(dialogue.ANSWERS, repeat=2):
        answers = dict(zip(("mailbox", "sim"), values, strict=True))
        assert dialogue.parse(dialogue.compact(answers)) == answers
    assert dialogue.parse("begun") == dialogue.parse("") == dialogue.parse("sim=maybe;x") == {}
