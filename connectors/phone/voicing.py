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
        if _FOR_EYES.search(sentence.strip()) or len(" ".join([*found, sentence]).split()) > MOST:
            break
        found.append(sentence.strip())
    return _NUMBER.sub(_in_words, " ".join(found)).strip()


def _in_words(number: re.Match[str]) -> str:
    """Returns a number to dial digit by digit; amounts of money are read as they stand."""
    found = re.sub(r"\D", "", number[0])
    return digits.said(found).rstrip(".").lower() if len(found) >= 7 else number[0]
