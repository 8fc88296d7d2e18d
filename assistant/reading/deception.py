"""Words about deceivers: what they want, whether something was given; read without accents, shorthand written out."""

from __future__ import annotations

import re

from assistant.reading import english

_GAVE = (
    r"(?:doc|dua|gui|bam|nhan|an|nhap|chuyen|cai|tai|khai|dien|chup|bank|ck|cho|noi|dang nhap|lam theo"
    r"|click|mo|quet|coc|dong)"
)
_DID = re.compile(
    rf"\b{_GAVE}\b(?: \w+){{0,6}}? (?:roi|(?<!tien )mat(?! khau)|xong|het(?! han)|luon)\b"
    rf"|\b(?:lo|trot|da|vua)(?: \w+){{0,2}} {_GAVE}\b"
)
_APPROACH = re.compile(
    r"\b(?:goi|nhan tin|nhan|nt|inbox|ket ban|(?:den|toi|vo|vao|ghe) (?:tung |tan )?nha)\b(?: \w+){0,8}?"
    r" (?:keu|xin|doi|bao|yeu cau|bat|hoi|moi|ru|bieu)\b(?: \w+){0,8}?"
    r" (?:doc|gui|chuyen|cai|bam|nop|dong|cung cap|chup|quet|otp|mat khau|tien|can cuoc|cccd|tich hop|xac nhan)\b"
    r"|(?:^|\b(?:ho|no|co nguoi|ai do|ben do|nguoi ta) )(?:keu|bao|yeu cau|doi|bat)(?: \w+){0,2}"
    r" (?:chuyen|nop|dat coc|coc)(?: \w+){0,6}? (?:phi|stk|so tai khoan|tien|\d+ ?(?:k|tr|trieu))\b"
)
_OFFERED = re.compile(
    r"\bco (?:mot |1 )?(?:nguoi|dua|ong|ba|thang|con|anh|chi|ben|trang|page|nick|shop|dich vu|cho|co)(?: \w+){0,5}?"
    r" (?:keu|bao|noi|yeu cau|doi|bat|hua|bieu|nhan|moi)(?: \w+){0,3}? (?:chuyen|nop|dat coc|coc|ck|tra|dua|bank|doc"
    r"|gui|bam)\b"
)
_NOT_DONE = re.compile(r"\b(?:chua|neu|dung|khong|cong an|ngan hang|chan|xoa|go|goi|bao)\b")
#: What the others want, as long as nothing says that it was done: "họ kêu gửi ảnh", "lỡ họ xin otp".
_THEY_ASK = re.compile(
    r"\b(?:ho|no|nguoi ta|tui no|bon no|chung no|ben (?:do|kia|ay)|dua (?:do|kia|nao)|thang (?:do|kia)|nhan vien"
    r"|can bo|ai do|ai|co nguoi|nguoi (?:do|kia|la))\b(?: \w+){0,5}?"
    r" (?:keu|xin|doi|hoi|bao|yeu cau|bat|nho|ru|muon|de nghi)\b"
)
#: Whether to, and whether it is true, is asked before anything is done.
_DOUBTS = re.compile(
    r"\b(?:co nen|nen khong|tin duoc|co that|that (?:hay|khong|hong|ha|a)|co lua|lua (?:khong|hong)|co phai lua"
    r"|thay nghi|(?:em|toi|minh|tui) nghi|nghi qua|nghi nghi|so bi lua|co duoc (?:\w+ )?khong"
    r"|(?:gui|dua|doc|lam|tai|cai|bam|nhap|mo|dung|quet|chuyen)(?: \w+){0,2} duoc (?:khong|hong))\b"
)
#: What others did: "họ cho xem ảnh khách làm xong rồi" is no deed of the person's.
_THEY_DID = re.compile(
    r"\b(?:ho|no|nguoi ta|ben (?:ho|do|kia|ay|no)|tui no|bon no|chung no)(?: (?:da|cung|con|lai|moi|tung|se)){0,2}"
    r" (?:cho|gui|dua|noi|nhan|goi|dang|mo)\b"
)
#: Deeds without accents, how they are written, and words that are like them then: "điện thoại" is not "điền".
_WRITTEN = {
    "cai": ({"cài"}, {"cái", "cãi", "cải"}),
    "dien": ({"điền"}, {"điện", "diện"}),
    "an": ({"ấn"}, {"ăn", "án", "ẩn", "an"}),
    "nhan": ({"nhắn", "nhấn", "nhận"}, {"nhân", "nhãn", "nhàn"}),
    "mo": ({"mở"}, {"mô", "mợ", "mơ", "mờ", "mổ"}),
    "tai": ({"tải"}, {"tại", "tài", "tái", "tai"}),
    "dong": ({"đóng"}, {"đồng", "đông", "động", "dòng"}),
    "noi": ({"nói"}, {"nơi", "nội", "nối", "nổi", "nồi"}),
    "doc": ({"đọc"}, {"dọc", "độc", "dốc"}),
    "bam": ({"bấm"}, {"bám"}),
}
#: Things that are done, too, and are no harm.
_ENDED_WELL = re.compile(
    r"\b(?:cup|tat|chan|xoa|block|tu choi)(?: (?:may|so|no|luon|cuoc goi)){0,2} roi\b|\b\w+ lan roi\b"
)
#: What the person did: "em đọc luôn", but not what they were told to do ("bảo em đọc").
_I_DID = re.compile(
    r"(?<!keu )(?<!bao )(?<!bat )(?<!xin )(?<!doi )(?<!nho )(?<!ru )(?<!hoi )(?<!cho )(?<!cau )(?<!bieu )(?<!co )"
    r"(?<!ben )"
    r"\b(?:em|minh|toi|tui|t|e|bac|ba|me|con|chau|ong|chong|vo|nen|roi|lien)"
    r"(?: (?:cung|no|lai|lien|moi|da|tin|nen)){0,2}"
    r" (?:doc|dua|gui|bam|nhap|chuyen|cai|khai|dien|chup|lam theo|nghe theo|nghe loi|tin (?:no|ho|loi)|ck|bank|quet)\b"
)
_NOT_YET = re.compile(
    r"\b(?:chua|khong)\b(?: \w+){0,2}"
    r" (?:doc|dua|gui|bam|nhap|chuyen|cai|lam theo|nghe theo|lam gi|mat gi|noi gi|khai|dien|chup)\b"
)
_DONE = re.compile(
    r"(?<!chua )\b(?:roi|da|trot|xong|mat (?:tieu|tiu|luon|tien)|het (?:tron|sach|roi)|lam theo|nghe theo)\b"
    r"|\blo\b(?! (?:ho|no|nguoi|ai|ma|nhu)\b)"
)
#: Words that name a deceiver, or what only one does, whatever was done.
_A_DECEIVER = (
    r"(?:lua|gia danh|gia mao|mao danh|hack|gat|(?:sap|mac) bay|ke gian|scam|thao tung|chiem|nguoi la|xung|apk"
    r"|bi tru|tru mat|mat sach|mat tien|cho thue)"
)
_SURELY_DECEIVERS = re.compile(rf"\b{_A_DECEIVER}\b")
#: Who deceives, and by what: without one of these, and without a deed, nobody was deceived.
_OF_DECEIVERS = re.compile(
    rf"\b(?:{_A_DECEIVER}|cong an|tien|trieu|link|duong dan|otp|dinh|can bo|nhan vien|stk|ung dung|cung cap|tra loi)\b"
)

