"""Rules that look at the words themselves: questions that sound like a no, what others want, things that are lost."""

import dataclasses
from collections.abc import Container

import pytest

from assistant.reading import facts as situation
from assistant.reading.decide import decide
from assistant.reading.model import Decision, OwnFacet, Raw, State
from assistant.reading.signals import asks_whether


def raw(plain: str, label: str = "out_of_scope", p: float = 0.5, facet: str = "none", **more: object) -> Raw:
    """Returns the reading of words without accents."""
    words = len(plain.split())
    given = {"text": plain, "plain": plain, "ranking": [(label, p)], "facets": [(facet, 0.9)], "words": words}
    return Raw(**(given | more))  # type: ignore[arg-type]


class _Knows:
    """Sides of a content that has these alone."""

    def __init__(self, sides: Container[tuple[str, str]]) -> None:
        self.sides = sides

    def knows(self, topic: str) -> bool:
        return True

    def has(self, topic: str, facet: str) -> bool:
        return (topic, facet) in self.sides

    def concepts(self, topic: str, facet: str) -> dict[str, float]:
        return {}


class TestAQuestionIsNoNo:
    @pytest.mark.parametrize("plain", ["nhanh khong", "co xa lam khong a", "the la mat tien khong ban", "lau hong"])
    def test_an_adjective_before_the_particle_asks(self, plain: str) -> None:
        assert asks_whether(raw(plain))

    @pytest.mark.parametrize(
        "plain", ["da khong", "em khong", "khong can dau", "thi khong", "khong", "chua biet khong"]
    )
    def test_a_pronoun_before_it_answers(self, plain: str) -> None:
        assert not asks_whether(raw(plain))

    def test_it_does_not_deny_what_a_text_asked_at_its_end(self) -> None:
        state = State(topic="faq/no_email", open="yes_no", asks="sim")
        assert decide(raw("nhanh khong", "deny", 0.99, "time"), state).facet == "time"
        assert decide(raw("da khong", "deny", 0.99), state).rule == "denies_question_of_row"


class TestWhatIsLost:
    def told(self, plain: str, fact: str) -> bool:
        return fact in situation.told(raw(plain, facts={fact: 0.9}))

    @pytest.mark.parametrize("plain", ["the giay mat roi", "mat so bao hiem", "me em mat sim roi"])
    def test_a_thing_has_not_died(self, plain: str) -> None:
        assert not self.told(plain, "for_dead")

    @pytest.mark.parametrize("plain", ["ba em mat roi", "chong toi mat nam ngoai, so bao hiem con", "co giay khai tu"])
    def test_a_person_has(self, plain: str) -> None:
        assert self.told(plain, "for_dead")

    def test_an_elder_speaks_of_themselves(self) -> None:
        assert not self.told("chau oi bac quen mat khau", "for_parent")
        assert self.told("chau oi giup cho ong nha bac", "for_parent")
        assert self.told("me em quen mat khau", "for_parent")


class TestWhatOthersWant:
    @pytest.mark.parametrize(
        "plain", ["ho keu gui anh can cuoc", "lo ho xin otp thi sao", "co nguoi goi bao chuyen tien", "em chua doc gi"]
    )
    def test_is_no_emergency_yet(self, plain: str) -> None:
        found = decide(raw(plain, "faq/scam", 0.6, facts={"scam_done": 0.7}), State(topic="faq/hotline"))
        assert (found.topic, found.danger, found.facts) == ("faq/scam", False, frozenset())

    @pytest.mark.parametrize("plain", ["ho keu gui anh em gui roi", "no xin otp em da doc", "lo doc cho ho"])
    def test_what_was_given_is(self, plain: str) -> None:
        assert decide(raw(plain, "faq/scam", 0.6, facts={"scam_done": 0.7}), State()).danger

    @pytest.mark.parametrize("plain", ["doc roi lam sao", "em lo bam vo", "dua mat roi"])
    def test_after_a_warning_few_words_say_that_it_happened(self, plain: str) -> None:
        assert decide(raw(plain), State(topic="faq/scam")).rule == "was_deceived"

    @pytest.mark.parametrize("plain", ["em chua doc", "neu lo doc roi thi sao", "goi ngan hang roi", "chan so roi"])
    def test_or_that_it_did_not(self, plain: str) -> None:
        assert decide(raw(plain), State(topic="faq/scam")).rule != "was_deceived"

    def test_code_and_contact_begin_the_reset_that_was_offered(self) -> None:
        state = State(topic="emergency", danger=True, offered=("#reset_password",))
        given = raw("7900000123 0901000123", entities=("bhxh_code", "phone"))
        assert decide(given, state).label == "reset_password"


