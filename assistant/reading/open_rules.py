"""Rules for what is open: a form's slot, the advice, a question at the end of a text, a yes or no, a choice."""

from __future__ import annotations

import re

from assistant.reading import english, kin
from assistant.reading import facts as situation
from assistant.reading.model import Decision, Raw, State
from assistant.reading.signals import (
    ACCESS,
    BEYOND_DOUBT,
    COMMAND,
    FACET_LIKELY,
    FACET_SURE,
    GOES_THERE,
    IDENTIFIERS,
    NONE,
    OBVIOUS,
    OWN_HERE,
    SHORT,
    SMALL_TALK,
    STORY,
    about,
    asks_leave,
    asks_side,
    asks_whether,
    asks_yes_or_no,
    best,
    best_facet,
    best_topic,
    gives_identifier,
    has_subject,
    is_led,
    is_topic,
    number_named,
    only_stops,
    read_alone,
    talked_about,
    wonders,
)
from assistant.reading.state import ASIDES, RESET_FORM

_RESET = "reset_password"
#: "Let us begin", with few words beside it.
_BEGIN = re.compile(
    r"\b(?:bat dau|lam (?:luon|di|ngay|day|thoi|giup|o day|nha|nghen|nhe|lun)|minh lam|tien hanh"
    r"|lay lai (?:di|luon|nha|nhe|thoi|cho (?:chac|xong|roi|lanh|khoe|nhanh))"
    r"|lam (?:\w+ )?(?:giup|gium|giup em|ho)|lam (?:theo )?(?:kieu|cach) quen|coi nhu quen)\b"
)
#: What may be named beside the one thing we are here for; "mật khẩu" reads like "mất", too.
_OF_AN_ACCOUNT = frozenset({"forget", "vssid"})
_OF_A_PASSWORD = _OF_AN_ACCOUNT | {"password", "recover", "lose"}
#: Another app's password, or what VNeID or a person is to do.
_NOT_THE_PASSWORD = frozenset({"other_app", "vneid", "otp", "human", "benefit"})
_NOW = re.compile(
    r"\b(?:reset|(?:lay|xin|cap) lai (?:\w+ )?(?:mat khau|mk|pass))\b.{0,12}\b(?:luon|lien|ngay|truoc|di|da|cho roi)\b"
    r"|^(?:(?:thoi|vay|the|u|um|ok|oke|da|roi|gio) )+(?:de )?(?:\w+ )?(?:lay|xin|dat|reset|lam"
    r"|cap)(?: lai)? (?:\w+ ){0,2}"
    r"(?:mat khau|mk|pass)(?: moi)?\b"
    r"|\b(?:de|cho) (?:tui|toi|em|minh|bac|co|chu|anh|chi|chau|con)"
    r" (?:reset|(?:lay|xin) lai (?:\w+ )?(?:mat khau|mk|pass))\b"
)
_GUIDE = "guide_"
_HAS_MAIL = re.compile(
    r"(?:(?:da|vang|u|um|a|thi|ma|em|minh|toi|tui|con|chau|bac|co|chu|anh|chi|van|lai|cung) )*(?:co|con|nho)"
    r" (?:(?:cai|hop|dia chi|thu|san|duoc) )*(?:e?mail|gmail)\b"
)
#: A step of the guide is named: "quay lại bước 2".
_GOES_TO = re.compile(r"\b(?:buoc|step) (?:so |thu )?(\d|mot|nhat|hai|nhi|ba|bon|tu|nam|sau)\b")
_BACK = re.compile(
    r"\b(?:quay|lui|tro|ve) (?:lai|ve)? ?(?:buoc|cai) (?:truoc|vua roi|luc nay|hoi nay)\b|\blui (?:mot|1) buoc\b"
)
#: May a step be left out.
_SKIPS = re.compile(
    r"\b(?:buoc|cai|khuc|phan)\b.*\b(?:bo|khoi|khong lam|khong can)\b|\b(?:bo|bo qua|khoi lam"
    r"|khong lam) (?:\w+ )?(?:buoc|cai|khuc|phan)\b"
)
_WANTS_IT = re.compile(r"\b(?:lay|xin|cap|khoi phuc|reset|dat)(?: lai)? (?:\w+ ){0,2}mat khau\b")
_ONE_BY_ONE = re.compile(
    r"\btung (?:buoc|cai|chut|muc|viec|thao tac|dong|o|tung)\b|\b(?:cam tay|tung li|tung ti|tu tu)\b"
)
_STEP_DONE = re.compile(
    r"(?!.*\b(?:khong|chua|hong|ma|sao|lai|loi|sai|dau|gi|nao|ai|may|het|mat|quen)\b).*\b(?:roi|xong)(?: \w+){0,2}"
)
_DIGITS = re.compile(r"[\d\s.+-]{6,}")
#: A code with so many words is given for nothing else.
_SAYS_NO_MORE = 5
_SHORT_COMMAND = 10
#: "Dừng lại" stops; with so many words it is something that is stopped.
_MORE_THAN_STOP = 3
#: All that stands around a person's name where somebody chooses whose account comes first.
_CHOOSES = re.compile(
    r"(?:(?:da|vang|u|um|ok|lam|cho|cua|giup|gium|cai|ma|so|tai khoan|nguoi|lay|truoc|la|thi|a|nhe|nha|di|ad|oi|shop"
    r"|admin|anh|chi|em|toi|minh|tui|chau|vo|chong|ba xa|ong xa|ck|vk|me|ma|u|bo|ba|cha|tia|con|gai|trai|ruot|ban"
    r"|dong nghiep|sep|hang xom|ay|do|nay|dau tien|da)(?: |$))+"
)
#: "It is gone", said of the contact that is asked for.
_GONE = re.compile(r"(?:da |thi |bi )?(?:mat|het|bo|khong con|khong dung|huy)\b")
_CHANGES = frozenset({"faq/change_phone", "faq/change_email"})
_CHANGE = re.compile(
    r"\b(?:doi|thay|sua|cap nhat)\b.*\b(?:cho (?:toi|tui|em|minh|con|chau|bac|anh|chi|co|chu)|giup|gium|ho|di|ngay|luon"
    r"|duoc (?:khong|hong)|o dau|cach|sao|kieu gi|the nao)\b"
    r"|\b(?:muon|can|xin|cach|cho) (?:\w+ )?(?:doi|thay|sua|cap nhat)\b"
)
_CHANGED = re.compile(
    r"\b(?:da|moi|vua|lo|bi|tung) (?:doi|thay|sua)\b|\b(?:doi|thay|sua)\b(?: \w+){0,3} (?:roi|mat|mat roi)\b"
)
#: "Forgotten, too", said of the same.
_FORGOTTEN = re.compile(
    r"(?:(?:cung|lai|thi|da|bi|em|minh|tui|toi|con|chau|luon) )*"
    r"(?:quen|khong nho|chang nho|het nho|nho khong ra)(?: (?:luon|mat|roi|not|het|sach|ca|hai|cai|a|oi|cung|nua))*"
)
#: What is offered where several accounts or contacts were given (actions/choices.py).
_PICK = "pick_"
_PLACES = (
    r"dau(?: tien)?|(?:thu )?(?:nhat|mot|1)|tren(?: cung)?|truoc", r"(?:thu )?(?:hai|nhi|2)|giua",
    r"(?:thu )?(?:ba|3)", r"(?:thu )?(?:tu|bon|4)",
)  # fmt: skip
_NTH = re.compile(
    r"(?:(?:da|a|u|um|thi|la|lay|chon|dung|lam|voi|cho|em|minh|toi|chac) )*(?:cai|so|y|dong|muc|ma|cach|nguoi|chuyen)"
    rf" (?:(?P<nth>{'|'.join(_PLACES)})|(?P<last>(?:sau )?(?:cuoi(?: cung)?|chot|sau|duoi|ke)))"
    r"(?: (?:di|a|ay|nha|nhe|do|nay|dau|em|ban|oi|luon|nghen|hi))*"
)
#: A part of what was given is set right, and the whole is not said again.
_MISTYPED = {"bhxh_code": "mistyped", "contact": "mistyped_contact"}
_PART = re.compile(
    r"(?:^|[\s,])(?:\.(?:com|vn|net)|@?(?:gmail|yahoo|icloud|hotmail|outlook))\b.{0,12}\b(?:chu|moi dung|ma|nha|nhe)\b"
    r"|\b(?:so|chu|ky tu|duoi|dau)\b(?: \w+){0,2} (?:chot|cuoi|dau|giua|sau|cuoi cung|rot|thieu|du)\b(?: \w+){0,2} "
    r"(?:la|moi|phai)\b"
    r"|\b(?:thieu|du|thua|nham|sai|lon)(?: mat)? (?:mot|1|hai|2|ba|3|so|con|chu)(?: so| chu| ky tu| cham)?\b"
)
#: Not now: something else keeps the person.
_LATER = re.compile(
    r"^(?:(?:da|a|u|um|oi|thoi|ma) )*(?:khoan|tu tu|(?:cho|doi)(?= (?:\w+ )?(?:ti|xiu|chut|teo|lat)\b))"
    r"(?: (?:da|ti|xiu|chut|ty|teo|lat|em|minh|toi|tui|ban|nha|nhe))*"
    r"(?: (?:em|minh|toi|tui|bac|co|chu|dang|con|de) .*)?$"
    r"|\b(?:de|lat|chut|ti|xiu) (?:lat|nua|toi|mai|chut|ti|xiu|bua|khi|luc)\b.*"
    r" (?:lam|tinh|noi|nhan|quay|vo|vao|tiep)\b"
    r"|\bdang (?:ban|chay xe|lai xe|lam viec|hop|nau|giu con|ngoai duong|di duong|o ngoai)\b"
)
#: What the person will now do themselves: "để tôi hỏi kế toán".
_WILL = re.compile(
    r"(?:(?:da|u|um|uh|ok|oke|vang|thoi|the|vay|roi|a|cam on|duoc) )*de (?:em|minh|toi|tui|bac|co|chu|anh|chi|con"
    r"|chau|ba|ong|me)"
    r" (?:\w+ ){0,2}?(?:hoi|ra|ve|xem|thu|goi|tim|kiem|noi|nho|di|chay|coi|len|qua|suy nghi|tinh)\b.*"
)
#: Whoever was harsh takes it back.
_SORRY = re.compile(
    r"\bbo qua (?:cho|nghe|nhe|nha|nghen|nhen|di nha)\b|\b(?:nay|luc nay|hoi nay)\b.{0,12}\bnong (?:qua|tinh)\b"
    r"|\b(?:cho|cho phep) (?:em|minh|toi|tui|bac|co|anh|chi) xin loi\b"
    r"|^(?:da )?xin loi (?:nha|nhe|nghe|ban|em|shop|ad)\b"
)
#: "Now my husband", once one person's matter is done.
_NEXT_PERSON = re.compile(
    r"(?:(?:da|u|um|ok|oke|roi|xong|vay|the|gio|bay gio|tiep|tiep theo|con|nua|lai|la|thi|minh|em|a) )*"
    r"(?:(?:toi|den|qua|sang|lam|giup|cho|cua|luot|phan|cai) )+(?:cua |cho |luot )?"
    r"(?:vo|chong|bo|ba|cha|me|ma|tia|ong|anh|chi|em|con|chau|co|chu|bac|nguoi|ban|dong nghiep|so)"
    r"(?: (?:trai|gai|noi|ngoai|xa|nha|thu|hai|ba|tiep theo|kia|nay|do|nua|truoc|em"
    r"|toi|tui|minh|chi|anh|con|nhe|nha|a|di|luon))*"
)


