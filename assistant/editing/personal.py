"""Finds what could be somebody's in a text that is about to become content: that is kept for good, and everywhere.

An identifier or a secret is never content's, unless it is a sample of ours or stands in the content already. What
people themselves wrote may hold no number at all but those that our own answers name (a hotline, a form, a law): no
search knows every number of a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from assistant import identifiers
from assistant.content.library import Library
from assistant.content.topics import Topic
from assistant.editing.errors import EditError
from assistant.identifiers.samples import SAMPLE_SECRET, SAMPLES
from assistant.identifiers.view import view
from assistant.settings import ROOT

_NAMES = {
    "bhxh_code": "mã số BHXH", "phone_or_code": "số điện thoại hoặc mã số", "phone": "số điện thoại",
    "card": "mã thẻ BHYT", "cccd": "số căn cước", "cmnd": "số CMND", "email": "e-mail", "email_part": "e-mail",
    "secret": "chỗ giống mật khẩu hoặc mã xác thực", "bank_card": "số thẻ hoặc số tài khoản",
}  # fmt: skip
_SAMPLE = re.compile(
    "|".join(rf"(?<![\w.@-]){re.escape(value)}(?![\w@-])" for value in {*SAMPLES.values(), SAMPLE_SECRET})
)
_WORD = r"\w*\d\w*"
#: Numbers that stand side by side are one: nobody's number gets through in pieces.
_NUMBER = re.compile(rf"{_WORD}(?:(?:[\s./:\-–]|,(?!\s)){{1,3}}{_WORD})*")
_ONE = re.compile(rf"(?<!\S)[(“]?({_WORD})[.,;:)”?!]*(?!\S)")
_SIGNS = re.compile(r"[^\w]|_")

Ours = Callable[[str], bool]


class Personal(EditError):
    """A text holds what could be somebody's; the message says what kind of thing, and no secret."""


def ours(library: Library) -> Ours:
    """Returns what tells whether a piece of text stands in the content already, in the shipped one or in a folder's."""

    def stands(piece: str) -> bool:
        whole = re.compile(rf"(?<!\w){re.escape(piece)}(?!\w)")
        return bool(whole.search(_shipped())) or any(whole.search(held.text) for held in library.all())

    return stands


@lru_cache(maxsize=1)
def _shipped() -> str:
    files = [*sorted((ROOT / "data").rglob("*.yml")), ROOT / "domain.yml"]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def numbers_of(topics: Iterable[Topic]) -> frozenset[str]:
    """Returns the numbers that the answers name: everybody's."""
    found: set[str] = set()
    for topic in topics:
        for text in (topic.title, topic.answer, topic.more, *(facet.say for facet in topic.facets.values())):
            found.update(_plain(number[0]) for number in _NUMBER.finditer(text))
            found.update(_plain(number[1]) for number in _ONE.finditer(text))
    return frozenset(found)


def identifiers_in(text: str, is_ours: Ours | None = None) -> list[str]:
    """Returns, in words, the identifiers and secrets of a text that are no samples, nor ours."""
    plain = _SAMPLE.sub("…", text)
    found = [
        each for each in identifiers.find(plain) if is_ours is None or not is_ours(plain[each.start : each.end].strip())
    ]
    return list(dict.fromkeys(_NAMES.get(each.kind, "dãy số") for each in found))


def numbers_in(text: str, public: frozenset[str]) -> list[str]:
    """Returns the numbers of a text that are neither samples nor among `public`."""
    plain = view(_SAMPLE.sub("…", text)).text
    return [number[0] for number in _NUMBER.finditer(plain) if _plain(number[0]) not in public]


def _plain(number: str) -> str:
    return _SIGNS.sub("", number.lower())


def of_staff(text: str, is_ours: Ours) -> Iterator[str]:
    """Yields what is to be taken out of a text that staff wrote before it is kept, in sentences."""
    if private := identifiers_in(text, is_ours):
        yield (
            f"Câu này có {', '.join(private)}. Bạn thay bằng lời, ví dụ “mã số của tôi”, hoặc bằng số mẫu"
            f" {SAMPLES['bhxh_code']}, {SAMPLES['phone']} nhé."
        )


def of_people(text: str, public: frozenset[str]) -> Iterator[str]:
    """Yields what is to be taken out of a person's words before they are kept, in sentences.

    Args:
        text: their words, as staff have rewritten them.
        public: the numbers that may be in them (`numbers_of`).
    """
    if private := identifiers_in(text):
        yield f"Câu này còn {', '.join(private)}. Bạn thay bằng lời, ví dụ “mã số của tôi”, rồi lưu lại nhé."
    elif numbers := numbers_in(text, public):
        shown = ", ".join(f"“{number}”" for number in numbers[:3])
        yield f"Câu này còn số {shown}, có thể là của riêng một người. Bạn viết lại, không để số này, rồi lưu nhé."


def refuse(texts: Sequence[str], judge: Callable[[str], Iterator[str]]) -> None:
    """Refuses texts that hold what could be somebody's.

    Raises:
        Personal: naming the first of them.
    """
    for text in texts:
        for advice in judge(text):
            raise Personal(f"Câu “{_beginning(text)}”: {advice[:1].lower()}{advice[1:]}")


def _beginning(text: str) -> str:
    """Returns the first words of a text, as far as nothing can be somebody's in them."""
    first = " ".join(text.split()[:6])
    return "…" if identifiers.find(text) or _NUMBER.search(view(first).text) else first[:60]
