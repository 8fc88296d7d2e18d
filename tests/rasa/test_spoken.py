"""Which language a turn begins in, before its message is read."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.messages.turns import Claimed
from assistant.rasa import slim_boot

slim_boot.boot()

from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.shared.core.events import SlotSet  # noqa: E402
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402

from assistant.rasa import spoken  # noqa: E402

SLOT = {
    "type": "categorical", "values": ["vi", "en"], "initial_value": "vi", "influence_conversation": False,
    "mappings": [{"type": "custom"}],
}  # fmt: skip


def begun(kept: str | None, before: str | None = None, slot: bool = True, **body: Any) -> str | None:
    """Returns what a turn begins in.

    Args:
        kept: the language kept with the conversation.
        before: the slot's value in the tracker.
        slot: whether the model knows of languages.
        body: what the event brought.
    """
    domain = Domain.from_dict({"slots": {"language": SLOT} if slot else {}})
    state = DialogueStateTracker("web:a", domain.slots)
    if before:
        state.update(SlotSet("language", before), domain)
    spoken.begin(state, Claimed("web:a", "web", [], 1, "e", "text", body, language=kept), domain)
    return spoken.of(state)


@pytest.mark.parametrize(
    ("kept", "body", "begins"),
    [
        (None, {}, "vi"),
        ("en", {}, "en"),  # also where the session is over and the slot forgotten
        (None, {"locale": "en"}, "en"),
        ("vi", {"locale": "en"}, "vi"),  # they have written since
        ("vi", {"language": "en"}, "en"),  # they have just chosen
        ("en", {"language": "vi", "locale": "en"}, "vi"),
        (None, {"language": "xx", "locale": ["en"]}, "vi"),
    ],
)
def test_what_counts(kept: str | None, body: dict[str, Any], begins: str) -> None:
    assert begun(kept, **body) == begins


def test_what_was_chosen_counts_over_the_slot() -> None:
    assert begun("en", before="en", language="vi") == "vi"


def test_a_model_of_before_languages_has_none() -> None:
    assert begun("en", slot=False, language="en") is None