_AND_THEY = re.compile(
    r"(?:the |vay |a |roi )?con (?:ba|bo|cha|me|ma|tia|ong|chong|vo|anh|chi|em|ba noi|ba ngoai)(?: \w+){0,3}?"
    r" (?:thi sao|sao|thi the nao|nua|cung (?:quen|mat|vay|the|khong|chua))\b"
)


def question_for_staff(raw: Raw, state: State) -> Decision | None:
    """While the person writes a question for staff, whatever it says is that question."""
    return read_alone(raw, "question_for_staff") if state.slot == "question" else None


def gives_choices(raw: Raw, state: State) -> Decision | None:
    """Several accounts, or several contacts of one: the form asks which, nobody chooses in silence."""
    if "choices" not in raw.entities or state.slot == "question":
        return None
    label = "inform" if state.form == RESET_FORM else _RESET
    return Decision(label, 1.0, "gives_choices", "reset", act="answers")


def names_whose(raw: Raw, state: State) -> Decision | None:
    """ "Của em ạ", "làm cho vợ trước": the account of that person, among those that are open."""
    if not state.choices or IDENTIFIERS & set(raw.entities) or not _CHOOSES.fullmatch(raw.plain):
        return None
    place = kin.place_of(state.choices, kin.person_in(raw.plain))
    return Decision(f"pick_{place}", 1.0, "names_whose", "reset", act="answers") if place else None


