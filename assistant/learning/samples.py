"""Puts sample values where a stored text has tokens, so that a person's words can be learned from or played again."""

from __future__ import annotations

import re

from assistant.identifiers import Kind, tokens

#: Of the first demo member (docs/demo-accounts.md), who has all of them.
SAMPLES: dict[Kind, str] = {
    "bhxh_code": "7900000123",
    "phone_or_code": "0901000123",
    "phone": "0901000123",
    "card": "DN4797900000123",
    "cccd": "079000000123",
    "cmnd": "012345678",
    "email": "nguyen.an@example.com",
    "number": "12345678",
    "reference": "12345678",
}


def with_samples(text: str) -> str:
    """Returns a stored text with a sample value for each token; what was a secret leaves nothing."""
    return re.sub(r" {2,}", " ", tokens.replace_tokens(text, SAMPLES, "")).strip()
