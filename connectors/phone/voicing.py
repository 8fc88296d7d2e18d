"""Answers of the dialogue for the ear: the voice's own text where content has one, else what is short enough of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from assistant.settings import ROOT, yaml_files
from connectors.phone import digits

FILE = Path("channels/phone_answers.yml")
#: Words that one keeps in mind.
MOST = 25
_SOURCE = re.compile(r"\n\n\(Nguồn: .*\)\s*\Z", re.DOTALL)
_CITED = re.compile(r"\s*\[[^\]\n]*\]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_FOR_EYES = re.compile(r"https?:|www\.|⟦|…|^\d+\.|^[-•]|:$|bấm “|[{}]")
#: What is written short and said in full; the words before it that its full name has already.
_IN_FULL = (
    (re.compile(r"\bBHXH\b"), "bảo hiểm xã hội"),
    (re.compile(r"\bBHYT\b"), "bảo hiểm y tế"),
    (re.compile(r"\bBHTN\b"), "bảo hiểm thất nghiệp"),
    (re.compile(r"\bUBND\b"), "ủy ban nhân dân"),
    (re.compile(r"\bCCCD\b"), "căn cước công dân"),
    (re.compile(r"(?:\bmã )?\bOTP\b"), "mã xác thực"),
    (re.compile(r"(?:\b(?:tờ khai|mẫu) )?\bTK1-TS\b", re.IGNORECASE), "tờ khai thông tin bảo hiểm"),
    (re.compile(r"\s*%"), " phần trăm"),
    (re.compile(r"(?<=\w)/(?=phút\b)"), " một "),
)
#: Where one of these is meant, "bảo hiểm" alone would not tell which.
_OTHER_KINDS = re.compile(r"BHYT|BHTN|y tế|thất nghiệp|tự nguyện", re.IGNORECASE)
#: A date in figures.
_DATE = re.compile(r"(?i:\bngày )?\b(\d{1,2})/(\d{1,2})(?:/(\d{4}))?\b")
#: An abbreviation or a number of an act that nobody said in full above.
_SPELLED = re.compile(r"\b[A-ZĐ]{2,}|\w/\w")
_BRACKETS = re.compile(r"\s*\(([^()]*)\)(?=\s*([.,;:!?]|$)?)")
_AMOUNT = re.compile(r"\b\d{1,3}(?:\.\d{3})+\b")
_UNITS = ("", "nghìn", "triệu", "tỷ")
_NUMBER = re.compile(r"\d[\d .]{2,}\d")


@cache
def answers(data: Path = ROOT / "data") -> dict[str, str]:
    """Returns the texts for the voice, by the topic they answer."""
    path = data / FILE
    read = yaml_files.read(path) if path.exists() else {}
    return {str(name): " ".join(str(text).split()) for name, text in read.items()}


def voiced(topic: str, facet: str, replies: Iterable[str]) -> str:
    """Returns the answer about a topic in twenty-five words at most; empty where it can only be read.

    Of one side of a topic (what it costs, how long it takes) what the reply says is short; the topic's own text
    would answer something else.
    """
    whole = answers().get(topic.rpartition("/")[2], "")
    short = shortened("\n".join(replies)) if facet or not whole else ""
    return short if facet else whole or short


def shortened(text: str) -> str:
    """Returns the first sentences of a text that the ear can follow; empty if there is none."""
    found: list[str] = []
    for sentence in _SENTENCE.split(_CITED.sub("", _SOURCE.sub("", text)).strip()):
        heard = in_full(sentence.strip())
        heard = heard[:1].upper() + heard[1:]
        room = MOST - len(" ".join(found).split())
        if len(heard.split()) > room and not _OTHER_KINDS.search(sentence):
            heard = heard.replace("ảo hiểm xã hội", "ảo hiểm")
        if _FOR_EYES.search(sentence.strip()) or _SPELLED.search(heard) or len(heard.split()) > room:
            break
        found.append(heard)
    return _NUMBER.sub(_in_words, " ".join(found)).strip()


def in_full(text: str) -> str:
    """Returns what was written short in full: abbreviations, dates, amounts, signs; brackets become pauses."""
    text = _AMOUNT.sub(_amount, _DATE.sub(_date, text))
    for short, full in _IN_FULL:
        text = short.sub(full, text)
    text = _BRACKETS.sub(
        lambda inner: f", {inner[1]}" + ("" if inner[2] or not inner.string[inner.end() :] else ","), text
    )
    return re.sub(r"[“”]", "", text).replace(";", ",")


def _date(written: re.Match[str]) -> str:
    day, month, year = written.groups()
    return f"ngày {int(day)} tháng {int(month)}" + (f" năm {year}" if year else "")


def _amount(written: re.Match[str]) -> str:
    """Returns an amount in parts that every voice reads rightly: 2.530.000 as 2 triệu 530 nghìn."""
    parts = [int(part) for part in written[0].split(".")]
    if len(parts) > len(_UNITS):
        return written[0]
    named = zip(parts, reversed(_UNITS[: len(parts)]), strict=True)
    return " ".join(f"{part} {unit}".strip() for part, unit in named if part)


def _in_words(number: re.Match[str]) -> str:
    """Returns a number to dial digit by digit, in the groups it is written in."""
    found = re.sub(r"\D", "", number[0])
    if len(found) < 7:
        return number[0]
    written = number[0].split()
    if len(written) == 1:
        return digits.said(found).replace(".", ",").rstrip(",").lower()
    return ", ".join(" ".join(digits.NAMES[int(digit)] for digit in group if digit.isdigit()) for group in written)
