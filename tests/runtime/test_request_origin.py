"""What a browser says of the page that sends something, by browsers of all ages."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from assistant.runtime.request_origin import is_foreign

OURS, OTHER = "https://tro-ly.example", "https://evil.example"


def foreign(hidden: bool = False, **headers: str) -> bool:
    """Tells what the rule says of a POST with these headers."""
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/ma", "headers": [(b"host", b"tro-ly.example"), *sent]}
    return is_foreign(Request(scope), hidden=hidden)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "same-origin"}, {"sec_fetch_site": "none"},
        {"sec_fetch_site": "same-origin", "origin": "null"},
        {"origin": OURS}, {"origin": OURS.upper()}, {"referer": f"{OURS}/ma"},
        {"origin": OURS, "referer": f"{OURS}/ma"}, {},
    ],
)  # fmt: skip
def test_our_own_pages(headers: dict[str, str]) -> None:
    assert not foreign(**headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"}, {"sec_fetch_site": "nonsense"},
        {"sec_fetch_site": "cross-site", "origin": OURS}, {"origin": OTHER}, {"origin": "null"},
        {"origin": "https://tro-ly.example.evil.example"}, {"origin": "https://tro-ly.example@evil.example"},
        {"origin": "https://tro-ly.example:8443"}, {"origin": "tro-ly.example"}, {"origin": "https://[bad"},
        {"referer": f"{OTHER}/{OURS}"}, {"referer": "about:blank"}, {"origin": OTHER, "referer": f"{OURS}/ma"},
    ],
)  # fmt: skip
def test_pages_of_others(headers: dict[str, str]) -> None:
    assert foreign(**headers)


def test_a_page_that_hides_its_address_is_null_in_an_older_browser() -> None:
    assert not foreign(hidden=True, origin="null")
    assert foreign(hidden=True, origin="null", referer=f"{OTHER}/")
    assert foreign(hidden=True, origin=OTHER)
