"""The pages in English in a real browser: the switch, what is followed and kept, and every page at a phone's width."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.conftest import Served
from tests.connectors.web.browsing import NewContext, Troubles, asks, chat, conversation_of, shot
from tests.kit.people import CODE, LINK, MASKED, Store, Visitor, client, fresh_link
from tests.kit.people import PHONE as MOBILE
from tests.kit.waiting import until

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
#: Vietnamese letters; what stands in brackets or quotation marks is a name to show at an office, or a button there.
VIETNAMESE = re.compile(r"[À-ỹ]")
NAMES = re.compile(r"\([^()]*\)|“[^”]*”|\S+/NĐ-CP")
_SEEN = """
[document.body.innerText, document.title,
 ...[...document.querySelectorAll('[aria-label], [placeholder]')].filter(e => e.offsetParent)
 .map(e => e.getAttribute('aria-label') || e.placeholder)].join('\\n')
"""
_WIDE = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"


def left_in_vietnamese(page: Page) -> list[str]:
    """Returns what an English page says in Vietnamese beside names and its switch."""
    lines = str(page.evaluate(_SEEN)).splitlines()
    return [line for line in lines if VIETNAMESE.search(NAMES.sub("", line)) and line.strip() != "Tiếng Việt"]


def choose(page: Page, language: str) -> None:
    """Presses the switch and waits for the page to speak so."""
    page.locator("#switch").click()
    expect(page.locator("html")).to_have_attribute("lang", language)


def answer(store: Store, conversation: str, text: str, language: str = "vi") -> None:
    """Lets the assistant say something, as a turn leaves it."""
    more = {} if language == "vi" else {"language": language}
    body = json.dumps({"text": text, "buttons": [{"title": "Stop", "payload": "#cancel"}]} | more)
    store.rows("UPDATE conversations SET language = %s WHERE id = %s RETURNING id", language, conversation)
    store.rows(
        "INSERT INTO outbox (conversation, body, state, sent_at) VALUES (%s, %s, 'sent', now()) RETURNING id",
        conversation, body,
    )  # fmt: skip


def heard(page: Page) -> None:
    """Lets the page look for what it has missed, as one does that comes back to the foreground."""
    with page.expect_response("**/chat/history"):
        page.evaluate("window.dispatchEvent(new Event('online'))")


@pytest.fixture
def english(new_context: NewContext) -> Page:
    page = chat(new_context(**PHONE))
    choose(page, "en")
    return page


class TestTheSwitch:
    def test_it_is_in_sight_keeps_what_was_written_and_leaves_nothing_behind(
        self,
        new_context: NewContext,
        troubles: Troubles,
    ) -> None:
        page = chat(new_context(**PHONE))
        switch = page.get_by_role("link", name="English")
        box = switch.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["y"] + box["height"] < 200
        expect(switch).to_have_attribute("lang", "en")
        page.locator("#text").fill("an unfinished sentence")
        shot(page, "20-switch")
        choose(page, "en")
        expect(page.locator("#text")).to_have_value("an unfinished sentence")
        expect(page.get_by_placeholder("Write a message…")).to_be_visible()
        expect(page.get_by_role("button", name="Send")).to_be_visible()
        expect(page.get_by_role("log", name="Messages")).to_be_visible()
        expect(page.get_by_role("link", name="Tiếng Việt")).to_have_attribute("lang", "vi")
        assert left_in_vietnamese(page) == []
        assert page.evaluate(_WIDE) <= 360
        shot(page, "21-english")
        choose(page, "vi")
        expect(page.get_by_placeholder("Viết tin nhắn…")).to_be_visible()
        assert page.title() == "Trợ lý VssID"

    def test_it_works_without_a_script(self, new_context: NewContext) -> None:
        context = new_context(java_script_enabled=False, **PHONE)
        page = context.new_page()
        page.goto("/quyen-rieng-tu")
        page.get_by_role("link", name="English").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Privacy")
        page.goto("/")
        expect(page.locator("html")).to_have_attribute("lang", "en")

    def test_it_is_kept_over_a_reload_and_on_all_pages(
        self,
        english: Page,
        troubles: Troubles,
    ) -> None:
        troubles.answers_may_refuse = True
        english.reload()
        expect(english.locator("html")).to_have_attribute("lang", "en")
        for path, heading in (
            ("/quyen-rieng-tu", "Privacy"), ("/nothing", "This page was not found"),
            ("/dat-lai-mat-khau/abc", "This link no longer works"),
        ):  # fmt: skip
            english.goto(path)
            expect(english.get_by_role("heading", level=1)).to_have_text(heading)
            assert left_in_vietnamese(english) == [], path
            assert english.evaluate(_WIDE) <= 360, path
            shot(english, f"22-page-{path.strip('/').replace('/', '-')}")

    def test_the_next_message_says_what_was_chosen_and_only_till_it_is_answered(
        self, english: Page, store: Store
    ) -> None:
        conversation = conversation_of(english.context)
        english.locator("#starters button").first.click()
        expect(english.locator("#log .msg.person .bubble")).to_have_text("I forgot my VssID password")
        expect(english.locator("#log .msg.bot[data-from] .bubble")).not_to_have_count(0)
        said = "SELECT body ->> 'language' FROM inbox WHERE conversation = %s ORDER BY id"
        assert store.rows(said, conversation) == [("en",)]
        english.locator("#text").fill("ok")
        english.keyboard.press("Enter")
        until(lambda: len(store.rows(said, conversation)) == 2)
        assert store.rows(said, conversation)[1] == (None,)


class TestThePageFollowsTheConversation:
    def test_an_answer_in_english_makes_the_page_english_and_one_in_vietnamese_back(
        self,
        new_context: NewContext,
        store: Store,
    ) -> None:
        page = chat(new_context(**PHONE))
        page.locator("#text").fill("chào bạn")
        page.keyboard.press("Enter")
        expect(page.locator("#log .msg.bot[data-from] .bubble")).to_have_count(1)
        conversation = conversation_of(page.context)
        answer(store, conversation, "Hello, what do you need?", language="en")
        heard(page)
        expect(page.locator("html")).to_have_attribute("lang", "en")
        last = page.locator("#log .msg.bot[data-from] .bubble").last
        expect(last).to_have_attribute("lang", "en")
        expect(page.locator("#log .choices").last).to_have_attribute("lang", "en")
        expect(page.locator("#log .msg.bot[data-from] .bubble").first).to_have_attribute("lang", "vi")
        expect(page.locator("#log .msg.person .sr")).to_have_text("You: ")
        expect(page.locator("#log .msg.person .state")).to_have_text(" · Sent")
        page.reload()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        answer(store, conversation, "Chào bạn.")
        heard(page)
        expect(page.locator("html")).to_have_attribute("lang", "vi")

    def test_a_new_browser_of_an_english_conversation_begins_in_english(
        self,
        new_context: NewContext,
        store: Store,
    ) -> None:
        context = new_context()
        page = chat(context)
        page.locator("#text").fill("chào bạn")
        page.keyboard.press("Enter")
        expect(page.locator("#log .msg.bot[data-from] .bubble")).to_have_count(1)
        store.rows("UPDATE conversations SET language = 'en' WHERE id = %s RETURNING id", conversation_of(context))
        page.goto("/")
        expect(page.locator("html")).to_have_attribute("lang", "en")

    def test_an_answer_to_what_was_said_before_does_not_undo_the_switch(
        self,
        new_context: NewContext,
        store: Store,
    ) -> None:
        page = chat(new_context())
        page.locator("#text").fill("chào bạn")
        page.keyboard.press("Enter")
        expect(page.locator("#log .msg.bot[data-from] .bubble")).to_have_count(1)
        choose(page, "en")
        answer(store, conversation_of(page.context), "Còn một điều nữa.")
        heard(page)
        expect(page.locator("#log .msg.bot[data-from] .bubble")).to_have_count(2)
        expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("en-US,en;q=0.9", "vi"),  # many phones sold in Vietnam; the switch is in sight
        ("en-US,en;q=0.9,vi;q=0.8", "vi"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8", "en"),
        ("ja,vi;q=0.2", "vi"),
        ("zh-CN", "en"),
        ("*", "vi"),
        ("", "vi"),
        (";;,,-", "vi"),
    ],
)
def test_before_anything_is_chosen_the_browser_tells_foreigners_apart(
    node: Served, accepted: str, language: str
) -> None:
    page = client(node.url).get("/quyen-rieng-tu", headers={"accept-language": accepted})
    assert f'<html lang="{language}">' in page.text
    assert page.headers["content-language"] == language


class TestErrorsAreInThePagesLanguage:
    def test_what_the_chat_refuses(self, node: Served) -> None:
        visitor = Visitor(node.url)
        for language, words in (("en", "I could not read this message"), ("vi", "Mình không đọc được tin nhắn này")):
            visitor.http.cookies.set("language", language)
            assert words in visitor.send("", message_id="?").json()["error"]

    def test_a_language_of_nobodys_is_vietnamese(self, node: Served) -> None:
        visitor = Visitor(node.url)
        for strange in ("xx", "en; drop", "<script>", "EN"):
            visitor.http.cookies.clear()
            found = visitor.http.get("/quyen-rieng-tu", params={"lang": strange})
            assert '<html lang="vi">' in found.text
            assert "language=" not in found.headers.get("set-cookie", "")
        assert visitor.http.post("/chat/messages", json={"id": "a", "text": "x", "language": ["en"]}).status_code == 403

    def test_what_stands_for_identifiers_in_the_history(self, node: Served) -> None:
        visitor = Visitor(node.url)
        visitor.ask(f"mã số của tôi là {CODE}")
        for language, words in (("en", "[social insurance number]"), ("vi", "[mã số BHXH]")):
            visitor.http.cookies.set("language", language)
            assert words in json.dumps(visitor.history()["messages"], ensure_ascii=False)


def test_the_whole_way_in_english(node: Served, new_context: NewContext, troubles: Troubles, store: Store) -> None:
    """Nothing is chosen: the person just writes English, and from there on all is English, to the second letter."""
    store.forget_resets()
    mails = len(node.mails())
    context = new_context(**PHONE)
    page = chat(context)
    asks(page, "hello, i forgot my password of vssid, how to get it back", "social insurance number")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    asks(page, CODE, "phone number or the email")
    shot(page, "26-asked")
    asks(page, MOBILE, MASKED)
    shot(page, "27-mail-is-out")
    mail = until(lambda: (found := node.mails()) and len(found) > mails and found[0])
    assert mail["subject"] == "Reset your VssID password"
    assert "valid for 1 hour" in mail["text"]
    reset = context.new_page()
    reset.goto(LINK.findall(mail["text"])[0])
    expect(reset.locator("html")).to_have_attribute("lang", "en")
    password = f"seven storks {secrets.token_hex(3)}"
    reset.locator("#password").fill(password)
    reset.locator("#password_again").fill(password)
    reset.get_by_role("button", name="Save the new password").click()
    expect(reset.get_by_role("heading", level=1)).to_have_text("Your password has been changed")
    done = page.locator("#log .msg.bot[data-from] .bubble").last
    expect(done).to_contain_text("password")
    expect(done).to_have_attribute("lang", "en")
    assert left_in_vietnamese(page) == []
    told = until(lambda: (found := node.mails()) and len(found) > mails + 1 and found[0])
    assert told["subject"] == "Your VssID password has just been changed"
    assert store.value("SELECT language FROM conversations WHERE id = %s", conversation_of(context)) == "en"


class TestThePasswordsPage:
    @pytest.fixture
    def link(self, node: Served, store: Store) -> str:
        """A link whose reset was asked for in English."""
        _, link = fresh_link(node)
        store.do("UPDATE resets SET language = 'en'")
        return link

    def test_it_is_in_the_language_of_its_reset_and_says_everything_in_it(
        self,
        link: str,
        new_context: NewContext,
        troubles: Troubles,
    ) -> None:
        troubles.answers_may_refuse = True
        page = new_context(**PHONE).new_page()
        page.goto(link)
        expect(page.get_by_role("heading", level=1)).to_contain_text("Set a new password")
        shot(page, "23-new-password")
        save = page.get_by_role("button", name="Save the new password")
        save.click()
        expect(page.get_by_role("alert")).to_have_text("Please type the new password.")
        page.locator("#password").fill("short")
        save.click()
        expect(page.get_by_role("alert")).to_have_text("The new password needs at least 8 characters.")
        page.get_by_role("button", name="Show the new password").click()
        expect(page.get_by_role("button", name="Hide the new password")).to_have_text("Hide")
        page.locator("#password").fill("bốn con voi tím")
        expect(page.locator("#accents")).to_contain_text("letters with accents")
        assert left_in_vietnamese(page) == []
        page.locator("#password").fill("password1")
        page.locator("#password_again").fill("password1")
        save.click()
        expect(page.get_by_role("alert")).to_contain_text("too easy to guess")
        shot(page, "24-too-easy")
        assert left_in_vietnamese(page) == []
        password = f"seven storks {secrets.token_hex(3)}"
        page.locator("#password").fill(password)
        page.locator("#password_again").fill(password)
        page.get_by_role("button", name="Save the new password").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your password has been changed")
        assert left_in_vietnamese(page) == []
        assert page.evaluate(_WIDE) <= 360
        shot(page, "25-done")

    def test_its_own_switch_overrules_the_reset_through_a_mistake_to_the_end(
        self,
        link: str,
        new_context: NewContext,
        troubles: Troubles,
    ) -> None:
        troubles.answers_may_refuse = True
        page = new_context(java_script_enabled=False, **PHONE).new_page()
        page.goto(link)
        page.get_by_role("link", name="Tiếng Việt").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Đặt mật khẩu mới")
        page.locator("#password").fill("bốn con voi tím")
        page.locator("#password_again").fill("bốn con voi")
        page.get_by_role("button", name="Lưu mật khẩu mới").click()
        expect(page.get_by_role("alert")).to_contain_text("chưa giống nhau")
        expect(page.locator("html")).to_have_attribute("lang", "vi")

    def test_a_cookie_of_another_time_does_not_overrule_the_reset(
        self,
        link: str,
        new_context: NewContext,
    ) -> None:
        context: BrowserContext = new_context()
        page = context.new_page()
        page.goto("/quyen-rieng-tu?lang=vi")
        page.goto(link)
        expect(page.locator("html")).to_have_attribute("lang", "en")
