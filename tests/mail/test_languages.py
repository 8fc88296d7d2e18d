"""The language of letters, by real SMTP: that of the conversation they were asked for in, or the owner's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.accounts import upkeep
from assistant.accounts.model import NotMatched, Unsaid
from assistant.mail.smtp import SmtpMailer
from assistant.settings.limits import LIMITS
from sandbox.mailbox import Mailbox
from tests.accounts.conftest import SENDER, Resets
from tests.mail.test_letters import LETTERS
from tests.mail.test_worker import complete, link_in, raw

WRONG = "0900000001"


def subjects(mailbox: Mailbox) -> list[str]:
    """Returns what arrived, the newest first."""
    return [str(message["subject"]) for message in mailbox.messages()]


def test_a_reset_asked_for_in_english_is_english_to_its_end(resets: Resets, mailbox: Mailbox, tmp_path: Path) -> None:
    resets.ask(language="en")
    resets.send_all(mailbox.url)
    message = raw(tmp_path)
    assert message["Subject"] == "Reset your VssID password"
    assert message["Content-Language"] == "en"
    assert message["From"].addresses[0].display_name == "VssID Assistant (Trợ lý VssID)"
    assert "valid for 1 hour and works only once" in str(mailbox.messages()[0]["text"])
    complete(resets, link_in(mailbox))
    resets.send_all(mailbox.url)
    assert subjects(mailbox)[0] == "Your VssID password has just been changed"
    assert re.search(r"at \d\d:\d\d on \d\d/\d\d/\d{4} \(Vietnam time\)", str(mailbox.messages()[0]["text"]))


def test_a_reset_in_nobodys_language_is_vietnamese(resets: Resets, mailbox: Mailbox, tmp_path: Path) -> None:
    resets.ask()
    resets.send_all(mailbox.url)
    assert subjects(mailbox) == ["Đặt lại mật khẩu VssID của bạn"]
    assert raw(tmp_path)["Content-Language"] == "vi"
    assert raw(tmp_path)["From"] == SENDER


def test_a_password_that_may_have_been_set_is_told_in_the_resets_language(resets: Resets, mailbox: Mailbox) -> None:
    resets.ask(language="en")
    resets.send_all(mailbox.url)
    with resets.connect() as connection:
        connection.execute("UPDATE resets SET tried_at = now() - interval '1 minute'")
        connection.commit()
        connection.autocommit = True
        assert upkeep.tell_of_unconfirmed(connection) == 1
    resets.send_all(mailbox.url)
    assert subjects(mailbox)[0] == "Your VssID password may have just been changed"


def test_a_match_that_is_not_said_gets_its_letter_in_the_language_it_was_asked_in(
    resets: Resets, mailbox: Mailbox
) -> None:
    for number in range(LIMITS.pair_checks_an_hour):  # from here on everybody gets the same answer
        resets.ask(contact=WRONG, person=f"zalo:{number}")
    assert isinstance(resets.ask(person="zalo:owner", language="en"), Unsaid)
    with resets.connect() as connection:
        connection.autocommit = True
        upkeep.keep_up(connection, LIMITS)
    resets.send_all(mailbox.url)
    assert "Reset your VssID password" in subjects(mailbox)


class TestWhoseCodeIsTried:
    @staticmethod
    def _tried(resets: Resets, mailbox: Mailbox, language: str) -> str:
        for number in range(LIMITS.owner_told_after):
            assert isinstance(resets.ask(contact=WRONG, person=f"web:{number}", language=language), NotMatched)
        with resets.connect() as connection:
            connection.commit()
            connection.autocommit = True
            assert upkeep.tell_of_attempts(connection, LIMITS) == 1
        resets.send_all(mailbox.url)
        return subjects(mailbox)[0]

    VI = "Có người đang thử lấy lại mật khẩu VssID của bạn"
    EN = "Somebody is trying to reset your VssID password"

    def test_in_vietnamese_the_owner_is_told_in_vietnamese(self, resets: Resets, mailbox: Mailbox) -> None:
        assert self._tried(resets, mailbox, "") == self.VI

    def test_who_tries_in_english_does_not_choose_the_owners_language(self, resets: Resets, mailbox: Mailbox) -> None:
        assert self._tried(resets, mailbox, "en") == f"{self.VI} / {self.EN}"
        text = str(mailbox.messages()[0]["text"])
        assert text.index("Chào bạn,") < text.index("Hello,")

    @pytest.mark.parametrize("tried_in", ["vi", "en"])
    def test_an_owner_who_set_a_password_in_english_is_told_in_english(
        self, resets: Resets, mailbox: Mailbox, tried_in: str
    ) -> None:
        resets.ask(language="en")
        resets.send_all(mailbox.url)
        complete(resets, link_in(mailbox))
        assert self._tried(resets, mailbox, tried_in) == self.EN


def test_an_installations_own_name_is_the_same_in_every_language() -> None:
    sender = SmtpMailer("smtp://127.0.0.1:25", "BHXH Thành phố <no-reply@example.com>", tls="plain")
    letter = LETTERS.write("password_changed", languages=("en",), masked_code="x", lives="", at="")
    assert sender._message("an@example.com", letter, "t")["From"] == "BHXH Thành phố <no-reply@example.com>"
