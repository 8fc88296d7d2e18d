"""A person at the desk, questions left for later, and a person's own data: every change of state."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from assistant.desk import handover, sending
from assistant.settings import ROOT
from tests.kit.talk import Talk

DESK = handover.read_desk(ROOT / "data/desk.yml")
AGENT = "chi.hoa"


@pytest.fixture
def open_desk(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> handover.Desk:
    """A desk that is open now, with one agent present."""
    every_day = dict.fromkeys(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        (datetime.time(0), datetime.time(23, 59, 59, 999999)),
    )
    desk = replace(DESK, hours=every_day)
    monkeypatch.setattr(talk.host, "_desk", desk)
    handover.be_present(talk.connection, AGENT)
    yield desk
    talk.connection.execute("DELETE FROM desk_presence")
    talk.connection.execute("DELETE FROM handovers")


def answers(talk: Talk) -> list[str]:
    """Lets the waiting system events have their turns and returns all messages so far."""
    from assistant.messages.turns import take_turn

    while take_turn(talk.connection, talk.conversation, talk.host, frozenset({"web"})):
        pass
    rows = talk.connection.execute(
        "SELECT body->>'text' FROM outbox WHERE conversation = %s ORDER BY id", (talk.conversation,)
    )
    return [row[0] for row in rows]


def test_nobody_there_offers_to_answer_later(talk: Talk) -> None:
    answer = talk.text("cho em gặp nhân viên tư vấn")
    assert "chưa có nhân viên trực" in answer
    assert DESK.hours_said in answer
    assert handover.state_of(talk.connection, talk.conversation) == "bot"


def test_the_whole_way_to_a_person_and_back(talk: Talk, open_desk: handover.Desk) -> None:
    answer = talk.text("cho em gặp nhân viên tư vấn")
    assert "vị trí thứ 1" in answer
    assert "khoảng 5 phút" in answer
    assert "1.000 đồng" in talk.text("gọi tổng đài mất bao nhiêu tiền một phút")  # the assistant still answers
    handover.take(talk.connection, talk.vault, talk.conversation, AGENT)
    assert "Nhân viên trực đã vào" in answers(talk)[-1]
    assert talk.say("em chào chị, em bị mất sim") == []  # the person answers now
    sending.hold(talk.connection, talk.conversation, AGENT, "Chào bạn, mình nghe đây.")
    assert answers(talk)[-1] == "Chào bạn, mình nghe đây."
    handover.hand_back(talk.connection, talk.vault, talk.conversation, AGENT)
    assert "trợ lý tự động" in answers(talk)[-1]
    assert "mã số BHXH" in talk.text("em quên mật khẩu vssid")


def test_two_agents_cannot_take_the_same_person(talk: Talk, open_desk: handover.Desk) -> None:
    talk.say("cho tôi gặp người thật")
    handover.take(talk.connection, talk.vault, talk.conversation, AGENT)
    with pytest.raises(handover.HandoverError, match="đồng nghiệp"):
        handover.take(talk.connection, talk.vault, talk.conversation, "anh.nam")
    with pytest.raises(handover.HandoverError):
        sending.hold(talk.connection, talk.conversation, "anh.nam", "xin chào")


@pytest.mark.parametrize("words", ["thôi không cần nữa", "Rời hàng chờ", "2"])
def test_the_queue_can_be_left(talk: Talk, open_desk: handover.Desk, words: str) -> None:
    talk.say("cho em gặp nhân viên")
    if words == "2":
        words = "1"  # the first button of the waiting message
    assert "ra khỏi hàng chờ" in talk.text(words)
    assert handover.state_of(talk.connection, talk.conversation) == "bot"


def test_asking_twice_keeps_one_place(talk: Talk, open_desk: handover.Desk) -> None:
    talk.say("cho em gặp nhân viên")
    assert "vị trí thứ 1" in talk.text("gặp người thật đi")


def test_the_second_person_is_told_the_longer_wait(talk: Talk, open_desk: handover.Desk) -> None:
    talk.say("cho em gặp nhân viên")
    other = Talk(talk.host, talk.connection, talk.vault)
    answer = other.text("cho em gặp nhân viên")
    assert "vị trí thứ 2" in answer
    assert "khoảng 10 phút" in answer


def test_nobody_came_in_time(talk: Talk, open_desk: handover.Desk) -> None:
    talk.say("cho em gặp nhân viên")
    talk.connection.execute("UPDATE handovers SET asked_at = now() - interval '11 minutes'")
    assert handover.end_waits(talk.connection, talk.vault, open_desk) == [talk.conversation]
    assert "đang bận cả" in answers(talk)[-1]


def test_the_desk_closed_while_waiting(talk: Talk, open_desk: handover.Desk) -> None:
    talk.say("cho em gặp nhân viên")
    handover.go_away(talk.connection, AGENT)
    assert handover.end_waits(talk.connection, talk.vault, open_desk) == [talk.conversation]
    assert "hết giờ làm việc" in answers(talk)[-1]


def test_office_hours_are_vietnamese(talk: Talk) -> None:
    monday = datetime.datetime(2026, 11, 23, 1, 30, tzinfo=datetime.UTC)  # 8:30 in Hanoi
    assert DESK.in_hours(monday)
    assert not DESK.in_hours(monday.replace(hour=11))
    assert not DESK.in_hours(monday - datetime.timedelta(days=1))


def test_a_question_is_kept_asked_after_and_answered(talk: Talk) -> None:
    talk.say("cho em gặp nhân viên")
    assert "viết câu hỏi trong một tin nhắn" in talk.text("1")
    kept = talk.text("em bị trùng hai mã số, mã 7900000123 và 7900000456 thì gộp ở đâu ạ")
    number = handover.NUMBER.search(kept)[0]
    (stored,) = talk.connection.execute("SELECT question FROM questions WHERE number = %s", (number,)).fetchone()
    assert "7900000123" not in stored
    assert "đang chờ" in talk.text(f"câu {number} của em sao rồi")
    handover.answer_question(talk.connection, talk.vault, number, AGENT, "Bạn mang hai sổ đến cơ quan BHXH nhé.")
    assert "hai sổ" in answers(talk)[-1]
    assert "hai sổ" in talk.text(number.lower())
    with pytest.raises(handover.HandoverError):
        handover.answer_question(talk.connection, talk.vault, number, AGENT, "Lần nữa.")


def test_a_question_of_somebody_else_is_not_shown(talk: Talk) -> None:
    talk.say("cho em gặp nhân viên")
    talk.say("1")
    number = handover.NUMBER.search(talk.text("cho em hỏi thủ tục gộp sổ ạ"))[0]
    other = Talk(talk.host, talk.connection, talk.vault)
    assert "không thấy câu hỏi" in other.text(number)


def test_a_button_or_one_word_is_no_question_and_stop_stops(talk: Talk) -> None:
    talk.press("#leave_question")
    assert "viết câu hỏi" in talk.text("ừ")
    assert "dừng ở đây" in talk.text("thôi")
    assert talk.connection.execute(
        "SELECT count(*) FROM questions WHERE conversation = %s", (talk.conversation,)
    ).fetchone() == (0,)


def test_erasing_leaves_nothing_of_the_person(talk: Talk) -> None:
    talk.say("em quên mật khẩu, mã 7900000123")
    talk.say("0901000123")
    talk.press("#ask_erase")
    assert "Mình đã xóa" in "".join(body["text"] for body in talk.press("#erase_now"))
    for table in ("vault", "questions"):
        assert talk.connection.execute(
            f"SELECT count(*) FROM {table} WHERE conversation = %s", (talk.conversation,)
        ).fetchone() == (0,)
    rows = talk.connection.execute(
        "SELECT body::text FROM inbox WHERE conversation = %s", (talk.conversation,)
    ).fetchall()
    assert len(rows) == 1  # the press itself
    (tracker,) = talk.connection.execute(
        "SELECT tracker FROM conversations WHERE id = %s", (talk.conversation,)
    ).fetchone()
    assert tracker == []
    assert "mã số BHXH" in talk.text("quên mật khẩu")


def test_erasing_is_asked_for_before_it_is_done(talk: Talk) -> None:
    assert "không lấy lại được" in "".join(body["text"] for body in talk.press("#ask_erase"))
    assert talk.connection.execute(
        "SELECT count(*) FROM inbox WHERE conversation = %s", (talk.conversation,)
    ).fetchone() != (0,)


@pytest.mark.parametrize(("payload", "kind"), [("#declare_tk1", "tk1_ts"), ("#declare_e_transaction", "e_transaction")])
def test_a_declaration_is_a_one_time_link_and_no_chat(talk: Talk, payload: str, kind: str) -> None:
    answer = "".join(body["text"] for body in talk.press(payload))
    token = answer.partition("/to-khai/")[2].split()[0]
    assert len(token) >= 40
    rows = talk.connection.execute(
        "SELECT kind, hash::text FROM declarations WHERE conversation = %s", (talk.conversation,)
    ).fetchall()
    assert [row[0] for row in rows] == [kind]
    assert token not in rows[0][1]


def test_a_question_can_be_left_from_inside_the_reset(talk: Talk) -> None:
    talk.say("em quên mật khẩu vssid")
    assert "viết câu hỏi" in "".join(body["text"] for body in talk.press("#leave_question"))
    assert "viết câu hỏi" in "".join(body["text"] for body in talk.press("#leave_question"))
    assert "HD-" in talk.text("cho em hỏi thủ tục gộp hai sổ bảo hiểm ạ")
