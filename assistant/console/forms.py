"""Reads what a page sent: a form, with files or without, never more than the page allows.

Read beside the event loop, a few at a time: who sends many waits, and nobody else does.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from assistant.runtime.lanes import Lane
from assistant.runtime.request_body import TooLarge, read

LARGEST_FORM = 256 * 1024
_MOST_FIELDS, _MOST_FILES = 2000, 4
_READING = Lane("forms", 1, 16)


@dataclass(frozen=True)
class Upload:
    """A file as it was sent; its name is the sender's and means nothing."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Sent:
    """The fields and files of a form."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)


async def read_form(request: Request, most: int = LARGEST_FORM) -> Sent:
    """Returns what a form sent. Whoever calls this knows who sent it, or takes a few kilobytes at most.

    Raises:
        HTTPException: 413 if it is larger than `most` bytes, 400 if it is not a form.
        Busy: if too many are being read.
    """
    try:
        body = await read(request, most)
    except TooLarge:
        raise HTTPException(413) from None
    multipart = "multipart/form-data" in request.headers.get("content-type", "")
    if not multipart and body.count(b"&") >= _MOST_FIELDS:
        raise HTTPException(400)
    return await _READING.do(lambda: asyncio.run(_parsed(request, body, most)))


async def _parsed(request: Request, body: bytes, most: int) -> Sent:

    async def again() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    sent = Sent()
    async with Request(request.scope, again).form(
        max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=most
    ) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                sent.files[name] = Upload(value.filename or "", await value.read())
            else:
                sent.fields.setdefault(name, []).append(value.replace("\0", ""))
    return sent
