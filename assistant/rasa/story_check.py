"""Checks stories as a training would meet them: does the domain know their steps, can they be followed?

Rasa itself says so: its story reader, the contradiction check of its RulePolicy over all rules and stories, and its
search for stories that begin alike and then part. Each complaint names file and line of everybody concerned.
"""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.content.findings import Finding
from assistant.rasa import slim_boot
from assistant.rasa.training import content_of, without_bars
from assistant.settings import ROOT, Settings

_CONTRADICTION = re.compile(
    r"the prediction of the action '(?P<said>[^']+)' in (?P<kind>story|rule) '(?P<name>[^']+)' is contradicting"
    r" with rule\(s\) '(?P<rules>[^']+)'(?: which predicted action '(?P<wanted>[^']+)')?"
)
_INCOMPLETE = re.compile(r"the action '(?P<said>[^']+)' in rule '(?P<name>[^']+)' does not set")
_TELLS = re.compile(r"^(?:rules|stories):", re.MULTILINE)
_NO_STORY = "Tệp chưa có câu chuyện nào: cần mục stories, mỗi câu chuyện có story và steps."


def check_story(path: Path, settings: Settings) -> list[str]:
    """Returns what is wrong with the story of a file, in Vietnamese; [] if it may be learned."""
    found = _examined(ROOT, content_of(settings), path)
    return [f"{finding.path}:{finding.line}: {finding.advice}" for finding in found]


def check_stories(root: Path, data: Path) -> list[Finding]:
    """Returns what is wrong with the rules and stories of a project."""
    return _examined(root, data)


