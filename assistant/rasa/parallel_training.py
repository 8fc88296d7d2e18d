"""Trains the parts of a model beside each other, and takes no fingerprints of what they read and made.

Rasa trains one component after the other, and before and after each digests all training data, so that the next
training may leave out what did not change. We train everything anew and keep nothing. What learns from examples has
nothing to do with the dialogue's policies: it goes on in processes of its own while this one trains those.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter
from typing import Any

from rasa import model_training
from rasa.engine.graph import GraphNode, GraphNodeHook, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.training import graph_trainer
from rasa.nlu.classifiers.classifier import IntentClassifier

from assistant.nlu.fitting import load_libraries
from assistant.nlu.processes import Apart
from assistant.runtime.forking import end_with

Results = dict[str, tuple[str, Any]]


class _NothingKept(GraphNodeHook):
    """Stands for the hook that fingerprints and caches each component's output."""

    def __init__(self, **options: Any) -> None:
        pass

    def on_before_node(self, *args: Any, **options: Any) -> dict[str, Any]:
        """Does nothing (see parent class)."""
        return {}

    def on_after_node(self, *args: Any, **options: Any) -> None:
        """Does nothing (see parent class)."""


def _train(node: GraphNode, given: tuple[Any, ...], parent: int) -> tuple[str, Any]:
    """Trains a component in this process; what it learned stands in the model's folder."""
    end_with(parent)
    done: tuple[str, Any] = node(*given)
    return done


class SideBySide(DaskGraphRunner):
    """Runs a training's graph: classifiers in processes of their own, everything else here."""

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """Runs the graph (see parent class)."""
        load_libraries()
        wanted = targets or self._graph_schema.target_names
        nodes = self._graph_schema.minimal_graph_schema(wanted).nodes
        results: Results = {name: (name, value) for name, value in (inputs or {}).items()}
        order = TopologicalSorter({name: nodes.keys() & node.needs.values() for name, node in nodes.items()})
        order.prepare()
        apart: dict[str, Apart[tuple[str, Any]]] = {}
        try:
            while order.is_active():
                ready = order.get_ready()
                self._do(ready, nodes, results, apart)
                order.done(*(name for name in ready if name not in apart))
                if not ready:
                    name, training = apart.popitem()
                    results[name] = training.result()
                    order.done(name)
        finally:
            for training in apart.values():  # where something failed
                training.end()
        return {name: results[name][1] for name in wanted}

    def _do(
        self, ready: Iterable[str], nodes: Mapping[str, SchemaNode], results: Results, apart: dict[str, Apart[Any]]
    ) -> None:
        """Starts what trains apart, then does the others."""
        for name in sorted(ready, key=lambda name: not _learns(nodes[name])):
            node, given = self._instantiated_nodes[name], _given(nodes[name], results)
            if _learns(nodes[name]):
                apart[name] = Apart(_train, node, given, os.getpid())
            else:
                results[name] = node(*given)


def _learns(node: SchemaNode) -> bool:
    return node.fn == "train" and issubclass(node.uses, IntentClassifier)


def _given(node: SchemaNode, results: Mapping[str, tuple[str, Any]]) -> tuple[Any, ...]:
    return tuple(results.get(name, name) for name in node.needs.values())


def install() -> None:
    """Puts both in place; for a process that trains everything anew."""
    graph_trainer.TrainingHook = _NothingKept
    model_training.DaskGraphRunner = SideBySide
