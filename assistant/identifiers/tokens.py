"""Replaces identifiers by tokens before a message is stored, and tells tokens apart later.

A token reads ⟦kind:id⟧. The id is keyed to one conversation, so the same number gives the same
token within it and another one elsewhere: tokens cannot be followed from person to person.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass

from assistant import identifiers
from assistant.identifiers import Kind

_TOKEN = re.compile(r"⟦(?P<kind>[a-z_]+)(?::(?P<id>[a-z2-7]+))?⟧")
_BRACKETS = str.maketrans({"⟦": "[", "⟧": "]"})


@dataclass(frozen=True)
class Secret:
    """A value that leaves the text: its token, its kind and the value itself."""

    token: str
    kind: Kind
    value: str


@dataclass(frozen=True)
class ProtectedText:
    """A text that may be stored, and the values that were taken out of it."""

    text: str
    secrets: tuple[Secret, ...]
    dropped: frozenset[Kind]  # kinds found that are kept nowhere (passwords, one-time codes)


@dataclass(frozen=True)
class Token:
    """A token found in a stored text."""

    token: str
    kind: Kind
    start: int
    end: int


def token_for(key: bytes, conversation: str, kind: Kind, value: str) -> str:
    """Returns the token of `value` in `conversation`."""
    digest = hmac.new(key, f"{conversation}\0{kind}\0{value}".encode(), hashlib.sha256).digest()
    return f"⟦{kind}:{base64.b32encode(digest[:10]).decode().lower()}⟧"


def protect(text: str, conversation: str, key: bytes) -> ProtectedText:
    """Returns `text` with every identifier replaced by its token."""
    # One way of writing an accented letter, or "mật khẩu" in two would hide what follows.
    text = unicodedata.normalize("NFC", text).translate(_BRACKETS)  # and nobody types a token into being
    pieces: list[str] = []
    secrets: dict[str, Secret] = {}
    dropped: set[Kind] = set()
    position = 0
    for found in identifiers.find(text):
        pieces.append(text[position : found.start])
        if found.kind in identifiers.NEVER_KEPT:
            dropped.add(found.kind)
            pieces.append(f"⟦{found.kind}⟧")
        else:
            token = token_for(key, conversation, found.kind, found.value)
            secrets[token] = Secret(token, found.kind, found.value)
            pieces.append(token)
        position = found.end
    pieces.append(text[position:])
    return ProtectedText("".join(pieces), tuple(secrets.values()), frozenset(dropped))


def tokens_in(text: str) -> list[Token]:
    """Returns the tokens of a stored text, in order."""
    return [Token(m[0], m["kind"], m.start(), m.end()) for m in _TOKEN.finditer(text)]  # type: ignore[arg-type]


def kind_of(token: str) -> Kind | None:
    """Returns the kind a token names, or None if `token` is none."""
    match = _TOKEN.fullmatch(token)
    return match["kind"] if match else None  # type: ignore[return-value]


def replace_tokens(text: str, replacement: dict[Kind, str], default: str) -> str:
    """Returns `text` with each token replaced by the word for its kind."""
    return _TOKEN.sub(lambda m: replacement.get(m["kind"], default), text)  # type: ignore[arg-type]
