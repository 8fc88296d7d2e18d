"""Gives a thread's control to an app that asks for it: a colleague wants to answer in Meta's own inbox."""

from __future__ import annotations

import asyncio
import logging

from connectors.messenger.address import Address
from connectors.messenger.api import Graph
from connectors.messenger.settings import MessengerApp

logger = logging.getLogger(__name__)
#: Seconds before each try. Who asks can also take control, so what a crash loses is asked for again.
_TRIES = (0, 2, 10)
_MOST_AT_ONCE = 100


class Threads:
    """Control of the threads of an app's pages."""

    def __init__(self, app: MessengerApp, graph: Graph) -> None:
        self._app = app
        self._graph = graph
        self._running: set[asyncio.Task[None]] = set()

    def pass_to(self, app_id: str, address: Address) -> None:
        """Passes a thread to another app, in the background."""
        if len(self._running) < _MOST_AT_ONCE:
            task = asyncio.create_task(self._pass(app_id, address))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _pass(self, app_id: str, address: Address) -> None:
        page = self._app.find(address.page) if address.page else self._app.pages[0]
        if page is None:
            return
        body = {"recipient": address.recipient, "target_app_id": app_id}
        for seconds in _TRIES:
            await asyncio.sleep(seconds)
            answer = await self._graph.call("POST", "me/pass_thread_control", page.token, body, page=page.id)
            if answer.good:
                return
        logger.warning("messenger: a thread could not be passed (%s)", answer.said)
