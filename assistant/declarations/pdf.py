"""Typesets the PDF. The answers go in as data, never as markup; the fonts are Typst's own and are embedded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assistant.declarations.filling import Paper

_TEMPLATE = Path(__file__).parent / "paper.typ"


def typeset(paper: Paper) -> bytes:
    """Returns the paper as PDF."""
    import typst

    return typst.compile(
        str(_TEMPLATE),
        root=str(_TEMPLATE.parent),
        ignore_system_fonts=True,  # the same paper on every machine
        sys_inputs={"paper": json.dumps(_data(paper), ensure_ascii=False)},
    )


def _data(paper: Paper) -> dict[str, Any]:
    form = paper.form
    return {
        "title": form.title,
        "basis": form.basis.split("\n"),
        "notice": form.paper_notice,
        "closing": form.closing,
        "small_print": form.small_print,
        "words": paper.words,
        "parts": [{"title": part.title, "lines": [vars(line) for line in part.lines]} for part in paper.parts],
        "signers": [{"title": signer.title, "note": signer.note, "name": name} for signer, name in paper.signers],
    }
