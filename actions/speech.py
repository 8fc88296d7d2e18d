"""Saying part of an answer: the side that was asked, in words that were not said before, with its buttons."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from assistant.content.book import Book, Part
from assistant.content.languages import DEFAULT, SLOT, known
from assistant.content.people import QUESTIONS, PersonRow
from assistant.content.responses import variant
from assistant.dialogue import context
from assistant.reading import english
from assistant.reading import state as tracked
from assistant.reading.facts import LASTING
from assistant.reading.signals import TALKED_ABOUT, is_subject
from assistant.reading.subject_rules import FIRST, GOES_ON, WHAT_OF

_INTENT_OF = {talked: intent for intent, talked in TALKED_ABOUT.items()}


def reading_of(tracker: Tracker) -> dict[str, Any]:
    """Returns the decision in context (assistant.reading.model.Decision.as_dict); {} for what was not read."""
    return dict(tracker.latest_message.get("reading") or {})


def payload_of(topic: str) -> str:
    """Returns the intent that speaks of a topic as a whole."""
    return _INTENT_OF.get(topic, topic)


def spoken(tracker: Tracker) -> str:
    """Returns the language of the conversation."""
    return known(tracker.get_slot(SLOT))


def book_of(tracker: Tracker) -> Book:
    """Returns what is said in the language of the conversation."""
    return context.current().book(spoken(tracker))


def filled(text: str, tracker: Tracker) -> str:
    """Returns a text of the content with what is put in when it is said."""
    return context.current().filled(text, spoken(tracker))


def buttons(payloads: list[str] | tuple[str, ...], tracker: Tracker) -> list[dict[str, str]]:
    """Returns buttons with the titles of the content; those without a title are left out."""
    book = book_of(tracker)
    names = [payload.removeprefix("#") for payload in payloads]
    return [{"title": book.title(name), "payload": f"#{name}"} for name in names if book.title(name)]


def say_way(dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> PersonRow | None:
    """Says the way of somebody of whom this much is known, and returns its row; None if none fits or all was said."""
    reading, said = reading_of(tracker), _said(tracker)
    row = book_of(tracker).row_for(reading.get("facts") or (), reading.get("told") or ())
    if row is None:
        return None
    again = f"{row.say}_again"
    words = next((name for name in (row.say, again) if name not in said and name in domain["responses"]), None)
    if words is None and not row.facts & LASTING:
        return None
    dispatcher.utter_message(response=words or again)
    return row


def meant_by(row: PersonRow) -> list[EventType]:
    """Returns events that let a plain yes answer what a row asks."""
    yes = f"#{QUESTIONS[row.asks].yes}" if row.asks else None
    return [SlotSet("misses", 0), SlotSet("yes_means", yes)]


def say_topic(topic: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> None:
    """Says the side of a topic that was asked, the whole answer, or, when all was said, that it was."""
    reading, said = reading_of(tracker), _said(tracker)
    part = _passage(topic, tracker) or _part(topic, said, tracker)
    if part is not None and (part.key not in said or len(part.text) <= _SHORT):
        _say(part, dispatcher, tracker)
        return
    if part is not None and (only := _of_what_was_said(part, topic, tracker)) is not None:
        _say(only, dispatcher, tracker)
        return
    book = book_of(tracker)
    whole, default = book.whole(topic, said), f"utter_facet_{reading.get('facet')}"
    own = book.facet_of(topic, str(reading.get("facet") or "")) is not None and is_subject(topic)
    has_default = reading.get("facet") and default in domain.get("responses", {}) and default not in said and not own
    fresh = reading.get("before") != topic
    short = is_subject(topic) and spoken(tracker) != DEFAULT and topic in said and not reading.get("facet")
    if whole is not None and not short and ((fresh and whole.key == topic) or not has_default):
        _say(whole, dispatcher, tracker)
    elif has_default:
        dispatcher.utter_message(response=default)
    elif is_subject(topic) and spoken(tracker) != DEFAULT and reading.get("facet") != "again":
        if (rest := book.rest(topic, said)) is not None and topic in said:
            _say(rest, dispatcher, tracker)
            return
        # In other languages a subject has less to say; its name is for showing it at an office.
        name = context.current().book(DEFAULT).title(topic)
        dispatcher.utter_message(response="utter_subject_in_short", name=name)
    elif (gist := book.side(topic, "again", ())) is not None and reading.get("facet") != "again":
        _say(gist, dispatcher, tracker)
    else:
        dispatcher.utter_message(response="utter_said_before")


def condole(dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> None:
    """Puts a word of condolence before an answer to somebody who has just told of a death, if it has none itself."""
    known_before = tracked.memory_of(tracker).get("facts") or ()
    if "for_dead" not in (reading_of(tracker).get("told") or ()) or "for_dead" in known_before:
        return
    words = variant(domain["responses"]["utter_condolence"], spoken(tracker))["text"]
    begins = " ".join(words.split()[:_CONDOLES])
    if not any(begins in str(message.get("text") or "") for message in dispatcher.messages):
        dispatcher.utter_message(response="utter_condolence")
        dispatcher.messages.insert(0, dispatcher.messages.pop())


def say_also(dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> None:
    """Says what may have been meant as well, where that is short and something else; the first answer's buttons stay.

    The answer that it stands beside is the last that was said.
    """
    topic, _, facet = str(reading_of(tracker).get("also") or "").partition("#")
    book, first = book_of(tracker), _last_said(dispatcher, domain, spoken(tracker))
    part = (book.side(topic, facet, ()) if facet else book.whole(topic, ())) if topic and first else None
    if part is None or part.text == first["text"] or len(first["text"]) + len(part.text) > _LONGEST_TWO:
        return
    title = book.title(topic) if topic != reading_of(tracker).get("topic") else ""
    words = {"about": title, "also": filled(part.text, tracker)}
    named = "utter_also_about" if title else "utter_also"
    dispatcher.utter_message(response=named, buttons=first["buttons"], said=part.key, **words)


def _last_said(dispatcher: CollectingDispatcher, domain: dict[str, Any], language: str) -> dict[str, Any]:
    """Returns text and buttons of the last message; {} if there is none."""
    said = dispatcher.messages[-1] if dispatcher.messages else {}
    template = variant(domain.get("responses", {}).get(said.get("response"), ()), language)
    text = said.get("text") or template.get("text")
    return {"text": text, "buttons": said.get("buttons") or template.get("buttons") or []} if text else {}


#: So many words say that somebody is sorry, whoever is condoled.
_CONDOLES = 4
#: Two answers together take no more characters than a long one.
_LONGEST_TWO = 640
#: A text of so many characters may be said again word for word.
_SHORT = 150


def _said(tracker: Tracker) -> frozenset[str]:
    return frozenset(tracked.memory_of(tracker).get("said") or ())


def _passage(topic: str, tracker: Tracker) -> Part | None:
    """Returns what of a subject goes on from what was said of it, by the words of the question."""
    reading, book = reading_of(tracker), book_of(tracker)
    follows = reading.get("rule") in GOES_ON and reading.get("before") == topic
    question = _question(tracker)
    if reading.get("rule") == FIRST and not reading.get("facet"):
        return book.clearest(topic, question)
    if not follows or not is_subject(topic):
        return None
    with_side = bool(reading.get("facet")) and book.facet_of(topic, str(reading["facet"])) is not None
    return book.passage(topic, question, _said(tracker), with_side)


def _of_what_was_said(part: Part, topic: str, tracker: Tracker) -> Part | None:
    """Returns the clause of a subject's text that a question comes back to ("hộ nghèo thì sao"); None if none is."""
    if not is_subject(topic):
        return None
    book, question = book_of(tracker), _question(tracker)
    only = book.particular(replace(part, text=filled(part.text, tracker)), question)
    if only is None and reading_of(tracker).get("rule") == WHAT_OF:
        only = book.passage(topic, question, _said(tracker), with_side=False)
    return only


def _question(tracker: Tracker) -> str:
    return str(tracker.latest_message.get("text") or "")


def _part(topic: str, said: frozenset[str], tracker: Tracker) -> Part | None:
    """Returns what answers the reading; None if the topic has no such side."""
    reading, memory = reading_of(tracker), tracked.memory_of(tracker)
    book, facet = book_of(tracker), str(reading.get("facet") or "")
    same = reading.get("before") == topic
    last = int(memory.get("step") or 0) if same else 0
    if facet == "step":
        return book.step(topic, int(reading.get("step") or last or 1))
    if facet == "where" and last and (place := book.step_place(topic, last)):
        return place
    short = topic in said and is_subject(topic) and book.language != DEFAULT
    further = not facet or (facet == "again" and english.wants_more(_question(tracker).lower()))
    if short and further and (rest := book.rest(topic, said)) is not None:
        return rest
    return book.side(topic, facet, said, last) if facet else book.whole(topic, said)


def _say(part: Part, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    text, shown = filled(part.text, tracker), part.beside
    dispatcher.utter_message(
        text=text, image=shown.get("image"), json_message=shown.get("custom"), buttons=buttons(part.buttons, tracker),
        said=part.key, step=part.step,
    )  # fmt: skip
