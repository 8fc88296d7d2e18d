"""Compares the components that a config.yml names with those that are here, before anything is trained.

Rasa says "Can't load class for name …" after a minute; here each is named with its line and with what does its work.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from assistant.content.findings import Finding
from assistant.rasa.recipe_components import NAMES

_OURS = "assistant.nlu.components.VietnameseIntentClassifier"
_CLASSIFY = f"dùng {_OURS} với threshold: auto"
_MARK = "thêm CRFEntityExtractor nếu câu mẫu có đánh dấu thực thể"
_DROP = "bỏ dòng này"
#: What does the work of a component that is not here.
INSTEAD = {
    "DIETClassifier": f"{_CLASSIFY}; {_MARK}",
    "LogisticRegressionClassifier": _CLASSIFY,
    "SklearnIntentClassifier": _CLASSIFY,
    "MitieIntentClassifier": _CLASSIFY,
    "ResponseSelector": f"{_DROP}: {_OURS} chọn luôn câu trả lời của retrieval intent",
    "SpacyEntityExtractor": "dùng CRFEntityExtractor với câu mẫu có đánh dấu",
    "MitieEntityExtractor": "dùng CRFEntityExtractor với câu mẫu có đánh dấu",
    "SpacyTokenizer": "dùng WhitespaceTokenizer",
    "MitieTokenizer": "dùng WhitespaceTokenizer",
    "JiebaTokenizer": "dùng WhitespaceTokenizer",
    "LanguageModelFeaturizer": _DROP,
    "ConveRTFeaturizer": _DROP,
    "SpacyFeaturizer": _DROP,
    "MitieFeaturizer": _DROP,
    "SpacyNLP": _DROP,
    "MitieNLP": _DROP,
    "TEDPolicy": "dùng AugmentedMemoizationPolicy: câu chuyện được đi đúng như đã viết",
    "UnexpecTEDIntentPolicy": _DROP,
}
_HERE = "xem docs/rasa.md, mục Thành phần trong config.yml"
_TOKENS = ("CRFEntityExtractor", "RegexFeaturizer", "CountVectorsFeaturizer", "LexicalSyntacticFeaturizer")
_LISTS = {"pipeline": "thành phần", "policies": "chính sách"}


def check_components(config: Path) -> Iterator[Finding]:
    """Yields the components and policies that are not here, each with its line and what to use."""
    try:
        tree = yaml.compose(config.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        yield Finding(config, mark.line + 1 if mark else 1, "không đọc được YAML; kiểm tra dấu cách và dấu nháy.")
        return
    for key, listed in fields(tree).items():
        before: list[str] = []
        for entry in getattr(listed, "value", ()) if key in _LISTS and isinstance(listed, yaml.SequenceNode) else ():
            name = _name(entry)
            if name is not None and (advice := _missing(name.value) or _too_early(name.value, before)):
                yield Finding(config, name.start_mark.line + 1, f"{_LISTS[key]} {name.value} {advice}.")
            before += [name.value] if name is not None else []


def fields(node: Any) -> dict[str, Any]:
    """Returns the values of a mapping's node by their names; of any other node nothing."""
    return {key.value: value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


def _name(entry: Any) -> Any:
    if isinstance(entry, yaml.ScalarNode):
        return entry
    return fields(entry).get("name")


def _missing(name: str) -> str | None:
    """Returns why a component cannot be loaded and what to use; None if it can."""
    module, _, short = name.rpartition(".")
    if short in INSTEAD and (not module or module.startswith("rasa.")):
        return f"không có ở đây; {INSTEAD[short]}"
    if not module:
        return None if short in NAMES else f"không có ở đây; {_HERE}"
    return None if _found(module) else f"không tìm thấy: không có mô-đun {module}; kiểm tra chính tả, chép tệp của nó"


def _too_early(name: str, before: list[str]) -> str | None:
    """Returns what a component needs before it, None if it has it."""
    needs = name.rpartition(".")[2] in _TOKENS and not any("Tokenizer" in earlier for earlier in before)
    return "cần WhitespaceTokenizer đứng trước; thêm dòng đó phía trên" if needs else None


def _found(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
