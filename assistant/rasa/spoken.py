"""The language a conversation is held in: brought into the tracker before a turn, read from it after.

What the person says decides (the understanding sets the slot). Before that counts what is known of them: what they
have just chosen on the page, else the language of their conversation so far, else what the platform says of them.
"""

from __future__ import annotations

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.content.languages import LANGUAGES, SLOT, known
from assistant.messages.turns import Claimed


def begin(state: DialogueStateTracker, claimed: Claimed, domain: Domain) -> None:
    """Writes into the tracker the language that is known before the message is read; a session that ended took it."""
    if SLOT not in state.slots:
        return
    for language in (claimed.body.get("language"), claimed.language, claimed.body.get("locale")):
        if language in LANGUAGES:
            if state.get_slot(SLOT) != language:
                state.update(SlotSet(SLOT, language), domain)
            return


def of(state: DialogueStateTracker) -> str | None:
    """Returns the conversation's language; None where the model knows of none."""
    return known(state.get_slot(SLOT)) if SLOT in state.slots else None
