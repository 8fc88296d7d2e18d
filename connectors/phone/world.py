"""What a step asks of the world, answered within the step's transaction (flow.World)."""

from __future__ import annotations

import datetime
from dataclasses import replace

from assistant.desk import handover
from assistant.messages.events import Turn
from assistant.messages.turns import Claimed
from connectors.base.accounts import Asked, Checked
from connectors.phone import callbacks, flow, voicing
from connectors.phone.flow import Answered
from connectors.phone.line import Connection
from connectors.phone.line import Line as PhoneLine
from connectors.phone.records import Calls, Kept, address_of
from connectors.phone.steps import Line

#: What key 8 is for, in words.
_RESETS = frozenset({"reset_password", "inform"})
#: What a number waits that tried too often.
_WAIT_MINUTES = 60


class StepWorld:
    """Implements `flow.World` for one step of one call."""

    def __init__(self, line: PhoneLine, connection: Connection, call: Kept, claimed: Claimed) -> None:
        self._line = line
        self._connection = connection
        self._call = call
        self._claimed = claimed
        self.turn: Turn | None = None  # of a question in words
        self.rings = line.described.jambonz.api is not None
        self.hears = line.described.jambonz.ear is not None and line.engine is not None
        self.way: flow.Way = line.described.way
        fee = line.described.fee
        self.greeted = (Line("greeting"), *((Line("fee", {"fee": fee}),) if fee else ()))
        self.page, self.site, self.hours = line.page, line.site, line.desk.hours_said
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
        topic = str((self.turn.reading or {}).get("topic") or intent)
        text = voicing.voiced(topic, (reply.text for reply in self.turn.replies))
        return Answered("answer", text) if text else Answered("elsewhere")

    def check(self, code: str) -> Checked:
        """Checks the code with the calling number, within the limits of that number."""
        number = self._call.secrets.number
        address = address_of(number, self._line.vault)
        most = self._line.described.checks_of_a_number_an_hour
        spent = Calls(self._connection, self._line.vault).wrong_of(address) >= most
        if spent and not self.rings:
            return Checked("too_many", _WAIT_MINUTES)
        asked = Asked(self._call.conversation, self._claimed.event_id, code, number, address)
        checked = self._line.accounts.check(self._connection, asked)
        # Whoever forges the number spends its tries: its owner still gets through, and nobody is told a match.
        hidden = spent and checked.result in ("started", "not_matched", "limited", "too_many")
        return Checked("unsaid", reset_id=checked.reset_id) if hidden else checked

    def may_ring_back(self) -> bool:
        """Tells whether one more call back is within the day's cap."""
        return callbacks.made_today(self._connection) < self._line.described.callbacks_a_day

    def ring_back(self, reset_id: str) -> None:
        """Has the number rung back."""
        number, vault = self._call.secrets.number, self._line.vault
        callbacks.ask(self._connection, vault, self._call.conversation, reset_id, number)

    def new_code(self, reset_id: str) -> str:
        """Returns a one-time code; whoever was to be rung back has been."""
        if self._call.state.direction == "back":
            callbacks.told(self._connection, self._call.conversation)
        return self._line.accounts.new_code(self._connection, reset_id)

    def call_off(self, reset_id: str) -> None:
        """Ends a reset that the person did not ask for."""
        callbacks.told(self._connection, self._call.conversation)
        self._line.accounts.call_off(self._connection, reset_id)

    def put_through(self) -> bool:
        """Tells whether the desk takes calls now; puts the conversation before whoever is there."""
        open_now = self._line.desk.in_hours(datetime.datetime.now(datetime.UTC))
        if not self._line.described.desk or not open_now:
            return False
        handover.ask(self._connection, self._call.conversation, "asked", self._line.desk)
        return True
