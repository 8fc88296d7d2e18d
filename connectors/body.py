"""Reads a request's body up to a limit, without trusting its Content-Length."""

from __future__ import annotations

from starlette.requests import Request


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
