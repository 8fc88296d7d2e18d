"""Fetches letters that came back from an IMAP mailbox."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from imap_tools import AND, BaseMailBox, MailBox, MailboxLoginError, MailBoxStartTls, MailMessageFlags

from assistant.mail.return_path import LARGEST

_TIMEOUT = 20
_MOST = 200


class BounceBoxError(RuntimeError):
    """The mailbox cannot be read; the message says why, without its address or password."""


class BounceBox:
    """A mailbox named by a URL: imaps://user:password@host/FOLDER, or imap:// with STARTTLS.

    What was taken in is marked as read and stays; the mailbox's own rules clear it away.
    """

    def __init__(self, url: str, ca_file: Path | None = None) -> None:
        self._url = urlsplit(url)
        self._context = ssl.create_default_context(cafile=ca_file)

    def read(self, take: Callable[[bytes], object]) -> int:
        """Gives each unread letter to `take`, marks those it took as read and returns how many.

        Raises:
            BounceBoxError: if the mailbox cannot be reached or read.
            Exception: whatever `take` raises; that letter stays unread.
        """
        folder = unquote(self._url.path.strip("/")) or "INBOX"
        try:
            box = self._open()
        except (OSError, MailboxLoginError, ValueError) as error:
            raise BounceBoxError(type(error).__name__) from error
        with box:
            try:
                user, password = unquote(self._url.username or ""), unquote(self._url.password or "")
                log_in = box.login if (user + password).isascii() else box.login_utf8
                log_in(user, password, folder)
            except Exception as error:
                raise BounceBoxError(type(error).__name__) from error
            return self._read(box, take)

    def _open(self) -> BaseMailBox:
        host, port = self._url.hostname or "localhost", self._url.port
        if self._url.scheme == "imap":
            return MailBoxStartTls(host, port or 143, timeout=_TIMEOUT, ssl_context=self._context)
        return MailBox(host, port or 993, timeout=_TIMEOUT, ssl_context=self._context)

    def _read(self, box: BaseMailBox, take: Callable[[bytes], object]) -> int:
        for uid in box.uids(AND(seen=False, size_gt=LARGEST))[:_MOST]:
            take(b"\0" * (LARGEST + 1))  # counted as too large, and not fetched
            box.flag(uid, MailMessageFlags.SEEN, True)
        taken = 0
        for message in box.fetch(AND(seen=False), limit=_MOST, mark_seen=False):
            take(message.obj.as_bytes())
            box.flag(message.uid, MailMessageFlags.SEEN, True)  # type: ignore[arg-type]
            taken += 1
        return taken