def gives_several_codes(raw: Raw, state: State) -> Decision | None:
    """Codes of several people at once: one account a time, and none is chosen in silence."""
    given = [name for name in raw.entities if name in IDENTIFIERS]
    if len(given) < 2 or set(given) != {"bhxh_code"}:
        return None
    return Decision("tells", 1.0, "gives_several_codes", "reset", act="tells")


def gives_numbers(raw: Raw, state: State) -> Decision | None:
    """Numbers and addresses go to the form; where the talk is of getting in, they begin it."""
    if not IDENTIFIERS & set(raw.entities):
        # What is no number of ours is for the form to say, not a question.
        bare = state.form == RESET_FORM and _DIGITS.fullmatch(raw.text.strip())
        return Decision("inform", 0.5, "gives_numbers", act="answers") if bare else None
    label, confidence = best(raw)
    if state.topic == "dead_relative" and "for_dead" in state.facts and not state.form:
        return Decision("tells", 0.9, "gives_numbers_of_the_dead", "dead_relative", act="tells")
    asks = asks_side(raw, FACET_SURE) and best_facet(raw)[0] != "how" and raw.words > 6
    if state.form == RESET_FORM:
        stays = label in SMALL_TALK or label == _RESET or not asks
        return Decision("inform", max(confidence, 0.5), "gives_numbers", act="answers") if stays else None
    whole = "bhxh_code" in raw.entities and bool({"phone", "email"} & set(raw.entities))
    offered = f"#{_RESET}" in state.offered and raw.words <= SHORT
    if whole and (offered or ("password" in raw.subjects and not state.danger)) and not (state.form or asks):
        return Decision(_RESET, max(confidence, 0.5), "gives_numbers_for_reset", "reset", act="answers")
    wants = best_topic(raw)[0] in (_RESET, "faq/for_relative") and best_facet(raw)[0] in (NONE, "how", "not_working")
    wants = wants or bool("bhxh_code" in raw.entities and _WANTS_IT.search(raw.plain) and not asks)
    wants = wants or ("bhxh_code" in raw.entities and "password" in raw.subjects and not asks and not state.danger)
    # Amid a talk a code alone is given for nothing else; as a first message it is asked what for.
    alone = bool(state.topic) and "bhxh_code" in raw.entities and raw.words <= _SAYS_NO_MORE and not asks
    speaks_of_it = alone or state.topic in ACCESS or bool(state.facts & situation.STEERING)
    goes_on = speaks_of_it and (label in SMALL_TALK or not asks)
    if state.form or not (wants or goes_on):
        return None
    return Decision(_RESET, max(confidence, 0.5), "gives_numbers_for_reset", "reset", act="answers")


