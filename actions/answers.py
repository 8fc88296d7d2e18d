"""Actions outside the form: answers and their sides, ways for people, guesses, a plain "yes"."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet, UserUtteranceReverted
from rasa_sdk.executor import CollectingDispatcher

from actions import pending, speech, texts
from actions.reset import FORM, USE_KNOWN, UseKnown, resend
from assistant.content.book import Book
from assistant.dialogue import context
from assistant.reading import state as tracked
from assistant.reading.facts import LASTING
from assistant.reading.signals import ACCESS, OTHER, is_answered, is_subject, talked_about

#: Topics that, said while the form asks for phone or e-mail, mean "I no longer have it".
_CONTACT_GONE = frozenset({"faq/lost_phone", "faq/change_email", "faq/change_phone"})
_OFFICE = "faq/office"
_GUESSES = 3
#: Characters that short answers to several things may take together.
_LONGEST_LIST = 520
#: A guess below this is not worth a button.
_FAINTEST = 0.04
#: Sides that the way says which fits somebody.
_ANSWERED_BY_A_WAY = frozenset({"how", "if_no_email", "if_no_phone", "not_working", "next_step", "simpler"})
_UNDERSTOOD = [SlotSet("misses", 0), SlotSet("yes_means", None)]


def _asks_of_it(tracker: Tracker) -> bool:
    """Tells whether a side is asked that no way for people in some situation answers ("mất mấy ngày")."""
    reading = speech.reading_of(tracker)
    facet, lasting = reading.get("facet"), LASTING & set(reading.get("facts") or ())
    return bool(facet) and facet not in _ANSWERED_BY_A_WAY and not lasting


class AnswerFaq(Action):
    """Answers the topic that was recognised, or the side of it that was asked."""

    def name(self) -> str:
        return "action_faq"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        selector = tracker.latest_message.get("response_selector") or {}
        kind = str((tracker.latest_message.get("intent") or {}).get("name") or "")
        topic = selector.get(kind, {}).get("response", {}).get("intent_response_key", "")
        asked_contact = tracker.active_loop.get("name") == FORM and tracker.get_slot("requested_slot") == "contact"
        facet = speech.reading_of(tracker).get("facet")
        if asked_contact and topic in _CONTACT_GONE and not facet:
            return [SlotSet("problem", "lost"), *_UNDERSTOOD]
        texts.name_signs(dispatcher, tracker, domain)
        texts.name_old_form(dispatcher, tracker)
        if speech.reading_of(tracker).get("act") == "complains":
            dispatcher.utter_message(response="utter_sorry")
        row = speech.say_way(dispatcher, tracker, domain) if topic in ACCESS and not _asks_of_it(tracker) else None
        if row is None and not (topic == _OFFICE and _say_office(dispatcher, tracker)):
            speech.say_topic(topic, dispatcher, tracker, domain)
            speech.condole(dispatcher, tracker, domain)
        if row is None:
            speech.say_also(dispatcher, tracker, domain)
        pending.repeat(dispatcher, tracker)
        return speech.meant_by(row) if row else list(_UNDERSTOOD)


def _say_office(dispatcher: CollectingDispatcher, tracker: Tracker) -> bool:
    """Tells the office of the province that the message names; False if it names none."""
    entities = tracker.latest_message.get("entities") or []
    place = next((entity["value"] for entity in entities if entity["entity"] == "province"), None)
    office = context.current().offices.find(place) if place else None
    if office is None:
        return False
    dispatcher.utter_message(
        response="utter_office_at" if office.address else "utter_office_in",
        **{name: getattr(office, name) for name in ("name", "site", "address", "phone", "note")},
        source=office.source_line,
    )
    return True


class AnswerAbout(Action):
    """Answers a side of what is talked about: the reset, a mail of ours, what the form asks for."""

    def name(self) -> str:
        return "action_about"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reading = speech.reading_of(tracker)
        if (reading.get("topic"), reading.get("facet")) == ("mail_sent", "resend"):
            return [*_UNDERSTOOD, *resend(dispatcher, tracker, domain)]
        speech.say_topic(str(reading.get("topic") or ""), dispatcher, tracker, domain)
        speech.say_also(dispatcher, tracker, domain)
        pending.repeat(dispatcher, tracker)
        return list(_UNDERSTOOD)


class Emergency(AnswerAbout):
    """After a scam: what to do, in order, and what is asked meanwhile."""

    def name(self) -> str:
        return "action_emergency"


class Route(Action):
    """Somebody told of their situation: the way that fits them, else the topic they speak of, else the reset."""

    def name(self) -> str:
        return "action_route"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        topic = str(speech.reading_of(tracker).get("topic") or "reset")
        row = speech.say_way(dispatcher, tracker, domain)
        if speech.reading_of(tracker).get("rule") == "gives_several_codes":
            return [*_UNDERSTOOD, SlotSet("bhxh_code", None), SlotSet(tracked.TOPIC, "reset")]
        if row is None and topic == "reset":
            return [*_UNDERSTOOD, FollowupAction(FORM)]
        if row is None:
            speech.say_topic(topic, dispatcher, tracker, domain)
        pending.repeat(dispatcher, tracker)
        return speech.meant_by(row) if row else list(_UNDERSTOOD)


class Nod(Action):
    """A yes, a no or a word of assent where nothing was asked: a kind word, and nothing begins or ends."""

    def name(self) -> str:
        return "action_nod"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        dispatcher.utter_message(response="utter_nod")
        return [SlotSet("misses", 0)]


class WhichOne(Action):
    """A yes to several suggestions: asks which."""

    def name(self) -> str:
        return "action_which_one"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        offered = tracked.memory_of(tracker).get("offered") or []
        dispatcher.utter_message(response="utter_which_one", buttons=speech.buttons(offered, tracker))
        return []


def _in_short(names: list[str], book: Book) -> str:
    """Returns a numbered list of topics, each with the gist of its answer where that leaves it short enough."""
    gists = [book.side(talked_about(name), "again", ()) for name in names]
    told = [
        f"{book.title(name)}: {gist.text}" if gist else book.title(name)
        for name, gist in zip(names, gists, strict=True)
    ]
    short = sum(map(len, told)) <= _LONGEST_LIST
    return "\n".join(f"{n}. {line}" for n, line in enumerate(told if short else map(book.title, names), 1))


class Several(Action):
    """Several things at once: a short answer to each, and the choice what to go on with is the person's."""

    def name(self) -> str:
        return "action_several"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        book = speech.book_of(tracker)
        agenda = [speech.payload_of(name) for name in speech.reading_of(tracker).get("agenda") or []]
        named = [name for name in agenda if book.title(name)][:_GUESSES]
        listed = speech.filled(_in_short(named, book), tracker)
        dispatcher.utter_message(response="utter_several", things=listed, buttons=speech.buttons(named, tracker))
        return [SlotSet("misses", 0), SlotSet("yes_means", f"#{named[0]}" if named else None)]


