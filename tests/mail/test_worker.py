"""The two mails, by real SMTP: what arrives, once, and when nothing may be sent."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import time
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
import pytest

from assistant.accounts.records import PostgresResetStore
from assistant.accounts.reset import set_password
from assistant.mail.letters import Letter
from assistant.mail.smtp import MailError, ReturnPath, SmtpMailer
from assistant.mail.worker import claim
from sandbox.mailbox import Mailbox
from sandbox.wire import Wire
from tests.accounts.conftest import AN, BASE, SENDER, Resets
from tests.kit.waiting import PATIENCE, until

GOOD = "cà phê sữa đá 7h"
LETTER = Letter("Chào", "Xin chào ạ", "<p>Xin chào ạ</p>")
TOKEN = "0123456789abcdef" * 2


def raw(folder: Path) -> EmailMessage:
    """Returns the newest mail as it came over the wire."""
    path = max((folder / "mail").glob("*.eml"))
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)  # type: ignore[return-value]


def plain(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def page(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


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
        assert message.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
        assert {part.get_content_charset() for part in message.iter_parts()} == {"utf-8"}
        text = plain(message)
        assert message["To"] == AN.email
        assert message["From"] == SENDER
        assert message["Subject"] == "Đặt lại mật khẩu VssID của bạn"
        assert "Liên kết có hạn 1 giờ và chỉ dùng được một lần" in text
        assert "•••••••123" in text
        assert "1900 9068" in text
        assert f"{BASE}/" in text

    def test_it_is_marked_automatic_and_tracks_nobody(self, resets: Resets, mailbox: Mailbox, tmp_path: Path) -> None:
        resets.ask()
        resets.send_all(mailbox.url)
        message = raw(tmp_path)
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["X-Auto-Response-Suppress"] == "All"
        assert message["Message-ID"].endswith("@vssid.example>")
        assert message["Date"]
        assert message["Reply-To"] is None
        assert plain(message).count("http") == 1
        assert set(re.findall(r"https?://[^\s\"<]+", page(message))) == set(re.findall(r"https?://\S+", plain(message)))
        assert not re.search(r"<(img|script|iframe|object|link|form)|url\(|@import|src=", page(message), re.IGNORECASE)

    def test_it_holds_no_identifier_in_clear(self, resets: Resets, mailbox: Mailbox) -> None:
        resets.ask()
        resets.send_all(mailbox.url)
        text = mailbox.messages()[0]["text"] + str(mailbox.page(mailbox.messages()[0]["id"]))
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
        assert "http" not in told["text"] + str(mailbox.page(told["id"]))
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
        with psycopg.connect(resets.url) as connection:
            connection.execute("UPDATE register.members SET email = NULL")
        resets.send_all(mailbox.url)
        assert mailbox.messages() == []
        assert states(resets) == [("reset_link", "dead", 1)]

    @pytest.mark.parametrize("address", ["an@example.com\nBcc: thief@example.com", "an@example.com\r\n\r\nx"])
    def test_to_a_forged_address_and_the_worker_goes_on(self, resets: Resets, mailbox: Mailbox, address: str) -> None:
        resets.ask()
        with psycopg.connect(resets.url) as connection:
            connection.execute("UPDATE register.members SET email = %s WHERE code = %s", (address, AN.code))
        resets.ask("0360000045", "0116000045")
        resets.send_all(mailbox.url)
        assert [mail["to"] for mail in mailbox.messages()] == ["tran.binh@example.com"]
        assert [state for _, state, _ in states(resets)] == ["dead", "sent"]


class TestOnce:
    def test_two_workers_send_each_mail_once(self, resets: Resets, mailbox: Mailbox) -> None:
        with psycopg.connect(resets.url) as connection:
            connection.execute(
                "INSERT INTO register.members (ref, code, phones, email) SELECT 'm' || n, 'c' || n,"
                " ARRAY['p' || n], 'm' || n || '@example.com' FROM generate_series(1, 20) n"
            )
        for number in range(1, 21):
            resets.ask(f"p{number}", f"c{number}", person=f"web:{number}")
        workers = [resets.worker(mailbox.url) for _ in range(2)]
        for worker in workers:
            worker.start()
        until(lambda: len(mailbox.messages()) == 20)
        for worker in workers:
            worker.stop()
            worker.join(PATIENCE)
        assert sorted(mail["to"] for mail in mailbox.messages()) == sorted(f"m{n}@example.com" for n in range(1, 21))
        assert {state for _, state, _ in states(resets)} == {"sent"}

    def test_a_worker_woken_sends_at_once_and_stops_when_told(self, resets: Resets, mailbox: Mailbox) -> None:
        worker = resets.worker(mailbox.url, pause=30)
        worker.start()
        time.sleep(0.3)
        resets.ask()
        worker.wake()
        until(lambda: bool(mailbox.messages()))
        worker.stop()
        worker.join(PATIENCE)
        assert not worker.is_alive()
        assert len(mailbox.messages()) == 1


def test_many_mails_at_once_all_arrive(mailbox: Mailbox) -> None:
    mailer = SmtpMailer(mailbox.url, SENDER, tls="plain")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: mailer.send(f"m{n}@example.com", LETTER, TOKEN), range(30)))
    assert len(mailbox.messages(100)) == 30


def test_an_address_with_a_line_break_is_no_address(mailbox: Mailbox) -> None:
    with pytest.raises(MailError) as refused:
        SmtpMailer(mailbox.url, SENDER, tls="plain").send("a@example.com\nBcc: b@example.com", LETTER, TOKEN)
    assert refused.value.permanent


class TestTheReturnPath:
    def test_each_letter_has_its_own_and_a_repetition_the_same(self, mailbox: Mailbox, tmp_path: Path) -> None:
        mailer = SmtpMailer(mailbox.url, SENDER, tls="plain", return_path=ReturnPath("bounce@vssid.example"))
        mailer.send("a@example.com", LETTER, TOKEN)
        first = raw(tmp_path)
        mailer.send("a@example.com", LETTER, TOKEN)
        again = raw(tmp_path)
        mailer.send("a@example.com", LETTER, TOKEN[::-1])
        other = raw(tmp_path)
        assert first["Return-Path"] == again["Return-Path"] == f"<bounce+{TOKEN}@vssid.example>"
        assert other["Return-Path"] == f"<bounce+{TOKEN[::-1]}@vssid.example>"
        assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
        assert TOKEN not in first["Message-ID"]

    def test_the_token_fits_into_an_address(self) -> None:
        assert len(ReturnPath(f"{'b' * 31}@vssid.example").of(TOKEN).partition("@")[0]) <= 64


class TestWhileALetterIsOnItsWay:
    """What a mail server does slowly, the store must not feel."""

    def test_no_transaction_is_open_and_no_row_locked(self, resets: Resets, tmp_path: Path) -> None:
        resets.ask()
        box = Mailbox(tmp_path / "mail")
        box.start()
        wire = Wire(int(box.url.rpartition(":")[2]), "silent")
        worker = resets.worker(f"smtp://127.0.0.1:{wire.port}")
        worker.start()
        try:
            until(lambda: any(row[3] for row in leases(resets)))
            with resets.connect() as connection:
                connection.autocommit = True
                connection.execute("SET lock_timeout = '200ms'")
                connection.execute("UPDATE mail SET error = error")  # nobody holds the row
                row = connection.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND state LIKE 'idle in transaction%'"
                ).fetchone()
                assert row == (0,)
            wire.mode = "good"
            until(lambda: states(resets) == [("reset_link", "sent", 1)])
        finally:
            worker.stop()
            worker.join(PATIENCE)
            wire.close()
            box.stop()
        assert leases(resets)[0][3] is None

    def test_a_server_that_hangs_on_one_letter_holds_up_no_other(self, resets: Resets, tmp_path: Path) -> None:
        box = SlowFor(tmp_path / "mail", {str(AN.email)})
        box.start()
        resets.ask()
        worker = resets.worker(box.url)
        worker.start()
        try:
            until(lambda: box.waiting == 1)
            resets.ask("0360000045", "0116000045")
            until(lambda: bool(box.messages()))
            assert box.overtaken == [1]
            assert box.messages()[0]["to"] == "tran.binh@example.com"
        finally:
            worker.stop()
            worker.join(PATIENCE)
            box.stop()

    def test_a_sender_that_died_is_replaced_when_its_lease_ends(self, resets: Resets, mailbox: Mailbox) -> None:
        resets.ask()
        with resets.connect() as connection:
            assert claim(connection) is not None  # and dies
            assert claim(connection) is None
        resets.send_all(mailbox.url)
        assert mailbox.messages() == []
        with resets.connect() as connection:
            connection.execute("UPDATE mail SET lease_until = now() - interval '1 second'")
        resets.send_all(mailbox.url)
        assert len(mailbox.messages()) == 1
        with resets.connect() as connection:
            assert connection.execute("SELECT state, attempts, maybe_twice FROM mail").fetchall() == [("sent", 2, True)]

    def test_what_the_server_took_before_it_was_cut_off_is_marked(self, resets: Resets, tmp_path: Path) -> None:
        box = CutAfterData(tmp_path / "mail")
        box.start()
        resets.ask()
        resets.send_all(box.url)
        box.stop()
        with resets.connect() as connection:
            row = connection.execute("SELECT state, maybe_twice FROM mail").fetchone()
        assert row == ("waiting", True)
        assert len(box.messages()) == 1

    def test_a_store_that_is_away_for_a_moment_makes_no_second_letter(self, resets: Resets, mailbox: Mailbox) -> None:
        resets.ask()
        worker = resets.worker(mailbox.url)
        real, calls = worker._connect, []

        def flaky() -> psycopg.Connection[Any]:
            calls.append(len(mailbox.messages()))
            if calls[-1] and calls.count(1) < 3:  # the letter is out, and now the store is not there
                raise psycopg.OperationalError("gone")
            return real()

        worker._connect = flaky
        with resets.connect() as connection:
            worker.send_one(connection)
        assert states(resets) == [("reset_link", "sent", 1)]
        assert len(mailbox.messages()) == 1


class SlowFor(Mailbox):
    """Takes its time with mail to some addresses."""

    def __init__(self, folder: Path, slow: set[str]) -> None:
        super().__init__(folder)
        self.slow = slow
        self.waiting = 0
        self.overtaken: list[int] = []  # for each letter that was taken: how many were waiting

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.slow:
            self.waiting += 1
            try:
                await asyncio.sleep(20)
            finally:
                self.waiting -= 1
            return "451 still thinking"
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.overtaken.append(self.waiting)
        return await super().handle_DATA(server, session, envelope)


class CutAfterData(Mailbox):
    """Takes a mail and drops the connection before it says so."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        kept = await super().handle_DATA(server, session, envelope)
        server.transport.abort()
        return kept


def leases(resets: Resets) -> list[tuple[Any, ...]]:
    with resets.connect() as connection:
        return connection.execute("SELECT id, state, attempts, lease_until FROM mail ORDER BY id").fetchall()
