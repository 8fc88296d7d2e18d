"""What a message means where it stands, decided from readings made by hand: no model is needed."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.content.facets import GENERIC
from assistant.reading.decide import decide
from assistant.reading.model import OwnFacet, Raw, State

TOPICS = ["faq/hotline", "faq/add_email", "faq/office", "reset", "mail_sent", "not_matched", "no_email_on_record"]


def raw(label: str = "out_of_scope", p: float = 0.5, facet: str = "none", **more: object) -> Raw:
    """Returns the reading of a short message without a subject of its own."""
    given = {"text": "…", "ranking": [(label, p)], "facets": [(facet, 0.9)], "words": 3}
    return Raw(**(given | more))  # type: ignore[arg-type]


def own(topic: str, facet: str, p: float):
    """Returns what finds one facet of one topic's own."""
    return lambda asked: OwnFacet(topic, facet, p) if asked == topic else None


@pytest.mark.parametrize("words", ["ma em", "sdt em a", "email cua em day"])
def test_what_only_announces_a_value_repeats_what_is_open(words: str) -> None:
    state = State(form="reset_form", slot="bhxh_code", open="slot", topic="reset")
    assert decide(raw("faq/find_bhxh_code", 0.95, plain=words), state).rule == "announces"


def test_a_page_that_is_not_the_states_is_never_called_one_of_its_two() -> None:
    named = own("faq/official_channels", "two_portals", 0.9)
    asked = {"own": named, "plain": "trang nay duoc khong", "words": 5}
    assert decide(raw(text="trang bhxh-online.example.net được không", **asked), State()).facet == ""
    both = raw(text="trang bhxh.example.net với dichvucong.gov.vn cái nào đúng", **asked)
    assert decide(both, State()).facet == "two_portals"


@pytest.mark.parametrize(
    ("words", "label"),
    [("cua em a", "pick_1"), ("lam cho vo truoc nhe", "pick_2"), ("cua me em", ""), ("em hoi cai nay la gi", ""),
     ("ma cua em bi sai roi", "")],
)  # fmt: skip
def test_of_several_accounts_the_persons_name_chooses_one(words: str, label: str) -> None:
    state = State(form="reset_form", slot="bhxh_code", open="slot", topic="reset", choices="a @self;b @spouse")
    found = decide(raw(plain=words), state)
    assert found.label == label if label else not found.label.startswith("pick_")


class TestTheTopicStays:
    @pytest.mark.parametrize("topic", TOPICS)
    @pytest.mark.parametrize("facet", GENERIC)
    def test_a_bare_side_is_of_what_is_talked_about(self, topic: str, facet: str) -> None:
        found = decide(raw(facet=facet), State(topic=topic))
        assert (found.topic, found.facet) == (topic, facet)

    @pytest.mark.parametrize("topic", TOPICS)
    def test_a_subject_of_its_own_changes_it(self, topic: str) -> None:
        found = decide(raw("faq/tk1_ts", 0.9, subjects=frozenset({"form"})), State(topic=topic))
        assert (found.label, found.topic, found.facet) == ("faq/tk1_ts", "faq/tk1_ts", "")

    def test_a_side_that_only_the_topic_has_comes_before_a_likelier_neighbour(self) -> None:
        message = raw("faq/lost_phone", 0.7, own=own("faq/hotline", "other_sim", 0.7), subjects=frozenset({"phone"}))
        assert decide(message, State(topic="faq/hotline")).facet == "other_sim"
        assert decide(message, State(topic="faq/privacy")).label == "faq/lost_phone"

    def test_a_step_is_named_by_its_number(self) -> None:
        found = decide(raw(plain="buoc 2 lam sao"), State(topic="faq/add_email"))
        assert (found.topic, found.facet, found.step) == ("faq/add_email", "step", 2)


class TestWhatAWayCosts:
    @pytest.mark.parametrize(
        ("plain", "subjects", "topic"),
        [
            ("ra do co mat tien khong", frozenset[str](), "faq/office"),
            ("len phuong co thu phi ko", frozenset[str](), "faq/office"),
            ("goi so ay ton nhieu khong", frozenset({"call"}), "faq/hotline_fee"),
        ],
    )
    def test_is_of_the_way_that_is_named(self, plain: str, subjects: frozenset[str], topic: str) -> None:
        message = raw("faq/hotline_fee", 0.6, "cost", plain=plain, subjects=subjects, own=own("emergency", "bank", 0.8))
        found = decide(dataclasses.replace(message, facets=[("cost", 0.95)]), State(topic="emergency", danger=True))
        assert (found.topic, found.facet) == (topic, "cost")

    def test_a_bare_question_stays_where_it_is(self) -> None:
        message = dataclasses.replace(raw(facet="cost", plain="co mat tien khong"), facets=[("cost", 0.95)])
        assert decide(message, State(topic="faq/add_email")).topic == "faq/add_email"


