"""Writes texts as YAML scalars, in the style that stood there before where the text allows it."""

from __future__ import annotations

import yaml

_TEXT = "tag:yaml.org,2002:str"


def line(text: str, style: str | None) -> str:
    """Returns one line of text as a scalar.

    Args:
        text: printable, without line breaks.
        style: of the scalar it replaces: "'", '"', or anything else for plain.
    """
    if style == '"':
        return yaml.dump(text, default_style='"', allow_unicode=True, width=float("inf")).strip()
    if style != "'" and _plain(text):
        return text
    return "'" + text.replace("'", "''") + "'"


def short(text: str) -> str:
    """Returns a scalar for a list in brackets."""
    return text if text.replace("_", "").isalnum() and _plain(text) else line(text, "'")


def block(text: str, newline: str, comment: str = "") -> str:
    """Returns several lines as a literal block, indented by two."""
    head = f"|-  {comment}" if comment else "|-"
    return newline.join([head, *(f"  {row}" if row else "" for row in text.split("\n"))])


def _plain(text: str) -> bool:
    """Tells whether a text without quotes reads back as itself, wherever it stands."""
    try:
        node = yaml.compose(f"- {text}\n- x", Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return False
    if not isinstance(node, yaml.SequenceNode) or len(node.value) != 2:
        return False
    scalar = node.value[0]
    return isinstance(scalar, yaml.ScalarNode) and scalar.tag == _TEXT and not scalar.style and scalar.value == text
