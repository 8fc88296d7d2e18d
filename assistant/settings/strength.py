"""Whether a secret could be guessed."""

from __future__ import annotations

_SHORTEST, _FEWEST = 16, 6


def is_weak(secret: str) -> bool:
    """Tells whether a secret is short, or made of a few characters again and again."""
    return len(secret) < _SHORTEST or len(set(secret)) < _FEWEST


def weak_among(secrets: str) -> bool:
    """Tells whether one of several, separated by commas, could be guessed; nothing is none."""
    return any(is_weak(part.strip()) for part in secrets.split(",") if part.strip())