class TestWhatWasOffered:
    def test_something_is_stopped_that_was_offered(self) -> None:
        ranking = [("cancel", 0.99), ("faq/delete_account", 0.004)]
        state = State(topic="faq/one_account", open="choice", offered=("#faq/one_account", "#faq/delete_account"))
        assert decide(raw("vay huy cai cu", ranking=ranking), state).label == "faq/delete_account"
        assert decide(raw("huy di", ranking=ranking), state).label == "cancel"

    def test_a_faint_reading_counts_among_what_was_offered(self) -> None:
        state = State(open="choice", offered=("#faq/office", "#faq/hotline"))
        assert decide(raw("cho do", "faq/office", 0.3), state).rule == "among_offered"
        assert decide(raw("cho do", "faq/tk1_ts", 0.3), state).rule != "among_offered"

    def test_the_guide_is_taken_in_ones_own_words(self) -> None:
        state = State(topic="faq/change_email", offered=("#guide_change_email", "#faq/tk1_ts"))
        assert decide(raw("chi em tung cai mot"), state).label == "guide_change_email"
        assert decide(raw("em tung dang ky roi"), state).label != "guide_change_email"
        assert decide(raw("chi em tung cai mot"), State(topic="faq/office")).label != "guide_change_email"


class TestTheTalkGoesOn:
    def test_who_waits_is_not_helped_yet(self) -> None:
        found = decide(raw("cho nay gio ca tieng roi", p=0.87), State(topic="faq/account_locked"))
        assert (found.topic, found.facet) == ("faq/account_locked", "not_working")
        assert decide(raw("phai cho may tieng nua"), State(topic="faq/account_locked")).rule != "waits_in_vain"

    def test_after_success_what_fails_is_logging_in(self) -> None:
        found = decide(raw("no lai bao sai", "reset_rejected", 0.9), State(topic="reset_done"))
        assert (found.topic, found.facet) == ("reset_done", "login_error")
        assert decide(raw("no lai bao sai", "reset_rejected", 0.9), State()).topic == "not_matched"

    def test_a_fact_of_ours_keeps_another_subject_out(self) -> None:
        told = raw("mail cong ty cu em nghi lau roi", "other_bhxh", 0.8, facts={"employer_email": 0.9})
        assert decide(told, State(topic="mail_sent")).topic == "mail_sent"
        assert decide(told, State()).topic == "other_bhxh"

    def test_a_side_that_was_said_gives_way_to_what_is_named_beyond_doubt(self) -> None:
        def own(topic: str) -> OwnFacet | None:
            return OwnFacet("faq/lost_phone", "get_sim_back", 0.9) if topic == "faq/lost_phone" else None

        asked = raw("xin lai xong thi goi so nao", "faq/hotline", 0.99, own=own)
        said = frozenset(["faq/lost_phone#get_sim_back"])
        assert decide(asked, State(topic="faq/lost_phone", said=said)).topic == "faq/hotline"
        assert decide(asked, State(topic="faq/lost_phone")).facet == "get_sim_back"

    def test_who_asks_in_anger_gets_a_word_of_regret(self) -> None:
        upset = raw("cho ca buoi sang roi", ranking=[("faq/hotline", 0.6), ("complain", 0.35)])
        calm = raw("cho ca buoi sang roi", ranking=[("faq/hotline", 0.6), ("complain", 0.1)])
        acts: list[Decision] = [decide(one, State()) for one in (upset, calm)]
        assert [found.act for found in acts] == ["complains", "asks"]


