"""Texts are kept without identifiers; tokens cannot be forged and cannot be followed."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.identifiers import tokens

KEY = b"k" * 32
TEN_DIGITS = st.from_regex(r"[0-9]{10}", fullmatch=True)
WORDS = st.text() | st.lists(
    st.sampled_from(
        ["mã", "sđt", "79", "0123", "mật khẩu là", "otp", "@", "a còng", ".", "+84", "(", "DN", "ma", "đồng", "1"]
    ),
).map(" ".join)  # fmt: skip


@given(before=WORDS, number=TEN_DIGITS, after=WORDS)
@example(before="mật khẩu là " + "a" * 60, number="7900000123", after="")
@example(before="ma ", number="4800000777", after=" 090")
@example(before="1\n", number="7900000123", after="\n0901000123")
@example(before="hoa@", number="7900000123", after="")
@example(before="", number="0000000000", after="")
@example(before="", number="0000000000", after="²D")
@example(before="²³", number="7900000123", after="đ")
@settings(max_examples=400, deadline=None)
def test_no_ten_digits_survive_wherever_they_stand(before: str, number: str, after: str) -> None:
    kept = tokens.protect(before + number + after, "web:a", KEY).text
    assert not re.search(rf"(?<!\d){number}(?!\d)", kept)


@given(
    number=TEN_DIGITS,
    cuts=st.sets(st.integers(1, 9), max_size=4),
    mark=st.sampled_from(" .-"),
    lead=st.sampled_from(["", "2 ", "mã ", "ma ", "lần 1, "]),
)
@settings(max_examples=200, deadline=None)
def test_no_ten_digits_survive_in_groups(number: str, cuts: set[int], mark: str, lead: str) -> None:
    grouped = "".join(f"{mark if at in cuts else ''}{digit}" for at, digit in enumerate(number))
    kept = tokens.protect(f"{lead}{grouped} nhé", "web:a", KEY).text
    bare = re.sub(r"⟦[^⟧]*⟧", "", kept)
    assert len(re.findall(r"\d", bare)) <= 3


@given(text=st.text(max_size=60), conversation=st.text(max_size=10))
@settings(max_examples=200, deadline=None)
def test_each_value_taken_out_has_its_token_in_the_text(text: str, conversation: str) -> None:
    protected = tokens.protect(f"{text} 7900000123 an@example.com", conversation, KEY)
    assert {secret.token for secret in protected.secrets} <= {token.token for token in tokens.tokens_in(protected.text)}


def test_a_typed_token_is_neutralised() -> None:
    real = tokens.token_for(KEY, "web:a", "bhxh_code", "7900000123")
    kept = tokens.protect(f"mã của em là {real}", "web:a", KEY).text
    assert tokens.tokens_in(kept) == []
    assert "⟦" not in kept


def test_the_same_number_has_the_same_token_in_one_conversation() -> None:
    spaced, glued = (tokens.protect(text, "web:a", KEY).text for text in ("79 0000 0123", "7900000123"))
    assert spaced == glued


def test_a_token_cannot_be_followed_to_another_conversation() -> None:
    here, there = (tokens.protect("7900000123", conversation, KEY).text for conversation in ("web:a", "web:b"))
    assert here != there


def test_a_token_cannot_be_guessed_without_the_key() -> None:
    ours, theirs = (tokens.protect("7900000123", "web:a", key).text for key in (KEY, b"x" * 32))
    assert ours != theirs


def test_a_token_of_another_kind_is_another_token() -> None:
    assert tokens.token_for(KEY, "a", "phone", "1") != tokens.token_for(KEY, "a", "cmnd", "1")


def test_secrets_are_dropped_and_kept_nowhere() -> None:
    protected = tokens.protect("mật khẩu là hoa@2020, thẻ 4111 1111 1111 1111, mã 7900000123", "web:a", KEY)
    assert protected.dropped == {"secret", "bank_card"}
    assert [secret.value for secret in protected.secrets] == ["7900000123"]
    assert "hoa@2020" not in protected.text
    assert "4111" not in protected.text


def test_the_kind_is_read_from_a_whole_token_only() -> None:
    token = tokens.token_for(KEY, "a", "phone", "0901000123")
    assert tokens.kind_of(token) == "phone"
    assert tokens.kind_of("⟦secret⟧") == "secret"
    assert tokens.kind_of(f"{token}x") is None
    assert tokens.kind_of("lost") is None


def test_people_see_words_for_tokens() -> None:
    kept = tokens.protect("số 0901000123, mã 79000001234", "a", KEY).text
    assert tokens.replace_tokens(kept, {"phone_or_code": "[số]"}, "[?]") == "số [số], mã [?]"
