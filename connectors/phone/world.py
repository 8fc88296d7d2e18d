"""What a step asks of the world, answered within the step's transaction (flow.World)."""

from __future__ import annotations

import datetime
from dataclasses import replace

from assistant.desk import handover, rules
from assistant.identifiers import tokens
from assistant.messages import unasked
from assistant.messages.events import Turn
from assistant.messages.turns import Claimed
from assistant.privacy import secret_links
from connectors.base.accounts import Asked, Checked
from connectors.phone import callbacks, flow, texts, voicing
from connectors.phone.flow import Answered
from connectors.phone.line import Connection
from connectors.phone.line import Line as PhoneLine
from connectors.phone.records import Calls, Kept, address_of
from connectors.phone.steps import Line

#: What key 8 is for, in words.
_RESETS = frozenset({"reset_password", "inform"})
#: Questions of one number that may wait for an answer: the calling number can be forged.
_MOST_OPEN = 3
#: What a number waits that tried too often.
_WAIT_MINUTES = 60


def _reach(line: PhoneLine) -> flow.Reach:
    if line.described.way == "sms":
        return "sms"
    return "call" if line.described.jambonz.api else ""


class StepWorld:
    """Implements `flow.World` for one step of one call."""

    def __init__(self, line: PhoneLine, connection: Connection, call: Kept, claimed: Claimed) -> None:
        self._line = line
        self._connection = connection
        self._call = call
        self._claimed = claimed
        self.turn: Turn | None = None  # of a question in words
        self.hears = line.described.jambonz.ear is not None and line.engine is not None
        self.way: flow.Way = line.described.way
        self.reach: flow.Reach = _reach(line)
        fee = line.described.fee
        self.greeted = (Line("greeting"), *((Line("fee", {"fee": voicing.in_full(fee)}),) if fee else ()))
        self.page, self.site = line.page, line.site
        self.takes_questions = self.hears and line.written_to is not None and call.state.caller == "mobile"
        self.code_minutes = line.accounts.code_minutes

    def answer(self, words: str) -> Answered:
        """Answers a question in words; what the dialogue would ask for in writing is asked for by keys."""
        assert self._line.engine
        self.turn = self._line.engine().handle(self._claimed, self._connection)
        intent = self.turn.intent or ""
        if intent in _RESETS:
            self.turn = replace(self.turn, tracker=self._claimed.tracker)
            return Answered("reset")
        if intent == "ask_human":
            return Answered("person")
        if intent == "nlu_fallback":
            return Answered("unclear")
        # What is told of one's situation is of a topic, too.
        reading = self.turn.reading or {}
        topic, facet = str(reading.get("topic") or intent), str(reading.get("facet") or "")
        text = voicing.voiced(topic, facet, (reply.text for reply in self.turn.replies))
        return Answered("answer", text) if text else Answered("elsewhere")

    def check(self, code: str) -> Checked:
        """Checks the code with the calling number, within the limits of that number."""
        number = self._call.secrets.number
        address = address_of(number, self._line.vault)
        most = self._line.described.checks_of_a_number_an_hour
        spent = Calls(self._connection, self._line.vault).wrong_of(address) >= most
        if spent and not self.reach:
            return Checked("too_many", _WAIT_MINUTES)
        asked = Asked(self._call.conversation, self._claimed.event_id, code, number, address)
        checked = self._line.accounts.check(self._connection, asked)
        # Whoever forges the number spends its tries: its owner still gets through, and nobody is told a match.
        hidden = spent and checked.result in ("started", "not_matched", "limited", "too_many")
        return Checked("unsaid", reset_id=checked.reset_id) if hidden else checked

    def may_reach(self) -> bool:
        """Tells whether one more call back, or text message, is within the day's cap."""
        return callbacks.made_today(self._connection) < self._line.described.callbacks_a_day

    def reach_number(self, reset_id: str) -> None:
        """Has the number rung back, or sends the code to it."""
        number, vault = self._call.secrets.number, self._line.vault
        if self.reach == "call":
            callbacks.ask(self._connection, vault, self._call.conversation, reset_id, number)
            return
        assert self._line.written_to
        callbacks.sent(self._connection, self._call.conversation, reset_id)
        code = self._line.accounts.new_code(self._connection, reset_id)
        reached = self._line.written_to(self._connection, number)
        hidden = secret_links.hide(self._connection, vault, reached, code)
        values = {"sms": hidden, "minutes": str(self.code_minutes), "link": self._line.code_page}
        unasked.send(self._connection, reached, texts.filled("sms_code", values))

    def new_code(self, reset_id: str) -> str:
        """Returns a one-time code; whoever was to be rung back has been."""
        if self._call.state.direction == "back":
            callbacks.told(self._connection, self._call.conversation)
        return self._line.accounts.new_code(self._connection, reset_id)

    def call_off(self, reset_id: str) -> None:
        """Ends a reset that the person did not ask for."""
        callbacks.told(self._connection, self._call.conversation)
        self._line.accounts.call_off(self._connection, reset_id)

    @property
    def hours(self) -> str:
        """When people are at the desk, as it is said."""
        return rules.in_force(self._connection, self._line.desk).hours_said

    def put_through(self) -> bool:
        """Tells whether the desk takes calls now; puts the conversation before whoever is there."""
        desk = rules.in_force(self._connection, self._line.desk)
        if not self._line.described.desk or not desk.in_hours(datetime.datetime.now(datetime.UTC)):
            return False
        handover.ask(self._connection, self._call.conversation, "asked", self._line.desk)
        return True

    def leave_question(self, question: str) -> str:
        """Keeps a question under the conversation that reaches the number in writing; says the day of its answer."""
        assert self._line.written_to
        reached = self._line.written_to(self._connection, self._call.secrets.number)
        kept = tokens.protect(question, reached, self._line.vault.token_key)
        if handover.open_questions(self._connection, reached) >= _MOST_OPEN:
            return ""
        left = handover.leave_question(self._connection, reached, kept.text, self._line.desk)
        return f"{left.day.day} tháng {left.day.month}"
