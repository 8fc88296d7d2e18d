"""Rasa's `data validate` on this project: knows what is pressed and not typed, and what actions say themselves."""

from __future__ import annotations

import re
from functools import cached_property

from rasa.shared.core.events import UserUttered
from rasa.validator import Validator

from assistant.content.responses import AGAIN
from assistant.nlu.components import PART_OF_READING
from assistant.settings import ROOT

_NAMED = re.compile(r"utter_(?:[\w/]|\{[^{}]*\})+")
_HOLE = re.compile(r"\{[^{}]*\}")
_SAYING = (("actions", "*.py"), ("assistant", "*.py"), ("connectors", "*.py"), ("data", "*.yml"))


def _patterns() -> list[re.Pattern[str]]:
    """Returns what responses code and content name, `{…}` standing for anything."""
    named: set[str] = set()
    for folder, files in _SAYING:
        for path in (ROOT / folder).rglob(files):
            named |= set(_NAMED.findall(path.read_text(encoding="utf-8")))
    known = (name for name in named if _HOLE.sub("", name).strip("_/") != "utter")
    return [re.compile(r"[\w/]+".join(map(re.escape, _HOLE.split(name)))) for name in known]


#: Retrieval intents: what they say is named with a key behind.
_SAID_BY_KEY = frozenset({"utter_faq", "utter_subject", "utter_more", "utter_source"})


class ProjectValidator(Validator):
    """Rasa's validator without warnings that this project's ways of working would raise."""

    @cached_property
    def _said_elsewhere(self) -> set[str]:
        patterns, every = _patterns(), super()._gather_utterance_actions()
        shorter = {name for name in every if name.removesuffix(AGAIN) in every - {name}}
        return shorter | {name for name in every if any(p.fullmatch(name) for p in patterns)}

    def _in_dialogues(self) -> set[str]:
        events = (event for step in self.story_graph.story_steps for event in step.events)
        return {str(e.action_name) for e in events if getattr(e, "action_name", None)}

    def _gather_utterance_actions(self) -> set[str]:
        """Returns the responses that a rule or story has to name (see parent class)."""
        rest: set[str] = super()._gather_utterance_actions() - self._said_elsewhere - _SAID_BY_KEY
        return rest | (self._said_elsewhere & self._in_dialogues())

    def verify_intents(self, ignore_warnings: bool = True) -> bool:
        """Compares intents with examples; an intent that rules name but nobody types is a button or a door's."""
        events = (event for step in self.story_graph.story_steps for event in step.events)
        named = {event.intent_name for event in events if isinstance(event, UserUttered)}
        typed = {example.data["intent"] for example in self.intents.intent_examples}
        self._pressed = named - typed
        try:
            return bool(super().verify_intents(ignore_warnings))
        finally:
            self._pressed = set()

    _pressed: frozenset[str] | set[str] = frozenset()

    def _non_default_intents(self) -> list[str]:
        left_out = self._pressed | {PART_OF_READING}  # no message: nothing follows on it
        return [name for name in super()._non_default_intents() if name not in left_out]