def names_it_alone(raw: Raw, state: State) -> Decision | None:
    """ "Quên", "mật khẩu": a piece of a sentence that can only be about the one thing we are here for."""
    rest = raw.subjects - (_OF_A_PASSWORD if "password" in raw.subjects else _OF_AN_ACCOUNT)
    if state.form or state.open or raw.words > 3 or rest or not raw.subjects & {"forget", "password"}:
        return None
    whole = "password" in raw.subjects and bool(raw.subjects & {"forget", "recover"})
    if asks_side(raw, FACET_SURE) and not whole:
        return None
    return Decision(_RESET, 0.6, "names_it_alone", "reset")


def stops(raw: Raw, state: State) -> Decision | None:
    """A stop while a form, a guide or the advice leads, or somebody waits for a person."""
    label, confidence = best(raw)
    led = is_led(state) or "waiting_person" in (state.topic, *state.situations)
    takes_leave = label in ("thank", "goodbye") and "stop" in raw.subjects  # "thôi để mai em làm, cảm ơn"
    if not led or not (label == "cancel" or takes_leave) or confidence < COMMAND or asks_yes_or_no(raw):
        return None
    if not only_stops(raw):
        return None
    if raw.words > _SAYS_NO_MORE and asks_side(raw, OBVIOUS) and GOES_THERE.search(raw.plain):
        return about("faq/office", *best_facet(raw), "stops_for_the_office")
    own = raw.own(ASIDES[state.slot]) if state.slot in ASIDES else None
    if own and own.likeness >= (OWN_HERE if confidence < BEYOND_DOUBT else BEYOND_DOUBT):  # "wait a moment" is no stop
        return None
    return Decision("cancel", confidence, "stops", act="answers")


