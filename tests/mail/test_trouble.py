"""A mail server that is away, refuses, or is not who it says: nothing is lost and nothing leaks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from assistant.accounts.records import PostgresResetStore
from assistant.accounts.reset import open_link
from assistant.mail.smtp import MailError, SmtpMailer
from sandbox.certificates import Authority
from sandbox.mailbox import Mailbox
from sandbox.wire import Mode, Wire
from tests.accounts.conftest import AN, BASE, SENDER, Resets
from tests.conftest import free_port
from tests.mail.test_worker import LETTER, TOKEN, link_in, states


class Recorder:
    """An SMTP server's manners: what it answers to a recipient, and what it was told."""

    def __init__(self, answer: str = "250 ok") -> None:
        self.answer = answer
        self.recipients: list[str] = []
        self.contents: list[bytes] = []
        self.logins: list[Any] = []

    def hear(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.logins.append(data)
        return AuthResult(success=True)

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
    """SMTP_TLS=required, as it is in production."""

    @pytest.fixture
    def authority(self, tmp_path: Path) -> Authority:
        return Authority(tmp_path / "tls")

    @pytest.fixture
    def impostor(self, tmp_path: Path) -> Iterator[tuple[Recorder, Controller]]:
        """A server that offers STARTTLS with a certificate nobody vouches for, as a man in the middle would."""
        stranger = Authority(tmp_path / "stranger").issue("mail").server_context()
        recorder = Recorder()
        server = serving(recorder, tls_context=stranger, authenticator=recorder.hear)
        yield recorder, server
        server.stop()

    def test_an_untrusted_server_gets_no_mail_not_even_in_clear(
        self, authority: Authority, impostor: tuple[Recorder, Controller]
    ) -> None:
        recorder, server = impostor
        for ca_file in (authority.file, None):
            assert not refused_by(f"smtp://127.0.0.1:{server.port}", ca_file=ca_file).permanent
        assert recorder.recipients == []
        assert recorder.contents == []

    def test_a_password_is_not_told_to_an_untrusted_server(
        self, authority: Authority, impostor: tuple[Recorder, Controller]
    ) -> None:
        recorder, server = impostor
        refused_by(f"smtp://user:se%40cret@127.0.0.1:{server.port}", ca_file=authority.file)
        assert recorder.logins == []

    def test_a_server_without_starttls_gets_nothing_no_password_either(self) -> None:
        recorder = Recorder()
        server = serving(recorder, authenticator=recorder.hear, auth_require_tls=False)
        try:
            error = refused_by(f"smtp://user:secret@127.0.0.1:{server.port}")
        finally:
            server.stop()
        assert "STARTTLS" in str(error)
        assert not error.permanent  # the letters wait until somebody mends the server or the settings
        assert (recorder.recipients, recorder.contents, recorder.logins) == ([], [], [])

    def test_a_trusted_server_gets_it_encrypted_after_the_login(self, authority: Authority, tmp_path: Path) -> None:
        context = authority.issue("mail").server_context()
        box = Mailbox(tmp_path / "mail", tls=context, logins={"user@vssid.example": "se@cret"})
        box.start()
        port = box.url.rpartition(":")[2]
        try:
            good = f"smtp://user%40vssid.example:se%40cret@127.0.0.1:{port}"
            SmtpMailer(good, SENDER, ca_file=authority.file).send("a@example.com", LETTER, TOKEN)
            wrong = refused_by(good.replace("se%40cret", "wrong"), ca_file=authority.file)
            nobody = refused_by(f"smtp://127.0.0.1:{port}", ca_file=authority.file)
        finally:
            box.stop()
        assert len(box.messages()) == 1
        assert str(wrong) == "SMTPAuthenticationError 535"
        assert not wrong.permanent
        assert not nobody.permanent

    def test_smtps_is_encrypted_from_the_first_byte(self, authority: Authority) -> None:
        recorder = Recorder()
        context = authority.issue("mail").server_context()
        server = Controller(recorder, hostname="127.0.0.1", port=free_port(), ssl_context=context)
        server.start()
        try:
            url = f"smtps://127.0.0.1:{server.port}"
            SmtpMailer(url, SENDER, ca_file=authority.file).send("a@example.com", LETTER, TOKEN)
            refused_by(url)
        finally:
            server.stop()
        assert recorder.recipients == ["a@example.com"]

    def test_a_plain_server_behind_smtps_gets_nothing(self) -> None:
        recorder = Recorder()
        server = serving(recorder)
        try:
            refused_by(f"smtps://127.0.0.1:{server.port}", timeout=1)
        finally:
            server.stop()
        assert recorder.contents == []


class TestSlowServers:
    @pytest.mark.parametrize("mode", ["silent", "trickle", "refuse", "cut_answer"])
    def test_whatever_the_wire_does_a_letter_takes_no_longer_than_it_may(self, tmp_path: Path, mode: Mode) -> None:
        box = Mailbox(tmp_path / "mail")
        box.start()
        wire = Wire(int(box.url.rpartition(":")[2]), mode, pause=0.05)
        started = time.monotonic()
        try:
            error = refused_by(f"smtp://127.0.0.1:{wire.port}", tls="plain", timeout=1)
        finally:
            wire.close()
            box.stop()
        assert time.monotonic() - started < 4  # not for ever; a busy machine is late
        assert not error.permanent

    def test_a_bad_good_bye_does_not_undo_a_letter(self, tmp_path: Path) -> None:
        class Rude(Recorder):
            async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
                return "500 no"

        rude = Rude()
        server = serving(rude)
        try:
            SmtpMailer(f"smtp://127.0.0.1:{server.port}", SENDER, tls="plain").send("a@example.com", LETTER, TOKEN)
        finally:
            server.stop()
        assert len(rude.contents) == 1


def refused_by(url: str, **options: Any) -> MailError:
    """Returns why a server took no letter."""
    with pytest.raises(MailError) as failed:
        SmtpMailer(url, SENDER, **options).send("a@example.com", LETTER, TOKEN)
    return failed.value


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
