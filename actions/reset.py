"""Actions of the reset form."""

from __future__ import annotations

import itertools
import re
from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import choices
from actions.speech import spoken
from assistant.accounts.model import (
    BreakerOpen,
    NoEmailOnRecord,
    NotMatched,
    Outcome,
    RegistryDown,
    ResetLimitReached,
    ResetStarted,
    SignInFirst,
    TooManyTries,
    Unsaid,
)
from assistant.content.responses import variant
from assistant.dialogue import context
from assistant.identifiers import tokens
from assistant.reading import state as tracked

LOST = "lost"
FORM = "reset_form"
#: A stop that means "once more from the start", and not "another time".
_START_OVER = re.compile(
    r"^(?!.*\b(?:mai|sau|khác|khac|không|khong|hôm|hom|bữa|bua)\b).*"
    r"(?:từ đầu|tu dau|\b(?:làm|lam|bắt đầu|bat dau|nhập|nhap|khai) (?:lại|lai)\b)",
    re.IGNORECASE | re.DOTALL,
)
_LAST_DIGITS = 3
_ANSWERS = ("bhxh_code", "contact", "unsure_number", "problem", "asked", "refused", "choices", "later")


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
        if kind not in ("bhxh_code", "phone_or_code", "card", "cccd"):
            return {"bhxh_code": None}
        code, _, contact = str(tracker.get_slot("refused") or "").partition(" ")
        if contact and value != code and not tracker.get_slot("contact"):
            # Only the code was wrong: it is checked with the contact that was given before.
            return {"bhxh_code": value, "contact": contact}
        return {"bhxh_code": value}

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
        if choices.ask(dispatcher, tracker, self.slot):
            return [SlotSet("asked", self.slot), SlotSet("problem", None), SlotSet("misses", 0)]
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
            language = spoken(tracker)
            told = context.current().privacy_url(language)
            dispatcher.utter_message(response=f"utter_ask_{self.slot}", privacy_url=told)
            self._note_told(domain, language)
        understood = tracker.latest_message["intent"]["name"] != "nlu_fallback"
        return [
            SlotSet("asked", self.slot),
            SlotSet("problem", None),
            *([SlotSet("misses", 0)] if understood else []),
        ]

    def _note_told(self, domain: dict[str, Any], language: str) -> None:
        """Does what follows from the words of the question."""


