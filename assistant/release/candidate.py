"""Plays one candidate, in a process of its own (assistant.app.play_candidate).

It answers staff who try it and reads along with live messages, and ends when nobody has asked for a while.
"""

from __future__ import annotations

import logging
import os
import time

from assistant import database
from assistant.privacy import keyring
from assistant.privacy.vault import Vault, VaultError
from assistant.rasa import training
from assistant.release import archive, shadow, store, trials
from assistant.release.store import Connection
from assistant.release.trial_isolation import Stage
from assistant.release.watching import is_alive
from assistant.settings import Settings

logger = logging.getLogger(__name__)
_PAUSE, _SHADOW_EVERY = 0.2, 1.0


class Candidate:
    """The process's work."""

    def __init__(self, connection: Connection, stage: Stage, vault: Vault, number: int) -> None:
        self._connection = connection
        self._stage = stage
        self._vault = vault
        self._number = number
        self._busy_at = self._shadow_at = time.monotonic()

    def work(self, parent: int) -> None:
        """Works until nobody needs it: after a while without talk, or when the server has ended."""
        while is_alive(parent) and time.monotonic() - self._busy_at < trials.IDLE_SECONDS:
            if not self._answer_one():
                self._read_along()
                time.sleep(_PAUSE)

    def _answer_one(self) -> bool:
        asked = trials.next_asked(self._connection, self._number)
        if asked is None:
            return False
        self._busy_at = time.monotonic()
        if asked.begun and not self._stage.knows(asked.talk):
            trials.end(self._connection, asked.talk)  # it was begun with a process that is gone, and its memory, too
            return True
        try:
            text = self._vault.open(bytes(asked.sealed), f"release {asked.talk}")
            said, replies, understood = self._stage.turn(asked.talk, asked.kind, text)
        except (LookupError, VaultError) as error:
            said, replies, understood = "", [], {"trouble": str(error)[:200]}
        trials.answer(self._connection, asked.id, said, replies, understood)
        return True

    def _read_along(self) -> None:
        if time.monotonic() - self._shadow_at < _SHADOW_EVERY:
            return
        self._shadow_at = time.monotonic()
        if shadow.wanted(self._connection) == self._number:
            self._busy_at = time.monotonic()
            shadow.read_along(self._connection, self._number, self._stage.host.understood)


def play(settings: Settings, number: int, parent: int) -> None:
    """Plays a candidate."""
    os.nice(settings.build_niceness)
    url = database.direct_url_of(settings)  # a lock that is held, and tables of a connection's own
    with (
        database.connect(url, "assistant-candidate") as connection,
        database.connect(url, "assistant-rehearsal") as apart,
    ):
        connection.autocommit = apart.autocommit = True
        if connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (store.PLAYING, number)).fetchone() != (True,):
            return
        model = archive.unpacked(number, store.archive(connection, number), settings)
        stage = Stage(apart, model, training.content_with(model, settings), settings)
        logger.info("release %d can be tried", number)
        Candidate(connection, stage, keyring.open_vault(settings), number).work(parent)
