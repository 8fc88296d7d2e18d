"""Vietnamese chat text made uniform, for the classifier only: what people wrote stays as it was.

People type NFC or NFD, old or new tone placement (hoà, hòa), without accents, in teencode
("ko", "mk", "sđt"), with Telex left-overs ("maatj khaaur") and drawn-out letters ("điiiii").
`normalise` undoes what can be undone without guessing; `strip_accents` is the second view.
"""

from __future__ import annotations

import re
import unicodedata

_ZERO_WIDTH = dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xFE0F])
_TONES = "̣̀́̃̉"
_NOT_WORD = re.compile(r"[^\w@$%+/<>.\-]+|[_.\-/]+(?=\s|$)|(?<=\s)[_.\-/]+")
_REPEATED = re.compile(r"([^\W\d])\1{2,}")
_SPACES = re.compile(r"\s+")

# One way of writing for the shorthand of chats. Only words that mean nothing else.
_TEENCODE = {
    "ko": "không", "k": "không", "kg": "không", "kh": "không", "khong": "không", "hok": "không", "hong": "không",
    "hông": "không", "hem": "không", "hôn": "không", "kô": "không", "hk": "không", "khg": "không", "kp": "không phải",
    "đc": "được", "dc": "được", "đx": "được", "dk": "được", "đk": "được", "đươc": "được", "dx": "được",
    "mk": "mật khẩu", "mkhẩu": "mật khẩu", "mkhau": "mật khẩu", "mkh": "mật khẩu", "pass": "mật khẩu",
    "password": "mật khẩu", "pw": "mật khẩu", "passwork": "mật khẩu", "pas": "mật khẩu", "mậtkhẩu": "mật khẩu",
    "matkhau": "mật khẩu", "pát": "mật khẩu",
    "sđt": "số điện thoại", "sdt": "số điện thoại", "đt": "điện thoại", "dt": "điện thoại", "fone": "điện thoại",
    "phone": "điện thoại", "dthoai": "điện thoại", "đthoại": "điện thoại",
    "tk": "tài khoản", "tkhoan": "tài khoản", "tkhoản": "tài khoản", "acc": "tài khoản", "account": "tài khoản",
    "nick": "tài khoản", "acount": "tài khoản",
    "bhxh": "bảo hiểm xã hội", "bh": "bảo hiểm", "bhyt": "bảo hiểm y tế", "bhtn": "bảo hiểm thất nghiệp",
    "msbh": "mã số bảo hiểm", "msbhxh": "mã số bảo hiểm xã hội", "ms": "mã số", "bhiem": "bảo hiểm",
    "mail": "email", "gmail": "email", "imeo": "email", "imail": "email", "meo": "email", "i-meo": "email",
    "emai": "email", "e-mail": "email", "gmai": "email", "thưđiệntử": "email",
    "j": "gì", "gi": "gì", "z": "vậy", "zậy": "vậy", "dậy": "vậy", "v": "vậy", "vs": "với", "r": "rồi", "rùi": "rồi",
    "ùi": "rồi", "ròi": "rồi", "bik": "biết", "bít": "biết", "bt": "biết", "bjk": "biết", "ntn": "như thế nào",
    "nt": "nhắn tin", "tn": "tin nhắn", "ib": "nhắn tin", "rep": "trả lời", "trl": "trả lời", "sao": "sao",
    "lm": "làm", "mún": "muốn", "mun": "muốn", "wên": "quên", "wen": "quên", "quyên": "quên", "wa": "quá",
    "lun": "luôn", "thui": "thôi", "hoy": "thôi", "hui": "thôi", "bn": "bao nhiêu", "nhiu": "nhiêu",
    "ng": "người", "ngta": "người ta", "nv": "nhân viên", "nvien": "nhân viên", "cty": "công ty", "cti": "công ty",
    "ct": "công ty", "tui": "tôi", "mik": "mình", "mih": "mình", "mn": "mọi người", "ad": "ad", "admin": "ad",
    "adm": "ad", "đki": "đăng ký", "đky": "đăng ký", "dki": "đăng ký", "dky": "đăng ký", "đkí": "đăng ký",
    "đn": "đăng nhập", "đnhap": "đăng nhập", "dnhap": "đăng nhập", "login": "đăng nhập", "hd": "hướng dẫn",
    "hdan": "hướng dẫn", "hướngdẫn": "hướng dẫn", "cám": "cảm", "thanks": "cảm ơn", "thank": "cảm ơn",
    "tks": "cảm ơn", "tk u": "cảm ơn", "thks": "cảm ơn", "ths": "cảm ơn", "cmơn": "cảm ơn", "cảmơn": "cảm ơn",
    "oke": "ok", "okie": "ok", "okê": "ok", "okela": "ok", "uk": "ừ", "uhm": "ừ", "um": "ừ", "ukm": "ừ", "ừm": "ừ",
    "rằng": "sao", "răng": "sao", "mô": "đâu", "nỏ": "không", "mần": "làm", "chừ": "giờ", "bữa": "hôm", "dùm": "giúp",
    "giùm": "giúp", "hộ": "giúp", "cccd": "căn cước", "cmnd": "chứng minh nhân dân", "cmt": "chứng minh nhân dân",
    "tphcm": "hồ chí minh", "hcm": "hồ chí minh", "sg": "sài gòn", "hn": "hà nội", "qmk": "quên mật khẩu",
    "app": "ứng dụng", "áp": "ứng dụng", "ap": "ứng dụng", "cv": "công việc", "hs": "hồ sơ", "tt": "thông tin",
    "tgian": "thời gian", "ts": "thai sản", "gđ": "gia đình", "gđình": "gia đình", "xh": "xã hội",
    "vnei": "vneid", "vneidd": "vneid", "vssis": "vssid", "vsid": "vssid", "vssi": "vssid", "vssiđ": "vssid",
    "vssd": "vssid", "vvssid": "vssid", "vssld": "vssid", "vss": "vssid",
}  # fmt: skip

