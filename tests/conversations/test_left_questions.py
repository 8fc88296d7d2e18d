"""Questions left for staff: what is kept for them and how long, the day of the answer, whose words the answer is."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from assistant.desk import handover, questions
from assistant.privacy import kept, retention
from assistant.runtime import times
from assistant.settings import ROOT
from tests.conversations.test_person import answers
from tests.kit.people import CODE
from tests.kit.talk import Talk

DESK = handover.read_desk(ROOT / "data/desk.yml")
QUESTION = f"em bị trùng hai sổ, mã {CODE}, thì gộp ở đâu ạ"


def leave(talk: Talk, question: str = QUESTION) -> tuple[str, str]:
    """Leaves a question; returns its number and what was said."""
    talk.press("#leave_question")
    said = talk.text(question)
    return handover.NUMBER.search(said)[0], said


def held(talk: Talk) -> datetime.datetime | None:
    query = "SELECT held_until FROM vault WHERE conversation = %s"
    row = talk.connection.execute(query, (talk.conversation,)).fetchone()
    return row[0] if row else None


class TestValues:
    def test_they_are_kept_fourteen_days_and_the_person_is_told_that_and_nothing_else(self, talk: Talk) -> None:
        (asked,) = talk.press("#leave_question")
        assert "14 ngày" in asked["text"]
        said = talk.text(QUESTION)
        assert "nhiều nhất 14 ngày" in said
        assert "24 giờ" not in said
        left = held(talk) - datetime.datetime.now(datetime.UTC)
        assert datetime.timedelta(days=13, hours=23) < left <= datetime.timedelta(days=14)
        notices = "SELECT n.text FROM consents c JOIN notices n ON n.version = c.notice WHERE c.conversation = %s"
        assert any("14 ngày" in words for (words,) in talk.connection.execute(notices, (talk.conversation,)))

    def test_a_question_without_numbers_says_nothing_of_them(self, talk: Talk) -> None:
        assert "14 ngày" not in leave(talk, "em muốn hỏi thủ tục gộp hai sổ ạ")[1]

    def test_they_outlive_a_weekend_for_staff_but_not_for_a_reset(self, talk: Talk) -> None:
        leave(talk)
        talk.connection.execute("UPDATE vault SET expires_at = now() - interval '1 hour'")
        talk.connection.execute("UPDATE vault SET held_until = held_until - interval '3 days'")
        retention.remove_old(talk.connection, [each for each in kept.CLASSES if each.name == "identifiers"])
        assert held(talk) is not None
        readable = "SELECT count(*) FROM vault WHERE conversation = %s AND expires_at > now()"
        assert talk.connection.execute(readable, (talk.conversation,)).fetchone() == (0,)

    def test_they_end_with_their_day(self, talk: Talk) -> None:
        leave(talk)
        talk.connection.execute("UPDATE vault SET expires_at = now() - interval '13 days', held_until = now()")
        retention.remove_old(talk.connection, [each for each in kept.CLASSES if each.name == "identifiers"])
        assert held(talk) is None
        query = "SELECT count(*) FROM vault WHERE conversation = %s"
        assert talk.connection.execute(query, (talk.conversation,)).fetchone() == (0,)

    @pytest.mark.parametrize("how", ["answered", "closed"])
    def test_they_end_with_the_question(self, talk: Talk, how: str) -> None:
        number, _ = leave(talk)
        if how == "answered":
            handover.answer_question(talk.connection, talk.vault, number, "hoa", "Bạn ra cơ quan BHXH.")
        else:
            questions.close(talk.connection, number, "hoa", "trùng")
        assert held(talk) is None

    def test_another_open_question_keeps_its_own(self, talk: Talk) -> None:
        first, _ = leave(talk)
        leave(talk, f"còn sổ {CODE} có rút một lần được không ạ")
        questions.close(talk.connection, first, "hoa", "trùng")
        assert held(talk) is not None


class TestDay:
    @pytest.mark.parametrize(
        ("left", "day"),
        [("2026-11-30 10:00", "2026-12-02"), ("2026-12-04 16:59", "2026-12-08"), ("2026-12-05 09:00", "2026-12-08")],
    )
    def test_it_is_a_working_day(self, left: str, day: str) -> None:
        at = datetime.datetime.fromisoformat(left).replace(tzinfo=times.VIETNAM)
        assert DESK.day_of_answer(at).isoformat() == day

    def test_holidays_do_not_count_and_it_lies_within_what_is_kept(self) -> None:
        at = datetime.datetime(2026, 12, 30, 10, tzinfo=times.VIETNAM)
        closed = replace(DESK, holidays=frozenset({datetime.date(2026, 12, 31), datetime.date(2027, 1, 1)}))
        assert closed.day_of_answer(at).isoformat() == "2027-01-05"
        assert replace(DESK, hours={}).day_of_answer(at) == at.date() + handover.KEPT

    def test_it_is_said_and_another_one_too(self, talk: Talk) -> None:
        number, said = leave(talk)
        day = DESK.day_of_answer(datetime.datetime.now(datetime.UTC))
        assert f"chậm nhất ngày {day:%d/%m/%Y}" in said
        assert f"chậm nhất ngày {day:%d/%m/%Y}" in talk.text(number)
        later = times.today() + datetime.timedelta(days=9)
        questions.promise(talk.connection, talk.vault, number, later, times.today())
        assert f"chậm nhất ngày {later:%d/%m/%Y}" in answers(talk)[-1]
        for wrong in (-1, 15):
            with pytest.raises(handover.HandoverError, match="14 ngày"):
                questions.promise(
                    talk.connection, talk.vault, number, times.today() + datetime.timedelta(days=wrong), times.today()
                )

    def test_a_day_that_passes_is_told_once(self, talk: Talk) -> None:
        number, _ = leave(talk)
        talk.connection.execute("UPDATE questions SET promised_on = promised_on - 30")
        assert talk.conversation in questions.tell_late(talk.connection, talk.vault, times.today())
        assert "đã quá ngày hẹn" in answers(talk)[-1]
        assert questions.tell_late(talk.connection, talk.vault, times.today()) == []
        assert "đã quá ngày hẹn" in talk.text(number)


def test_the_answer_is_a_colleagues_words(talk: Talk) -> None:
    number, _ = leave(talk)
    handover.answer_question(talk.connection, talk.vault, number, "hoa", "Bạn mang hai sổ ra cơ quan BHXH.")
    assert "hai sổ" in answers(talk)[-1]
    last = "SELECT sender, agent FROM outbox WHERE conversation = %s ORDER BY id DESC LIMIT 1"
    assert talk.connection.execute(last, (talk.conversation,)).fetchone() == ("agent", "hoa")
