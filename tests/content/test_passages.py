"""What of a subject a question is about, by the words it shares with the subject's texts."""

import datetime

from assistant.content.facets import Facet
from assistant.content.passages import CLEAR, Passages
from assistant.content.topics import SUBJECT, Topic


def topic(name: str, answer: str, more: str = "", **facets: str) -> Topic:
    """Returns a subject with these texts."""
    parts = {side: Facet(side, say) for side, say in facets.items()}
    asked = ("có được không", "bao nhiêu tiền vậy", "thì sao ạ")
    return Topic(name, name, answer, asked, (), datetime.date(2026, 1, 1), more, facets=parts, kind=SUBJECT)


SICK = topic(
    "sick_leave",
    "1. Ốm đau: 30 ngày một năm.\n2. Con ốm dưới ba tuổi: 20 ngày.",
    "Khám ngoại trú thì xin giấy nghỉ việc của nơi khám.",
    again="Khám ngoại trú: giấy nghỉ.",
    bring="Giấy ra viện hoặc tóm tắt bệnh án.",
)
OTHER = topic("pension", "Đủ tuổi và đóng từ đủ 15 năm.", bring="Sổ và đơn.")
FOUND = Passages([SICK, OTHER])


def test_the_passage_with_the_rarest_words_is_found() -> None:
    found = FOUND.best("subject/sick_leave", "còn khám ngoại trú thì sao", ())
    assert found is not None
    assert found.key == "subject/sick_leave#more1"


def test_the_number_of_a_list_is_not_said_alone() -> None:
    found = FOUND.best("subject/sick_leave", "con ốm dưới ba tuổi", ())
    assert found is not None
    assert found.text == "Con ốm dưới ba tuổi: 20 ngày."


def test_what_was_said_is_not_said_again() -> None:
    assert FOUND.best("subject/sick_leave", "khám ngoại trú", {"subject/sick_leave#more1"}) is None


def test_words_of_any_question_find_nothing() -> None:
    assert FOUND.best("subject/sick_leave", "có được không", ()) is None
    assert FOUND.best("subject/sick_leave", "tóm tắt", (), CLEAR) is None
    assert FOUND.best("subject/unknown", "khám ngoại trú", ()) is None


def test_a_question_comes_back_to_one_clause_of_what_was_said() -> None:
    said = "Nhà nước hỗ trợ: nhà nghèo 50 %; nhà khá hơn 40 %; người khác 20 %. Nộp ở đâu cũng được."
    shares = Passages([topic("voluntary", said)])
    assert shares.particular(said, "nhà nghèo thì sao") == "Nhà nước hỗ trợ: nhà nghèo 50 %."
    assert shares.particular(said, "khá hơn thì mấy") == "Nhà khá hơn 40 %."


def test_a_question_that_names_none_of_them_gets_no_clause() -> None:
    said = "Nhà nghèo 50 %; người khác 20 %."
    shares = Passages([topic("voluntary", said)])
    assert shares.particular(said, "vậy hả") == ""
    assert shares.particular("Nhà nghèo 50 %", "nhà nghèo thì sao") == ""


def test_a_clause_that_only_goes_on_stays_with_what_it_goes_on_with() -> None:
    said = "Người đóng tự đề nghị. Nhờ người khác thì cần giấy ủy quyền; để nhận tiền thay thì giấy có hạn 12 tháng."
    told = Passages([topic("lump_sum", said)]).particular(said, "vợ nhận thay được không")
    assert "ủy quyền" in told
    assert "12 tháng" in told


def test_what_the_whole_answer_says_tells_no_passage_apart() -> None:
    of_age = {"old": "Rút một lần thì đủ tuổi hưu là được, mấy tháng cũng khỏi chờ."}
    passages = Passages([topic("lump_sum", "Rút một lần thì phải nghỉ đóng mấy tháng: 12 tháng.", **of_age), OTHER])
    assert passages.clearest("subject/lump_sum", "rút một lần thì phải nghỉ mấy tháng") is None
