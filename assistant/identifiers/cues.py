"""The words that a secret is called by. All patterns read the text without accents, in lower case."""

from __future__ import annotations

import re

#: What people call a password: with slips of the hand, Telex and VNI keys left in, foreign words.
PASSWORD = re.compile(
    r"\bmat ?khau(?=[a-z]{0,20}\d)"
    r"|\b(?:ma[ct] ?khau?|ma+[jt]{2} ?kha+u+r?|ma65t ?kha63u|mat ?khua|mat ma|m\.? ?khau|m\.k|mk"
    r"|m k(?= (?:cua|la|cu|moi|vssid|vneid)\b| ?[:=])"
    r"|pass ?(?:word|wort|work|code|wd|w)?|pas(?:word|work)?|pwd?|log ?in|cau (?:hoi|tra loi) b(?:i|ao) mat)\b(?!\.)"
)
#: Before "password": it is wanted back.
WANTED = re.compile(
    r"\b(?:lay|xin|cap|khoi phuc|reset|tim|quen|mat)(?: lai)?(?: (?:giup|gium|ho|cai|cho|em|toi|minh)){0,2} $"
)
#: What follows "password" at once, or after "in one word", without an "is".
BESIDE = re.compile(r"\s(?:(?:em|e|cua em|cua \w+) )?(?P<value>[a-z]{8,24})\b(?! ?[:@.])")
ONE_WORD = re.compile(r"\bviet (?:lien|hoa|thuong)(?: het| tat ca| khong dau)*\s(?:la )?(?P<value>[a-z]{5,24})\b")
#: A name of an account, a stroke, and what opens it.
PAIR = re.compile(
    r"(?<![\w/])(?:\d{10}|\d{12,13}|[\w.+\-]{2,40}@[\w.\-]{3,40})\s{0,2}[/|]\s{0,2}(?P<value>[^\s/|]{5,40})"
)
#: Four times four letters: how mail services write a password for one app.
IN_FOURS = re.compile(r"\b[a-z]{4}(?: [a-z]{4}){3}\b")
#: Between "password" and its value: any words but names of other values, then "is".
IS = re.compile(
    r"(?:(?!\b(?:ma so|ma bhxh|cccd|sdt|so dien thoai|e?mail|ten la|ten dang nhap|tai khoan"
    r"|quen)\b)[^\n:=→,;?]){0,60}?"
    r"(?:\bl(?:a|af|a2)\b|\bis\b|\bthanh\b(?! cong)|=|->|=>|→|➡|:)(?:\s?(?:la\b|:|=|>))?"
    r"(?:\s(?:ngay sinh|so|chu|ma|ho (?:va )?ten|ten(?: (?:em|con|vo|chong|toi))?|biet danh|nick)\b)?\s?"
)
#: The name after the value.
IS_ONE = re.compile(r"(?P<value>[a-z]{5,40}) (?:la|lam) (?:mat ?khau|mk|pass(?:word)?)\b")
#: What names a one-time code beyond doubt.
CODE = re.compile(
    r"\botp\b|\bpin\b|\bcv[vc]2?\b|\bcode\b|\bpasscode\b|\b2fa\b"
    r"|\bma (?:so )?(?:xac ?(?:thuc|nhan|minh)|kich hoat|khoi phuc|bao mat|dang nhap|bi mat|dat lai|truy cap|mo khoa)"
    r"|hieu luc (?:trong )?\d|\bde xac (?:nhan|thuc|minh)\b"
    r"|\b(?:tin nhan|sms)(?: \w+)? (?:ghi|bao|viet|hien|noi)\b|\bdoc (?:cho \w+ )?(?:cai )?(?:so|ma)\b"
    r"|\b(?:doc|dua|noi|cung cap)(?: cho \w+)? (?=\d{6}\b)"
)
#: What may be the name of one: excused where it says of what. Reads the text with its accents: "mà" is no "mã".
SOME_CODE = re.compile(r"\bm[aã]\b(?! (?:số|so) bhxh| bhxh)", re.IGNORECASE)
#: A message of a telephone: six digits in one are its code.
SMS = re.compile(r"\b(?:tin nhan|sms|nhan tin)\b")
#: Six digits that are called by the thing they confirm are a code all the same.
CONFIRMS = re.compile(
    r"\b(?:otp|xac ?(?:thuc|nhan|minh)|kich hoat|dang nhap)(?: (?:cho|de|cua|mot))?"
    r" (?:giao dich|ho so|thanh toan|chuyen tien|don hang|hop dong)[\s:la]{0,8}$"
)
#: A code that carries its name with it.
MARKED = re.compile(
    r"(?:\b(?:g|fb)-(?=\d{5,8}\b)|\bcv[vc]2?\b[^\d\n]{0,12}(?=\d{3,4}\b)"
    r"|\bsau(?: lung)?(?: cua)?(?: cai)? the\b[^\d\n]{0,12}(?=\d{3}\b)"
    r"|(?<!\d)\d(?:[ \-]?\d){14,15}[^\d\n]{1,15}(?:0[1-9]|1[0-2])/\d\d[^\d\n]{1,8}(?=\d{3}\b))"
    r"(?P<code>\d{3,8})"
)
#: A code of capitals before its name; reads the text as it is.
CAPITALS = re.compile(r"\b(?P<code>[A-Z0-9]{5,8}) (?:is your|là mã|la ma)\b")
#: Capitals and digits together, which is how letters write the codes they bring; reads the text as it is.
LETTERED = re.compile(
    r"(?<![\w.@/-])(?=[A-Za-z0-9-]{0,9}[A-Z])(?=[A-Za-z0-9-]{0,9}\d)"
    r"(?P<code>[A-Za-z0-9]{3,8}(?:-[A-Za-z0-9]{3,6})?)(?![\w.@/-])"
)
#: How such a code came, or what is done with it.
BROUGHT = re.compile(r"\b(?:gui|nhan duoc|nhap|mail|e-mail|email|tin nhan|sms|het han|ve may)\b")
#: Somebody tells what they typed.
TYPED = re.compile(
    r"\b(?:dang nhap|vao (?:\w+ )?bang|nhap|go|thu|dat lai|dat|login|danh|bam|doi (?:lai )?(?:sang|thanh))\b"
)
#: What follows the value of a password and counts it.
UNIT = re.compile(r"\s?(?:ky tu|ki tu|chu\b|so\b|lan\b|phut|giay|gio\b|ngay|thang|nam\b|tuoi)")
#: Digits and little else: that is a one-time code.
ALONE = re.compile(
    r"\s?(?:(?:da|vang|day|em|chi|anh|bac|chu|shop|ma|so|la|a|ne|nha|nhe|ok|cua|toi|minh|ad|oi|nay|co)[\s:,.]+){0,8}"
    r"(?P<code>\d(?:[ .\-]?\d){5}|\d{3}[ .\-]\d{3}|\d{4,5})"
    r"(?:[\s,.!?]+(?:a|ne|nha|nhe|day|do|em|ad|anh|chi|shop|ban|dung|khong|ha|nay|hong|ko|k)){0,5}[\s,.!?]*"
)
