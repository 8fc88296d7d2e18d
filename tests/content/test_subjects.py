"""Subjects: every sentence has its act, every figure its days, what people read is short and whole."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.content.book import read_book, read_books
from assistant.content.check import check
from assistant.content.check_subjects import acts_of, constants_of, judging, remarks_on_subject, texts_of
from assistant.content.constants import RUN_OUT, RUN_OUT_EN, read_constants
from assistant.content.errors import ContentError
from assistant.content.lengths import STEPWISE
from assistant.content.reliance import acts_with_parts
from assistant.content.responses import button_titles, content_responses
from assistant.content.sources import Citation, cited, is_covered, read_acts, said
from assistant.content.topics import SUBJECT, Topic, all_topics
from assistant.settings import ROOT

DATA = ROOT / "data"
TODAY = datetime.date(2026, 11, 30)
ACTS, CONSTANTS = read_acts(DATA), read_constants(DATA)
SUBJECTS = {topic.name: topic for topic in all_topics(DATA) if topic.kind == SUBJECT}
NAMES = {
    "lump_sum", "lump_sum_amount", "maternity_conditions", "maternity_claim", "paternity", "benefit_status",
    "unemployment_conditions", "unemployment_claim", "unemployment_amount", "book_closing", "employer_debt", "pension",
    "pension_admin", "contributions", "household_owner", "voluntary", "sick_leave", "health_insurance", "survivor",
}  # fmt: skip


def _advice(topic: Topic, day: datetime.date = TODAY) -> str:
    return "\n".join(remark.advice for remark in remarks_on_subject(topic, ACTS, CONSTANTS, day))


def test_all_subjects_are_there_and_nothing_is_wrong_with_them() -> None:
    assert SUBJECTS.keys() == NAMES
    assert [_advice(topic) for topic in SUBJECTS.values() if _advice(topic)] == []


@pytest.mark.parametrize("name", sorted(NAMES))
def test_what_people_read_is_short_names_a_place_and_shows_no_mark_of_ours(name: str) -> None:
    topic = SUBJECTS[name]
    part = read_book(DATA).whole(topic.intent, ())
    assert part is not None
    text = CONSTANTS.filled(part.text, TODAY)
    assert len(text) <= STEPWISE
    assert not {*"[]{}"} & set(text)
    assert topic.place
    assert topic.in_app
    assert text.endswith(CONSTANTS.filled(f"{said(topic.place)}\n{said(topic.in_app)}", TODAY))
    assert "Trên VssID" in text
    assert part.buttons[:3] == (f"more/{name}", f"source/{name}", "reset_password")
    assert {"changed_since", "common_mistake", "how", "time", "where", "bring"} <= topic.facets.keys()


@pytest.mark.parametrize("name", ["lump_sum", "maternity_claim", "voluntary"])
def test_what_can_be_done_on_the_portal_says_so(name: str) -> None:
    assert "Cổng Dịch vụ công quốc gia bằng VNeID mức 2" in SUBJECTS[name].place


def test_the_button_for_the_source_shows_words_place_and_dates() -> None:
    responses = content_responses([*SUBJECTS.values()], DATA)
    text = responses["utter_source/lump_sum"][0]["text"]
    assert "Luật Bảo hiểm xã hội số 41/2024/QH15, Điều 79.3 (hiệu lực 1/7/2025): “trong thời hạn 07 ngày" in text
    assert text.endswith("Đã kiểm tra ngày 30/11/2026.")
    titles = [button["title"] for button in responses["utter_subject/lump_sum"][0]["buttons"]]
    assert titles[:2] == ["Xem thêm", "Xem điều luật"]
    assert button_titles(DATA)["source"] == "Xem điều luật"


def test_citations_are_read_and_taken_off() -> None:
    text = "Một câu. [L 70.1.đ; 158 14.1] Câu nữa. [-]"
    assert said(text) == "Một câu. Câu nữa."
    assert cited(text) == (Citation("L", "70.1.đ"), Citation("158", "14.1"))
    assert is_covered(text)
    assert not is_covered("Một câu. [L 70] Câu không có nguồn.")


def test_a_sentence_without_a_source_an_unknown_act_and_money_outside_the_file_are_found() -> None:
    topic = SUBJECTS["lump_sum"]
    assert "câu cuối chưa có nguồn" in _advice(replace(topic, answer="Ai cũng rút được."))
    assert "[XX]" in _advice(replace(topic, answer="Ai cũng rút được. [XX 3]"))
    assert "constants.yml" in _advice(replace(topic, answer="Được 2.340.000 đồng. [L 70]"))
    assert "luật cũ" in _advice(replace(topic, place="nộp mẫu 14-HSB. [L 79]"))
    assert "không có trong constants.yml" in _advice(replace(topic, answer="Mức {no_such}. [L 70]"))
    long = topic.wording[0]._replace(quote="chữ " * 21)
    assert "tối đa 20" in _advice(replace(topic, wording=(long,)))


@pytest.mark.parametrize(
    ("said", "judges"),
    [
        ("Nghỉ việc trước khi sinh thì bạn không được hưởng.", "bạn không được"),
        ("Như vậy bạn đủ điều kiện.", "bạn đủ điều kiện"),
        ("You may go back after four months.", "You may"),
        ("You are entitled to six months.", "You are entitled"),
        ("You may complain, and you may also ask BHXH.", ""),
        ("Người đang bảo lưu có quyền tự đi giám định.", ""),
    ],
)
def test_a_subject_names_rules_and_judges_nobody_s_case(said: str, judges: str) -> None:
    assert judging(said) == judges
    topic = SUBJECTS["lump_sum"]
    assert ("là xét cho một người" in _advice(replace(topic, answer=f"{said} [L 70]"))) == bool(judges)


def test_no_subject_judges_a_case_in_either_language() -> None:
    english = [text for topic in SUBJECTS.values() if topic.en for text in (topic.en.answer, topic.en.more)]
    english += [side.say for topic in SUBJECTS.values() if topic.en for side in topic.en.facets.values()]
    vietnamese = [text for topic in SUBJECTS.values() for _, _, text in texts_of(topic)]
    assert [text for text in (*vietnamese, *english) if judging(text)] == []


def test_a_figure_that_has_run_out_fails_the_check_and_is_not_said() -> None:
    after = datetime.date(2027, 7, 1)
    topic = SUBJECTS["health_insurance"]
    assert "reference_wage" in constants_of(topic)
    assert "2.530.000 đồng" in CONSTANTS.filled(said(topic.answer), TODAY)
    late = CONSTANTS.filled(said(topic.answer), after)
    assert RUN_OUT in late
    assert "2.530.000" not in late
    assert "không còn mức nào" in _advice(topic, after)
    found = [finding.advice for finding in check(ROOT, after) if finding.path.name == "constants.yml"]
    assert any("reference_wage" in advice for advice in found)
    assert not [finding for finding in check(ROOT, TODAY) if finding.is_error]


def test_what_is_often_mistaken_is_said_as_an_answer() -> None:
    begin = [topic.facets["common_mistake"].say.partition(":")[0] for topic in SUBJECTS.values()]
    assert [words for words in begin if words.lower().startswith("hay nhầm")] == []


def test_figures_stand_in_english_too() -> None:
    assert [name for name, periods in CONSTANTS.periods.items() if not all(period.en for period in periods)] == []
    assert CONSTANTS.filled("{reference_wage}", TODAY, "en") == "2,530,000 VND (from 1/7/2026)"
    assert CONSTANTS.filled("{reference_wage}", datetime.date(2027, 7, 1), "en") == RUN_OUT_EN


def test_a_subject_in_english_has_sides_each_with_the_place() -> None:
    book = read_books(DATA)["en"]
    for name in sorted(NAMES):
        topic = book.topics[f"subject/{name}"]
        assert {"how", "time", "where", "bring", "who", "again", "common_mistake"} <= topic.facets.keys(), name
        assert topic.place.startswith("Where to ")
        time = book.side(topic.intent, "time", ())
        assert time is not None
        assert time.text.endswith(said(topic.place))
        assert f"more/{name}" in time.buttons


def test_the_rest_of_a_subject_is_said_in_english_once_and_then_has_no_button() -> None:
    book = read_books(DATA)["en"]
    for name in sorted(NAMES):
        rest = book.rest(f"subject/{name}", ())
        assert rest is not None
        assert rest.text == said(SUBJECTS[name].spoken("en").more)  # type: ignore[union-attr]
        assert f"more/{name}" not in rest.buttons
        assert book.rest(f"subject/{name}", {rest.key}) is None
    assert book.rest("subject/unknown", ()) is None


@pytest.mark.parametrize(
    ("name", "side", "says"),
    [
        ("survivor", "bring", "người đang hưởng lương hưu thì không cần sổ"),
        ("survivor", "funeral", "trả cho người lo mai táng"),
        ("survivor", "monthly", "có nghĩa vụ nuôi"),
        ("voluntary", "who", "trợ cấp hằng tháng khác nghị định kể"),
        ("voluntary", "birth_grant", "ai đủ thai sản bắt buộc thì hưởng bên bắt buộc"),
        ("employer_debt", "interest", "Chậm đóng bị xử phạt hành chính"),
        ("employer_debt", "court", "3 tháng từ ngày chấm dứt hợp đồng"),
        ("employer_debt", "late_or_evading", "lý do chính đáng"),
        ("maternity_conditions", "left_job", "mức riêng khi dưỡng thai"),
        ("maternity_claim", "mother_died", "mẹ chưa đủ điều kiện"),
        ("pension", "mean_wage", "theo mức tham chiếu"),
        ("pension_admin", "social", "hoặc có mà thấp hơn mức này"),
        ("benefit_status", "overdue", "trừ khi do lỗi của người hưởng"),
        ("unemployment_claim", "training", "nghỉ đúng luật"),
        ("unemployment_claim", "company_gone", "không còn khả năng đóng"),
    ],
)
def test_conditions_that_the_acts_make_are_said(name: str, side: str, says: str) -> None:
    assert says in SUBJECTS[name].facets[side].say


def test_ages_follow_the_year() -> None:
    answer = said(SUBJECTS["pension"].answer)
    assert "năm 2026 nam 61 tuổi 6 tháng, nữ 57 tuổi" in CONSTANTS.filled(answer, TODAY)
    assert "năm 2027 nam 61 tuổi 9 tháng, nữ 57 tuổi 4 tháng;" in CONSTANTS.filled(answer, datetime.date(2027, 1, 1))


def test_an_act_lists_all_that_hangs_on_it() -> None:
    found = acts_with_parts(DATA)
    assert all(parts for _, parts in found.values())
    hanging = {part.path.stem for part in found["VL"][1]}
    assert {"unemployment_conditions", "unemployment_claim", "unemployment_amount", "employer_debt"} <= hanging
    assert {name for name, topic in SUBJECTS.items() if "VL" in acts_of(topic)} <= hanging
    assert "processing_time" in {part.path.stem for part in found["366"][1]}
    assert "reference_wage" in {part.name for part in found["161"][1]}
    lines = found["L"][1][0].path.read_text(encoding="utf-8").splitlines()
    assert found["L"][1][0].name in lines[found["L"][1][0].line - 1]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("acts.yml", "L: {title: Luật, in_force: 2025-07-01, confidence: C, read_in: báo}"),
        ("acts.yml", "L: {title: Luật, in_force: hôm qua, confidence: A, read_in: báo}"),
        ("constants.yml", "wage: [{say: 1 đồng, from: 2026-01-01, source: L}]"),
        ("constants.yml", "wage: 5"),
    ],
)
def test_files_that_say_too_little_are_refused(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).write_text(text)
    with pytest.raises(ContentError):
        read_acts(tmp_path) if file == "acts.yml" else read_constants(tmp_path)
