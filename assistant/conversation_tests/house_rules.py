"""What no answer may contain, whatever was said."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant import identifiers
from assistant.conversation_tests.model import Answer

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
    """Returns what no answer may contain, whatever was said: code, English amid Vietnamese, the apology, identifiers.

    Args:
        answer: what came back.
        said: what the person wrote so far; none of its numbers may come back.
    """
    broken = []
    in_english = answer.slots.get("language") == "en"
    for text in answer.texts:
        words = _HOTLINE.sub("", _ADDRESS.sub("", text))
        if not text.strip():
            broken.append("có tin nhắn trống.")
        if found := _CODE_WORDS.search(words):
            broken.append(f"câu trả lời lộ tên trong máy: “{found[0]}”.")
        if not in_english and (found := _ENGLISH.search(words)):
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
