"""A text's row is the same however it is made: looked up word by word, or in one sweep with others."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assistant.nlu.counts import count_texts
from assistant.nlu.features import prepared
from assistant.nlu.vectors import Vectors

_TEXTS = [
    "em quên mật khẩu vssid",
    "mat khau la gi",
    "đổi số điện thoại",
    "quên mã số bhxh thì làm sao",
    "chào chào",
    "",
]
_LEARNT = Vectors.learn(count_texts(_TEXTS * 2))
_WORDS = ["em", "quên", "mật", "khẩu", "mat", "khau", "là", "gì", "gi", "số", "sđt", "7900000123", "ạ"]


@given(st.one_of(st.lists(st.sampled_from(_WORDS)).map(" ".join), st.text()))
def test_both_ways_to_a_row_agree(text: str) -> None:
    ready = prepared(text)
    indices, values = _LEARNT.row_of(ready)
    swept = _LEARNT.matrix(count_texts([text]))
    assert (swept.indices == indices).all()
    assert np.allclose(swept.data, values, atol=1e-6)