class TestWaysAndEmployers:
    def test_a_caller_who_wants_something_is_warned_of_whatever_is_named(self) -> None:
        ranking = [("faq/login_vneid", 0.6), ("faq/scam", 0.2)]
        told = raw("co so la goi keu doc so can cuoc de tich hop vneid la sao", ranking=ranking)
        assert decide(told, State(topic="faq/official_channels")).topic == "faq/scam"
        rings = raw("em goi tong dai hoi cach doi email", ranking=[("faq/hotline", 0.6), ("faq/scam", 0.2)])
        assert decide(rings, State()).topic == "faq/hotline"

    @pytest.mark.parametrize(
        ("plain", "topic"),
        [
            ("con ra tan noi thi sao", "faq/office"),
            ("vay con goi dien thi sao", "faq/hotline"),
            ("the con vneid thi sao", "faq/login_vneid"),
        ],
    )
    def test_another_way_is_asked_about(self, plain: str, topic: str) -> None:
        assert decide(raw(plain, facet="how"), State(topic="faq/processing_time")).topic == topic

    def test_a_number_in_use_leads_to_the_hotline(self) -> None:
        found = decide(raw("sim hoi do van xai", "faq/lost_phone", 0.98), State(topic="reset"))
        assert (found.topic, found.facet) == ("faq/no_email", "sim_in_hand")
        assert decide(raw("sim hoi do van xai", "faq/lost_phone", 0.98), State()).topic == "faq/lost_phone"
        assert (
            decide(raw("app van dung duoc", "faq/lost_phone", 0.98), State(topic="reset")).rule != "still_has_the_sim"
        )

    def test_who_left_needs_no_employer(self) -> None:
        left = raw("em nghi lam roi con dau", "other_bhxh", 0.95)
        assert decide(left, State(topic="faq/tk1_ts")).facet == "left_employer"
        assert decide(left, State(topic="faq/scam")).topic == "other_bhxh"

    def test_what_was_told_before_decides_before_a_form_asks(self) -> None:
        asked = raw("quen luon mk", "reset_password", 0.99)
        state = State(topic="faq/change_email", facts=frozenset(["employer_email"]))
        assert decide(asked, state).rule == "steers_the_way"
        said = State(topic="faq/change_email", facts=state.facts, said=frozenset(["utter_people_employer"]))
        assert decide(asked, said).label == "reset_password"
        assert decide(asked, State(topic="faq/change_email")).label == "reset_password"

    def test_in_danger_the_right_way_back_begins_the_reset(self) -> None:
        asked = raw("gio lay lai mat khau dung cach sao", "faq/no_email", 0.4, "how", subjects=frozenset(["password"]))
        assert decide(asked, State(topic="emergency", danger=True)).label == "reset_password"

    def test_what_is_offered_begins_in_other_words(self) -> None:
        state = State(topic="faq/hotline_fee", offered=("#reset_password",))
        assert decide(raw("mail thi em co lam giup em cai do", "faq/why_email", 0.45), state).label == "reset_password"

    @pytest.mark.parametrize("plain", ["mo trang do roi ne", "vo duoc roi em", "lam xong roi nha"])
    def test_a_step_is_done_in_other_words(self, plain: str) -> None:
        assert decide(raw(plain), State(topic="faq/add_email", open="guide")).label == "step_done"
        assert decide(raw(plain), State(topic="faq/add_email")).label != "step_done"

    @pytest.mark.parametrize("plain", ["mo roi ma khong thay", "quen mat khau roi", "lam roi sao nua"])
    def test_or_is_not(self, plain: str) -> None:
        assert decide(raw(plain), State(topic="faq/add_email", open="guide")).label != "step_done"


