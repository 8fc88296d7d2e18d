"""What the rules of the dialogue look for in English words, and what they make of it."""

from __future__ import annotations

import pytest

from assistant.nlu.concepts import CONCEPTS_EN, concepts
from assistant.nlu.english import prepared
from assistant.reading import english
from assistant.reading.decide import decide
from assistant.reading.facts import told
from assistant.reading.model import Raw, State


def raw(text: str, label: str = "out_of_scope", p: float = 0.5, **more: object) -> Raw:
    words = prepared(text).split()
    given = {
        "text": text, "ranking": [(label, p)], "facets": [("none", 0.9)], "language": "en", "plain": " ".join(words),
        "words": len(words), "subjects": frozenset(concepts(words, CONCEPTS_EN)),
    }  # fmt: skip
    return Raw(**(given | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "uniform"),
    [
        ("I don't remember my pw", "i do not remember my password"),
        ("pls help, fogot passwrd of acc", "please help forget password of account"),
        ("where's my e-mail??", "where is my email"),
        ("mã số BHXH of mine is 7900000123", "ma so bhxh of mine is zzcode"),
    ],
)
def test_english_is_made_uniform(text: str, uniform: str) -> None:
    assert prepared(text) == uniform


@pytest.mark.parametrize(
    ("text", "gave"),
    [
        ("I already gave him the code", True), ("I paid 500k", True), ("I clicked the link", True),
        ("I did not pay", False), ("should I give the code", False), ("I never gave it", False),
    ],
)  # fmt: skip
def test_what_was_given_is_told_from_what_was_not(text: str, gave: bool) -> None:
    plain = prepared(text)
    assert english.something_was_given(plain) is gave
    assert english.nothing_was_given(plain) is not gave


def test_a_phone_that_died_is_nobody_who_died() -> None:
    facts = {"for_dead": 0.9}
    assert told(raw("my phone is dead", facts=facts)) == frozenset()
    assert told(raw("my husband died last year", facts=facts)) == {"for_dead"}


def test_whoever_has_it_does_not_lack_it() -> None:
    assert told(raw("I still have my old number", facts={"no_phone": 0.8})) == frozenset()
    assert told(raw("I lost my sim", facts={"no_phone": 0.8})) == {"no_phone"}


def test_starting_begins_what_was_offered() -> None:
    state = State(topic="reset", offered=("#reset_password",))
    assert decide(raw("ok let's start"), state).label == "reset_password"


def test_another_language_is_wished_for_amid_a_form() -> None:
    state = State(form="reset_form", slot="bhxh_code", open="slot")
    assert decide(raw("I cannot read English", "switch_to_vietnamese", 0.8), state).label == "switch_to_vietnamese"


def test_the_first_step_is_named_by_its_number() -> None:
    found = decide(raw("what is step two"), State(topic="faq/add_email"))
    assert (found.facet, found.step) == ("step", 2)


def test_more_is_not_the_same_again() -> None:
    assert english.wants_more("tell me more about it")
    assert english.wants_more("anything else")
    assert not english.wants_more("say that again please")


@pytest.mark.parametrize(
    "text",
    ["could your colleague phone me tomorrow", "I rather chat with a human being", "can I text with somebody real",
     "callback please", "let me speak to your supervisor"],
)  # fmt: skip
def test_a_person_is_wished_for_whatever_else_it_is_like(text: str) -> None:
    found = decide(raw(text, "faq/account_taken", 0.6), State(topic="desk_closed"))
    assert (found.label, found.rule) == ("ask_human", "wants_a_person")


@pytest.mark.parametrize(
    "text",
    [
        "a man called me back asking for otp",
        "can my wife call for me",
        "who can I call",
        "can HR speak with the office",
    ],
)
def test_a_call_that_came_or_that_others_make_is_no_wish_for_a_person(text: str) -> None:
    assert not english.wants_person(prepared(text))


