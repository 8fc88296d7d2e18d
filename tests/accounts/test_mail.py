"""The two mails, by real SMTP: what arrives, once, and when nothing may be sent."""

from __future__ import annotations

import email
import email.policy
import time
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path

import pytest

from assistant.accounts.adapters.mail import MailError, SmtpMailer
from assistant.accounts.adapters.postgres import PostgresResetStore
from assistant.accounts.reset import set_password
from sandbox.mailbox import Mailbox
from tests.accounts.conftest import AN, BASE, SENDER, Resets

GOOD = "cà phê sữa đá 7h"


def raw(folder: Path) -> EmailMessage:
    """Returns the newest mail as it came over the wire."""
    path = max((folder / "mail").glob("*.eml"))
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)  # type: ignore[return-value]


def states(resets: Resets) -> list[tuple[str, str, int]]:
    with resets.connect() as connection:
        return connection.execute("SELECT kind, state, attempts FROM mail ORDER BY id").fetchall()


def link_in(mailbox: Mailbox) -> str:
    return str(mailbox.messages()[0]["text"].partition(f"{BASE}/")[2].split()[0])


def complete(resets: Resets, token: str) -> None:
    with resets.connect() as connection:
        set_password(token, GOOD, PostgresResetStore(connection), resets.registry, frozenset())


class TestTheLinkMail:
    def test_it_reaches_the_address_on_record_in_vietnamese(
        self, resets: Resets, mailbox: Mailbox, tmp_path: Path
    ) -> None:
        resets.ask()
        resets.send_all(mailbox.url)
        message = raw(tmp_path)
        text = message.get_content()
        assert message["To"] == AN.email
        assert message["From"] == SENDER
        assert message["Subject"] == "Đặt lại mật khẩu VssID của bạn"
        assert message.get_content_type() == "text/plain"
        assert message.get_content_charset() == "utf-8"
        assert "Liên kết có hạn 1 giờ và chỉ dùng được một lần" in text
        assert "•••••••123" in text
        assert "1900 9068" in text
        assert f"{BASE}/" in text

    def test_it_is_marked_automatic_and_tracks_nobody(self, resets: Resets, mailbox: Mailbox, tmp_path: Path) -> None:
        resets.ask()
        resets.send_all(mailbox.url)
        message = raw(tmp_path)
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Message-ID"].endswith("@vssid.example>")
        assert message["Date"]
        assert not message.is_multipart()
        assert message.get_content().count("http") == 1
        assert "<img" not in message.get_content()

    def test_it_holds_no_identifier_in_clear(self, resets: Resets, mailbox: Mailbox) -> None:
        resets.ask()
        resets.send_all(mailbox.url)
        text = mailbox.messages()[0]["text"]
        assert not any(secret in text for secret in (AN.code, str(AN.cccd), AN.phones[0], str(AN.email)))

    def test_its_link_sets_the_password_and_the_owner_is_told(self, resets: Resets, mailbox: Mailbox) -> None:
        resets.ask()
        resets.send_all(mailbox.url)
        complete(resets, link_in(mailbox))
        resets.send_all(mailbox.url)
        told = mailbox.messages()[0]
        assert told["subject"] == "Mật khẩu VssID của bạn vừa được thay đổi"
        assert told["to"] == AN.email
        in_vietnam = time.gmtime(time.time() + 7 * 3600)
        assert time.strftime("ngày %d/%m/%Y", in_vietnam) in told["text"]
        assert time.strftime("đặt lại lúc %H:", in_vietnam) in told["text"]
        assert "http" not in told["text"]
        assert [state for _, state, _ in states(resets)] == ["sent", "sent"]
        assert resets.registry.password_matches(AN.code, GOOD)