class TestOurLetter:
    def own(self, topic: str) -> OwnFacet | None:
        return OwnFacet("mail_sent", "link_old", 0.3) if topic == "mail_sent" else None

    def test_who_has_it_is_not_told_where_to_look(self) -> None:
        asked = raw("mail co roi de chieu ve bam duoc khong", "faq/otp_not_received", 0.7, own=self.own)
        assert decide(asked, State(topic="mail_sent")).facet == "link_old"
        waits = raw("cho hoai khong thay mail", "faq/otp_not_received", 0.7, own=self.own)
        assert decide(waits, State(topic="mail_sent")).facet == "not_arrived"

    def test_its_link_is_no_deception(self) -> None:
        found = decide(raw("bam link roi", facts={"scam_done": 0.7}), State(topic="mail_sent"))
        assert (found.danger, found.facts) == (False, frozenset())


class TestOnceMore:
    def test_the_operator_who_takes_money_is_no_deceiver(self) -> None:
        told = raw("roi cai tin do no tru tien ha", "faq/hotline_fee", 0.6, facts={"scam_done": 0.99})
        assert not decide(told, State(topic="faq/sms_8079")).danger
        assert decide(told, State()).danger

    def test_without_a_word_of_danger_more_certainty_is_wanted(self) -> None:
        likely, sure = ({"scam_done": p} for p in (0.8, 0.95))
        assert not decide(raw("lay so em dang ky cho be roi", "faq/lost_phone", 0.75, facts=likely), State()).danger
        assert not decide(raw("lay so em dang ky cho be roi", "faq/lost_phone", 0.75, facts=sure), State()).danger
        assert decide(raw("lay so em dang ky cho nguoi ta roi", "faq/lost_phone", 0.75, facts=sure), State()).danger

    def test_a_code_alone_begins_the_reset_wherever_the_talk_is(self) -> None:
        given = raw("thoi day 7900000123", "inform", 0.98, entities=("bhxh_code",))
        assert decide(given, State(topic="faq/privacy")).label == "reset_password"
        number = raw("so em 0901000123", "inform", 0.98, entities=("phone",))
        assert decide(number, State(topic="faq/privacy")).label != "reset_password"

    def test_who_asks_for_another_way_does_not_stop(self) -> None:
        state = State(topic="reset", form="reset_form", open="slot", slot="bhxh_code")
        assert decide(raw("thoi khoi con duong nao khac khong", "cancel", 0.6), state).label != "cancel"
        assert decide(raw("thoi khoi", "cancel", 0.6), state).label == "cancel"

    def test_a_faint_subject_takes_nobody_out_of_a_talk(self) -> None:
        faint = [("subject/voluntary", 0.3), ("subject/sick_leave", 0.28), ("out_of_scope", 0.1)]
        asked = raw("bo qua buoc nay duoc khong nhi", ranking=faint)
        assert decide(asked, State(topic="faq/change_phone", open="guide")).label != "other_bhxh"
        assert decide(asked, State()).label == "other_bhxh"


class TestWhoHasDied:
    @pytest.mark.parametrize(
        "plain",
        [
            "vo toi moi mat thang truoc",
            "con trai bac mat vi benh",
            "chong chi ay bi tai nan mat nam ngoai",
            "bo em mat roi",
        ],
    )
    def test_words_that_say_so_are_enough(self, plain: str) -> None:
        assert "for_dead" in situation.told(raw(plain))

    @pytest.mark.parametrize(
        "plain",
        ["me quen mat roi", "sim cua me em mat roi", "vo em lam mat so roi", "chong em mat dien thoai hom qua"],
    )
    def test_what_is_forgotten_or_lost_is_nobody(self, plain: str) -> None:
        assert "for_dead" not in situation.told(raw(plain))

    def test_accents_tell_a_mother_from_a_code(self) -> None:
        message = raw("ma minh mat ba tuan roi")
        assert "for_dead" in situation.told(dataclasses.replace(message, text="Má mình mất ba tuần rồi"))
        assert "for_dead" not in situation.told(dataclasses.replace(message, text="Mã mình mất ba tuần rồi"))

    def test_what_the_family_is_due_is_no_other_benefit(self) -> None:
        knows = _Knows({("subject/survivor", "who")})
        message = raw("dong muoi nam thi nha em duoc gi", "subject/paternity", 0.6, sides=knows)
        assert decide(message, State(topic="dead_relative", facts=frozenset({"for_dead"}))).topic == "subject/survivor"
        assert decide(message, State(topic="subject/paternity")).topic == "subject/paternity"


