"""Tells whether a message goes on with a story, before the policies are asked.

Where a story goes on, rules that gave way to stories (`assistant.rasa.story_steps`) do not fit any more, and the
memoization policy decides. A model without stories costs nothing here; with them, a message whose intent no story
goes on with costs one look into a set.
"""

from __future__ import annotations

import base64
import re
import zlib
from typing import Any
from weakref import WeakKeyDictionary

from rasa.core.policies.memoization import MemoizationPolicy
from rasa.core.policies.rule_policy import RulePolicy
from rasa.core.processor import MessageProcessor
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.rasa.story_steps import IN_STORY, TOPIC, topic_of

_INTENT = re.compile(r"\bintent: ([^,}]+)")
_RULE_ONLY = "rule_only_data_provider"


def _readable(key: str) -> str:
    """Returns a memorised key as text; Rasa compresses it unless told otherwise."""
    try:
        return zlib.decompress(base64.b64decode(key, validate=True)).decode()
    except (ValueError, zlib.error):
        return key


class StoryRoom:
    """What a model's stories go on with."""

    def __init__(self, policy: MemoizationPolicy | None, rule_only: dict[str, Any]) -> None:
        self._policy = policy
        self._rule_only = rule_only
        keys = [_readable(key) for key in (policy.lookup if policy else ())]
        ends = [key[key.rindex("prev_action") :] for key in keys if "prev_action" in key]
        self.later = {intent for end in ends if f"{IN_STORY}: [1.0, 1.0]" in end for intent in _INTENT.findall(end)}
        self.intents = {intent for key in keys for intent in _INTENT.findall(key)}

    @classmethod
    def of(cls, processor: MessageProcessor) -> StoryRoom:
        """Returns the room of a loaded model."""
        nodes = getattr(processor.graph_runner, "_instantiated_nodes", {})
        parts = {name: node._component for name, node in nodes.items()}
        memories = (part for part in parts.values() if isinstance(part, MemoizationPolicy))
        policy = next((part for part in memories if not isinstance(part, RulePolicy)), None)  # which is one, too
        provider = parts.get(_RULE_ONLY)
        return cls(policy, provider.provide() if provider else {})

    @property
    def states(self) -> int:
        """How many states the stories look back; 0 without stories."""
        return int(self._policy.config["max_history"] or 0) if self._policy and self.intents else 0

    def enter(self, tracker: DialogueStateTracker, domain: Domain) -> None:
        """Sets the slots of stories for the message that a tracker ends with."""
        said = tracker.latest_message
        if not self.intents or not said or tracker.latest_action_name != ACTION_LISTEN_NAME:
            return
        if topic := topic_of(said):
            self._set(tracker, domain, TOPIC, topic)
        if IN_STORY not in tracker.slots:
            return
        if self._goes_on(said, tracker, domain):
            self._set(tracker, domain, IN_STORY, True)
        elif not tracker.active_loop_name:
            self._set(tracker, domain, IN_STORY, None)

    def _goes_on(self, said: UserUttered, tracker: DialogueStateTracker, domain: Domain) -> bool:
        if self._policy is None or said.intent.get("name") not in self.later:
            return False
        trial = tracker.copy()
        self._set(trial, domain, IN_STORY, True)
        found = self._policy.predict_action_probabilities(trial, domain, rule_only_data=self._rule_only)
        return bool(max(found.probabilities) > 0)

    @staticmethod
    def _set(tracker: DialogueStateTracker, domain: Domain, slot: str, value: Any) -> None:
        if slot in tracker.slots and tracker.get_slot(slot) != value:
            tracker.update(SlotSet(slot, value), domain)


_rooms: WeakKeyDictionary[MessageProcessor, StoryRoom] = WeakKeyDictionary()
_rasas_prediction = MessageProcessor._predict_next_with_tracker


def room_of(processor: MessageProcessor) -> StoryRoom:
    """Returns the room of a processor's model, looked up once."""
    if processor not in _rooms:
        _rooms[processor] = StoryRoom.of(processor)
    return _rooms[processor]


def _predict(self: MessageProcessor, tracker: DialogueStateTracker) -> Any:
    """Asks the policies once the slots of stories are set (see `MessageProcessor._predict_next_with_tracker`)."""
    room_of(self).enter(tracker, self.domain)
    return _rasas_prediction(self, tracker)


def install() -> None:
    """Lets every message of this process be looked at; idempotent."""
    MessageProcessor._predict_next_with_tracker = _predict
