"""What words mean: near for words of one meaning, whatever their letters, and the same however a row is made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.nlu import meanings
from assistant.nlu.counts import count_texts
from assistant.nlu.features import prepared
from assistant.nlu.vectors import MEANING_WEIGHT, Vectors
from assistant.nlu.views import ENGLISH, VIETNAMESE

_TEXTS = ["em quên mật khẩu vssid", "đổi số điện thoại", "nộp giấy tờ ở đâu", "mat khau la gi"]
_MEANT = Vectors.learn(count_texts(_TEXTS * 2), VIETNAMESE, meant=True)


def _meaning(text: str) -> meanings.Array:
    indices, values = _MEANT.row_of(prepared(text))
    return values[indices >= len(_MEANT.names)]


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("bệnh viện", "nhà thương", "xe máy"),
        ("vợ sắp đẻ", "thai sản", "mật khẩu"),
        ("mật mã", "mật khẩu", "lương hưu"),
        ("tiền công", "tiền lương", "thẻ y tế"),
        ("benh vien", "nhà thương", "xe máy"),
    ],
)
def test_words_of_one_meaning_are_near(text: str, near: str, far: str) -> None:
    assert _meaning(text) @ _meaning(near) > _meaning(text) @ _meaning(far)


@given(st.one_of(st.sampled_from(["nộp giấy", "quen mat khau", "zzz", ""]), st.text()))
def test_both_ways_to_a_row_agree(text: str) -> None:
    indices, values = _MEANT.row_of(prepared(text))
    swept = _MEANT.matrix(count_texts([text])).toarray()[0]
    assert np.allclose(swept[indices], values, atol=1e-5)
    assert np.count_nonzero(swept) == np.count_nonzero(values)


def test_unknown_words_mean_nothing() -> None:
    assert not _meaning("qwrtzx").any()
    assert np.linalg.norm(_meaning("giấy tờ")) == pytest.approx(MEANING_WEIGHT, rel=1e-3)


def test_english_words_have_none() -> None:
    assert Vectors.learn(count_texts(["my password", "the app"] * 2, ENGLISH), ENGLISH, meant=True).meant == 0
