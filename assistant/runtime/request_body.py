"""Reads a request's body up to a limit, without trusting its Content-Length."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response


class TooLarge(ValueError):
    """The body is larger than the door allows."""


async def read(request: Request, most: int) -> bytes:
    """Returns the raw body.

    Raises:
        TooLarge: as soon as more than `most` bytes have come.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > most:
        raise TooLarge
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise TooLarge
        chunks.append(chunk)
    return b"".join(chunks)


async def read_or_refuse(request: Request, most: int, refuse: Callable[[str, int], Response]) -> bytes | Response:
    """Returns the raw body of a webhook, or the answer to one that is larger than `most` bytes or broken off."""
    try:
        return await read(request, most)
    except TooLarge:
        return refuse("body too large", 413)
    except ClientDisconnect:
        return Response(status_code=400)
