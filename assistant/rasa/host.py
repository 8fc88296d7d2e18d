"""Holds the trained model and answers events with it; the only place that drives Rasa's engine."""

from __future__ import annotations

import asyncio
import datetime
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg

from assistant.rasa import slim_boot

slim_boot.boot()

from rasa.core.agent import Agent  # noqa: E402 - only after the slim boot
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage  # noqa: E402
from rasa.shared.core.constants import REQUESTED_SLOT  # noqa: E402
from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SlotSet, UserUttered  # noqa: E402
from rasa.shared.core.events import Event as RasaEvent  # noqa: E402
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402

import actions.executor  # noqa: E402
from assistant.accounts.ports import Registry  # noqa: E402
from assistant.content.languages import DEFAULT, SLOT  # noqa: E402
from assistant.content.responses import AGAIN, variant  # noqa: E402
from assistant.desk import ways  # noqa: E402
from assistant.desk.handover import NUMBER, Desk, read_desk  # noqa: E402
from assistant.dialogue import context  # noqa: E402
from assistant.identifiers import tokens  # noqa: E402
from assistant.messages.bursts import Unfinished  # noqa: E402
from assistant.messages.events import Button, Reply, Turn  # noqa: E402
from assistant.messages.menu import MARK  # noqa: E402
from assistant.messages.turns import Claimed  # noqa: E402
from assistant.nlu.components import FALLBACK, SECOND, parse_data_for  # noqa: E402
from assistant.nlu.english_components import SPOKEN  # noqa: E402
from assistant.nlu.entities import entities_of  # noqa: E402
from assistant.nlu.features import prepared  # noqa: E402
from assistant.nlu.provinces import find_provinces  # noqa: E402
from assistant.nlu.text import strip_accents  # noqa: E402
from assistant.privacy.vault import Vault  # noqa: E402
from assistant.rasa import (  # noqa: E402
    action_check,
    action_server,
    answers,
    causes,
    loaded_content,
    memory,
    patches,
    spoken,
    story_room,
    tracker,
)
from assistant.rasa import action_endpoint as in_process  # noqa: E402
from assistant.rasa import replies as replies_of_rasa  # noqa: E402
from assistant.rasa.hotline import OwnLine, named  # noqa: E402
from assistant.reading import state as tracked  # noqa: E402
from assistant.reading.beginnings import is_opening  # noqa: E402
from assistant.reading.facts import TOLD  # noqa: E402
from assistant.reading.signals import FACET_LIKELY, SMALL_TALK, is_topic  # noqa: E402
from assistant.reading.tail_rules import tail_of  # noqa: E402
from assistant.settings import ROOT  # noqa: E402
from assistant.settings.limits import LIMITS, Limits  # noqa: E402

logger = logging.getLogger(__name__)

_WARNING = "utter_secret_removed"
#: Said where a person's words are the first of a language; not where they ask for it.
_FOUND, _ASKED_FOR = "utter_language_found", "switch_to_"
_APOLOGY = "utter_trouble"
#: Said where the content has no such response.
_LAST_WORDS = "Xin lỗi bạn, mình chưa xử lý được tin nhắn vừa rồi. Bạn thử lại sau ít phút nhé."
_NOTICE = "utter_privacy_notice"
#: The notice that a question left for staff has instead: what stands in it is kept longer.
_OF_QUESTIONS = "utter_question_values"
#: What the notice and the answers tell people to write, without its accents: whatever the model makes of it.
_ERASING_WORDS = "xoa du lieu cua toi"
_LONG = 150  # characters; shorter texts may be said twice
_WORDS_BESIDE_A_PLACE = 3  # "em ở … ạ"


patches.install()
in_process.install()
story_room.install()


class NoReply(RuntimeError):
    """A turn ended without a message to the person; it counts as failed, never as silence."""


@lru_cache(maxsize=1)
def _agent(model_path: Path, changed: int) -> Agent:
    """Loads a model; once, also for the processes that are forked from this one."""
    ours = actions.executor.InProcessActions()
    server = action_server.configured(ROOT / "endpoints.yml")
    all_actions = in_process.WithServer(ours, ours.names, server) if server else ours
    rejections = (actions.executor.Rejected, action_server.ServerRejected)
    agent = Agent.load(str(model_path), action_endpoint=in_process.InProcessEndpoint(all_actions, *rejections))
    if agent.processor is None or agent.domain is None:
        raise ValueError(f"{model_path} is no model")
    _require_actions(agent.domain, ours.names, elsewhere=server is not None)
    return agent


