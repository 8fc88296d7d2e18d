"""Emoji, stickers and thumbs as the words they stand for, where they are all that somebody sends."""

from __future__ import annotations

import re
from typing import Literal

Gesture = Literal["nod", "thanks", "no", "mood"]

#: Zalo writes its stickers so; the first stroke is lost where a command could stand.
_ZALO = re.compile(
    r"/?-(?P<name>[a-z]{2,12})\b|:-?[)(dp*<>|]{1,9}|[:=;]['’]?-?[()]{1,9}|\(y\)|/?:[a-z]\b|<3", re.IGNORECASE
)
_EMOJI = re.compile(
    "[\U0001f170-\U0001f1ff\U0001f300-\U0001faff\u2190-\u21ff\u2300-\u23ff\u2460-\u24b5\u24ea-\u24ff\u25a0-\u27bf\u2900-\u297f"
    "\u2b00-\u2bff\u3030\u303d\u200d\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]+"
)
_NOD = frozenset("👍👌✅☑✔🆗🙆🤝👊🫡💯")
_THANKS = frozenset("🙏❤♥💕💖💗💓💙💚💛🧡💜🖤🤍🥰😍😘🌹💐🌷🌺🌸🫶🤗")
_NO = frozenset("👎❌✖🙅")
_SAD = frozenset("😭😢😞😔😩😫🥺😿😥😓😣😖😟🙁☹😤😡😠")
#: Skin colours and what joins; beside any other face these mean nothing in particular.
_KNOWN = _NOD | _THANKS | _NO | frozenset("\ufe0f\ufe0e\u200d🏻🏼🏽🏾🏿")
_ZALO_NAMES: dict[str, Gesture] = {
    "strong": "nod", "ok": "nod", "heart": "thanks", "rose": "thanks", "beg": "thanks", "weak": "no", "no": "no",
}  # fmt: skip
#: How a thumb is typed.
_THUMB = "(y)"
_SAD_FACE = re.compile(r"[:=]['’]?-?[(<]")
_WORDS: dict[Gesture, str] = {"nod": "ok", "thanks": "cảm ơn", "no": "không", "mood": ""}


def gesture(text: str) -> Gesture | None:
    """Returns what a message of emoji and stickers alone means; None if it has words."""
    signs = [name["name"] or "" for name in _ZALO.finditer(text)]
    rest = _EMOJI.sub("", _ZALO.sub("", text))
    if any(char.isalnum() for char in rest) or not (signs or _EMOJI.search(text)):
        return None
    if any(_EMOJI.match(char) and char not in _KNOWN for char in _ZALO.sub("", text)):
        return "mood"
    found = {_ZALO_NAMES.get(sign.lower(), "mood") for sign in signs}
    for meaning, faces in (("nod", _NOD), ("thanks", _THANKS), ("no", _NO)):
        if any(char in faces for char in text):
            found.add(meaning)  # type: ignore[arg-type]
    if _THUMB in text.lower():
        found.add("nod")
    if "<3" in text:
        found.add("thanks")
    return next((each for each in ("no", "nod", "thanks") if each in found), "mood")  # type: ignore[return-value]


def is_sad(text: str) -> bool:
    """Tells whether emoji alone say that somebody is unhappy, and not why."""
    return any(char in _SAD for char in text) or _SAD_FACE.search(text) is not None


def in_words(text: str) -> str:
    """Returns the text with its emoji as words, where there is nothing else; beside words they are left out."""
    meant = gesture(text)
    if meant is not None:
        return _WORDS[meant]
    return _EMOJI.sub(" ", _ZALO.sub(" ", text)) if "/" in text or ":" in text or not text.isascii() else text
