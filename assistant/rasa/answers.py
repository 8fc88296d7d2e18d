"""Puts the wording of the content into a loaded model: a changed answer goes live without a training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assistant.content.responses import content_responses
from assistant.content.topics import all_topics
from assistant.settings import ROOT, yaml_files

Responses = dict[str, list[dict[str, Any]]]
DOMAIN = "domain.yml"


def wording(domain: Path, data: Path) -> Responses:
    """Returns what is said, by the names of responses: the domain's, the dialogue's and the topics'."""
    found: Responses = {}
    for path in (domain, *sorted((data / "dialogue_responses").glob("*.yml"))):
        if path.exists():
            found |= yaml_files.read(path).get("responses") or {}
    return found | content_responses(all_topics(data), data)


def domain_of(model: Path, data: Path) -> Path:
    """Returns the domain whose wording goes with a model: a release brings its own, or has what it was trained with."""
    return (model.parent if data.parent == model.parent else ROOT) / DOMAIN


def renew(responses: Responses, said: Responses) -> None:
    """Replaces the wording of the responses that a model knows, in place; what it does not know it cannot say.

    Args:
        responses: those of the loaded model's domain.
        said: the wording of the content that goes with it.
    """
    responses.update({name: variants for name, variants in said.items() if name in responses})
