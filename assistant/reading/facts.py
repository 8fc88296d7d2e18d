"""What a person tells of their situation, over a conversation."""

from __future__ import annotations

import re

from assistant.reading import deception, english
from assistant.reading.model import Raw, once

#: From this probability a fact counts as told; condolences to the living are worse than a question more.
TOLD = 0.6
_TOLD_OF = {"for_dead": 0.7, "remembers_password": 0.7, "several_people": 0.5, "for_parent": 0.7, "scam_done": 0.85}
#: Where the words name the loss itself, less is enough.
_NAMED = 0.35
#: Facts that decide the way back into an account.
STEERING = frozenset(
    ["no_email", "no_phone", "has_vneid", "abroad", "cannot_call", "for_parent", "for_child", "for_dead",
     "several_people", "employer_email", "locked", "no_code", "remembers_password"]
)  # fmt: skip
#: Facts that go on deciding although they were told before: nobody resets the account of somebody who has died.
LASTING = frozenset({"for_dead"})
#: For whom the talk is; one person is not the other.
PERSONS = frozenset({"for_parent", "for_child", "for_dead", "several_people"})
#: The question of the advice -> the facts that mean no and yes to it.
ADVICE = {
    "mailbox": ("no_email", ""),
    "sim": ("no_phone", ""),
    "code": ("no_code", ""),
    "vneid": ("", "has_vneid"),
    "password": ("", "remembers_password"),
}
#: What a text for people asks -> the words for it, and the fact that means no.
ASKED = {"email": ("email", "no_email"), "sim": ("phone", "no_phone"), "vneid": ("vneid", "")}
_WORDS = {
    "email": r"(?:email|mail|gmail|hop thu)",
    "phone": r"(?:sim|so dien thoai|so cu|so do|dien thoai|so)",
    "vneid": r"(?:vneid|dinh danh|muc 2)",
}
_HAS = {
    subject: re.compile(rf"\b(?:co|con|van con|van dung|nho)\b(?: \w+){{0,3}} {words}\b|{words}\b(?: \w+){{0,3}} con\b")
    for subject, words in _WORDS.items()
}
_NOT = re.compile(r"\b(?:khong|chua|chang|dau|mat|quen|het|hong|bo|khoa|lam gi)\b")
#: The number is still the person's: "sim cũ còn xài", "máy vẫn cầm", "giữ nguyên số".
_IN_USE = re.compile(
    r"(?<!khong )(?<!chua )(?<!chang )(?<!het )(?<!ko )(?<!hong )"
    r"\b(?:(?:con|van|van con|dang|van dang) (?:xai|dung|cam|giu|su dung|hoat dong|lap|mo may)|giu nguyen so)\b"
    r"|\b(?:sim|so)\b(?: (?:thi|em|minh|toi|tui|van|do|nay|cua|me|bo|ba|ma|chong|vo|no|cu)){0,4}"
    r" con(?: ma| nha| nhe| a| do)?$"
)
_SIM_GONE = re.compile(
    r"\bsim\b(?: (?!con\b|van\b|neu\b)\w+){0,6} (?:mat|gay|hong|bi khoa|bi thu hoi|bi cat)\b"
    r"|\b(?:mat|vut|bo) (?:cai |mat )?sim\b"
)
#: Words for a phone near words for what is no more.
_GONE_WORDS = r"(?:mat|hong|gay|bo|vut|khoa|cat|doi|het|khong|chua|thu hoi|huy|roi|quen|dut|hu|lay lai|nguoi khac)"
_PHONE_GONE = re.compile(
    rf"\b{_GONE_WORDS}\b(?: \w+){{0,3}} (?:sim|so|dien thoai|sdt|dt|may)\b"
    rf"|\b(?:sim|so|dien thoai|sdt|dt|may)\b(?: \w+){{0,4}} {_GONE_WORDS}\b"
)
_DOUBTLESS = 0.8
_NUMBER = re.compile(r"\b(?:sim|so|sdt)\b")
_NO_VNEID = re.compile(
    r"\b(?:khong|chua|chang|hong|ko|k) (?:co |lam |dung |biet )?vneid\b"
    r"|\bvneid\b(?: \w+){0,3} (?:khong|chua|hong|ko|k) (?:co|lam|dung|biet)\b"
)
_OF_THEIR_CHILD = re.compile(
    r"\bcon (?:(?:em|toi|tui|minh|chi|anh|co|trai|gai|nho|be|ut|lon|dau|nam nay|chau) ){0,3}(?:(?:moi|duoc|nay) )?"
    r"(?:\d{1,2}|mot|hai|ba|bon|nam|sau|bay|tam|chin|muoi) ?(?:tuoi|thang tuoi|thang|t)\b"
    r"|\b(?:con|chau|be) (?:moi|so) sinh\b"
)
#: What is told beyond doubt by its own words.
_CERTAIN = {"for_child": TOLD, "for_dead": 1.0, "several_people": 1.0}
#: Without one of these words nobody says that they cannot make a call.
_CANNOT = re.compile(r"\b(?:khong|ko|k|hong|chang|chua|kho|ngai|so|diec|cam|ngong|lang|khiem|nghe|noi|benh|yeu)\b")
#: Nor that they know their password without one of these.
_REMEMBERS = re.compile(r"\b(?:nho|biet|thuoc|mat khau|mk|mat ma|pass|password|vao duoc|vo duoc|dang nhap)\b")
#: To have or know no password, as an expression of its own.
KNOWS_NONE = r"(?:chua|khong|chang|hong) (?:co|con|nho|biet|lay duoc)(?: \w+){0,2} (?:mat khau|mk|pass|password)\b"
_KNOWS_NONE = re.compile(rf"\b{KNOWS_NONE}")
_THINGS = (
    r"(?:the|so|giay|giay to|sim|dien thoai|dt|may|e?mail|gmail|ma|ma so|cccd|can cuoc|vi|bop|tien|tai khoan|mat khau"
    r"|mk)"
)
#: A thing is lost: of people the same word says that they have died.
_LOST = re.compile(rf"\b{_THINGS}\b(?: \w+){{0,3}} mat\b|\bmat (?:\w+ )?{_THINGS}\b")
_DIED = re.compile(
    r"\b(?:ba|bo|cha|me|ma|ong|chong|vo|anh|chi|em|con|chau|nguoi|than|co|chu|bac|di|cau|no)(?: \w+){0,2} mat\b"
    rf"(?! (?:\w+ )?{_THINGS}\b)"
    r"|\b(?:qua doi|chet|khai tu|chung tu|tu tran|hy sinh|mai tang|dam tang|nam xuong|khuat)\b"
)
#: Somebody of the family, and no word for oneself or for whom one speaks to.
_RELATIVE = (
    r"(?:vo|chong|bo|cha|me|tia|than phu|than mau|(?:ong|ba) (?:noi|ngoai|xa|nha|gia|em|toi|tui|minh)"
    r"|(?:con|em) (?:trai|gai)|(?:anh|chi) (?:trai|gai|hai|ba|tu|ruot|re|dau)|bac (?:nha|ay|\w+ ve))"
)
_NOT_THEM = (
    r"(?:quen|lam|danh|de|roi|xoa|nho|lo|the|so|giay|sim|dien|thoai|dt|may|e?mail|gmail|ma|cccd|can|cuoc|bop|tien|khoan"
    r"|mat|mk|app)"
)
#: "Vợ em mới mất", "con trai tôi mất vì bệnh": said in so many words, of a person.
_HAS_DIED = re.compile(
    rf"\b(?P<who>{_RELATIVE})\b(?: (?!{_NOT_THEM}\b)\w+){{0,7}}"
    rf" (?:mat (?:vi|do|tu|hoi|hom|nam|thang|cach|dot ngot|trong|xong)"
    rf"|(?:moi|vua|da|khong may|chang may|roi) mat(?! khau\b| ma\b)"
    rf"|mat (?:duoc|gan|cung|hon)? ?\d+ (?:ngay|tuan|thang|nam)|mat (?:roi|luc))\b"
    rf"(?! (?:\w+ )?{_THINGS}\b)"
)
#: How relatives are written whose names without accents are other words, too: "bỏ", "mẻ", "chống".
_WRITTEN = {"bo": "bố", "me": "mẹ", "vo": "vợ", "chong": "chồng", "tia": "tía"}
#: With its accents "má" is a mother, "bà", "ổng", "ảnh" somebody else.
_HAS_DIED_TYPED = re.compile(
    r"\b(?:má|mạ|mẹ|bà|ổng|bả|ảnh|ông|bố|cha|tía|vợ|chồng)(?: (?!quên|làm|đánh|bị|để|rơi)\w+){0,3}"
    r" (?:mới |vừa |đã )?mất (?:rồi|được|hồi|hôm|năm|tháng|vì|do|tuần|cách|\d+ \w+|(?:một|hai|ba|bốn|mấy|nửa)"
    r" (?:hôm|bữa|ngày|tuần|tháng|năm))\b"
)
#: "Cả ba lẫn má", "hai ông bà", "cả tổ em": for more than one.
_BOTH = re.compile(
    r"\bca (?:\w+ ){1,2}lan\b|\b(?:hai|ca hai|ca) (?:ong ba|ba ma|bo me|cha me|me con|vo chong|bame|anh em|chi em)\b"
)
#: "Cho 3 nhân viên bên mình", "mật khẩu của mấy bạn trong tổ": whoever speaks is none of them.
_OF_SEVERAL = re.compile(
    r"\b(?:cho|cua|giup|ho|gium) (?:ca )?(?:hai|ba|bon|nam|sau|bay|tam|chin|muoi|chuc|may|nhieu|cac|nhung|vai|\d+)"
    r" (?:\w+ )?(?:nhan vien|cong nhan|nguoi (?:trong|ben|o|duoi|moi|lam)|lao dong|dong nghiep"
    r"|dua (?:trong|ben|o|duoi|em)"
    r"|(?:ban|em|anh|chi) (?:trong|ben|o|duoi|quen|bi|chua|moi|nhan|cong|lam))\b"
)
#: "3 anh thợ quên hết mật khẩu", "mấy bạn công nhân".
_WORKERS = re.compile(
    r"\b(?:hai|bon|nam|sau|bay|tam|chin|muoi|chuc|may|nhieu|cac|nhung|vai|\d+) (?:(?:anh|chi|em|ban|co|chu|bac|nguoi"
    r"|dua) ){1,2}?"
    r"(?:tho|cong nhan|nhan vien|lao dong|dong nghiep|phu ho|cong nhat)\b"
)
_SEVERAL = re.compile(rf"{_BOTH.pattern}|{_OF_SEVERAL.pattern}|{_WORKERS.pattern}")
_SAYS_SO = {"no_phone": _SIM_GONE, "for_child": _OF_THEIR_CHILD, "for_dead": _HAS_DIED, "several_people": _SEVERAL}
#: What is told only where one of these words is said.
_NEEDS = {
    "several_people": re.compile(
        r"\b(?:hai|ba|bon|nam|sau|bay|tam|chin|muoi|chuc|may|nhieu|moi|tung|ca|cac|nhung|tui|bon|vai|\d+) ?(?:\w+ )?"
        r"(?:nguoi(?! ta\b)|vo chong|anh em|chi em|anh chi|ong ba|bo me|ba me|me con|cha con|cong nhan|nhan vien|dua|ca"
        r"|ma so|tai khoan|nha|to|lop|xuong|phong|lao dong|nhan khau|doi)\b"
        r"|\b(?:hai|bon|nam|sau|bay|tam|chin|muoi|chuc|nhieu|cac|nhung|\d+) (?:ban|em|chau|con|bac|chi|anh|co)\b"
        r"|\b(?:danh sach|lan luot|dong loat|hang loat|vo chong|ba me|bo me|bame|ong ba|"
        r"(?:voi|va|lan) (?:vo|chong|me|bo|ba|ma|con))\b"
    ),
    "employer_email": re.compile(
        r"\b(?:cong ty|cty|co quan|sep|nhan su|ke toan|(?:cho|noi|ben) lam|hr|chu cu|don vi|xi nghiep|xuong"
        r"|to chuc|doanh nghiep|nha may|van phong|truong|cho cu)\b"
    ),
    "for_dead": re.compile(rf"{_DIED.pattern}|\b(?:nguoi|da|moi|vua|luc|khi|ngay) mat\b(?! (?:\w+ )?{_THINGS}\b)"),
    "has_vneid": re.compile(r"\b(?:vneid|dinh danh|muc (?:2|hai)|vnid|vne)\b"),
}
#: What an employer may have put into an account, or made.
_HOLDS_AN_ACCOUNT = re.compile(r"\b(?:e?mail|gmail|thu|hop thu|dang ky|dk|lap|tao|lam|dung|khai|so|tai khoan|tk|cap)\b")
#: An elder who speaks to "cháu" or "con" says "bà", "bác" of themselves; of a relative, something of this.
_TO_THE_YOUNG = re.compile(
    r"\b(?:chau|con) (?:a|oi|nhe|nha|nghen|nay|nhi|ha)\b|\b(?:chao|nho|cam on|hoi|giup) (?:chau|con)\b"
)
_ELDER = re.compile(r"\b(?:ba|ong|bac|co|chu|di|cau|thim|mo|o)\b")
_A_RELATIVE = re.compile(
    r"\b(?:cua|cho|giup|gium|ho) (?:ba|ong|bac|bo|cha|me|ma|chong|vo)\b|\b(?:ba|ong) (?:nha|xa|nha bac|lao|cu)\b"
    r"|\b(?:chong|vo|me|ma|bo|cha|tia|u|bam)\b"
)
_FEW = 9
_OPPOSITE = {"no_email": "email", "no_phone": "phone"}


