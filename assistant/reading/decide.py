"""Decides what a message means where it stands: rules in order, the first that fits, named in the transcript."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from assistant.reading import agenda_rules as agenda
from assistant.reading import danger_rules as danger
from assistant.reading import deception, old_figures
from assistant.reading import facts as situation
from assistant.reading import open_rules as openings
from assistant.reading import side_rules as sides
from assistant.reading import subject_rules as subjects
from assistant.reading import tail_rules as tails
from assistant.reading import talk_rules as talk
from assistant.reading import topic_rules as topics
from assistant.reading import way_rules as ways
from assistant.reading.choice import choose
from assistant.reading.model import Decision, Raw, State
from assistant.reading.signals import OWN_SURE, probability_of, wonders

Rule = Callable[[Raw, State], Decision | None]

#: From this probability on somebody who asks is upset as well.
ANGRY = 0.3
#: Of so few words it takes more.
_FEW, _ANGRY_IN_A_FEW = 4, 0.5

RULES: tuple[Rule, ...] = (
    openings.question_for_staff,
    openings.gives_choices,
    openings.names_whose,
    openings.gives_several_codes,
    openings.gives_numbers,
    openings.stops,
    openings.switches_language,
    openings.names_it_alone,
    openings.chooses_nth,
    openings.begins_what_is_offered,
    openings.takes_it_step_by_step,
    openings.next_person,
    openings.next_relative,
    tails.asks_bare_side,
    tails.announces,
    tails.asks_to_ask,
    tails.asks_whether_done,
    danger.was_deceived,
    danger.is_approached,
    ways.costs_of_a_way,
    danger.doubts_us,
    danger.asks_what_we_take,
    danger.doubts_a_site,
    danger.in_danger,
    openings.says_how_the_step_went,
    openings.goes_to_a_step,
    openings.asks_to_skip,
    openings.answers_advice,
    openings.answers_question_of_row,
    openings.has_the_mailbox,
    openings.corrects_a_part,
    openings.asks_to_change,
    openings.answers_slot,
    talk.wants_a_person,
    talk.only_thanks,
    talk.asks_what_we_do,
    talk.objects_to_answer,
    talk.found_nothing,
    talk.found_it,
    talk.lacks_the_means,
    talk.tried_often,
    ways.asks_for_a_way,
    talk.bare_no,
    openings.puts_off,
    openings.apologises,
    subjects.has_rules_of_its_own,
    agenda.names_an_item,
    sides.names_a_step,
    sides.how_the_reset_works,
    agenda.returns_to,
    agenda.asks_which_first,
    ways.has_the_means,
    sides.own_wording,
    topics.our_mail,
    topics.after_success,
    openings.answers_what_is_open,
    agenda.several_things,
    agenda.on_the_agenda,
    openings.wants_it_now,
    subjects.of_the_dead,
    old_figures.old_form,
    old_figures.old_figure,
    old_figures.when_paid,
    subjects.stays_on_subject,
    subjects.names_subject,
    ways.takes_a_way,
    ways.online_here,
    ways.side_of_the_office,
    sides.wording_of_any,
    ways.still_has_the_sim,
    ways.steers_the_way,
    ways.left_the_employer,
    ways.what_about_a_way,
    talk.waits_in_vain,
    talk.asks_back,
    talk.small_talk,
    sides.same_side,
    sides.question_about_reset,
    danger.elsewhere,
    sides.passage,
    topics.lost_it_on_the_way,
    topics.among_offered,
    topics.new_topic,
    topics.forgot_the_password,
    sides.likely_side,
    topics.as_read,
)


def decide(raw: Raw, state: State) -> Decision:
    """Returns what the message means in its context.

    Raises:
        LookupError: never; the last rule fits everything.
    """
    for rule in RULES:
        found = rule(raw, state)
        if found is not None:
            return _with_facts(choose(found, raw, state), raw, state)
    raise LookupError("no rule fits")


def _asks_its_own(found: Decision, raw: Raw) -> bool:
    """Tells whether a side is asked that only its topic has, in words for it."""
    own = raw.own(found.topic)
    return own is not None and own.facet == found.facet and own.likeness >= OWN_SURE


def _with_facts(found: Decision, raw: Raw, state: State) -> Decision:
    """Returns the decision with what the person has told, now and before, and whether they are in danger."""
    told = situation.told(raw)
    if "mail_sent" in (state.topic, *state.situations) and not (found.danger or state.danger):
        told -= {"scam_done"}  # the link that was clicked is the one in our letter
    if not found.danger and wonders(raw) and not deception.speaks_of_deceivers(raw.plain, raw.language):
        told -= {"scam_done"}
    if found.rule == "gives_several_codes":
        told |= {"several_people"}
    if found.rule == "was_deceived":
        told |= {"scam_done"}
    if found.rule == "denies_question_of_row":
        told |= {situation.ASKED[state.asks][1]} - {""}
    lasts = state.danger and found.rule != "leaves_danger"
    facts = situation.merged(state.facts, told, raw)
    # Nobody is told to call who said that they cannot; what only the hotline's own words ask is answered.
    if "cannot_call" in facts and found.topic == "faq/hotline" and not _asks_its_own(found, raw):
        found = dataclasses.replace(found, label="faq/office", topic="faq/office", facet="")
    angry = ANGRY if raw.words > _FEW else _ANGRY_IN_A_FEW
    if found.act == "asks" and found.topic and probability_of(raw, "complain") >= angry:
        found = dataclasses.replace(found, act="complains")  # what is asked is answered, after a word of regret
    return dataclasses.replace(found, told=told, facts=facts, danger=found.danger or lasts)
