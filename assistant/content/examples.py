"""The training examples as they stand in the files, each with its file and line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from assistant.content.findings import line_of
from assistant.content.reading_examples import ENGLISH_DIALOGUE, read_english_dialogue
from assistant.content.topics import FOLDERS, read_topic, topic_files

_INTENT = re.compile(r"^\s*-?\s*intent:\s*(\S+)\s*$")
_OTHER = re.compile(r"^\s*-\s*(?:lookup|regex|synonym):")
_MARK = re.compile(r"\[([^\[\]]+)\](?:\([^()]+\)|\{[^{}]+\})")
_EXAMPLE = re.compile(r"^\s*- (.*\S)\s*$")
_FILES = 1000  # that are kept as they were read, until they change


@dataclass(frozen=True)
class Example:
    """One example: its text, its intent (`faq/topic` for questions of a topic) and its place."""

    text: str
    intent: str
    path: Path
    line: int


def read_dialogue(path: Path) -> list[Example]:
    """Reads a file in Rasa's format, marks of entities taken off; lines are counted from 1."""
    return [*_of_dialogue(path, *_state(path))]


def _state(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_mtime_ns, state.st_size


@lru_cache(maxsize=_FILES)
def _of_dialogue(path: Path, changed: int, size: int) -> tuple[Example, ...]:
    found, intent = [], ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if named := _INTENT.match(line):
            intent = named[1]
        elif _OTHER.match(line):
            intent = ""
        elif intent and (written := _EXAMPLE.match(line)):
            found.append(Example(_MARK.sub(r"\1", written[1]), intent, path, number))
    return tuple(found)


def read_questions(path: Path) -> list[Example]:
    """Reads the questions of a topic file, with their lines; [] if the file is not a topic."""
    intent = f"{FOLDERS[path.parent.name]}/{path.stem}"
    return [Example(text, intent, path, line) for text, line in _questions(path.read_text(encoding="utf-8"))]


@lru_cache(maxsize=_FILES)
def _questions(text: str) -> tuple[tuple[str, int], ...]:
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    if not isinstance(root, yaml.MappingNode):
        return ()
    for key, value in root.value:
        if key.value == "questions" and isinstance(value, yaml.SequenceNode):
            return tuple((str(node.value).strip(), node.start_mark.line + 1) for node in value.value)
    return ()


def read_examples(data: Path) -> list[Example]:
    """Reads all examples below `data`, dialogue first, in the order of the files' names."""
    dialogue = [example for path in sorted((data / "dialogue").glob("*.yml")) for example in read_dialogue(path)]
    return dialogue + [example for path in topic_files(data) for example in read_questions(path)]


def read_english(data: Path) -> list[Example]:
    """Reads all English examples with their files; `path` and `line` as for the others."""
    found = [
        Example(text, intent, data / ENGLISH_DIALOGUE, line_of(data / ENGLISH_DIALOGUE, text))
        for intent, text in read_english_dialogue(data)
    ]
    for path in topic_files(data):
        topic = read_topic(path)
        found += [
            Example(text, topic.intent, path, line_of(path, text)) for text in (topic.en.questions if topic.en else ())
        ]
    return found
