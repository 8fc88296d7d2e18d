"""Does once or lightly what Rasa does over and over; each function says what it replaces and why."""

from __future__ import annotations

import random
from functools import wraps
from graphlib import TopologicalSorter
from typing import Any

from rasa.core import processor
from rasa.core.actions import forms
from rasa.core.nlg.generator import ResponseVariationFilter
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.core.policies import rule_policy
from rasa.core.policies.memoization import MemoizationPolicy
from rasa.core.policies.policy import PolicyPrediction
from rasa.engine.exceptions import GraphComponentException
from rasa.engine.graph import ExecutionContext, GraphNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.graph_components.providers.domain_provider import DomainProvider
from rasa.nlu.classifiers.regex_message_handler import RegexMessageHandler
from rasa.shared.core import events
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException

from assistant.rasa import patched_actions, patched_rules, patched_states
from assistant.settings import yaml_files


def _event_classes_once() -> None:
    """Rasa walks all event classes for each stored event; look each name up once."""
    resolve = events.Event.resolve_by_type
    known: dict[tuple[str, Any], Any] = {}

    def cached(type_name: str, default: Any = None) -> Any:
        key = (type_name, default)
        if key not in known:
            known[key] = resolve(type_name, default)
        return known[key]

    events.Event.resolve_by_type = staticmethod(cached)


def _load_domain(
    cls: type[DomainProvider],
    config: dict[str, Any],
    model_storage: ModelStorage,
    resource: Resource,
    execution_context: ExecutionContext,
    **kwargs: Any,
) -> DomainProvider:
    """Reads a model's domain with libyaml.

    Rasa parses and validates it three times in pure Python, 2 s for our answers; what is in a
    model was validated when it was trained.
    """
    with model_storage.read_from(resource) as folder:
        raw = yaml_files.read(folder / "domain.yml")
    return cls(model_storage, resource, Domain.from_dict(raw))


def _run_in_order(
    self: DaskGraphRunner, inputs: dict[str, Any] | None = None, targets: list[str] | None = None
) -> dict[str, Any]:
    """Runs the nodes one after the other, in an order found once for each set of targets.

    Dask plans each run anew, a third of a turn, and Rasa writes the whole tracker into a debug line.
    """
    wanted = tuple(targets or self._graph_schema.target_names)
    orders = self.__dict__.setdefault("_orders", {})
    if wanted not in orders:
        nodes = self._graph_schema.minimal_graph_schema(list(wanted)).nodes
        orders[wanted] = [
            (name, _Plain.of(self._instantiated_nodes[name]), tuple(nodes[name].needs.values()))
            for name in TopologicalSorter({n: set(s.needs.values()) for n, s in nodes.items()}).static_order()
            if name in nodes
        ]
    results: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
    for name, node, needs in orders[wanted]:
        results[name] = node(results) if isinstance(node, _Plain) else node(*(results.get(n, n) for n in needs))
    return {target: results[target][1] for target in wanted}


class _Plain:
    """A node that is loaded and whose calls nobody watches: called without what Rasa works out for each call."""

    def __init__(self, node: GraphNode) -> None:
        self._name = node._node_name
        self._node = node
        self._inputs = tuple(node._inputs.items())

    @classmethod
    def of(cls, node: GraphNode) -> _Plain | GraphNode:
        """Returns a node as plain as it can be called."""
        return cls(node) if node._eager and not node._hooks else node

    def __call__(self, results: dict[str, Any]) -> tuple[str, Any]:
        node = self._node
        given = {name: results[source][1] for name, source in self._inputs}
        try:
            return self._name, node._fn(node._component, **given)
        except RasaException:
            raise
        except Exception as error:
            raise GraphComponentException(f"Error running graph component for node {self._name}.") from error


class _NoCopies:
    """Stands for the module `copy` where Rasa copies values for debug lines that nobody reads."""

    @staticmethod
    def deepcopy(value: Any) -> Any:
        return value


class _Silent:
    """Stands for a structlog logger: `assistant.runtime.logs` lets nothing through, at the price of a bind a line."""

    @staticmethod
    def debug(event: str, **values: Any) -> None:
        pass

    info = warning = error = exception = debug


def _any_response(
    self: TemplatedNaturalLanguageGenerator, utter_action: str, output_channel: str, filled_slots: dict[str, Any]
) -> dict[str, Any] | None:
    """Chooses one of the suitable responses; numpy's choice makes an array of them first."""
    if utter_action not in self.responses:
        return None
    suitable = ResponseVariationFilter(self.responses).responses_for_utter_action(
        utter_action, output_channel, filled_slots
    )
    return random.choice(suitable) if suitable else None  # noqa: S311 - variety, not secrecy


_remembered = MemoizationPolicy.predict_action_probabilities


def _nothing_to_remember(
    self: MemoizationPolicy, tracker: DialogueStateTracker, domain: Domain, *given: Any, **named: Any
) -> PolicyPrediction:
    """Predicts nothing where no story was learnt.

    Rasa makes the states of the tracker for it, and of ever shorter beginnings of it: an eighth of a turn.
    """
    if self.lookup:
        return _remembered(self, tracker, domain, *given, **named)
    return self._prediction(self._default_predictions(domain))


def _as_written(self: RegexMessageHandler, messages: list[Any], domain: Any = None) -> list[Any]:
    return messages


def _no_commands() -> None:
    """Rasa reads an intent out of a text that begins with "/", and obeys three of its own: here a text is a text."""
    # A training in the same process asks for the types of what Rasa had there.
    RegexMessageHandler.process = wraps(RegexMessageHandler.process)(_as_written)
    rule_policy.DEFAULT_ACTION_MAPPINGS = {}


def install() -> None:
    """Puts the replacements in place; call once, after the slim boot."""
    _event_classes_once()
    _no_commands()
    DomainProvider.load = classmethod(_load_domain)  # type: ignore[arg-type]
    DaskGraphRunner.run = _run_in_order
    MemoizationPolicy.predict_action_probabilities = wraps(_remembered)(_nothing_to_remember)
    TemplatedNaturalLanguageGenerator._random_response_for = _any_response
    # Rasa makes an empty domain for each message to see whether ours is one, and then warns of intents and entities it
    # does not know: `assistant content check` and the training have seen to both.
    processor.MessageProcessor._check_for_unseen_features = lambda self, parse_data: None
    for module in (processor, rule_policy, forms):
        module.copy = _NoCopies
        module.structlogger = _Silent
    patched_actions.install()
    patched_rules.install()
    patched_states.install()
