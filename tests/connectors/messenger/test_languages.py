"""English on Messenger's wire: found from the menu or from the words, kept to the second letter."""

from __future__ import annotations

from sandbox import graph_people as people
from tests.conftest import Served
from tests.connectors.messenger.meta import Meta, Person
from tests.connectors.messenger.test_wire import both, node, person, served  # noqa: F401 - fixtures
from tests.kit.people import CODE, MASKED, PHONE, client
from tests.kit.waiting import until


def test_from_the_english_menu_to_the_new_password(node: Served, served: Meta, person: Person) -> None:  # noqa: F811
    person.store.forget_resets()
    mails = len(node.mails())
    first = person.act(people.postback("Reset my VssID password", "#reset_password"))
    assert "social insurance number" in first[-1]["text"]
    assert person.store.rows("SELECT body ->> 'locale' FROM inbox WHERE conversation = %s", person.conversation) == [
        ("en",)
    ]
    assert "phone number or the email" in person.text(CODE)
    assert MASKED in person.text(PHONE)
    mail = until(lambda: (found := node.mails()) and len(found) > mails and found[0])
    assert mail["subject"] == "Reset your VssID password"
    link = next(word for word in mail["text"].split() if "/dat-lai-mat-khau/" in word)
    page = client(node.url)
    form = page.get(link)
    assert '<html lang="en">' in form.text
    csrf = form.text.partition('name="csrf" value="')[2].partition('"')[0]
    before = len(person.shown())
    password = {"csrf": csrf, "password": "seven storks 41", "password_again": "seven storks 41"}
    assert "Your password has been changed" in page.post(link, data=password).text
    person.settled()
    said = person.shown()[before:]
    assert "password" in said[-1]["text"]
    assert "Mật khẩu" not in said[-1]["text"]
    told = until(lambda: (found := node.mails()) and len(found) > mails + 1 and found[0])
    assert told["subject"] == "Your VssID password has just been changed"


def test_who_writes_vietnamese_is_answered_so_whatever_menu_they_have(person: Person) -> None:  # noqa: F811
    assert "trợ lý" in person.text("chào bạn").lower()
    answer = person.act(people.postback("Talk to a person", "#ask_human"))
    assert "nhân viên" in answer[-1]["text"]


def test_who_writes_english_is_answered_so_and_back_in_vietnamese(person: Person) -> None:  # noqa: F811
    first = person.text("hello, i forgot my vssid password, can you help me")
    assert "social insurance number" in first
    language = "SELECT language FROM conversations WHERE id = %s"
    assert person.store.value(language, person.conversation) == "en"
    assert "mã số" in person.text("thôi nói tiếng Việt đi, mình quên mật khẩu vssid")
    assert person.store.value(language, person.conversation) == "vi"