def switches_language(raw: Raw, state: State) -> Decision | None:
    """ "I cannot read English", "please write Vietnamese": the other language, whatever is open."""
    label, confidence = best(raw)
    if not label.startswith("switch_to_") or confidence < raw.threshold:
        return None
    return Decision(label, confidence, "switches_language", act="answers")


def begins_what_is_offered(raw: Raw, state: State) -> Decision | None:
    """ "Vậy bắt đầu đi", "làm luôn đi": the reset, where an answer has just offered it."""
    if is_led(state) or raw.words > _SHORT_COMMAND or f"#{_RESET}" not in state.offered or asks_leave(raw):
        return None
    begins = english.begins(raw.plain) if raw.language == "en" else _BEGIN.search(raw.plain)
    few = raw.words <= _MORE_THAN_STOP + 1 and not asks_whether(raw)
    if not begins or (not few and asks_side(raw, FACET_SURE) and best_facet(raw)[0] != "next_step"):
        return None
    return Decision(_RESET, 0.8, "begins_what_is_offered", "reset", act="answers")


def wants_it_now(raw: Raw, state: State) -> Decision | None:
    """ "Reset luôn đi", "thôi để tui lấy lại mật khẩu trước": amid another talk, and nothing of it is asked."""
    if is_led(state) or state.danger or raw.words > _SHORT_COMMAND:
        return None
    if raw.language == "en":
        return (
            Decision(_RESET, 0.8, "wants_it_now", "reset", act="answers") if english.wants_it_now(raw.plain) else None
        )
    if not _NOW.search(raw.plain):
        return None
    if raw.subjects & _NOT_THE_PASSWORD or (asks_side(raw, FACET_SURE) and best_facet(raw)[0] not in ("how", "where")):
        return None
    return Decision(_RESET, 0.8, "wants_it_now", "reset", act="answers")


def chooses_nth(raw: Raw, state: State) -> Decision | None:
    """ "Cái đầu", "số thứ hai", "cái cuối đi": of what was just offered to choose from, in its order."""
    listed = [payload.removeprefix("#") for payload in state.offered]
    picks = [name for name in listed if name.startswith(_PICK)]
    found = _NTH.fullmatch(raw.plain)
    if found is None or not (picks or state.open == "choice"):
        return None
    among = picks or [name for name in listed if is_topic(name)]
    last = found["last"] is not None
    place = len(among) if last else next(n for n, words in enumerate(_PLACES, 1) if re.fullmatch(words, found["nth"]))
    if not 1 <= place <= len(among):
        return None
    name = among[place - 1]
    return Decision(name, 0.9, "chooses_nth", "" if picks else talked_about(name), act="answers")


