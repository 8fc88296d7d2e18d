"""Reads YAML with libyaml, ten times as fast as PyYAML alone; nothing in it can execute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def parse(text: str | bytes) -> Any:
    """Returns what a text says; None where it says nothing.

    Raises:
        yaml.YAMLError: if it is not YAML.
        ValueError: if a day in it does not exist.
    """
    return yaml.load(text, Loader=yaml.CSafeLoader)


def read(path: Path) -> Any:
    """Returns what a file says (see `parse`)."""
    return parse(path.read_text(encoding="utf-8"))
