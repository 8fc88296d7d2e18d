"""Numbers that are told piece by piece, with words between: "0912, rồi 345, cuối là 678"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.identifiers.model import Found
from assistant.identifiers.numbers import is_amount_or_year, number_kind

#: Which part of a number is told next.
_PART = r"(?:dau|giua|cuoi(?: cung)?|duoi|sau|truoc|con lai|tiep(?: theo)?|ke(?: tiep)?|nua)"
_WORD = (
    rf"(?:(?:\d |may )?so {_PART}|roi(?: den| toi)?|xong|tiep(?: theo| den| tuc| nua)?|sau do|ke(?: tiep| do)?"
    rf"|va|voi|cong|them|nua|{_PART}|la|thi|den|toi|a|nhe|nha|da|u|um|cham|gach|space)"
)
_GAP = rf"(?:[\s,.:…\-–]{{1,4}}{_WORD}){{1,4}}[\s,.:…\-–]{{1,4}}"
_PIECES = re.compile(rf"(?<![\w@./\-])\d{{2,7}}(?:(?:{_GAP}|[\s.\-]{{1,2}})\d{{1,7}}){{1,6}}(?![\d@/%]|[.,]\d)")
_TOLD = re.compile(_GAP)
_GROUP = re.compile(r"\d+")
_COUNT = re.compile(rf"\d(?= so {_PART}\b)")
#: What such a number is called; one that begins like a mobile or a citizen id needs no name.
_NAMED = re.compile(
    r"\b(?:sdt|so dien thoai|dien thoai|dt|zalo|lien he|alo|ma so|ma bhxh|bhxh|cccd|can cuoc|cmnd|cmt|chung minh"
    r"|dinh danh|so so|so the|ma the|bhyt)\b"
)
_LOOK_BACK = 60
_LENGTHS = frozenset({"phone_or_code", "phone", "bhxh_code", "cccd", "card", "cmnd"})


def told(plain: str) -> Iterator[Found]:
    """Yields the numbers that pieces come to, told with words between."""
    for match in _PIECES.finditer(plain):
        piece = match[0]
        if not _TOLD.search(piece):
            continue
        bare = _COUNT.sub("", piece)
        groups = _GROUP.findall(bare)
        kind = number_kind("".join(groups))
        if kind is None or kind[0] not in _LENGTHS or max(map(len, groups)) < 3:
            continue
        named = _NAMED.search(plain, max(0, match.start() - _LOOK_BACK), match.start())
        begins = groups[0].startswith("0") and len(groups[0]) > 2 and kind[0] in ("phone_or_code", "cccd")
        if (named or begins) and not is_amount_or_year(plain[match.end() :]):
            yield *kind, match.start(), match.end()
