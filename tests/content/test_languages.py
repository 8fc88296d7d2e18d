"""Texts in two languages: which one is given, and what the check says of one that is missing."""

from __future__ import annotations

from assistant.content.languages import DEFAULT, Text, Texts, known, missing

FILE = {"busy": "Đang bận", "chat": {"send": "Gửi", "left": "Còn {count}"}, "en": {"chat": {"send": "Send"}}}


def test_only_our_languages_are_known_and_the_rest_is_the_default() -> None:
    assert known("en") == "en"
    for other in ("fr", "", None, 3, "EN"):
        assert known(other) == DEFAULT


def test_a_text_without_english_is_given_in_vietnamese() -> None:
    assert Text("Gửi", "Send").of("en") == "Send"
    assert Text("Gửi").of("en") == Text("Gửi", "Send").of("vi") == Text("Gửi", "Send").of("fr") == "Gửi"


def test_a_file_gives_its_texts_in_each_language_branch_by_branch() -> None:
    texts = Texts(FILE)
    assert texts.of("vi") == {"busy": "Đang bận", "chat": {"send": "Gửi", "left": "Còn {count}"}}
    assert texts.of("en") == {"busy": "Đang bận", "chat": {"send": "Send", "left": "Còn {count}"}}


def test_what_lacks_or_is_too_much_is_named_by_its_place() -> None:
    assert dict(missing(FILE, "en")).keys() == {"busy", "chat.left"}
    assert [place for place, _ in missing({"a": "x", "en": {"a": "x", "b": "y"}}, "en")] == ["b"]
    assert [place for place, _ in missing({"a": ["x", "y"], "en": {"a": ["x"]}}, "en")] == ["a.1"]
    assert list(missing({"a": "x", "n": 3, "en": {"a": "y"}}, "en")) == []


def test_both_texts_leave_the_same_places_open() -> None:
    [(place, why)] = missing({"a": "Cần {length} ký tự", "en": {"a": "Too short"}}, "en")
    assert (place, "length" in why) == ("a", True)
    [(place, why)] = missing({"a": "Mở {{ link }}", "en": {"a": "Open {{link}} {{ at }}"}}, "en")
    assert (place, "at" in why, "link" in why) == ("a", True, False)
