"""Makes the two papers of a declaration: PDF to print, DOCX to change."""

from __future__ import annotations

from assistant.declarations import pdf, word
from assistant.declarations.filling import lay_out
from assistant.declarations.model import Answers, Form, PaperNotMade, PaperType


def make(form: Form, answers: Answers) -> dict[PaperType, bytes]:
    """Returns both papers of checked answers.

    Raises:
        PaperNotMade: if one of them could not be made; the cause stays untold, it may quote an answer.
    """
    paper = lay_out(form, answers)
    try:
        return {"pdf": pdf.typeset(paper), "docx": word.write(paper)}
    except Exception:  # noqa: BLE001 - whatever it is, it must reach no log with the answers in it
        raise PaperNotMade from None
