"""Conversation scripts: what a person does, what the assistant must and must not answer.

Content staff write them in YAML (tests/conversations/scripts/README.md explains the format). This is the door of the
room: reading them, playing them against anything that speaks, saying in Vietnamese what differs, and how many pass.
"""

from __future__ import annotations

from assistant.conversation_tests.house_rules import broken_rules
from assistant.conversation_tests.model import (
    BEHAVIOURS,
    KINDS,
    Act,
    Answer,
    Finding,
    Script,
    ScriptError,
    Speak,
)
from assistant.conversation_tests.playing import Played, PlayedTurn, play, played
from assistant.conversation_tests.script_files import read_script, read_scripts

__all__ = [
    "BEHAVIOURS", "KINDS", "Act", "Answer", "Finding", "Played", "PlayedTurn", "Script", "ScriptError", "Speak",
    "broken_rules", "play", "played", "read_script", "read_scripts",
]  # fmt: skip
