"""What nobody should write into a chat: passwords and one-time codes. Found, so that it is dropped.

No list of the words that may stand between "password" and its value can be complete: what counts is the value's own
shape, a name for a secret in the same sentence, and that nothing says it is something else. One false alarm is better
than one leak.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from assistant.identifiers import cues, excuses, keyboards, phrases, shapes, words
from assistant.identifiers.model import Found
from assistant.identifiers.numbers import digits_of
from assistant.identifiers.view import View

_SENTENCE = re.compile(r"(?:[^\n.!?;]|[.!?;](?=\S)){1,2000}")
_MIXED_WORD = re.compile(r"(?=[^\s\d@#$^*]{0,60}[\d@#$^*])[^\s\x01\"“”‘’«»]{5,80}")
_VALUE = re.compile(r"[^\s\x01]{3,64}")
_QUOTED = re.compile(r"\s?[\"'“”‘’«»](?P<value>[^\"'“”‘’«»\n]{3,64})[\"'“”‘’«»]")
#: Groups of a longer number stand apart, too: "0912 - 345 - 678" has no code of four digits in it.
_DIGITS = re.compile(
    r"(?<![\d/@.,])(?<!\d[ .,\-)\]])(?<!\d[)\]] )"
    r"(?<!\d[oli])(?<!\d[oli]{2})(?<!\d[ .]{2})(?<!\d [-–—.] )\d(?:(?:[ .\-]| [-–—] )?\d){2,7}"
    r"(?!(?:[ .,\-/]| {0,2}[-–—] {0,2}| {2})?\d)"
)
#: As long as a code, an identity number or a telephone's.
_WHOSE = re.compile(r"\+?\d{9,13}")
_DIGIT = re.compile(r"\d")
_END = re.compile(r"[.!?;](?=\s)|\n")
#: So far from its name a code may stand.
_NEAR = 80
#: So far before it somebody may say that they typed it.
_NEXT_TO = 60
_SHORTEST, _USUAL, _LONGEST = 4, 6, 8
#: A message of so many words around six digits says nothing else.
_FEW_WORDS = 6
#: Of four groups of letters so many are no words.
_STRANGE = 3
#: So many words for digits beside the name of a code are one.
_SPOKEN = 4
#: So many letters without a space are several words, whatever follows.
_SURELY_SEVERAL = 8


def passwords(seen: View) -> Iterator[Found]:
    """Yields passwords: what is called so, and what can be nothing else."""
    text, plain = seen.text, seen.plain
    for pair in cues.PAIR.finditer(text):
        value = pair["value"]
        if shapes.is_mixed(f"{value[:-1]}#" if value[-1] == "@" else value):
            yield "secret", "", pair.start("value"), pair.start("value") + len(shapes.trimmed(pair["value"]))
    named = cues.PASSWORD.search(plain) is not None
    yield from _behind_numbers(seen)
    if named or " thanh " in plain or " sang " in plain:
        yield from _changed(seen, named)
    nothing_else = named and len(plain.split(None, _FEW_WORDS)) <= _FEW_WORDS
    for match in cues.TOLD_FIRST.finditer(plain) if named and "chu " in plain else ():
        yield "secret", "", match.start("value"), match.end("value")
    for match in cues.IS_ONE.finditer(plain) if named else ():
        value = shapes.trimmed(text[match.start("value") : match.end("value")])
        if shapes.is_no_word(value) or shapes.is_mixed(value) or shapes.is_written(value):
            yield "secret", "", match.start("value"), match.end("value")
    for match in cues.NEXT_LINE.finditer(plain) if "\n" in plain else ():
        value = shapes.trimmed(text[match.start("value") : match.end("value")])
        if shapes.is_no_word(value) or (value[-1:].isalnum() and any(map(str.isdigit, value))):
            yield "secret", "", match.start("value"), match.start("value") + len(value)
    for match in cues.USED.finditer(plain):
        if shapes.is_mixed(text[match.start("value") : match.end("value")], typed=match["typed"] is not None):
            yield "secret", "", match.start("value"), match.end("value")
    for sentence in _SENTENCE.finditer(plain):
        start, end = sentence.span()
        called = list(cues.PASSWORD.finditer(plain, start, end)) if named else []
        in_vni = any(char.isdigit() for match in called for char in match[0])
        for match in called:
            wanted = cues.WANTED.search(plain, max(start, match.start() - _NEXT_TO), match.start()) is not None
            yield from _called(seen, match, end, wanted)
        if called:
            yield from _put_together(seen, called[0].end(), end)
        for match in cues.ONE_WORD.finditer(plain, start, end) if called else ():
            if shapes.is_run_together(match["value"]):
                yield "secret", "", match.start("value"), match.end("value")
        for fours in cues.IN_FOURS.finditer(plain, start, end) if called else ():
            if sum(not shapes.is_syllable(each) for each in fours[0].split()) >= _STRANGE:
                yield "secret", "", *fours.span()
        for word in _MIXED_WORD.finditer(text, start, end):
            for since, until in shapes.parts(text, word.start(), word.end()):
                if in_vni and keyboards.vni(plain[since:until]):
                    continue  # "que6n ma65t kha63u": each word has digits, and none is a secret
                if _is_password(seen, since, until, start, bool(called) or nothing_else):
                    yield "secret", "", since, until


def _behind_numbers(seen: View) -> Iterator[Found]:
    """Yields what stands behind a person's number where an account is spoken of, or alone in the line beneath it."""
    text, plain = seen.text, seen.plain
    account: bool | None = None
    found: list[tuple[int, int, bool]] = []
    for pattern in (cues.BENEATH, cues.BEHIND) if "\n" in plain else (cues.BEHIND,):
        for match in pattern.finditer(plain):
            value = shapes.trimmed(text[match.start("value") : match.end("value")])
            beneath = pattern is cues.BENEATH
            if not shapes.is_mixed(value, typed=not beneath) or excuses.word(plain, match.start("value")):
                continue
            if account is None:
                account = cues.ACCOUNT.search(plain) is not None
            found.append((match.start("value"), len(value), beneath))
    rows = len(found) > 1  # a list of people, each with a number and a word
    for start, length, beneath in found:
        if account or beneath or rows:
            yield "secret", "", start, start + length


