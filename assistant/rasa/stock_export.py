"""Writes the project as one that stock Rasa 3.6.21 trains: the way out, should somebody want to leave.

What goes along: intents and their examples, topics as a retrieval intent, responses, slots, forms, rules and stories.
What is ours and stays: the classifier and the identifiers (stock components stand in), the doors, and the code of
custom actions, whose names remain in the domain for an action server.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.story_writer.yaml_story_writer import YAMLStoryWriter
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLWriter

from assistant.rasa.importer import ContentImporter
from assistant.rasa.story_steps import is_story

_PIPELINE = [
    {"name": "WhitespaceTokenizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "LogisticRegressionClassifier"},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.02},
]
#: Stories are followed from their second message on, as here; there the stories' policy goes first for that.
_BEFORE_RULES = 7


def export(config: Path, domain: Path, data: Path, folder: Path) -> list[Path]:
    """Writes a stock Rasa project into a new folder; returns its files.

    Raises:
        FileExistsError: if something is in the folder.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(folder)
    importer = ContentImporter(str(config), str(domain), [str(data)])
    examples = importer.get_nlu_data()
    files = {"config.yml": _dumped(_config(importer.get_config(), examples.retrieval_intents))}
    files["domain.yml"] = importer.written_domain.merge(Domain.from_dict({"responses": examples.responses})).as_yaml()
    files["data/nlu.yml"] = RasaYAMLWriter().dumps(examples)
    writer, steps = YAMLStoryWriter(), importer.written_stories.story_steps
    files["data/rules.yml"] = writer.dumps([step for step in steps if not is_story(step)])
    if stories := [step for step in steps if is_story(step)]:
        files["data/stories.yml"] = writer.dumps(stories)
    files["credentials.yml"] = _dumped({"rest": None})
    files["endpoints.yml"] = _dumped({"action_endpoint": {"url": "http://127.0.0.1:5055/webhook"}})
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [folder / name for name in files]


def _dumped(body: dict[str, Any]) -> str:
    return str(yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=10_000))


def _config(ours: dict[str, Any], retrieval: Any) -> dict[str, Any]:
    selectors = [{"name": "ResponseSelector", "retrieval_intent": intent, "epochs": 30} for intent in sorted(retrieval)]
    policies = []
    for policy in ours.get("policies") or []:
        extra: dict[str, Any] = {}
        if policy["name"] == "RulePolicy":
            extra = {"check_for_contradictions": False}
        elif "Memoization" in policy["name"]:
            extra = {"priority": _BEFORE_RULES}
        policies.append(policy | extra)
    known = {name: ours[name] for name in ("recipe", "assistant_id", "language") if name in ours}
    return known | {"pipeline": [*_PIPELINE, *selectors], "policies": policies}