class TestNobodyIsAlarmedWithoutADeed:
    @pytest.mark.parametrize("plain", ["bay gio phuong moi ten la gi", "a lo co oi toi quen mat ma roi"])
    def test_a_likely_guess_alone_is_no_emergency(self, plain: str) -> None:
        message = raw(plain, facts={"scam_done": 0.95})
        assert decide(message, State()).rule != "was_deceived"
        assert "scam_done" not in situation.told(message)

    def test_a_question_after_a_warning_tells_of_none(self) -> None:
        message = raw("trang do cap nhat mat phi khong a", facets=[("cost", 0.9)], facts={"scam_done": 0.5})
        assert decide(message, State(topic="faq/official_channels")).rule != "was_deceived"

    @pytest.mark.parametrize("plain", ["toi doc ma cho ho roi", "bi lua het tien", "lo bam vao duong link"])
    def test_a_deed_is(self, plain: str) -> None:
        assert decide(raw(plain, facts={"scam_done": 0.95}), State()).rule == "was_deceived"

    def test_what_was_sent_to_us_went_to_no_deceiver(self) -> None:
        message = raw("lo gui hinh the vao day roi", facts={"scam_done": 0.95})
        assert decide(message, State(topic="faq/privacy")).rule != "was_deceived"

    def test_a_thing_is_no_app_that_was_installed(self) -> None:
        typed = raw("mat cai nut roi", facts={"scam_done": 0.95})
        assert decide(dataclasses.replace(typed, text="mất cái nút rồi"), State()).rule != "was_deceived"


class TestOneWord:
    @pytest.mark.parametrize(
        ("plain", "side"), [("phi", "cost"), ("o dau", "where"), ("may gio", "hours"), ("ai", "who")]
    )
    def test_asks_for_a_side_however_like_a_yes(self, plain: str, side: str) -> None:
        knows = _Knows({("faq/tk1_ts", side)})
        message = dataclasses.replace(raw(plain, "affirm", 0.9, sides=knows), text=plain + "?")
        found = decide(message, State(topic="faq/tk1_ts", open="slot", slot="contact", form="reset_form"))
        assert (found.topic, found.facet) == ("faq/tk1_ts", side)

    def test_that_asks_nothing_is_none(self) -> None:
        assert decide(raw("phi", "affirm", 0.9), State(topic="faq/tk1_ts")).rule != "asks_bare_side"


class TestTheNextPerson:
    @pytest.mark.parametrize(
        "plain", ["gio toi vo minh", "vay lam cho me truoc di", "tiep theo la phan cua chong em", "xong roi den ba"]
    )
    def test_begins_their_reset(self, plain: str) -> None:
        state = State(topic="mail_sent", facts=frozenset({"several_people"}))
        assert decide(raw(plain), state).rule == "next_person"
        assert decide(raw(plain), State(topic="faq/office")).rule != "next_person"

    @pytest.mark.parametrize("plain", ["gio toi lam gi", "den luot minh chua", "cho me xem duoc khong"])
    def test_other_words_do_not(self, plain: str) -> None:
        assert decide(raw(plain), State(topic="mail_sent")).rule != "next_person"


