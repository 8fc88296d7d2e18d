"""The pages that citizens see, in the language they are to be in (data/web/pages.yml)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from assistant.content.languages import DEFAULT, LANGUAGES, texts_of
from assistant.settings import ROOT
from connectors.web import language as languages

WORDS = ROOT / "data/web/pages.yml"
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_HOTLINE = "1900 9068"
_CALL = Markup('<a href="tel:19009068">{}</a>').format(_HOTLINE)


def marked(text: str) -> Markup:
    """Returns a text of ours with its marks as HTML: bold words, the hotline as a link, no break within a price."""
    words = _BOLD.sub(r"<b>\1</b>", str(escape(text)))
    for unit in (" đồng/", " VND/"):
        words = words.replace(unit, f"\u00a0{unit[1:]}")
    return Markup(words.replace(_HOTLINE, _CALL))  # noqa: S704 - escaped above


class PageTemplates:
    """Renders the templates of citizens' pages; each knows whether this is a demo, and `values`."""

    def __init__(self, demo: bool, **values: Any) -> None:
        self._templates = Jinja2Templates(Path(__file__).parent / "templates")
        self._templates.env.filters["marked"] = marked
        self._templates.env.globals |= {"demo": demo, "script_words": script_words, **values}

    def page(
        self, request: Request, name: str, code: int = 200, headers: Mapping[str, str] | None = None,
        language: str = DEFAULT, **values: Any,
    ) -> Response:  # fmt: skip
        """Returns a page; where its address names a language, the browser keeps that."""
        about = {"language": language, "say": texts_of(WORDS).of(language), "other": _other(language)}
        found = self._templates.TemplateResponse(request, name, about | values, status_code=code, headers=headers)
        found.headers["content-language"] = language
        if chosen := languages.asked_for(request):
            languages.remember(found, chosen, request.url.scheme == "https")
        return found


def _other(language: str) -> dict[str, str]:
    """Returns the language that a page's switch leads to: its code, its name and what the switch says, in itself."""
    code = LANGUAGES[(LANGUAGES.index(language) + 1) % len(LANGUAGES)]
    words = texts_of(WORDS).of(code)["every_page"]
    return {"code": code, "name": words["language"], "say": words["switch"]}


def script_words(*sections: str, language: str = "") -> dict[str, Any]:
    """Returns what a page's script says, by "section.name": in one language, or each by its code."""
    if language:
        texts = texts_of(WORDS).of(language)
        return {f"{section}.{name}": text for section in sections for name, text in texts[section].items()}
    return {each: script_words(*sections, language=each) for each in LANGUAGES}
