"""Reads what a setting describes as JSON, or as a JSON file it names: a gateway, a line, a list of accounts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.settings import Settings, SettingsError

Model = TypeVar("Model", bound=BaseModel)


class BadDescription(ValueError):
    """The description is none; the message names the place, never a value."""


class Described(BaseModel):
    """A part of a description: no fields that nobody knows, and no value in an error."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


def read_described(model: type[Model], given: str) -> Model:
    """Reads a description from JSON, or from the JSON file that `given` names.

    Raises:
        BadDescription: if there is none.
    """
    try:
        text = given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8")
        return model.model_validate(json.loads(text))
    except OSError as error:
        raise BadDescription(f"the file cannot be read ({type(error).__name__})") from error
    except json.JSONDecodeError as error:
        raise BadDescription(f"not JSON (line {error.lineno})") from error
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise BadDescription(found) from error


def of_setting(
    model: type[Model], name: str, given: str, settings: Settings, sandbox: Callable[[Settings], dict[str, Any]]
) -> Model | None:
    """Returns what a setting describes; in a demo "sandbox" is our stand-in; None where nothing is given.

    Raises:
        SettingsError: if it describes none, with the setting's name.
    """
    if given == "sandbox" and settings.demo:
        given = json.dumps(sandbox(settings))
    try:
        return read_described(model, given) if given else None
    except BadDescription as error:
        raise SettingsError(f"{name}: {error}") from error
