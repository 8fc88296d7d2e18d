"""Conversation scripts: what a person does, what the assistant must and must not answer.

Content staff write them in YAML (tests/conversations/scripts/README.md explains the format). This
module reads them, plays them against anything that speaks, and says in Vietnamese what differs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from assistant import identifiers

Kind = Literal["user", "users", "press", "media", "wait", "desk", "event"]

BEHAVIOURS = (
    "happy_path", "corrections", "digressions", "cancellations", "invalid_input", "refusals", "handover", "silence",
    "media", "several_messages", "unaccented", "scams",
)  # fmt: skip
DESK_ACTS = ("open", "close", "take", "hand_back", "reply", "answer")
_ACTS: tuple[Kind, ...] = ("user", "users", "press", "media", "wait", "desk", "event")
_CHECKS = frozenset({"bot", "any", "not", "buttons", "state", "mail", "not_kept", "silent"})
_STATE = frozenset({"form", "filled", "empty"})
_NOTHING = frozenset({"", "~", "null", "none", "không"})
_WAIT = re.compile(r"(\d+)\s*(m|h|d)")
_SECONDS = {"m": 60, "h": 3600, "d": 86400}
#: Acts after which the person waits for an answer.
_ANSWERED = frozenset({"user", "users", "press", "media"})


class ScriptError(ValueError):
    """A script cannot be read; the message says where and what to do (Vietnamese)."""


@dataclass(frozen=True)
class Act:
    """One thing that happens: `values` are texts, a button, a kind of media, seconds or what the desk does."""

    kind: Kind
    values: tuple[str, ...]


@dataclass(frozen=True)
class Expected:
    """What the answer to an act must be. None means: not looked at."""

    bot: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    not_: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    form: str | None = None  # "" means: no form
    filled: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    mail: str | None = None  # "" means: none
    not_kept: tuple[str, ...] = ()
    silent: bool = False  # the assistant says nothing, since a person has the conversation


@dataclass(frozen=True)
class Step:
    """An act and what is expected of its answer, with its line in the file."""

    line: int
    act: Act
    expected: Expected


@dataclass(frozen=True)
class Script:
    """One conversation."""

    path: Path
    name: str
    behaviour: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Answer:
    """What came back after an act, and how things stand then."""

    texts: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    form: str = ""
    slots: dict[str, Any] = field(default_factory=dict)
    mails: tuple[str, ...] = ()
    kept: str = ""  # all that is stored of the conversation, as one text


@dataclass(frozen=True)
class Finding:
    """One difference, with its place."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


Speak = Callable[[Act], Answer]


