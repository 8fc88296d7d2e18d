"""Compares the actions that the domain names with those that the code has, and the responses that the engine says.

What one names and the other lacks would otherwise be "hệ thống đang trục trặc" for whoever asks first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from assistant.content.findings import Finding, line_of
from assistant.rasa import slim_boot
from assistant.settings import StartError, yaml_files

#: Responses that the engine itself says (assistant.rasa.host).
SAID_BY_ENGINE = ("utter_trouble", "utter_secret_removed", "utter_second_question")
#: Rasa's own, which code may replace but a domain need not name.
_RASAS = "action_session_start", "action_restart", "action_default_fallback"


class ActionsDiffer(StartError):
    """A model names an action that the code does not have."""


def require(named: Collection[str], known: Collection[str], elsewhere: bool) -> None:
    """Refuses a model whose actions this code does not have.

    Args:
        named: the custom actions of the model's domain.
        known: the actions of the code.
        elsewhere: whether an action server has the others.

    Raises:
        ActionsDiffer: if one is missing.
    """
    missing = sorted(name for name in named if name not in known)
    if missing and not elsewhere:
        raise ActionsDiffer(
            f"domain.yml nêu hành động chưa có mã: {', '.join(missing)}; thêm lớp có tên đó vào actions/, hoặc bỏ khỏi"
            " domain.yml rồi huấn luyện lại."
        )


def check_actions(root: Path, data: Path) -> Iterator[Finding]:
    """Yields what does not fit between domain.yml and actions/; an action server may have what the code has not."""
    slim_boot.boot(serving=False)
    from actions.executor import places
    from assistant.rasa.action_server import BadServer, configured

    try:
        elsewhere = configured(root / "endpoints.yml") is not None
    except BadServer as error:
        yield Finding(root / "endpoints.yml", 1, str(error).partition(": ")[2])
        elsewhere = True

    domain = root / "domain.yml"
    said = yaml_files.read(domain) or {}
    try:
        known = places()
    except ValueError as twice:
        yield Finding(root / "actions", 1, f"hai hành động trùng tên: {twice}; đổi tên một bên.")
        return
    named = {name for name in _names(said.get("actions")) if not name.startswith("utter_")}
    for name in sorted(named - known.keys()) if not elsewhere else ():
        advice = f"hành động {name} chưa có mã; thêm lớp có tên đó vào actions/, hoặc bỏ dòng này."
        yield Finding(domain, line_of(domain, f"- {name}"), advice)
    for name in sorted(known.keys() - named - {*_RASAS}):
        path, line = known[name]
        yield Finding(Path(path), line, f"hành động {name} chưa có trong mục actions của domain.yml; thêm vào đó.")
    responses = set(said.get("responses") or {}) | _in_content(data)
    for name in SAID_BY_ENGINE:
        if name not in responses:
            yield Finding(domain, line_of(domain, "responses:"), f"thiếu câu {name}; trợ lý tự nói câu này, hãy viết.")


def _names(listed: Any) -> Iterator[str]:
    for entry in listed or ():
        yield entry if isinstance(entry, str) else str(next(iter(entry)))


def _in_content(data: Path) -> set[str]:
    found: set[str] = set()
    for path in (data / "dialogue_responses").glob("*.yml"):
        read = yaml_files.read(path) or {}
        found |= set(read.get("responses") or {})
    return found
