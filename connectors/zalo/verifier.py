"""The file by which Zalo sees that a domain is ours: /zalo_verifier<code>.html at the root."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

_CODE = re.compile(r"[A-Za-z0-9_-]{16,80}")
_NAME = re.compile(r"zalo_verifier([A-Za-z0-9_-]{16,80})\.html")
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
    <meta property="zalo-platform-site-verification" content="{code}" />
</head>
<body>
There Is No Limit To What You Can Accomplish Using Zalo!
</body>
</html>
"""


class BadVerifier(ValueError):
    """The setting is neither a code nor the file that Zalo's console offers."""


def verifier_routes(given: str) -> tuple[Route, ...]:
    """Returns the file's route; none if `given` is empty.

    Args:
        given: the code, the file's name, or the path of the file as downloaded (then served as it is).

    Raises:
        BadVerifier: if it is none of these.
    """
    if not given:
        return ()
    path = Path(given)
    named = _NAME.fullmatch(path.name)
    code = named[1] if named else given
    if not _CODE.fullmatch(code):
        raise BadVerifier("ZALO_VERIFIER: give the code, or the path of zalo_verifier….html")
    page = path.read_text(encoding="utf-8") if named and path.is_file() else _PAGE.format(code=code)

    async def answer(request: Request) -> Response:
        return HTMLResponse(page)

    return (Route(f"/zalo_verifier{code}.html", answer),)