def corrects_a_part(raw: Raw, state: State) -> Decision | None:
    """ ".com chứ", "hai số chót là 23", while a form asks: the whole has to be written once more."""
    if state.slot not in ASIDES or gives_identifier(raw) or raw.words > _SHORT_COMMAND or asks_leave(raw):
        return None
    if not _PART.search(raw.typed):
        return None
    return about(ASIDES[state.slot], _MISTYPED[state.slot], 0.8, "corrects_a_part")


def _calls_in_vain(raw: Raw, state: State) -> bool:
    """Tells whether somebody without the SIM is about to call: nobody is let to pay for that with a nod."""
    return "call" in raw.subjects and bool(state.facts & {"no_phone", "cannot_call"})


def puts_off(raw: Raw, state: State) -> Decision | None:
    """ "Khoan đã em đang chạy xe", "để tôi hỏi kế toán": nothing is asked, and nothing ends that leads."""
    if raw.words > _SHORT_COMMAND or state.slot == "question" or gives_identifier(raw) or "?" in raw.text:
        return None
    if not (
        _LATER.search(raw.plain) or (state.topic and _WILL.fullmatch(raw.plain) and not _calls_in_vain(raw, state))
    ):
        return None
    if asks_leave(raw) or asks_whether(raw) or asks_side(raw, OBVIOUS):
        return None
    if state.slot in ASIDES:
        own = raw.own(ASIDES[state.slot])
        return None if own and own.likeness >= OWN_HERE else about(ASIDES[state.slot], "wait", 0.8, "puts_off")
    return None if is_led(state) else Decision("nod", 0.8, "puts_off", act="answers")


def apologises(raw: Raw, state: State) -> Decision | None:
    """ "Nãy nóng quá, bỏ qua nghe", "xin lỗi nha": a kind word back, and nothing ends."""
    if is_led(state) or state.open or raw.words > _SHORT_COMMAND or gives_identifier(raw) or asks_side(raw, OBVIOUS):
        return None
    if not _SORRY.search(raw.plain) or "?" in raw.text or asks_leave(raw) or asks_whether(raw):
        return None
    return Decision("nod", 0.8, "apologises", act="answers")


def next_person(raw: Raw, state: State) -> Decision | None:
    """ "Giờ tới chồng mình", once one reset has ended or where several people were named: the next one begins."""
    done = {"mail_sent", "reset_done", "no_email_on_record", "not_matched"} & {state.topic, *state.situations}
    if is_led(state) or not (done or state.facts & situation.PERSONS - situation.LASTING) or raw.words > _SHORT_COMMAND:
        return None
    if gives_identifier(raw) or not _NEXT_PERSON.fullmatch(raw.plain):
        return None
    return Decision(_RESET, 0.8, "next_person", "reset", act="asks")


def next_relative(raw: Raw, state: State) -> Decision | None:
    """ "Còn ba con thì sao, ba cũng quên luôn", after one relative's account: one after the other."""
    spoken = state.facts & situation.PERSONS - situation.LASTING or state.topic == "faq/for_relative"
    if is_led(state) or state.danger or not spoken or raw.words > _SHORT_COMMAND or gives_identifier(raw):
        return None
    if state.topic not in ACCESS or not _AND_THEY.match(raw.plain):
        return None
    return Decision("faq/for_relative", 0.8, "next_relative", "faq/for_relative", "several_at_once")


def takes_it_step_by_step(raw: Raw, state: State) -> Decision | None:
    """ "Chỉ em từng bước với": the guide, where an answer has just offered it."""
    guides = [name for payload in state.offered if (name := payload.removeprefix("#")).startswith(_GUIDE)]
    if len(guides) != 1 or is_led(state) or raw.words > SHORT:
        return None
    if not (_ONE_BY_ONE.search(raw.plain) or (raw.language == "en" and english.wants_each_step(raw.plain))):
        return None
    return Decision(guides[0], 0.8, "takes_it_step_by_step", state.topic, act="answers")


