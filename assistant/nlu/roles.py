"""Several values of one kind in one message: which is meant, by the words around each.

A contact that is called registered (or old) goes before one that nothing is said of, and that before a new one; whose
it is counts, too. Where two remain, or where there are two accounts, nobody chooses in silence: the entity `choices`
carries them to the form, which asks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.identifiers import tokens
from assistant.nlu.text import strip_accents
from assistant.reading.kin import WHOSE, person_in

#: The rank of what is called registered.
_SURE = 3
CONTACTS = frozenset({"phone", "email"})
#: The value of `choices`: "code contact contact @self;code contact @spouse", or ";contact;contact" where only contacts
#: are open.
_ROW = ";"

_REGISTERED = re.compile(r"\bcu\b|truoc day|(?:hoi|luc|ngay) (?:truoc|xua|do)|\btu\s?:|\bfrom\s?:")
#: Said in so many words.
_SURELY_REGISTERED = re.compile(
    r"dang ky|\bdk\b|\bdki\b|\bkhai\b|khai bao|(?:tren|trong) he thong|\b(?:lam|tren|trong|tao|mo|vao) (?:tai khoan "
    r"|tk |app )?vssid"
    r"|\bregistered\b|\bsigned up\b"
)
_CURRENT = re.compile(
    r"\bmoi\b|dang (?:dung|xai|su dung)|\b(?:nay|chu) (?:dung|xai)|\bcurrent|\bbao (?:em|cho|lai|qua|toi|minh|ve)\b"
    r"|tra loi|phan hoi|\bcc\b|hien (?:tai|nay|gio)|\bgio\b|lien he|lien lac|\bgoi\b|doi (?:sang|thanh|qua)"
    r"|\bto\s?:|\bden\s?:|nguoi nhan|du phong|khong phai|(?:khong|chua|ko|chu khong) (?:phai )?(?:so "
    r"|mail )?(?:da )?dang ky"
)
_NOT_REGISTERED = re.compile(r"(?:khong|chua|ko)(?: phai)?(?: la)?(?: so| mail| cai)?(?: da)? (?:dang ky|dk)\b")
_CORRECTED = re.compile(
    r"\ba (?:k|ko|nham|lon|quen)\b|\bnham\b|lon roi|sua lai|dung (?:ra )?la|\ba khong\b|a quen|chinh xac la|phai la"
)
#: What follows a value and still speaks of it: "(số cũ)", "là số đăng ký", "của vợ".
_AFTER = re.compile(
    r"[^\S\n]*(?:\([^)\n]{0,40}\)?|-?[^\S\n]*(?:la|so|mail|cua|thi|moi|cu|nay|khong phai|de|da|duoc"
    r"|chua)\b(?:[^,;.\n:]{0,40}(?!:)|(?=:)))(?!\s?:)"
)
#: Between two contacts of which one is registered, and nobody knows which.
_DOUBT = re.compile(r"\s*(?:/|\b(?:hay|hoac|hay la|or|vs)\b[^,;.\n]{0,20})\s*$")
#: What is said of a code that is not to be worked on: given up, in order, for another day.
_NOT_NOW = re.compile(
    r"\bma cu\b|da gop|gop (?:roi|xong|vao)|\btrung\b|bo roi|khong (?:dung|xai) nua|de sau|(?:nho|hoi|lam"
    r"|tinh) sau\b|hom khac"
    r"|(?<!khong )(?<!chua )(?<!ko )(?<!k )(?<!hong )(?:\bvao|dang nhap|dung|xai)(?: app)? (?:duoc|dc|binh thuong"
    r"|ngon)(?! khong)"
    r"|hoi chung|hoi (?:giup|ho|gium) thoi"
)
#: What is said of the one that is.
_NEEDS_IT = re.compile(r"(?:\bmoi la (?:nguoi|cai)(?: ma)?|\bthi) (?:bi )?(?:quen|mat|can lay|khong vao|ko vao)")
_OF_THIS_CODE = re.compile(r"\s*(?:\([^)\n]{0,60}\))?(?:(?!\bcon (?:ma|cua|em|toi)\b)[^,(\n]){0,60}")
_CLAUSE = re.compile(r"[^.;\n⟦]{0,60}")
#: "… mới đúng": the one before was not.
_RIGHT_ONE = re.compile(r"\s*(?:moi|nay moi|la) (?:dung|phai|chinh xac)\b")
_LOOK_BACK = 60
_MOTHER = re.compile(r"\bmá\b")


@dataclass(frozen=True)
class Mention:
    """A value in a message: what it means, the value, and its place."""

    entity: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class _Said:
    """A value with what the words around it say."""

    mention: Mention
    rank: int  # 3: registered, 2: older, 1: nothing said, 0: another one
    person: str


def settled(text: str, found: Sequence[Mention]) -> tuple[list[Mention], Mention | None]:
    """Returns the values that are meant, and those among which the person has to choose.

    Args:
        text: the message.
        found: its values, in order.
    """
    said = _without_corrected(text, [_said(text, found, place) for place in range(len(found))])
    codes = _first_of_each([each for each in said if each.mention.entity == "bhxh_code"])
    contacts = _first_of_each([each for each in said if each.mention.entity in CONTACTS])
    others = [each for each in found if each.entity != "bhxh_code" and each.entity not in CONTACTS]
    chosen = _to_work_on(text, said, codes)
    if len(chosen) < len(codes):
        kept = {each.mention.value for each in chosen}
        own = [each for each in contacts if _bound(each, codes, contacts).mention.value in kept]
        codes, contacts = chosen, own or contacts
    codes = _one_of_each_account(codes)
    if len(codes) > 1:
        rows = _rows(codes, contacts)
        return others, _choices(as_accounts(rows), codes)
    best = _best(contacts, codes[0].person if codes else "")
    if len(best) > 1:
        open_ = _choices(as_contacts([each.mention.value for each in best]), best)
        return [*others, *(each.mention for each in codes)], open_
    return sorted([*others, *(each.mention for each in [*codes, *best])], key=lambda each: each.start), None


def rows_of(choices: str) -> list[list[str]]:
    """Returns the accounts or contacts to choose from: each a list of values."""
    return [[value for value in row.split() if not value.startswith(WHOSE)] for row in choices.split(_ROW) if row]


def without(choices: str, code: str) -> str:
    """Returns the accounts that are left once one of them is done."""
    return _ROW.join(row for row in choices.split(_ROW) if row and code not in row.split())


def are_contacts(choices: str) -> bool:
    """Tells whether only contacts are open, of one account."""
    return choices.startswith(_ROW)


def as_accounts(rows: Sequence[Sequence[str]]) -> str:
    """Returns the value of `choices` for accounts, each a code and its contacts."""
    return _ROW.join(" ".join(row) for row in rows)


def as_contacts(values: Sequence[str]) -> str:
    """Returns the value of `choices` for contacts of one account."""
    return _ROW + _ROW.join(values)


def _choices(value: str, of: Sequence[_Said]) -> Mention:
    return Mention("choices", value, of[0].mention.start, of[-1].mention.end)


def _said(text: str, found: Sequence[Mention], place: int) -> _Said:
    mention = found[place]
    since = found[place - 1].end if place else 0
    until = found[place + 1].start if place + 1 < len(found) else len(text)
    before = _bare(text[max(since, mention.start - _LOOK_BACK) : mention.start])
    if place:  # what follows the last value may still be about it
        said_of_last = _AFTER.match(before)
        if said_of_last and re.search(r"[),;.\n]", before):
            before = before[said_of_last.end() :]
    after = _AFTER.match(_bare(text[mention.end : until]))
    around = f"{before} {after[0] if after else ''}"
    return _Said(mention, _rank(before, after[0] if after else ""), person_in(around))


def _bare(words: str) -> str:
    """Returns words without accents; "má" is a mother, and "mã" is none; "người quên" is no "người quen"."""
    return strip_accents(_MOTHER.sub("mẹ", words.lower()).replace("người quên", "người bị quên"))


def _rank(before: str, after: str) -> int:
    for words in (before, after):
        if _NOT_REGISTERED.search(words):
            return 0
        if _SURELY_REGISTERED.search(words):
            return 3
        if _REGISTERED.search(words):
            return 2
        if _CURRENT.search(words):
            return 0
    return 1


def _without_corrected(text: str, said: Sequence[_Said]) -> list[_Said]:
    """Leaves out what the next value of its kind corrects ("7900000123 à nhầm 7900000124")."""
    kept: list[_Said] = []
    for each in said:
        named = each
        if kept and _same_kind(kept[-1].mention, each.mention):
            between = strip_accents(text[kept[-1].mention.end : each.mention.start].lower())
            if _CORRECTED.search(between) or (
                each.mention.entity == kept[-1].mention.entity
                and _RIGHT_ONE.match(strip_accents(text[each.mention.end : each.mention.end + _LOOK_BACK].lower()))
            ):
                kept.pop()
            elif each.mention.entity in CONTACTS and _DOUBT.match(between):
                before = kept[-1]
                kept[-1] = replace(before, person="")
                named = replace(each, person="", rank=before.rank)
        kept.append(named)
    return kept


def _same_kind(one: Mention, other: Mention) -> bool:
    return one.entity == other.entity or {one.entity, other.entity} <= CONTACTS


def _first_of_each(said: Sequence[_Said]) -> list[_Said]:
    found: dict[str, _Said] = {}
    for each in said:
        known = found.get(each.mention.value)
        if known is None or each.rank > known.rank:
            found[each.mention.value] = each
    return list(found.values())


def _one_of_each_account(codes: list[_Said]) -> list[_Said]:
    """Returns one value an account: people give code, card and citizen id of one person side by side."""
    kinds = [_kind(each.mention.value) for each in codes]
    persons = {each.person for each in codes} - {""}
    if len(set(kinds)) == len(kinds) and len(persons) <= 1:
        return codes[:1] if "code" not in kinds else [codes[kinds.index("code")]]
    return codes


def _kind(value: str) -> str:
    kind: str | None = tokens.kind_of(value)
    if kind is None:
        kind = {12: "cccd", 13: "card", 15: "card"}.get(len(value), "bhxh_code")
    return "code" if kind in ("bhxh_code", "phone_or_code") else kind


def _best(contacts: list[_Said], owner: str) -> list[_Said]:
    """Returns the contacts that may be the registered one of the owner of the code.

    One that is called registered in so many words is it, whoever else it belongs to.
    """
    registered = [each for each in contacts if each.rank == _SURE]
    if len(registered) == 1:
        return registered
    if owner and owner != "self" and any(each.person == owner for each in contacts):
        contacts = [each for each in contacts if each.person == owner]
    elif len(contacts) > 1:
        theirs = [each for each in contacts if each.person in ("", owner)] if owner else []
        own = [each for each in contacts if each.person in ("", "self", owner)]
        contacts = theirs or own or contacts
    top = max((each.rank for each in contacts), default=0)
    return [each for each in contacts if each.rank == top]


def _rows(codes: list[_Said], contacts: list[_Said]) -> list[list[str]]:
    """Binds each contact to its account: by the person, else by the order in which they stand."""
    rows: dict[str, list[_Said]] = {each.mention.value: [] for each in codes}
    for contact in contacts:
        near = _bound(contact, codes, contacts)
        rows[near.mention.value].append(contact)
    named = {each.mention.value: [f"{WHOSE}{each.person}"] if each.person else [] for each in codes}
    return [[code, *(each.mention.value for each in _best(own, "")), *named[code]] for code, own in rows.items()]


def _bound(contact: _Said, codes: list[_Said], contacts: list[_Said]) -> _Said:
    return _owner(contact, codes, contacts[0].mention.start < codes[0].mention.start)


def _to_work_on(text: str, said: Sequence[_Said], codes: list[_Said]) -> list[_Said]:
    """Returns the codes of several that somebody wants something for: the others are given up, or in order."""
    if len(codes) < 2:
        return codes
    of_codes = [each.mention for each in said if each.mention.entity == "bhxh_code"]
    about = {}
    for place, code in enumerate(of_codes):
        since = of_codes[place - 1].end if place else 0
        until = of_codes[place + 1].start if place + 1 < len(of_codes) else len(text)
        before = text[max(since, code.start - _LOOK_BACK) : code.start]
        after = _bare(text[code.end : until])
        if until < len(text):  # what leads up to the next code is said of that one
            after = _OF_THIS_CODE.match(after)[0]  # type: ignore[index]
        about[code.value] = (_bare(before.rpartition(",")[2] if place else before), after)
    needed = [each for each in codes if _NEEDS_IT.search(about[each.mention.value][1])]
    if len(needed) == 1:
        return needed
    open_ = []
    for each in codes:
        before, after = about[each.mention.value]
        if not (_NOT_NOW.search(before) or _NOT_NOW.search(_CLAUSE.match(after)[0])):  # type: ignore[index]
            open_.append(each)
    return open_ or codes


def _owner(contact: _Said, codes: list[_Said], leads: bool) -> _Said:
    named = [code for code in codes if code.person == contact.person]
    if contact.person and len(named) == 1:
        return named[0]
    if leads:  # "sđt A mã B, sđt C mã D": the code that follows
        return next((code for code in codes if code.mention.start > contact.mention.start), codes[-1])
    return next((code for code in reversed(codes) if code.mention.start < contact.mention.start), codes[0])