def _changed(seen: View, named: bool) -> Iterator[Found]:
    """Yields what was changed, and what it was changed into."""
    text = seen.text
    for match in cues.CHANGED.finditer(seen.plain):
        places = [(match.start(name), shapes.trimmed(text[slice(*match.span(name))])) for name in ("value", "other")]
        looks = [shapes.is_mixed(value) for _, value in places]
        if all(looks) or (named and any(looks)):
            yield from (("secret", "", start, start + len(value)) for start, value in places)
    for pattern in (cues.MADE, cues.OTHER_ONE) if named else (cues.MADE,):
        for match in pattern.finditer(seen.plain):
            value = shapes.trimmed(text[match.start("value") : match.end("value")])
            if shapes.is_mixed(value) and not excuses.word(seen.plain, match.start("value"), named):
                yield "secret", "", match.start("value"), match.start("value") + len(value)


def _put_together(seen: View, name: int, end: int) -> Iterator[Found]:
    """Yields the pieces of a password that is told by what it is made of ("tên con … thêm số …")."""
    plain = seen.plain
    for match in cues.MADE_OF.finditer(plain, name, end) if _DIGIT.search(plain, name, end) else ():
        yield "secret", "", match.start("value"), match.end("value")
    for match in cues.PARTS.finditer(plain, name, end):
        value = shapes.trimmed(match["value"])
        shown = shapes.is_no_word(value) or any(char.isdecimal() for char in value[:24])
        if shown and len(value) > 1 and not cues.UNIT.match(plain, match.start("value") + len(value)):
            yield "secret", "", match.start("value"), match.start("value") + len(value)
    if not cues.PUT_TOGETHER.search(plain, name, end):
        return
    for match in cues.PLUSES.finditer(plain, name, end):
        if any(map(str.isdigit, match["value"])):
            yield "secret", "", match.start("value"), match.end("value")
    digits = list(cues.DIGITS_OF.finditer(plain, name, end))
    for match in digits:
        yield "secret", "", match.start("value"), match.end("value")
    for match in cues.NEXT_LETTERS.finditer(plain, name, end):
        if shapes.is_run_together(match["value"]):
            yield "secret", "", match.start("value"), match.end("value")
    for match in cues.LETTERS_OF.finditer(plain, name, end):
        if digits or shapes.is_no_word(match["value"]):
            yield "secret", "", match.start("value"), match.end("value")


