"""What comes round for personal data and the audit trail: tying entries, removing what is past its time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import psycopg

from assistant import audit
from assistant.privacy import retention
from assistant.privacy.erased_list import ErasedList
from assistant.privacy.kept import Class
from assistant.runtime.periodic_jobs import Job

logger = logging.getLogger(__name__)
_LINK_SECONDS = 1.0
_SHORT_SECONDS = 15.0
_LONG_SECONDS = 3600.0
_ERASED_SECONDS = 300.0
_LIST_SECONDS = 5.0


class Upkeep:
    """The jobs of one node, each in a thread, with connections of their own."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], owner_url: str, erased: ErasedList) -> None:
        self._connect = connect
        self._erased = erased
        self._owner_url = owner_url
        self._linker = audit.Linker(connect)

    def jobs(self) -> list[Job]:
        """Returns what to run."""
        return [
            Job("audit chain", _LINK_SECONDS, self._link, alone=True),
            Job("past its time", _SHORT_SECONDS, self._remove_short, alone=True),
            Job("erasures", _ERASED_SECONDS, self._remove_old, alone=True),
            # By every node: each machine has a list of its own.
            Job("erased list", _LIST_SECONDS, self._write_erased),
            Job("erased again", _ERASED_SECONDS, self.erase_again),
            Job("too old", _LONG_SECONDS, self._prune, alone=True),
        ]

    def close(self) -> None:
        """Ties what was written last, and closes."""
        try:
            self._linker.link()
        except psycopg.Error:
            pass  # the next node to start does it
        finally:
            self._linker.close()

    async def _link(self) -> None:
        await asyncio.to_thread(self._linker.link)

    async def _remove_short(self) -> None:
        await asyncio.to_thread(self._remove, retention.SHORT)

    def _remove(self, classes: tuple[Class, ...]) -> None:
        with self._connect() as connection:
            connection.autocommit = True
            retention.remove_old(connection, classes)

    async def _write_erased(self) -> None:
        await asyncio.to_thread(self._on_a_connection, self._erased.write)

    async def erase_again(self) -> None:
        """Erases again whoever came back with an old copy of the database."""
        try:
            await asyncio.to_thread(self._on_a_connection, self._erased.again)
        except OSError as error:  # people are answered all the same
            logger.error("the list of erased people cannot be read (%s): see ERASED_DIR", error.strerror)

    def _on_a_connection(self, work: Callable[[psycopg.Connection[Any]], object]) -> None:
        with self._connect() as connection:
            connection.autocommit = True
            work(connection)

    async def _remove_old(self) -> None:
        await asyncio.to_thread(self._run)

    def _run(self) -> None:
        with self._connect() as connection:
            connection.autocommit = True
            retention.run(connection)

    async def _prune(self) -> None:
        await asyncio.to_thread(self._prune_as_owner)

    def _prune_as_owner(self) -> None:
        """Where this node may act as the tables' owner; elsewhere `assistant retention` is run by somebody who may."""
        with psycopg.connect(self._owner_url, autocommit=True, connect_timeout=5) as connection:
            if retention.may_prune(connection):
                retention.prune_audit(connection)
