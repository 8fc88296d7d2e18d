"""Reads conversation scripts (tests/conversations/scripts/README.md explains the format)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from pathlib import Path

import yaml

from assistant.conversation_tests.model import (
    ACTS,
    BEHAVIOURS,
    DESK_ACTS,
    KINDS,
    Act,
    Expected,
    Kind,
    Script,
    ScriptError,
    Step,
)

_TOP = frozenset({"name", "behaviour", "kind", "no_repeat", "wanted", "turns"})
_CHECKS = frozenset(
    ["bot", "any", "not", "must", "must_not", "no_repeat", "buttons", "topic", "facet", "facts", "state", "mail",
     "not_kept", "silent"]
)  # fmt: skip
_STATE = frozenset({"form", "filled", "empty"})
_NOTHING = frozenset({"", "~", "null", "none", "không"})
_YES = frozenset({"true", "yes", "có"})
_WAIT = re.compile(r"(\d+)\s*(m|h|d)")
_SECONDS = {"m": 60, "h": 3600, "d": 86400}


def read_script(path: Path) -> Script:
    """Reads one script.

    Raises:
        ScriptError: if the file is not a script; the message names file and line.
    """
    try:
        # BaseLoader: every value stays the text it is, 0360000045 too.
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(f"{path}: không mở được tệp.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ScriptError(f"{path}:{line}: không đọc được YAML; kiểm tra dấu cách và dấu nháy.") from error
    reader = _Reader(path)
    top = reader.mapping(root, _TOP, 1)
    for key in ("name", "behaviour", "turns"):
        if key not in top:
            raise reader.error(1, f"thiếu mục {key}.")
    behaviour = reader.one_of(top["behaviour"], BEHAVIOURS, "behaviour")
    if not isinstance(top["turns"], yaml.SequenceNode) or not top["turns"].value:
        raise reader.error(_line(top["turns"]), "turns phải là một danh sách, mỗi dòng bắt đầu bằng dấu gạch.")
    kind = reader.one_of(top["kind"], KINDS, "kind") if "kind" in top else behaviour
    never_twice = reader.yes(top.get("no_repeat"))
    steps = tuple(reader.step(node, kind, never_twice) for node in top["turns"].value)
    return Script(path, reader.text(top["name"]), behaviour, steps, kind, reader.yes(top.get("wanted")))


def read_scripts(paths: Sequence[Path]) -> list[Script]:
    """Reads scripts from files and folders, in order.

    Raises:
        ScriptError: at the first file that is no script.
    """
    files = [file for path in paths for file in (sorted(path.rglob("*.yml")) if path.is_dir() else [path])]
    return [read_script(file) for file in files]


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path

    def error(self, line: int, message: str) -> ScriptError:
        return ScriptError(f"{self._path}:{line}: {message}")

    def mapping(self, node: yaml.Node | None, allowed: frozenset[str], line: int) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise self.error(_line(node) if node else line, f"cần các mục: {', '.join(sorted(allowed))}.")
        found = {str(key.value): value for key, value in node.value}
        for key, _ in node.value:
            if key.value not in allowed:
                raise self.error(_line(key), f"không có mục tên “{key.value}”; các mục có thể dùng: "
                                 f"{', '.join(sorted(allowed))}.")  # fmt: skip
        return found

    def text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self.error(_line(node), "ở đây cần một câu, không phải danh sách.")
        return str(node.value)

    def texts(self, node: yaml.Node | None) -> tuple[str, ...]:
        if node is None:
            return ()
        if isinstance(node, yaml.SequenceNode):
            return tuple(self.text(item) for item in node.value)
        return (self.text(node),)

    def one_of(self, node: yaml.Node, known: Collection[str], field: str) -> str:
        said = self.text(node)
        if said not in known:
            raise self.error(_line(node), f"{field} phải là một trong: {', '.join(known)}.")
        return said

    def yes(self, node: yaml.Node | None) -> bool:
        return node is not None and self.text(node).lower() in _YES

    def patterns(self, node: yaml.Node | None) -> tuple[re.Pattern[str], ...]:
        found = []
        for said in self.texts(node):
            try:
                found.append(re.compile(unicodedata.normalize("NFC", said), re.IGNORECASE))
            except re.error as error:
                advice = f"“{said}” không phải mẫu tìm kiếm đúng ({error})."
                raise self.error(_line(node) if node else 1, advice) from error
        return tuple(found)

    def names_or_none(self, node: yaml.Node | None) -> tuple[str, ...] | None:
        if node is None:
            return None
        found = self.texts(node)
        return () if len(found) == 1 and found[0].lower() in _NOTHING else found

    def step(self, node: yaml.Node, kind: str = "", never_twice: bool = False) -> Step:
        line = _line(node)
        raw = self.mapping(node, _CHECKS | {"kind", *ACTS}, line)
        acts = [act for act in ACTS if act in raw]
        if len(acts) != 1:
            raise self.error(line, f"mỗi bước cần đúng một trong các mục: {', '.join(ACTS)}.")
        own = self.one_of(raw["kind"], KINDS, "kind") if "kind" in raw else kind
        return Step(line, self._act(acts[0], raw[acts[0]]), self._expected(raw, line, never_twice), own)

    def _expected(self, raw: dict[str, yaml.Node], line: int, never_twice: bool) -> Expected:
        state = self.mapping(raw["state"], _STATE, line) if "state" in raw else {}
        return Expected(
            bot=self.texts(raw.get("bot")),
            any=self.texts(raw.get("any")),
            not_=self.texts(raw.get("not")),
            must=self.patterns(raw.get("must")),
            must_not=self.patterns(raw.get("must_not")),
            no_repeat=self.yes(raw["no_repeat"]) if "no_repeat" in raw else never_twice,
            buttons=self.texts(raw.get("buttons")),
            topic=self._or_nothing(raw.get("topic")),
            facet=self._or_nothing(raw.get("facet")),
            facts=self.names_or_none(raw.get("facts")),
            form=self._or_nothing(state.get("form")),
            filled=self.texts(state.get("filled")),
            empty=self.texts(state.get("empty")),
            mail=self._or_nothing(raw.get("mail")),
            not_kept=self.texts(raw.get("not_kept")),
            silent=self.yes(raw.get("silent")),
        )

    def _or_nothing(self, node: yaml.Node | None) -> str | None:
        if node is None:
            return None
        said = self.text(node)
        return "" if said.lower() in _NOTHING else said

    def _act(self, kind: Kind, node: yaml.Node) -> Act:
        line = _line(node)
        if kind == "users":
            return Act(kind, self.texts(node))
        if kind == "desk" and isinstance(node, yaml.MappingNode):  # desk: {reply: …}
            named = self.mapping(node, frozenset(DESK_ACTS), line)
            return Act(kind, tuple(part for name, text in named.items() for part in (name, self.text(text))))
        said = self.text(node)
        if kind == "desk" and said not in DESK_ACTS:
            raise self.error(line, f"desk phải là một trong: {', '.join(DESK_ACTS)}.")
        if kind == "wait":
            match = _WAIT.fullmatch(said.strip())
            if not match:
                raise self.error(line, "wait viết dạng 30m (phút), 2h (giờ) hoặc 1d (ngày).")
            return Act(kind, (str(int(match[1]) * _SECONDS[match[2]]),))
        return Act(kind, (said,))