def _is_password(seen: View, since: int, until: int, sentence: int, named: bool) -> bool:
    value = seen.text[since:until]
    if value.startswith("#") and not any(map(str.isdecimal, value)):
        return False  # "#quenmatkhau": what somebody writes about, or a command
    if (shapes.is_strong(value) and not excuses.fault(seen.plain, since)) or (
        shapes.is_name_with_digits(value) and not excuses.word(seen.plain, since, named)
    ):
        return True
    if not named and not cues.TYPED.search(seen.plain, max(sentence, since - _NEXT_TO), since):
        return False
    return shapes.is_mixed(value, typed=not named) and not excuses.word(seen.plain, since, named)


def _called(seen: View, match: re.Match[str], end: int, wanted: bool) -> Iterator[Found]:
    """Yields what follows "password is", whatever it looks like, unless it is an ordinary word.

    A number beside a password that is wanted back ("lấy lại mật khẩu giúp tôi: …") is whose it is.
    """
    text, plain, name = seen.text, seen.plain, match.end()
    copula = cues.IS.match(plain, name, end)
    at = copula.end() if copula else name
    yield from phrases.spelt(text, at, end)
    if quoted := _QUOTED.match(text, at):
        yield "secret", "", quoted.start("value"), quoted.end("value")
    elif copula and (word := _VALUE.match(text, at)):
        value = shapes.trimmed(word[0])
        counted = cues.UNIT.match(plain, at + len(value)) is not None and not any(map(str.isalpha, value))
        if (wanted and _WHOSE.fullmatch(value)) or cues.SAID_OF.match(plain, at):
            return
        if shapes.is_no_word(value) or shapes.is_joined(value) or (any(map(str.isdigit, value)) and not counted):
            yield "secret", "", at, at + len(value)
    if row := cues.ROW.match(plain, name, end):
        yield "secret", "", row.start("value"), row.end("value")
    if not any(char.isdigit() for char in match[0]):  # in VNI the words behind have digits, too
        yield from _beside(seen, name, end)
    yield from phrases.of_words(text, plain, match.start(), name, end)


def _beside(seen: View, name: int, end: int) -> Iterator[Found]:
    """Yields what stands at once behind "password", "my old password", without an "is"."""
    text, plain = seen.text, seen.plain
    beside = cues.BESIDE.match(plain, name, end)
    if not beside:
        return
    at = beside.end()
    yield from phrases.spelt(text, at, end)
    yield from phrases.with_tail(plain, at, end)
    pair = None if plain.startswith("mk", name - 2) else cues.WITH_NUMBER.match(plain, at, end)
    if pair and phrases.may_begin(pair["word"]):
        yield "secret", "", pair.start("value"), pair.end("value")
    if word := _VALUE.match(text, at, end):
        value = shapes.trimmed(word[0])
        if cues.UNIT.match(plain, at + len(value)) or cues.PROVIDER.match(plain, at + len(value)):
            return
        ends = len(value) >= _SURELY_SEVERAL or cues.ENDS.match(plain, at + len(value)) is not None
        several = ends and shapes.is_run_together(value) and (not text.isascii() or not cues.ENGLISH.search(plain))
        if shapes.is_written(value) or shapes.is_joined(value) or several:
            yield "secret", "", at, at + len(value)


