"""What a new password must not be: short, known to attackers, or the person's own data.

As NIST SP 800-63B asks: no rules of composition, no forced changes, only what is really guessed.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from functools import lru_cache

from assistant.accounts.model import Member, WeakPassword
from assistant.settings.limits import LIMITS, Limits

_RUNS_OF_DIGITS = "01234567890123456789 98765432109876543210"
_KEYBOARD = "qwertyuiopasdfghjklzxcvbnm zxcvbnmlkjhgfdsapoiuytrewq abcdefghijklmnopqrstuvwxyz"
#: Words that everybody tries here first, whatever stands around them.
_THIS_SERVICE = frozenset(
    {"vssid", "bhxh", "bhyt", "baohiem", "baohiemxahoi", "baohiemyte", "matkhau", "matkhaumoi", "password", "vietnam"}
    | {"vssidbhxh", "bhxhvssid", "matkhauvssid", "vssidmatkhau", "bhxhvietnam", "baohiemxahoivietnam", "anhyeuem"}
)
_DATES = ("%d%m%Y", "%Y%m%d", "%m%d%Y", "%d%m%y")
_SHORTEST_OWN = 6


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """Returns 30,000 passwords known from breaches (zxcvbn's list)."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])


def composed(password: str) -> str:
    """Returns a password as keyboards compose it: an accented letter is one character.

    Some phones send "ậ" as three. NFC and not NFKC, which would also turn "…" into three dots that
    the app, where the person types it again, does not.
    """
    return unicodedata.normalize("NFC", password)


def check_password(password: str, member: Member, common: frozenset[str], limits: Limits = LIMITS) -> None:
    """Checks a new password: length, known bad ones, the person's own data.

    Raises:
        WeakPassword: with the reason: short, long, odd, own or common.
    """
    if len(password) < limits.shortest_password:
        raise WeakPassword("short")
    if len(password) > limits.longest_password:
        raise WeakPassword("long")
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Co") or sign == "\ufffd" for sign in password):
        raise WeakPassword("odd")  # nobody types it again
    if _is_own(password, member):
        raise WeakPassword("own")
    if _is_common(password, common):
        raise WeakPassword("common")


def _squashed(text: str) -> str:
    """Returns letters without accents and digits, nothing else: "Nguyễn.An" becomes "nguyenan"."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(sign for sign in plain if sign.isalnum() and not unicodedata.combining(sign))


def _is_own(password: str, member: Member) -> bool:
    squashed, digits = _squashed(password), re.sub(r"\D", "", password)
    name = (member.email or "").partition("@")[0]
    # Without the leading zero: +84 901… is the same phone.
    own = {member.code, *(phone.removeprefix("0") for phone in member.phones), _squashed(name)}
    pieces = [piece for piece in own if len(piece) >= _SHORTEST_OWN]
    part_of_own = len(squashed) >= _SHORTEST_OWN and any(squashed in piece for piece in pieces)
    return part_of_own or any(piece in squashed or piece in digits for piece in pieces)


def _is_common(password: str, common: frozenset[str]) -> bool:
    lowered, squashed = password.casefold(), _squashed(password)
    if lowered in common or squashed in common or len(set(lowered)) < 4:
        return True
    if len(squashed) >= _SHORTEST_OWN and (squashed in _RUNS_OF_DIGITS or squashed in _KEYBOARD):
        return True
    if re.sub(r"\d+", "", squashed) in _THIS_SERVICE:
        return True
    return password.isdigit() and _is_number_of_life(password)


def _is_number_of_life(digits: str) -> bool:
    """Tells whether digits are a date, a mobile number or a citizen id: the first things that are tried."""
    if re.fullmatch(r"0[35789]\d{8}|0\d{11}", digits):
        return True
    for form in _DATES:
        try:
            found = datetime.strptime(digits, form)  # noqa: DTZ007 - a day of a calendar
        except ValueError:
            continue
        if 1900 <= found.year <= 2100:
            return True
    return False