def has(raw: Raw, subject: str) -> bool:
    """Tells whether the message says that the person has it ("em có email", "sim vẫn còn"), without a no in it."""
    if raw.language == "en":
        return english.has(raw.plain, subject)
    if subject == "phone" and _IN_USE.search(raw.plain):
        return True
    return bool(_HAS[subject].search(raw.plain)) and not _NOT.search(raw.plain)


def uses_number(raw: Raw) -> bool:
    """Tells whether the message says that the number is still in use ("sim đó vẫn xài")."""
    if raw.language == "en":
        return english.uses_number(raw.plain)
    return bool(_IN_USE.search(raw.plain)) and bool(_NUMBER.search(raw.plain))


def lacks(raw: Raw, subject: str) -> bool:
    """Tells whether a short message names it together with a no ("mình chưa làm mức 2")."""
    if raw.language == "en":
        return raw.words <= _FEW and english.lacks(raw.plain, subject)
    return raw.words <= _FEW and bool(re.search(rf"\b{_WORDS[subject]}\b", raw.plain) and _NOT.search(raw.plain))


def _is_an_elder(plain: str) -> bool:
    """Tells whether the speaker calls themselves "bà", "bác", and speaks of nobody else."""
    of_themselves = _TO_THE_YOUNG.search(plain) and _ELDER.search(plain)
    return bool(of_themselves) and not _A_RELATIVE.search(plain)


