"""Letters that come back: the person is told where they asked, nobody learns an address, forgeries change nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from imap_tools import MailBox, MailBoxStartTls
from psycopg.rows import dict_row

from assistant.accounts.reset import set_password
from assistant.app import mailing
from assistant.mail.bounce_mailbox import BounceBox, BounceBoxError
from assistant.mail.delivery_reports import NotABounce, read_bounce
from assistant.mail.return_path import LARGEST, Bounces
from assistant.mail.smtp import ReturnPath, SmtpMailer
from assistant.mail.worker import MailWorker
from assistant.privacy.vault import Vault
from assistant.settings import ROOT, Settings
from sandbox.certificates import Authority
from sandbox.mailbox import Mailbox, report_about
from tests.accounts.conftest import AN, BASE, SENDER, Resets
from tests.conftest import free_port
from tests.kit import warm
from tests.kit.talk import KEY
from tests.kit.waiting import PATIENCE
from tests.mail.test_worker import GOOD, TOKEN, link_in

ADDRESS = "bounce@vssid.example"
PERSON = "web:an"


@dataclass
class Office:
    """Sends letters and takes in what comes back, as a node does."""

    resets: Resets
    box: Mailbox

    def __post_init__(self) -> None:
        mailer = SmtpMailer(self.box.url, SENDER, tls="plain", return_path=ReturnPath(ADDRESS))
        tell = mailing.tell_person(Vault([KEY]))
        self.worker = MailWorker(
            self.resets.connect, self.resets.registry, mailer, ROOT / "data/mail", BASE, undelivered=tell
        )
        self.bounces = Bounces(self.resets.connect, ADDRESS, tell)

    def send(self) -> bytes:
        """Sends what is due and returns the newest letter as it arrived."""
        with self.resets.connect() as connection:
            while self.worker.send_one(connection):
                pass
        return next(iter(self.box.raw()), b"")

    def rows(self, query: str) -> list[dict[str, Any]]:
        with psycopg.connect(self.resets.url, row_factory=dict_row) as connection:
            return connection.execute(query).fetchall()

    def mails(self) -> list[tuple[str, str, str | None]]:
        rows = self.rows("SELECT kind, state, error FROM mail ORDER BY id")
        return [(row["kind"], row["state"], row["error"]) for row in rows]

    def told(self) -> list[str]:
        """Returns the conversations that were told."""
        return [
            row["conversation"]
            for row in self.rows("SELECT conversation FROM inbox WHERE body ->> 'payload' = '#mail_bounced'")
        ]

    def counted(self) -> dict[str, int]:
        return {row["outcome"]: row["number"] for row in self.rows("SELECT * FROM bounces_seen")}


@pytest.fixture
def office(resets: Resets, tmp_path: Path) -> Iterator[Office]:
    box = Mailbox(tmp_path / "mail", gone={str(AN.email)} if "refused" in tmp_path.name else ())
    box.start()
    yield Office(resets, box)
    box.stop()


class TestReports:
    def letter(self) -> bytes:
        return f"Return-Path: <bounce+{TOKEN}@vssid.example>\r\nTo: an@example.com\r\n\r\nx".encode()

    @pytest.mark.parametrize(
        ("status", "action", "final"),
        [("5.1.1", "failed", True), ("4.4.7", "failed", True), ("4.2.2", "delayed", False)],
    )
    def test_a_report_says_which_letter_and_whether_it_is_over(self, status: str, action: str, final: bool) -> None:
        bounce = read_bounce(report_about(self.letter(), status, action), ADDRESS)
        assert (bounce.token, bounce.final, bounce.status) == (TOKEN, final, status)

    def test_the_address_may_come_from_the_mail_server_alone(self) -> None:
        raw = report_about(self.letter()).replace(f"bounce+{TOKEN}@".encode(), b"somebody@")
        with pytest.raises(NotABounce):
            read_bounce(raw, ADDRESS)
        assert read_bounce(raw, ADDRESS, recipient=f"Bounce+{TOKEN.upper()}@VSSID.example").token == TOKEN

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"\0\xff\xfe",
            b"To: bounce@vssid.example\r\n\r\nxin nghi phep",
            f"To: bounce+{TOKEN}@vssid.example\r\nSubject: Out of office\r\n\r\nnghi".encode(),
            f"To: bounce+{TOKEN}@vssid.example\r\nContent-Type: multipart/report; boundary=x\r\n\r\n--x--".encode(),
            f"To: bounce+{TOKEN}@vssid.example.evil.example\r\n\r\nAction: failed".encode(),
            f"To: bounce+{TOKEN[:-1]}@vssid.example\r\n\r\nx".encode(),
        ],
    )
    def test_what_is_no_report_is_none(self, raw: bytes) -> None:
        with pytest.raises(NotABounce):
            read_bounce(raw, ADDRESS)

    def test_a_report_made_of_noise_is_an_error_of_its_own_kind_and_no_other(self) -> None:
        whole = report_about(self.letter())
        for cut in range(0, len(whole), 37):
            for noise in (whole[:cut], whole[:cut] + b"\xff\0\r\n" + whole[cut:]):
                with suppress(NotABounce):
                    assert read_bounce(noise, ADDRESS).token == TOKEN


class TestALetterThatCameBack:
    def test_it_is_given_up_the_trail_says_so_and_the_person_is_told_once(self, office: Office) -> None:
        office.resets.ask()
        report = report_about(office.send())
        assert [office.bounces.take(report) for _ in range(3)] == ["given_up", "known", "known"]
        assert office.mails() == [("reset_link", "dead", "came back 5.1.1")]
        assert office.told() == [PERSON]
        assert office.counted() == {"given_up": 1, "known": 2}
        trail = office.rows("SELECT event, details FROM audit WHERE event = 'mail.undelivered'")
        assert trail == [{"event": "mail.undelivered", "details": {"kind": "reset_link", "reason": "came back 5.1.1"}}]

    def test_nothing_that_is_kept_names_the_address(self, office: Office) -> None:
        office.resets.ask()
        office.bounces.take(report_about(office.send()))
        for table in ("mail", "inbox", "audit", "bounces_seen", "outbox"):
            assert str(AN.email) not in str(office.rows(f"SELECT to_jsonb(t)::text FROM {table} t"))

    def test_a_delay_changes_nothing(self, office: Office) -> None:
        office.resets.ask()
        assert office.bounces.take(report_about(office.send(), "4.2.2", "delayed")) == "delayed"
        assert office.mails() == [("reset_link", "sent", None)]
        assert office.told() == []

    def test_who_has_set_the_password_meanwhile_is_not_alarmed(self, office: Office) -> None:
        office.resets.ask()
        letter = office.send()
        with office.resets.connect() as connection:
            from assistant.accounts.records import PostgresResetStore

            set_password(link_in(office.box), GOOD, PostgresResetStore(connection), office.resets.registry, frozenset())
        assert office.bounces.take(report_about(letter)) == "given_up"
        assert office.told() == []

    def test_a_letter_to_the_owner_that_came_back_is_not_told_to_who_tries(self, office: Office) -> None:
        member = office.resets.registry.find(AN.code)
        assert member is not None
        with office.resets.connect() as connection:
            connection.execute(
                "INSERT INTO mail (kind, member_ref, masked_code) VALUES ('reset_attempts', %s, '•••••••123')",
                (member.ref,),
            )
        assert office.bounces.take(report_about(office.send())) == "given_up"
        assert office.told() == []

    def test_a_forged_report_is_counted_and_changes_nothing(self, office: Office) -> None:
        office.resets.ask()
        office.send()
        forged = b"Return-Path: <bounce+%s@vssid.example>\r\nTo: an@example.com\r\n\r\nx" % (b"0" * 32)
        for _ in range(5):
            assert office.bounces.take(report_about(forged)) == "unknown_letter"
        assert office.bounces.take(b"To: bounce@vssid.example\r\n\r\nhi") == "no_report"
        assert office.bounces.take(b"x" * (LARGEST + 1)) == "too_large"
        assert office.mails() == [("reset_link", "sent", None)]
        assert office.told() == []
        assert office.counted() == {"unknown_letter": 5, "no_report": 1, "too_large": 1}

    def test_refused_at_the_door_is_the_same_at_once(self, office: Office) -> None:
        office.resets.ask()
        office.send()
        assert office.mails() == [("reset_link", "dead", "recipient refused [550]")]
        assert office.told() == [PERSON]

    def test_a_store_that_is_away_keeps_the_report_with_whoever_has_it(self, office: Office) -> None:
        gone = Bounces(lambda: psycopg.connect(f"postgresql://x@127.0.0.1:{free_port()}/x"), ADDRESS, None)
        with pytest.raises(psycopg.OperationalError):
            gone.take(b"x")


class TestThePipe:
    def run(self, office: Office, raw: bytes, **extra: str) -> subprocess.CompletedProcess[bytes]:
        import base64
        import os

        environment = os.environ | {
            "DATABASE_URL": office.resets.url,
            "BOUNCE_ADDRESS": ADDRESS,
            "VAULT_KEYS": base64.b64encode(KEY).decode(),
            **extra,
        }
        return warm.run_bytes("mail", "bounce", environment=environment, given=raw)

    def test_a_mail_server_pipes_a_report_in(self, office: Office) -> None:
        office.resets.ask()
        report = report_about(office.send())
        done = self.run(office, report)
        assert (done.returncode, done.stdout.strip()) == (0, b"given_up"), done.stderr
        assert office.told() == [PERSON]
        assert self.run(office, b"rubbish").stdout.strip() == b"no_report"

    def test_while_the_store_is_away_the_mail_server_is_told_to_try_again(self, office: Office) -> None:
        away = f"postgresql://x@127.0.0.1:{free_port()}/x"
        assert self.run(office, b"rubbish", DATABASE_URL=away).returncode == 75

    def test_without_an_address_it_says_which_setting_is_missing(self, office: Office) -> None:
        done = self.run(office, b"rubbish", BOUNCE_ADDRESS="")
        assert done.returncode == 2
        assert b"BOUNCE_ADDRESS" in done.stderr


class TestTheImapMailbox:
    """A real IMAP server with STARTTLS."""

    @pytest.fixture
    def authority(self, tmp_path: Path) -> Authority:
        return Authority(tmp_path / "tls")

    @pytest.fixture
    def url(self, authority: Authority) -> Iterator[str]:
        port, shown = free_port(), authority.issue("imap")
        server = subprocess.Popen(
            [
                *(
                    sys.executable,
                    "-c",
                    "from pymap.main import main; main()",
                    "--host",
                    "127.0.0.1",
                    "--port",
                    str(port),
                ),
                *("--cert", str(shown.cert), "--key", str(shown.key), "--no-service", "admin", "--no-service", "sieve"),
                *("dict", "--demo-data", "--demo-user", "bounce", "--demo-password", "s@crèt"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        url = f"imap://bounce:s%40cr%C3%A8t@127.0.0.1:{port}/INBOX"
        try:
            until = time.monotonic() + PATIENCE
            while time.monotonic() < until:
                try:
                    BounceBox(url, authority.file).read(lambda raw: None)  # and its demo letters are read
                    break
                except BounceBoxError:
                    time.sleep(0.1)
            yield url
        finally:
            server.kill()
            server.wait(PATIENCE)

    def put(self, url: str, authority: Authority, *letters: bytes) -> None:
        import ssl

        context = ssl.create_default_context(cafile=authority.file)
        port = int(url.rpartition(":")[2].partition("/")[0])
        with MailBoxStartTls("127.0.0.1", port, ssl_context=context).login_utf8("bounce", "s@crèt") as box:
            for letter in letters:
                box.append(letter, "INBOX")

    def test_reports_are_read_once(self, office: Office, url: str, authority: Authority) -> None:
        office.resets.ask()
        self.put(url, authority, report_about(office.send()), b"From: a@example.com\r\n\r\nhello", b"x" * (LARGEST + 9))
        box = BounceBox(url, authority.file)
        assert box.read(office.bounces.take) == 2
        assert office.counted() == {"given_up": 1, "no_report": 1, "too_large": 1}
        assert office.told() == [PERSON]
        assert box.read(office.bounces.take) == 0

    def test_what_could_not_be_taken_in_is_there_next_time(
        self, office: Office, url: str, authority: Authority
    ) -> None:
        office.resets.ask()
        self.put(url, authority, report_about(office.send()))
        box = BounceBox(url, authority.file)

        def away(raw: bytes) -> None:
            raise psycopg.OperationalError("gone")

        with pytest.raises(psycopg.OperationalError):
            box.read(away)
        assert box.read(office.bounces.take) == 1
        assert office.told() == [PERSON]

    def test_a_server_nobody_vouches_for_learns_no_password(self, url: str, tmp_path: Path) -> None:
        with pytest.raises(BounceBoxError) as failed:
            BounceBox(url, Authority(tmp_path / "other").file).read(lambda raw: None)
        assert "s@crèt" not in str(failed.value)

    def test_a_wrong_password_and_nobody_listening_are_the_same_kind_of_error(
        self, url: str, authority: Authority
    ) -> None:
        for wrong in (url.replace("%A8t", "%A8"), f"imaps://bounce:x@127.0.0.1:{free_port()}/INBOX"):
            with pytest.raises(BounceBoxError):
                BounceBox(wrong, authority.file).read(lambda raw: None)

    def test_the_job_reads_it(self, office: Office, url: str, authority: Authority) -> None:
        import asyncio

        office.resets.ask()
        self.put(url, authority, report_about(office.send()))
        settings = Settings(bounce_imap_url=url, bounce_address=ADDRESS, mail_ca_file=authority.file)
        (job,) = mailing.bounce_jobs(settings, office.resets.connect, Vault([KEY]))
        assert job.alone
        asyncio.run(job.run())
        assert office.told() == [PERSON]
        assert mailing.bounce_jobs(Settings(), office.resets.connect, Vault([KEY])) == []


assert MailBox  # imaps:// is spoken by the same library
