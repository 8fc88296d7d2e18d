"""Finds actions and fills slots without walking all names of the domain and all its mappings each time.

What depends on the domain alone is worked out once; `tests/rasa/test_patches.py` compares the results with Rasa's own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from rasa.core import processor
from rasa.core.actions import action
from rasa.core.actions.action import Action, ActionExtractSlots, RemoteAction
from rasa.core.actions.forms import FormAction
from rasa.shared.core.constants import DEFAULT_SLOT_NAMES, MAPPING_TYPE, SlotMappingType
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet
from rasa.shared.core.slot_mappings import SlotMapping
from rasa.shared.core.slots import ListSlot, Slot
from rasa.shared.core.trackers import DialogueStateTracker

_rasas_action = action.action_for_name_or_text
_rasas_defaults = action.default_actions
_rasas_run = ActionExtractSlots.run
_defaults: dict[int, tuple[Any, dict[str, Action]]] = {}


def _defaults_for(endpoint: Any) -> dict[str, Action]:
    """Returns Rasa's own actions by name, made once: they hold nothing but the endpoint."""
    found = _defaults.get(id(endpoint))
    if found is None or found[0] is not endpoint:
        _defaults.clear()
        found = _defaults[id(endpoint)] = (endpoint, {made.name(): made for made in _rasas_defaults(endpoint)})
    return found[1]


def _default_actions(action_endpoint: Any = None) -> list[Action]:
    """Replaces `default_actions`, which makes twelve actions to look one of any name up."""
    return list(_defaults_for(action_endpoint).values())


def _action(action_name_or_text: str, domain: Domain, action_endpoint: Any) -> Action:
    """Replaces `action_for_name_or_text`, which looks through several lists of all names: what a name is stays so."""
    kinds: dict[str, type[Action] | None] = domain.__dict__.setdefault("_kinds_of_actions", {})
    if action_name_or_text not in kinds:
        made = _rasas_action(action_name_or_text, domain, action_endpoint)
        of_rasa = made is _defaults_for(action_endpoint).get(action_name_or_text)
        kinds[action_name_or_text] = None if of_rasa else type(made)
        return made
    kind: Any = kinds[action_name_or_text]
    if kind is None:
        return _defaults_for(action_endpoint)[action_name_or_text]
    made = (
        kind(action_name_or_text, action_endpoint) if kind in (RemoteAction, FormAction) else kind(action_name_or_text)
    )
    found: Action = made
    return found


class _Mapping(NamedTuple):
    """A mapping of a slot that is valid, and by which intents it fills the slot (None: by any, but for `not_by`)."""

    given: dict[str, Any]
    kind: SlotMappingType
    by: frozenset[str] | None
    not_by: frozenset[str]

    @classmethod
    def of(cls, given: dict[str, Any]) -> _Mapping:
        by = SlotMapping.to_list(given.get("intent", []))
        not_by = SlotMapping.to_list(given.get("not_intent", []))
        kind = SlotMappingType(given.get(MAPPING_TYPE))
        return cls(given, kind, frozenset(by) if by else None, frozenset(not_by))

    def fits(self, tracker: DialogueStateTracker, domain: Domain) -> bool:
        """Tells whether what was said last fills the slot (`SlotMapping.intent_is_desired`)."""
        if tracker.active_loop_name:  # its ignored intents count, too
            return bool(SlotMapping.intent_is_desired(self.given, tracker, domain))
        said = tracker.latest_message
        intent = said.intent.get("name") if said else None
        return intent in self.by if self.by is not None else intent not in self.not_by


def _mappings_of(domain: Domain) -> list[tuple[Slot, list[_Mapping]]]:
    """Returns the slots that may be filled, with their valid mappings; worked out once."""
    known: list[tuple[Slot, list[_Mapping]]] | None = domain.__dict__.get("_valid_mappings")
    if known is None:
        known = domain.__dict__["_valid_mappings"] = [
            (
                slot,
                [
                    mapping
                    for mapping in map(_Mapping.of, slot.mappings)
                    if SlotMapping.check_mapping_validity(slot.name, mapping.kind, mapping.given, domain)
                ],
            )
            for slot in domain.slots
            if slot.name not in DEFAULT_SLOT_NAMES
        ]
    return known


async def _extract(
    self: ActionExtractSlots, output_channel: Any, nlg: Any, tracker: DialogueStateTracker, domain: Domain
) -> list[Event]:
    """Replaces `ActionExtractSlots.run`, step by step the same, on mappings whose validity was seen to before."""
    found: list[Event] = []
    done: set[str] = set()
    for slot, mappings in _mappings_of(domain):
        for mapping in mappings:
            if not (
                mapping.fits(tracker, domain)
                and ActionExtractSlots._verify_mapping_conditions(mapping.given, tracker, slot.name)
                and not self._fails_unique_entity_mapping_check(slot.name, mapping.given, tracker, domain)
            ):
                continue
            if mapping.kind.is_predefined_type():
                value = action.extract_slot_value_from_predefined_mapping(mapping.kind, mapping.given, tracker)
                if value:
                    value = value if isinstance(slot, ListSlot) else value[-1]
                    if value is not None or tracker.get_slot(slot.name) is not None:
                        found.append(SlotSet(slot.name, value))
                        break
            if mapping.kind == SlotMappingType.CUSTOM:
                events, done = await self._execute_custom_action(
                    mapping.given, done, output_channel, nlg, tracker, domain
                )
                found.extend(events)
    validated: list[Event] = await self._execute_validation_action(found, output_channel, nlg, tracker, domain)
    return validated


def install() -> None:
    """Puts the replacements in place."""
    action.default_actions = _default_actions
    action.action_for_name_or_text = _action
    ActionExtractSlots.run = _extract
    # Every slot's value, for a debug line that nobody reads.
    processor.MessageProcessor._log_slots = staticmethod(lambda tracker: None)
