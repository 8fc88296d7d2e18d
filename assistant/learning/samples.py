"""Puts sample values where a stored text has tokens, so that a person's words can be learned from or played again."""

from __future__ import annotations

import re

from assistant import identifiers
from assistant.identifiers import tokens
from assistant.identifiers.samples import SAMPLES


def searched_again(text: str) -> str:
    """Returns a stored text with tokens also for what is found in it today: the search gets better, texts stay."""
    pieces, position = [], 0
    for found in identifiers.find(text):
        pieces += [text[position : found.start], f"⟦{found.kind}⟧"]
        position = found.end
    return "".join([*pieces, text[position:]])


def with_samples(text: str, secret: str = "") -> str:
    """Returns a stored text with a sample value for each token, and `secret` for what was one."""
    values = SAMPLES | {"secret": secret, "bank_card": secret}
    return re.sub(r" {2,}", " ", tokens.replace_tokens(searched_again(text), values, "")).strip()
