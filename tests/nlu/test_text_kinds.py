"""Gestures, marks, other scripts, noise and left-over keys are known for what they are."""

from __future__ import annotations

import pytest

from assistant.nlu.plain_labels import LANGUAGE, label_of
from assistant.nlu.text import normalise


@pytest.mark.parametrize(
    ("label", "texts"),
    [
        ("affirm", ["👍", "👌", "👍🏽👍🏽", "/-strong", "-strong", "✅", "🆗", "(y)", "(Y)(Y)"]),
        ("thank", ["🙏", "❤️", "/-heart", "🥰🥰", "<3", "🙏🙏🙏", "🌹"]),
        ("deny", ["👎", "/-weak", "❌"]),
        ("sent_marks", ["?", "???", "…", "!!!", ". . .", "😭😭", ":((", "=((("]),
        ("sent_nothing", ["ㅤ⠀", "\u200b\u2800"]),
        (
            "sent_noise",
            [
                "asdfghjkl",
                "qwertyu zxcvbnm",
                "hjklhkhjk",
                "qwerqwer",
                "jkl;jkl;",
                "sdfsdfsdf",
                "ooooooooo",
                "fghj hgfd vcxz",
            ],
        ),
    ],
)
def test_messages_without_words_mean_what_they_show(label: str, texts: list[str]) -> None:
    for text in texts:
        found = label_of(text)
        assert found is not None, text
        assert found.label == label, text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "我忘记密码了怎么办"),
        ("ja", "パスワードを忘れました"),
        ("ko", "비밀번호를 잊어버렸어요"),
        ("ru", "я забыл пароль VssID"),
        ("km", "ខ្ញុំភ្លេចពាក្យសម្ងាត់"),
        ("th", "ลืมรหัสผ่าน"),
        ("", "نسيت كلمة المرور"),
    ],
)
def test_other_scripts_are_no_yes(language: str, text: str) -> None:
    found = label_of(text)
    assert found is not None
    assert (found.label, found.more[LANGUAGE]) == ("foreign_language", language)


@pytest.mark.parametrize(
    "text",
    [
        "quên mật khẩu", "ok", "ừ", "k", "không", "1", "vssid", "nguyễn", "quên mật khẩu 👍", "em cảm ơn ❤️", "đk r",
        "7900000123", "VNeID", "trân trọng", "nghiêng", "bhxh", "thnx ad", "ｑｕｅｎ　ｍａｔ　ｋｈａｕ", "hello",
        "tên tôi là 李 Minh", "",
    ],
)  # fmt: skip
def test_words_are_left_to_the_classifier(text: str) -> None:
    assert label_of(text) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("que6n ma65t kha63u", "quên mật khẩu"),
        ("to6i que6n ma65t kha63u vssid", "tôi quên mật khẩu vssid"),
        ("d9a8ng ky1 ta2i khoa3n", "đăng ký tài khoản"),
        ("que^n ma^.t kha^?u", "quên mật khẩu"),
        ("𝗾𝘂𝗲̂𝗻 𝗺𝗮̣̂𝘁 𝗸𝗵𝗮̂̉𝘂", "quên mật khẩu"),
        ("qu&ecirc;n m&#7853;t kh&#7849;u", "quên mật khẩu"),
        ("ｑｕｅｎ　ｍａｔ　ｋｈａｕ", "quen mat khau"),
        ("quên mật khẩu 😭😭", "quên mật khẩu"),
        ("quên mật khẩu /-cry", "quên mật khẩu"),
    ],
)
def test_keys_and_dress_are_undone(typed: str, meant: str) -> None:
    assert normalise(typed) == normalise(meant)


@pytest.mark.parametrize("text", ["phòng a2 lầu b3", "tk1-ts", "mẫu d02", "24/7", "quận 1 phường 2", "c14"])
def test_letters_with_digits_are_not_always_keys(text: str) -> None:
    assert normalise(text) == normalise(text.upper())
    assert any(char.isdigit() for char in normalise(text))


def test_letters_in_circles_are_letters() -> None:
    assert normalise("ⓠⓤⓔⓝ ⓜⓐⓣ ⓚⓗⓐⓤ") == normalise("quen mat khau")


@pytest.mark.parametrize("text", ["sdt bhxh", "cccd bhyt", "vssid", "vcb tcb bidv"])
def test_short_names_without_vowels_are_no_noise(text: str) -> None:
    assert label_of(text) is None
