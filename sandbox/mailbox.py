"""A real SMTP server on loopback that keeps what it is given, for /sandbox and the tests."""

from __future__ import annotations

import email
import email.policy
import email.utils
import time
import uuid
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """Receives mail by SMTP and keeps each one as an .eml file."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._controller = Controller(self, hostname="127.0.0.1", port=port or _free_port())

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keeps one mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}"
        fresh = self._folder / f"{name}.tmp"
        fresh.write_bytes(content)
        fresh.rename(self._folder / f"{name}.eml")
        return "250 kept"

    @property
    def url(self) -> str:
        """The SMTP URL to send to."""
        return f"smtp://127.0.0.1:{self._controller.port}"

    def start(self) -> None:
        """Starts listening."""
        self._controller.start()

    def stop(self) -> None:
        """Stops listening; the mails stay."""
        self._controller.stop()

    def messages(self, most: int = 50) -> list[dict[str, Any]]:
        """Returns the newest mails first."""
        found = []
        for path in sorted(self._folder.glob("*.eml"), reverse=True)[:most]:
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            body = message.get_body(("plain",))
            found.append(
                {
                    "id": path.stem,
                    "to": str(message["To"]),
                    "subject": str(message["Subject"]),
                    "date": email.utils.parsedate_to_datetime(str(message["Date"])).isoformat(),
                    "text": body.get_content() if body else "",
                }
            )
        return found


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
