"""A text's row is the same however it is made: counted, looked up word by word, or in one sweep with others."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assistant.nlu.features import prepared
from assistant.nlu.vectors import Vectors, count

_TEXTS = [
    "em quên mật khẩu vssid",
    "mat khau la gi",
    "đổi số điện thoại",
    "quên mã số bhxh thì làm sao",
    "chào chào",
    "",
]
_LEARNT = Vectors.learn([count(prepared(text)) for text in _TEXTS * 2], np.arange(2 * len(_TEXTS)))
_WORDS = ["em", "quên", "mật", "khẩu", "mat", "khau", "là", "gì", "gi", "số", "sđt", "7900000123", "ạ"]


@given(st.one_of(st.lists(st.sampled_from(_WORDS)).map(" ".join), st.text()))
def test_all_ways_to_a_row_agree(text: str) -> None:
    ready = prepared(text)
    indices, values = _LEARNT.row_of(ready)
    counted = _LEARNT.row(count(ready))
    assert (indices == counted[0]).all()
    assert (values == counted[1]).all()
    swept = _LEARNT.matrix([count(ready)])
    swept.sort_indices()
    assert (swept.indices == indices).all()
    assert np.allclose(swept.data, values, atol=1e-6)
