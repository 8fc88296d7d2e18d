"""Finds what could be somebody's in a text that is about to become content: that is kept for good, and everywhere.

An identifier or a secret is never content's, unless it is a sample of ours or stands in the content already. What
people themselves wrote may hold no number at all but those that our own answers name (a hotline, a form, a law): no
search knows every number of a person. Answers name public numbers: hotlines, landlines, addresses of pages, mailboxes
of the state, laws.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain

from assistant import identifiers
from assistant.content.library import Library
from assistant.content.topics import Topic
from assistant.editing.errors import EditError
from assistant.identifiers.model import Identifier
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
#: A hotline or the landline of an office; years; an article's number on a page.
_PUBLIC = re.compile(r"02\d{8,9}|1[89]00\d{4,6}")
_YEARS = re.compile(r"\D*(?:(?:19|20)\d\d\D*)+(?:\d\D*)?|\w*ID=\d+", re.IGNORECASE)
#: A mailbox of the state, or one that is nobody's; the address of a page, without what is asked there.
_PUBLIC_MAILBOX = re.compile(r"\.gov\.vn$|@example\.(?:com|org|net)$", re.IGNORECASE)
_PAGE = re.compile(r"(?:https?://)?[\w-]+(?:\.[\w-]+)+/[^\s?#]*")
#: What stands before the numbers of laws, and what after one: "Công văn số 2191/CNTT-PM", "Nghị định 158, 159".
_LAW = re.compile(
    r"\b(?:công văn|quyết định|nghị định|nghị quyết|thông tư|luật|điều|khoản|mẫu|cv|qđ|nđ|tt)(?: số)?[\s:]{1,2}$",
    re.IGNORECASE,
)
_OF_A_LAW = re.compile(r"/(?:\d{4}/)?[A-ZĐ]{2}")

Ours = Callable[[str], bool]


class Personal(EditError):
    """A text holds what could be somebody's; the message says what kind of thing, and no secret.

    `field` is the topic's that the text is in.
    """

    def __init__(self, advice: str, field: str = "questions") -> None:
        super().__init__(advice)
        self.field = field


def ours(library: Library) -> Ours:
    """Returns what tells whether a piece of text stands in the content already, in the shipped one or in a folder's."""

    def stands(piece: str) -> bool:
        whole = re.compile(rf"(?<!\w){re.escape(piece)}(?!\w)")
        texts = chain((_shipped(),), (held.text for held in library.all()))
        # Most pieces stand nowhere: to see that as letters takes a hundredth of the time.
        return any(piece in text and whole.search(text) for text in texts)

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


def private_in_answer(text: str, is_ours: Ours) -> list[str]:
    """Returns, in words, what in an answer could be somebody's: identifiers that are not public, passwords."""
    plain = _SAMPLE.sub("…", text)
    pages = [page.span() for page in _PAGE.finditer(plain)]
    found = [
        each
        for each in identifiers.find(plain)
        if not any(start <= each.start and each.end <= end for start, end in pages)
        and not _is_public(each.kind, plain[each.start : each.end].strip())
        and not _is_of_a_law(plain, each)
        and not is_ours(plain[each.start : each.end].strip())
    ]
    return list(dict.fromkeys(_NAMES.get(each.kind, "dãy số") for each in found))


def _is_public(kind: str, piece: str) -> bool:
    if kind in ("email", "email_part"):
        return bool(_PUBLIC_MAILBOX.search(piece))
    if kind == "secret" and not any(char.isdigit() for char in piece):
        return True  # words that follow "mật khẩu" in a sentence of ours
    return bool(_PUBLIC.fullmatch(_SIGNS.sub("", piece)) or _YEARS.fullmatch(piece))


def _is_of_a_law(text: str, found: Identifier) -> bool:
    """Tells whether a short number is a law's; a person's own is none, whatever stands around it."""
    groups = re.findall(r"\d+", text[found.start : found.end])
    short = bool(groups) and max(map(len, groups)) < 5
    return short and bool(_LAW.search(text[: found.start]) or _OF_A_LAW.match(text[found.end :]))


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


def of_answers(text: str, is_ours: Ours) -> Iterator[str]:
    """Yields what is to be taken out of a text that people will read, in sentences."""
    if private := private_in_answer(text, is_ours):
        yield (
            f"Chỗ này có {', '.join(private)}, có thể là của riêng một người. Bạn bỏ đi, hoặc thay bằng số mẫu"
            f" {SAMPLES['bhxh_code']}, {SAMPLES['phone']}. Số tổng đài, số máy bàn và địa chỉ .gov.vn thì được."
        )


def told_by(topic: Topic) -> Iterator[tuple[str, str]]:
    """Yields what of a topic is not said as people say it, with the field that it is in."""
    yield from (("title", topic.title), ("answer", topic.answer), ("more", topic.more))
    yield from (("source", text) for text in topic.source)
    yield from (("supersedes", topic.supersedes), ("place", topic.place), ("in_app", topic.in_app))
    yield from ((name, getattr(topic, name)) for name in ("picture_says", "link", "link_title"))
    yield from (("wording", one.quote) for one in topic.wording)
    for facet in topic.facets.values():
        yield from (("facets", text) for text in (facet.name.replace("_", " "), facet.say, *facet.source))
    yield from (("facets", reason) for reason in topic.facets_not_needed.values())
    for step in topic.steps:
        yield from (("steps", text) for text in (step.name, step.say, step.where))
    yield from (("next", name.replace("_", " ")) for name in topic.next)
    yield "name", topic.name.replace("_", " ")  # last: often it is made of the title


def asked_in(topic: Topic) -> Iterator[tuple[str, str]]:
    """Yields what of a topic is said as people say it, with the field that it is in."""
    yield from (("questions", text) for text in topic.questions)
    yield from (("facets", text) for facet in topic.facets.values() for text in facet.asked)


def texts_of(topic: Topic) -> Iterator[str]:
    """Yields every text of a topic."""
    yield from (text for _, text in (*asked_in(topic), *told_by(topic)))


def refuse_new(topic: Topic, before: Topic | None, is_ours: Ours) -> None:
    """Refuses a topic where a text that was not there holds what could be somebody's.

    Raises:
        Personal: naming the first of them, and its field.
    """
    for texts, judge in ((asked_in, of_staff), (told_by, of_answers)):
        known = {text for _, text in texts(before)} if before else set()
        for field, text in texts(topic):
            if text not in known:
                refuse([text], lambda each, judge=judge: judge(each, is_ours), field)  # type: ignore[misc]


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


def refuse(texts: Sequence[str], judge: Callable[[str], Iterator[str]], field: str = "questions") -> None:
    """Refuses texts of a field that hold what could be somebody's.

    Raises:
        Personal: naming the first of them.
    """
    for text in texts:
        for advice in judge(text):
            raise Personal(f"Câu “{_beginning(text)}”: {advice[:1].lower()}{advice[1:]}", field)


def _beginning(text: str) -> str:
    """Returns the first words of a text, as far as nothing can be somebody's in them."""
    first = " ".join(text.split()[:6])
    return "…" if identifiers.find(text) or _NUMBER.search(view(first).text) else first[:60]
