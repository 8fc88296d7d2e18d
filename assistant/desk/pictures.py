"""A picture that a person sends while an agent has the chat: the platform has it, we keep only where, sealed.

The address is forgotten when the conversation is nobody's at the desk any more, a day later at the latest. The picture
itself goes from the platform through this process to the agent who asks for it, and is written nowhere.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg

from assistant.desk.handover import HandoverError
from assistant.messages.inbox import picture_of
from assistant.privacy.vault import Vault
from assistant.runtime.origins import is_named

Connection = psycopg.Connection[Any]
LARGEST = 10 * 2**20
KINDS = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_SECONDS = 10.0
_GONE = (
    "Ảnh này không còn xem được: nền tảng đã ẩn, hoặc cuộc trò chuyện đã khép lại. Nếu cần, bạn nhờ người dân gửi lại."
)
_NOT_YOURS = "Bạn chỉ xem được ảnh của người mình đang hỗ trợ."
_FIND = """
SELECT i.body->>'picture', EXISTS (SELECT 1 FROM handovers h WHERE h.conversation = i.conversation
       AND h.state = 'with_person' AND h.agent = %(agent)s)
FROM inbox i WHERE i.id = %(number)s AND i.conversation = %(c)s
"""
#: Forgets where pictures are, of chats that nobody has any more.
FORGET = """
UPDATE inbox i SET body = body - 'picture' WHERE body ? 'picture' AND done_at IS NOT NULL
    AND (accepted_at < now() - interval '1 day' OR NOT EXISTS (
        SELECT 1 FROM handovers h WHERE h.conversation = i.conversation AND h.state = 'with_person'))
"""


@dataclass(frozen=True)
class Picture:
    """What is shown."""

    kind: str
    content: bytes


def fetch(
    connection: Connection, vault: Vault, conversation: str, number: int, agent: str, origins: Sequence[str]
) -> Picture:
    """Returns a picture of somebody whom the agent is helping, from the platform.

    Raises:
        HandoverError: if it is not the agent's conversation, or the picture is gone.
    """
    row = connection.execute(_FIND, {"c": conversation, "number": number, "agent": agent}).fetchone()
    if row is not None and not row[1]:
        raise HandoverError(_NOT_YOURS)
    address = picture_of(vault, conversation, row[0]) if row and row[0] else ""
    if not address or not is_named(address, origins):
        raise HandoverError(_GONE)
    try:
        return _read(address)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise HandoverError(_GONE) from error


def _read(address: str) -> Picture:
    content, until = bytearray(), time.monotonic() + _SECONDS
    with httpx.stream("GET", address, timeout=_SECONDS, follow_redirects=False) as answer:
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if answer.status_code != 200 or kind not in KINDS:
            raise HandoverError(_GONE)
        for piece in answer.iter_bytes():
            content += piece
            if time.monotonic() > until:  # piece by piece it could go on for ever
                raise HandoverError(_GONE)
            if len(content) > LARGEST:
                raise HandoverError("Ảnh lớn quá 10 MB nên không mở được ở đây.")
    return Picture(kind, bytes(content))