def test_in_danger_an_address_that_is_named_is_warned_of() -> None:
    state = State(topic="emergency", facts=frozenset({"scam_done"}), danger=True)
    found = decide(raw("it was on bhxh-support.info", "faq/official_channels", 0.9), state)
    assert (found.topic, found.danger) == ("faq/official_channels", True)
    assert decide(raw("it was on dichvucong.gov.vn", "faq/official_channels", 0.9), state).rule != "doubts_a_site"


@pytest.mark.parametrize(
    "text",
    ["maybe you are also a scammer", "why should I trust you", "who says you are not one of them like from them"],
)
def test_in_danger_a_doubt_about_us_is_answered_about_us(text: str) -> None:
    state = State(topic="emergency", facts=frozenset({"scam_done"}), danger=True)
    assert decide(raw(text), state).topic == "faq/about_bot"


def test_a_doubt_about_them_is_none_about_us() -> None:
    for text in ("are you sure it is a scam", "how can you block them", "what can you do"):
        assert not english.doubts_us(prepared(text))


@pytest.mark.parametrize("fact", ["no_phone", "abroad"])
def test_a_mailbox_that_is_there_begins_the_reset(fact: str) -> None:
    state = State(topic="reset", facts=frozenset({fact}))
    assert decide(raw("there is a gmail in it and I can open it", "affirm", 0.9), state).label == "reset_password"
    for text in ("what if there is an email", "there is no email in it", "I do not remember the email"):
        assert decide(raw(text, "affirm", 0.9), state).rule != "has_the_mailbox"


def test_what_a_home_country_does_is_not_where_somebody_is() -> None:
    facts = {"abroad": 0.9}
    assert told(raw("in my country they give money for this", facts=facts)) == frozenset()
    assert told(raw("I am back in my country now", facts=facts)) == {"abroad"}


def test_thanks_with_news_are_thanks() -> None:
    done = State(topic="reset_done", situations=("reset_done",))
    assert decide(raw("can go in liao, thanks", "faq/account_taken", 0.6), done).label == "thank"
    assert decide(raw("thanks but still cannot", "reset_rejected", 0.6), done).label != "thank"
    assert decide(raw("thanks, how do I log in", "faq/login_vneid", 0.6), done).label != "thank"


def test_how_the_reset_works_is_answered_amid_its_form() -> None:
    state = State(topic="faq/privacy", form="reset_form", slot="bhxh_code", open="slot")
    found = decide(raw("what is the whole procedure", "other_bhxh", 0.3), state)
    assert (found.topic, found.facet) == ("reset", "how")
    assert decide(raw("how does vneid work", "faq/login_vneid", 0.9), state).topic != "reset"


def test_what_is_needed_is_answered_before_somebody_begins() -> None:
    found = decide(raw("and what do you need from me", "affirm", 0.5), State(topic="faq/privacy"))
    assert (found.topic, found.facet) == ("reset", "bring")


@pytest.mark.parametrize("text", ["just do the password reset", "can we start the reset now", "a new password please"])
def test_the_reset_is_begun_amid_another_talk(text: str) -> None:
    assert decide(raw(text, "affirm", 0.4), State(topic="faq/health_card")).label == "reset_password"


def test_whoever_cannot_get_in_is_led_in_before_what_they_want_to_see() -> None:
    story = "want to look at my years of insurance but I forgot the password"
    assert decide(raw(story, "faq/contribution_history", 0.8), State()).label == "reset_password"
    away = raw(story + ", and I am abroad", "faq/contribution_history", 0.8, facts={"abroad": 0.9})
    assert (decide(away, State()).label, decide(away, State()).topic) == ("tells", "reset")
    asked = raw("can I see my years if I forgot the password", "faq/contribution_history", 0.8)
    assert decide(asked, State()).topic == "faq/contribution_history"


def test_what_we_can_do_is_asked_amid_a_subject() -> None:
    found = decide(raw("and what else can you do", "out_of_scope", 0.5), State(topic="subject/pension"))
    assert found.label == "ask_capabilities"


def test_whoever_wonders_whether_a_message_is_normal_was_not_deceived_yet() -> None:
    assert english.nothing_was_given(prepared("they text me for my card number, is this normal"))
    assert not english.nothing_was_given(prepared("I typed my card number, is this normal"))
