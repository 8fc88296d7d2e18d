"""Hands letters to a mail server by SMTP, over TLS, within a deadline."""

from __future__ import annotations

import email.utils
import hashlib
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from assistant.mail.letters import Letter
from assistant.runtime import socket_deadline

Tls = Literal["required", "plain"]
_GOODBYE_SECONDS = 2


class _WholeSubjects(EmailPolicy):
    """Folds a subject without losing the blank at the fold, as Python's own folding does ("mậtkhẩu")."""

    def fold(self, name: str, value: Any) -> str:
        if name.lower() != "subject" or str(value).isascii():
            return str(super().fold(name, value))
        return f"{name}: {Header(str(value), 'utf-8', header_name=name).encode(linesep=self.linesep)}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii", "surrogateescape")


_POLICY = _WholeSubjects()


class MailError(RuntimeError):
    """The mail server did not take a letter.

    Args:
        reason: for the log; names no address and quotes no server.
        permanent: trying again will not help.
        maybe_taken: the connection broke when the letter may have been taken.
    """

    def __init__(self, reason: str, permanent: bool = False, maybe_taken: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.maybe_taken = maybe_taken


@dataclass(frozen=True)
class ReturnPath:
    """Where a letter comes back that cannot be delivered: bounce@domain becomes bounce+TOKEN@domain."""

    address: str

    def of(self, token: str) -> str:
        """Returns the return path of one letter."""
        local, _, domain = self.address.partition("@")
        return f"{local}+{token}@{domain}"


class _Smtp(smtplib.SMTP):
    def getreply(self) -> tuple[int, bytes]:
        _time(self)
        return super().getreply()


class _Smtps(smtplib.SMTP_SSL):
    def getreply(self) -> tuple[int, bytes]:
        _time(self)
        return super().getreply()


def _time(server: smtplib.SMTP) -> None:
    """Lets a server's answers be read no longer than the deadline allows."""
    if server.file is None and server.sock is not None:
        server.file = socket_deadline.reader(server.sock)


class SmtpMailer:
    """Sends letters through the server that a URL names: smtp:// (STARTTLS) or smtps://.

    Args:
        url: with user and password where the server asks for them.
        sender: what stands in From.
        tls: "required": a server behind smtp:// that does not offer STARTTLS gets nothing. "plain": no TLS.
        ca_file: the only authorities whose certificates are believed (PEM); None: the system's.
        return_path: where letters come back; None: to the sender, which nobody reads.
        timeout: seconds for one letter, all answers of the server together.
    """

    def __init__(
        self,
        url: str,
        sender: str,
        tls: Tls = "required",
        ca_file: Path | None = None,
        return_path: ReturnPath | None = None,
        timeout: float = 30,
    ) -> None:
        self._url = urlsplit(url)
        self._sender = sender
        self._address = email.utils.parseaddr(sender)[1]
        self._domain = self._address.partition("@")[2]
        self._tls = tls
        self._context = ssl.create_default_context(cafile=ca_file)
        self._return_path = return_path
        self._timeout = timeout

    def send(self, to: str, letter: Letter, token: str) -> None:
        """Sends one letter; `token` stands in its return path, and a repetition looks like the same letter.

        Raises:
            MailError: if it was not taken.
        """
        message = self._message(to, letter, token)
        envelope = self._return_path.of(token) if self._return_path else self._address
        with socket_deadline.within(self._timeout):
            try:
                server = self._connect()
            except smtplib.SMTPException as error:
                raise MailError(_reason(error)) from error
            except OSError as error:
                raise MailError(type(error).__name__) from error
            try:
                _hand_over(server, message, envelope, to)
            finally:
                _part(server)

    def _message(self, to: str, letter: Letter, token: str) -> EmailMessage:
        message = EmailMessage(_POLICY)
        message["From"] = self._from(letter)
        try:
            message["To"] = to
        except ValueError as error:  # the register holds a line break, or no address at all
            raise MailError("not an address", permanent=True) from error
        message["Subject"] = letter.subject
        message["Date"] = email.utils.formatdate()
        # The same for every attempt: many mailboxes show a letter once that came twice. Not the token itself,
        # which only servers on the way are to know.
        message["Message-ID"] = f"<{hashlib.sha256(f'id {token}'.encode()).hexdigest()[:32]}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(letter.text, cte="base64")
        message.add_alternative(letter.html, subtype="html", cte="base64")
        message["Content-Language"] = ", ".join(letter.languages)  # last: else it goes to the first part alone
        return message

    def _from(self, letter: Letter) -> str | Address:
        """Returns the sender; our usual name in the letter's language, a name of the installation's own as it is."""
        name, address = email.utils.parseaddr(self._sender)
        return Address(letter.name, addr_spec=address) if name and name == letter.usual_name else self._sender

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "localhost", self._url.port
        left = socket_deadline.left() or self._timeout
        if self._url.scheme == "smtps":
            server: smtplib.SMTP = _Smtps(host, port or 465, self._domain, timeout=left, context=self._context)
        else:
            server = _Smtp(host, port or 25, self._domain, timeout=left)
        try:
            if self._url.scheme != "smtps" and self._tls == "required":
                self._start_tls(server)
            if self._url.username:
                server.login(unquote(self._url.username), unquote(self._url.password or ""))
        except BaseException:
            server.close()
            raise
        return server

    def _start_tls(self, server: smtplib.SMTP) -> None:
        server.ehlo()
        if not server.has_extn("starttls"):
            raise MailError("the mail server offers no STARTTLS (SMTP_TLS=plain would send in clear)")
        server.starttls(context=self._context)
        server.ehlo()


def _hand_over(server: smtplib.SMTP, message: EmailMessage, envelope: str, to: str) -> None:
    try:
        server.send_message(message, envelope, [to])
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise MailError(f"recipient refused {codes}", permanent=all(code >= 500 for code in codes)) from error
    except smtplib.SMTPDataError as error:
        raise MailError(_reason(error), permanent=error.smtp_code >= 500) from error
    except smtplib.SMTPNotSupportedError as error:  # an address that the server has no letters for
        raise MailError("the server cannot write to such an address", permanent=True) from error
    except smtplib.SMTPServerDisconnected as error:
        raise MailError(_reason(error), maybe_taken=True) from error
    except smtplib.SMTPException as error:
        raise MailError(_reason(error)) from error
    except UnicodeError as error:
        raise MailError("not an address", permanent=True) from error
    except OSError as error:
        raise MailError(type(error).__name__, maybe_taken=True) from error


def _part(server: smtplib.SMTP) -> None:
    """Says good-bye; whatever comes of that, the letter was taken or refused before."""
    with suppress(smtplib.SMTPException, OSError), socket_deadline.within(_GOODBYE_SECONDS):
        server.quit()
    server.close()


def _reason(error: smtplib.SMTPException) -> str:
    code = f" {error.smtp_code}" if isinstance(error, smtplib.SMTPResponseException) else ""
    return f"{type(error).__name__}{code}"