def goes_to_a_step(raw: Raw, state: State) -> Decision | None:
    """ "Quay lại bước 2", "lui một bước", while a guide leads: that step once more."""
    if state.open != "guide" or raw.words > _SHORT_COMMAND or "?" in raw.text or asks_leave(raw):
        return None
    if best_facet(raw)[0] == "not_working" and asks_side(raw, OBVIOUS):
        return None  # "bước 2 bị lỗi rồi"
    if _BACK.search(raw.plain):
        return Decision("step_done", 0.9, "goes_to_a_step", state.topic, step=-1, act="answers")
    number = number_named(_GOES_TO.search(raw.plain))
    return Decision("step_done", 0.9, "goes_to_a_step", state.topic, step=number, act="answers") if number else None


def asks_to_skip(raw: Raw, state: State) -> Decision | None:
    """ "Bước này bỏ luôn được không", while a guide leads: what else can be done where the step does not go."""
    if state.open != "guide" or raw.words > _SHORT_COMMAND or not asks_leave(raw) or not _SKIPS.search(raw.plain):
        return None
    return Decision("step_failed", 0.8, "asks_to_skip", state.topic, act="answers")


def says_how_the_step_went(raw: Raw, state: State) -> Decision | None:
    """ "Mở trang đó rồi nè", while a step of a guide is open: it is done."""
    if state.open != "guide" or raw.words > _SHORT_COMMAND:
        return None
    if not (english.step_is_done(raw.plain) if raw.language == "en" else _STEP_DONE.fullmatch(raw.plain)):
        return None
    return Decision("step_done", 0.8, "says_how_the_step_went", state.topic, act="answers")


def answers_advice(raw: Raw, state: State) -> Decision | None:
    """What is told of one's situation answers the question of the advice as well as yes or no does."""
    if state.open != "advice":
        return None
    no, yes = situation.ADVICE.get(state.slot, ("", ""))
    told = situation.told(raw)
    if no and no in told:
        return Decision("deny", raw.facts[no], "answers_advice", act="answers")
    if yes and yes in told:
        return Decision("affirm", raw.facts[yes], "answers_advice", act="answers")
    return None


def answers_question_of_row(raw: Raw, state: State) -> Decision | None:
    """Yes or no, or words that say as much, to what a text for people asked at its end."""
    if not state.asks or state.open != "yes_no" or raw.words > STORY:
        return None
    label, confidence = best(raw)
    subject, no = situation.ASKED[state.asks]
    has_it = situation.has(raw, subject)
    if no and no in situation.told(raw):
        return Decision("tells", raw.facts[no], "answers_question_of_row", state.topic, act="tells")
    denies = label == "deny" and confidence >= raw.threshold and not has_it and not asks_whether(raw)
    if denies or situation.lacks(raw, subject):
        if no:
            return Decision("tells", confidence, "denies_question_of_row", state.topic, act="tells")
        return Decision("faq/office", confidence, "denies_question_of_row", "faq/office", act="answers")
    if (label == "affirm" and confidence >= raw.threshold) or (has_it and not asks_leave(raw)):
        return Decision("affirm", confidence, "affirms_question_of_row", act="answers")
    return None


def has_the_mailbox(raw: Raw, state: State) -> Decision | None:
    """ "Có mail, hồi đó cty bắt khai", where a SIM is gone: then the reset can begin, whatever was said in between."""
    if is_led(state) or state.danger or state.topic not in ACCESS or not state.facts & {"no_phone", "abroad"}:
        return None
    if raw.language == "en":
        has_it = english.has_mailbox(raw.plain)
    else:
        has_it = bool(_HAS_MAIL.match(raw.plain)) and situation.has(raw, "email")
    if not has_it or "?" in raw.text or raw.words > STORY:
        return None
    if asks_leave(raw) or asks_whether(raw) or situation.told(raw) & {"no_email", "employer_email"}:
        return None
    return Decision(_RESET, 0.8, "has_the_mailbox", "reset", act="answers")


