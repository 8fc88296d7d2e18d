"""Checks responses for what no channel can show, and actions for what would be lost."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.content.findings import Finding, line_of
from assistant.rasa.replies import reply_of
from assistant.settings import yaml_files

CHANNELS = ("messenger", "phone", "sms", "web", "zalo")
_KNOWN = {"text", "buttons", "quick_replies", "image", "attachment", "custom", "channel", "condition", "metadata"}
_KNOWN |= {"button_type", "id"}
_LOST = ("ReminderScheduled", "ReminderCancelled")


def check_responses(root: Path, data: Path) -> Iterator[Finding]:
    """Yields responses that say nothing, name no channel of ours, or carry what nobody shows."""
    for path in (root / "domain.yml", *sorted((data / "dialogue_responses").glob("*.yml"))):
        read = yaml_files.read(path) or {}
        for name, variants in (read.get("responses") or {}).items():
            for variant in variants if isinstance(variants, list) else ():
                for advice in _wrong(variant if isinstance(variant, dict) else {}):
                    yield Finding(path, line_of(path, f"{name}:"), f"{name}: {advice}")


def _wrong(variant: dict[str, Any]) -> Iterator[str]:
    channel = variant.get("channel")
    if channel is not None and channel not in CHANNELS:
        yield f"không có kênh “{channel}”; dùng {', '.join(CHANNELS)}, hoặc bỏ mục channel."
    if reply_of(variant, str(channel or "")) is None:
        yield "câu này không nói gì ở kênh nào; thêm text, hoặc image, attachment, buttons."
    custom = variant.get("custom")
    if custom and not (isinstance(custom, dict) and reply_of({"custom": custom})):
        yield "không kênh nào hiểu mục custom này; chỉ text, image, attachment và buttons trong đó được gửi đi."
    for choice in [*(variant.get("buttons") or ()), *(variant.get("quick_replies") or ())]:
        if not (isinstance(choice, dict) and choice.get("title") and (choice.get("payload") or choice.get("url"))):
            yield "một nút thiếu title, hoặc thiếu cả payload và url; hãy ghi đủ."
    for unknown in sorted(variant.keys() - _KNOWN):
        yield f"mục “{unknown}” không được dùng; hãy bỏ, hoặc viết thành text."


def check_lost(root: Path) -> Iterator[Finding]:
    """Yields the places where an action would set a reminder, which the assistant does not keep."""
    for path in sorted((root / "actions").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node, "id", None) or getattr(node, "attr", None)
            if isinstance(node, ast.Name | ast.Attribute) and name in _LOST:
                advice = f"{name} không được hỗ trợ vì Rasa chỉ giữ lời nhắc trong bộ nhớ; xem docs/rasa.md."
                yield Finding(path, node.lineno, advice)
