"""Which language a browser gets its pages in: what its person chose, else what fits what it says of itself.

Most who come are Vietnamese, and many a phone sold here is set to English. So a browser that asks for English gets a
page in Vietnamese, with the switch in sight; one that asks for another language and not for Vietnamese is a
foreigner's, and gets English.
"""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response

from assistant.content.languages import DEFAULT, LANGUAGES, known

COOKIE = "language"
#: In a page's address: `?lang=en`.
QUERY = "lang"
_LIVES = 365 * 24 * 3600
_ENGLISH = "en"


def asked_for(request: HTTPConnection) -> str:
    """Returns the language that a page's address names; empty if it names none of ours."""
    given = request.query_params.get(QUERY, "")
    return given if given in LANGUAGES else ""


def language_of(request: HTTPConnection, record: str = "") -> str:
    """Returns the language of a page.

    Args:
        request: the browser's.
        record: that of what the page is about (a reset), where it has one; only the page's own switch overrules it.
    """
    remembered = request.cookies.get(COOKIE, "")
    for language in (asked_for(request), record, remembered):
        if language in LANGUAGES:
            return language
    return _foreign(request.headers.get("accept-language", ""))


def _foreign(accepted: str) -> str:
    names = [part.partition(";")[0].strip().partition("-")[0].lower() for part in accepted[:200].split(",")]
    spoken = [name for name in names if name.isalpha()]
    return _ENGLISH if spoken and spoken[0] != _ENGLISH and DEFAULT not in spoken else DEFAULT


def remember(response: Response, language: str, secure: bool) -> None:
    """Lets a browser keep the language that its person chose; our script keeps it up to date."""
    response.set_cookie(COOKIE, known(language), max_age=_LIVES, path="/", samesite="lax", secure=secure)
