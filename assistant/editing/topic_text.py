"""Edits a topic file where it stands: what did not change stays as it is, byte for byte, comments too.

The places come from PyYAML's marks, so what is written is found by the very reader that reads it
back. (A round trip through ruamel.yaml loses the comments around a question that is removed.)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from assistant.content.english import EN
from assistant.content.topics import SUBJECT, Topic, parse_topic
from assistant.editing.fields_text import FIELDS, REQUIRED_LISTS, FieldEditor, block_of, space_before, value_of
from assistant.editing.parts_text import PARTS, PartsEditor, entries_of, part_text


class EditFailed(RuntimeError):
    """The edited text does not read back as what was meant; nothing may be written."""


def edited(text: str, topic: Topic) -> str:
    """Returns `text`, the topic's file as it stands, saying what `topic` says.

    Raises:
        ContentError: if `text` is no topic.
        EditFailed: if the result would not read back as `topic`.
    """
    path = Path(f"{_name(text)}.yml")
    before, newline = parse_topic(text, path), "\r\n" if "\r\n" in text else "\n"
    for name in FIELDS:
        if name in PARTS:
            present, wanted = entries_of(before, name), entries_of(topic, name)
            if present != wanted:
                text = PartsEditor(text, newline).with_part(name, present, wanted)
        elif value_of(topic, name) != value_of(before, name):
            field = topic.kind if name == "topic" and topic.kind == SUBJECT else name
            text = FieldEditor(text, newline).with_field(field, value_of(topic, name))
    if parse_topic(text, Path(f"{topic.name}.yml")) != topic:
        raise EditFailed(topic.name)
    return text


def written(topic: Topic) -> str:
    """Returns the text of a new file.

    Raises:
        EditFailed: if it would not read back as `topic`.
    """
    text = "".join(f"{field}\n" for name in FIELDS if (field := _written(topic, name))) + _english(topic)
    if parse_topic(text, Path(f"{topic.name}.yml")) != topic:
        raise EditFailed(topic.name)
    return text


def _written(topic: Topic, name: str) -> str:
    if name in PARTS:
        entries = entries_of(topic, name)
        return part_text(name, entries) if entries else ""
    value = value_of(topic, name)
    return f"{name}:{space_before(name, value)}{block_of(name, value)}" if value or name in REQUIRED_LISTS else ""


def _english(topic: Topic) -> str:
    """Returns the English part of a new file; "" for a topic without one."""
    en = topic.en
    if en is None:
        return ""
    whole = "line" if topic.kind == SUBJECT else "answer"
    raw: dict[str, Any] = {"title": en.title, whole: en.answer, "more": en.more}
    raw |= {"picture_says": en.picture_says, "link_title": en.link_title}
    raw["facets"] = {facet.name: facet.as_yaml() for facet in en.facets.values()}
    raw["steps"] = [step.as_yaml() for step in en.steps]
    raw["questions"] = list(en.questions)
    given = {name: value for name, value in raw.items() if value}
    return yaml.safe_dump({EN: given}, allow_unicode=True, sort_keys=False, width=1_000)


def _name(text: str) -> str:
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return next((str(value.value) for key, value in pairs if key.value in ("topic", "subject")), "")