class TestWhatIsTold:
    @pytest.mark.parametrize(
        ("plain", "fact", "is_told"),
        [
            ("ma xac nhan ve thu toan tre", "employer_email", False),
            ("hop thu cua cong ty cu", "employer_email", True),
            ("cha em dong muoi may nam", "several_people", False),
            ("ca cha lan me deu quen", "several_people", True),
            ("khong vao duoc ung dung", "has_vneid", False),
        ],
    )
    def test_needs_a_word_for_it(self, plain: str, fact: str, is_told: bool) -> None:
        assert (fact in situation.told(raw(plain, facts={fact: 0.9}))) == is_told


class TestAsking:
    def test_one_or_the_other_is_no_yes(self) -> None:
        message = raw("dung ngay hay phai doi", "affirm", 0.9, "time")
        assert decide(message, State(topic="reset_done")).rule != "nods"

    @pytest.mark.parametrize("plain", ["cho em xin lai mat khau xem duoc may thang", "quen roi cho xin link"])
    def test_a_request_in_so_many_words_is_a_command(self, plain: str) -> None:
        message = raw(plain, "reset_password", 0.95, "where", subjects=frozenset({"password"}))
        assert decide(message, State(topic="faq/card")).label == "reset_password"

    def test_a_forgotten_contact_is_a_lost_one(self) -> None:
        state = State(topic="reset", form="reset_form", open="slot", slot="contact")
        assert decide(raw("quen luon roi", "reset_password", 0.9), state).label == "lost_contact"

    def test_a_place_amid_a_talk_asks_for_its_office(self) -> None:
        message = raw("que o do ma song o day", "out_of_scope", 0.8, entities=("province",))
        assert decide(message, State(topic="faq/delete_account")).label == "faq/office"
        assert decide(message, State()).label == "out_of_scope"


def test_a_lost_card_while_its_number_is_asked_leads_to_where_else_it_stands() -> None:
    found = decide(raw("mat roi", facts={"for_dead": 0.9}), State(form="reset_form", open="slot", slot="bhxh_code"))
    assert (found.topic, found.facet) == ("form_code", "no_code_at_all")
    assert not found.facts


def test_whoever_wonders_says_no_yes() -> None:
    message = raw("goi vao roi doi may doc ha", "affirm", 0.9)
    asked = dataclasses.replace(message, text="gọi vào rồi đợi máy đọc hả?")
    assert decide(asked, State(topic="faq/hotline", open="yes_no")).label != "affirm"
    assert decide(message, State(topic="faq/hotline", open="yes_no")).label == "affirm"


class TestWhatIsSaidAboutTheDead:
    def test_a_death_told_in_a_story_is_no_list_of_questions(self) -> None:
        pieces = [("faq/features", 0.9), ("reset_password", 0.9), ("faq/account_taken", 0.9)]
        story = raw("chong toi mat hom mung ba roi may cua ong ay co app", "reset_password", 0.8, pieces=pieces)
        assert decide(story, State()).rule == "steers_the_way"


class TestSeveralPeople:
    def told(self, plain: str) -> frozenset[str]:
        return situation.told(raw(plain, facts={"employer_email": 0.9}))

    @pytest.mark.parametrize(
        "plain", ["lay mat khau cho 4 nhan vien phong toi", "mat khau cua may ban trong to", "cho cac em moi vao"]
    )
    def test_whoever_asks_for_others_names_them(self, plain: str) -> None:
        assert "several_people" in self.told(plain)

    @pytest.mark.parametrize("plain", ["may ban oi cho em hoi", "em hoi ban nhan vien roi", "mat khau cua em"])
    def test_but_not_whoever_speaks_to_us(self, plain: str) -> None:
        assert "several_people" not in self.told(plain)

    def test_whoever_works_for_a_company_says_nothing_of_its_mail(self) -> None:
        assert "employer_email" not in self.told("minh ben nhan su cong ty, can mat khau cho nguoi ta")
        assert "employer_email" in self.told("tai khoan dang ky bang mail cong ty")


