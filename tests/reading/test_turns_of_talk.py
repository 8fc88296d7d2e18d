"""Words that take a talk somewhere: not now, back to that, the first of these, now please; and who did what."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys

import pytest

from assistant.reading import deception
from assistant.reading import facts as situation
from assistant.reading.decide import decide
from assistant.reading.model import OwnFacet, State
from assistant.reading.signals import best_facet
from tests.reading.test_in_words import _Knows, raw

_MAIL_SENT = State(topic="mail_sent", situations=("mail_sent",))
_CONTACT = State(topic="reset", form="reset_form", open="slot", slot="contact")


class TestNobodyDied:
    @pytest.mark.parametrize(
        ("text", "plain"),
        [
            ("số bên nhà bỏ cả chục năm rồi, mật khẩu thì quên", "so ben nha bo ca chuc nam roi mat khau thi quen"),
            ("em bỏ sim đó từ năm ngoái rồi mất luôn cái mail", "em bo sim do tu nam ngoai roi mat luon cai mail"),
        ],
    )
    def test_of_what_was_dropped(self, text: str, plain: str) -> None:
        assert "for_dead" not in situation.told(raw(plain, text=text))

    @pytest.mark.parametrize(
        ("text", "plain"),
        [("bố em mới mất hôm kia", "bo em moi mat hom kia"), ("chong toi moi mat", "chong toi moi mat")],
    )
    def test_but_of_a_relative_somebody_did(self, text: str, plain: str) -> None:
        assert "for_dead" in situation.told(raw(plain, text=text))

    @pytest.mark.parametrize("plain", ["con em nam nay chau bay tuoi", "con gai em 8 tuoi", "be moi sinh"])
    def test_a_childs_age_is_told_in_words_or_figures(self, plain: str) -> None:
        assert "for_child" in situation.told(raw(plain))


class TestWhoDidIt:
    @pytest.mark.parametrize(
        ("text", "plain"),
        [
            ("điện thoại tui bị giật mất rồi", "dien thoai tui bi giat mat roi"),
            ("họ gửi hình mấy người làm rồi nè", "ho gui hinh may nguoi lam roi ne"),
        ],
    )
    def test_what_others_did_or_only_looks_like_a_deed_is_none(self, text: str, plain: str) -> None:
        assert not deception.names_a_deed(text, plain)

    @pytest.mark.parametrize(
        ("text", "plain"),
        [
            ("nó gửi đường dẫn, em điền hết rồi", "no gui duong dan em dien het roi"),
            ("lo bam vao roi", "lo bam vao roi"),
        ],
    )
    def test_what_the_person_did_is(self, text: str, plain: str) -> None:
        assert deception.names_a_deed(text, plain)

    def test_to_ask_whether_to_is_none(self) -> None:
        asked = raw("file do tai duoc hong", "faq/scam", 0.7, facts={"scam_done": 0.95})
        assert not decide(asked, State(topic="faq/app_trouble")).danger

    def test_a_link_only_opened_after_a_warning_is_answered_as_that(self) -> None:
        found = decide(raw("minh mo ra roi ma chua dien gi"), State(topic="faq/official_channels"))
        assert (found.topic, found.danger) == ("emergency", True)

    def test_a_site_asked_about_amid_danger_is_looked_at(self) -> None:
        asked = raw("con bhxh abc top thi sao", text="còn bhxh-abc.top thì sao")
        assert decide(asked, State(topic="emergency", danger=True)).topic == "faq/official_channels"


class TestNotNow:
    @pytest.mark.parametrize(
        "plain", ["khoan da em dang hop", "de lat nua em lam", "cho ti em lay kinh", "minh dang lai xe"]
    )
    def test_is_no_question(self, plain: str) -> None:
        assert decide(raw(plain), _MAIL_SENT).rule == "puts_off"

    @pytest.mark.parametrize("plain", ["cho em lay lai mat khau", "cho gap nhan vien", "doi so dien thoai o dau"])
    def test_to_be_given_or_to_change_something_is_asked(self, plain: str) -> None:
        assert decide(raw(plain), State()).rule != "puts_off"

    def test_while_a_form_asks_it_waits(self) -> None:
        found = decide(raw("tu tu da em dang nau an"), _CONTACT)
        assert (found.topic, found.facet) == ("form_contact", "wait")

    def test_a_harsh_word_taken_back_ends_nothing(self) -> None:
        assert decide(raw("nay minh nong qua bo qua nha", "cancel", 0.6), _MAIL_SENT).label == "nod"


class TestWhichOfThese:
    @pytest.mark.parametrize(
        ("plain", "label"),
        [
            ("so dau di", "pick_1"),
            ("cai thu hai nha", "pick_2"),
            ("so cuoi a", "pick_3"),
            ("lay cai dau tien", "pick_1"),
        ],
    )
    def test_numbers_offered(self, plain: str, label: str) -> None:
        offered = State(
            topic="reset", form="reset_form", open="slot", slot="contact", offered=("#pick_1", "#pick_2", "#pick_3")
        )
        assert decide(raw(plain), offered).label == label

    def test_topics_offered(self) -> None:
        offered = State(open="choice", offered=("#faq/hotline", "#faq/office"))
        assert decide(raw("cai thu hai"), offered).label == "faq/office"

    def test_where_nothing_is_offered_nothing_is_chosen(self) -> None:
        assert decide(raw("so dau di"), State(topic="faq/hotline")).rule != "chooses_nth"


class TestAPartSetRight:
    @pytest.mark.parametrize(
        ("text", "plain"), [("à .com chứ", "a .com chu"), ("hai số cuối là bảy ba", "hai so cuoi la bay ba")]
    )
    def test_is_asked_for_whole(self, text: str, plain: str) -> None:
        found = decide(raw(plain, text=text, typed=plain), _CONTACT)
        assert (found.topic, found.facet) == ("form_contact", "mistyped_contact")


class TestBackAndForth:
    def test_a_return_is_to_what_was_said_before(self) -> None:
        state = State(topic="faq/health_card", said=frozenset({"faq/change_phone", "faq/health_card#how"}))
        back = raw("quay lai chuyen so dien thoai", "faq/app_trouble", 0.3)
        back = raw(back.plain, ranking=[("faq/app_trouble", 0.3), ("faq/change_phone", 0.25)])
        assert decide(back, state).topic == "faq/change_phone"

    def test_the_reset_now_amid_another_talk(self) -> None:
        talk = State(topic="subject/pension")
        assert decide(raw("thoi de em lay lai mat khau truoc"), talk).label == "reset_password"
        assert decide(raw("vay reset luon di"), talk).label == "reset_password"
        assert decide(raw("de em lay lai mat khau vneid", subjects=frozenset({"vneid"})), talk).rule != "wants_it_now"

    def test_who_leaves_for_the_office_is_told_what_to_bring(self) -> None:
        leaves = raw("thoi mai em ra bao hiem can mang gi", "cancel", 0.9, "bring", subjects=frozenset({"stop"}))
        found = decide(leaves, _CONTACT)
        assert (found.topic, found.facet) == ("faq/office", "bring")

    def test_a_cancel_that_asks_is_none(self) -> None:
        asks = raw("co dinh danh roi thi khoi huy ha", "cancel", 0.8, text="có định danh rồi thì khỏi hủy hả")
        assert decide(asks, State(topic="faq/delete_account")).label != "cancel"

    def test_a_fine_is_no_fee(self) -> None:
        fined = raw("vay co bi phat khong", facet="cost", text="vậy có bị phạt không")
        assert decide(fined, State(topic="faq/hotline")).facet != "cost"

    def test_few_bare_words_name_no_subject(self) -> None:
        bare = raw("dua giay gi dua cho ai", "subject/pension", 0.97, "bring", sides=_Knows({("faq/tk1_ts", "bring")}))
        assert decide(bare, State(topic="faq/tk1_ts")).topic == "faq/tk1_ts"


class TestWhatIsWantedBack:
    @pytest.mark.parametrize(
        "plain", ["xin hoan lai cuoc duoc khong", "doi lai tien kieu gi", "ho co tra lai tien cho khong"]
    )
    def test_is_no_fee(self, plain: str) -> None:
        assert best_facet(raw(plain, facet="cost"))[0] == "none"

    @pytest.mark.parametrize(
        "plain", ["lam lai mat may tien", "ton tien khong voi lai may ngay", "co phai tra tien khong"]
    )
    def test_a_fee_is(self, plain: str) -> None:
        assert best_facet(raw(plain, facet="cost"))[0] == "cost"


class TestWhichFirst:
    _TALKED = State(topic="faq/change_phone", said=frozenset({"reset#how", "faq/change_phone"}))

    @pytest.mark.parametrize("plain", ["vay lam cai nao truoc", "nen lam viec gi truoc day", "chuyen nao lam truoc"])
    def test_of_several_things_that_were_spoken_of(self, plain: str) -> None:
        found = decide(raw(plain, facet="changed_since"), self._TALKED)
        assert (found.topic, found.facet) == ("several", "which_first")

    def test_of_one_thing_it_is_not(self) -> None:
        found = decide(raw("cai nao truoc"), State(topic="faq/change_phone", said=frozenset({"faq/change_phone"})))
        assert found.rule != "asks_which_first"


class TestIsItAFraud:
    def test_of_nothing_that_was_told_it_is_asked_of_us(self) -> None:
        found = decide(raw("co phai lua dao khong", "faq/scam", 0.6, "safe", subjects=frozenset({"scam"})), State())
        assert (found.topic, found.facet) == ("faq/about_bot", "safe")

    def test_of_what_is_named_it_is_not(self) -> None:
        asked = raw("so nay co lua dao khong", "faq/scam", 0.6, "safe", subjects=frozenset({"scam", "call"}))
        assert decide(asked, State()).rule != "doubts_us"


class TestThingsSideBySide:
    _THREE = (("reset_password", 0.9), ("faq/change_phone", 0.9), ("faq/health_card", 0.8))

    def test_commas_part_things_of_different_kinds(self) -> None:
        told = raw("quen mat khau doi so the het han", text="quên mật khẩu, đổi số, thẻ hết hạn", pieces=self._THREE)
        assert decide(told, State()).agenda == ("reset", "faq/change_phone", "faq/health_card")

    def test_one_trouble_is_told_with_commas_too(self) -> None:
        one = (("reset_password", 0.9), ("faq/lost_phone", 0.9), ("faq/no_email", 0.8))
        told = raw("quen mat khau mat sim khong mail", text="quên mật khẩu, mất sim, không mail", pieces=one)
        assert not decide(told, State()).agenda


_GUIDE = State(topic="faq/add_email", open="guide")
_ACCESS = State(topic="faq/lost_phone", facts=frozenset({"no_phone"}))


class TestStepsOfAGuide:
    @pytest.mark.parametrize(
        ("plain", "step"), [("quay lai buoc 2 di", 2), ("cho minh xem buoc ba", 3), ("lui mot buoc", -1)]
    )
    def test_one_that_is_named_is_said_again(self, plain: str, step: int) -> None:
        found = decide(raw(plain), _GUIDE)
        assert (found.label, found.step) == ("step_done", step)

    @pytest.mark.parametrize("plain", ["buoc 1 xong roi", "buoc mot lam xong roi nha"])
    def test_one_that_is_done_is_not_said_again(self, plain: str) -> None:
        found = decide(raw(plain), _GUIDE)
        assert (found.label, found.step) == ("step_done", 0)

    def test_nor_is_one_that_fails(self) -> None:
        assert decide(raw("buoc 2 bi loi roi", facet="not_working"), _GUIDE).rule != "goes_to_a_step"

    def test_to_leave_one_out_shows_the_other_way(self) -> None:
        assert decide(raw("bo qua buoc nay duoc khong"), _GUIDE).label == "step_failed"

    def test_without_a_guide_they_mean_something_else(self) -> None:
        assert decide(raw("quay lai buoc 2 di"), State(topic="faq/add_email")).rule != "goes_to_a_step"


class TestWhatTheyWillDoThemselves:
    @pytest.mark.parametrize("plain", ["u de minh hoi lai ke toan", "de chi ra bao hiem xem", "ok de em ve tim so"])
    def test_is_no_question(self, plain: str) -> None:
        assert decide(raw(plain), State(topic="faq/tk1_ts")).rule == "puts_off"

    def test_nobody_without_the_sim_is_let_to_call_with_a_nod(self) -> None:
        calls = raw("thoi de toi goi tong dai", "faq/hotline", 0.6, subjects=frozenset({"call"}))
        state = State(topic="faq/lost_phone", facts=frozenset({"no_phone"}))
        assert decide(calls, state).rule != "puts_off"
        assert decide(calls, State(topic="faq/lost_phone")).rule == "puts_off"

    def test_unless_they_ask_for_leave(self) -> None:
        assert decide(raw("de em hoi ke toan duoc khong"), State(topic="faq/tk1_ts")).rule != "puts_off"


class TestTheMailboxIsThere:
    def test_so_the_reset_begins(self) -> None:
        assert decide(raw("co mail hoi truoc nguoi ta bat ghi"), _ACCESS).label == "reset_password"

    @pytest.mark.parametrize("plain", ["khong co mail", "co mail thi lam gi duoc khong", "co cong ty ghi mail"])
    def test_no_other_word_of_mail_says_so(self, plain: str) -> None:
        assert decide(raw(plain), _ACCESS).rule != "has_the_mailbox"


class TestAWayIsTaken:
    @pytest.mark.parametrize(
        ("plain", "topic"),
        [
            ("thoi dung cach goi tong dai", "faq/hotline"),
            ("vay chon cai vneid di", "faq/login_vneid"),
            ("the lam theo kieu ra bao hiem", "faq/office"),
        ],
    )
    def test_among_those_spoken_of(self, plain: str, topic: str) -> None:
        assert decide(raw(plain), State(topic="faq/no_email")).topic == topic

    def test_a_question_takes_none(self) -> None:
        found = decide(raw("thoi dung cach goi tong dai duoc khong"), State(topic="faq/no_email"))
        assert found.rule != "takes_a_way"


class TestWhatWeTake:
    @pytest.mark.parametrize(
        "plain", ["ben nay co thu tien khong", "ban lay phi nhieu khong", "o day co tinh phi khong"]
    )
    def test_is_answered_of_us_even_amid_danger(self, plain: str) -> None:
        found = decide(raw(plain, facet="cost"), State(topic="emergency", danger=True))
        assert (found.topic, found.facet) == ("faq/about_bot", "cost")

    def test_a_page_that_takes_money_is_not_us(self) -> None:
        asked = raw("trang nay thu phi 200k cap lai mat khau", "faq/scam", 0.8)
        assert decide(asked, State()).rule != "asks_what_we_take"

    def test_what_others_take_is_not(self) -> None:
        assert decide(raw("ho lay tien cua em roi"), State(topic="faq/scam")).rule != "asks_what_we_take"


class TestAQuestionIsAnnounced:
    @pytest.mark.parametrize("plain", ["cho em hoi chut", "minh hoi ty ve vssid", "em muon hoi vu tai khoan a"])
    def test_and_invited(self, plain: str) -> None:
        assert decide(raw(plain), State()).label == "greet"
        assert decide(raw(plain), State(said=frozenset({"utter_greet"}))).label == "ask_capabilities"

    def test_a_question_is_no_announcement(self) -> None:
        assert decide(raw("cho em hoi mat khau"), State()).rule != "asks_to_ask"


class TestSeveralWorkers:
    @pytest.mark.parametrize("plain", ["4 anh tho quen het mat khau", "may chi cong nhan khong vao duoc app"])
    def test_are_several_people(self, plain: str) -> None:
        assert "several_people" in situation.told(raw(plain))

    def test_a_father_is_one(self) -> None:
        assert "several_people" not in situation.told(raw("ba em lam tho quen mat khau"))


class TestSomebodyOffersIt:
    def test_for_a_deposit_it_is_a_scam(self) -> None:
        asked = raw("co nguoi tren mang noi chuyen 200k coc ho lay lai cho", "faq/scam", 0.9, "safe")
        assert (decide(asked, State()).topic, decide(asked, State()).facet) == ("faq/scam", "")


class TestAnotherRelative:
    @pytest.mark.parametrize("plain", ["con ba em thi sao", "the con chong chi cung quen roi"])
    def test_is_helped_after_the_first(self, plain: str) -> None:
        state = State(topic="no_email_on_record", facts=frozenset({"for_parent", "no_email"}))
        assert decide(raw(plain), state).facet == "several_at_once"

    def test_of_an_account_of_their_own_nobody_else_is_meant(self) -> None:
        assert decide(raw("con me em thi sao"), State(topic="faq/hotline")).rule != "next_relative"


class TestTheSameOfAnother:
    def test_is_the_side_that_was_said_last(self) -> None:
        state = State(topic="subject/pension", said=frozenset({"subject/pension#age"}), last="subject/pension#age")
        found = decide(raw("con dan ong thi sao", "subject/unemployment_amount", 0.3), state)
        assert (found.topic, found.facet) == ("subject/pension", "age")

    def test_where_nothing_was_said_of_it_the_whole_is_meant(self) -> None:
        found = decide(raw("con dan ong thi sao", "subject/pension", 0.3), State(topic="subject/pension"))
        assert found.rule != "what_of_another"


class TestWhatIsWantedBackAmidDanger:
    @pytest.mark.parametrize(
        ("said", "facet"), [(frozenset(), "transferred"), ({"emergency#transferred"}, "money_back_when")]
    )
    def test_is_the_money(self, said: frozenset[str], facet: str) -> None:
        state = State(topic="emergency", danger=True, said=frozenset(said))
        assert decide(raw("co doi ve duoc khong", facet="who"), state).facet == facet

    def test_an_account_wanted_back_is_not_money(self) -> None:
        state = State(topic="emergency", danger=True)
        assert decide(raw("lay lai tai khoan duoc khong", facet="who"), state).facet != "transferred"


class _OnePays(_Knows):
    def knows(self, topic: str) -> bool:
        return topic == "subject/unemployment_amount"


class TestAmounts:
    def test_are_those_of_the_one_subject_spoken_of_that_pays(self) -> None:
        sides = _OnePays([])
        state = State(topic="subject/book_closing", said=frozenset({"subject/unemployment_claim#time"}))
        asked = dataclasses.replace(raw("mot thang lanh bao nhieu", "subject/book_closing", 0.3), sides=sides)
        assert decide(asked, state).topic == "subject/unemployment_amount"


class TestWhetherItWasThere:
    _TOLD = State(topic="faq/change_password", offered=("#faq/office",), said=frozenset({"faq/change_password"}))

    @pytest.mark.parametrize("plain", ["khong thay", "da em khong co", "van chua ra gi het"])
    def test_where_to_look_was_said_and_nothing_is_there(self, plain: str) -> None:
        found = decide(raw(plain, "deny", 0.9), self._TOLD)
        assert (found.topic, found.facet) == ("faq/change_password", "not_working")

    def test_after_a_word_of_thanks_it_declines(self) -> None:
        assert decide(raw("da khong co", "deny", 0.9), dataclasses.replace(self._TOLD, offered=())).act == "answers"

    def test_where_something_is_asked_it_answers(self) -> None:
        state = dataclasses.replace(self._TOLD, open="yes_no")
        assert decide(raw("khong co", "deny", 0.9), state).rule != "found_nothing"

    @pytest.mark.parametrize("plain", ["a thay roi", "vao duoc roi nha", "da em hieu roi a"])
    def test_it_was_there(self, plain: str) -> None:
        assert decide(raw(plain), self._TOLD).rule == "found_it"

    def test_a_thing_to_look_at_is_lacked(self) -> None:
        asked = raw("toi lam gi co so bao hiem", "deny", 0.8, subjects=frozenset({"book"}))
        assert decide(asked, State(topic="faq/find_bhxh_code")).facet == "lost_papers"

    @pytest.mark.parametrize("plain", ["lay dau ra cai the ma coi", "dau co ma so nao"])
    def test_a_question_may_say_that_it_is_lacked(self, plain: str) -> None:
        found = decide(raw(plain, subjects=frozenset({"card"})), State(topic="faq/find_bhxh_code"))
        assert (found.rule, found.facet) == ("lacks_the_means", "lost_papers")


class TestVneidIsThere:
    @pytest.mark.parametrize("plain", ["em len muc 2 roi a", "muc hai thi co san roi"])
    def test_how_it_is_done_with_it(self, plain: str) -> None:
        found = decide(raw(plain, subjects=frozenset({"vneid"})), State(topic="faq/login_vneid"))
        assert (found.rule, found.facet) == ("has_the_means", "how")

    def test_what_it_is_may_still_be_asked(self) -> None:
        asked = raw("muc 2 da co chua sao biet", subjects=frozenset({"vneid"}), text="mức 2 đã có chưa sao biết?")
        assert decide(asked, State(topic="faq/login_vneid")).rule != "has_the_means"


class TestWhatWeWouldAsk:
    def test_of_this_assistant_it_is_about_us(self) -> None:
        found = decide(raw("co bat doc otp khong", "faq/scam", 0.9), State(topic="faq/about_bot"))
        assert (found.topic, found.facet) == ("faq/about_bot", "safe")

    def test_of_others_it_is_not(self) -> None:
        found = decide(raw("ho bat doc otp co phai lua khong", "faq/scam", 0.9), State(topic="faq/about_bot"))
        assert found.topic != "faq/about_bot"


def _of_the_code(topic: str) -> OwnFacet | None:
    return OwnFacet(topic, "wrong_box", 0.9) if topic == "faq/otp_not_received" else None


class TestOurLetter:
    def test_what_is_said_of_their_code_is_said_of_it(self) -> None:
        asked = raw("may hop thu lan coi hop nao", owners=("faq/otp_not_received",), own=_of_the_code)
        found = decide(asked, State(topic="mail_sent", situations=("mail_sent",)))
        assert (found.topic, found.facet) == ("mail_sent", "which_mail")

    def test_their_code_keeps_its_own_when_it_is_named(self) -> None:
        subjects = frozenset({"otp"})
        asked = raw("ma otp ve hop nao", owners=("faq/otp_not_received",), own=_of_the_code, subjects=subjects)
        assert decide(asked, State(topic="mail_sent", situations=("mail_sent",))).topic != "mail_sent"


def test_months_off_are_the_mothers_and_days_the_fathers() -> None:
    knows = _Knows({("subject/maternity_claim", "leave")})
    asked = {"label": "subject/paternity", "p": 0.95, "subjects": frozenset({"benefit"}), "sides": knows}
    assert decide(raw("vo em sinh be duoc nghi may thang", **asked), State()).topic == "subject/maternity_claim"
    assert decide(raw("vo em sinh be em duoc nghi may ngay", **asked), State()).topic == "subject/paternity"


class TestInstalledAndNotIn:
    _OFFICIAL = State(topic="faq/official_channels")

    @pytest.mark.parametrize(
        "plain", ["tai ve xong roi ma dang nhap hoai khong duoc", "em cai roi gio tao tai khoan sao"]
    )
    def test_whoever_got_our_app_was_deceived_by_nobody(self, plain: str) -> None:
        assert decide(raw(plain, "faq/scam", 0.5, facts={"scam_done": 0.9}), self._OFFICIAL).rule != "was_deceived"

    def test_an_app_that_they_gave_is_another_matter(self) -> None:
        plain = "no gui file em cai xong roi dang nhap mat khau luon"
        assert decide(raw(plain, "faq/scam", 0.5, facts={"scam_done": 0.9}), self._OFFICIAL).rule == "was_deceived"


class TestAWayIsAsked:
    def test_the_call_though_the_reset_is_named(self) -> None:
        asked = raw("quen mat khau roi goi 1900 xin lai duoc khong", "reset_password", 0.8)
        assert decide(asked, State()).topic == "faq/hotline"

    def test_vneid_though_much_else_is_told(self) -> None:
        asked = raw("di lai kho qua o nha vo bang vneid duoc khong", "out_of_scope", 0.85)
        assert decide(asked, State(topic="faq/office")).topic == "faq/login_vneid"

    def test_nobody_who_cannot_call_is_told_to(self) -> None:
        asked = raw("quen mat khau roi goi 1900 xin lai duoc khong", "reset_password", 0.8)
        assert decide(asked, State(facts=frozenset({"cannot_call"}))).topic != "faq/hotline"


class TestTriedOften:
    @pytest.mark.parametrize(
        ("plain", "topic", "said"),
        [
            ("em go sai 5 lan roi", "reset_done", "faq/account_locked#tries_left"),
            ("bam xin bon lan roi do", "faq/otp_not_received", "faq/otp_not_received#too_many"),
        ],
    )
    def test_whoever_tries_on_is_to_stop(self, plain: str, topic: str, said: str) -> None:
        found = decide(raw(plain, "affirm", 0.9), State(topic=topic, situations=(topic,)))
        assert f"{found.topic}#{found.facet}" == said

    def test_twice_is_not_often(self) -> None:
        assert decide(raw("em go 2 lan roi", "affirm", 0.9), State(topic="reset_done")).rule != "tried_often"


def test_amid_danger_the_password_is_wanted_in_any_words() -> None:
    state = State(topic="emergency", danger=True)
    asked = raw("gio muon lay mat khau thi lam sao", facet="how", subjects=frozenset({"password"}))
    assert decide(asked, state).label == "reset_password"


def test_a_father_at_home_with_an_ill_child_is_no_birth() -> None:
    knows = _Knows({("subject/sick_leave", "who"), ("subject/paternity", "who")})
    here = State(topic="subject/sick_leave", said=frozenset({"subject/sick_leave"}))
    asked = {"label": "subject/paternity", "p": 0.97, "facet": "who", "sides": knows}
    assert decide(raw("chong toi nghi luon duoc khong", **asked), here).topic == "subject/sick_leave"
    assert decide(raw("con vo sinh thi chong nghi duoc khong", **asked), here).topic == "subject/paternity"


def test_a_death_outweighs_whoever_else_is_named_in_every_process() -> None:
    text, plain = "má mình mất rồi, hai chị em không biết làm sao", "ma minh mat roi hai chi em khong biet lam sao"
    given = {"text": text, "plain": plain, "ranking": [], "facts": {"for_dead": 0.9, "several_people": 0.9}}
    code = "from assistant.reading.facts import told; from assistant.reading.model import Raw; "
    code += f"print(sorted(told(Raw(**{given!r}))))"
    for seed in "0123":  # sets of words are ordered anew by each
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == "['for_dead']", seed
