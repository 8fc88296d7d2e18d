"""Serves our pictures to anybody: browsers of the chat, and the platforms that show them."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from psycopg_pool import AsyncConnectionPool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assistant.content.pictures import KINDS, NAME, PATH
from assistant.editing.prepared_pictures import CONTENT
from assistant.runtime.deadlines import in_time

_STORE_SECONDS = 3.0
_AT_HAND = 16  # pictures of a megabyte at most
#: A name never shows something else. Platforms and caches may keep it; a browser runs nothing of it.
_HEADERS = {
    "cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox", "cross-origin-resource-policy": "cross-origin",
}  # fmt: skip


class PicturePages:
    """The route of all pictures."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._at_hand: OrderedDict[str, bytes] = OrderedDict()

    def routes(self) -> list[Route]:
        """Returns the routes to mount."""
        return [Route(f"{PATH}/{{name}}", self.show)]

    async def show(self, request: Request) -> Response:
        """One picture."""
        name = request.path_params["name"]
        if not NAME.fullmatch(name):
            raise HTTPException(404)
        content = self._at_hand.get(name) or await in_time(self._read(name), _STORE_SECONDS)
        if content is None:
            raise HTTPException(404)
        self._at_hand[name] = content
        self._at_hand.move_to_end(name)
        while len(self._at_hand) > _AT_HAND:
            self._at_hand.popitem(last=False)
        return Response(content, media_type=KINDS[name.rpartition(".")[2]], headers=_HEADERS)

    async def _read(self, name: str) -> bytes | None:
        async with self._pool.connection() as connection:
            row = await (await connection.execute(CONTENT, (name,))).fetchone()
            return bytes(row[0]) if row else None
