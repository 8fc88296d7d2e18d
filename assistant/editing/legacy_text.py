"""Vietnamese of before Unicode: tells which encoding a text has, and reads what can be read without guessing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Literal

from assistant.identifiers.view import without_accents

Encoding = Literal["windows-1258", "VNI-Windows", "TCVN3 (ABC)", ""]

#: A vowel, then the mark of a tone (windows-1258) …
_MARKED = re.compile(rb"[aeiouyAEIOUY\xe2\xea\xf4\xe3\xf5\xfd\xc2\xca\xd4\xc3\xd5\xdd][\xcc\xd2\xde\xec\xf2]")
#: … or a vowel, then a whole letter that carries the tone and the hat (VNI) …
_PAIRED = re.compile(
    rb"[aeouyAEOUY\xf6\xf4\xd6\xd4][\xf9\xf8\xfb\xf5\xef\xe2\xe1\xe0\xe5\xe3\xe4\xea\xe9\xe8\xfa\xfc\xeb"
    rb"\xd9\xd8\xdb\xd5\xcf\xc2\xc1\xc0\xc5\xc3\xc4\xca\xc9\xc8\xda\xdc\xcb]"
)
#: … or one letter for all of it, after a consonant (TCVN3).
_SINGLE = re.compile(rb"[bcdghklmnpqrstvxBCDGHKLMNPQRSTVX\xae\xa7][\xa8-\xad\xb5-\xfe](?=[cghmnptiouy\s.,;:?!\"]|$)")
_FEWEST = 2

#: One sign each: what TCVN3 has in the places of Western letters.
_TCVN3 = str.maketrans(
    "µ¶·¸¹¨»¼½¾Æ©ÇÈÉÊË®ÌÎÏÐÑªÒÓÔÕÖ×ØÜÝÞßáâãä«åæçèé¬êëìíîïñòóô\xadõö÷øùúûüýþ§¢¡£¤¥¦",
    "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵĐÂĂÊÔƠƯ",
)
#: What VNI writes behind a vowel: a tone, a hat or a bow, with a tone or alone.
_VNI_TONES = dict(zip("ùøûõï", "\u0301\u0300\u0309\u0303\u0323", strict=True))
_VNI_HATS = dict(zip("âáàåãä", ("", *_VNI_TONES.values()), strict=True))
_VNI_BOWS = dict(zip("êéèúüë", ("", *_VNI_TONES.values()), strict=True))
_VNI_LETTERS = str.maketrans("ñÑöÖôÔíìæóòî", "đĐưƯơƠíìỉĩịỵ")
_VNI_PAIR = re.compile(r"([aeouyöôAEOUYÖÔ])([ùøûõïâáàåãäêéèúüë])", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:[\xa8-\xbe\xd7\xf7]+[^\W\d_]*)*|[\xa1-\xbe][^\W\d_\s]+")
_VIETNAMESE = re.compile(r"[a-zàáâãèéêìíòóôõùúýăđĩũơưạ-ỹ]+", re.IGNORECASE)
_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnpqrstvx])?"
    r"(?:[aeiouy]|a[iouy]|e[ou]|i[aeu]|o[aeio]|u[aeiouy]|ye|oa[ioy]|oeo|ua[iyo]|uo[iu]|uy[aeu]|[iy]eu)"
    r"(?:ng|nh|ch|[cmnpt])?"
)
#: So many of the words with accents must read as Vietnamese.
_MOST = 0.8


def encoding_of(content: bytes) -> Encoding:
    """Returns the encoding that a text which is no UTF-8 most likely has; empty if none of these."""
    found: list[tuple[int, Encoding]] = [
        (len(_MARKED.findall(content)), "windows-1258"),
        (len(_PAIRED.findall(content)), "VNI-Windows"),
        (len(_SINGLE.findall(content)), "TCVN3 (ABC)"),
    ]
    most, name = max(found, key=lambda each: each[0])
    return name if most >= _FEWEST else ""


def encoding_of_letters(text: str) -> Encoding:
    """Returns the encoding that the letters of a cell were meant in, where a font showed them; empty if in none.

    The words are read in each of them: only where nearly all become Vietnamese, and were none, it is that one.
    """
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    if not words or any(ord(char) > 0xFF for word in words for char in word):
        return ""
    strange = [word for word in words if not _is_vietnamese(word)]
    if len(strange) < _FEWEST and len(text.split()) > _FEWEST:
        return ""
    readings: list[tuple[float, Encoding]] = [
        (_share(words, _from_vni), "VNI-Windows"),
        (_share(words, lambda word: word.translate(_TCVN3)), "TCVN3 (ABC)"),
    ]
    share, name = max(readings, key=lambda each: each[0])
    return name if share >= _MOST and strange else ""


def _share(words: list[str], read: Callable[[str], str]) -> float:
    """Returns how many of some words are Vietnamese syllables when they are read so."""
    return sum(_is_vietnamese(read(word)) for word in words) / len(words)


def _is_vietnamese(word: str) -> bool:
    return bool(_VIETNAMESE.fullmatch(word) and _SYLLABLE.fullmatch(without_accents(word)))


def _from_vni(word: str) -> str:
    def whole(match: re.Match[str]) -> str:
        vowel, mark = match[1].translate(_VNI_LETTERS), match[2].lower()
        if mark in _VNI_TONES and vowel.lower() not in "â":
            return unicodedata.normalize("NFC", vowel + _VNI_TONES[mark])
        if mark in _VNI_HATS and vowel.lower() in "aeo":
            return unicodedata.normalize("NFC", f"{vowel}\u0302{_VNI_HATS[mark]}")
        if mark in _VNI_BOWS and vowel.lower() == "a":
            return unicodedata.normalize("NFC", f"{vowel}\u0306{_VNI_BOWS[mark]}")
        return match[0]

    pieces, position = [], 0
    for match in _VNI_PAIR.finditer(word):
        pieces += [word[position : match.start()].translate(_VNI_LETTERS), whole(match)]
        position = match.end()
    return "".join([*pieces, word[position:].translate(_VNI_LETTERS)])


def decoded(content: bytes) -> str:
    """Returns a text of windows-1258, with whole letters.

    Raises:
        UnicodeDecodeError: if it is none.
    """
    return unicodedata.normalize("NFC", content.decode("cp1258"))
