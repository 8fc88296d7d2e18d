"""What the labels are to a message, apart from their words."""

from __future__ import annotations

#: What a sentence around a question may be; never the main thing beside a real question.
AROUND = frozenset(
    ["greet", "goodbye", "thank", "inform", "affirm", "deny", "cancel", "ask_bot", "ask_capabilities", "complain"]
)