def codes(seen: View, spoken: list[words.Said]) -> Iterator[Found]:
    """Yields one-time codes: a few digits that something calls so, and a few digits that stand alone."""
    plain = seen.plain
    if alone := cues.ALONE.fullmatch(plain):
        if not shapes.is_year_or_service(digits_of(alone["code"])):
            yield "secret", "", alone.start("code"), alone.end("code")
        return
    for match in cues.MARKED.finditer(plain):
        yield "secret", "", match.start("code"), match.end("code")
    for match in cues.CAPITALS.finditer(seen.text):
        if match["code"].isdecimal() or shapes.is_no_word(match["code"]):
            yield "secret", "", match.start("code"), match.end("code")
    yield from _lettered(seen)
    called = cues.CODE.search(plain) is not None
    by_sms = cues.SMS.search(plain) is not None
    short = len(plain.split(None, _FEW_WORDS)) <= _FEW_WORDS
    long = [(each.start, each.end) for each in spoken if len(each.digits) > _LONGEST and each.words > 1]
    for match in _DIGITS.finditer(plain):
        if any(start <= match.start() < end for start, end in long):
            continue  # "không chín 8 hai 551 180" is told in one
        if _is_code(seen, match, called, short or by_sms):
            yield "secret", "", match.start(), match.end()
    if behind := cues.BEHIND_NUMBERS.fullmatch(plain):
        yield "secret", "", behind.start("code"), behind.end("code")
    for match in cues.PAIRS.finditer(plain):
        yield "secret", "", match.start("code"), match.end("code")
    if called:
        for match in itertools.chain(cues.ALIKE.finditer(seen.text), cues.ONE_BY_ONE.finditer(plain)):
            yield "secret", "", match.start(), match.end()
        for match in cues.HALVES.finditer(plain):
            if cues.CODE.search(_around(plain, *match.span())) and not excuses.digits(plain, *match.span(), called):
                yield "secret", "", match.start(), match.end()
    if "\n" in plain and (called or cues.SOME_CODE.search(seen.text)):
        for match in cues.OWN_LINE.finditer(plain):
            if not shapes.is_year_or_service(digits_of(match["code"])) and not excuses.digits(
                plain, *match.span("code")
            ):
                yield "secret", "", match.start("code"), match.end("code")
    for number in spoken:
        if _SPOKEN <= len(number.digits) <= _LONGEST and cues.READ_OUT.search(
            plain, max(0, number.start - _NEXT_TO), number.start
        ):
            yield "secret", "", number.start, number.end
            continue
        around = _around(plain, number.start, number.end)
        if (
            len(number.digits) <= _LONGEST
            and number.digits != "8079"
            and (
                (called and (number.words >= _SPOKEN or _half_spoken(seen.text, number)))
                or (
                    len(number.digits) == number.words == _USUAL
                    and (short or number.digits[0] != "0")
                    and not excuses.digits(plain, number.start, number.end)
                )
                or cues.PASSWORD.search(around)
            )
        ):
            yield "secret", "", number.start, number.end


def _half_spoken(text: str, number: words.Said) -> bool:
    """Tells whether half of a code is digits and half of it words."""
    typed = len(digits_of(text[number.start : number.end]))
    return len(number.digits) == _USUAL and typed >= len(number.digits) // 2


def _lettered(seen: View) -> Iterator[Found]:
    """Yields codes of capitals and digits: what is called a code beyond doubt, or "mã" and came to somebody."""
    for match in cues.LETTERED.finditer(seen.text):
        code = match["code"]
        around, said = _around(seen.plain, *match.span()), _around(seen.text, *match.span())
        called = cues.CODE.search(around) or (cues.SOME_CODE.search(said) and cues.BROUGHT.search(around))
        long_enough = len(code) >= 5 and not shapes.is_everyday(code)
        if called and long_enough and not excuses.word(seen.plain, match.start()):
            yield "secret", "", match.start(), match.end()


def _is_code(seen: View, match: re.Match[str], called: bool, short: bool) -> bool:
    digits = digits_of(match[0])
    if not _SHORTEST <= len(digits) <= _LONGEST or shapes.is_year_or_service(digits):
        return False
    if excuses.digits(seen.plain, *match.span(), called) or _is_inside_a_word(seen.plain, *match.span()):
        return False
    if not called and " " in match[0] and seen.plain[match.start() - 1 : match.start()].isalpha():
        return False  # "D02 2026": a form, and something else
    if called or (short and len(digits) == _USUAL and not digits.endswith("000")):
        return True
    if digits.endswith("000") and digits[0] != "0":
        return False
    around = _around(seen.plain, *match.span())
    return bool(
        cues.PASSWORD.search(around)
        or cues.SOME_CODE.search(_around(seen.text, *match.span()))
        or (len(digits) == _USUAL and cues.CAME.search(around))
    )


def _is_inside_a_word(plain: str, start: int, end: int) -> bool:
    """Tells whether letters stand on both sides: the number of a company, of a car."""
    return plain[start - 1 : start].isalpha() and plain[end : end + 1].isalpha()


def _around(plain: str, start: int, end: int) -> str:
    """Returns the sentence around a place, as far as it is near."""
    before, after = plain[max(0, start - _NEAR) : start], plain[end : end + _NEAR]
    ends = [match.end() for match in _END.finditer(before)]
    until = _END.search(after)
    return f"{before[ends[-1] if ends else 0 :]}\x01{after[: until.start() if until else _NEAR]}"
