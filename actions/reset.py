"""Actions of the reset form."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from assistant.accounts.model import (
    NoEmailOnRecord,
    NotMatched,
    Outcome,
    RegistryDown,
    ResetLimitReached,
    ResetStarted,
    TooManyTries,
)
from assistant.engine import context
from assistant.privacy import tokens

LOST = "lost"
FORM = "reset_form"
#: A stop that means "once more from the start", and not "another time".
_START_OVER = re.compile(
    r"^(?!.*\b(?:mai|sau|khác|khac|không|khong|hôm|hom|bữa|bua)\b).*"
    r"(?:từ đầu|tu dau|\b(?:làm|lam|bắt đầu|bat dau|nhập|nhap|khai) (?:lại|lai)\b)",
    re.IGNORECASE | re.DOTALL,
)
_ANSWERS = ("bhxh_code", "contact", "unsure_number", "problem", "asked")


def forget(*names: str) -> list[EventType]:
    """Returns events that empty slots."""
    return [SlotSet(name, None) for name in names]


class ValidateResetForm(FormValidationAction):
    """Accepts only tokens of the right kind: whatever else stands in a slot is asked again.

    Never raises and writes nothing, since Rasa runs it on every turn of the form.
    """

    def name(self) -> str:
        return f"validate_{FORM}"

    def validate_bhxh_code(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        kind = tokens.kind_of(str(value))
        return {"bhxh_code": value if kind in ("bhxh_code", "phone_or_code", "card", "cccd") else None}

    def validate_contact(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        kind = tokens.kind_of(str(value))
        return {"contact": value if value == LOST or kind in ("phone", "phone_or_code", "email") else None}


class _Ask(Action):
    """Asks for a slot: in full the first time, shortly later, and after a problem by its name."""

    slot: str

    def name(self) -> str:
        return f"action_ask_{self.slot}"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        problem, length = (tracker.get_slot("problem") or ":").partition(":")[::2]
        if not problem and self.slot == "bhxh_code" == tracker.get_slot("asked"):
            # Phone or e-mail came in place of the code: say that it is kept.
            given = {entity["entity"] for entity in tracker.latest_message.get("entities", [])}
            problem = next((kind for kind in ("phone", "email") if kind in given), "")
        short = self.slot.removeprefix("bhxh_")
        named = f"utter_{short}_problem_{problem}"
        if problem and named in domain.get("responses", {}):
            dispatcher.utter_message(response=named, length=length)
        elif tracker.get_slot("asked") == self.slot:
            dispatcher.utter_message(response=f"utter_ask_{self.slot}_again")
        else:
            dispatcher.utter_message(response=f"utter_ask_{self.slot}", privacy_url=context.current().privacy_url)
        understood = tracker.latest_message["intent"]["name"] != "nlu_fallback"
        return [
            SlotSet("asked", self.slot),
            SlotSet("problem", None),
            *([SlotSet("misses", 0)] if understood else []),
        ]


class AskCode(_Ask):
    slot = "bhxh_code"


class AskContact(_Ask):
    slot = "contact"


class NoteNumber(Action):
    """Remembers why the last answer did not do, for the next question to say."""

    def name(self) -> str:
        return "action_note_number"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        found = {entity["entity"]: entity["value"] for entity in tracker.latest_message.get("entities", [])}
        asked_contact = tracker.get_slot("requested_slot") == "contact"
        if "unsure_number" in found:
            return [SlotSet("problem", "unsure")]
        if "odd_number" in found or ("cmnd" in found and asked_contact):
            number = context.current().reveal(found.get("odd_number") or found["cmnd"]) or ""
            return [SlotSet("problem", f"length:{len(number)}")]
        if "cmnd" in found:
            return [SlotSet("problem", "cmnd")]
        if asked_contact and "@" in str(tracker.latest_message.get("text")) and "email" not in found:
            return [SlotSet("problem", "email")]
        if not found and tracker.latest_message["intent"]["name"] == "deny":
            # "No" may mean lost, not at hand, wrong or not willing: the answer helps with each.
            return [SlotSet("problem", "missing")]
        return []


class InformIdle(Action):
    """A number that nobody asked for: offers the reset, which a plain "yes" then starts."""

    def name(self) -> str:
        return "action_inform_idle"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        dispatcher.utter_message(response="utter_inform_idle")
        return [SlotSet("yes_means", "#reset_password"), SlotSet("misses", 0)]


class SettleNumber(Action):
    """The person said what the ten digits were."""

    def name(self) -> str:
        return "action_settle_number"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        number = tracker.get_slot("unsure_number")
        if not number:
            return []
        if tracker.latest_message["intent"]["name"] == "as_code":
            return [SlotSet("bhxh_code", number), SlotSet("unsure_number", None)]
        return [SlotSet("contact", number), SlotSet("unsure_number", None), SlotSet("problem", "phone")]


class RequestReset(Action):
    """Both answers are there: check them and say what comes next."""

    def name(self) -> str:
        return "action_request_reset"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        code, contact = tracker.get_slot("bhxh_code"), tracker.get_slot("contact")
        if contact == LOST:
            dispatcher.utter_message(response="utter_reset_lost_contact")
            return forget(*_ANSWERS)
        outcome = context.current().request_reset(str(code), str(contact))
        if outcome is None:  # the values have expired: ask again rather than guess
            return [*forget(*_ANSWERS), *_reopen("bhxh_code")]
        _say(outcome, dispatcher)
        if isinstance(outcome, NotMatched):
            return [*forget("contact", "asked"), SlotSet("problem", "retry"), *_reopen("contact")]
        return forget(*_ANSWERS)


def _reopen(slot: str) -> list[EventType]:
    """Returns events that let the form go on at `slot`.

    Not a fresh activation: that would read the answer just refused out of the message again.
    """
    return [ActiveLoop(FORM), SlotSet("requested_slot", slot)]


def _say(outcome: Outcome, dispatcher: CollectingDispatcher) -> None:
    limits = context.current().limits
    match outcome:
        case ResetStarted(masked_email):
            hours = int(limits.link_lives.total_seconds() // 3600)
            dispatcher.utter_message(response="utter_reset_sent", masked_email=masked_email, hours=str(hours))
        case ResetLimitReached(masked_email):
            dispatcher.utter_message(response="utter_reset_limit", masked_email=masked_email)
        case NoEmailOnRecord():
            dispatcher.utter_message(response="utter_reset_no_email")
        case NotMatched(tries_left):
            dispatcher.utter_message(response="utter_reset_not_matched", tries_left=str(tries_left))
        case TooManyTries(minutes):
            dispatcher.utter_message(response="utter_reset_too_many", minutes=str(minutes))
        case RegistryDown():
            dispatcher.utter_message(response="utter_reset_unavailable")


class Cancel(Action):
    """Stops the form and forgets what was given."""

    def name(self) -> str:
        return "action_cancel"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        stopped: list[EventType] = [*forget(*_ANSWERS), SlotSet("requested_slot", None)]
        if _START_OVER.search(str(tracker.latest_message.get("text") or "")):
            dispatcher.utter_message(response="utter_start_over")
            return [*stopped, FollowupAction(FORM)]
        dispatcher.utter_message(response="utter_cancelled")
        return stopped