def _asks_more(raw: Raw) -> bool:
    """Tells whether more is asked than what to do without the contact that is gone."""
    return asks_side(raw, FACET_SURE) and best_facet(raw)[0] not in ("if_no_email", "if_no_phone")


def asks_to_change(raw: Raw, state: State) -> Decision | None:
    """ "Đổi số đăng ký ngay cho tôi", while the form asks for it: how that is done; it does not say that it is gone."""
    label, confidence = best(raw)
    if state.slot != "contact" or label not in _CHANGES or confidence < OWN_HERE or raw.entities:
        return None
    if not _CHANGE.search(raw.plain) or _CHANGED.search(raw.plain):
        return None
    return Decision(label, confidence, "asks_to_change", label, "how")


def answers_slot(raw: Raw, state: State) -> Decision | None:
    """What is told while a form asks: both contacts lost, or the code not known."""
    if state.form != RESET_FORM:
        return None
    told = situation.told(raw)
    if state.slot == "contact" and told and {"no_email", "no_phone"} <= situation.merged(state.facts, told):
        return Decision("lost_contact", 0.9, "answers_slot", "reset", act="answers")
    lost = english.is_gone(raw.plain) if raw.language == "en" else bool(_GONE.match(raw.plain))
    if state.slot == "contact" and raw.language != "en" and _FORGOTTEN.fullmatch(raw.plain):
        return Decision("lost_contact", 0.8, "answers_slot", "reset", act="answers")
    if state.slot == "bhxh_code" and raw.words <= _SAYS_NO_MORE and lost and not has_subject(raw):
        return Decision("faq/find_bhxh_code", 0.7, "answers_slot", "form_code", "no_code_at_all")
    if state.slot == "contact" and raw.words <= SHORT and lost:
        return Decision("faq/lost_phone", 0.7, "answers_slot", "form_contact", act="answers")
    if state.slot == "contact" and told & {"no_email", "no_phone"} and not _asks_more(raw):
        gone = "faq/lost_phone" if "no_phone" in told else "deny"
        return Decision(gone, 0.8, "answers_slot", "form_contact", act="answers")
    if state.slot == "bhxh_code" and "no_code" in told and best_facet(raw)[0] != "safe":
        return Decision("faq/find_bhxh_code", raw.facts["no_code"], "answers_slot", "form_code")
    return None


def _chosen(raw: Raw, state: State) -> Decision | None:
    """Returns what was offered and is meant by words that stop something, too: "hủy cái cũ"."""
    label, confidence = best_topic(raw)
    if raw.words < _MORE_THAN_STOP or f"#{label}" not in state.offered:
        return None
    return Decision(label, max(confidence, 0.5), "chooses_offered", talked_about(label))


def answers_what_is_open(raw: Raw, state: State) -> Decision | None:
    """Yes, no and stop mean something only while something is asked."""
    label, confidence = best(raw)
    if label not in ("affirm", "deny", "cancel") or confidence < raw.threshold or asks_leave(raw):
        return None
    if asks_whether(raw) and label != "affirm":
        return None
    if label in ("affirm", "cancel") and wonders(raw):
        return None
    if label == "cancel" and (chosen := _chosen(raw, state)):
        return chosen
    if label == "cancel" and not only_stops(raw):
        return None
    plain = state.open == "slot" and label != "cancel" and confidence >= COMMAND and raw.words <= _SAYS_NO_MORE
    asks = asks_side(raw, FACET_SURE if state.open else FACET_LIKELY) and (has_subject(raw) or state.topic)
    if asks and not plain:
        return None
    if label == "cancel":
        return Decision("cancel", confidence, "stops", act="answers")
    if state.open == "confirm":
        return Decision("erase_now" if label == "affirm" else "deny", confidence, "answers_confirm", act="answers")
    if state.open == "choice":
        return Decision("which_one" if label == "affirm" else "deny", confidence, "answers_choice", act="answers")
    if state.open:
        return Decision(label, confidence, f"answers_{state.open}", act="answers")
    return None
