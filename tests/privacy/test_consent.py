"""Before or with the first number a person gives they are told what becomes of it, and that is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant import audit, database
from assistant.privacy import consent
from assistant.privacy.vault import Vault
from assistant.rasa.host import AgentHost
from assistant.settings import ROOT
from tests.kit import postgres
from tests.kit.talk import KEY, Talk, host_for

CODE, PHONE = "7900000123", "0901000123"
PROMISE = "tự xóa trong 24 giờ"


@pytest.fixture(scope="module")
def shared(server_url: str, model_path: Path) -> Iterator[tuple[AgentHost, str]]:
    """One engine on a database of its own."""
    url = postgres.create(server_url)
    with host_for(model_path, url) as host:
        yield host, url
    postgres.drop(server_url, url)


@pytest.fixture
def talk(shared: tuple[AgentHost, str]) -> Iterator[Talk]:
    host, url = shared
    with database.connect(url) as connection:
        connection.autocommit = True
        yield Talk(host, connection, Vault([KEY]))


def told(talk: Talk) -> list[Any]:
    """Returns when, where and what the person was told."""
    return talk.connection.execute(
        "SELECT c.channel, n.text, c.told_at > now() - interval '1 minute' FROM consents c"
        " JOIN notices n ON n.version = c.notice WHERE c.conversation = %s",
        (talk.conversation,),
    ).fetchall()


def test_the_question_for_the_code_tells_it(talk: Talk) -> None:
    talk.say("chào bạn")
    assert told(talk) == []
    assert PROMISE in talk.text("quên mật khẩu")
    ((channel, text, now),) = told(talk)
    assert (channel, now) == ("web", True)
    assert PROMISE in text
    assert "nhiều nhất **90 ngày**" in text  # the page it leads to is part of what was said


def test_it_is_told_once(talk: Talk) -> None:
    talk.text("quên mật khẩu", "thôi", "quên mật khẩu")
    assert PROMISE not in talk.text(CODE, PHONE)
    assert len(told(talk)) == 1
    assert len(list(audit.entries(talk.connection, event="consent.told", person=talk.conversation))) == 1


@pytest.mark.parametrize("text", [f"quên mật khẩu, mã {CODE}", f"{CODE} {PHONE}", f"sđt em {PHONE}", "an@example.com"])
def test_whoever_gives_a_number_unasked_is_told_with_the_answer(talk: Talk, text: str) -> None:
    first, *rest = talk.say(text)
    assert PROMISE in first["text"]
    assert "/quyen-rieng-tu" in first["text"]
    assert rest  # and the answer
    assert len(told(talk)) == 1
    assert all(PROMISE not in body["text"] for body in talk.say(PHONE))


def test_new_words_are_told_again(talk: Talk) -> None:
    talk.text("quên mật khẩu")
    connection = talk.connection
    assert consent.tell(connection, talk.conversation, consent.Notice("giữ 12 giờ"))
    assert not consent.tell(connection, talk.conversation, consent.Notice("giữ 12 giờ"))
    assert len(told(talk)) == 2
    assert consent.Notice("a").version != consent.Notice("b").version


def test_erasing_takes_it_back(talk: Talk) -> None:
    talk.text("quên mật khẩu")
    talk.press("#ask_erase")
    talk.press("#erase_now")
    assert told(talk) == []
    (entry,) = audit.entries(talk.connection, event="consent.withdrawn", person=talk.conversation)
    assert entry["actor"] == entry["subject"]


def test_the_question_and_the_notice_say_the_same() -> None:
    responses = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["responses"]
    notice, question = (responses[name][0]["text"] for name in ("utter_privacy_notice", "utter_ask_bhxh_code"))
    assert notice.replace("Thông tin bạn gửi chỉ", "Thông tin chỉ") in question


def test_who_is_told_in_english_is_told_of_the_english_page(talk: Talk) -> None:
    assert "24 hours" in talk.text("hello, i forgot my vssid password, please help")
    ((_, text, _),) = told(talk)
    assert "**90 days** at most" in text
    assert "**90 ngày**" not in text


def test_every_sentence_of_the_page_is_part_of_the_notice() -> None:
    pages = yaml.safe_load((ROOT / "data/web/pages.yml").read_text(encoding="utf-8"))
    for language, page in (("vi", pages["privacy"]), ("en", pages["en"]["privacy"]), ("", pages["privacy"])):
        text = consent.notice("words", language).text
        assert text.startswith("words\n")
        assert all(said in text for said in (page["lead"], page["sooner_not"], page["kept_list"][2]["how"]))
