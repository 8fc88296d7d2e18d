"""What other programs leave in a cell: tags, entities, Markdown, Rasa's annotations, somebody's numbers."""

from __future__ import annotations

import re

from assistant import identifiers

#: Excel writes a sign that XML cannot hold as its number.
_ESCAPED_SIGN = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MARKS = (
    (re.compile(r"</?[a-zA-Z][^<>\n]{0,200}>"), "có thẻ HTML ({found}); xóa thẻ, chỉ để chữ."),
    (re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6});"), "có ký hiệu HTML ({found}); gõ lại thành chữ."),
    (re.compile(r"\[[^\]\n]{1,80}\]\([a-z_]{2,40}(?::[^)\n]{0,40})?\)"
        r"|\{\"entity\""), "có chú thích Rasa ({found}); xóa đi."),
    (re.compile(r"\[[^\]\n]{1,80}\]\(https?://[^)\s]{1,300}\)"), "có liên kết Markdown ({found}); ghi thẳng địa chỉ."),
    (re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__|^#{1,6} \S"
        r"|```", re.MULTILINE), "có dấu Markdown ({found}); xóa dấu, chỉ để chữ."),
)  # fmt: skip
_PERSONAL = frozenset({"phone", "phone_or_code", "bhxh_code", "cccd", "card", "email", "cmnd"})
#: Made up, as the examples have them: three noughts in a row, or an address of example.com.
_SAMPLE = re.compile(r"000|@example\.(?:com|org)$")


def undone(text: str) -> str:
    """Returns the text with the signs that Excel wrote as numbers ("_x000D_") as they were."""
    plain = _ESCAPED_SIGN.sub(lambda match: chr(int(match[1], 16)), text)
    return plain.replace("\r\n", "\n").replace("\r", "\n")


def remarks(text: str, personal: bool) -> list[str]:
    """Returns what a reader of the answer should not see.

    Args:
        text: of a cell.
        personal: numbers of people are looked for, too: in what somebody once asked.
    """
    found = [advice.format(found=mark[0][:40]) for marks, advice in _MARKS if (mark := marks.search(text))]
    if personal and any(each.kind in _PERSONAL and not _SAMPLE.search(each.value) for each in identifiers.find(text)):
        found.append("có số điện thoại, mã số hoặc e-mail của ai đó; thay bằng lời, ví dụ “mã của tôi”.")
    return found
