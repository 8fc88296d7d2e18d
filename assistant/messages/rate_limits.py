"""How much one person may send before the rest is left unread, and what they are told then."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from assistant.content.languages import LANGUAGES, Texts
from assistant.settings.places import ROOT

WORDS = ROOT / "data/channels/door_limits.yml"


@dataclass(frozen=True)
class DoorLimits:
    """Messages of a person that are read in a time that slides along; the numbers come from the block of limits."""

    a_minute: int = 120
    an_hour: int = 600
    words: Path = field(default=WORDS)

    @cached_property
    def sentences(self) -> dict[str, dict[str, str]]:
        """What is said where a limit is reached, by language and the limit's name."""
        read = Texts.read(self.words)
        return {
            language: {name: str(read.of(language)[name]).strip() for name in ("a_minute", "an_hour")}
            for language in LANGUAGES
        }
