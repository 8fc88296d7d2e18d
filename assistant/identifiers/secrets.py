"""What nobody should write into a chat: passwords and one-time codes. Found, so that it is dropped.

No list of the words that may stand between "password" and its value can be complete: what counts is the value's own
shape, a name for a secret in the same sentence, and that nothing says it is something else. One false alarm is better
than one leak.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.identifiers import cues, excuses, keyboards, shapes, words
from assistant.identifiers.model import Found
from assistant.identifiers.numbers import digits_of
from assistant.identifiers.view import View

_SENTENCE = re.compile(r"(?:[^\n.!?;]|[.!?;](?=\S)){1,2000}")
_MIXED_WORD = re.compile(r"(?=[^\s\d@#$^*]{0,60}[\d@#$^*])[^\s\x01\"“”‘’«»]{5,80}")
_VALUE = re.compile(r"[^\s\x01]{3,64}")
_QUOTED = re.compile(r"\s?[\"'“”‘’«»](?P<value>[^\"'“”‘’«»\n]{3,64})[\"'“”‘’«»]")
#: Groups of a longer number stand apart, too: "0912 - 345 - 678" has no code of four digits in it.
_DIGITS = re.compile(
    r"(?<![\d/@.,])(?<!\d[ .,\-])(?<!\d[ .]{2})(?<!\d [-–—.] )\d(?:(?:[ .\-]| [-–—] )?\d){2,7}"
    r"(?!(?:[ .,\-/]| {0,2}[-–—] {0,2}| {2})?\d)"
)
#: As long as a code, an identity number or a telephone's.
_WHOSE = re.compile(r"\+?\d{9,13}")
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


def passwords(seen: View) -> Iterator[Found]:
    """Yields passwords: what is called so, and what can be nothing else."""
    text, plain = seen.text, seen.plain
    for pair in cues.PAIR.finditer(text):
        if shapes.is_mixed(pair["value"]):
            yield "secret", "", pair.start("value"), pair.start("value") + len(shapes.trimmed(pair["value"]))
    for sentence in _SENTENCE.finditer(plain):
        start, end = sentence.span()
        called = list(cues.PASSWORD.finditer(plain, start, end))
        names = [match.end() for match in called]
        wanted = {
            match.end()
            for match in called
            if cues.WANTED.search(plain, max(start, match.start() - _NEXT_TO), match.start())
        }
        in_vni = any(char.isdigit() for match in called for char in match[0])
        for name in names:
            yield from _called(text, plain, name, end, name in wanted)
        for match in cues.IS_ONE.finditer(plain, start, end) if names else ():
            if shapes.is_no_word(match["value"]):
                yield "secret", "", match.start("value"), match.end("value")
        for match in cues.ONE_WORD.finditer(plain, start, end) if names else ():
            if shapes.is_run_together(match["value"]):
                yield "secret", "", match.start("value"), match.end("value")
        for fours in cues.IN_FOURS.finditer(plain, start, end) if names else ():
            if sum(shapes.is_no_word(f"{each}x") for each in fours[0].split()) >= _STRANGE:
                yield "secret", "", *fours.span()
        for word in _MIXED_WORD.finditer(text, start, end):
            for since, until in shapes.parts(text, word.start(), word.end()):
                if in_vni and keyboards.vni(plain[since:until]):
                    continue  # "que6n ma65t kha63u": each word has digits, and none is a secret
                if _is_password(seen, since, until, start, bool(names)):
                    yield "secret", "", since, until


def _is_password(seen: View, since: int, until: int, sentence: int, named: bool) -> bool:
    value = seen.text[since:until]
    if shapes.is_strong(value):
        return True
    if not named and not cues.TYPED.search(seen.plain, max(sentence, since - _NEXT_TO), since):
        return False
    return shapes.is_mixed(value, typed=not named) and not excuses.word(seen.plain, since)


def _called(text: str, plain: str, name: int, end: int, wanted: bool) -> Iterator[Found]:
    """Yields what follows "password is", whatever it looks like, unless it is an ordinary word.

    A number beside a password that is wanted back ("lấy lại mật khẩu giúp tôi: …") is whose it is.
    """
    copula = cues.IS.match(plain, name, end)
    at = copula.end() if copula else name
    if quoted := _QUOTED.match(text, at):
        yield "secret", "", quoted.start("value"), quoted.end("value")
    elif copula and (word := _VALUE.match(text, at)):
        value = shapes.trimmed(word[0])
        counted = cues.UNIT.match(plain, at + len(value)) is not None
        if wanted and _WHOSE.fullmatch(value):
            return
        if shapes.is_no_word(value) or (any(char.isdigit() for char in value) and not counted):
            yield "secret", "", at, at + len(value)
    if (beside := cues.BESIDE.match(plain, name, end)) and shapes.is_run_together(beside["value"]):
        yield "secret", "", beside.start("value"), beside.end("value")


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
    if called or short or by_sms or cues.PASSWORD.search(plain) or cues.SOME_CODE.search(seen.text):
        for match in _DIGITS.finditer(plain):
            if _is_code(seen, match, called, short or by_sms):
                yield "secret", "", match.start(), match.end()
    for number in spoken:
        if len(number.digits) <= _LONGEST and (
            (called and number.words >= _SPOKEN) or cues.PASSWORD.search(_around(plain, number.start, number.end))
        ):
            yield "secret", "", number.start, number.end


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
    if called or (short and len(digits) == _USUAL and not digits.endswith("000")):
        return True
    return bool(
        cues.PASSWORD.search(_around(seen.plain, *match.span()))
        or cues.SOME_CODE.search(_around(seen.text, *match.span()))
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