def _require_actions(domain: Domain, known: frozenset[str], elsewhere: bool) -> None:
    """Refuses a model that names an action without code; one that no model names yet is only noted."""
    named = {name for name in domain.user_actions if not name.startswith("utter_")} - {*domain.form_names}
    action_check.require(named, known, elsewhere)
    if unused := sorted(known - named):
        logger.warning("the model has no entry for actions of the code: %s", ", ".join(unused))


#: Each thread's event loop, whatever model it uses: models are exchanged while threads go on.
_LOOPS = threading.local()


class Parser:
    """A loaded model that understands texts; thread-safe."""

    def __init__(self, model_path: Path) -> None:
        agent = _agent(model_path, model_path.stat().st_mtime_ns)
        self._processor = agent.processor
        self._domain = agent.domain
        self._stories = story_room.room_of(agent.processor)
        self.path = model_path
        self.model = model_path.name.removesuffix(".tar.gz")
        self.trained_at = agent.processor.model_metadata.trained_at.replace(tzinfo=datetime.UTC)

    def _run(self, coroutine: Any) -> Any:
        """Runs a coroutine of Rasa to its end in this thread."""
        loop = getattr(_LOOPS, "loop", None)
        if loop is None:
            loop = _LOOPS.loop = asyncio.new_event_loop()
        return loop.run_until_complete(coroutine)

    def close(self) -> None:
        """Closes this thread's loop; the other threads' end with them."""
        loop = getattr(_LOOPS, "loop", None)
        if loop is not None:
            loop.close()
            del _LOOPS.loop

    def parse(self, text: str, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Returns intent (full name), confidence, entities and ranking of a text, its topic, facet, facts and act.

        Args:
            text: a message.
            given: where the conversation stands: `topic`, `open` ("yes_no", "choice", "confirm") if something is
                asked, `slot` if a form asks for it, `facts` that were told, `danger`; None: the message is
                read by itself.
        """
        state = None if given is None else self._state(given)
        read = self._run(self._processor.parse_message(UserMessage(_without_slash(text)), state))
        raw = causes.by_words(read, str((given or {}).get("open") or ""))
        label = raw["intent"].get("full_retrieval_intent_name") or raw["intent"]["name"]
        if state is None and SMALL_TALK.get(label) in ("answers", "greets"):
            label = tail_of(strip_accents(prepared(text))) or label  # "được chưa ạ" is no "no", "đây ạ" no farewell
        return {
            "intent": label,
            "confidence": round(float(raw["intent"]["confidence"]), 4),
            "entities": [{k: e[k] for k in ("entity", "value", "start", "end")} for e in raw["entities"]],
            "ranking": raw["intent_ranking"],
            **_four_parts(label, raw),
        }

    def _state(self, given: Mapping[str, Any]) -> DialogueStateTracker:
        """Returns the tracker of a conversation that stands where `given` says."""
        state = DialogueStateTracker("parse", self._domain.slots)
        state.update(SlotSet(tracked.TOPIC, given.get("topic")), self._domain)
        memory = {"open": given.get("open") or "", "facts": list(given.get("facts") or ())}
        state.update(SlotSet(tracked.TALK, memory | {"danger": bool(given.get("danger"))}), self._domain)
        if slot := given.get("slot"):
            forms = self._domain.form_names
            form = next(name for name in forms if slot in self._domain.required_slots_for_form(name))
            state.update(ActiveLoop(form), self._domain)
            state.update(SlotSet(REQUESTED_SLOT, slot), self._domain)
        return state

    @property
    def form_slots(self) -> frozenset[str]:
        """The slots that forms ask for."""
        domain = self._domain
        return frozenset(slot for form in domain.form_names for slot in domain.required_slots_for_form(form))


class AgentHost(Parser):
    """A loaded model that answers; thread-safe, one for all workers of a process."""

    def __init__(
        self,
        model_path: Path,
        data: Path,
        registry: Registry,
        vault: Vault,
        base_url: str,
        limits: Limits = LIMITS,
        desk: Desk | None = None,
        own_line: OwnLine | None = None,
    ) -> None:
        """`own_line` is this installation's telephone line; None: there is none."""
        super().__init__(model_path)
        #: The release that the model came with, for turns to say; whoever loads it knows.
        self.release: int | None = None
        self._own_line = own_line
        content = loaded_content.load(model_path, data)
        answers.renew(self._domain.responses, content.wording)
        self._registry = registry
        self._vault = vault
        self._limits = limits
        self._desk = desk or read_desk(data / "desk.yml")
        self._offices = content.offices
        self._base_url = base_url
        self._pressable = causes.pressable(self._domain)
        self._content_payloads = _payloads_of(self._domain)
        self._books = content.books

    def handle(self, claimed: Claimed, connection: psycopg.Connection[Any]) -> Turn:
        """Runs one turn (see assistant.messages.turns.Engine)."""
        surroundings = context.TurnContext(
            conversation=claimed.conversation,
            event_id=claimed.event_id,
            connection=connection,
            vault=self._vault,
            registry=self._registry,
            desk=self._desk,
            base_url=self._base_url,
            offices=self._offices,
            books=self._books,
            left=memory.left_by(claimed.acts),
            limits=self._limits,
            address=str(claimed.body.get("address", "")),
        )
        with context.running(surroundings):
            turn: Turn = self._run(self._handle(claimed))
        turn = replace(
            turn, replies=tuple(replace(r, text=named(r.text, self._own_line, turn.language)) for r in turn.replies)
        )
        return replace(turn, tracker=[], language=None) if surroundings.erased else turn

    async def _handle(self, claimed: Claimed) -> Turn:
        failures: list[BaseException] = []
        in_process.failure.set(failures)
        text, label = self._reading(claimed)
        if claimed.may_wait and claimed.kind == "media":
            raise Unfinished  # a picture says nothing to us; its caption, or the rest of an album, may come
        out = _Output(claimed.channel)
        state = tracker.restore(claimed.conversation, claimed.tracker, self._domain)
        state.model_id = self._processor.model_metadata.model_id
        state.assistant_id = self._processor.model_metadata.assistant_id
        message = UserMessage(
            text, out, claimed.conversation, message_id=claimed.event_id, input_channel=claimed.channel
        )
        open_now = str(tracked.memory_of(state).get("open") or "")
        if label:
            label = causes.under_its_question(label, open_now)
            entities = [vars(entity) for entity in entities_of(text)] if claimed.kind == "text" else []
            if claimed.kind == "payload" and label != FALLBACK:
                entities += self._entities(claimed, state)
            message.parse_data = {"text": text, "entities": entities, **parse_data_for(label)}
            self._processor._update_full_retrieval_intent(message.parse_data)
        await self._processor._update_tracker_session(state, out)
        memory.recall(state, claimed.acts, self._domain)
        spoken.begin(state, claimed, self._domain)
        start = len(state.events)
        before = spoken.of(state) or DEFAULT
        if message.parse_data is None:
            message.parse_data = causes.by_words(await self._processor.parse_message(message, state), open_now)
            if chosen := message.parse_data.get(SPOKEN):  # before anything is said
                state.update(SlotSet(SLOT, chosen), self._domain)
        await self._processor._handle_message_with_tracker(message, state)
        if claimed.may_wait and label is None and _says_nothing_yet(state):
            raise Unfinished
        state = await self._processor.run_action_extract_slots(out, state)
        await self._processor._run_prediction_loop(out, state)
        if failures:
            raise failures[0]
        new = _up_to_the_question(list(state.events)[start:])
        said_before = frozenset(tracked.memory_of(state).get("said") or ())
        language = spoken.of(state) or DEFAULT
        said_now = (
            self._fresh(event, said_before, claimed.channel, language) for event in new if isinstance(event, BotUttered)
        )
        replies = [reply for reply in said_now if reply]
        replies[:0] = self._said_first(claimed, message, before, language)
        if not replies:
            raise NoReply(f"the rules left event {claimed.event_id} without an answer")
        said = next(event for event in new if isinstance(event, UserUttered))
        name = str(said.intent.get("full_retrieval_intent_name") or said.intent.get("name"))
        reading = said.parse_data.get("reading") or {}
        memory.remember(state, new, name, reading, self._books[DEFAULT].asked, self._domain)
        replies = self._with_second_question(said, state, replies)
        own_notice = any(isinstance(event, BotUttered) and _is_told(event, _OF_QUESTIONS) for event in new)
        if tokens.tokens_in(text) and not own_notice and not context.current().erased and self._tell_notice(language):
            replies.insert(0, self._say(_NOTICE, language, privacy_url=context.current().privacy_url(language)))
        return Turn(
            _one_menu(replies),
            tracker.shorten(state, self._stories.intents, self._stories.states),
            name,
            said.intent.get("confidence"),
            said.parse_data.get("intent_ranking", []),
            list(dict.fromkeys(filter(None, map(_name, new)))),
            reading or None,
            spoken.of(state),
        )

    def understood(self, kind: str, body: dict[str, Any], given: Mapping[str, Any] | None = None) -> tuple[str, float]:
        """Returns intent and confidence that an event would get where a conversation stands; nothing is answered."""
        text, label = self._reading(Claimed("", "", [], 0, "", kind, body))
        if label:
            return label, 1.0
        found = self.parse(text, given)
        return str(found["intent"]), float(found["confidence"])

    def _said_first(self, claimed: Claimed, message: UserMessage, before: str, language: str) -> list[Reply]:
        """Returns what stands before the answer: that a secret was taken out, that the language is another."""
        wished = str(message.parse_data["intent"]["name"]).startswith(_ASKED_FOR)  # type: ignore[index]
        first = {_WARNING: bool(claimed.body.get("dropped")), _FOUND: language != before and not wished}
        return [self._say(name, language) for name, is_so in first.items() if is_so]

    def _tell_notice(self, language: str) -> bool:
        """Records that the notice goes to the person; False if they know it, or the model has none."""
        template = variant(self._domain.responses.get(_NOTICE) or (), language)
        return bool(template) and context.current().tell_notice(template["text"], language)

    def _reading(self, claimed: Claimed) -> tuple[str, str | None]:
        """Returns the text the engine reads and, where it is not to be guessed, the intent."""
        body = claimed.body
        text = _without_slash(body.get("whole") or body.get("text", ""))
        if claimed.kind == "media":
            return "", "sent_media"
        if claimed.kind in ("payload", "system"):
            label = replies_of_rasa.pressed(str(body.get("payload", ""))).label
            if claimed.kind == "system":
                return text or f"#{label}", causes.of_the_system(label)
            if label in self._pressable:
                return f"#{label}", label
            words = text.lstrip(MARK).replace("_", " ").strip()  # "#quenmatkhau" is nobody's button
            return (words, None) if words else (text, FALLBACK)
        if body.get("too_long"):
            return "", "sent_too_long"
        if NUMBER.search(text):
            return text, "question_status"
        if strip_accents(prepared(text)).strip(' .!“”"') == _ERASING_WORDS:
            return text, "ask_erase"
        if _is_a_place(text):
            return text, "faq/office"
        return (text, None) if text else ("", "sent_nothing")

    def _entities(self, claimed: Claimed, state: DialogueStateTracker) -> list[dict[str, Any]]:
        """Returns the entities of a pressed button of ours, as far as the domain has them."""
        payload = str(claimed.body.get("payload", ""))
        offered = tracked.memory_of(state).get("offered") or ()
        if not causes.offered_values(payload, (*offered, *self._content_payloads)):
            return []  # anybody can write values into a payload; they would be taken for checked ones
        found = replies_of_rasa.pressed(payload).entities
        return [entity for entity in found if entity["entity"] in self._domain.entities]

    def _with_second_question(
        self, said: UserUttered, state: DialogueStateTracker, replies: list[Reply]
    ) -> list[Reply]:
        """Answers or offers the second question of a long message.

        While a form asks for something its question stays last, so the answer goes before it.
        """
        label = (said.parse_data.get(SECOND) or {}).get("name", "")
        language = spoken.of(state) or DEFAULT
        titles = self._books[language].titles
        if label not in titles or f"utter_{label}" not in self._domain.responses:
            return replies
        if state.active_loop_name:
            return [replace(self._say(f"utter_{label}", language), buttons=()), *replies]
        state.update(SlotSet("yes_means", f"#{label}"), self._domain)
        offer = self._say("utter_second_question", language, title=titles[label])
        return [*replies, replace(offer, buttons=(Button(titles[label], f"#{label}"),))]

    def _fresh(self, event: BotUttered, said_before: frozenset[str], channel: str, language: str) -> Reply | None:
        """Returns what is said; a long text of the dialogue's files the second time in its shorter words, if any."""
        name = str(event.metadata.get("utter_action") or "")
        if reply := self._as_staff_set(event, name, channel, language):
            return reply
        shorter = self._domain.responses.get(f"{name}{AGAIN}")
        if name not in said_before or not shorter or len(event.text or "") <= _LONG:
            return self._reply(event, channel)
        said = dict(variant(shorter, language))
        return _reply_of(said | {"text": context.current().filled(said["text"], language)})

    def _reply(self, event: BotUttered, channel: str) -> Reply | None:
        return replies_of_rasa.reply_of({"text": event.text, **(event.data or {})}, channel, self._base_url)

    def _as_staff_set(self, event: BotUttered, name: str, channel: str, language: str) -> Reply | None:
        """Returns what staff have said around the desk instead of the file's words; None: the file's are in force."""
        now = context.current()
        words = ways.sentence(now.connection, name, language) if name in ways.SENTENCES else ""
        usual = self._reply(event, channel) if words else None
        return replace(usual, text=now.filled(words, language)) if usual else None

    def _say(self, response: str, language: str, **values: str) -> Reply:
        template = dict(variant(self._domain.responses[response], language))
        text = template["text"].format(**values) if values else template["text"]
        return _reply_of(template | {"text": context.current().filled(text, language)})

    def apology(self, language: str = DEFAULT) -> Reply:
        """Returns what is said when a turn cannot be run; a content without it must not silence anybody."""
        reply = _reply_of(dict(variant(self._domain.responses.get(_APOLOGY) or (), language)))
        return reply if reply.text else Reply(_LAST_WORDS, ())


def _is_told(event: BotUttered, response: str) -> bool:
    return bool(event.metadata.get("utter_action") == response)


def _up_to_the_question(events: list[RasaEvent]) -> list[RasaEvent]:
    """Leaves out what is said after a question of `memory.CONFIRMED`: a form that goes on would take its buttons."""
    asked = False
    kept = []
    for event in events:
        if not (asked and isinstance(event, BotUttered)):
            kept.append(event)
        asked = asked or (isinstance(event, BotUttered) and event.metadata.get("utter_action") == memory.CONFIRMED)
    return kept


def _four_parts(label: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Returns topic, facet, facts and act: as decided in context, or as read of the message by itself."""
    if decided := raw.get("reading"):
        return {key: decided[key] for key in ("topic", "facet", "facts", "act", "rule")}
    alone = raw.get("reading_raw") or {"facets": [], "facts": {}}
    facet, sure = alone["facets"][0] if alone["facets"] else ("none", 1.0)
    return {
        "topic": label if is_topic(label) else "",
        "facet": facet if facet != "none" and sure >= FACET_LIKELY else "",
        "facts": sorted(fact for fact, p in alone["facts"].items() if p >= TOLD),
        "act": SMALL_TALK.get(label, "asks"),
    }


def _says_nothing_yet(state: DialogueStateTracker) -> bool:
    """Tells whether the last message leaves everything open, by what was read of it where the talk stands."""
    said = state.latest_message
    reading = said.parse_data.get("reading") or {} if said else {}
    return bool(said and reading) and is_opening(
        str(said.intent.get("full_retrieval_intent_name") or said.intent.get("name")),
        float(said.intent.get("confidence") or 0),
        reading,
        said.text or "",
        bool(said.entities),
    )


def _is_a_place(text: str) -> bool:
    """Tells whether a message is a province's name and hardly more: it asks for the office there."""
    rest = text
    for place in sorted(find_provinces(text), key=lambda place: -place.start):
        rest = rest[: place.start] + rest[place.end :]
    return rest != text and len(rest.split()) <= _WORDS_BESIDE_A_PLACE


def _payloads_of(domain: Domain) -> frozenset[str]:
    """Returns the payloads of the buttons in the domain's responses."""
    variants = (variant for name in domain.responses for variant in domain.responses[name])
    return frozenset(str(button.get("payload", "")) for variant in variants for button in variant.get("buttons") or ())


def _without_slash(text: str) -> str:
    """Returns `text` without a leading "/", which is part of no word."""
    return text.strip().lstrip("/").strip()


def _name(event: RasaEvent) -> str | None:
    """Returns what a turn did: the name of an action, or of a response that was said."""
    if isinstance(event, ActionExecuted):
        return str(event.action_name or "") or None
    if not isinstance(event, BotUttered):
        return None
    return str(event.metadata.get("utter_action") or "") or None


def _one_menu(replies: Sequence[Reply]) -> tuple[Reply, ...]:
    """Returns the replies with one menu at most: below the last that has one."""
    last = max((place for place, reply in enumerate(replies) if reply.buttons), default=-1)
    return tuple(reply if place == last else replace(reply, buttons=()) for place, reply in enumerate(replies))


def _reply_of(response: dict[str, Any]) -> Reply:
    return replies_of_rasa.reply_of(response) or Reply("")


class _Output(CollectingOutputChannel):
    """Collects what is said; responses with a variant for the channel are chosen by its name."""

    def __init__(self, channel: str) -> None:
        super().__init__()
        self.name = lambda: channel