class TestWhatIsNotSent:
    @pytest.mark.parametrize("spoil", ["expires_at = now()", "used_at = now()"])
    def test_an_expired_or_used_resets_link(self, resets: Resets, mailbox: Mailbox, spoil: str) -> None:
        resets.ask()
        with resets.connect() as connection:
            connection.execute(f"UPDATE resets SET {spoil}")
        resets.send_all(mailbox.url)
        assert mailbox.messages() == []
        assert states(resets) == [("reset_link", "dead", 1)]

    def test_but_the_owner_is_told_of_a_change_however_late(self, resets: Resets, mailbox: Mailbox) -> None:
        resets.ask()
        complete(resets, resets.link())
        with resets.connect() as connection:
            connection.execute("UPDATE resets SET expires_at = now() - interval '1 day'")
        resets.send_all(mailbox.url)
        assert [mail["subject"] for mail in mailbox.messages()] == ["Mật khẩu VssID của bạn vừa được thay đổi"]

    def test_to_a_member_who_lost_the_address_meanwhile(self, resets: Resets, mailbox: Mailbox) -> None:
        resets.ask()
        with resets.connect() as connection:
            connection.execute("UPDATE register.members SET email = NULL")
        resets.send_all(mailbox.url)
        assert mailbox.messages() == []
        assert states(resets) == [("reset_link", "dead", 1)]

    @pytest.mark.parametrize("address", ["an@example.com\nBcc: thief@example.com", "an@example.com\r\n\r\nx"])
    def test_to_a_forged_address_and_the_worker_goes_on(self, resets: Resets, mailbox: Mailbox, address: str) -> None:
        resets.ask()
        with resets.connect() as connection:
            connection.execute("UPDATE register.members SET email = %s WHERE code = %s", (address, AN.code))
        resets.ask("0360000045", "0116000045")
        resets.send_all(mailbox.url)
        assert [mail["to"] for mail in mailbox.messages()] == ["tran.binh@example.com"]
        assert [state for _, state, _ in states(resets)] == ["dead", "sent"]


class TestOnce:
    def test_two_workers_send_each_mail_once(self, resets: Resets, mailbox: Mailbox) -> None:
        with resets.connect() as connection:
            connection.execute(
                "INSERT INTO register.members (ref, code, phones, email) SELECT 'm' || n, 'c' || n,"
                " ARRAY['p' || n], 'm' || n || '@example.com' FROM generate_series(1, 20) n"
            )
        for number in range(1, 21):
            resets.ask(f"p{number}", f"c{number}", person=f"web:{number}")
        workers = [resets.worker(mailbox.url) for _ in range(2)]
        for worker in workers:
            worker.start()
        until = time.monotonic() + 15
        while time.monotonic() < until and len(mailbox.messages()) < 20:
            time.sleep(0.05)
        for worker in workers:
            worker.stop()
            worker.join(5)
        assert sorted(mail["to"] for mail in mailbox.messages()) == sorted(f"m{n}@example.com" for n in range(1, 21))
        assert {state for _, state, _ in states(resets)} == {"sent"}

    def test_a_worker_woken_sends_at_once_and_stops_when_told(self, resets: Resets, mailbox: Mailbox) -> None:
        worker = resets.worker(mailbox.url, pause=30)
        worker.start()
        time.sleep(0.3)
        resets.ask()
        worker.wake()
        until = time.monotonic() + 5
        while time.monotonic() < until and not mailbox.messages():
            time.sleep(0.02)
        worker.stop()
        worker.join(5)
        assert not worker.is_alive()
        assert len(mailbox.messages()) == 1


def test_many_mails_at_once_all_arrive(mailbox: Mailbox) -> None:
    mailer = SmtpMailer(mailbox.url, SENDER)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: mailer.send(f"m{n}@example.com", "Chào", "Xin chào ạ"), range(30)))
    assert len(mailbox.messages(100)) == 30


def test_an_address_with_a_line_break_is_no_address(mailbox: Mailbox) -> None:
    with pytest.raises(MailError) as refused:
        SmtpMailer(mailbox.url, SENDER).send("a@example.com\nBcc: b@example.com", "x", "y")
    assert refused.value.permanent
