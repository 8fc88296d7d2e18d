"""data/declarations holds together."""

from __future__ import annotations

import re

import pytest

from assistant.declarations import KINDS, Kind
from assistant.declarations.content import fields, form_of, texts
from assistant.declarations.filling import asked
from assistant.settings import ROOT


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_names_only_fields_there_are(kind: Kind) -> None:
    form = form_of(kind)
    assert form.kind == kind
    on_page = [name for section in form.sections for name in asked(form, section)]
    assert len(on_page) == len(set(on_page)) <= 14
    assert {*form.required, *form.one_of} <= set(on_page)
    assert {signer.signs for signer in form.signers} <= {"", *on_page}
    assert form.source
    assert re.fullmatch(r"[\w-]+", form.file, re.ASCII)


def test_every_field_is_asked_for_somewhere() -> None:
    used = {name for kind in KINDS for section in form_of(kind).sections for name in section.fields}
    assert used == set(fields())
    assert all(field.choices for field in fields().values() if field.kind == "choice")
    assert all(set(f.printed_choices) == set(f.choices) for f in fields().values() if f.printed_choices)


def test_every_reason_has_a_sentence_and_every_sentence_a_reason() -> None:
    code = (ROOT / "assistant/declarations/values.py").read_text() + (
        ROOT / "assistant/declarations/filling.py"
    ).read_text()
    assert set(texts().errors) == {reason for reason in texts().errors if f'"{reason}"' in code}
    assert set(re.findall(r'Unreadable\("(\w+)"', code)) <= set(texts().errors)


def test_no_vietnamese_stands_in_the_code() -> None:
    for path in (ROOT / "assistant/declarations").glob("*.py"):
        written = re.sub(r"Trợ lý VssID", "", path.read_text())
        assert not re.search("[ạảấầẩẫậắằẳẵặẹẻẽếềểễệịỉọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđ]", written), path.name


def test_says_nothing_that_is_out_of_date() -> None:
    said = " ".join(path.read_text() for path in (ROOT / "data/declarations").glob("*.yml"))
    for stale in ("595", "8079", "huyện", "tổ chức dịch vụ thu", "13/2023"):
        assert stale not in said
