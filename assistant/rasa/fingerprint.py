"""Names a model after what its training reads, and nothing else: wording, letters and desk hours train nothing anew.

Of responses only the names are read, since they are what rules predict; their wording is put into a model when it is
loaded (assistant.rasa.answers).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from assistant.content.english import English
from assistant.content.errors import ContentError
from assistant.content.facets import Facet
from assistant.content.responses import content_responses
from assistant.content.situations import read_situations
from assistant.content.topics import FOLDERS, all_topics, topic_files
from assistant.settings import ROOT, places, yaml_files

#: The code that training runs (tests/rasa/test_fingerprint.py compares it with what is imported). Of assistant/reading
#: only what labels are like: its rules decide on what was read.
CODE = (
    "assistant/nlu", "assistant/identifiers", "assistant/content/english.py", "assistant/content/errors.py",
    "assistant/content/facets.py", "assistant/content/languages.py",
    "assistant/content/reading_examples.py", "assistant/content/responses.py", "assistant/content/situations.py",
    "assistant/content/sources.py", "assistant/content/topics.py", "assistant/rasa/importer.py",
    "assistant/reading/english.py", "assistant/reading/model.py", "assistant/reading/signals.py",
    "assistant/reading/state.py", "assistant/rasa/recipe_components.py", "assistant/rasa/recipe_validator.py",
    "assistant/rasa/story_steps.py",
)  # fmt: skip
DATA = "data"
#: What features are made from, beside the examples themselves.
_READ_BY_CODE = ("provinces.yml", "reading/", "dialogue_en.yml")
_TRAINING = re.compile(rb"^(?:nlu|rules|stories)\s*:", re.MULTILINE)
_RESPONSES = re.compile(rb"^responses\s*:", re.MULTILINE)


def fingerprint(root: Path = ROOT, data: Path | None = None) -> str:
    """Returns 16 hex digits that change with any content or code a training reads."""
    digest = hashlib.sha256()
    for name, content in inputs(root, data or root / DATA):
        digest.update(f"{name}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def inputs(root: Path, data: Path) -> Iterator[tuple[str, bytes]]:
    """Yields what a training reads, each part with its name."""
    yield "config.yml", (root / "config.yml").read_bytes()
    yield "domain.yml", _without_wording((root / "domain.yml").read_bytes())
    yield from _training_data(data)
    yield from _topics(data)
    code = places.CODE if root == ROOT else root  # where we are installed, the content lies apart from the code
    for name in CODE:
        path = code / name
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in {".py", ".yml"})
        yield from ((file.relative_to(code).as_posix(), file.read_bytes()) for file in files)


def _training_data(data: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(data.rglob("*.yml")):
        name = path.relative_to(data).as_posix()
        if name.partition("/")[0] in FOLDERS:
            continue
        content = path.read_bytes()
        if _TRAINING.search(content) or name.startswith(_READ_BY_CODE):
            yield name, content
        elif _RESPONSES.search(content):
            yield name, _without_wording(content)


def _topics(data: Path) -> Iterator[tuple[str, bytes]]:
    """Yields the questions of each topic, and the names of all their responses."""
    try:
        topics, situations = all_topics(data), read_situations(data / "situations")
        names = sorted(content_responses(topics, data))
    except (ContentError, yaml.YAMLError):  # a training would fail, too, and say where
        yield from ((path.name, path.read_bytes()) for path in topic_files(data))
        return
    yield (
        "topics",
        _json([[topic.intent, topic.questions, _asked(topic.facets), _english(topic.en)] for topic in topics]),
    )
    yield (
        "situations",
        _json([[name, _asked(found.facets), _english(found.en)] for name, found in sorted(situations.items())]),
    )
    yield "responses", _json(names)


def _english(said: English | None) -> list[Any]:
    """Returns what is asked in English, and the wordings of facets."""
    return [said.questions, _asked(said.facets)] if said else []


def _asked(facets: Mapping[str, Facet]) -> list[list[Any]]:
    """Returns the names of a topic's facets, and the wordings by which its own are known."""
    return [[facet.name, facet.asked] for facet in facets.values()]


def _without_wording(content: bytes) -> bytes:
    try:
        found = yaml_files.parse(content)
    except yaml.YAMLError:
        return content
    if not isinstance(found, dict) or not isinstance(found.get("responses"), dict):
        return content
    return _json(found | {"responses": sorted(found["responses"])})


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode()
