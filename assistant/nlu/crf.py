"""Rasa's CRFEntityExtractor on CRFsuite itself, without the wrapper that Rasa takes for it.

Rasa keeps its training data in the model and trains anew at each start, through a package that is hardly kept any
more. Here the trained model is kept, and read by CRFsuite's own binding. Options, features and tags are Rasa's.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pycrfsuite
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors import crf_entity_extractor as rasas
from rasa.shared.nlu.constants import ENTITY_ATTRIBUTE_TYPE

_SUFFIX = ".crfsuite"
Features = list[dict[str, Any]]


class Tagger:
    """A trained model for one kind of tag; thread-safe."""

    def __init__(self, model: bytes) -> None:
        self.model = model
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(model)
        self._lock = threading.Lock()  # CRFsuite holds the sentence it looks at

    def predict_marginals_single(self, features: Features) -> list[dict[str, float]]:
        """Returns the probability of each tag for each token; the name is what Rasa calls."""
        with self._lock:
            self._tagger.set(pycrfsuite.ItemSequence(features))
            labels = self._tagger.labels()
            return [{label: self._tagger.marginal(label, place) for label in labels} for place in range(len(features))]


def fit(sentences: Iterable[tuple[Features, Sequence[str]]], config: dict[str, Any]) -> Tagger:
    """Trains a tagger on the features and tags of sentences, with the options of config.yml."""
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(
        {
            "c1": config["L1_c"],
            "c2": config["L2_c"],
            "max_iterations": config["max_iterations"],
            "feature.possible_transitions": True,
        }
    )
    for features, tags in sentences:
        trainer.append(pycrfsuite.ItemSequence(features), tags)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        trainer.train(str(path))
        return Tagger(path.read_bytes())


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class CRFEntityExtractor(rasas.CRFEntityExtractor):
    """Finds the entities that examples mark, their roles and groups."""

    @staticmethod
    def required_packages() -> list[str]:
        """Returns nothing: what the parent class asks for is not used."""
        return []

    @classmethod
    def train_model(cls, df_train: list[Any], config: dict[str, Any], crf_order: list[str]) -> dict[str, Tagger]:
        """Trains one tagger for each kind of tag; roles and groups see the entity (see parent class)."""
        found = {}
        for kind in crf_order:
            with_entity = kind != ENTITY_ATTRIBUTE_TYPE
            sentences = (
                (cls._crf_tokens_to_features(tokens, config, with_entity), cls._crf_tokens_to_tags(tokens, kind))
                for tokens in df_train
            )
            found[kind] = fit(sentences, config)
        return found

    def persist(self, dataset: list[Any]) -> None:
        """Keeps the taggers (see parent class)."""
        with self._model_storage.write_to(self._resource) as folder:
            for place, (kind, tagger) in enumerate(self.entity_taggers.items()):
                (Path(folder) / f"{place}.{kind}{_SUFFIX}").write_bytes(tagger.model)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CRFEntityExtractor:
        """Reads the taggers; where no example marks anything there are none, and nothing is found."""
        try:
            with model_storage.read_from(resource) as folder:
                files = sorted(Path(folder).glob(f"*{_SUFFIX}"))
                taggers = {path.name.split(".")[1]: Tagger(path.read_bytes()) for path in files}
        except ValueError:
            return cls(config, model_storage, resource)
        found = cls(config, model_storage, resource, taggers)
        found.crf_order = [*taggers]
        return found