def _examined(root: Path, data: Path, more: Path | None = None) -> list[Finding]:
    slim_boot.boot(serving=False)
    from rasa.shared.exceptions import RasaException

    places = _Places([*_story_files(data), *([more] if more else [])])
    with without_bars(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Rasa only warns of, the comparison with the domain says in Vietnamese
        try:
            return [*_judged(root, data, more, places)]
        except RasaException as error:
            return _said(str(error), places, more or data)


def _story_files(data: Path) -> list[Path]:
    files = sorted(data.rglob("*.yml"), key=lambda path: ("stories" in path.parts, path))
    return [path for path in files if _TELLS.search(path.read_text(encoding="utf-8"))]


class _Places:
    """Where rules and stories stand."""

    def __init__(self, files: list[Path]) -> None:
        self._lines = [(path, path.read_text(encoding="utf-8").splitlines()) for path in files]

    def of(self, kind: str, name: str) -> tuple[Path, int] | None:
        """Returns file and line of a rule or story; of stories joined by checkpoints, of the last."""
        name = name.rpartition(" > ")[2]
        wanted = re.compile(rf"^\s*-\s*{kind}:\s*['\"]?{re.escape(name)}['\"]?\s*(?:#.*)?$")
        return next(
            (
                (path, number)
                for path, lines in self._lines
                for number, line in enumerate(lines, 1)
                if wanted.match(line)
            ),
            None,
        )

    def named(self, kind: str, name: str) -> str:
        """Returns a rule or story with its place, for a sentence."""
        place = self.of(kind, name)
        return f"“{name}”" + (f" ({_short(place[0])}:{place[1]})" if place else "")

    def rules(self, joined: str) -> str:
        """Returns the rules of a list that Rasa joined with commas, which names may have, too."""
        parts, found = joined.split(", "), []
        while parts:
            taken = next((n for n in range(len(parts), 0, -1) if self.of("rule", ", ".join(parts[:n]))), 1)
            found.append(self.named("rule", ", ".join(parts[:taken])))
            parts = parts[taken:]
        return ", ".join(found)

    def line(self, words: str) -> tuple[Path, int] | None:
        """Returns where something is named last: what is new stands in the last file."""
        found = re.compile(rf"(?<![\w/]){re.escape(words)}(?![\w/])")
        return next(
            ((path, number) for path, lines in reversed(self._lines) for number, line in enumerate(lines, 1)
             if found.search(line)), None,
        )  # fmt: skip


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def _judged(root: Path, data: Path, more: Path | None, places: _Places) -> Iterator[Finding]:
    """Lets Rasa look; what it raises is a contradiction."""
    from rasa.core.training.story_conflict import find_story_conflicts
    from rasa.shared.core.generator import TrainingDataGenerator
    from rasa.shared.importers.importer import TrainingDataImporter

    config, domain_file = str(root / "config.yml"), str(root / "domain.yml")
    if more:
        alone = TrainingDataImporter.load_from_config(config, domain_file, [str(more)]).get_stories().story_steps
        if not any(step.events for step in alone):
            yield Finding(more, 1, _NO_STORY)
            return
    importer = TrainingDataImporter.load_from_config(config, domain_file, [str(data), *([str(more)] if more else [])])
    domain, graph = importer.get_domain(), importer.get_stories()
    unknown = [*_unknown(graph.story_steps, domain, places, more or data)]
    yield from unknown
    if unknown:
        return
    options = importer.get_config().get("policies") or []
    trackers = TrainingDataGenerator(graph, domain, augmentation_factor=0).generate()
    _train_rules(trackers, domain, options)
    stories = [tracker for tracker in trackers if not tracker.is_rule_tracker]
    for conflict in find_story_conflicts(stories, domain, _history(options)) if stories else ():
        yield _parted(conflict, places, more or data)


def _train_rules(trackers: list[Any], domain: Any, policies: list[dict[str, Any]]) -> None:
    from rasa.core.policies.rule_policy import RulePolicy
    from rasa.engine.graph import ExecutionContext, GraphSchema
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.engine.storage.resource import Resource

    given: dict[str, Any] = next((policy for policy in policies if policy.get("name") == "RulePolicy"), {})
    with tempfile.TemporaryDirectory() as folder:
        storage: Any = LocalModelStorage.create(Path(folder))
        config = RulePolicy.get_default_config() | {name: value for name, value in given.items() if name != "name"}
        policy = RulePolicy.create(config, storage, Resource("rules"), ExecutionContext(GraphSchema({}), "check"))
        policy.train(trackers, domain)


def _history(policies: list[dict[str, Any]]) -> int | None:
    return next((policy["max_history"] for policy in policies if "Memoization" in str(policy.get("name"))), None)


def _parted(conflict: Any, places: _Places, where: Path) -> Finding:
    """Returns what is to be said of stories that begin alike and go on differently."""
    ways: dict[str, list[str]] = conflict._conflicting_actions
    told = "; ".join(
        f"“{action}” trong {', '.join(places.named('story', name) for name in names)}" for action, names in ways.items()
    )
    last = [place for names in ways.values() for name in names if (place := places.of("story", name))]
    first = last[-1] if last else (where, 1)
    advice = f"các câu chuyện mở đầu giống nhau rồi rẽ khác nhau: {told}; hãy sửa cho chúng khác nhau sớm hơn."
    return Finding(first[0], first[1], advice)


def _unknown(steps: list[Any], domain: Any, places: _Places, where: Path) -> Iterator[Finding]:
    """Yields the intents and actions that the domain does not have."""
    from rasa.shared.core.events import ActionExecuted, UserUttered

    events = [event for step in steps for event in step.events]
    intents = [str(event.intent["name"]) for event in events if isinstance(event, UserUttered) and event.intent]
    actions = [event.action_name for event in events if isinstance(event, ActionExecuted) and event.action_name]
    known_actions = {*domain.action_names_or_texts, *domain.form_names, "..."}
    known_intents = {*domain.intents}
    for name in dict.fromkeys(intents):
        if name.partition("/")[0] not in known_intents:
            path, line = places.line(name) or (where, 1)
            yield Finding(path, line, f"Không có ý định tên “{name}”; sửa tên, hoặc thêm ý định vào domain.yml.")
    for name in dict.fromkeys(actions):
        if name not in known_actions:
            path, line = places.line(name) or (where, 1)
            yield Finding(path, line, f"Không có hành động tên “{name}”; sửa tên, hoặc thêm vào domain.yml.")


def _said(words: str, places: _Places, where: Path) -> list[Finding]:
    """Returns what Rasa refuses, in sentences."""
    found = [_blocked(match, places, where) for match in _CONTRADICTION.finditer(words)]
    for match in _INCOMPLETE.finditer(words):
        path, line = places.of("rule", match["name"]) or (where, 1)
        rule = f"quy tắc “{match['name']}” có “{match['said']}”"
        advice = f"{rule} nhưng thiếu slot_was_set hay active_loop mà quy tắc khác ghi; hãy ghi thêm."
        found.append(Finding(path, line, advice))
    return found or [Finding(where, 1, f"Rasa không nhận: {' '.join(words.split())[:400]}")]


def _blocked(match: re.Match[str], places: _Places, where: Path) -> Finding:
    kind = match["kind"]
    path, line = places.of(kind, match["name"]) or (where, 1)
    wanted = f"đòi “{match['wanted']}”" if match["wanted"] else "không có bước đó"
    what = "câu chuyện" if kind == "story" else "quy tắc"
    advice = f"Ở {what} “{match['name']}” có “{match['said']}”, nhưng quy tắc {places.rules(match['rules'])} {wanted}."
    if kind == "story":
        advice += (
            " Lượt đầu của câu chuyện phải theo quy tắc, và có ý định luôn theo quy tắc (always_rules trong"
            " config.yml): sửa bước này, hoặc thêm điều kiện cho quy tắc."
        )
    return Finding(path, line, advice)
