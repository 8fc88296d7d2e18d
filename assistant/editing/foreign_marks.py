"""What other programs leave in a cell: tags, entities, Markdown, Rasa's annotations, somebody's numbers."""

from __future__ import annotations

import re

from assistant import identifiers
from assistant.editing import legacy_text
from assistant.identifiers.samples import SAMPLE_SECRET, SAMPLES

#: Excel writes a sign that XML cannot hold as its number.
_ESCAPED_SIGN = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MARKS = (
    (re.compile(r"</?[a-zA-Z][^<>\n]{0,200}>"), "có thẻ HTML ({found}); xóa thẻ, chỉ để chữ."),
    (re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6});"), "có ký hiệu HTML ({found}); gõ lại thành chữ."),
    (re.compile(r"\[[^\]\n]{1,80}\]\([a-z_]{2,40}(?::[^)\n]{0,40})?\)"
        r"|\{\"entity\""), "có chú thích Rasa ({found}); xóa đi."),
    (re.compile(
        r"^\s*-?\s*(?:intent|examples|nlu|rule|story|steps|action|synonym|lookup|version):.{0,30}", re.MULTILINE
    ), "có dòng của tệp Rasa ({found}); chỉ để câu hỏi, mỗi câu một dòng."),
    (re.compile(r"\[[^\]\n]{1,80}\]\(https?://[^)\s]{1,300}\)"), "có liên kết Markdown ({found}); ghi thẳng địa chỉ."),
    (re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__|^#{1,6} \S"
        r"|```", re.MULTILINE), "có dấu Markdown ({found}); xóa dấu, chỉ để chữ."),
)  # fmt: skip
_PERSONAL = frozenset({"phone", "phone_or_code", "bhxh_code", "cccd", "card", "email", "cmnd"})
_SECRET = frozenset({"secret", "bank_card"})
_BULLET = re.compile(r"^\s*(?:[-–•*+·▪‣]|\d{1,2}[.)])\s+")
#: The password that everybody names as a bad one.
_ANYBODYS = "123456"
#: Made up, as the examples have them: our samples, their numbers' last six, or an address of example.com.
_SAMPLE = re.compile(
    rf"000\d{{3}}$|@example\.(?:com|org)$|^(?:{'|'.join(map(re.escape, SAMPLES.values()))})$", re.IGNORECASE
)


def undone(text: str) -> str:
    """Returns the text with the signs that Excel wrote as numbers ("_x000D_") as they were."""
    plain = _ESCAPED_SIGN.sub(lambda match: chr(int(match[1], 16)), text)
    return plain.replace("\r\n", "\n").replace("\r", "\n")


def without_bullet(line: str) -> str:
    """Returns a line of a list without the dot, the stroke or the number that it begins with."""
    return _BULLET.sub("", line)


def remarks(text: str, personal: bool) -> list[str]:
    """Returns what a reader of the answer should not see.

    Args:
        text: of a cell.
        personal: numbers of people are looked for, too: in what somebody once asked.
    """
    found = [advice.format(found=mark[0][:40]) for marks, advice in _MARKS if (mark := marks.search(text))]
    if encoding := legacy_text.encoding_of_letters(text):
        found.append(f"chữ viết bằng bảng mã {encoding}, không phải Unicode; chuyển sang Unicode rồi ghi lại.")
    those = identifiers.find(text := text.replace(SAMPLE_SECRET, "…")) if personal else []
    if any(each.kind in _PERSONAL and not _SAMPLE.search(each.value) for each in those):
        found.append("có số điện thoại, mã số hoặc e-mail của ai đó; thay bằng lời, ví dụ “mã của tôi”.")
    if any(each.kind in _SECRET and text[each.start : each.end] != _ANYBODYS for each in those):
        found.append("có chỗ giống mật khẩu, mã xác thực hoặc số tài khoản; xóa đi, chỉ để câu hỏi.")
    return found
