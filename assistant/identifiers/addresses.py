"""E-mail addresses: typed, typed with mistakes, spelled with spaces, spoken."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from assistant.identifiers import shapes
from assistant.identifiers.model import Found, Kind

# From the @ outwards: a pattern that begins with the name looks at every letter of a long text.
_BRACKETED = r"[(\[{<]\s?(?:at|a|@|a ?còng|a ?cong|a móc|a vòng)\s?[)\]}>]"
_AT = re.compile(rf"\s?(?:@{{1,3}}|{_BRACKETED})\s?", re.IGNORECASE)
_LONGEST = 64
#: Mail boxes of the office, which people quote.
_OFFICIAL = ("@vss.gov.vn", "@baohiemxahoi.gov.vn")
_IN_NAME = frozenset("._+-")
_SPELLED_BEFORE = re.compile(r"(?<!\S)(?:[\w.+\-]\s){2,}[\w.+\-]$")
_DOT = r"(?:\.|[(\[{]\s?(?:dot|chấm|cham)\s?[)\]}])"
_HOST = re.compile(
    rf"[\w\-]{{1,63}}(?:\s?{_DOT}\s?[\w\-]{{1,63}}){{0,5}}\s?{_DOT}\s?[a-z]{{2,24}}(?=ạ|nhé|á\b|\W|$)", re.IGNORECASE
)
#: A comma for the dot, before an ending that leaves no doubt.
_COMMA_HOST = re.compile(
    r"[\w\-]{1,63}(?:\.[\w\-]{1,63}){0,5}\s?,\s?(?:com|vn|net|org|edu|gov)(?:[.,]vn)?(?!\w)", re.IGNORECASE
)
#: Endings after which a sentence may go on: "…@example.com. Xin hỏi" ends at the first of them.
_ENDINGS = frozenset({"com", "vn", "net", "org", "edu", "gov", "info", "biz"})
#: What people glue to either end of an address.
_GLUED_LABEL = re.compile(
    r"(?:(?:dia ?chi)?e-?mail|gmail|maillà|(?=là))(?:c[uủ]a)?(?:em|toi|tôi|minh|mình)?(?:l[aà]"
    r"|:)?(?<=[aà:])(?=[\w.]{4})"
)
_GLUED_PARTICLE = re.compile(
    r"(?<=\.com|\.org|\.net)(?:nha|nhe|nhen|nghen|ah|aj|do|day|ad)$|(?<=\.vn)(?:nha|nhe|nhen|nghen)$", re.IGNORECASE
)
_LABEL = re.compile(
    rf"(?:^|(?P<dot>\s?{_DOT}\s?|\s{{0,3}}(?:chấm|cham|dot)\s{{0,3}}))(?P<label>[\w\-]{{1,63}})", re.IGNORECASE
)
_SPELLED_HOST = re.compile(r"(?:[a-z0-9.\-]\s){3,60}[a-z0-9.\-](?!\S)", re.IGNORECASE)
#: Providers whose names have one ending; yahoo has several.
_ONE_ENDING = "gmail|hotmail|outlook|icloud"
_PROVIDER = rf"(?:{_ONE_ENDING}|yahoo)"
_BARE_HOST = re.compile(rf"({_ONE_ENDING})(?![\w.]|\s?\.\s?\w)", re.IGNORECASE)
_PROVIDER_HOST = rf"{_PROVIDER}\s?\.\s?com(?:\s?\.\s?vn)?"
#: Another sign in the place of the @, or none, before a provider's whole name.
_OTHER_SIGN = re.compile(
    rf"(?<![\w.])(?P<name>[a-z0-9][a-z0-9._+\-]{{2,63}})(?P<gap>\s?[*#&^%!~|$°©®]\s?|\s(?:a|ở|o|còng|cong)\s"
    rf"|\s)(?P<host>{_PROVIDER_HOST})(?!\w)",
    re.IGNORECASE,
)
#: A name and a host that is no provider's, without their @: all there is, or behind "mail".
_NO_SIGN = re.compile(
    r"(?:^\s?|\be?-?mail\b(?: (?:la|là|em|của em|cua em|tôi|toi))?[\s:]{1,3})(?P<name>[a-z0-9][a-z0-9._+\-]{3,40}) "
    r"(?P<host>[a-z0-9\-]{2,40}(?:\.[a-z0-9\-]{2,20})?\.(?:com|net|org|vn))(?=\s?(?:$|[,;\n]|ạ|nha|nhé|nhe))",
    re.IGNORECASE,
)
_ANY_PROVIDER = ("gmail", "hotmail", "outlook", "icloud", "yahoo")
#: A name before a provider's, without an @.
_PART = re.compile(rf"(?<![\w.])(?=\S{{0,64}}[._\d])[a-z0-9._+\-]{{4,64}}(?=\s+{_PROVIDER}\b)", re.IGNORECASE)
_WORDED_AT = r"(?:a[ _]?còng|a[ _]?vòng|a[ _]?cong|a móc|@ còng|còng|ở|@|at)"
# Dictation writes "gmail" as it sounds.
_HEARD_HOSTS = dict.fromkeys(["g mail", "gờ meo", "gơ meo", "ghi meo", "gờ mail"], "gmail") | {"da hu": "yahoo"}
_HEARD = re.compile("|".join(map(re.escape, _HEARD_HOSTS)), re.IGNORECASE)
_SPOKEN_HOST = (
    rf"{_WORDED_AT}[\s_]{{0,3}}(?:(?:{_HEARD.pattern}|[a-z0-9]{{1,40}})(?:\s{{0,3}}(?:chấm|cham|dot"
    rf"|\.)\s{{0,3}}[a-z]{{1,20}}){{1,3}}"
    rf"|(?:{_HEARD.pattern}|{_ONE_ENDING})(?!\w))"
)
_SPOKEN = re.compile(rf"(?<=[\s_]){_SPOKEN_HOST}", re.IGNORECASE)
_SAID_WORD = re.compile(r"(?P<word>[^\s_]{1,64})[\s_]{1,3}")
_MOST_WORDS = 10
#: What leads up to an address and is no part of it.
_SPOKEN_STOP = re.compile(
    r"^.*\b(?:e-?mail|mail|gmail|thư điện tử|hòm thư|hộp thư|địa chỉ|là|la|của em|của tôi|của|em|mình|tôi|tui"
    r"|dạ|vâng|ạ|gửi|gui|về|vào|vô|qua|tới"
    r"|cho|dùng|xài|bằng|ký|với|hoặc|và|nhé|nha|con|anh|chị|vợ|chồng)[\s_]+",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)*\.[a-z]{2,}")


def typed(text: str) -> Iterator[Found]:
    """Yields addresses in letters, and with kind "email_part" the name of what was meant as one and is none."""
    for at in _AT.finditer(text):
        if spelled := _spelled(text, at):
            yield spelled
            continue
        start = _name_start(text, at.start())
        name = _without_label(text[start : at.start()].lower())
        start = at.start() - len(name)
        if not name:
            continue
        if host := _HOST.match(text, at.end()) or _COMMA_HOST.match(text, at.end()):
            whole = _without_next_sentence(host[0])
            dotted = re.sub(_DOT, ".", whole, flags=re.IGNORECASE).replace(",", ".")
            address = f"{name}@{''.join(dotted.split())}".lower()
            yield None if address.endswith(_OFFICIAL) else "email", address, start, host.start() + len(whole)
        elif (host := _BARE_HOST.match(text, at.end())) and _is_name(name):
            yield "email", f"{name}@{host[1].lower()}.com", start, host.end()
        elif len(name) > 1 and text[at.end() : at.end() + 1].isalpha() and not at[0].startswith(" "):
            yield "email_part", name, start, at.start()  # the @ stays, to be told of


def _without_label(name: str) -> str:
    """Returns the name of an address without "email là" that was glued to it."""
    glued = _GLUED_LABEL.match(name)
    return name[glued.end() :] if glued else name


def _without_next_sentence(host: str) -> str:
    """Returns a host without the first word of a sentence behind it, or a particle glued to it.

    A last label that is no ending belongs to what follows where an ending stands before it; two letters without
    a gap are a country ("com.sg").
    """
    if particle := _GLUED_PARTICLE.search(host):
        host = host[: particle.start()]
    labels = list(_LABEL.finditer(host))
    if len(labels) < 2:
        return host
    last, name = labels[-1], labels[-1]["label"].lower()
    gap = any(char.isspace() for char in last["dot"] or "")
    if name in _ENDINGS or (len(name) == 2 and not gap):
        return host
    ends = [label.end() for label in labels[1:-1] if label["label"].lower() in _ENDINGS]
    return host[: ends[-1]] if ends else host


def _name_start(text: str, end: int) -> int:
    start = end
    while start > max(0, end - _LONGEST) and (text[start - 1].isalnum() or text[start - 1] in _IN_NAME):
        start -= 1
    return start


def _spelled(text: str, at: re.Match[str]) -> tuple[Kind, str, int, int] | None:
    """Returns the address around an @ whose letters stand apart."""
    if not text[max(0, at.start() - 2) : at.start() - 1].isspace():
        return None
    name = _SPELLED_BEFORE.search(text[max(0, at.start() - 2 * _LONGEST) : at.start()])
    host = _SPELLED_HOST.match(text, at.end()) if name else None
    if not name or not host:
        return None
    value = re.sub(r"\s", "", f"{name[0]}@{host[0]}").lower()
    return ("email", value, at.start() - len(name[0]), host.end()) if _PLAIN.fullmatch(value) else None


def _is_name(word: str) -> bool:
    """Tells whether a word before a provider's name is somebody's there, and no word of a sentence."""
    return any(char in "._" or char.isdecimal() for char in word) or shapes.is_no_word(word)


def without_at(text: str) -> Iterator[Found]:
    """Yields addresses that lack their @ or have another sign for it."""
    lowered = text.lower()
    for match in _OTHER_SIGN.finditer(text) if any(each in lowered for each in _ANY_PROVIDER) else ():
        if not match["gap"].isspace() or _is_name(match["name"]):
            host = re.sub(r"\s", "", match["host"])
            yield "email", f"{match['name']}@{host}".lower(), match.start(), match.end()
    yield from _of_two_words(text)


def _of_two_words(text: str) -> Iterator[Found]:
    for match in _NO_SIGN.finditer(text) if "." in text else ():
        if _is_name(match["name"]):
            yield "email", f"{match['name']}@{match['host']}".lower(), match.start("name"), match.end("host")


def parts(text: str) -> Iterator[Found]:
    """Yields names of addresses that lack their @ and their ending."""
    for match in _PART.finditer(text):
        yield "email_part", match[0].lower(), match.start(), match.end()


def spoken_email(text: str) -> str | None:
    """Returns the address that "an chấm nguyễn a còng gmail chấm com" spells, or None."""
    heard = _HEARD.sub(lambda match: _HEARD_HOSTS[match[0].lower()], text)
    plain = unicodedata.normalize("NFD", heard.lower().replace("đ", "d"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub(
        r"[\s_]+(?:a[\s_]?cong|a[\s_]?vong|a\s?moc|cong|o|at)[\s_]+|\s*@(?: cong)?[\s_]*", "@", f" {plain} ", count=1
    )
    plain = re.sub(r"\s+(?:cham|dot)\s+", ".", plain)
    plain = re.sub(r"\s+gach\s+duoi\s+", "_", plain)
    plain = re.sub(r"\s+gach\s+(?:ngang|noi)\s+", "-", plain)
    plain = re.sub(r"\s+", "", plain)
    plain = re.sub(rf"@({_ONE_ENDING})$", r"@\1.com", plain)
    return plain if _PLAIN.fullmatch(plain) else None


def spoken(text: str) -> Iterator[Found]:
    """Yields addresses in words."""
    for host in _SPOKEN.finditer(text):
        start = _said_start(text, host.start())
        if start == host.start() or "@" in host[0][1:]:
            continue
        if stop := _SPOKEN_STOP.match(text, start, host.start()):
            start = stop.end()
        end = host.start() + len(_without_next_sentence(host[0]))
        address = spoken_email(text[start:end]) if start < host.start() else None
        if address:
            yield "email", address, start, end


def _said_start(text: str, end: int) -> int:
    """Returns where the words before an address begin: ten at most, of letters that a name may have."""
    window = text[max(0, end - 2 * _LONGEST) : end]
    start = len(window)
    for word in reversed(list(_SAID_WORD.finditer(window))[-_MOST_WORDS:]):
        if word.end() != start or not all(char.isalnum() or char in _IN_NAME for char in word["word"]):
            break
        start = word.start()
    return end - len(window) + start
