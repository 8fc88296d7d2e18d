"""Content read with libyaml says what Rasa reads in it, and what is wrong in it is said in Rasa's words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from assistant.rasa import slim_boot
from tests.conftest import ROOT

slim_boot.boot(serving=False)

from rasa.shared.nlu.training_data.message import Message  # noqa: E402
from rasa.shared.nlu.training_data.training_data import TrainingData  # noqa: E402

from assistant.rasa import patched_yaml  # noqa: E402

_NLU = "shared/nlu/training_data/schemas/nlu.yml"
_SAME = [
    "a: [1, -2, 0, 010, 0x1F, 0o17, 0b11, 1_000, 12:30, 12:30:45, +5]",
    "a: [1.5, -0.25, 1e3, 1.0e+3, .5, 1., .inf, -.INF, .nan_no, 1.2.3]",
    "a: [yes, No, on, OFF, y, n, true, False, TRUE, truE]",
    "a: [null, ~, Null, nULL, '']\nb:\nc: ''",
    "a: [2024-01-02, 2024-1-2, 2024-01-02T03:04:05Z, 2024-01-02 03:04:05, 2024-13]",
    "a: 8079\nb: 02/2024\nc: 2 ngày, 3 tháng\n2: hai\ntrue: đúng",
    "a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3\n  e: 4",
    "a: |\n  - xin chào\n  - $HOME thôi\nb: >-\n  hai\n  dòng",
    "a: \"\\u1ec7 \\n\"\nb: '\\n'",
    'a: "việt \\u1ec7 \\n"',
    "",
    "# chỉ có ghi chú",
    "- một\n- 'yes'\n- \"010\"",
]


@pytest.mark.parametrize("content", _SAME)
def test_it_says_what_rasa_reads(content: str) -> None:
    ours, rasas = patched_yaml._read_yaml(content), patched_yaml._rasas_reading(content)
    assert repr(ours) == repr(rasas)


@pytest.mark.parametrize("name", ["data/rules/small_talk.yml", "data/dialogue/greet.yml", "data/faq/hotline.yml"])
def test_the_content_says_what_rasa_reads(name: str) -> None:
    content = (ROOT / name).read_text(encoding="utf-8")
    assert repr(patched_yaml._read_yaml(content)) == repr(patched_yaml._rasas_reading(content))


def test_most_content_is_not_in_doubt() -> None:
    for path in [ROOT / "domain.yml", *(ROOT / "data/dialogue").rglob("*.yml"), *(ROOT / "data/rules").rglob("*.yml")]:
        assert patched_yaml._read(path.read_text(encoding="utf-8")), path


@pytest.fixture
def complaint() -> Callable[[Callable[..., Any], str], str]:
    def of(read: Callable[..., Any], *given: str) -> str:
        with pytest.raises(Exception) as raised:
            read(*given)
        return f"{type(raised.value).__name__}: {raised.value}"

    return of


@pytest.mark.parametrize("content", ["a: 1\na: 2", "a: [1", "a: ${NOT_SET_ANYWHERE}", "a: *unknown", "a: =", "\ta: 1"])
def test_what_is_wrong_is_said_in_rasas_words(content: str, complaint: Callable[..., str]) -> None:
    assert complaint(patched_yaml._read_yaml, content) == complaint(patched_yaml._rasas_reading, content)


def test_a_wrong_shape_is_said_with_its_line(complaint: Callable[..., str]) -> None:
    content = 'version: "3.1"\nnlu:\n- intent: chào\n  examples: |\n    - xin chào\n- intnt: sai\n  examples: 3\n'
    ours = complaint(patched_yaml._check, content, _NLU)
    assert ours == complaint(patched_yaml._rasas_check, content, _NLU)
    assert "Line 6" in ours


def test_a_right_shape_is_let_through() -> None:
    patched_yaml._check("nlu:\n- intent: chào\n  examples: |\n    - xin chào\n", _NLU)


def test_rasa_reads_with_it() -> None:
    code = """
from assistant.rasa import slim_boot
slim_boot.boot(serving=False)
import rasa.shared.utils.io
from rasa.shared.exceptions import YamlException
from assistant.rasa import patched_yaml
assert rasa.shared.utils.io.read_yaml is patched_yaml._read_yaml
try:
    rasa.shared.utils.io.read_yaml_file("Makefile")
except YamlException:
    print("refused")
"""  # apart: whoever booted first in this process may have booted for serving
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "refused\n", done.stderr[-2000:]


def test_merged_data_hold_each_example_once_in_order() -> None:
    one, two = Message({"text": "xin chào", "intent": "greet"}), Message({"text": "cảm ơn", "intent": "thank"})
    again = Message({"text": "xin chào", "intent": "greet"})
    given = TrainingData([one], {"a": "b"}, responses={"utter_x": [{"text": "x"}]})
    merged = TrainingData().merge(given, None, TrainingData([again, two], {"c": "d"}, responses={"utter_x": []}))
    assert merged.training_examples == [one, two]
    assert merged.entity_synonyms == {"a": "b", "c": "d"}
    assert merged.responses == {"utter_x": []}
    assert given.responses == {"utter_x": [{"text": "x"}]}
    alone = TrainingData().merge(given)
    assert alone.training_examples == [one]
    assert alone.training_examples is not given.training_examples
