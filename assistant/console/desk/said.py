"""What the files have the assistant say: read for the desk, which shows it or sends it itself."""

from __future__ import annotations

from functools import lru_cache

from assistant.content.languages import DEFAULT
from assistant.settings import ROOT, yaml_files


@lru_cache(maxsize=1)
def _responses() -> dict[str, dict[str, str]]:
    responses = yaml_files.read(ROOT / "domain.yml")["responses"]
    return {
        name: {(said.get("condition") or [{}])[0].get("value", DEFAULT): said.get("text", "") for said in variants}
        for name, variants in responses.items()
    }


def usual(response: str, language: str = DEFAULT) -> str:
    """Returns a response's text in a language, or in the usual one."""
    return _responses()[response].get(language) or _responses()[response][DEFAULT]