def _is_of_a_relative(raw: Raw) -> bool:
    """Tells whether who is said to have died is named as people write it: with accents "bỏ" is no father."""
    typed = raw.text.lower()
    names = {_WRITTEN.get(found["who"], "") for found in _HAS_DIED.finditer(raw.plain)}
    return typed.isascii() or any(name in typed for name in names)


@once
def told(raw: Raw) -> frozenset[str]:
    """Returns the facts that the message tells; of the persons it may be about, the likeliest alone."""
    named = {fact for fact, words in _SAYS_SO.items() if words.search(raw.plain)}
    if "for_dead" in named and not _is_of_a_relative(raw):
        named.discard("for_dead")
    if _LOST.search(raw.plain.replace(" mat vi ", " mat do ")):  # "vì", not "ví", where somebody has died
        named.discard("for_dead")
    if _HAS_DIED_TYPED.search(raw.text.lower()):
        named.add("for_dead")
    likely = {
        fact: p for fact, p in raw.facts.items() if p >= (_NAMED if fact in named else _TOLD_OF.get(fact, TOLD))
    } | {fact: _CERTAIN[fact] for fact in named & _CERTAIN.keys()}
    # A death outweighs what is as sure; sets have an order of their own in every process.
    persons = sorted(likely.keys() & PERSONS, key=lambda fact: (-likely[fact], fact not in LASTING, fact))
    denied = {fact for fact, subject in _OPPOSITE.items() if fact in likely and has(raw, subject)}
    if raw.language == "en":
        return frozenset(likely) - set(persons[1:]) - denied - english.denied(raw.plain)
    denied |= {fact for fact, words in _NEEDS.items() if fact in likely.keys() - named and not words.search(raw.plain)}
    if "several_people" in named:  # whoever asks for them works there, too
        denied.add("employer_email")
    if not _HOLDS_AN_ACCOUNT.search(raw.plain):  # whoever works for a company speaks of it, too
        denied.add("employer_email")
    if likely.get("no_phone", 0.0) < _DOUBTLESS and "no_phone" not in named and not _PHONE_GONE.search(raw.plain):
        denied.add("no_phone")
    if _NO_VNEID.search(raw.plain):
        denied.add("has_vneid")
    if not _CANNOT.search(raw.plain):
        denied.add("cannot_call")
    if not _REMEMBERS.search(raw.plain):
        denied.add("remembers_password")
    if _LOST.search(raw.plain) and "for_dead" not in named and not _DIED.search(raw.plain):
        denied.add("for_dead")
    if _is_an_elder(raw.plain):
        denied.add("for_parent")
    if _KNOWS_NONE.search(raw.plain):
        denied.add("remembers_password")
    if deception.nothing_was_given(raw.plain) or not deception.names_a_deed(raw.text, raw.plain):
        denied.add("scam_done")
    return frozenset(likely) - set(persons[1:]) - denied


#: Another person than the one spoken of, or one who lives.
_ANOTHER = re.compile(
    r"^(?:con|the con|vay con|a con) (?:ba|bo|cha|me|ma|ong|chong|vo|anh|chi|em)\b"
    r"|\b(?:con song|con khoe|van khoe|con manh)\b"
)


def merged(before: frozenset[str], now: frozenset[str], raw: Raw | None = None) -> frozenset[str]:
    """Returns what is known after the message: another person's matter takes the place of the one before.

    A parent who has died stays so, however the talk goes on about them.
    """
    words = raw.plain if raw is not None else ""
    another = bool(_ANOTHER.search(words))
    if raw is not None and raw.language == "en":
        another = english.is_another_person(words)
    if another and "for_dead" in before:
        return before - PERSONS | (now - {"for_dead"} if "for_dead" not in now else now - {"for_dead"} | {"for_parent"})
    if "for_dead" in before and now & PERSONS == {"for_parent"}:
        return before | now - {"for_parent"}
    return (before - PERSONS if now & PERSONS else before) | now
