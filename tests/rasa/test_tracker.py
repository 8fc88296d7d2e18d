"""A tracker keeps two turns and still knows the slots and the form."""

from __future__ import annotations

import json

from tests.conversations.conftest import host, talk, talk_url  # noqa: F401 - fixtures
from tests.kit.talk import Talk


def _size(talk: Talk) -> int:  # noqa: F811
    (tracker,) = talk.connection.execute(
        "SELECT tracker FROM conversations WHERE id = %s", (talk.conversation,)
    ).fetchone()
    return len(json.dumps(tracker))


def test_the_tracker_does_not_grow(talk: Talk) -> None:  # noqa: F811
    sizes = []
    for _ in range(12):
        talk.say("gọi tổng đài mất bao nhiêu tiền một phút")
        sizes.append(_size(talk))
    assert max(sizes[4:]) <= min(sizes[4:]) * 1.1


def test_the_form_survives_many_questions_in_the_middle(talk: Talk) -> None:  # noqa: F811
    talk.say("quên mật khẩu vssid")
    talk.say("7900000123")
    for _ in range(5):
        assert "số điện thoại hoặc e-mail" in talk.text("gọi tổng đài mất bao nhiêu tiền một phút")
    assert "n•••n@e•••.com" in talk.text("0901000123")
