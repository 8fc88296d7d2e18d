"""The letters as people see them: every kind in both parts, on a phone and a screen, by day and at night."""

from __future__ import annotations

import datetime
import email
import email.policy
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from assistant.mail.letters import Letter, Letters
from assistant.mail.smtp import SmtpMailer
from assistant.settings import ROOT
from tests.kit.browsers import chromium

LINK = "https://vssid.example/dat-lai-mat-khau/kV0dYy6yRz3m2vQpJm1b7nLxW9sTq8uHcE4aFgD5iPo"
LETTERS = Letters(ROOT / "data/mail")
TAP = 44
#: WCAG 2.1, 1.4.3: the smallest contrast of text that is not large.
CONTRAST = 4.5
_CONTRASTS = """() => {
  const channels = value => value.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const found = channels(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim() || !element.getClientRects().length) continue;
    const [a, b] = [light(channels(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
    found.push((a + .05) / (b + .05));
  }
  return found;
}"""


AT = datetime.datetime(2026, 11, 22, 2, 15, tzinfo=datetime.UTC)
#: One language, the other, and both where nobody knows which its reader has.
LANGUAGES = [("vi",), ("en",), ("vi", "en")]
VIETNAMESE = re.compile(r"[À-ỹ]")


def written(kind: str, languages: tuple[str, ...] = ("vi",)) -> Letter:
    link = LINK if kind == "reset_link" else ""
    lives, at = LETTERS.lives(60, languages[0]), LETTERS.moment(AT, languages[0])
    return LETTERS.write(kind, link, languages, masked_code="•••••••123", lives=lives, at=at)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.mark.parametrize("kind", LETTERS.kinds)
class TestEveryKind:
    def test_both_parts_say_the_same_in_vietnamese(self, kind: str) -> None:
        letter = written(kind)
        assert letter.text.startswith("Chào bạn,")
        words = [word for word in letter.text.replace("1900 9068", "").replace(" đồng/", " ").split() if len(word) > 3]
        assert [word for word in words if word not in letter.html and "(1.000" not in word] == []

    def test_it_says_what_is_never_asked_for_and_where_to_call(self, kind: str) -> None:
        letter = written(kind)
        for part in (letter.text, letter.html):
            assert "không bao giờ hỏi mật khẩu, mã OTP, số thẻ ngân hàng hay ảnh giấy tờ" in part
        assert "1900 9068" in letter.text
        assert 'href="tel:19009068"' in letter.html

    def test_in_english_nothing_is_left_in_vietnamese_but_names_in_brackets(self, kind: str) -> None:
        letter = written(kind, ("en",))
        assert letter.text.startswith("Hello,")
        for part in (letter.subject, letter.text):
            assert VIETNAMESE.findall(re.sub(r"\([^()]*\)", "", part)) == []
        assert '<html lang="en">' in letter.html
        for part in (letter.text, letter.html):
            assert "never ask for your password, OTP code, bank card number or" in " ".join(part.split())
        assert "1900 9068" in letter.text
        assert 'href="tel:19009068"' in letter.html

    def test_in_both_each_language_says_all_of_it(self, kind: str) -> None:
        both, apart = written(kind, ("vi", "en")), [written(kind, ("vi",)), written(kind, ("en",))]
        assert both.subject == " / ".join(letter.subject for letter in apart)
        assert both.html.count('lang="en"') == 2
        said = " ".join(both.text.split())
        for letter in apart:
            assert " ".join(letter.text.partition("\n")[0].split()) in said

    @pytest.mark.parametrize("languages", LANGUAGES)
    def test_marks_of_the_source_do_not_show(self, kind: str, languages: tuple[str, ...]) -> None:
        letter = written(kind, languages)
        assert not any(
            mark in part for part in (letter.text, letter.html) for mark in ("! N", "! I", "{{", "{%", "None")
        )

    @pytest.mark.parametrize("width", [360, 1280])
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("languages", LANGUAGES)
    def test_it_fits_can_be_read_and_fetches_nothing(
        self, browser: Browser, kind: str, width: int, scheme: str, languages: tuple[str, ...]
    ) -> None:
        page = browser.new_page(viewport={"width": width, "height": 740}, color_scheme=scheme)  # type: ignore[arg-type]
        fetched: list[str] = []
        page.on("request", lambda request: fetched.append(request.url))
        page.set_content(written(kind).html)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        contrasts = page.evaluate(_CONTRASTS)
        assert len(contrasts) > 5
        assert min(contrasts) >= CONTRAST
        sizes = page.evaluate(
            "[...document.querySelectorAll('p, h1, a')].map(e => parseFloat(getComputedStyle(e).fontSize))"
        )
        assert min(sizes) >= 14
        assert fetched == []
        page.close()


def test_there_is_one_button_and_the_link_in_words(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.set_content(written("reset_link").html)
    links = page.locator("a[href^=http]")
    assert [links.nth(n).get_attribute("href") for n in range(links.count())] == [LINK, LINK]
    button, words = links.nth(0), links.nth(1)
    assert button.inner_text() == "Đặt mật khẩu mới"
    assert words.inner_text() == LINK
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= TAP
    assert box["width"] >= 300
    page.close()


def test_what_comes_from_outside_is_shown_and_not_run() -> None:
    letter = LETTERS.write("password_changed", masked_code="<script>alert(1)</script>", lives="", at="\"'&")
    assert "<script>" not in letter.html
    assert "&lt;script&gt;" in letter.html


@pytest.mark.parametrize(
    ("minutes", "vi", "en"), [(60, "1 giờ", "1 hour"), (120, "2 giờ", "2 hours"), (30, "30 phút", "30 minutes")]
)
def test_it_says_how_long_the_link_works(minutes: int, vi: str, en: str) -> None:
    for language, words in (("vi", f"Liên kết có hạn {vi} và chỉ dùng"), ("en", f"valid for {en} and works only once")):
        lives = LETTERS.lives(minutes, language)
        assert words in LETTERS.write("reset_link", LINK, (language,), masked_code="x", lives=lives, at="").text


def test_a_moment_is_told_as_clocks_in_vietnam_show_it() -> None:
    assert LETTERS.moment(AT, "vi") == "09:15 ngày 22/11/2026"
    assert LETTERS.moment(AT, "en") == "09:15 on 22/11/2026 (Vietnam time)"


def test_a_long_subject_keeps_every_blank_where_it_is_folded() -> None:
    """Python 3.12.1 folds "mật khẩu" into "mậtkhẩu"."""
    subject = "Có người đang thử lấy lại mật khẩu VssID của bạn, " * 4
    sender = SmtpMailer("smtp://127.0.0.1:25", "Trợ lý VssID <no-reply@vssid.example>", tls="plain")
    raw = sender._message("an@example.com", Letter(subject.strip(), "chào", "<p>chào</p>"), "t").as_bytes()
    assert email.message_from_bytes(raw, policy=email.policy.default)["Subject"] == subject.strip()
    assert max(map(len, raw.partition(b"\n\n")[0].splitlines())) <= 78
