"""Stands in for `rasa.engine.recipes.default_components`: the components config.yml may name by their short names.

All of Rasa's that need no neural network and no library that is not shipped here. They are imported when a training
asks for them: serving loads what a model names, and several of these bring scikit-learn.
"""

from __future__ import annotations

from importlib import import_module

_PLACES = {
    "assistant.nlu.crf": ("CRFEntityExtractor",),
    "rasa.core.policies.memoization": ("AugmentedMemoizationPolicy", "MemoizationPolicy"),
    "rasa.core.policies.rule_policy": ("RulePolicy",),
    "rasa.nlu.classifiers.fallback_classifier": ("FallbackClassifier",),
    "rasa.nlu.classifiers.keyword_intent_classifier": ("KeywordIntentClassifier",),
    "rasa.nlu.extractors.duckling_entity_extractor": ("DucklingEntityExtractor",),
    "rasa.nlu.extractors.entity_synonyms": ("EntitySynonymMapper",),
    "rasa.nlu.extractors.regex_entity_extractor": ("RegexEntityExtractor",),
    "rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer": ("CountVectorsFeaturizer",),
    "rasa.nlu.featurizers.sparse_featurizer.lexical_syntactic_featurizer": ("LexicalSyntacticFeaturizer",),
    "rasa.nlu.featurizers.sparse_featurizer.regex_featurizer": ("RegexFeaturizer",),
    "rasa.nlu.tokenizers.whitespace_tokenizer": ("WhitespaceTokenizer",),
}
#: The short names.
NAMES = frozenset(name for names in _PLACES.values() for name in names)


def __getattr__(name: str) -> list[type]:
    """Returns the list that Rasa imports by name."""
    if name != "DEFAULT_COMPONENTS":
        raise AttributeError(name)
    return [getattr(import_module(place), known) for place, names in _PLACES.items() for known in names]
