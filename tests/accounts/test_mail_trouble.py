"""A mail server that is away, refuses, or is not who it says: nothing is lost and nothing leaks."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from assistant.accounts.adapters.mail import MailError, SmtpMailer
from assistant.accounts.adapters.postgres import PostgresResetStore
from assistant.accounts.reset import open_link
from sandbox.mailbox import Mailbox
from tests.accounts.conftest import AN, BASE, SENDER, Resets
from tests.accounts.test_mail import link_in, states
from tests.conftest import free_port


class Recorder:
    """An SMTP server's manners: what it answers to a recipient, and what it was told."""

    def __init__(self, answer: str = "250 ok") -> None:
        self.answer = answer
        self.recipients: list[str] = []
        self.contents: list[bytes] = []

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        self.recipients.append(address)
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.contents.append(bytes(envelope.content or b""))
        return "250 kept"


def due_now(resets: Resets) -> None:
    with resets.connect() as connection:
        connection.execute("UPDATE mail SET next_try_at = now()")


def seconds_to_next_try(resets: Resets) -> float:
    with resets.connect() as connection:
        row = connection.execute("SELECT extract(epoch FROM next_try_at - now()) FROM mail").fetchone()
    assert row is not None
    return float(row[0])


def serving(recorder: Recorder, **options: Any) -> Controller:
    controller = Controller(recorder, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    return controller


class TestAway:
    def test_a_mail_waits_until_the_server_is_back_and_its_link_works(self, resets: Resets, tmp_path: Path) -> None:
        port = free_port()
        resets.ask()
        resets.send_all(f"smtp://127.0.0.1:{port}")
        assert states(resets) == [("reset_link", "waiting", 1)]
        back = Mailbox(tmp_path / "mail", port)
        back.start()
        try:
            resets.send_all(back.url)
            assert back.messages() == []  # not due yet
            due_now(resets)
            resets.send_all(back.url)
            assert states(resets) == [("reset_link", "sent", 2)]
            with resets.connect() as connection:
                open_link(link_in(back), PostgresResetStore(connection))
        finally:
            back.stop()

    def test_tries_come_ever_later_and_end(self, resets: Resets) -> None:
        resets.ask()
        waits = []
        for _ in range(10):
            resets.send_all(f"smtp://127.0.0.1:{free_port()}")
            waits.append(round(seconds_to_next_try(resets)))
            due_now(resets)
        assert waits[:5] == [2, 10, 30, 120, 600]
        assert states(resets) == [("reset_link", "dead", 10)]

    def test_a_silent_register_delays_a_mail_and_loses_none(
        self, resets: Resets, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from assistant.accounts.model import RegistryUnavailable

        def silent(ref: str) -> None:
            raise RegistryUnavailable

        resets.ask()
        with monkeypatch.context() as patch:
            patch.setattr(resets.registry, "get", silent)
            resets.send_all(mailbox.url)
        assert states(resets) == [("reset_link", "waiting", 1)]
        due_now(resets)
        resets.send_all(mailbox.url)
        assert len(mailbox.messages()) == 1


class TestRefused:
    @pytest.mark.parametrize(
        ("answer", "state"), [("550 no such user", "dead"), ("552 mailbox full", "dead"), ("451 try later", "waiting")]
    )
    def test_a_refused_recipient_is_dead_and_a_greylisted_one_waits(
        self, resets: Resets, answer: str, state: str
    ) -> None:
        recorder = Recorder(answer)
        server = serving(recorder)
        try:
            resets.ask()
            resets.send_all(f"smtp://127.0.0.1:{server.port}")
        finally:
            server.stop()
        assert recorder.recipients == [AN.email]
        assert states(resets) == [("reset_link", state, 1)]

    def test_what_is_noted_of_a_failure_names_no_address(self, resets: Resets) -> None:
        server = serving(Recorder("550 <nguyen.an@example.com> unknown"))
        try:
            resets.ask()
            resets.send_all(f"smtp://127.0.0.1:{server.port}")
        finally:
            server.stop()
        with resets.connect() as connection:
            row = connection.execute("SELECT error FROM mail").fetchone()
        assert row is not None
        assert "example.com" not in row[0]


class TestEncryption:
    @pytest.fixture
    def certificate(self, tmp_path: Path) -> ssl.SSLContext:
        """A certificate that nobody vouches for, as a man in the middle would show."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
        now = datetime.datetime.now(datetime.UTC)
        signed = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        pem = tmp_path / "server.pem"
        pem.write_bytes(
            signed.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context

    @pytest.fixture
    def impostor(self, certificate: ssl.SSLContext) -> Iterator[tuple[Recorder, Controller]]:
        """A server that offers STARTTLS with that certificate."""
        recorder = Recorder()
        server = serving(recorder, tls_context=certificate)
        yield recorder, server
        server.stop()

    def test_an_untrusted_server_gets_no_mail_not_even_in_clear(
        self, resets: Resets, impostor: tuple[Recorder, Controller]
    ) -> None:
        recorder, server = impostor
        resets.ask()
        resets.send_all(f"smtp://127.0.0.1:{server.port}")
        assert recorder.recipients == []
        assert recorder.contents == []
        assert states(resets) == [("reset_link", "waiting", 1)]

    def test_a_trusted_one_gets_it_encrypted(
        self,
        resets: Resets,
        tmp_path: Path,
        impostor: tuple[Recorder, Controller],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        recorder, server = impostor
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
        monkeypatch.setattr(ssl.SSLContext, "hostname_checks_common_name", True)
        trusting = ssl.create_default_context()
        trusting.check_hostname = False
        monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
        resets.ask()
        resets.send_all(f"smtp://127.0.0.1:{server.port}")
        assert recorder.recipients == [AN.email]
        assert states(resets) == [("reset_link", "sent", 1)]

    def test_a_password_is_not_told_to_an_untrusted_server(self, certificate: ssl.SSLContext) -> None:
        told: list[Any] = []

        def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
            told.append(data)
            return AuthResult(success=True)

        server = serving(Recorder(), tls_context=certificate, authenticator=check)
        try:
            with pytest.raises(MailError) as failed:
                SmtpMailer(f"smtp://user:se%40cret@127.0.0.1:{server.port}", SENDER).send("a@example.com", "x", "y")
        finally:
            server.stop()
        assert not failed.value.permanent
        assert told == []

    def test_a_plain_server_behind_smtps_gets_nothing(self) -> None:
        recorder = Recorder()
        server = serving(recorder)
        try:
            with pytest.raises(MailError):
                SmtpMailer(f"smtps://127.0.0.1:{server.port}", SENDER, timeout=1).send("a@example.com", "x", "y")
        finally:
            server.stop()
        assert recorder.contents == []


def test_a_failed_try_leaves_its_link_good_for_whoever_got_the_mail_anyway(resets: Resets, mailbox: Mailbox) -> None:
    """The server may have taken a mail whose answer was lost: both mails' links work, one of them once."""
    resets.ask()
    resets.send_all(mailbox.url)
    first = link_in(mailbox)
    with resets.connect() as connection:
        connection.execute("UPDATE mail SET state = 'waiting'")
    resets.send_all(mailbox.url)
    second = link_in(mailbox)
    assert first != second
    assert BASE not in first
    with resets.connect() as connection:
        store = PostgresResetStore(connection)
        assert open_link(first, store).id == open_link(second, store).id