class TestAfterOurLetter:
    def own(self, topic: str) -> OwnFacet | None:
        return OwnFacet("mail_sent", "not_arrived", 0.8) if topic == "mail_sent" else None

    def test_not_yet_is_that_it_has_not_come(self) -> None:
        found = decide(raw("chua", "deny", 0.99, own=self.own), State(topic="mail_sent"))
        assert (found.topic, found.facet) == ("mail_sent", "not_arrived")

    def test_elsewhere_it_declines(self) -> None:
        assert decide(raw("chua", "deny", 0.99), State(topic="faq/office")).label == "nod"
        assert decide(raw("khong", "deny", 0.99, own=self.own), State(topic="mail_sent")).label == "nod"


class TestWhileAFormAsks:
    state = State(topic="reset", form="reset_form", slot="contact", open="slot")

    @pytest.mark.parametrize("plain", ["doi so dien thoai cho bac luon di", "muon thay so dang ky thi lam cach nao"])
    def test_to_change_a_number_is_not_to_have_lost_it(self, plain: str) -> None:
        found = decide(raw(plain, "faq/change_phone", 0.95), self.state)
        assert (found.topic, found.facet) == ("faq/change_phone", "how")

    @pytest.mark.parametrize("plain", ["so do em doi roi", "em da doi so khac"])
    def test_it_was_changed(self, plain: str) -> None:
        assert decide(raw(plain, "faq/change_phone", 0.95), self.state).rule != "asks_to_change"

    def test_a_subject_that_is_not_named_takes_nobody_out_of_it(self) -> None:
        state = State(topic="reset", form="reset_form", slot="bhxh_code", open="slot")
        assert decide(raw("lay het hay lay may so cuoi", "subject/lump_sum", 0.75), state).topic != "subject/lump_sum"
        named = raw("rut mot lan duoc khong", "subject/lump_sum", 0.75, subjects=frozenset(["benefit"]))
        assert decide(named, state).topic == "subject/lump_sum"


class TestSidesThatNeedTheirThing:
    def test_without_mail_is_asked_where_mail_or_a_lack_is_named(self) -> None:
        state = State(topic="faq/processing_time")
        assert decide(raw("giay to chang du thi sao", facet="if_no_email"), state).facet == "if_no_email"
        assert decide(raw("giay to nop sau thi sao", facet="if_no_email"), state).facet != "if_no_email"
        named = raw("email thi sao", facet="if_no_email", subjects=frozenset(["email"]))
        assert decide(named, State(topic="reset")).facet == "if_no_email"

    def test_online_is_asked_of_what_is_talked_about(self) -> None:
        sides = _Knows({("faq/form_02", "online_way"), ("faq/update_id_info", "how")})
        asked = raw("lam qua mang duoc khong", "faq/online_services", 0.99, sides=sides)
        assert decide(asked, State(topic="faq/form_02")).facet == "online_way"
        assert decide(asked, State(topic="faq/update_id_info")).facet == "how"
        assert decide(asked, State()).topic == "faq/online_services"


class TestStrangeWords:
    def test_forgotten_and_password_are_enough_for_a_first_message(self) -> None:
        names = {"subjects": frozenset(["password", "forget", "lose"])}
        assert decide(raw("cay mat khau me quen mo roi chu mo nhi", p=0.3, **names), State()).label == "reset_password"
        assert decide(
            raw("cay mat khau me quen mo roi", p=0.3, **names), State(topic="faq/otp_not_received")
        ).label != ("reset_password")

    def test_whoever_wonders_about_a_call_was_not_deceived(self) -> None:
        text, plain = "bấm máy xong chờ nó đọc cho mình à", "bam may xong cho no doc cho minh a"
        asked = raw(plain, "faq/hotline", 0.9, facts={"scam_done": 1.0}, text=text)
        assert not decide(asked, State(topic="faq/no_email")).danger

    def test_a_complaint_about_what_is_not_sure_gets_a_word_of_regret(self) -> None:
        words = "goi hoai khong duoc ma app cu bao sai lam an kieu gi"
        assert decide(raw(words, "complain", 0.6, "not_working"), State()).label == "complain"