# ---- reading


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
    top = reader.mapping(root, {"name", "behaviour", "turns"}, 1)
    for key in ("name", "behaviour", "turns"):
        if key not in top:
            raise reader.error(1, f"thiếu mục {key}.")
    behaviour = reader.text(top["behaviour"])
    if behaviour not in BEHAVIOURS:
        raise reader.error(_line(top["behaviour"]), f"behaviour phải là một trong: {', '.join(BEHAVIOURS)}.")
    if not isinstance(top["turns"], yaml.SequenceNode) or not top["turns"].value:
        raise reader.error(_line(top["turns"]), "turns phải là một danh sách, mỗi dòng bắt đầu bằng dấu gạch.")
    return Script(path, reader.text(top["name"]), behaviour, tuple(reader.step(node) for node in top["turns"].value))


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

    def mapping(self, node: yaml.Node | None, allowed: set[str] | frozenset[str], line: int) -> dict[str, yaml.Node]:
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

    def step(self, node: yaml.Node) -> Step:
        line = _line(node)
        raw = self.mapping(node, _CHECKS | set(_ACTS), line)
        kinds = [kind for kind in _ACTS if kind in raw]
        if len(kinds) != 1:
            raise self.error(line, f"mỗi bước cần đúng một trong các mục: {', '.join(_ACTS)}.")
        act = self._act(kinds[0], raw[kinds[0]])
        state = self.mapping(raw["state"], _STATE, line) if "state" in raw else {}
        return Step(
            line,
            act,
            Expected(
                bot=self.texts(raw.get("bot")),
                any=self.texts(raw.get("any")),
                not_=self.texts(raw.get("not")),
                buttons=self.texts(raw.get("buttons")),
                form=self._or_nothing(state.get("form")),
                filled=self.texts(state.get("filled")),
                empty=self.texts(state.get("empty")),
                mail=self._or_nothing(raw.get("mail")),
                not_kept=self.texts(raw.get("not_kept")),
                silent="silent" in raw and self.text(raw["silent"]).lower() in ("true", "yes", "có"),
            ),
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


# ---- running


def play(script: Script, speak: Speak) -> list[Finding]:
    """Plays a script as one new person; returns what differs from what is expected."""
    findings: list[Finding] = []
    said: list[str] = []
    for step in script.steps:
        if step.act.kind in ("user", "users"):
            said += step.act.values
        try:
            answer = speak(step.act)
        except LookupError as error:  # a button that was never shown
            return [*findings, Finding(script.path, step.line, str(error))]
        messages = [*_differences(step, answer), *broken_rules(answer, said)]
        if step.act.kind in _ANSWERED and not step.expected.silent and not answer.texts:
            messages.append("trợ lý không trả lời gì.")
        if messages:
            heard = " / ".join(answer.texts) or "(không có gì)"
            messages.append(f"trợ lý đã trả lời: {heard}")
        findings += [Finding(script.path, step.line, message) for message in messages]
    return findings


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _differences(step: Step, answer: Answer) -> Iterator[str]:
    expected, heard = step.expected, _plain("\n".join(answer.texts))
    for wanted in expected.bot:
        if _plain(wanted) not in heard:
            yield f"câu trả lời thiếu “{wanted}”."
    if expected.any and not any(_plain(wanted) in heard for wanted in expected.any):
        yield f"câu trả lời không có câu nào trong: {'; '.join(expected.any)}."
    for unwanted in expected.not_:
        if _plain(unwanted) in heard:
            yield f"câu trả lời không được có “{unwanted}”."
    for title in expected.buttons:
        if _plain(title) not in [_plain(button) for button in answer.buttons]:
            yield f"thiếu nút “{title}”; các nút đang có: {', '.join(answer.buttons) or 'không có'}."
    if expected.form is not None and answer.form != expected.form:
        yield f"biểu mẫu đang mở là “{answer.form or 'không có'}”, cần là “{expected.form or 'không có'}”."
    for name in expected.filled:
        if answer.slots.get(name) is None:
            yield f"ô {name} đang trống, cần có giá trị."
    for name in expected.empty:
        if answer.slots.get(name) is not None:
            yield f"ô {name} còn giá trị, cần trống."
    if expected.mail == "" and answer.mails:
        yield f"không được gửi thư, nhưng đã xếp thư {', '.join(answer.mails)}."
    if expected.mail and expected.mail not in answer.mails:
        yield f"thiếu thư {expected.mail}; đã xếp: {', '.join(answer.mails) or 'không có'}."
    for secret in expected.not_kept:
        if secret in answer.kept:
            yield f"“{secret}” còn nằm trong kho dữ liệu."
    if expected.silent and answer.texts:
        yield "trợ lý phải im lặng vì nhân viên đang trả lời."


_CODE_WORDS = re.compile(
    r"utter_|action_|nlu_fallback|\bNone\b|\bnull\b|⟦|⟧|\{[a-z_]+\}|\bfaq/|reset_password|Traceback|\bslot\b|\bintent\b"
)
_ENGLISH = re.compile(
    r"\b(?:the|please|sorry|error|your|password|code|thank|hello|failed|invalid|unknown|account)\b", re.IGNORECASE
)
_ADDRESS = re.compile(r"https?://\S+")
_HOTLINE = re.compile(r"1900 ?9068")
_APOLOGY = "trục trặc"
#: Identifiers that the answers may show, as examples.
_EXAMPLES = frozenset({"7900000123"})


def broken_rules(answer: Answer, said: Sequence[str] = ()) -> list[str]:
    """Returns what no answer may contain, whatever was said: code, English, the apology, identifiers.

    Args:
        answer: what came back.
        said: what the person wrote so far; none of its numbers may come back.
    """
    broken = []
    for text in answer.texts:
        words = _HOTLINE.sub("", _ADDRESS.sub("", text))
        if not text.strip():
            broken.append("có tin nhắn trống.")
        if found := _CODE_WORDS.search(words):
            broken.append(f"câu trả lời lộ tên trong máy: “{found[0]}”.")
        if found := _ENGLISH.search(words):
            broken.append(f"câu trả lời có tiếng Anh: “{found[0]}”.")
        if _APOLOGY in text:
            broken.append("trợ lý báo trục trặc.")
        broken += [
            f"câu trả lời có dữ liệu riêng ({shown.kind})."
            for shown in identifiers.find(words)
            if shown.kind not in ("number", *identifiers.NEVER_KEPT) and not _is_example(shown, words)
        ]
    heard = "\n".join(answer.texts)
    own = {found.value for text in said for found in identifiers.find(text) if len(found.value) >= 8}
    broken += [f"câu trả lời nhắc lại “{value}” của người hỏi." for value in sorted(own - _EXAMPLES) if value in heard]
    return broken


def _is_example(shown: identifiers.Identifier, text: str) -> bool:
    """Tells whether an identifier is the documented example of a code and its card."""
    if shown.kind == "email":
        return "•" in text[max(0, shown.start - 8) : shown.end]
    return any(shown.value.endswith(example) for example in _EXAMPLES)
