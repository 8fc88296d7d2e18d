"""The web page in a real browser: the whole way to a new password, and what phones and lines do to it."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import Page, Route, expect

from tests.conftest import Served
from tests.connectors.web.browsing import NewContext, Troubles, asks, chat, conversation_of, said, say, shot
from tests.kit.people import CODE, EMAIL, MASKED, PHONE, Store, fresh_link
from tests.kit.waiting import until

_OPENING = "em quên mật khẩu vssid"


def test_the_whole_way(node: Served, new_context: NewContext, troubles: Troubles, store: Store) -> None:
    troubles.answers_may_refuse = True
    store.forget_resets()
    mails = len(node.mails())
    context = new_context(viewport={"width": 390, "height": 780})
    page = chat(context)
    shot(page, "1-first-visit")
    asks(page, _OPENING, "mã số BHXH (10 chữ số)")
    asks(page, CODE, "số điện thoại hoặc e-mail đã đăng ký")
    asks(page, PHONE, MASKED)
    shot(page, "2-mail-is-out")

    mail = until(lambda: (found := node.mails()) and len(found) > mails and found[0])
    assert mail["to"] == EMAIL
    bench = context.new_page()
    bench.goto("/sandbox")
    bench.locator("#mail-list button").first.click()
    expect(bench.locator("#mail-text")).to_contain_text("chỉ dùng được một lần")
    shot(bench, "3-sandbox")
    with context.expect_page() as opened:
        bench.locator("#mail-text a").first.click()
    reset = opened.value
    expect(reset.get_by_role("heading", level=1)).to_contain_text("Đặt mật khẩu mới")
    expect(reset.locator("main")).to_contain_text(CODE[-3:])
    expect(reset.locator("main")).not_to_contain_text(CODE)
    link = reset.url
    password = f"Bảy con cò {secrets.token_hex(3)}"
    reset.get_by_label("Mật khẩu mới", exact=True).fill("ngắn")
    reset.get_by_label("Nhập lại mật khẩu mới", exact=True).fill("ngắn")
    reset.get_by_role("button", name="Lưu mật khẩu mới").click()
    expect(reset.get_by_role("alert")).to_contain_text("ít nhất 8 ký tự")
    reset.get_by_label("Mật khẩu mới", exact=True).fill(password)
    reset.get_by_label("Nhập lại mật khẩu mới", exact=True).fill(password)
    reset.get_by_role("button", name="Hiện mật khẩu mới").click()
    expect(reset.locator("#password")).to_have_attribute("type", "text")
    shot(reset, "4-new-password")
    reset.get_by_role("button", name="Lưu mật khẩu mới").click()
    expect(reset.get_by_role("heading", level=1)).to_contain_text("đổi")
    shot(reset, "5-done")

    expect(page.locator("#log .msg.bot .bubble").last).to_contain_text("đặt lại thành công")
    bench.locator("#l-code").fill(CODE)
    bench.locator("#l-pass").fill("một mật khẩu khác")
    bench.get_by_role("button", name="Đăng nhập").click()
    expect(bench.locator("#l-answer")).to_contain_text("không đúng")
    bench.locator("#l-pass").fill(password)
    bench.get_by_role("button", name="Đăng nhập").click()
    expect(bench.locator("#l-answer")).to_contain_text("Đăng nhập thành công")
    told = until(lambda: (found := node.mails()) and len(found) > mails + 1 and found[0])
    assert "vừa được thay đổi" in told["subject"]
    expect(bench.locator("#mail-list button").first).to_contain_text("vừa được thay đổi")

    for again in range(2):
        answer = reset.goto(link)
        assert answer is not None
        assert answer.status == 404, again
        expect(reset.get_by_role("heading", level=1)).to_contain_text("không còn dùng được")
    shot(reset, "6-dead-link")
    assert len(node.mails()) == mails + 2


def test_buttons_answer_and_starters_go(page: Page) -> None:
    starters = page.get_by_role("group", name="Câu hỏi thường gặp")
    starters.get_by_role("button").first.click()
    expect(starters).to_be_hidden()
    expect(page.locator("#log .msg.bot[data-from] .bubble").last).to_contain_text("mã số BHXH")
    page.locator(".choices").last.get_by_role("button", name="Dừng lại").click()
    expect(page.locator("#log .msg.bot[data-from] .bubble").last).to_contain_text("dừng")
    assert said(page, "person") == ["Tôi quên mật khẩu VssID", "Dừng lại"]
    expect(page.locator(".choices:not(.old)")).to_have_count(1)


def test_the_typing_sign_comes_and_goes(page: Page, store: Store) -> None:
    asks(page, "chào bạn", "trợ lý")
    with store.held(conversation_of(page.context)):
        say(page, _OPENING)
        expect(page.locator("#typing")).to_be_visible()
        expect(page.locator("#typing")).to_contain_text("Trợ lý đang trả lời")
        shot(page, "7-typing")
        page.wait_for_timeout(700)
        expect(page.locator("#typing")).to_be_visible()
    expect(page.locator("#typing")).to_be_hidden()
    expect(page.locator("#log .msg.bot[data-from] .bubble").last).to_contain_text("mã số BHXH")


def test_a_reload_keeps_both_sides_and_masks_identifiers(page: Page) -> None:
    asks(page, _OPENING, "mã số BHXH")
    asks(page, CODE, "số điện thoại hoặc e-mail")
    asks(page, "0901000999", "gửi lại")
    before = said(page)
    page.reload()
    expect(page.locator("#log .msg.person")).to_have_count(3)
    assert said(page) == before
    assert said(page, "person") == [_OPENING, "[mã số BHXH]", "[dãy 10 số]"]
    assert CODE not in page.content()
    expect(page.locator("#starters")).to_be_hidden()
    expect(page.locator("#typing")).to_be_hidden()
    stored = page.evaluate("JSON.stringify(Object.assign({}, localStorage, sessionStorage))")
    assert CODE not in stored
    shot(page, "8-after-reload")


def test_a_reload_in_the_middle_of_an_answer(page: Page, store: Store) -> None:
    asks(page, "chào bạn", "trợ lý")
    with store.held(conversation_of(page.context)):
        say(page, _OPENING)
        expect(page.locator("#log .msg.person").last).to_contain_text("Đã gửi")
        page.reload()
        expect(page.locator("#typing")).to_be_visible()
    expect(page.locator("#log .msg.bot[data-from] .bubble").last).to_contain_text("mã số BHXH")
    expect(page.locator("#typing")).to_be_hidden()
    assert len(said(page, "person")) == len(said(page)) == 2


def test_what_is_written_without_a_line_is_sent_once_it_is_back(page: Page, troubles: Troubles) -> None:
    asks(page, "chào bạn", "trợ lý")
    troubles.line_is_cut = True
    page.context.set_offline(True)
    expect(page.locator("#bar")).to_be_visible()
    say(page, _OPENING)
    expect(page.locator("#log .msg.person").last).to_contain_text("Chưa gửi được")
    say(page, CODE)
    shot(page, "9-offline")
    page.context.set_offline(False)
    expect(page.locator("#log .msg.bot[data-from] .bubble").last).to_contain_text("số điện thoại hoặc e-mail")
    expect(page.locator("#bar")).to_be_hidden()
    expect(page.locator("#log .unsent, #log .waiting")).to_have_count(0)
    page.wait_for_timeout(300)
    assert len(said(page, "person")) == len(said(page)) == 3
    page.reload()
    expect(page.locator("#log .msg.person")).to_have_count(3)
    assert len(said(page)) == 3


def test_an_answer_given_while_the_line_was_cut_arrives_once(page: Page, store: Store, troubles: Troubles) -> None:
    asks(page, "chào bạn", "trợ lý")
    troubles.line_is_cut = True
    conversation = conversation_of(page.context)
    with store.held(conversation):
        say(page, _OPENING)
        expect(page.locator("#log .msg.person").last).to_contain_text("Đã gửi")
        page.context.set_offline(True)
    until(lambda: not store.waiting(conversation))
    page.context.set_offline(False)
    expect(page.locator("#log .msg.bot[data-from] .bubble").last).to_contain_text("mã số BHXH")
    page.wait_for_timeout(300)
    assert len(said(page)) == 2


def test_a_lost_receipt_does_not_double_the_message(page: Page, store: Store, troubles: Troubles) -> None:
    troubles.line_is_cut = True
    taken = []

    def lose_the_receipt(route: Route) -> None:
        if taken:
            route.continue_()
            return
        taken.append(route.fetch().status)
        route.abort()

    page.route("**/chat/messages", lose_the_receipt)
    say(page, _OPENING)
    expect(page.locator("#log .msg.bot[data-from] .bubble").last).to_contain_text("mã số BHXH")
    expect(page.locator("#log .msg.person").last).to_contain_text("Đã gửi")
    assert taken == [202]
    page.unroute("**/chat/messages")
    page.reload()
    expect(page.locator("#log .msg.person")).to_have_count(1)
    assert len(said(page)) == 1
    assert store.value("SELECT count(*) FROM inbox WHERE conversation = %s", conversation_of(page.context)) == 1


def test_an_unsent_message_survives_a_reload(page: Page, troubles: Troubles) -> None:
    troubles.line_is_cut = True
    page.route("**/chat/messages", lambda route: route.abort())
    say(page, _OPENING)
    expect(page.locator("#log .msg.person")).to_have_count(1)
    page.unroute("**/chat/messages")
    page.reload()
    expect(page.locator("#log .msg.bot[data-from] .bubble").last).to_contain_text("mã số BHXH")
    assert said(page, "person") == [_OPENING]
    assert "vssid.out." not in page.evaluate("Object.keys(localStorage).join()")


def test_keyboard_only(page: Page) -> None:
    focused = "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "skip"
    page.keyboard.press("Enter")
    page.keyboard.type("chào bạn")
    assert page.evaluate("document.activeElement.id") == "text"
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("giúp em")
    assert page.locator("#text").input_value() == "chào bạn\ngiúp em"
    page.keyboard.press("Control+A")
    page.keyboard.type("chào bạn")
    page.keyboard.press("Enter")
    expect(page.locator(".choices button")).not_to_have_count(0)
    assert page.evaluate("document.activeElement.id") == "text"
    for _ in range(10):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.textContent") == "Lấy lại mật khẩu":
            break
    shot(page, "10-keyboard")
    page.keyboard.press("Enter")
    expect(page.locator("#log .msg.bot[data-from] .bubble").last).to_contain_text("mã số BHXH")
    assert said(page, "person") == ["chào bạn", "Lấy lại mật khẩu"]
    seen = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.add(page.evaluate(focused))
    assert {"text", "send", "rights", "call", "brand"} <= seen


def test_screen_readers_hear_the_answers(page: Page) -> None:
    log = page.get_by_role("log", name="Tin nhắn")
    expect(log).to_have_attribute("aria-live", "polite")
    expect(log).to_have_attribute("aria-busy", "false")
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    asks(page, "chào bạn", "trợ lý")
    assert log.locator(".msg.bot .sr").all_inner_texts().count("Trợ lý:") >= 2
    expect(log.locator(".msg.person .sr")).to_have_text("Bạn: ")
    expect(log.get_by_role("group", name="Lựa chọn")).to_have_count(1)
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, a, input, textarea, img')]"
        ".filter((e) => !e.hidden && e.offsetParent && !(e.alt !== undefined && e.tagName === 'IMG')"
        " && !e.textContent.trim() && !e.getAttribute('aria-label') && !(e.labels || []).length)"
        ".map((e) => e.outerHTML)"
    )
    assert unnamed == []


@pytest.mark.parametrize("width", [320, 256])
def test_no_page_scrolls_sideways(node: Served, new_context: NewContext, troubles: Troubles, width: int) -> None:
    troubles.answers_may_refuse = True
    _, link = fresh_link(node)
    context = new_context(viewport={"width": width, "height": 568}, is_mobile=True, has_touch=True)
    page = chat(context)
    for text in ("chào bạn", "tổng đài số mấy", _OPENING, "https://" + "a" * 150 + ".example", "😀" * 90):
        before = len(said(page))
        say(page, text)
        expect(page.locator("#log .msg.bot[data-from] .bubble")).not_to_have_count(before)
    wide = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
    assert page.evaluate(wide) <= width
    shot(page, f"11-chat-{width}")
    for path in ("/quyen-rieng-tu", "/sandbox/", link, "/nothing", link[:-3] + "xyz"):
        page.goto(path)
        page.wait_for_load_state()
        assert page.evaluate(wide) <= width, path
    shot(page, f"12-dead-link-{width}")


def test_two_tabs_of_one_person_show_the_same(page: Page) -> None:
    other = chat(page.context)
    asks(page, "chào bạn", "trợ lý")
    expect(other.locator("#log .msg.person .bubble")).to_have_text(["chào bạn"])
    expect(other.locator("#log .msg.bot[data-from] .bubble")).to_have_count(1)
    asks(other, _OPENING, "mã số BHXH")
    expect(page.locator("#log .msg.person .bubble")).to_have_text(["chào bạn", _OPENING])
    expect(page.locator("#log .msg.bot[data-from] .bubble")).to_have_count(2)
    order = "[...document.querySelectorAll('#log .msg[data-from]')].map((m) => m.dataset.from).join()"
    expect(page.locator("#typing")).to_be_hidden()
    assert page.evaluate(order) == other.evaluate(order) == "person,bot,person,bot"


def test_two_people_are_apart(page: Page, new_context: NewContext) -> None:
    asks(page, _OPENING, "mã số BHXH")
    stranger = chat(new_context())
    assert said(stranger) == said(stranger, "person") == []
    asks(stranger, "chào bạn", "trợ lý")
    assert said(page, "person") == [_OPENING]
    assert said(stranger, "person") == ["chào bạn"]


def test_what_people_write_is_shown_as_text(page: Page) -> None:
    nasty = "<img src=x onerror=alert(1)><b>đậm</b> {{7*7}}"
    say(page, nasty)
    expect(page.locator("#log .msg.bot[data-from] .bubble")).to_have_count(1)
    page.reload()
    expect(page.locator("#log .msg.person")).to_have_count(1)
    assert said(page, "person") == [nasty]
    assert page.locator("#log .bubble img, #log .bubble b").count() == 0


def test_a_text_too_long_stays_in_the_box(page: Page) -> None:
    page.get_by_label("Viết tin nhắn").fill("a" * 1001)
    expect(page.locator("#counter")).to_contain_text("Dài quá 1 ký tự")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("1.000 ký tự")
    assert page.get_by_label("Viết tin nhắn").input_value() == "a" * 1001
    assert said(page, "person") == []


def test_the_password_page_works_without_javascript(node: Served, new_context: NewContext, troubles: Troubles) -> None:
    troubles.answers_may_refuse = True
    _, link = fresh_link(node)
    page = new_context(java_script_enabled=False).new_page()
    page.goto(link)
    page.locator("#password").fill("chín con trâu")
    page.locator("#password_again").fill("chín con ngựa")
    page.get_by_role("button", name="Lưu mật khẩu mới").click()
    expect(page.get_by_role("alert")).to_contain_text("chưa giống nhau")
    page.locator("#password").fill("chín con trâu")
    page.locator("#password_again").fill("chín con trâu")
    page.get_by_role("button", name="Lưu mật khẩu mới").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("đổi.*thành"))
