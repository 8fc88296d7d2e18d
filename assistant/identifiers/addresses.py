"""E-mail addresses: typed, typed with mistakes, spelled with spaces, spoken."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from assistant.identifiers.numbers import Found

# From the @ outwards: a pattern that begins with the name looks at every letter of a long text.
_AT = re.compile(r"\s?(?:@|[(\[{]\s?(?:at|a còng|a cong|a móc)\s?[)\]}])\s?", re.IGNORECASE)
_LONGEST = 64
_NAME_BEFORE = re.compile(r"[\w.+\-]+$")
_SPELLED_BEFORE = re.compile(r"(?<!\S)(?:[\w.+\-]\s){2,}[\w.+\-]$")
_DOT = r"(?:\.|[(\[{]\s?(?:dot|chấm|cham)\s?[)\]}])"
_HOST = re.compile(rf"[\w\-]+(?:\s?{_DOT}\s?[\w\-]+)*\s?{_DOT}\s?[a-z]{{2,}}(?!\w)", re.IGNORECASE)
#: A comma for the dot, before an ending that leaves no doubt.
_COMMA_HOST = re.compile(r"[\w\-]+(?:\.[\w\-]+)*\s?,\s?(?:com|vn|net|org|edu|gov)(?:[.,]vn)?(?!\w)", re.IGNORECASE)
_SPELLED_HOST = re.compile(r"(?:[a-z0-9.\-]\s){3,60}[a-z0-9.\-](?!\S)", re.IGNORECASE)
#: A name before a provider's, without an @.
_PART = re.compile(
    r"(?<![\w.])(?=\S{0,64}[._\d])[a-z0-9._+\-]{4,64}(?=\s+(?:gmail|yahoo|hotmail|outlook|icloud)\b)", re.IGNORECASE
)
_WORDED_AT = r"(?:a còng|a vòng|acòng|a cong|a móc|@|at)"
# Dictation writes "gmail" as it sounds.
_HEARD_HOSTS = dict.fromkeys(["g mail", "gờ meo", "gơ meo", "ghi meo", "gờ mail"], "gmail") | {"da hu": "yahoo"}
_HEARD = re.compile("|".join(map(re.escape, _HEARD_HOSTS)), re.IGNORECASE)
_SPOKEN_HOST = rf"{_WORDED_AT}\s*(?:{_HEARD.pattern}|[a-z0-9]+)(?:\s*(?:chấm|cham|dot|\.)\s*[a-z]+){{1,3}}"
_SPOKEN_EMAIL = re.compile(rf"(?:[\w.+\-]+\s+){{1,10}}{_SPOKEN_HOST}", re.IGNORECASE)
#: Where this is not found no spoken address is; it looks once at each place instead of ten words back.
_MAYBE_SPOKEN = re.compile(rf"\s{_SPOKEN_HOST}", re.IGNORECASE)
_SPOKEN_STOP = re.compile(
    r"^(?:.*\b(?:email|e-mail|mail|thư điện tử|là|la|của em|của tôi|em|mình|tôi|dạ|vâng|ạ)\s+)", re.IGNORECASE
)
_PLAIN = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)*\.[a-z]{2,}")


def typed(text: str) -> Iterator[Found]:
    """Yields addresses in letters, and with kind "email_part" the name of what was meant as one and is none."""
    for at in _AT.finditer(text):
        before = text[max(0, at.start() - 2 * _LONGEST) : at.start()]
        name, spelled = _NAME_BEFORE.search(before[-_LONGEST:]), _SPELLED_BEFORE.search(before)
        if spelled and (host := _SPELLED_HOST.match(text, at.end())):
            value = re.sub(r"\s", "", f"{spelled[0]}@{host[0]}").lower()
            if _PLAIN.fullmatch(value):
                yield "email", value, at.start() - len(spelled[0]), host.end()
                continue
        if name is None:
            continue
        start = at.start() - len(name[0])
        if host := _HOST.match(text, at.end()) or _COMMA_HOST.match(text, at.end()):
            dotted = re.sub(_DOT, ".", host[0], flags=re.IGNORECASE).replace(",", ".")
            yield "email", f"{name[0]}@{''.join(dotted.split())}".lower(), start, host.end()
        elif len(name[0]) > 1 and text[at.end() : at.end() + 1].isalpha() and not at[0].startswith(" "):
            yield "email_part", name[0].lower(), start, at.start()  # the @ stays, to be told of


def parts(text: str) -> Iterator[Found]:
    """Yields names of addresses that lack their @."""
    for match in _PART.finditer(text):
        yield "email_part", match[0].lower(), match.start(), match.end()


def spoken_email(text: str) -> str | None:
    """Returns the address that "an chấm nguyễn a còng gmail chấm com" spells, or None."""
    heard = _HEARD.sub(lambda match: _HEARD_HOSTS[match[0].lower()], text)
    plain = unicodedata.normalize("NFD", heard.lower().replace("đ", "d"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub(r"\b(?:a\s?cong|a\s?vong|a\s?moc|at)\b|\s*@\s*", "@", plain, count=1)
    plain = re.sub(r"\s+(?:cham|dot)\s+", ".", f" {plain} ")
    plain = re.sub(r"\s+gach\s+duoi\s+", "_", plain)
    plain = re.sub(r"\s+gach\s+(?:ngang|noi)\s+", "-", plain)
    plain = re.sub(r"\s+", "", plain)
    return plain if _PLAIN.fullmatch(plain) else None


def spoken(text: str) -> Iterator[Found]:
    """Yields addresses in words."""
    for match in _SPOKEN_EMAIL.finditer(text) if _MAYBE_SPOKEN.search(text) else ():
        piece, start = match[0], match.start()
        lead = _SPOKEN_STOP.match(piece)
        if lead:
            piece, start = piece[lead.end() :], start + lead.end()
        address = spoken_email(piece)
        if address and "@" not in text[start : match.end()]:
            yield "email", address, start, match.end()