_TO_THEM = re.compile(
    r"\bcho (?:\w+ )?(?:ho|no|nguoi (?:ta|la|do|khac)|ngta|ai|thang|con (?:do|kia)|dua|tui no|bon)\b|\b(?:lo|trot)\b"
)
_ONLY_CLICKED = re.compile(
    r"\b(?:bam|nhan|click|mo|vao|vo)\b(?: \w+){0,3} roi\b.*\bchua(?: \w+)?"
    r" (?:nhap|dien|lam|gui|cai|chuyen|khai|cho|dong)\b"
)
_WORD = re.compile(r"\w+")
#: Our own app is put on a phone by a grandchild, too.
_PUTS_OURS = re.compile(r"\b(?:cai|tai|mo)\b(?: \w+){0,4} (?:vssid|vneid)\b")

#: It is put on the phone, and the next thing is to get in: "cài xong rồi, đăng nhập nó báo sai".
_THEN_GETS_IN = re.compile(
    r"\b(?:cai|tai)\b(?: \w+){0,2} (?:roi|xong)\b.*\b(?:dang nhap|dang ky|tai khoan|vneid|vssid|mat khau)\b"
)
_THEY_GAVE = re.compile(r"\b(?:ho|no|nguoi ta|ai do|nguoi la|ben (?:do|kia|ay)) (?:gui|dua|cho|dan|bao cai|keu cai)\b")
#: What was sent to us, and to nobody who deceives.
_HERE = re.compile(
    r"\b(?:gui|dua|nhap|chup|noi|viet|go|nhan|quang|dang)\b(?: \w+){0,6}?"
    r" (?:(?:vao|vo|len|o|qua|trong) (?:day|nay|khung chat|chat|cuoc tro chuyen)|cho (?:ban|ad|bot|may|minh|shop))\b"
)