class TestInDangerWhatOfficialsDoIsAsked:
    def test_a_clear_side_of_the_warning_comes_before_a_faint_one_of_the_emergency(self) -> None:
        sides = {
            "faq/scam": OwnFacet("faq/scam", "bhxh_calls_people", 0.98),
            "emergency": OwnFacet("emergency", "x", 0.4),
        }
        asked = raw("can bo co khi nao doi tien khong", "faq/scam", 0.99, own=sides.get)
        found = decide(asked, State(topic="emergency", danger=True))
        assert (found.topic, found.facet, found.danger) == ("faq/scam", "bhxh_calls_people", True)


class TestWhoWasNotDeceived:
    @pytest.mark.parametrize(
        ("text", "plain"),
        [
            ("chuyển khoản hay đưa tiền mặt", "chuyen khoan hay dua tien mat"),
            ("cháu nó cài cho cái vssid giờ hỏi mật khẩu", "chau no cai cho cai vssid bay gio hoi mat khau"),
            ("mình có phải lo bảo hiểm cho thợ không", "minh co phai lo bao hiem cho tho khong"),
            ("bên mình gửi link nay bấm báo hết hạn", "ben minh gui link nay bam bao het han"),
            ("nhờ gửi link đổi mật khẩu", "nho gui link doi mat khau"),
        ],
    )
    def test_money_a_link_or_our_app_alone_are_no_scam(self, text: str, plain: str) -> None:
        assert not decide(raw(plain, "faq/scam", 0.7, facts={"scam_done": 0.8}, text=text), State()).danger

    @pytest.mark.parametrize(
        "plain", ["no gia danh can bo lay mat 5 trieu", "em lo doc otp cho no roi", "bi tru mat tien"]
    )
    def test_a_deed_or_a_deceiver_is(self, plain: str) -> None:
        assert decide(raw(plain, "faq/scam", 0.7, facts={"scam_done": 0.95}), State()).danger

    def test_whether_we_are_of_the_deceivers_is_answered_by_how_to_check_us(self) -> None:
        found = decide(raw("lam sao biet ben nay khong cung nhom voi no"), State(topic="emergency", danger=True))
        assert (found.topic, found.facet, found.danger) == ("faq/about_bot", "how_to_check", True)


class TestTheNumberOfTheDead:
    def test_begins_no_reset(self) -> None:
        given = raw("sim van giu ma day zzcode", "inform", 0.5, entities=("bhxh_code",))
        dead = State(topic="dead_relative", facts=frozenset({"for_dead"}))
        assert decide(given, dead).topic == "dead_relative"
        assert decide(given, State(topic="faq/no_email")).label == "reset_password"

    def test_what_is_asked_next_is_of_them(self) -> None:
        dead = State(topic="dead_relative", facts=frozenset({"for_dead"}))
        assert decide(raw("goi bam 8 la duoc dung khong", "faq/hotline", 0.9), dead).topic == "dead_relative"


class TestOneTroubleIsNoList:
    pieces = (("faq/app_trouble", 0.9), ("reset_password", 0.9), ("faq/account_locked", 0.9))

    def test_a_story_without_a_word_of_listing(self) -> None:
        story = raw("mo vssid ra go mat khau nao no cung bao sai chac quen that roi", "reset_password", 0.9)
        assert decide(dataclasses.replace(story, pieces=self.pieces), State()).rule != "several_things"
        asked = raw("cho hoi ba viec app loi mat khau va khoa tai khoan", "reset_password", 0.9, pieces=self.pieces)
        assert decide(asked, State()).rule == "several_things"

    def test_to_remember_the_password_steers_nobody_who_wants_another_thing(self) -> None:
        told = raw("vao duoc roi muon them mail", "faq/add_email", 0.99, facts={"remembers_password": 0.97})
        assert decide(told, State()).topic == "faq/add_email"
