"""How long training takes, whole command, all content."""

from __future__ import annotations

from bench import content, ours, stock
from bench.plan import Plan
from bench.results import Part, Row


def measure(plan: Plan) -> Part:
    """Trains both sides on the same text."""
    row = Row("training all content", "s", [], goal=30)
    for _ in range(plan.times(2)):
        row.ours.append(ours.train(plan.left))
    if not plan.skip_stock:
        row.stock.append(stock.train(plan.left))
    examples, intents = content.size()
    note = (
        f"The content has {examples:,} examples of {intents} intents and topics. Stock Rasa trains a light pipeline "
        "without neural networks (word and character n-grams 1–4, LogisticRegressionClassifier, RulePolicy); "
        "with DIET it takes longer."
    )
    return Part([row], [note], {"examples": examples, "intents": intents})