def was_given_here(plain: str, language: str = "vi") -> bool:
    """Tells whether what was sent went into this conversation ("lỡ gửi ảnh căn cước vô đây"); never in English."""
    if language == "en":
        return False
    return bool(_HERE.search(plain)) and not _OF_DECEIVERS.search(plain)


def got_ours(plain: str) -> bool:
    """Tells whether an app was installed that nobody gave, and the person now tries to get in."""
    return bool(_THEN_GETS_IN.search(plain)) and not (_THEY_GAVE.search(plain) or _SURELY_DECEIVERS.search(plain))


def names_a_deed(text: str, plain: str, language: str = "vi") -> bool:
    """Tells whether words of the person say that something was done, or surely speak of deceivers.

    In English any words may.

    Args:
        text: as it was typed: "cái" is no "cài".
        plain: the same without accents, shorthand written out.
        language: in which it is read.
    """
    if language == "en":
        return True
    typed, plain = text.lower(), _PUTS_OURS.sub("", plain)
    plain = _THEY_DID.sub("", _without_likenesses(typed, plain))
    if not typed.isascii() and "lỡ" not in typed:  # "lo bảo hiểm cho thợ" is no slip
        plain = re.sub(r"\blo\b", "", plain)
    return any(words.search(plain) for words in (_DID, _I_DID, _SURELY_DECEIVERS))


def only_tells_of_them(plain: str) -> bool:
    """Tells whether others are said to have shown or said something, and the person to have done nothing."""
    return bool(_THEY_DID.match(plain)) and not _I_DID.search(plain)


def _without_likenesses(typed: str, plain: str) -> str:
    """Returns the words without those that look like a deed only because their accents are gone."""
    said = set(_WORD.findall(typed))
    for word, (forms, likenesses) in _WRITTEN.items():
        if said & likenesses and not said & forms and not typed.isascii():
            plain = re.sub(rf"\b{word}\b", "", plain)
    return plain


def speaks_of_deceivers(plain: str, language: str = "vi") -> bool:
    """Tells whether who deceives, or what they do it with, is named; in English it always may be."""
    return language == "en" or bool(_OF_DECEIVERS.search(plain))


def was_for_others(plain: str, language: str = "vi") -> bool:
    """Tells whether something is said to have gone to others, or to have been a slip; in English it always may have."""
    return language == "en" or bool(_TO_THEM.search(plain))


def nothing_was_given(plain: str, language: str = "vi") -> bool:
    """Tells whether others are said to want something, and nothing to have been given; or just the latter."""
    if language == "en":
        return english.nothing_was_given(plain)
    plain = _ENDED_WELL.sub("", plain)
    wanted = _THEY_ASK.search(plain) or _NOT_YET.search(plain) or _DOUBTS.search(plain)
    return bool(wanted) and not (_DONE.search(plain) or _I_DID.search(plain))


def only_clicked(plain: str) -> bool:
    """Tells whether a link is said to have been opened, and nothing to have been entered ("bấm rồi, chưa nhập gì")."""
    return bool(_ONLY_CLICKED.search(plain))


def something_was_given(plain: str, language: str = "vi") -> bool:
    """Tells whether few words after a warning say that what it warns of was done ("đọc rồi", "lỡ bấm vô")."""
    if language == "en":
        return english.something_was_given(plain)
    return bool(_DID.search(plain)) and not _NOT_DONE.search(plain)


def somebody_wants_something(plain: str, language: str = "vi") -> bool:
    """Tells whether somebody is said to have rung, written or come, and to want a code, money, an app, papers."""
    if language == "en":
        return english.somebody_wants_something(plain)
    return bool(_APPROACH.search(plain) or _OFFERED.search(plain))
