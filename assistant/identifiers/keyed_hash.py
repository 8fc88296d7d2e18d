"""Keyed hashes: the same value is recognised again, and a thief of the database cannot guess it back."""

from __future__ import annotations

import base64
import hashlib
import hmac


def fingerprint(key: bytes, purpose: str, value: str) -> str:
    """Returns 128 bits in hex; the same value has unrelated fingerprints for different purposes."""
    named = f"fingerprint\0{purpose}\0{value}".encode("utf-8", "surrogatepass")  # half a character has one, too
    return hmac.new(key, named, hashlib.sha256).hexdigest()[:32]


def short_name(key: bytes, kind: str, value: str) -> str:
    """Returns 120 bits in 24 letters and digits, after the kind: what a conversation is called ("sms:…")."""
    digest = hmac.new(key, f"{kind}\0{value}".encode(), hashlib.sha256).digest()
    return f"{kind}:{base64.b32encode(digest[:15]).decode().lower()}"
