"""Cuts a long message into the pieces that may each carry a question of their own."""

from __future__ import annotations

import re

# An end of sentence before a space, a line break, or a new request in the middle of a line.
_END = re.compile(
    r"(?<=[?!…])\s*(?=\S)|(?<=[^\W\d]\.)\s+(?=\S)|\s*\n+\s*|\s*[;]\s+"
    r"|\s*,?\s+(?=(?:ngoài ra|với lại|vả lại|tiện thể|nhân tiện|cho (?:em|mình|tôi|cháu|con|tui) hỏi (?:thêm|luôn)"
    r"|ngoai ra|voi lai|tien the|nhan tien|cho (?:em|minh|toi|chau|con|tui) hoi (?:them|luon))\b)",
    re.IGNORECASE,
)
#: Shorter than this nothing is cut: "Dạ. Em cảm ơn ạ!" is one message.
LONG_FROM_WORDS = 14
MAX_PIECES = 24


def pieces(text: str) -> list[str]:
    """Returns the sentences of a long message with two words or more; [] for a short one."""
    if len(text.split()) < LONG_FROM_WORDS:
        return []
    cut = [piece.strip() for piece in _END.split(text)]
    found = [piece for piece in cut if len(piece.split()) > 1]
    return found[:MAX_PIECES] if len(found) > 1 else []


_CLAUSE = re.compile(r"[,;]\s+|\s+(?=(?:mà|nhưng|giờ|rồi|còn|ma|nhung|gio|roi|con)\s)")
#: A clause of fewer words says nothing by itself; more clauses than this are not looked at.
_FEWEST, _MOST = 3, 16


def clauses(text: str) -> list[str]:
    """Returns the clauses of a long message; [] for a short one."""
    sentences = pieces(text) or ([text] if len(text.split()) >= LONG_FROM_WORDS else [])
    found = [clause for sentence in sentences for clause in _CLAUSE.split(sentence)]
    return [clause for clause in found if len(clause.split()) >= _FEWEST][:_MOST]


_JOINED = re.compile(r"[,;?]+\s*|\.\s+|\n+|\s+(?=(?:và|với|rồi|còn|va|voi|roi|con|and|also|then)\s)", re.IGNORECASE)
#: One message that asks several sides of one thing has so many words at most, and so many parts.
_ONE_BREATH, _PARTS = 30, 4


def questions(text: str) -> list[str]:
    """Returns the parts of a short message that may each ask a side ("mang gì, mấy ngày có"); [] if there is one."""
    if len(text.split()) > _ONE_BREATH:
        return []
    found = [part.strip() for part in _JOINED.split(text)]
    found = [part for part in found if len(part.split()) > 1]
    return found if 1 < len(found) <= _PARTS else []
