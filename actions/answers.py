"""Actions outside the form: FAQ answers, guesses, a plain "yes"."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet, UserUtteranceReverted
from rasa_sdk.executor import CollectingDispatcher

from actions import pending, texts
from actions.reset import FORM
from assistant.dialogue import context

#: Topics that, said while the form asks for phone or e-mail, mean "I no longer have it".
_CONTACT_GONE = frozenset({"faq/lost_phone", "faq/change_email", "faq/change_phone"})
_OFFICE = "faq/office"
_GUESSES = 3
#: A guess below this is not worth a button.
_FAINTEST = 0.04


class AnswerFaq(Action):
    """Answers the topic that was recognised."""

    def name(self) -> str:
        return "action_faq"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        selector = tracker.latest_message.get("response_selector") or {}
        topic = selector.get("faq", {}).get("response", {}).get("intent_response_key", "")
        asked_contact = tracker.active_loop.get("name") == FORM and tracker.get_slot("requested_slot") == "contact"
        if asked_contact and topic in _CONTACT_GONE:
            return [SlotSet("problem", "lost"), SlotSet("misses", 0), SlotSet("yes_means", None)]
        texts.name_signs(dispatcher, tracker, domain)
        if topic != _OFFICE or not self._say_office(dispatcher, tracker):
            dispatcher.utter_message(response=f"utter_{topic}")
        pending.repeat(dispatcher, tracker)
        return [SlotSet("misses", 0), SlotSet("yes_means", None)]

    @staticmethod
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


class Fallback(Action):
    """Not understood: first offers the likeliest meanings, then asks to rephrase, then shows a way out."""

    def name(self) -> str:
        return "action_fallback"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        misses = int(tracker.get_slot("misses") or 0)
        if misses < 2 and pending.repeat(dispatcher, tracker, "utter_pending_not_understood"):
            return [SlotSet("misses", misses + 1)]
        guesses = self._guesses(tracker) if misses == 0 else []
        if guesses:
            dispatcher.utter_message(response="utter_fallback_guess", buttons=guesses)
        elif misses < 2:
            dispatcher.utter_message(response="utter_fallback_rephrase")
        else:
            dispatcher.utter_message(response="utter_fallback_give_up")
        meant = guesses[0]["payload"] if guesses else None
        return [SlotSet("misses", misses + 1), SlotSet("yes_means", meant)]

    @staticmethod
    def _guesses(tracker: Tracker) -> list[dict[str, str]]:
        titles = context.current().titles
        ranking = tracker.latest_message.get("intent_ranking") or []
        asked = titles.keys() - {"cancel", "more"}  # nobody asks about stopping
        likely = [g["name"] for g in ranking if g["name"] in asked and g["confidence"] >= _FAINTEST][:_GUESSES]
        return [{"title": titles[name], "payload": f"#{name}"} for name in likely]


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
        response = f"utter_{meant}"
        dispatcher.utter_message(response=response if response in domain.get("responses", {}) else "utter_affirm_idle")
        return forget
