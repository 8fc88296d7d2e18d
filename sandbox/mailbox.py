"""A real SMTP server on loopback that keeps what it is given, for /sandbox and the tests."""

from __future__ import annotations

import email
import email.policy
import email.utils
import hmac
import re
import ssl
import time
import uuid
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

_NAME = re.compile(r"[0-9]{20}-[0-9a-f]{8}")


class Mailbox:
    """Receives mail by SMTP and keeps each one as an .eml file, with its return path on top.

    Args:
        folder: where the mails are kept.
        port: where to listen; 0: a free one.
        tls: offers STARTTLS, and takes nothing without it.
        logins: who may send, with which password; empty: everybody.
        gone: addresses that do not exist (any more); mail to them is refused.
    """

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        *,
        tls: ssl.SSLContext | None = None,
        logins: Mapping[str, str] | None = None,
        gone: Collection[str] = (),
    ) -> None:
        self._folder = folder
        self._logins = dict(logins or {})
        self._gone = frozenset(address.casefold() for address in gone)
        folder.mkdir(parents=True, exist_ok=True)
        security = {"tls_context": tls, "require_starttls": True} if tls else {}
        access = {"authenticator": self._may_send, "auth_required": True} if logins else {}
        self._controller = Controller(
            self, hostname="127.0.0.1", port=port or _free_port(), enable_SMTPUTF8=True, **security, **access
        )

    def _may_send(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        wanted = self._logins.get(data.login.decode(), "")
        good = bool(wanted) and hmac.compare_digest(wanted.encode(), data.password)
        return AuthResult(success=good, handled=False)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuses addresses that are gone."""
        if address.casefold() in self._gone:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keeps one mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}"
        fresh = self._folder / f"{name}.tmp"
        fresh.write_bytes(f"Return-Path: <{envelope.mail_from}>\r\n".encode() + content)
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

    def raw(self, most: int = 50) -> list[bytes]:
        """Returns the newest mails first, as they came."""
        return [path.read_bytes() for path in sorted(self._folder.glob("*.eml"), reverse=True)[:most]]

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

    def page(self, name: str) -> str | None:
        """Returns the HTML part of a mail; None if there is no such mail, or no such part."""
        path = self._folder / f"{name}.eml"
        if not _NAME.fullmatch(name) or not path.exists():
            return None
        part = email.message_from_bytes(path.read_bytes(), policy=email.policy.default).get_body(("html",))
        return str(part.get_content()) if part else None


_REPORT = """\
From: Mail Delivery System <MAILER-DAEMON@mx.example.com>
To: {to_us}
Subject: Undelivered Mail Returned to Sender
Date: {now}
Message-ID: {id}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"

This is a MIME-encapsulated message.

--{boundary}
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--{boundary}
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
Arrival-Date: {now}

Final-Recipient: rfc822; {to}
Original-Recipient: rfc822;{to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{to}>: no such mailbox

--{boundary}
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

{headers}
--{boundary}--
"""


def report_about(mail: bytes, status: str = "5.1.1", action: str = "failed") -> bytes:
    """Returns the report (RFC 3464) that a mail server sends back about a mail it could not deliver."""
    returned = email.message_from_bytes(mail, policy=email.policy.default)
    report = _REPORT.format(
        to_us=str(returned["Return-Path"]).strip("<>"),
        to=returned["To"],
        now=email.utils.formatdate(),
        id=email.utils.make_msgid(domain="mx.example.com"),
        boundary=f"{uuid.uuid4().hex}/mx.example.com",
        action=action,
        status=status,
        headers=mail.partition(b"\r\n\r\n")[0].decode(errors="replace").replace("\r\n", "\n"),
    )
    return report.replace("\n", "\r\n").encode()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
