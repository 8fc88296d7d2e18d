"""English at the doors of web and Messenger: the whole way to a new password, and what people ask around it."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest

from tests.conftest import Served
from tests.kit.people import CODE, LINK, MASKED, PHONE, Store, Visitor, client, csrf_of
from tests.kit.waiting import until

#: Vietnamese outside of brackets, quotation marks and names is no English answer.
_AS_NAME = re.compile(r"\([^()]*\)|“[^“”]*”|https?://\S+")
_MARKED = re.compile(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệịỉọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")


class OnMessenger:
    """A person in the stand-in of Messenger."""

    def __init__(self, node: Served) -> None:
        self._http, self._store = client(node.url), Store(node.database_url)
        self.user = f"29{secrets.randbelow(10**14):014d}"
        self.conversation = f"messenger:{self.user}"

    def _page(self) -> list[dict[str, Any]]:
        found = self._http.get("/sandbox/api/messenger/thread", params={"user": self.user}).json()["messages"]
        return [message for message in found if message["from"] == "page"]

    def text(self, *said: str) -> str:
        """Says each in turn and returns the words of the last answer."""
        answer = ""
        for text in said:
            before = len(self._page())
            act = {"user": self.user, "act": "text", "text": text}
            assert self._http.post("/sandbox/api/messenger/acts", json=act).status_code == 200
            until(lambda before=before: len(self._page()) > before)
            until(lambda: not self._store.waiting(self.conversation))
            query = "SELECT count(*) FROM outbox WHERE conversation = %s AND state = 'waiting'"
            until(lambda: not self._store.value(query, self.conversation))
            answer = "\n".join(message["text"] for message in self._page()[before:])
        return answer


def person(node: Served, door: str) -> Visitor | OnMessenger:
    return OnMessenger(node) if door == "messenger" else Visitor(node.url)


def is_english(answer: str) -> bool:
    words = _AS_NAME.sub(" ", answer).split()
    return sum(bool(_MARKED.search(word.lower())) for word in words) <= len(words) * 0.15


@pytest.mark.parametrize("door", ["web", "messenger"])
def test_the_whole_way_to_a_new_password(node: Served, store: Store, door: str) -> None:
    store.forget_resets()
    someone, mails = person(node, door), len(node.mails())
    assert "social insurance number (mã số BHXH" in someone.text("Hello, I forgot my VssID password, please help")
    assert "phone number or the email" in someone.text(CODE)
    sent = someone.text(PHONE)
    assert MASKED in sent
    assert is_english(sent)
    letters = until(lambda: (found := node.mails()) and len(found) > mails and found)
    letter = next(mail for mail in letters if LINK.search(mail["text"]))
    link = LINK.findall(letter["text"])[0]
    assert "password" in letter["text"]
    page = client(node.url).get(link).text
    assert '<html lang="en"' in page  # the reset's language, for a browser that says nothing of its own
    assert is_english(someone.text("ok I got the mail, what now"))
    password = f"four violet elephants {secrets.token_hex(3)}"
    form = {"csrf": csrf_of(page), "password": password, "password_again": password}
    assert client(node.url).post(link, data=form).status_code == 200
    assert client(node.url).post("/sandbox/api/login", json={"code": CODE, "password": password}).json()["ok"]
    told = until(lambda: [r for r in store.replies(someone.conversation) if "password was just set" in r["text"]])
    assert is_english(told[0]["text"])


#: What is said in turn, and what each answer has to hold ("" : anything, as long as it is English).
CONVERSATIONS = [
    ("web", [("I have no email in my account", "1900 9068"), ("yes I still have the sim", "press 8")]),
    ("web", [("I lost my phone and I am in Japan now", "From abroad"), ("yes", "social insurance number")]),
    ("web", [("where is the social insurance office", "cơ quan BHXH"), ("what should I bring", "passport")]),
    ("web", [("how much does the hotline cost", "1,000 VND"), ("thanks", "welcome")]),
    ("web", [("someone asked me for an OTP and money, is it real", "scam"), ("I already paid him", "bank")]),
    ("web", [("I want to talk to a real person", ""), ("never mind", "")]),
    ("web", [("how do I change my email", "dichvucong"), ("is it free", "")]),
    ("web", [("my account is locked, wrong password", "15 minutes"), ("how long must I wait", "15 minutes")]),
    ("web", [("can I withdraw a lump sum when I leave Vietnam", "BHXH"), ("how long", "7 working days")]),
    ("web", [("please reset my password", "mã số BHXH"), ("why do you need it", "24 hours"), ("stop", "stopped")]),
    ("web", [("quên mật khẩu vssid", "mã số BHXH"), ("English please", "in English"), ("I don't know it", "card")]),
    ("messenger", [("what is VNeID and can I log in with it", "VNeID"), ("how much", "")]),
    ("messenger", [("my father passed away, what now", "sorry for your loss"), ("where do I go", "office")]),
    ("messenger", [("what is the weather like today", "outside what I know"), ("are you a robot", "automatic")]),
    ("messenger", [("I need my maternity benefit, which papers", "BHXH"), ("thank you", "welcome")]),
    ("messenger", [("i not remember password of app", "mã số BHXH"), ("ok", "mã số BHXH"), ("cancel", "stopped")]),
    ("messenger", [("is it safe to give you my code", ""), ("who reads my messages", "")]),
    ("messenger", [("my mother forgot her vssid password, can I do it for her", "agree"), ("yes", "mã số BHXH")]),
]  # fmt: skip


@pytest.mark.parametrize(("door", "turns"), CONVERSATIONS)
def test_what_is_asked_in_english_is_answered_in_english(
    node: Served, store: Store, door: str, turns: list[tuple[str, str]]
) -> None:
    store.forget_resets()
    someone = person(node, door)
    for number, (said, holds) in enumerate(turns):
        answer = someone.text(said)
        assert holds.lower() in answer.lower(), (said, answer)
        begins_in_vietnamese = number == 0 and said.startswith("quên")
        assert is_english(answer) is not begins_in_vietnamese, (said, answer)


def test_a_conversation_keeps_its_language_until_another_is_wished_for(node: Served, store: Store) -> None:
    visitor = Visitor(node.url)
    visitor.text("I lost my sim card, what can I do?")
    for neutral in ("ok", "email", "👍", "cảm ơn"):
        assert is_english(visitor.text(neutral)), neutral
    assert "tiếng Việt" in visitor.text("tiếng Việt")
    assert not is_english(visitor.text("ok"))
    assert is_english(visitor.text("in English, please"))
    assert not is_english(visitor.text("cho em hỏi mất sim thì lấy lại mật khẩu kiểu gì"))
