"""Whether what a browser sends came from a page of ours: the one rule for every form and message."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request


def is_foreign(request: Request, *, hidden: bool = False) -> bool:
    """Tells whether the browser names another site as the one that sends this.

    Browsers of today say it in a word (Sec-Fetch-Site). Older ones name the page's origin, or at least its address.
    Who names nothing is no browser that somebody else's page could use; a form's mark decides about them.

    Args:
        request: what came.
        hidden: whether our own page hides its address (`referrer-policy: no-referrer`): then an older browser says
            "null" of it, too, as of a page in a sandbox.
    """
    if site := request.headers.get("sec-fetch-site"):
        return site not in ("same-origin", "none")
    named = request.headers.get("origin")
    if named and not (hidden and named == "null"):
        return not _is_ours(named, request)
    page = request.headers.get("referer")
    return bool(page) and not _is_ours(str(page), request)


def _is_ours(address: str, request: Request) -> bool:
    try:
        found = urlsplit(address)
        return found.netloc != "" and found.netloc.lower() == request.headers.get("host", "").lower()
    except ValueError:
        return False
