"""The bodies of webhook events, in the contract's shapes."""

from __future__ import annotations

import json
import secrets
from typing import Any

_URL = "https://f6.photo.talk.zdn.vn/example"


def message_id() -> str:
    """Returns an id as Zalo's messages have: 20 hexadecimal characters."""
    return secrets.token_hex(10)


#: Attachments by event: type and payload.
ATTACHMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "image": ("image", {"thumbnail": f"{_URL}/t.jpg", "url": f"{_URL}/i.jpg"}),
    "gif": ("gif", {"thumbnail": f"{_URL}/t.jpg", "url": f"{_URL}/i.gif"}),
    "link": ("link", {"thumbnail": f"{_URL}/t.jpg", "description": "Trang mẫu", "url": "https://example.com/"}),
    "audio": ("audio", {"url": f"{_URL}/a.amr"}),
    "video": ("video", {"url": f"{_URL}/v.mp4", "thumbnail": f"{_URL}/t.jpg", "description": ""}),
    "sticker": ("sticker", {"url": f"{_URL}/s.png", "id": "19290"}),
    "location": ("location", {"coordinates": {"latitude": "21.0277644", "longitude": "105.8341598"}}),
    "file": (
        "file",
        {"size": "12345", "name": "to-khai.pdf", "checksum": "0123456789abcdef0123456789abcdef", "type": "pdf",
         "url": f"{_URL}/f.pdf"},
    ),
    "business_card": (
        "link", {"description": json.dumps({"phone": "84901000123", "qrCodeUrl": f"{_URL}/qr.jpg"}), "url": "",
                 "thumbnail": f"{_URL}/t.jpg"},
    ),
}  # fmt: skip


def attachment(kind: str) -> dict[str, Any]:
    """Returns one attachment of a message."""
    name, payload = ATTACHMENTS[kind]
    return {"type": name, "payload": payload}


class Events:
    """Writes events of one app."""

    def __init__(self, app_id: str) -> None:
        self._app = app_id

    def from_user(self, name: str, oa: str, user: str, message: dict[str, Any], at: float) -> dict[str, Any]:
        """A message of a user."""
        return {
            "app_id": self._app,
            "sender": {"id": user},
            "user_id_by_app": f"3{user[1:]}",
            "recipient": {"id": oa},
            "event_name": name,
            "message": message,
            "timestamp": _ms(at),
        }

    def from_oa(
        self, name: str, oa: str, user: str, message: dict[str, Any], at: float, admin: str = ""
    ) -> dict[str, Any]:
        """A message of the account, or a receipt for one; `admin` only where a person typed it."""
        sender = {"id": oa} | ({"admin_id": admin} if admin else {})
        by_app = {"user_id_by_app": f"3{user[1:]}"} if name.startswith("oa_send") else {}
        return {
            "app_id": self._app,
            "sender": sender,
            "recipient": {"id": user},
            **by_app,
            "event_name": name,
            "message": message,
            "timestamp": _ms(at),
        }

    def follow(self, name: str, oa: str, user: str, at: float) -> dict[str, Any]:
        """A new follower, or one who left: no sender, no recipient."""
        return {
            "oa_id": oa,
            "follower": {"id": user},
            "user_id_by_app": f"3{user[1:]}",
            "event_name": name,
            "source": "oa_profile",
            "app_id": self._app,
            "timestamp": _ms(at),
        }

    def of_account(self, name: str, oa: str, user: str, at: float, **more: Any) -> dict[str, Any]:
        """An event that names account and user at the top: chat opened, data withdrawn."""
        return {
            "oa_id": oa,
            "user_id": user,
            "user_id_by_app": f"3{user[1:]}",
            "event_name": name,
            "app_id": self._app,
            "timestamp": _ms(at),
        } | more

    def submitted(self, oa: str, user: str, info: dict[str, Any], at: float) -> dict[str, Any]:
        """The answer to a form about the person."""
        return {
            "sender": {"id": user},
            "recipient": {"id": oa},
            "event_name": "user_submit_info",
            "app_id": self._app,
            "timestamp": _ms(at),
            "info": info,
        }


def _ms(at: float) -> str:
    return str(int(at * 1000))
