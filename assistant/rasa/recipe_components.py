"""Stands in for `rasa.engine.recipes.default_components`: the components config.yml may name."""

from rasa.core.policies.memoization import MemoizationPolicy
from rasa.core.policies.rule_policy import RulePolicy
from rasa.nlu.classifiers.fallback_classifier import FallbackClassifier

DEFAULT_COMPONENTS = [FallbackClassifier, MemoizationPolicy, RulePolicy]
