"""What is promised in seconds, and what a test lets it take."""

from __future__ import annotations

#: The machine may have much other work: fifteen times as long. The promises themselves are measured in the bench.
ROOM = 15.0
#: R18: so long may an honest answer take.
ANSWER = 3.0 * ROOM
