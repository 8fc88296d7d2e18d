"""Numbers that words call something else: of an order, a file, a tax payer, a machine."""

from __future__ import annotations

import re

from assistant.identifiers.model import Kind

#: What numbers of other things are called.
THINGS = (
    r"don hang|(?:ship|giao|gui) hang"
    r"|ma don(?! vi)|van don|ma van(?=\s*[:#])|buu pham|buu gui|order|tracking|ticket|phieu|bien nhan|bien lai|hoa don"
    r"|ho so|hs so|giao dich|hop dong|hd so|cong van|tham chieu|trace|\bref\b|\bfid\b|khach hang|\bkh\b"
    r"|hoc sinh|sinh vien"
    r"|nhan vien|\bmst\b|ma so thue|ma thue|serial|seri|imei|barcode|ma vach"
    r"|(?:ma|so) dat cho|(?<!moi )(?<!nhan )(?<!gui )(?<!tin )ve so|giay phep"
    r"|dang ky kinh doanh"
    r"|\bdkkd\b|ma ho(?: gia dinh)?\b|cong to|dien luc|danh bo|\buid\b|profile|\bid bai|bien so|lo hang|lo thuoc"
    r"|thanh vien|du thuong|khuyen mai"
)
_THING = re.compile(THINGS)
_IDENTIFIER = re.compile(
    r"\bsdt\b|dien thoai|\bdt\b|zalo|lien he|goi|cccd|can cuoc|cmnd|cmt|chung minh|ma so bhxh|ma bhxh|so bhxh"
    r"|bao hiem"
    r"|msbh|\bbhyt\b|ma the|(?<!ho )so so\b|so the"
)
#: Only these have numbers that may begin like a mobile one.
_NO_PHONE = re.compile(
    r"(?:\bmst\b|ma so thue|van don)[^\d]{0,20}$"
    r"|(?:don hang|\bma don|\border|ticket|giao dich|bien nhan|bien lai|hoa don|tracking|tham chieu)"
    r"(?:\s(?:so|ma|la|number|no|cua \w{1,6}|shopee|lazada|tiki|tiktok|em|nay)){0,3}[\s:#]{1,3}$"
)
_LOOK_BACK = 45
_END = re.compile(r"[.;!?\n](?:\s|$)|\d{8,}|\x01")


def names(plain: str, start: int, kind: Kind) -> bool:
    """Tells whether what stands before a number calls it the number of a thing; a mobile number stays one."""
    before = clause_before(plain, start)
    if kind == "phone_or_code":
        return _NO_PHONE.search(before) is not None
    thing = max((match.end() for match in _THING.finditer(before)), default=-1)
    return thing > max((match.end() for match in _IDENTIFIER.finditer(before)), default=-1)


def clause_before(plain: str, start: int) -> str:
    """Returns the words of the clause before a place."""
    before = plain[max(0, start - _LOOK_BACK) : start]
    ends = [match.end() for match in _END.finditer(before)]
    return before[ends[-1] :] if ends else before