class TestYesAndNo:
    @pytest.mark.parametrize("slot", ["bhxh_code", "contact"])
    def test_who_takes_leave_of_a_form_stops_it(self, slot: str) -> None:
        state = State(open="slot", slot=slot, form="reset_form", topic="reset")
        assert decide(raw("thank", 0.8, subjects=frozenset({"thanks", "stop"})), state).label == "cancel"
        assert decide(raw("thank", 0.8, subjects=frozenset({"thanks"})), state).label == "thank"

    def test_what_is_told_of_a_thing_of_ours_is_no_stop(self) -> None:
        told = raw("cancel", 0.7, subjects=frozenset({"relative", "phone"}), facts={"no_phone": 0.9})
        assert decide(told, State()).label != "cancel"
        assert decide(raw("cancel", 0.7, subjects=frozenset({"phone", "stop"})), State()).label == "cancel"

    @pytest.mark.parametrize("label", ["affirm", "deny"])
    @given(topic=st.sampled_from(["", *TOPICS]), p=st.floats(0.5, 1))
    def test_where_nothing_is_asked_they_begin_and_end_nothing(self, label: str, topic: str, p: float) -> None:
        found = decide(raw(label, p), State(topic=topic))
        assert found.label == "nod"

    def test_what_erases_is_confirmed_only_under_its_question(self) -> None:
        assert decide(raw("affirm", 0.9), State(open="confirm")).label == "erase_now"
        for open_ in ("", "yes_no", "choice", "advice", "guide"):
            assert decide(raw("affirm", 0.9), State(open=open_)).label != "erase_now"  # type: ignore[arg-type]

    def test_yes_to_several_asks_which(self) -> None:
        assert decide(raw("affirm", 0.9), State(open="choice")).label == "which_one"

    def test_what_is_told_answers_the_advice(self) -> None:
        told = raw(facts={"no_email": 0.9})
        assert decide(told, State(open="advice", slot="mailbox")).label == "deny"

    def test_having_it_answers_what_a_text_asked(self) -> None:
        asked = State(topic="reset", open="yes_no", asks="email")
        assert decide(raw(plain="em co gmail"), asked).label == "affirm"
        found = decide(raw("deny", 0.9), asked)
        assert (found.label, found.told) == ("tells", {"no_email"})


class TestFacts:
    def test_they_steer_where_the_talk_is_of_getting_in(self) -> None:
        message = raw("reset_password", 0.9, facts={"for_dead": 0.9}, plain="chu em qua doi")
        assert decide(message, State()).label == "tells"

    def test_elsewhere_they_do_not(self) -> None:
        message = raw("faq/health_card", 0.9, facts={"no_phone": 0.9}, subjects=frozenset({"card"}))
        assert decide(message, State()).label == "faq/health_card"

    def test_one_person_takes_the_place_of_another(self) -> None:
        found = decide(raw(facts={"for_child": 0.9}), State(topic="reset", facts=frozenset({"for_parent", "no_email"})))
        assert found.facts == {"for_child", "no_email"}

    def test_who_has_died_stays_so(self) -> None:
        message = raw("faq/for_relative", 0.9, facts={"for_parent": 0.9})
        found = decide(message, State(topic="reset", facts=frozenset({"for_dead"})))
        assert (found.label, found.facts) == ("tells", {"for_dead"})

    def test_a_yes_takes_a_no_back(self) -> None:
        assert not decide(raw(plain="em van con sim", facts={"no_phone": 0.9}), State()).told


class TestDanger:
    def test_what_has_happened_comes_first(self) -> None:
        found = decide(raw("affirm", 0.9, facts={"scam_done": 0.9}), State(topic="faq/scam", open="yes_no"))
        assert (found.label, found.danger) == ("in_danger", True)

    @given(label=st.sampled_from(["affirm", "out_of_scope", "faq/features", "deny"]), p=st.floats(0.3, 1))
    def test_it_lasts_until_the_person_leaves_it(self, label: str, p: float) -> None:
        assert decide(raw(label, p), State(topic="emergency", danger=True)).danger
        assert not decide(raw("cancel", 0.9), State(topic="emergency", danger=True)).danger

    def test_a_new_password_is_set_within_it(self) -> None:
        message = raw("reset_password", 0.9, subjects=frozenset({"password"}))
        found = decide(message, State(topic="emergency", danger=True))
        assert (found.label, found.danger) == ("reset_password", True)


