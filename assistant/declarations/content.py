"""Reads data/declarations."""

from __future__ import annotations

from functools import cache
from typing import Any

from assistant.declarations.model import Field, Form, Kind, Texts
from assistant.settings import ROOT, yaml_files

_FOLDER = ROOT / "data" / "declarations"


def _read(name: str) -> Any:
    return yaml_files.read(_FOLDER / f"{name}.yml")


@cache
def form_of(kind: Kind) -> Form:
    """Returns the form of a declaration."""
    return Form.model_validate(_read(kind))


@cache
def fields() -> dict[str, Field]:
    """Returns every field by name."""
    return {name: Field.model_validate(field) for name, field in _read("fields").items()}


@cache
def texts() -> Texts:
    """Returns the words that all declarations share."""
    return Texts.model_validate(_read("texts"))
