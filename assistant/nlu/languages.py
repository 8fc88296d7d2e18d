"""Which language a message is written in, by its words alone; what says nothing keeps the conversation's.

Vietnamese is typed without accents and in shorthand, and borrows English words. So English is what has words that no
Vietnamese looks like, and hardly any that only Vietnamese has; a number, "ok" or one borrowed word is neither.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from assistant.identifiers import tokens
from assistant.identifiers.keyboards import plain_dress
from assistant.nlu.text import strip_accents
from assistant.settings import yaml_files

Language = Literal["vi", "en"]
#: What stands around the name of a language where it is wished for; beside anything else, something else is meant.
_WISHES = """
please pls plz thanks hi hello ok oh so can could do does will would you we i u want need prefer like to let
us let's lets
switch change continue reply answer speak talk write use go on in only the language back into chat me this with
it now instead version my is possible
dạ ạ ơi nha nhé nhe được dc ko duoc không khong giúp giup tôi toi mình minh em với voi bạn ban ad xin vui lòng cho
nói noi viết viet trả tra lời loi dùng dung chuyển chuyen đổi doi sang qua bằng bang lại lai ngôn ngữ đi di hãy
"""
_AROUND = frozenset(_WISHES.split())
_NAMED: dict[tuple[str, ...], Language] = {
    ("english",): "en", ("eng",): "en", ("tiếng", "anh"): "en", ("tieng", "anh"): "en",
    ("vietnamese",): "vi", ("tiếng", "việt"): "vi", ("tieng", "viet"): "vi",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:['’][a-z]+)?")
#: Addresses, and what looks like a command ("/inform{"contact": "lost"}"), are no words.
_ADDRESS = re.compile(r"\S+@\S+|(?:https?://)\S+|\b[\w-]+(?:\.[\w-]+)+\b|^\s*[/#]\w+|\{[^{}]*\}")
#: A wish is short; two words are enough where one of them is English and none Vietnamese.
_LONGEST_WISH, _TWO = 60, 2
#: A Vietnamese message of so many words is a sentence.
_SENTENCE = 3
#: Names of things of ours, and what stands in brackets, are of no language.
_BRACKETS = re.compile(r"\([^()]*\)")
_NAMES = re.compile(
    r"\b(?:mã số bhxh|ma so bhxh|số bhxh|sổ bhxh|so bhxh|sổ bảo hiểm|mã số bảo hiểm xã hội|thẻ bhyt|the bhyt"
    r"|cơ quan bhxh|co quan bhxh|căn cước"
    r"|can cuoc|bảo hiểm xã hội|bao hiem xa hoi|bảo hiểm y tế|bảo hiểm|hà nội|đà nẵng|hồ chí minh|sài gòn"
    r"|bình dương|đồng nai"
    r"|tk1(?:[- ]?ts)?|thai sản|thai san|lương hưu|luong huu|thất nghiệp|that nghiep|tờ rời|to roi|tử tuất|tu tuat"
    r"|mai táng|mai tang|lương cơ sở|luong co so|mức tham chiếu|một lần|mot lan|cổng dịch vụ công"
    r"|tờ khai|to khai|lấy lại mật khẩu|số định danh|dinh danh|chốt sổ|đà lạt|hải phòng|cần thơ|bắc ninh|vũng tàu)\b"
)
#: What people say in English amid any language.
_EVERYDAY = re.compile(
    r"\W*(?:(?:ok|okay|oki|oh|hi|hello|dạ|bye|and|goodbye|yes|no|so|sorry|very|much|many|thanks?|thank you|tks"
    r"|see you|again|later|good"
    r"|morning|night|luck|day|please|pls|help|me|stop|it|live|chat|love|you|not yet|my|god|email|fine|nice|great)\W*)+"
)
_EVERYDAY_VI = re.compile(
    r"\W*(?:(?:xin|chào|chao|cảm ơn|cám ơn|cam on|dạ|vâng|vang|bạn|ban|em|anh|chị|chi|ad|nhiều|nhieu|rất|nhé|nha|ạ|nhe"
    r"|tạm biệt|tam biet|không|khong|có|co|rồi|roi|được|duoc|ok)\W*)+"
)


#: A Vietnamese greeting before something else: foreigners learn it first.
_GREETING = re.compile(
    r"^\W*(?:(?:dạ|da|xin|em|mình)\s+)*(?:chào|chao)"
    r"(?:\s+(?:bạn|ban|ad|admin|shop|anh|chị|chi|em|mọi người|các bạn|bot))*"
    r"(?=\W+\w)\W+",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"[^.!?…\n]+[.!?…\n]*")


class Signs(NamedTuple):
    """How many words of a message are English for certain, perhaps, Vietnamese for certain, and all."""

    strong: int
    weak: int
    vietnamese: int
    words: int


@cache
def _lists() -> dict[str, frozenset[str]]:
    raw = yaml_files.read(Path(__file__).with_name("english_words.yml"))
    found = {name: frozenset(str(words).split()) for name, words in raw.items()}
    found["vietnamese"] -= found["strong"] | found["weak"]
    return found


@lru_cache(maxsize=20_000)
def _kind(word: str) -> str:
    lists = _lists()
    if word in lists["strong"]:
        return "strong"
    if word in lists["weak"]:
        return "weak"
    if not word.isascii() and strip_accents(word) != word:
        return "vietnamese"
    return "vietnamese" if word in lists["vietnamese"] else ""


def signs_of(text: str) -> Signs:
    """Counts what speaks for each language; identifiers, addresses and names of our things speak for none."""
    lowered = _ADDRESS.sub(" ", tokens.replace_tokens(plain_dress(text), {}, " ").lower())
    words = _WORD.findall(_NAMES.sub(" ", _BRACKETS.sub(" ", lowered)).replace("’", "'"))
    kinds = [_kind(word) for word in words]
    return Signs(kinds.count("strong"), kinds.count("weak"), kinds.count("vietnamese"), len(words))


def _after_greeting(text: str) -> str:
    return _GREETING.sub("", text, count=1)


def wished(text: str) -> Language | None:
    """Returns the language that a message asks for and does nothing else ("in English please", "tiếng Việt")."""
    text = _after_greeting(text)
    if len(text) > _LONGEST_WISH:
        return None
    words = (word.replace("’", "'") for word in _WORD.findall(text.lower()))
    found: Language | None = _NAMED.get(tuple(word for word in words if word not in _AROUND))
    return found


def wished_beside(text: str) -> tuple[Language, str] | None:
    """Returns the language that one sentence of several asks for, and what the others say; None if none does."""
    sentences = _SENTENCES.findall(text)
    for sentence in sentences if len(sentences) > 1 else ():
        found = wished(sentence) if len(_WORD.findall(sentence)) >= _TWO else None
        if found is not None:
            return found, "".join(other for other in sentences if other is not sentence).strip()
    return None


def language_of(text: str) -> Language | None:
    """Returns the language a message is written in; None for what is of neither, or of both."""
    text = _after_greeting(text)
    strong, weak, vietnamese, words = signs_of(text)
    if words == 1 and strong:
        return None if _lists()["borrowed"].intersection(_WORD.findall(text.lower())) else "en"
    english = strong + weak
    enough = english >= 2 and vietnamese * 4 <= english and english * 2 >= words
    enough = bool(strong) and (enough or (words == _TWO and not vietnamese))
    if enough and not _EVERYDAY.fullmatch(text.lower().strip()):
        return "en"
    return "vi" if vietnamese and not strong and vietnamese * 2 > words else None


def is_said_for_good(text: str) -> bool:
    """Tells whether a Vietnamese message is long enough to change the language of a conversation.

    "Không", "cảm ơn bạn" and the names of our things are known to everybody here.
    """
    return signs_of(text).vietnamese >= _SENTENCE and not _EVERYDAY_VI.fullmatch(text.lower().strip())