class TestTheReset:
    def test_a_question_about_it_is_no_command(self) -> None:
        found = decide(raw("reset_password", 0.95, facet="cost", subjects=frozenset({"password"})), State())
        assert (found.label, found.topic, found.facet) == ("about", "reset", "cost")

    def test_a_command_is_one(self) -> None:
        found = decide(raw("reset_password", 0.95, subjects=frozenset({"password"})), State())
        assert found.label == "reset_password"

    def test_numbers_go_to_the_form(self) -> None:
        form = State(form="reset_form", slot="contact", open="slot")
        assert decide(raw("deny", 0.9, entities=("phone",)), form).label == "inform"

    def test_several_codes_are_not_chosen_from_in_silence(self) -> None:
        found = decide(raw("inform", 0.9, entities=("bhxh_code", "bhxh_code")), State())
        assert (found.rule, found.told) == ("gives_several_codes", {"several_people"})


@given(
    label=st.sampled_from(
        ["affirm", "deny", "cancel", "greet", "faq/hotline", "reset_password", "other_bhxh", "inform"]
    ),
    p=st.floats(0, 1),
    facet=st.sampled_from(["none", *GENERIC]),
    topic=st.sampled_from(["", *TOPICS]),
    open_=st.sampled_from(["", "slot", "advice", "guide", "confirm", "yes_no", "choice"]),
    facts=st.dictionaries(st.sampled_from(["no_email", "for_dead", "scam_done", "abroad"]), st.floats(0, 1)),
)
def test_every_message_has_one_meaning_and_it_says_why(label, p, facet, topic, open_, facts) -> None:
    slot, form = ("contact", "reset_form") if open_ == "slot" else ("", "")
    state = State(topic=topic, open=open_, slot=slot, form=form)
    message = raw(label, p, facet, facts=facts)
    found = decide(message, state)
    assert found.rule
    assert found.label
    assert decide(message, state) == found
    assert dataclasses.asdict(found)["facts"] >= found.told


def _benefit(text: str, ranking: list[tuple[str, float]]) -> Raw:
    return Raw(text=text, plain=text, words=len(text.split()), ranking=ranking, subjects=frozenset({"benefit"}))


def test_a_subject_is_weighed_with_its_neighbours_and_offered_where_it_is_not_sure() -> None:
    sure = decide(_benefit("rut mot lan", [("subject/lump_sum", 0.75), ("subject/lump_sum_amount", 0.2)]), State())
    assert (sure.label, sure.topic) == ("subject/lump_sum", "subject/lump_sum")
    first = [("subject/lump_sum", 0.6), ("subject/pension", 0.38)]
    asked = decide(_benefit("rut hay de", first), State())
    assert (asked.rule, asked.label, asked.topic) == ("which_subject", "other_bhxh", "subject/lump_sum")
    assert decide(_benefit("rut hay de", first), State(topic="subject/survivor")).rule != "which_subject"
    family = [("subject/lump_sum", 0.6), ("subject/lump_sum_amount", 0.38)]
    assert decide(_benefit("rut mot lan", family), State()).topic == "subject/lump_sum"
    split = [("subject/lump_sum", 0.3), ("subject/pension", 0.3), ("other_bhxh", 0.3)]
    assert decide(_benefit("rut hay de", split), State()).label == "other_bhxh"
    within = State(topic="faq/hotline")
    assert decide(_benefit("rut mot lan", [("subject/lump_sum", 0.5), ("subject/pension", 0.3)]), within).topic == (
        "subject/lump_sum"
    )


def test_a_bare_side_stays_on_the_subject_and_a_neighbour_named_is_followed() -> None:
    here = State(topic="subject/maternity_claim")
    bare = Raw(
        text="cần giấy gì", plain="can giay gi", words=3, facets=[("bring", 0.95)],
        ranking=[("subject/unemployment_claim", 0.4), ("faq/tk1_ts", 0.2)],
    )  # fmt: skip
    found = decide(bare, here)
    assert (found.label, found.topic, found.facet) == ("subject/maternity_claim", "subject/maternity_claim", "bring")
    husband = Raw(
        text="chồng em được nghỉ không", plain="chong em duoc nghi khong", words=5, facets=[("who", 0.9)],
        ranking=[("subject/paternity", 0.97)], subjects=frozenset({"relative"}),
    )  # fmt: skip
    assert decide(husband, here).topic == "subject/paternity"
