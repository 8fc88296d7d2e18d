"""Conversation scripts with the trained model, on the configured database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant import database
from assistant.app.engine import engine_of
from assistant.conversation_tests.player import rehearsal
from assistant.conversation_tests.scripts import Played, Script, played
from assistant.settings import Settings


def play_scripts(settings: Settings, scripts: Sequence[Script]) -> Iterator[Played]:
    """Plays each script as a new person and yields what became of its turns. Nothing of it is kept."""
    database.prepared(settings)
    url = database.direct_url_of(settings)
    with engine_of(settings, url) as (host, vault, connection):
        for script in scripts:
            with rehearsal(connection, host, vault) as speak:
                result = played(script, speak)
            yield result
