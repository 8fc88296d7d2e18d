"""A talk of a subject of social insurance goes on about it until something else is named."""

import pytest

from assistant.nlu.sides import SideMap
from assistant.reading.decide import decide
from assistant.reading.model import Decision, OwnFacet, Raw, State

LUMP, CLAIM, PAY = "subject/lump_sum", "subject/unemployment_claim", "subject/unemployment_amount"
SIDES = SideMap({LUMP: ["bring", "common_mistake"], f"{LUMP}_amount": [], CLAIM: ["bring"], PAY: []}, {})


def reads(words: str, here: str = LUMP, label: str = "faq/processing_time", p: float = 0.8, **more: object) -> Decision:
    """Returns what words without accents mean amid a talk of `here`."""
    given = {"text": words, "plain": words, "ranking": [(label, p)], "facets": [("none", 0.9)], "sides": SIDES}
    return decide(Raw(**(given | {"words": len(words.split())} | more)), State(topic=here))  # type: ignore[arg-type]


def test_words_that_are_like_an_account_s_stay() -> None:
    own = lambda name: OwnFacet(name, "from_company", 0.95) if name == "faq/add_email" else None  # noqa: E731
    found = reads("nghi roi thi nop cho ai", own=own, owners=("faq/add_email",))
    assert (found.topic, found.rule) == (LUMP, "stays_on_subject")


@pytest.mark.parametrize("subjects", [{"password"}, {"vssid", "view"}, {"call"}])
def test_what_names_an_account_leaves_it(subjects: set[str]) -> None:
    assert reads("the con mat khau thi sao", label="faq/hotline", subjects=frozenset(subjects)).topic != LUMP


def test_a_side_that_the_subject_has_is_said_and_no_other() -> None:
    assert reads("can giay gi", facets=[("bring", 0.7)]).facet == "bring"
    assert reads("may ngay trong mot nam", facets=[("hours", 0.7)]).facet == ""


def test_money_is_what_is_paid_and_its_neighbour_says_how_much() -> None:
    assert reads("duoc bao nhieu tien", facets=[("cost", 0.9)]).topic == f"{LUMP}_amount"
    assert reads("moi thang duoc nhieu", CLAIM).topic == PAY
    assert reads("co mat phi gi khong", facets=[("cost", 0.9)]).topic == LUMP


def test_hearsay_is_answered_by_what_is_often_mistaken() -> None:
    assert reads("cong ty noi phai cho mot nam").facet == "common_mistake"


def test_the_next_subject_has_to_be_named() -> None:
    assert reads("duoc may thang v", label=CLAIM, p=0.86).topic == LUMP
    assert reads("vay con that nghiep", label=CLAIM, p=0.86, subjects=frozenset({"benefit"})).topic == CLAIM


@pytest.mark.parametrize(
    ("words", "facet"),
    [
        ("chong em la si quan nghi huu tinh sao", "soldier"),
        ("sep em nguoi nuoc ngoai co duoc rut khong", "foreigner"),
        ("co nguoi mua so bao hiem ban duoc khong", "book_trade"),
        ("hoi do muon can cuoc cua chi di lam", "borrowed_papers"),
    ],
)
def test_who_has_rules_of_their_own_gets_no_steps(words: str, facet: str) -> None:
    found = reads(words, label="subject/pension", p=0.9)
    assert (found.topic, found.facet) == ("own_rules", facet)


def test_who_wants_is_no_borrower_and_a_friend_sells_nothing() -> None:
    assert (
        reads("tôi muốn hồ sơ của mình", LUMP, "subject/pension", 0.9, plain="toi muon ho so cua minh").topic
        != "own_rules"
    )
    kind = reads("bạn sổ bảo hiểm thế nào", "", "faq/reissue_book", 0.9, plain="ban so bao hiem the nao")
    assert kind.topic != "own_rules"


def test_an_office_asked_about_amid_a_call_is_the_office() -> None:
    found = reads("ra do phai mang gi", "faq/hotline_fee", facets=[("bring", 0.9)])
    assert (found.topic, found.facet) == ("faq/office", "bring")


def test_a_talk_that_begins_with_a_greeting_does_not_end() -> None:
    assert reads("chao chau ba bay muoi tuoi roi", "", "goodbye", 0.6).label == "greet"
    assert reads("chao nhe", "", "goodbye", 0.9).label == "goodbye"


def test_a_first_question_finds_its_side() -> None:
    own = lambda name: OwnFacet(name, "keep", 0.9)  # noqa: E731
    assert reads("khong rut thi co mat khong", "", LUMP, 0.97, own=own).facet == "keep"
    account = reads("khong rut thi co mat khong", "", LUMP, 0.97, own=own, subjects=frozenset({"password"}))
    assert account.rule != "names_subject"
    assert reads("rut mot lan can giay gi", "", LUMP, 0.97, own=own, facets=[("bring", 0.5)]).facet == "bring"
    assert reads("rut mot lan", "", LUMP, 0.6).rule != "names_subject"


def test_days_away_from_work_are_no_waiting_time() -> None:
    sides = SideMap({LUMP: ["time"]}, {})
    asked = {"facets": [("time", 0.9)], "sides": sides}
    assert reads("chong nghi may ngay", "", LUMP, 0.97, **asked).facet == ""
    assert reads("may ngay thi giai quyet", "", LUMP, 0.97, **asked).facet == "time"


def test_english_amounts_fees_and_hearsay() -> None:
    english = {"language": "en", "facets": [("cost", 0.9)]}
    assert reads("how much would it be", **english).topic == f"{LUMP}_amount"
    assert (found := reads("is there a fee", **english)).topic == LUMP
    assert found.facet == "cost"
    assert reads("my boss said one year", language="en").facet == "common_mistake"


def test_an_account_named_in_english_leaves_the_subject() -> None:
    facets = [("how", 0.9)]
    more = {"language": "en", "facets": facets, "label": "faq/change_phone", "p": 0.85}
    assert reads("change my phone number", subjects=frozenset({"phone", "change"}), **more).topic == "faq/change_phone"
    assert reads("how do i do that", **more).topic == LUMP


@pytest.mark.parametrize("words", ["i am a foreigner with a work permit", "expat leaving soon"])
def test_foreigners_are_told_of_rules_of_their_own(words: str) -> None:
    assert reads(words, "", LUMP, 0.9, language="en").facet == "foreigner"
    there = SideMap({LUMP: ["foreigner"]}, {})
    assert reads(words, "", LUMP, 0.9, language="en", sides=there).topic == LUMP


def test_papers_place_and_time_of_conditions_are_those_of_the_claim() -> None:
    conditions = "subject/unemployment_conditions"
    sides = SideMap({conditions: ["bring"], CLAIM: ["bring"]}, {})
    found = reads("can nhung giay to gi", conditions, facets=[("bring", 0.9)], sides=sides)
    assert (found.topic, found.facet) == (CLAIM, "bring")