class Fallback(Action):
    """Not understood: first offers the likeliest meanings, then asks to rephrase, then shows a way out."""

    def name(self) -> str:
        return "action_fallback"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        misses = int(tracker.get_slot("misses") or 0)
        if misses < 2 and pending.repeat(dispatcher, tracker, "utter_pending_not_understood"):
            return [SlotSet("misses", misses + 1)]
        guesses = self._guesses(tracker) if misses == 0 else []
        texts.name_old_form(dispatcher, tracker)
        if guesses:
            dispatcher.utter_message(response="utter_fallback_guess", buttons=guesses)
        elif misses < 2:
            dispatcher.utter_message(response="utter_fallback_rephrase")
        else:
            dispatcher.utter_message(response="utter_fallback_give_up")
        meant = guesses[0]["payload"] if len(guesses) == 1 else None
        return [SlotSet("misses", misses + 1), SlotSet("yes_means", meant)]

    @staticmethod
    def _guesses(tracker: Tracker) -> list[dict[str, str]]:
        titles = speech.book_of(tracker).titles
        ranking = tracker.latest_message.get("intent_ranking") or []
        asked = titles.keys() - {"cancel", "more"}  # nobody asks about stopping
        likely = [g["name"] for g in ranking if g["name"] in asked and g["confidence"] >= _FAINTEST][:_GUESSES]
        return [{"title": titles[name], "payload": f"#{name}"} for name in likely]


class NotRight(Action):
    """The person marked an answer as not what they meant: asks what they did, with what else it may have been."""

    def name(self) -> str:
        return "action_not_right"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        said, guesses = context.current().marked_wrong()
        book = speech.book_of(tracker)
        topic = book.topics.get(said)
        near = [book.payload(name) for name in topic.next] if topic else []  # where hardly anything else was likely
        asked = book.titles.keys() - {"cancel", "more", said}
        likely = dict.fromkeys(name for name in (*guesses, *near) if name in asked)
        offered = speech.buttons(list(likely)[:_GUESSES], tracker)
        person = speech.buttons(["ask_human"], tracker)
        response = "utter_not_right" if offered else "utter_not_right_rephrase"
        dispatcher.utter_message(response=response, buttons=[*offered, *person])
        return [SlotSet("misses", 0), SlotSet("yes_means", None)]


class OtherSubject(Action):
    """Another subject of social insurance: offers those it may be, else says where it is answered."""

    def name(self) -> str:
        return "action_other_bhxh"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        ranking = tracker.latest_message.get("intent_ranking") or []
        named = [guess["name"] for guess in ranking if guess["confidence"] >= _FAINTEST and is_subject(guess["name"])]
        offered = speech.buttons([name for name in named if name != OTHER][:_GUESSES], tracker)
        texts.name_old_form(dispatcher, tracker)
        if named[:1] == [OTHER] or not offered:
            dispatcher.utter_message(response="utter_other_bhxh")
        else:
            dispatcher.utter_message(response="utter_which_subject", buttons=offered)
        return [SlotSet("misses", 0), SlotSet("yes_means", offered[0]["payload"] if len(offered) == 1 else None)]


class LostThread(Action):
    """No rule covers the situation (it should not happen): asks again and stays where we were."""

    def name(self) -> str:
        return "action_lost_thread"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        dispatcher.utter_message(response="utter_fallback_rephrase")
        return [UserUtteranceReverted()]


class Affirm(Action):
    """A plain "yes": does what the last question offered."""

    def name(self) -> str:
        return "action_affirm"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        taken = pending.take(True, dispatcher, tracker)
        if taken is not None:
            return taken
        meant = str(tracker.get_slot("yes_means") or "").removeprefix("#")
        forget = [SlotSet("yes_means", None), SlotSet("misses", 0)]
        if meant == "reset_password":
            return [*forget, FollowupAction(FORM)]
        if meant == USE_KNOWN:
            return [*forget, *UseKnown().run(dispatcher, tracker, domain)]
        if is_answered(meant):
            speech.say_topic(meant, dispatcher, tracker, domain)
            return [*forget, SlotSet(tracked.TOPIC, meant)]
        response = f"utter_{meant}"
        dispatcher.utter_message(response=response if response in domain.get("responses", {}) else "utter_nod")
        return forget
