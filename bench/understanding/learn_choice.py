"""Learns how candidates are weighed (assistant/reading/choice.npz) from what was right in played conversations.

    python -m bench.understanding.learn_choice [--write]

`played.jsonl` holds a turn a line: the words, where the conversation stood, and all sides that answer it. Each set of
conversations (the letter before the slash, one author each) is weighed by trees that were grown on the others: that is
the figure that counts. `--write` grows them on all and writes the weights; the model read with is the newest in models/.
"""

from __future__ import annotations

import argparse
import json
import tarfile
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from assistant.rasa import slim_boot

slim_boot.boot(serving=False)

from rasa.engine.graph import ExecutionContext, GraphSchema  # noqa: E402 - after the boot
from rasa.engine.storage.local_model_storage import LocalModelStorage  # noqa: E402
from rasa.engine.storage.resource import Resource  # noqa: E402
from rasa.shared.nlu.training_data.message import Message as RasaMessage  # noqa: E402
from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: E402

from assistant.nlu.components import VietnameseIntentClassifier  # noqa: E402
from assistant.nlu.context_components import FacetAndFactClassifier, raw_of  # noqa: E402
from assistant.reading.candidates import Candidate, Message  # noqa: E402
from assistant.reading.choice import WEIGHTS, is_likely, may_be_chance, second  # noqa: E402
from assistant.reading.decide import RULES  # noqa: E402
from assistant.reading.model import Decision, Raw, State  # noqa: E402
from assistant.reading.signals import is_topic  # noqa: E402
from assistant.reading.trees import Trees  # noqa: E402
from assistant.settings import ROOT  # noqa: E402

_ROUNDS = 2
PLAYED = Path(__file__).with_name("played.jsonl")
TREES: dict[str, Any] = {
    "max_iter": 150, "max_depth": 5, "learning_rate": 0.05, "min_samples_leaf": 30, "l2_regularization": 5.0,
    "early_stopping": False, "random_state": 7,
}  # fmt: skip


@dataclass(frozen=True)
class Turn:
    """A turn that asks for something of ours.

    `rows` holds the evidence for each candidate of `near`, `right` which of them answer it; `rule` is the place of
    the rule's own choice `found` (-1: none of them), `rule_right` whether that answers it, `likely` whether a second
    answer may stand beside it: the others' turns are learned from, too; `chance` which candidates may be said there.
    """

    author: str
    rows: np.ndarray
    right: np.ndarray
    rule: int
    rule_right: bool
    likely: bool
    chance: np.ndarray
    near: list[Candidate]
    found: Candidate
    state: State


