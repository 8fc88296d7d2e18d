"""Checks a story as a training would meet it: is it one, does the domain know its steps, does it contradict a rule?

Rasa itself says so: its story reader, and the contradiction check of its RulePolicy over all rules and stories.
"""

from __future__ import annotations

import re
import tempfile
import warnings
from pathlib import Path
from typing import Any

from assistant.rasa import slim_boot
from assistant.rasa.training import content_of
from assistant.settings import ROOT, Settings

_CONTRADICTION = re.compile(
    r"the prediction of the action '(?P<said>[^']+)' in (?P<kind>story|rule) '(?P<name>[^']+)' is contradicting"
    r" with rule\(s\) (?P<rules>.+?) which predicted action '(?P<wanted>[^']+)'"
)


def check_story(path: Path, settings: Settings) -> list[str]:
    """Returns what is wrong with the story of a file, in Vietnamese; [] if it may be learned."""
    slim_boot.boot(serving=False)
    from rasa.shared.exceptions import RasaException

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Rasa only warns of, the comparison with the domain says in Vietnamese
        try:
            return _train_rules(path, settings)
        except RasaException as error:
            return _said(str(error))


def _train_rules(path: Path, settings: Settings) -> list[str]:
    """Lets the RulePolicy look for contradictions; it raises what it finds."""
    from rasa.core.policies.rule_policy import RulePolicy
    from rasa.engine.graph import ExecutionContext, GraphSchema
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.engine.storage.resource import Resource
    from rasa.shared.core.generator import TrainingDataGenerator
    from rasa.shared.importers.importer import TrainingDataImporter

    alone = TrainingDataImporter.load_from_config(str(ROOT / "config.yml"), str(ROOT / "domain.yml"), [str(path)])
    steps = alone.get_stories().story_steps
    if not steps or not any(step.events for step in steps):
        return ["Tệp chưa có câu chuyện nào: cần mục stories, mỗi câu chuyện có story và steps."]
    paths = [str(content_of(settings)), str(path)]
    importer = TrainingDataImporter.load_from_config(str(ROOT / "config.yml"), str(ROOT / "domain.yml"), paths)
    domain = importer.get_domain()
    if unknown := _unknown(steps, domain):
        return unknown
    trackers = TrainingDataGenerator(importer.get_stories(), domain, augmentation_factor=0).generate()
    with tempfile.TemporaryDirectory() as folder:
        storage: Any = LocalModelStorage.create(Path(folder))
        config = RulePolicy.get_default_config() | _rule_options(importer.get_config())
        context = ExecutionContext(GraphSchema({}), "check")
        policy = RulePolicy.create(config, storage, Resource("rules"), context)
        policy.train(trackers, domain)
    return []


def _rule_options(config: dict[str, Any]) -> dict[str, Any]:
    policies = config.get("policies") or []
    given: dict[str, Any] = next((policy for policy in policies if policy.get("name") == "RulePolicy"), {})
    return {name: value for name, value in given.items() if name != "name"}


def _unknown(steps: list[Any], domain: Any) -> list[str]:
    """Returns the intents and actions of a story that the domain does not have."""
    from rasa.shared.core.events import ActionExecuted, UserUttered

    events = [event for step in steps for event in step.events]
    intents = [event.intent["name"] for event in events if isinstance(event, UserUttered) and event.intent]
    actions = [event.action_name for event in events if isinstance(event, ActionExecuted) and event.action_name]
    known_actions = {*domain.action_names_or_texts, *domain.form_names}
    found = [f"Không có ý định tên “{name}”." for name in intents if name not in domain.intents]
    found += [f"Không có hành động tên “{name}”." for name in actions if name not in known_actions]
    return list(dict.fromkeys(found))


def _said(words: str) -> list[str]:
    found = [
        f"Ở {'câu chuyện' if match['kind'] == 'story' else 'quy tắc'} “{match['name']}” có “{match['said']}”, nhưng"
        f" quy tắc {match['rules']} đòi “{match['wanted']}”."
        for match in _CONTRADICTION.finditer(words)
    ]
    return found or [f"Rasa không nhận: {' '.join(words.split())[:400]}"]
