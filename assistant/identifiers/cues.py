"""The words that a secret is called by. All patterns read the text without accents, in lower case."""

from __future__ import annotations

import re

from assistant.identifiers.phrases import WHOSE

#: What people call a password: with slips of the hand, Telex and VNI keys left in, foreign words.
PASSWORD = re.compile(
    r"\b(?:khau lenh\b|(?=[mplc])(?:mk(?=[a-z]{3,20}\d)|pat(?= [a-z]{3,20}\d)|(?:mat ?khau|pass)(?=[a-z]{2,20}\d|\d)"
    r"|(?:m[._]?a[._]?t[ ._\-]{0,2}k[._]?h[._]?a[._]?u|ma[ct] ?khau?|ma+[jt]{2} ?kha+u+r?|ma65t ?kha63u"
    r"|mat ?khua|mat ?kh?(?:ao|ay|ua|u|au)|ma khau|m[ao]t kh?au|mat (?:ma|hieu)|p\.a\.s\.s(?: ?e(?= ?:))?"
    r"|tkmk|mkh|mat k(?= ?[:=])"
    r"|pat(?: (?:g|w|q|v)\w{1,4}|(?= (?:cua|la|em|cu|vssid)\b| ?[:=]))"
    r"|m\.? ?khau|m\.k|mk(?:_?(?:vssid|vneid|app|bhxh))?|m[\-_/](?:k|khau)(?= ?[:=])"
    r"|m k(?= (?:cua|la|cu|moi|vssid|vneid)\b| ?[:=])"
    r"|pass(?: ?(?:word|wort|work|code|wd|w))?|pass?(?:wor?l?d|work|wrod|owrd|wod)?|pwd?|log ?in"
    r"|cau (?:hoi|tra loi) b(?:i|ao) mat)"
    r"(?:\b|(?=_))(?!\.(?:\s|$))))"
)
#: Before "password": it is wanted back.
WANTED = re.compile(
    r"\b(?:lay|xin|cap|khoi phuc|reset|tim|quen|mat)(?: lai)?(?: (?:giup|gium|ho|cai|cho|em|toi|minh)){0,2} $"
)
#: Between "password" and what stands at once behind it: whose it is, which; brackets, strokes.
BESIDE = re.compile(rf"_?{WHOSE}[\s:=>→…\-–(\[{{\"'“.]{{1,5}}(?=[^\s:=>→…\-–(\[{{\"'“.])")
#: What ends a password of six or seven letters behind its name.
ENDS = re.compile(
    r"\s*(?:$|[,.;!?)\n\x01]|(?:a|nha|nhe|nhen|ne|do|day|ma|nhung|thi|khong|ko|k|hong|dung|nhap|vao|bao|vo|sai)\b)"
)
#: A word and a year behind "password".
WITH_NUMBER = re.compile(
    r"(?P<value>(?!gia )(?P<word>[a-z]{2,12}) \d{2,6})\b"
    r"(?! ?(?:ky tu|lan|ngay|thang|nam|tuoi|so|chu|gio|phut|giay|d\b|k\b|dong|nghin|ngan|tr))"
)
#: A post office follows: an address, then.
PROVIDER = re.compile(r"\s?(?:@|gmail|yahoo|hotmail|outlook|icloud)")
#: An English sentence: what follows "password" in it is a word.
ENGLISH = re.compile(
    r"\b(?:my|is|not|how|what|why|does|did|and|please|your|you|with|when|which|wrong|forgot|change|account|this|that"
    r"|have|reset|again|recovery|no"
    r"|cannot|can't|doesn't|isn't)\b"
)
#: What is said of a password in English.
SAID_OF = re.compile(
    r"\s?(?:incorrect|wrong|invalid|not|required|expired|always|never|still|too|case|correct|locked|blocked|rejected"
    r"|accepted"
    r"|different|strong|weak|lost|gone|dead|stolen|broken|unknown|missing|needed|changed|forgotten|supposed|about|being|reset|shown|empty"
    r"|displayed|\w{2,12}ed)\b"
)
#: A password beneath its name, alone in its line.
NEXT_LINE = re.compile(
    r"(?:^|\n)(?:[^\n]{0,80}\b)?(?:mat khau|mk|pass(?:word)?|otp|code|ma xac (?:thuc|nhan)|pw)\b"
    r"[^\n\d:]{0,30}:?[^\S\n]?\n\s{0,4}"
    r"(?P<value>\S{4,40})[^\S\n]?(?=\n|$)"
)
#: What somebody enters with.
USED = re.compile(
    r"\b(?:(?P<typed>dien|go|danh)|dung|xai|lay|bang|su dung|voi)\s(?P<value>\S{5,40})"
    r"\s(?:de |thi |ma )?(?:cho|vao|dang nhap|login|vo|mo|sai|bao sai|khong duoc|ko duoc|k duoc)\b"
)
ONE_WORD = re.compile(r"\bviet (?:lien|hoa|thuong)(?: het| tat ca| khong dau)*\s(?:la )?(?P<value>[a-z]{5,24})\b")
#: A name of an account, a stroke, and what opens it.
PAIR = re.compile(
    r"(?<![\w/])(?:\d{10}|\d{12,13}|[\w.+\-]{2,40}@[\w.\-]{3,40})\s{0,2}[/|:_;,\-–]\s{0,2}(?P<value>[^\s/|:,;]{5,40})"
)
#: The same with a space, in a text that speaks of an account.
ACCOUNT = re.compile(r"\b(?:tk|tai khoan|acc(?:ount)?|user(?:name)?|dang nhap|login|id)\b")
BEHIND = re.compile(r"(?<!\d)(?:\d{10}|\d{12,13})[\s,;]{1,2}(?P<value>[^\s\x01]{5,40})(?!\S)")
#: A line with a person's number at its end, and beneath it a word alone.
BENEATH = re.compile(r"(?<!\d)(?:\d{10}|\d{12,13})[^\S\n]?\n[^\S\n]?(?P<value>\S{5,40})[^\S\n]?(?=\n|$)")
#: One word becomes another.
CHANGED = re.compile(
    r"\b(?:doi|sua|thay|chuyen)(?: lai)?(?: tu)? (?P<value>\S{5,40}) (?:thanh|sang|qua|bang) (?P<other>\S{5,40})"
)
#: What is to be made into what.
MADE = re.compile(
    r"\b(?:dat|doi|sua|tao|set|cai|reset|chinh)(?: (?:lai|giup|gium|ho|dum|cho|em|e|toi|minh|con|chau|bac|co|anh|chi"
    r"|no|gap|moi|luon|ve|pass|mk|xong|roi|het)){0,6} thanh (?!cong\b)(?P<value>\S{5,40})"
)
#: Another one after the first: "còn cái mới là …", "the new one …".
OTHER_ONE = re.compile(
    r"\b(?:(?:old|new|other|second|first|current|latest|previous) one|(?:cai|con) (?:moi|cu|kia|sau|truoc|thu hai"
    r"|nay|hien tai))"
    r"(?: (?:thi|la|is|was|em|dat|de|hinh nhu|chac)){0,3}[\s:=]{1,3}(?P<value>\S{5,40})"
)
#: Of what people make a password; the digits that follow are it, though elsewhere they would be a date or a house.
MADE_OF = re.compile(
    r"(?:\b(?:lay|dat|theo|de|la|dung|xai|bang|cai|set|tao|chon|ghep|gom|co)|[=:])(?: (?:theo|bang|la|luon|tu|dung"
    r"|cai|ca|may"
    r"|6|sau|4"
    r"|bon|8|so|duoi|dau|cuoi)){0,4} (?:ngay (?:thang (?:nam )?)?(?:sinh|cuoi)|nam sinh|sinh nhat|so nha|bien so"
    r"|so xe|so cuoi"
    r"|so dau|duoi|cccd|can cuoc|cmnd|sdt|so dien thoai|dien thoai|dt|so dt|nam cuoi|hop dong)"
    r"(?: (?:cua|em|e|toi|minh|con|vo|chong|me|ba|bo|ong|chau|gai|trai|be|nha|xe|6|sau|4|bon|so|cuoi|dau|duoi|la|voi"
    r"|ten"
    r"|duong)){0,6}[\s:]{1,3}(?P<value>\d{3,8}(?![\d@]|[./-]\d)|\d{1,4}[a-z]{4,24})\b"
)
#: A password is told by what it is put together from.
PUT_TOGETHER = re.compile(
    r"(?:\b(?:la|gom|co|bang|lay|dat|de|theo|ghep)\b|[=:])(?: \w{1,5}){0,2} (?:chu(?! (?:ky|ki|so|dau)\b)|ten|ho"
    r"|biet danh"
    r"|nick|a cong"
    r"|viet (?:lien|hoa|thuong)|que)\b|\bgom\b|\bghep\b"
)
#: Its letters: behind "chữ", "tên con viết liền".
LETTERS_OF = re.compile(
    r"\b(?:chu|ten|biet danh|nick|viet lien|khong dau|ghep (?:tu|boi))"
    r"(?: (?:con|cho|meo|vo|chong|me|bo|nha|em|toi|cua|be|minh|gai|trai|cu|nguoi yeu)){0,5} (?P<value>(?!(?:hoa"
    r"|thuong|cai|in|dau|ky|ki|so|khac|nho|to"
    r"|viet|con|em|cua"
    r"|toi|vo|chong|me|bo|ba|dang|tai|mot|roi|khong|thi|ma|voi|va|la|gi|nao|minh|be|nguoi|cuoi|o|duong"
    r"|truong)\b)[a-z]{2,24}"
    r"(?: [a-z]{2,8}){0,2}?)(?= ?(?:$|[,+.]| (?:roi|voi|va|them|cong|kem|viet|xong|dung truoc|phia truoc|o (?:dau"
    r"|truoc))\b))"
)
#: A word of it that is none, behind "rồi", "cộng".
NEXT_LETTERS = re.compile(
    r"\b(?:roi|them|cong|voi|tiep|den)(?: (?:chu|ten|la|toi"
    r"|den)){0,2} (?P<value>[a-z]{5,24})\b"
)
#: Its halves, each by its place.
PARTS = re.compile(
    r"\b(?:phan|khuc|doan|nua|duoi|ve)(?: (?:dau|sau|cuoi|giua|mot|hai|1|2|truoc|con lai)){0,2}"
    r"(?: (?:mat khau|mk|pass|la|em|ghi|thi|dat|co)){0,3}[\s:]{1,2}(?P<value>[^\s,;\x01]{2,24})"
)
#: Told before it is named.
TOLD_FIRST = re.compile(
    r"\bchu (?P<value>[a-z]{2,12}(?: [a-z]{2,8}){1,4}?)(?: (?:viet|ghi) (?:lien|hoa|thuong)(?: khong dau)?)?"
    r" (?:do |day |chinh )?la (?:cai )?(?:mat ?khau|mk|pass(?:word)?)\b"
)
#: Its digits: behind "thêm số", "với năm", "rồi", a plus.
DIGITS_OF = re.compile(
    r"(?:\b(?:them|voi|va|cong|roi|kem|xong|tiep|noi)|\+)(?: (?:la|den|toi|theo|vao|voi|may|con|hai|2|ba|3|bon|4|sau"
    r"|6|nam|sinh"
    r"|so|ngay|duoi|cuoi|dang|sau|o)){0,4} (?P<value>\d{2,8})(?![\w@]|[./-]\d"
    r"|\s(?:ky tu|ki tu|chu|so\b|lan\b|ngay\b|thang\b|nam\b|gio\b|phut\b|dong\b|k\b|tr))"
)
#: With a plus between all of them.
PLUSES = re.compile(
    r"(?:\b(?:gom|la|bang)|[:=])\s(?P<value>[a-z0-9@#$!]{1,20}(?:(?: a cong)? ?\+ ?(?:a cong|cham|sao"
    r"|[a-z0-9@#$!]{1,20})){1,5})"
)
#: A code alone in a line of its own.
OWN_LINE = re.compile(
    r"\n[^\S\n]{0,3}(?:(?:day|ne|no|la|a|da)\s){0,2}(?P<code>\d{3}[ .\-]?\d{3}|\d(?:[ .\-]\d){3,7}"
    r"|\d{4,8})[^\S\n]{0,3}(?:(?:a|ne|nha|nhe|do|day)[. ]?)?(?=\n|$)"
)
#: Somebody, or a machine, reads out what follows.
READ_OUT = re.compile(
    r"\b(?:doc|noi|bao|nghe)(?: (?:la|cho|ra|len|rang|lai|di|duoc|thay|toi|em|con|chau|bac|ba|ong|co|chu|me|bo|minh"
    r"|tui|so|ma|may"
    r"|no|nguyen van)){0,5}[\s:,\"“]{0,3}$"
)
#: Four times four letters: how mail services write a password for one app.
IN_FOURS = re.compile(r"\b[a-z]{4}(?: [a-z]{4}){3}\b")
#: Between "password" and its value: any words but names of other values, then "is".
IS = re.compile(
    r"(?:(?!\b(?:ma so|ma bhxh|cccd|sdt|so dien thoai|e?mail|ten la|ten dang nhap|tai khoan"
    r"|quen)\b)[^\n:=→,;?]){0,60}?"
    r"(?:\bl(?:a|af|a2)\b|\b(?:is|was)\b|\bthanh\b(?! cong)|=|->|=>|→|➡|:)(?:\s?(?:la\b|:|=|>))?"
    r"(?:\s(?:ngay sinh|so|chu|ma|ho (?:va )?ten|ten(?: (?:em|con|vo|chong|toi))?|biet danh|nick)\b)?\s?"
)
#: The name after the value.
IS_ONE = re.compile(
    r"(?<!\S)(?P<value>[^\s\x01]{5,40}) (?:(?:do |day |chinh )?la|lam|(?:em|e|toi|minh) (?:dat|de) (?:lam|la))"
    r" (?:cai )?(?:mat ?khau|mk|pass(?:word)?)\b"
)
#: What names a one-time code beyond doubt.
CODE = re.compile(
    r"\b(?:[o0](?:\.?t\.?[pb]| t p| te pe)\b|opt\b(?=.{0,12}\d)|p(?:in|asscode)\b|c(?:v[vc]2?|ode)\b|2fa\b"
    r"|ma o\.?p\.?t\b|(?:ma~?|m) (?:so )?(?:[xs]a[ct] ?(?:thuc|nhan|minh)|kich hoat"
    r"|khoi phuc|bao mat|dang nhap|bi mat|dat lai|truy cap|mo khoa|bao ve|x[ntm]\b)|mx[ntm]\b"
    r"|so bi mat\b|hieu luc (?:trong )?\d|de xac (?:nhan|thuc|minh)\b|to (?:verify|confirm|continue|complete)\b"
    r"|(?:tin nhan|sms)(?: \w+)? (?:ghi|bao|viet|hien|noi)\b"
    r"|d(?:oc|ua)(?: cho \w+)? (?:(?:cai )?(?:so|ma)\b|(?=\d{6}\b))|(?:(?<!ha )noi"
    r"|cung cap)(?: cho \w+)? (?=\d{6}\b))"
)
#: What may be the name of one: excused where it says of what. Reads the text with its accents: "mà" is no "mã".
SOME_CODE = re.compile(r"\bm[aã]\b(?! (?:số|so) bhxh| bhxh)", re.IGNORECASE)
#: A message of a telephone: six digits in one are its code.
SMS = re.compile(r"\b(?:tin nhan|sms|nhan tin)\b")
#: How six digits came, or what is done with them: then they are a code, though nothing calls them so.
CAME = re.compile(
    r"\bgui (?:ve|toi|den|qua)\b|\bve (?:may|dien thoai|sim|dt|sdt)\b"
    r"|\bnhan (?:duoc|dc|ve)\b|\bnhan tin\b|\b(?:cai|co|mot|mot cai) tin\b"
    r"|\bqua (?:thoi gian|gio|han)\b|\b(?:go|bam|dien|danh) \x01"
    r"|\b(?:read|told|sent|texted|gave) (?:it|me|us|him|her|them)\b"
    r"|\btin nhan\b|\bhet (?:han|hieu luc|gio)\b|\bda su dung\b"
    r"|\b(?:keu|bao|noi) (?:sai|khong dung|ko dung|het)\b|\bcai day\b|\bday so\b"
    r"|\bdoc\b|\bgui\b|\bhien\b|\bdua\b|\b(?:6|sau) so\b|\bnhap (?:vao|vo|hoai|mai|roi)\b|\bnhap \x01|\bnhan la\b"
    r"|\bcho (?:ho|no|nguoi (?:ta|la|do)|ngta|ai)\b"
)
#: Two halves of a code with more than a space between.
HALVES = re.compile(
    r"(?<![\d/.,@])\d{3}(?:\s?(?:[,;/_]|\.{2,4}|…)\s?|\s(?:roi|xong|tiep|tiep theo|den|voi|va)(?: la)?\s)"
    r"\d{3}(?![\d@]|[.,/]\d)"
)
#: In pairs with strokes between, at once behind the name of a code.
PAIRS = re.compile(
    r"\b(?:otp|ma xac (?:thuc|nhan|minh)|ma kich hoat)\b(?: (?:la|cua em|cua toi|em|nhan duoc|moi"
    r"|so)){0,3}[\s:=]{1,3}"
    r"(?P<code>\d\d(?P<by>[/.,_\-])\d\d(?P=by)\d\d)(?![\d/])"
)
#: Digit by digit with commas between.
ONE_BY_ONE = re.compile(r"(?<![\d.,/])\d(?:[,;/] ?\d){3,7}(?![\d.,/])")
#: Six digits, some of them written as the letters that look alike.
ALIKE = re.compile(r"(?<![\w@.])(?=[a-zA-Z]{0,3}\d)(?=(?:[a-zA-Z]{0,3}\d){3})(?=\d{0,5}[lIoOi])[\dlIoOi]{6}(?![\w@])")
#: Nothing but numbers of people, and six digits behind them.
BEHIND_NUMBERS = re.compile(r"\s?(?:\d{9,12}[\s,;/|\-]{1,3}){1,2}(?:otp|ma)?\s?(?P<code>\d{6})[\s.]{0,2}")
#: "From 1 to 8": the keys in a row; not how many signs it has.
_NUM = r"(?:\d|khong|mot|hai|ba|bon|nam|sau|bay|tam|chin)"
ROW = re.compile(
    rf"\s(?:\w+ ){{0,6}}?(?P<value>(?:tu )?(?:so )?{_NUM} (?:den|toi) (?:so )?{_NUM}"
    rf"|{_NUM} lan (?:con |chu )?(?:so )?{_NUM})\b"
    r"(?! ?(?:ky tu|ki tu|chu|so|lan|ngay|gio|phut|thang))"
)
#: Six digits that are called by the thing they confirm are a code all the same.
CONFIRMS = re.compile(
    r"\b(?:otp|xac ?(?:thuc|nhan|minh)|kich hoat|dang nhap)(?: (?:cho|de|cua|mot))?"
    r" (?:giao dich|ho so|thanh toan|chuyen tien|don hang|hop dong)[\s:la]{0,8}$"
    r"|\bmat khau (?:tra cuu|truy cap|xem|mo|ky|giai nen)(?: [a-z]+){0,3}[\s:]{1,3}$"
    r"|\b(?:otp|ma xac (?:thuc|nhan|minh)|ma kich hoat|pin)\b(?:(?! ma )[^\d,;.\n]){0,30}(?:\bla\b|[:=])\s?$"
)
#: A code that carries its name with it.
MARKED = re.compile(
    r"(?:\b(?:g|fb)-(?=\d{5,8}\b)|\b(?:ma ?)?[o0]t[pb][^\w\s]{0,2}(?=\d{4,8}(?!\d|[,.]\d))"
    r"|\bcv[vc]2?\b[^\d\n]{0,30}(?=\d{3,4}\b)"
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
    r"\b(?:dang nhap|vao (?:\w+ )?bang|nhap|go|dien|thu|dat lai|dat|login|danh|bam|doi (?:lai )?(?:sang|thanh)"
    r"|used?|typed?|enter(?:ed)?|tried)\b"
)
#: What follows the value of a password and counts it.
UNIT = re.compile(
    r"\s?(?:ky tu|ki tu|chu\b(?! (?:khong|ko|k|sao|dau|gi)\b)|so\b|lan\b|lop\b|phut|giay|gio\b|ngay|tuan\b|thang"
    r"|nam\b|tuoi)"
)
#: Digits and little else: that is a one-time code.
ALONE = re.compile(
    r"\s?(?:(?:da|vang|day|em|chi|anh|bac|chu|shop|ma|so|la|a|ne|nha|nhe|ok|cua|toi|minh|ad|oi|nay|co"
    r"|phai|khong|dung|chua|ra|roi|ve|moi|cai)[\s:,.?]+){0,8}"
    r"(?P<code>\d(?:[ .\-]?\d){5}|\d{3}[ .\-]\d{3}|\d{4,5})"
    r"(?:[\s,.!?]+(?:a|ne|nha|nhe|day|do|em|ad|anh|chi|shop|ban|dung|khong|ha|nay|hong|ko|k)){0,5}[\s,.!?]*"
)