def main() -> None:
    """Measures author by author, and writes the weights where that is wanted."""
    warnings.simplefilter("ignore")
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--write", action="store_true")
    given.add_argument("--model", type=Path)
    given.add_argument("--without", default="", help="authors whose conversations are not learned from")
    given = given.parse_args()
    model = given.model or max((ROOT / "models").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    turns = list(_turns(model))
    for author in sorted({turn.author for turn in turns}):
        trees = _grown([turn for turn in turns if turn.author != author])
        beside = [_beside(turn, trees) for turn in turns if turn.author == author and turn.likely]
        doubted = [one for one in beside if one[1]]
        right, either = sum(one[0] for one in doubted), sum(one[2] for one in doubted)
        print(f"{author}: {len(beside)} likely answers; beside {len(doubted)} a second one: alone {right} right, "
              f"of both one {either}")  # fmt: skip
    if given.write:
        _grown([turn for turn in turns if turn.author not in given.without]).save(WEIGHTS)


def _turns(model: Path) -> Iterator[Turn]:
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(model) as archive:
            archive.extractall(folder, filter="data")
        readers = [_component(kind, Path(folder)) for kind in (VietnameseIntentClassifier, FacetAndFactClassifier)]
    for line in PLAYED.read_text(encoding="utf-8").splitlines():
        played = json.loads(line)
        raw, state = _raw(played, readers), _state(played["state"])
        found = next(decision for rule in RULES if (decision := rule(raw, state)) is not None)
        if not _speaks_of_a_topic(found) or raw.sides is None:
            continue
        message, right = Message(raw, state, raw.sides), set(played["right"])
        near = message.candidates()
        if near:
            rows = np.array([message.evidence(one) for one in near], np.float32)
            author = played["conversation"].partition("/")[0]
            own = Candidate(found.topic, found.facet)
            place = near.index(own) if own in near else -1
            answers = np.array([one.key in right for one in near])
            chance = np.array([may_be_chance(one, found, message) for one in near])
            yield Turn(
                author, rows, answers, place, own.key in right, is_likely(found, state), chance, near, own, state
            )


def _speaks_of_a_topic(found: Decision) -> bool:
    return is_topic(found.label) or found.label == "about"


def _beside(turn: Turn, trees: Trees) -> tuple[bool, bool, bool]:
    """Returns of a likely answer whether it is right, whether a second stands beside it, and whether one is right."""
    probable = trees.probabilities(turn.rows)[turn.chance]
    another = second(
        [one for one, may in zip(turn.near, turn.chance, strict=True) if may], probable, turn.found, turn.state
    )
    helps = another is not None and bool(turn.right[turn.near.index(another)])
    return turn.rule_right, another is not None, turn.rule_right or helps


def _component(kind: Any, folder: Path) -> Any:
    components = folder / "components"
    name = next(path.name for path in components.iterdir() if kind.__name__ in path.name)
    context = ExecutionContext(GraphSchema({}), "weighing")
    return kind.load(kind.get_default_config(), LocalModelStorage(components), Resource(name), context)


def _raw(played: dict[str, Any], readers: Sequence[Any]) -> Raw:
    message = RasaMessage(data={"text": played["text"], "entities": [{"entity": name} for name in played["entities"]]})
    for reader in readers:
        reader.process([message])
    return raw_of(message)


def _state(kept: dict[str, Any]) -> State:
    sets = {field.name for field in fields(State) if "frozenset" in str(field.type)}
    return State(
        **{
            name: frozenset(value) if name in sets else tuple(value) if isinstance(value, list) else value
            for name, value in kept.items()
        }
    )


def _grown(turns: Sequence[Turn]) -> Trees:
    """Returns trees grown on turns that have right and wrong candidates.

    Several candidates may answer a turn, some only by accident (a price stands in many texts), so one of them is
    learned from: the rule's own where that is right, else the one that the trees of the round before think best.
    """
    some = [turn for turn in turns if 0 < turn.right.sum() < len(turn.right)]
    learned = [_first(turn) for turn in some]
    for _ in range(_ROUNDS):
        trees = _fitted(some, learned)
        learned = [_best_of_right(turn, trees) for turn in some]
    return _fitted(some, learned)


def _first(turn: Turn) -> np.ndarray:
    """Returns which candidates are learned from at first: the wrong ones, and the rule's if right, else all right ones."""
    return ~turn.right | (np.arange(len(turn.right)) == turn.rule if turn.rule_right and turn.rule >= 0 else turn.right)


def _best_of_right(turn: Turn, trees: Trees) -> np.ndarray:
    """Returns which candidates are learned from: the wrong ones and the best of the right ones."""
    best = int(np.where(turn.right, trees.probabilities(turn.rows), -1.0).argmax())
    if turn.rule_right and turn.rule >= 0:
        best = turn.rule
    return ~turn.right | (np.arange(len(turn.right)) == best)


def _fitted(turns: Sequence[Turn], learned: Sequence[np.ndarray]) -> Trees:
    """Returns trees grown on what is learned from, the right and the wrong of a turn with the same weight."""
    right = [turn.right[some] for turn, some in zip(turns, learned, strict=True)]
    weights = [np.where(one, 1 / one.sum(), 1 / (~one).sum()) for one in right]
    machine = HistGradientBoostingClassifier(**TREES)
    rows = [turn.rows[some] for turn, some in zip(turns, learned, strict=True)]
    machine.fit(np.concatenate(rows), np.concatenate(right), np.concatenate(weights))
    return _plain(machine)


def _plain(machine: HistGradientBoostingClassifier) -> Trees:
    """Returns the trees of scikit-learn's machine as one table of nodes."""
    roots, parts, start = [], [], 0
    for (tree,) in machine._predictors:
        nodes, leaf, places = tree.nodes, tree.nodes["is_leaf"].astype(bool), start + np.arange(len(tree.nodes))
        roots.append(start)
        parts.append(
            (
                np.where(leaf, 0, nodes["feature_idx"]),
                np.where(leaf, 0, nodes["num_threshold"]),
                np.where(leaf, places, start + nodes["left"]),
                np.where(leaf, places, start + nodes["right"]),
                np.where(leaf, nodes["value"], 0),
            )
        )
        start += len(nodes)
    features, thresholds, left, right, values = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Trees(
        np.array(roots, np.int32),
        features.astype(np.int16),
        thresholds.astype(np.float32),
        left.astype(np.int32),
        right.astype(np.int32),
        values.astype(np.float32),
        TREES["max_depth"],
        float(machine._baseline_prediction[0, 0]),
    )


if __name__ == "__main__":
    main()
