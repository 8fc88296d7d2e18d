"""Step tokens: each answer's hook carries one, made by us, good for one step of one call."""

from __future__ import annotations

import hashlib
import hmac
import re

_FORM = re.compile(r"([a-z2-7]{24}|[0-9a-f-]{36})\.(\d{1,4})\.([0-9a-f]{32})")


class StepTokens:
    """Makes and reads step tokens."""

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.sha256(b"phone steps\0" + key).digest()

    def make(self, name: str, step: int) -> str:
        """Returns the token of a step of what `name` names: a call, or a call back."""
        return f"{name}.{step}.{self._mark(name, step)}"

    def _mark(self, name: str, step: int) -> str:
        return hmac.new(self._key, f"{name}.{step}".encode(), hashlib.sha256).hexdigest()[:32]

    def read(self, given: str) -> tuple[str, int] | None:
        """Returns name and step; None if the token is none of ours."""
        found = _FORM.fullmatch(given)
        if not found:
            return None
        name, step = found[1], int(found[2])
        return (name, step) if hmac.compare_digest(found[3], self._mark(name, step)) else None
