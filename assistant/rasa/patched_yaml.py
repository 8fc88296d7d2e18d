"""Reads content files with libyaml while training data are put together; the results are Rasa's own.

Rasa reads each file twice in pure Python, once to check its shape and once for what it says: half of a training. Here
it is read in C wherever YAML 1.1 (libyaml's) and 1.2 (Rasa's) cannot differ; a text in doubt, a wrong one, and one of
the wrong shape goes Rasa's own way, so that every complaint names its line as before.
"""

from __future__ import annotations

import io
import logging
import re
from copy import deepcopy
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pykwalify.core import Core
from pykwalify.errors import PyKwalifyException
from rasa.shared.constants import PACKAGE_NAME, RESPONSES_SCHEMA_FILE, SCHEMA_EXTENSIONS_FILE
from rasa.shared.utils import io as rasas_io
from rasa.shared.utils import validation

_DOUBT = "!doubt"
#: Plain words that may be more than text: in one version a number, a date, a truth value, or one of Rasa's variables.
_MORE_THAN_TEXT = re.compile(
    r"[-+]?\.?[0-9][0-9a-fox_.:+-]*|[0-9]{4}-[0-9]+-[0-9].*|[-+]?\.(?:inf|nan)|=|yes|no|on|off|y|n|.*\$\{.*",
    re.IGNORECASE | re.DOTALL,
)
_PLAIN = {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"0|[-+]?[1-9][0-9]*",
    "float": r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+",
    "timestamp": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "merge": r"<<",
}
_rasas_reading = rasas_io.read_yaml
_rasas_check = validation.validate_yaml_schema


class _InDoubtError(yaml.YAMLError):
    """The two versions of YAML may read this differently."""


class _Reader(yaml.CSafeLoader):
    """Reads what means the same in both versions, and refuses the rest."""

    yaml_implicit_resolvers: dict[str | None, list[Any]] = {}  # noqa: RUF012 - PyYAML's own attribute

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Returns a mapping, refused where a key stands twice: Rasa says where."""
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        if len(found) != len(node.value):
            raise _InDoubtError
        return found


def _refuse(reader: _Reader, node: yaml.Node) -> Any:
    raise _InDoubtError


for _tag, _pattern in _PLAIN.items():
    _Reader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), None)
_Reader.add_implicit_resolver(_DOUBT, re.compile(rf"(?:{_MORE_THAN_TEXT.pattern})\Z", _MORE_THAN_TEXT.flags), None)
_Reader.add_constructor(_DOUBT, _refuse)


def _read(content: str) -> Any:
    """Returns what a text says.

    Raises:
        yaml.YAMLError: if it is wrong, or in doubt.
    """
    if content.isascii() and "\\" in content:
        raise _InDoubtError  # Rasa decodes escapes in such before it reads them
    return yaml.load(io.StringIO(content), Loader=_Reader) or {}  # noqa: S506 - a safe loader


def _read_yaml(content: str, reader_type: str | list[str] = "safe") -> Any:
    """Replaces `rasa.shared.utils.io.read_yaml`; other readers than the safe one keep what we do not: places."""
    if reader_type != "safe":
        return _rasas_reading(content, reader_type)
    try:
        return _read(content)
    except yaml.YAMLError:
        return _rasas_reading(content, reader_type)


def _place(path: str, package: str = PACKAGE_NAME) -> str:
    return str(files(package) / path)


@cache
def _schema(package: str, path: str) -> dict[str, Any]:
    places = _place(path, package), _place(RESPONSES_SCHEMA_FILE)
    schema, responses = (rasas_io.read_yaml_file(place) for place in places)
    return {**schema, **responses}


def _check(yaml_file_content: str, schema_path: str, package_name: str = PACKAGE_NAME) -> None:
    """Replaces `rasa.shared.utils.validation.validate_yaml_schema`, which complains for us."""
    logging.getLogger("pykwalify").setLevel(logging.CRITICAL)
    try:
        Core(
            source_data=_read(yaml_file_content),
            schema_data=deepcopy(_schema(package_name, schema_path)),
            extensions=[_place(SCHEMA_EXTENSIONS_FILE)],
        ).validate()
    except (yaml.YAMLError, PyKwalifyException):
        _rasas_check(yaml_file_content, schema_path, package_name)


def install() -> None:
    """Puts the replacements in place; for processes that train or check."""
    rasas_io.read_yaml = _read_yaml
    validation.validate_yaml_schema = _check
