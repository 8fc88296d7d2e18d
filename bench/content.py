"""The project's content for both sides: what people say, and the same training text as plain Rasa YAML."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import yaml

from assistant.settings import yaml_files
from bench.places import ROOT

_SMALL_TALK = ("greet", "thank", "goodbye", "ask_bot", "ask_human", "ask_capabilities", "complain")
_PIPELINE = [
    {"name": "WhitespaceTokenizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "LogisticRegressionClassifier"},
]


def _read(path: Path) -> Any:
    return yaml_files.read(path)


def _topics() -> list[dict[str, Any]]:
    return [_read(path) for path in sorted((ROOT / "data" / "faq").glob("*.yml"))]


def _examples() -> dict[str, list[str]]:
    """Returns the examples of every intent in data/dialogue."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "data" / "dialogue").glob("*.yml")):
        for block in _read(path).get("nlu", []):
            if "intent" in block:
                lines = (line.strip().removeprefix("-").strip() for line in block["examples"].splitlines())
                found.setdefault(block["intent"], []).extend(line for line in lines if line)
    return found


def said(most: int = 120) -> list[str]:
    """Returns messages to send: four FAQ questions for each piece of small talk, without numbers.

    Numbers would start a search for identifiers that stock Rasa does not do.
    """
    chance = random.Random(6)
    faq = [str(text) for topic in _topics() for text in topic["questions"]]
    talk = [text for intent in _SMALL_TALK for text in _examples().get(intent, [])]
    picked = [
        text
        for texts, share in ((faq, most * 4 // 5), (talk, most // 5))
        for text in chance.sample([t for t in texts if 8 <= len(t) <= 160 and not any(map(str.isdigit, t))], share)
    ]
    chance.shuffle(picked)
    return picked


def _plain(text: str) -> str:
    """Returns a text without what Rasa's YAML would read as an entity, a variable or a second line."""
    return " ".join(text.translate(str.maketrans("[]{}", "()()")).split()).lstrip("/-")


def export(folder: Path) -> Path:
    """Writes a stock Rasa project with our training text: one intent, one rule, one answer for each topic."""
    examples = {f"faq_{topic['topic']}": [str(q) for q in topic["questions"]] for topic in _topics()}
    answers = {f"faq_{topic['topic']}": str(topic["answer"]) for topic in _topics()}
    known = _read(ROOT / "domain.yml")["responses"]
    for intent, texts in _examples().items():
        response = known.get(f"utter_{intent}") or known.get(f"utter_{intent}_idle") or known["utter_ask_bhxh_code"]
        examples[intent], answers[intent] = texts, response[0]["text"]
    files = {
        "config.yml": {"recipe": "default.v1", "assistant_id": "bench", "language": "vi", "pipeline": _PIPELINE,
                       "policies": [{"name": "RulePolicy"}]},
        "domain.yml": {"version": "3.1", "intents": sorted(examples), "responses": {
            f"utter_{name}": [{"text": text.translate(str.maketrans("{}", "()"))}] for name, text in answers.items()}},
        "data/nlu.yml": {"version": "3.1", "nlu": [
            {"intent": name, "examples": "".join(f"- {_plain(text)}\n" for text in texts)}
            for name, texts in examples.items()]},
        "data/rules.yml": {"version": "3.1", "rules": [
            {"rule": name, "steps": [{"intent": name}, {"action": f"utter_{name}"}]} for name in examples]},
        "credentials.yml": {"rest": None},
    }  # fmt: skip
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=10000), encoding="utf-8")
    return folder


def size() -> tuple[int, int]:
    """Returns how many examples and how many intents and topics there are."""
    counts = [len(topic["questions"]) for topic in _topics()] + [len(texts) for texts in _examples().values()]
    return sum(counts), len(counts)
