"""Words that begin a message and say nothing yet: a call, a greeting, half a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.reading.signals import BEYOND_DOUBT, COMMAND, FALLBACK, OBVIOUS

#: Said before what is meant, however sure the reading is.
_BEFORE = frozenset({FALLBACK, "greet", "nod", "affirm", "deny", "inform"})
#: Ends of a talk and calls for somebody: these are meant, where they are read at all.
_MEANT = frozenset({"thank", "goodbye", "ask_human", "complain", "cancel", "ask_bot", "reset_rejected"})
#: A sentence of so many words is whole; half a one has no more than the second number.
_SENTENCE, _HALF = 10, 4


def is_opening(label: str, confidence: float, reading: Mapping[str, Any], text: str, gives: bool) -> bool:
    """Tells whether a message may be the first piece of one: without topic, fact, value, and nothing is open.

    Args:
        label: what it was read as.
        confidence: how surely.
        reading: its parts, as the transcript keeps them.
        text: the words.
        gives: a number or an address stands in it.
    """
    words = len(text.split())
    settled = gives or any(reading.get(part) for part in ("topic", "open", "told", "danger", "agenda"))
    if settled or words > _SENTENCE or text.rstrip().endswith("?"):
        return False
    if label in _BEFORE or reading.get("rule") == "asks_to_ask":  # "cho em hỏi xíu"
        return True
    # Half a sentence of anything reads like something that is not ours.
    sure = COMMAND if label in _MEANT else BEYOND_DOUBT if label == "out_of_scope" else OBVIOUS
    return words <= _HALF and confidence < sure