class AskCode(_Ask):
    slot = "bhxh_code"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        if not context.current().may_check:
            return [SlotSet("requested_slot", None)]  # ends the form, nothing is asked for; what follows says why
        return super().run(dispatcher, tracker, domain)

    def _note_told(self, domain: dict[str, Any], language: str) -> None:
        """Records that the person was told what is kept: the question for the code says so."""
        if notice := variant(domain["responses"].get("utter_privacy_notice") or (), language):
            context.current().tell_notice(str(notice["text"]), language)


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
        if choices.ask(dispatcher, tracker):
            return [SlotSet("yes_means", None), SlotSet("misses", 0)]
        dispatcher.utter_message(response="utter_inform_idle")
        known = " ".join(filter(None, (tracker.get_slot("bhxh_code"), tracker.get_slot("contact"))))
        return [SlotSet("yes_means", "#reset_password"), SlotSet("known", known or None), SlotSet("misses", 0)]


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
    """Both answers are there: check them and say what comes next.

    What was given before for something else is used for a reset only once the person has said so.
    """

    def name(self) -> str:
        return "action_request_reset"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        code, contact = tracker.get_slot("bhxh_code"), tracker.get_slot("contact")
        if context.current().may_check and contact != LOST and _given_for_something_else(tracker, code, contact):
            ends = (context.current().reveal(str(code)) or "")[-_LAST_DIGITS:]
            dispatcher.utter_message(response="utter_reset_known", ends=ends)
            kept = [SlotSet("known", f"{code} {contact}"), SlotSet("yes_means", f"#{USE_KNOWN}")]
            return [*forget(*_ANSWERS), *kept]
        return self._check(code, contact, dispatcher, tracker, domain)

    def _check(
        self, code: Any, contact: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        if not context.current().may_check:
            _say(SignInFirst(), dispatcher, tracker, domain)
            return forget(*_ANSWERS)
        if contact == LOST:
            dispatcher.utter_message(response="utter_reset_lost_contact")
            return forget(*_ANSWERS)
        outcome = context.current().request_reset(str(code), str(contact), spoken(tracker))
        if outcome is None:  # the values have expired: ask again rather than guess
            return [*forget(*_ANSWERS), *_reopen("bhxh_code")]
        _say(outcome, dispatcher, tracker, domain)
        left = [SlotSet(tracked.TOPIC, _LEAVES[type(outcome)])] if type(outcome) in _LEAVES else []
        if isinstance(outcome, NotMatched):
            refused = SlotSet("refused", f"{code} {contact}")
            return [*forget("contact", "asked"), refused, SlotSet("problem", "retry"), *left, *_reopen("contact")]
        last = SlotSet("last_reset", f"{code} {contact}")
        return [*forget("known", *_ANSWERS), last, *left, *choices.offer_next(dispatcher, tracker)]


USE_KNOWN = "use_known"


class UseKnown(RequestReset):
    """The person said that what they gave before is for the reset, too."""

    def name(self) -> str:
        return "action_use_known"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        code, _, contact = str(tracker.get_slot("known") or "").partition(" ")
        if not contact:
            return [FollowupAction(FORM)]
        return [SlotSet("yes_means", None), *self._check(code, contact, dispatcher, tracker, domain)]


def _given_for_something_else(tracker: Tracker, code: Any, contact: Any) -> bool:
    """Tells whether the reset begins in this turn with values that came before it, and that nobody spoke of since."""
    turn = itertools.takewhile(lambda event: event["event"] != "user", reversed(tracker.events))
    if not any(event["event"] == "active_loop" and event.get("name") == FORM for event in turn):
        return False  # it was under way, and the values are its answers
    if str(tracker.latest_message["intent"]["name"]).startswith("pick_"):
        return False  # chosen just now, as the account to do
    said = [str(entity["value"]) for entity in tracker.latest_message.get("entities", [])]
    spoken_of = {*" ".join(said).split(), *str(tracker.get_slot("known") or "").split()}
    return not {str(code), str(contact)} <= spoken_of


#: What the conversation is about after an outcome (data/situations).
_LEAVES: dict[type, str] = {
    ResetStarted: "mail_sent",
    ResetLimitReached: "mail_sent",
    NoEmailOnRecord: "no_email_on_record",
    NotMatched: "not_matched",
    TooManyTries: "locked_out",
    Unsaid: "reset",  # what was said of an earlier try is not true of this one
}


def resend(dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
    """Sends the letter once more, within the limits; asks for the data again where they have expired."""
    code, _, contact = str(tracker.get_slot("last_reset") or "").partition(" ")
    outcome = context.current().request_reset(code, contact, spoken(tracker)) if contact else None
    if outcome is None:
        return [FollowupAction(FORM)]
    _say(outcome, dispatcher, tracker, domain)
    return [SlotSet(tracked.TOPIC, _LEAVES[type(outcome)])] if type(outcome) in _LEAVES else []


def _reopen(slot: str) -> list[EventType]:
    """Returns events that let the form go on at `slot`.

    Not a fresh activation: that would read the answer just refused out of the message again.
    """
    return [ActiveLoop(FORM), SlotSet("requested_slot", slot)]


def _say(outcome: Outcome, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> None:
    language = spoken(tracker)
    match outcome:
        case ResetStarted(masked_email):
            lives = _time(context.current().limits.link_minutes, domain, language)
            dispatcher.utter_message(response="utter_reset_sent", masked_email=masked_email, lives=lives)
        case ResetLimitReached(masked_email, link_minutes, wait_minutes):
            dispatcher.utter_message(
                response="utter_reset_limit_link" if link_minutes else "utter_reset_limit",
                masked_email=masked_email,
                link_lives=_time(link_minutes, domain, language),
                wait=_time(wait_minutes, domain, language),
            )
        case NoEmailOnRecord():
            dispatcher.utter_message(response="utter_reset_no_email")
        case NotMatched(tries_left):
            dispatcher.utter_message(response="utter_reset_not_matched", tries_left=str(tries_left))
        case TooManyTries(minutes):
            dispatcher.utter_message(response="utter_reset_too_many", wait=_time(minutes, domain, language))
        case Unsaid():
            dispatcher.utter_message(response="utter_reset_unsaid")
        case SignInFirst():
            dispatcher.utter_message(response="utter_reset_sign_in_first")
        case BreakerOpen():
            dispatcher.utter_message(response="utter_reset_paused")
        case RegistryDown():
            dispatcher.utter_message(response="utter_reset_unavailable")


def _time(minutes: int, domain: dict[str, Any], language: str) -> str:
    """Returns a time in the words of domain.yml; what is longer than ninety minutes in hours, rounded up."""
    in_hours = minutes > 90 or (minutes and minutes % 60 == 0)
    name, number = ("utter_in_hours", -(-minutes // 60)) if in_hours else ("utter_in_minutes", minutes)
    return str(variant(domain["responses"][name], language)["text"]).format(number=number)


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
