"""One hook of the platform, one transaction: the event into the inbox, the step as its turn, where the call stands.

A hook that comes again finds the step taken and gets the same answer; one of an earlier step gets none. What a crash
leaves is the step before, and the platform asks again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from assistant.desk import handover
from assistant.messages import inbox
from assistant.messages.events import PULLED, Event, Reply, Turn
from assistant.messages.turns import Claimed, run_turn
from connectors.phone import callbacks, flow, metrics, texts
from connectors.phone.callers import Caller
from connectors.phone.line import Connection, Line
from connectors.phone.records import CHANNEL, Calls, Kept, address_of, conversation_of
from connectors.phone.steps import Answer, Heard
from connectors.phone.steps import Line as Said
from connectors.phone.texts import Spoken
from connectors.phone.world import StepWorld

KEYS = "#phone/keys"


class Replayed(Exception):
    """A hook of a step that is long over, or of another call."""


@dataclass(frozen=True)
class Told:
    """An answer for the platform: what the voice says, what comes then, and the step that follows."""

    conversation: str
    step: int
    lines: tuple[Spoken, ...]
    answer: Answer


class CallTurns:
    """Takes hooks; each method opens a connection of its own and is one transaction."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def begins(self, call: str, caller: Caller) -> Told:
        """Answers a call that comes in."""
        conversation = conversation_of(call, self._line.vault)
        known = address_of(caller.number, self._line.vault) if caller.number else ""
        with self._line.connect() as connection:
            Calls(connection, self._line.vault).begin(conversation, known, "in")
            return self._take(connection, conversation, 0, Heard("begins"), caller)

    def rings_back(self, call: str, name: str, rung: str) -> Told:
        """Answers a call of ours that was taken; `rung` is the number as the platform names it.

        Raises:
            Replayed: if nobody was to be rung there.
        """
        conversation = conversation_of(call, self._line.vault)
        with self._line.connect() as connection:
            due = callbacks.taken(connection, self._line.vault, name, conversation)
            if due is None or due[0] != rung:
                raise Replayed
            calls = Calls(connection, self._line.vault)
            calls.begin(conversation, address_of(rung, self._line.vault), "back")
            return self._take(connection, conversation, 0, Heard("begins"), Caller("mobile", rung), due[1])

    def step(self, call: str, name: str, step: int, heard: Heard) -> Told:
        """Answers a step.

        Raises:
            Replayed: if the token is not this call's, or of a step that is over.
        """
        conversation = conversation_of(call, self._line.vault)
        if conversation != f"{CHANNEL}:{name}":
            raise Replayed
        with self._line.connect() as connection:
            return self._take(connection, conversation, step, heard)

    def ended(self, call: str, by: str, seconds: int | None) -> None:
        """Notes that a call is over."""
        conversation = conversation_of(call, self._line.vault)
        with self._line.connect() as connection:
            state = Calls(connection, self._line.vault).end(conversation, by, seconds)
            callbacks.hung_up(connection, conversation)
            handover.over(connection, conversation)
        if state is not None:
            metrics.ended.labels(state.direction, state.node or "menu", state.result or "none").inc()
            metrics.seconds.observe(seconds or 0)

    def not_reached(self, name: str, attempt: int, why: str) -> None:
        """Notes that a number that was rung did not take the call."""
        with self._line.connect() as connection:
            callbacks.not_reached(connection, name, attempt, self._line.described.retry_hours, why)

    def _take(
        self, connection: Connection, conversation: str, step: int, heard: Heard, caller: Caller | None = None,
        reset_id: str = "",
    ) -> Told:  # fmt: skip
        call = Calls(connection, self._line.vault).hold(conversation)
        if call is None:
            raise Replayed
        if call.said and (step == call.step - 1 or (step == call.step and heard.what == "lost")):
            return self._again(call, heard)
        if step != call.step or call.ended:
            raise Replayed
        if caller is not None:
            call.state.caller, call.secrets.number = caller.kind, caller.number
            call.state.direction, call.state.reset = ("back" if reset_id else "in"), reset_id
        return self._answer(connection, call, heard)

    def _again(self, call: Kept, heard: Heard) -> Told:
        assert call.said
        before = (Said("resumed"),) if heard.what == "lost" else ()
        return self._told(call, Answer((*before, *call.said.lines), call.said.ask, call.said.through))

    def _answer(self, connection: Connection, call: Kept, heard: Heard) -> Told:
        event = _event(call, heard)
        inbox.accept_within(connection, event, self._line.vault)
        engine = _Step(self._line, call, heard)
        run_turn(connection, call.conversation, engine, PULLED)
        engine.unless_run(connection, event)
        Calls(connection, self._line.vault).keep(call, engine.answer)
        call.step += 1
        metrics.steps.labels(call.state.direction, call.state.node, heard.what).inc()
        return self._told(call, engine.answer)

    def _told(self, call: Kept, answer: Answer) -> Told:
        lines = tuple(texts.spoken(answer.lines, call.secrets))
        return Told(call.conversation, call.step, lines, answer)


class _Step:
    """A step as the engine of its turn (assistant.messages.turns.Engine)."""

    model = "phone"
    release: int | None = None

    def __init__(self, line: Line, call: Kept, heard: Heard) -> None:
        self._line = line
        self._call = call
        self._heard = heard
        self.answer = Answer((Said("sorry"),))
        self._ran = False

    def handle(self, claimed: Claimed, connection: Connection) -> Turn:
        """Runs the step."""
        self._ran = True
        world = StepWorld(self._line, connection, self._call, claimed)
        self.answer = flow.next_step(self._call.state, self._call.secrets, self._heard, world)
        said = (Reply(texts.shown(self.answer.lines)),)
        done = [f"phone_{line.name}" for line in self.answer.lines]
        if world.turn is None:
            return Turn(said, claimed.tracker, None, None, actions=done, language=claimed.language)
        return replace(world.turn, replies=said, actions=[*world.turn.actions, *done])

    def unless_run(self, connection: Connection, event: Event) -> None:
        """Runs the step where staff have the conversation on their screen: the call still stands somewhere."""
        if not self._ran:
            self.handle(Claimed(self._call.conversation, CHANNEL, [], 0, event.event_id, event.kind, {}), connection)

    def apology(self, language: str) -> Reply:
        """Returns what is said when a step cannot be run."""
        self._ran = True
        return Reply(texts.shown(self.answer.lines))

    def close(self) -> None:
        """Holds nothing."""


def _event(call: Kept, heard: Heard) -> Event:
    """Returns the step as an event; of digits only how many there were, of a single key which."""
    event_id = f"{call.conversation.partition(':')[2]}/{call.step}"
    if heard.what == "speech" and call.state.node == "question":
        return Event(CHANNEL, event_id, call.conversation, "text", text=heard.words)
    words = _words(heard, call.state.node)
    return Event(CHANNEL, event_id, call.conversation, "payload", text=words, payload=KEYS)


def _words(heard: Heard, node: str) -> str:
    """Returns what is kept of a step; of a code, however slowly it is typed, no key."""
    match heard.what:
        case "begins":
            return "(gọi đến)"
        case "speech":
            return "(nói câu hỏi)" if node == "leave" else "(nói mã số)"
        case "silence":
            return "(không bấm phím)"
        case "dialled":
            return "(nối máy xong)"
        case _:
            whole = node != "code" and len(heard.keys) == 1
            return f"(bấm phím {heard.keys})" if whole else f"(bấm {len(heard.keys)} phím)"
