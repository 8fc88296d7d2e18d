"""Figures, forms and days that somebody asks back are answered with what holds now."""

import pytest

from assistant.nlu.sides import SideMap
from assistant.nlu.text import strip_accents
from assistant.reading.decide import decide
from assistant.reading.model import Decision, Raw, State
from assistant.reading.old_figures import names_old_form

LUMP, FATHER, BIRTH, STATUS = (
    "subject/lump_sum",
    "subject/paternity",
    "subject/maternity_claim",
    "subject/benefit_status",
)
SIDES = SideMap({LUMP: ["bring", "time"], FATHER: ["changed_since"], BIRTH: ["money"], STATUS: ["when_paid"]}, {})


def reads(text: str, label: str = "out_of_scope", p: float = 0.9, here: str = "", language: str = "vi") -> Decision:
    plain = strip_accents(text.lower())
    raw = Raw(
        text, [(label, p)], [("none", 0.9)], plain=plain, typed=plain, words=len(text.split()), sides=SIDES,
        language=language,
    )  # fmt: skip
    return decide(raw, State(topic=here))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("lương cơ sở còn 2.340.000 phải không", "vi"), ("mức tham chiếu 2tr34 đúng chứ", "vi"),
        ("giờ tính trên 2,34 triệu hả", "vi"), ("is the basic salary still the same", "en"),
    ],
)  # fmt: skip
def test_the_basic_salary_asked_back_is_the_present_one(text: str, language: str) -> None:
    found = reads(text, language=language)
    assert (found.topic, found.facet) == ("subject/contributions", "reference_wage")


def test_an_old_term_is_one_of_the_subject_that_is_spoken_of() -> None:
    assert reads("nghe nói nghỉ trong 30 ngày đầu", FATHER).facet == "changed_since"
    assert reads("chờ 10 ngày hả", here=LUMP).facet == "changed_since"
    assert reads("em nộp 10 ngày trước", LUMP).rule != "old_figure"  # told, not asked back
    assert reads("trong 30 ngày đúng không", BIRTH).rule != "old_figure"  # no old term of this one


def test_twice_an_old_salary_is_the_grant_of_a_birth() -> None:
    found = reads("trợ cấp 4.680.000 phải không", BIRTH)
    assert (found.topic, found.facet) == (BIRTH, "money")
    assert reads("tôi có 4.680.000", "faq/hotline").rule != "old_figure"


def test_an_old_form_is_known_and_the_papers_are_said() -> None:
    assert names_old_form("Mẫu 14-HSB")
    assert names_old_form("form 01B HSB please")
    assert not names_old_form("mẫu TK1-TS")
    assert reads("mẫu 14-HSB tải ở đâu", LUMP).facet == "bring"


def test_what_is_due_when_something_happens_asks_no_day() -> None:
    assert reads("who gets the money when somebody dies", LUMP).rule != "when_paid"
    assert reads("the money comes when", LUMP).rule == "when_paid"


@pytest.mark.parametrize("text", ["bao giờ có tiền", "khi nào tiền về vậy", "tiền chừng nào mới về"])
def test_no_day_is_named_for_the_money(text: str) -> None:
    amid, first = reads(text, here=LUMP), reads(text, STATUS)
    assert (amid.topic, amid.facet) == (LUMP, "when_paid")
    assert (first.topic, first.facet) == (STATUS, "when_paid")
    assert reads(text, here="subject/unemployment_conditions").topic == "subject/unemployment_claim"
    assert reads(text, here="faq/hotline").rule != "when_paid"