_TELEX_TONE = {"s": "́", "f": "̀", "r": "̉", "x": "̃", "j": "̣"}
_TELEX_DOUBLE = {"aa": "â", "ee": "ê", "oo": "ô", "aw": "ă", "ow": "ơ", "uw": "ư", "dd": "đ"}
_SYLLABLE = re.compile(
    r"^(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnpqrstvx])?"
    r"[aăâeêioôơuưy]{1,3}(?:ch|ng|nh|[cmnpt])?$"
)
_VOWELS = frozenset("aăâeêioôơuưy")
_PLAIN_WORDS_LIKE_TELEX = frozenset(
    ["app", "pass", "web", "ok", "oke", "email", "mail", "gmail", "zalo", "face", "facebook", "see", "free", "too", "wifi", "sms", "reset", "otp", "vssid", "vneid", "add", "book", "room", "food", "need", "week", "been", "feel", "cool", "good", "google", "yahoo", "hook", "look", "shoppee", "shopee", "err", "off"]
)


def strip_accents(text: str) -> str:
    """Returns `text` without Vietnamese diacritics ("quên mật khẩu" -> "quen mat khau")."""
    decomposed = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))


def _untelex(word: str) -> str:
    """Turns a word with Telex keystrokes left in it into the syllable that was meant."""
    if not word.isascii() or not word.isalpha() or len(word) < 3 or word in _PLAIN_WORDS_LIKE_TELEX:
        return word
    base, tone = word, ""
    for position in range(len(word) - 1, 0, -1):
        if word[position] in _TELEX_TONE and any(c in _VOWELS for c in word[:position]):
            tone, base = _TELEX_TONE[word[position]], word[:position] + word[position + 1 :]
            break
    marked = re.sub(r"([aeo])([bcdghklmnpqrtvxy]{0,2})\1", lambda m: _TELEX_DOUBLE[m[1] * 2] + m[2], base, count=1)
    for keys, letter in _TELEX_DOUBLE.items():
        marked = marked.replace(keys, letter)
    if marked == base and not tone:
        return word
    if marked == base or not _SYLLABLE.match(marked):
        # A tone key alone is too little: "mas" may be a typing slip, "as" is English.
        return word
    if tone:
        vowels = [i for i, c in enumerate(marked) if c in _VOWELS]
        hatted = [i for i in vowels if marked[i] not in "aeiouy"]
        spot = hatted[-1] if hatted else vowels[0]
        marked = marked[: spot + 1] + tone + marked[spot + 1 :]
    return unicodedata.normalize("NFC", marked)


def _move_tone(word: str) -> str:
    """Writes oa, oe, uy with the tone on the first vowel, so that hoà and hòa are one word."""
    decomposed = unicodedata.normalize("NFD", word)
    moved = re.sub(rf"(o)([ae])([{_TONES}])$", r"\1\3\2", decomposed)
    moved = re.sub(rf"(?<!q)(u)(y)([{_TONES}])$", r"\1\3\2", moved)
    return unicodedata.normalize("NFC", moved)


def clean(text: str) -> str:
    """Returns `text` in NFC without zero-width characters and with single spaces."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text).translate(_ZERO_WIDTH)).strip()


def normalise(text: str) -> str:
    """Returns the uniform lower-case form the classifier reads.

    `text` should already have its identifiers replaced by tokens (assistant.privacy).
    """
    lowered = _REPEATED.sub(r"\1", clean(text).lower())
    words = _NOT_WORD.sub(" ", f" {lowered} ").split()
    out = []
    for word in words:
        word = word.strip(".-/_")
        if not word:
            continue
        meant = _TEENCODE.get(word)
        out.append(meant if meant is not None else _move_tone(_untelex(word)))
    return " ".join(out)
