"""Vietnamese chat text made uniform, for the classifier only: what people wrote stays as it was.

People type NFC or NFD, old or new tone placement (hoà, hòa), without accents, in teencode
("ko", "mk", "sđt"), with Telex left-overs ("maatj khaaur") and drawn-out letters ("điiiii").
`normalise` undoes what can be undone without guessing; `strip_accents` is the second view.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from assistant.identifiers.keyboards import plain_dress, undone
from assistant.nlu.gestures import in_words
from assistant.settings import yaml_files

_ZERO_WIDTH = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff\ufe0f]")
_TONES = "̣̀́̃̉"
_NOT_WORD = re.compile(r"[^\w@$%+/<>.\-]+|[_.\-/]+(?=\s|$)|(?<=\s)[_.\-/]+")
_REPEATED = re.compile(r"([^\W\d])\1{2,}")
#: What stands twice at the end of a word that is not drawn out: "hưu", "lưu" without accents, and numbers.
_DOUBLED = frozenset("u0123456789")
#: Names of apps as speech is written down, letter by letter.
_SPELLED = (
    (re.compile(r"\bv(?:ê|i|ờ|e) (?:nờ|en|en nờ|no) (?:ê|e|i) (?:i |ai |y )?(?:đê|đi|đờ|de|di)\b"), "vneid"),
    (re.compile(r"\bv(?:ê|i|ờ|e) (?:(?:ét|ét sì|ét xì|sờ|et|es) ){2}(?:i|ai) (?:đê|đi|đờ|de|di)\b"), "vssid"),
)
#: "Chi" in a text with accents is a dialect's "what", unless one of these follows it.
_WITH_CHI = frozenset(["nhánh", "phí", "trả", "tiết", "cục", "tiêu", "hội", "bộ", "đoàn"])
_OPEN_G = re.compile(r"(?<=[aăâeêioôơuưyáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ])g$")
# What stands before or after "mk" when it means "mình", not "mật khẩu".
_FOR_ME = frozenset(
    ["cho", "jup", "giup", "jum", "gium", "dum", "ho", "voi", "bao", "chi", "nhac", "goi", "cua", "may"]
)
_OF_A_PASSWORD = frozenset(["vssid", "moi", "cu", "app", "tai", "tk", "vneid", "dang", "bao", "bh", "bhxh"])
_I_DO = frozenset(["quen", "muon", "can", "hoi", "dang", "ten", "o", "lo"])

_TELEX_TONE = {"s": "́", "f": "̀", "r": "̉", "x": "̃", "j": "̣"}
_TELEX_DOUBLE = {"aa": "â", "ee": "ê", "oo": "ô", "aw": "ă", "ow": "ơ", "uw": "ư", "dd": "đ"}
_SYLLABLE = re.compile(
    r"^(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnpqrstvx])?"
    r"[aăâeêioôơuưy]{1,3}(?:ch|ng|nh|[cmnpt])?$"
)
_VOWELS = frozenset("aăâeêioôơuưy")
_ENGLISH = """
app pass web ok oke email mail gmail zalo face facebook see free too wifi sms reset otp vssid vneid
add book room food need week been feel cool good google yahoo hook look shoppee shopee err off
"""
_PLAIN_WORDS_LIKE_TELEX = frozenset(_ENGLISH.split())


@cache
def _shorthand() -> dict[str, str]:
    """Returns shorthand -> what is meant (teencode.yml)."""
    groups = yaml_files.read(Path(__file__).with_name("teencode.yml"))
    return {word: meant for meant, words in groups.items() for word in words}


class _Bare(dict[int, str]):
    """Each character without its diacritics, found out once."""

    def __missing__(self, code: int) -> str:
        decomposed = unicodedata.normalize("NFD", {"đ": "d", "Đ": "D"}.get(chr(code), chr(code)))
        found = self[code] = "".join(char for char in decomposed if not unicodedata.combining(char))
        return found


_BARE = _Bare()


def strip_accents(text: str) -> str:
    """Returns `text` without Vietnamese diacritics ("quên mật khẩu" -> "quen mat khau")."""
    return text if text.isascii() else unicodedata.normalize("NFC", text.translate(_BARE))


def _untelex(word: str, tone_alone: bool = False) -> str:
    """Turns a word with Telex keystrokes left in it into the syllable that was meant.

    A tone key alone ("mas", "baor") is too little to go by in an English word, so it counts
    only with `tone_alone`: where other words of the message are Telex beyond doubt.
    """
    if not word.isascii() or not word.isalpha() or len(word) < 3 or word in _PLAIN_WORDS_LIKE_TELEX:
        return word
    base, tone = word, ""
    for position in range(len(word) - 1, 0, -1):
        if word[position] in _TELEX_TONE and any(c in _VOWELS for c in word[:position]):
            tone, base = _TELEX_TONE[word[position]], word[:position] + word[position + 1 :]
            break
    marked = re.sub(r"([aeo])([bcdghklmnpqrtvxy]{0,2})\1", lambda m: _TELEX_DOUBLE[m[1] * 2] + m[2], base, count=1)
    for keys, letter in _TELEX_DOUBLE.items():
        marked = marked.replace(keys, letter)
    if marked == base and not tone:
        return word
    if (marked == base and not tone_alone) or not _SYLLABLE.match(marked):
        return word
    if tone:
        vowels = [i for i, c in enumerate(marked) if c in _VOWELS]
        hatted = [i for i in vowels if marked[i] not in "aeiouy"]
        spot = hatted[-1] if hatted else vowels[0]
        marked = marked[: spot + 1] + tone + marked[spot + 1 :]
    return unicodedata.normalize("NFC", marked)


def move_tone(word: str) -> str:
    """Writes oa, oe, uy with the tone on the first vowel, so that hoà and hòa are one word."""
    decomposed = unicodedata.normalize("NFD", word)
    moved = re.sub(rf"(o)([ae])([{_TONES}])$", r"\1\3\2", decomposed)
    moved = re.sub(rf"(?<!q)(u)(y)([{_TONES}])$", r"\1\3\2", moved)
    return unicodedata.normalize("NFC", moved)


def clean(text: str) -> str:
    """Returns `text` in NFC and plain dress, without zero-width characters and with single spaces."""
    plain = unicodedata.normalize("NFC", plain_dress(text))
    return " ".join((plain if plain.isascii() else _ZERO_WIDTH.sub("", plain)).split())


@lru_cache(maxsize=50_000)
def _is_telex(word: str) -> bool:
    return word not in _shorthand() and _untelex(word) != word


@lru_cache(maxsize=50_000)
def _uniform(word: str, telex: bool) -> str:
    """Returns what a lower-case word means, written in the one usual way."""
    shorthand = _shorthand()
    if word in shorthand:
        return shorthand[word]
    if not word.isascii():
        word = _OPEN_G.sub("ng", word)  # "khôg", "trùg": no Vietnamese syllable ends in a bare g
        word = "ph" + word[1:] if word.startswith("f") else word
    meant = move_tone(_untelex(word, telex))
    drawn = word[-1:] == word[-2:-1] and word[-1] not in _DOUBLED
    if meant == word and drawn and word not in _PLAIN_WORDS_LIKE_TELEX:
        meant = meant[:-1]  # "saoo", "goyy"
    return shorthand.get(meant, meant)


def _mine_or_password(words: list[str]) -> list[str]:
    """Reads "mk" as "mình" where a person must stand, else as "mật khẩu" (done by the shorthand)."""
    out = list(words)
    for i, word in enumerate(words):
        if word != "mk":
            continue
        before = words[i - 1] if i else ""
        after = strip_accents(words[i + 1]) if i + 1 < len(words) else ""
        asks_for_me = strip_accents(before) in _FOR_ME and after not in _OF_A_PASSWORD
        if asks_for_me or (i == 0 and after in _I_DO):
            out[i] = "mình"
    return out


def _what(words: list[str]) -> list[str]:
    """Reads "chi" as "gì" in a text with accents: there "chị" would have its own."""
    if "chi" not in words or all(word.isascii() for word in words):
        return words
    return [
        "gì" if word == "chi" and after not in _WITH_CHI else word
        for word, after in zip(words, [*words[1:], ""], strict=True)
    ]


def normalise(text: str) -> str:
    """Returns the uniform lower-case form the classifier reads.

    `text` should already have its identifiers replaced by tokens (assistant.privacy).
    """
    lowered = undone(_REPEATED.sub(r"\1", clean(in_words(text)).lower()))
    for spelled, name in _SPELLED:
        lowered = spelled.sub(name, lowered)
    stripped = (word.strip(".-/_") for word in _NOT_WORD.sub(" ", f" {lowered} ").split())
    words = _mine_or_password(_what([word for word in stripped if word]))
    telex = any(_is_telex(word) for word in words)
    return " ".join(_uniform(word, telex) for word in words)
