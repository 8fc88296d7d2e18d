"""What was read of a turn, in the words of staff: topic, side, facts, what was open, and the rule that chose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.editing.part_names import facet_title

#: A rule's name (assistant.reading) and why it chose.
RULES = {
    "affirms_question_of_row": "trả lời “có” cho câu hỏi cuối lời hướng dẫn",
    "denies_question_of_row": "trả lời “không” cho câu hỏi cuối lời hướng dẫn",
    "answers_advice": "trả lời câu đang hỏi khi chọn cách lấy lại",
    "answers_choice": "chọn trong các việc vừa nêu",
    "answers_confirm": "trả lời câu xin xác nhận",
    "answers_question_of_row": "trả lời câu hỏi cuối lời hướng dẫn",
    "answers_guide": "trả lời bước đang làm",
    "answers_yes_no": "trả lời câu hỏi có/không",
    "answers_slot": "nói về ô mà biểu mẫu đang hỏi",
    "as_read": "hiểu theo đúng câu này, không dựa vào câu trước",
    "asks_back": "hỏi lại về điều vừa nói (chưa hiểu, nói gọn, rồi sao nữa)",
    "asks_leave": "hỏi việc đang nói có làm được không",
    "beside_danger": "hỏi rõ một việc khác trong lúc khẩn cấp",
    "elsewhere": "việc của nơi khác, chỉ chỗ cần hỏi",
    "gives_choices": "đưa số trong lúc được hỏi chọn",
    "gives_numbers": "đưa mã số hoặc liên hệ",
    "gives_numbers_for_reset": "đưa mã số hoặc liên hệ để lấy lại mật khẩu",
    "gives_several_codes": "đưa mã số của nhiều người",
    "in_danger_asks": "hỏi tiếp về việc vừa bị lừa",
    "in_danger_resets": "muốn đổi mật khẩu sau khi bị lừa",
    "in_danger_thanks": "cảm ơn, chào, xin gặp người trong lúc khẩn cấp",
    "switches_language": "muốn nói tiếng khác",
    "leaves_danger": "thôi nói chuyện vừa bị lừa",
    "likely_side": "chưa rõ việc mới nên hiểu là hỏi tiếp việc đang nói",
    "names_a_step": "gọi tên một bước của cách đang nói",
    "names_an_item": "chọn một ý trong nhiều ý đã hỏi",
    "names_it_alone": "chỉ nêu “mật khẩu”, “vssid”",
    "begins_what_is_offered": "bắt đầu việc vừa được gợi ý",
    "doubts_a_site": "hỏi một trang web có phải của BHXH không",
    "wording_of_any": "lời hỏi riêng của một chủ đề khác",
    "new_topic": "câu này nêu rõ việc",
    "new_topic_side": "câu này nêu rõ việc và hỏi một khía cạnh của nó",
    "nods": "gật hoặc lắc khi không ai hỏi gì",
    "objects_to_answer": "nói câu trả lời không đúng ý",
    "on_the_agenda": "nói đến một trong các việc đã hỏi cùng lúc",
    "chooses_nth": "chọn theo thứ tự trong những gì vừa nêu",
    "corrects_a_part": "sửa một phần của số hay địa chỉ vừa gửi",
    "apologises": "xin lỗi, làm hòa",
    "names_whose": "nói là của ai trong những gì vừa nêu",
    "puts_off": "hẹn lúc khác",
    "returns_to": "quay lại chuyện đã nói trước đó",
    "found_nothing": "làm theo mà không thấy, không có",
    "found_it": "làm theo được rồi",
    "lacks_the_means": "không có thứ vừa được chỉ",
    "weighed": "cân mọi ý có thể, ý này rõ hơn hẳn",
    "what_of_another": "hỏi điều vừa nói cho người hay việc khác",
    "next_relative": "hỏi tiếp cho một người nhà khác",
    "goes_to_a_step": "muốn quay lại một bước của hướng dẫn",
    "asks_to_skip": "hỏi bỏ qua một bước của hướng dẫn",
    "asks_what_we_do": "hỏi trợ lý làm được gì",
    "only_thanks": "chỉ cảm ơn",
    "how_the_reset_works": "hỏi lấy lại mật khẩu diễn ra thế nào",
    "lost_it_on_the_way": "kể chuyện rồi nói mất mật khẩu",
    "wants_a_person": "muốn gặp người",
    "asks_for_a_way": "hỏi cách vừa nêu có làm được không",
    "tried_often": "đã thử nhiều lần",
    "has_the_means": "nói là đã có VNeID mức 2, nên đăng nhập bằng nó được",
    "has_the_mailbox": "nói là có hộp thư, nên lấy lại mật khẩu được",
    "takes_a_way": "chọn một trong các cách đã nói",
    "asks_what_we_take": "hỏi trợ lý có thu tiền không",
    "asks_to_ask": "mới xin phép hỏi, chưa hỏi gì",
    "asks_which_first": "hỏi nên làm việc nào trước",
    "wants_it_now": "muốn lấy lại mật khẩu ngay, giữa chuyện khác",
    "stops_for_the_office": "dừng lại để ra cơ quan BHXH, và hỏi thêm",
    "our_mail": "hỏi về thư mà trợ lý đã gửi",
    "after_success": "đăng nhập bằng mật khẩu vừa đặt mà không được",
    "among_offered": "một trong các việc vừa được gợi ý",
    "chooses_offered": "chọn một nút vừa được gợi ý bằng lời của mình",
    "takes_it_step_by_step": "muốn được chỉ từng bước",
    "waits_in_vain": "chờ mãi chưa được",
    "stays_on_subject": "hỏi tiếp về chế độ đang nói",
    "has_rules_of_its_own": "người hoặc việc có quy định riêng, hoặc bị luật cấm",
    "next_subject": "chuyển sang chế độ khác đã nêu tên",
    "names_subject": "nêu tên một chế độ",
    "side_of_the_office": "hỏi về nơi đến, giữa lúc nói cách không phải đến",
    "is_approached": "có người gọi, nhắn đòi mã, tiền hay cài app",
    "left_the_employer": "đã nghỉ làm ở nơi có thể nộp giúp",
    "still_has_the_sim": "vẫn dùng số đã đăng ký",
    "asks_bare_side": "một, hai chữ hỏi về điều đang nói",
    "asks_either": "hỏi cái này hay cái kia về điều đang nói",
    "next_person": "làm tiếp cho người khác",
    "of_the_dead": "hỏi chế độ cho thân nhân của người đã mất",
    "old_form": "hỏi mẫu giấy tờ cũ",
    "old_figure": "hỏi mức hay số liệu cũ",
    "when_paid": "hỏi bao giờ nhận được tiền",
    "what_about_a_way": "hỏi sang một cách khác",
    "says_how_the_step_went": "làm xong bước đang chỉ",
    "announces": "nói sắp đưa hoặc vừa đưa thông tin, chưa có con số nào trong câu này",
    "asks_whether_done": "hỏi việc đã xong chưa",
    "costs_of_a_way": "hỏi phí của cách được nhắc tên: gọi, hay ra cơ quan",
    "own_wording": "trùng cách hỏi của một mục riêng trong việc đang nói",
    "passage": "trùng cách hỏi của một mục riêng ở chủ đề khác",
    "question_about_reset": "hỏi về việc lấy lại mật khẩu, chưa bắt đầu",
    "question_for_staff": "đang viết câu hỏi gửi nhân viên",
    "same_side": "câu ngắn không nêu việc, hiểu theo việc đang nói",
    "several_things": "hỏi nhiều việc một lúc",
    "small_talk": "chào hỏi, cảm ơn, phàn nàn",
    "steers_the_way": "kể hoàn cảnh, chọn cách theo hoàn cảnh đó",
    "stops": "muốn dừng",
    "which_subject": "một việc BHXH khác, chưa rõ việc nào nên gợi ý",
    "asks_to_change": "hỏi cách đổi số hay e-mail, giữa lúc được hỏi số đó",
    "doubts_us": "nghi trợ lý này là giả",
    "not_yet": "nói chưa, tức điều đang chờ chưa tới",
    "gives_numbers_of_the_dead": "gửi số của người đã mất",
    "forgot_the_password": "nói quên mật khẩu bằng lời lạ",
    "online_here": "hỏi việc đang nói có làm qua mạng được không",
    "was_deceived": "vừa bị lừa, ưu tiên trước hết",
}
FACTS = {
    "no_email": "không có e-mail", "no_phone": "mất sim đã đăng ký", "no_code": "không nhớ mã số",
    "has_vneid": "có VNeID mức 2", "abroad": "ở nước ngoài", "cannot_call": "không gọi điện được",
    "for_parent": "hỏi cho cha mẹ", "for_child": "hỏi cho con", "for_dead": "người đã mất",
    "several_people": "nhiều người", "employer_email": "e-mail của công ty", "remembers_password": "còn nhớ mật khẩu",
    "locked": "tài khoản bị khóa", "scam_done": "vừa bị lừa",
}  # fmt: skip
SITUATIONS = {
    "dead_relative": "tài khoản của người đã mất",
    "reset": "lấy lại mật khẩu", "not_matched": "thông tin không khớp", "mail_sent": "thư đã gửi",
    "mail_bounced": "thư bị trả lại", "reset_done": "đã đặt mật khẩu mới", "no_email_on_record": "chưa có e-mail",
    "emergency": "vừa bị lừa", "several": "nhiều việc một lúc", "form_code": "mã số đang được hỏi",
    "form_contact": "liên hệ đang được hỏi", "waiting_person": "đang chờ nhân viên", "question_left": "câu hỏi để lại",
    "locked_out": "hết lượt thử", "elsewhere": "việc của nơi khác", "desk_closed": "hết giờ",
    "other_bhxh": "việc khác của BHXH", "own_rules": "người, việc có quy định riêng",
}  # fmt: skip
_OPEN = {
    "slot": "biểu mẫu hỏi", "advice": "đang hỏi để chọn cách", "guide": "đang làm từng bước", "confirm": "xin xác nhận",
    "yes_no": "câu hỏi có/không", "choice": "chọn một trong các việc",
}  # fmt: skip
_SLOTS = {
    "bhxh_code": "mã số BHXH", "contact": "số điện thoại hoặc e-mail", "question": "câu hỏi cho nhân viên",
    "mailbox": "còn hộp thư không", "sim": "còn sim không", "code": "có mã số không", "vneid": "có VNeID không",
    "password": "còn nhớ mật khẩu không",
}  # fmt: skip
_PEOPLE = "utter_people_"


def reading_rows(reading: Mapping[str, Any], actions: list[str], titles: Mapping[str, str]) -> list[tuple[str, str]]:
    """Returns what was read as (heading, words), without what there was none of.

    Args:
        reading: what the turn kept of its decision.
        actions: what the turn did; a response for people tells which row of the table it was.
        titles: the topics' titles by intent.
    """
    row = next((name for name in actions if name.startswith(_PEOPLE)), "")
    found = [
        ("Việc", _topic(reading.get("topic"), titles)),
        ("Trước đó", _topic(reading.get("before"), titles) if reading.get("before") != reading.get("topic") else ""),
        ("Hỏi", _side(reading)),
        ("Vừa kể", _facts(reading.get("told"))),
        ("Đã biết", _facts(reading.get("facts"))),
        ("Đang hỏi dở", _open(str(reading.get("open") or ""))),
        ("Vì sao", RULES.get(str(reading.get("rule") or ""), str(reading.get("rule") or ""))),
        ("Dòng hoàn cảnh", row),
        ("Còn lại", ", ".join(_topic(name, titles) for name in reading.get("agenda") or ())),
    ]
    return [(heading, words) for heading, words in found if words]


def _topic(name: Any, titles: Mapping[str, str]) -> str:
    return titles.get(str(name), SITUATIONS.get(str(name), str(name))) if name else ""


def _side(reading: Mapping[str, Any]) -> str:
    facet, step = str(reading.get("facet") or ""), reading.get("step")
    if facet == "step":
        return f"bước {step}" if step else "một bước"
    return facet_title(facet)


def _facts(facts: Any) -> str:
    return ", ".join(FACTS.get(fact, fact) for fact in facts or ())


def _open(said: str) -> str:
    kind, _, slot = said.partition(":")
    words = _OPEN.get(kind, kind)
    return f"{words}: {_SLOTS.get(slot, slot)}" if slot else words
