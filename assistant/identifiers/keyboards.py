"""Keystrokes left in a text: VNI ("que6n ma65t kha63u"), VIQR ("que^n ma^.t kha^?u"), HTML entities, styled letters."""

from __future__ import annotations

import html
import re
import unicodedata

_TONES = {"1": "\u0301", "2": "\u0300", "3": "\u0309", "4": "\u0303", "5": "\u0323"}
_SHAPES = {"6": {"a": "â", "e": "ê", "o": "ô"}, "7": {"o": "ơ", "u": "ư"}, "8": {"a": "ă"}, "9": {"d": "đ"}}
_VNI_WORD = re.compile(r"(?<!\w)[a-zđ]{1,6}[1-9](?:[a-z]{0,3}[1-9]?){0,2}[a-z]{0,2}(?!\w)", re.IGNORECASE)
_VIQR_SIGN = re.compile(r"[aeo]\^|[ou]\+|a\(|\bdd(?=[aeiouy])", re.IGNORECASE)
_VIQR_WORD = re.compile(r"[a-z][a-z^+('`?~.]{1,9}", re.IGNORECASE)
_VIQR_TONES = {"'": "1", "`": "2", "?": "3", "~": "4", ".": "5", "^": "6", "+": "7", "(": "8"}
_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnpqrstvx])?[aăâeêioôơuưy]{1,3}(?:ch|ng|nh|[cmnpt])?"
)
_VOWELS = "aăâeêioôơuưy"
_FEWEST = 2


def plain_dress(text: str) -> str:
    """Returns the text with entities and styled or full-width letters as ordinary ones."""
    if "&" in text and ";" in text:
        text = html.unescape(text)
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def undone(text: str) -> str:
    """Returns a lower-case text with the keys of VNI and VIQR turned into the letters that were meant.

    One such word alone is too little to go by ("phòng a2"): two must be Vietnamese when their keys are undone.
    """
    if _VIQR_SIGN.search(text):
        return _VIQR_WORD.sub(lambda match: _viqr(match[0]), text)
    words = [match for match in _VNI_WORD.finditer(text) if vni(match[0])]
    if len(words) < _FEWEST:
        return text
    return _VNI_WORD.sub(lambda match: vni(match[0]) or match[0], text)


def vni(word: str) -> str:
    """Returns the syllable that a word typed in VNI means, or an empty text."""
    letters, tone = "", ""
    for char in word:
        if char in _TONES and not tone:
            tone = _TONES[char]
        elif char in _SHAPES:
            shaped = _shaped(letters, _SHAPES[char])
            if not shaped:
                return ""
            letters = shaped
        elif char.isdigit():
            return ""
        else:
            letters += char
    if not _SYLLABLE.fullmatch(letters):
        return ""
    return _toned(letters, tone)


def _shaped(letters: str, shapes: dict[str, str]) -> str:
    for place in range(len(letters) - 1, -1, -1):
        if letters[place] in shapes:
            return letters[:place] + shapes[letters[place]] + letters[place + 1 :]
    return ""


def _toned(letters: str, tone: str) -> str:
    if not tone:
        return letters
    vowels = [place for place, char in enumerate(letters) if char in _VOWELS]
    if letters.startswith(("qu", "gi")) and len(vowels) > 1:
        vowels = vowels[1:]
    marked = [place for place in vowels if letters[place] not in "aeiouy"]
    closed = vowels[-1] + 1 < len(letters)
    spot = marked[-1] if marked else vowels[-1] if closed or len(vowels) == 1 else vowels[-2]
    return unicodedata.normalize("NFC", letters[: spot + 1] + tone + letters[spot + 1 :])


def _viqr(word: str) -> str:
    body = word.rstrip(".?'")
    ends = word[len(body) :]
    if ends and body and body[-1] in "^+(" + _VOWELS and len(ends) == 1:
        body, ends = word, ""  # "kha^?u" has it inside, "ma^?" at its end
    keys = "".join(_VIQR_TONES.get(char, char) for char in body.replace("dd", "d9"))
    return (vni(keys) or body) + ends
