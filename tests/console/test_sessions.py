"""Sessions: who holds one, how long, and how it ends."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import Served, serve
from tests.console.conftest import Join
from tests.kit import postgres
from tests.kit.colleagues import PASSWORD, SIGN_IN, Colleague, give_code, give_password, invite, join
from tests.kit.people import Store, client


@pytest.fixture
def joined(node: Served) -> Join:
    """Makes colleagues as everywhere, but they go the whole way: invitation, password, phone."""

    def make(*roles: str, name: str = "", shown: str = "") -> Colleague:
        return join(node, roles, name, shown)

    return make


def hash_of(cookie: str) -> str:
    """Returns how the database knows a cookie."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def aged(store: Store, who: Colleague, column: str, interval: str) -> None:
    """Makes a session older than it is."""
    store.do(
        f"UPDATE staff_sessions SET {column} = {column} - interval '{interval}'"
        f" WHERE hash = decode('{hash_of(who.cookie)}', 'hex')"
    )


def form_cookie(http: httpx.Client) -> str:
    """Returns the cookie that a browser's forms before the sign-in are bound to."""
    http.get(SIGN_IN)
    return http.cookies["console-form"]


def is_in(who: Colleague) -> bool:
    return who.get("/console").status_code == 200


def second_browser(node: Served, who: Colleague, ahead: int = 1) -> Colleague:
    """Signs somebody in in another browser."""
    http = client(node.url)
    assert give_password(http, who.name, who.password).status_code == 303
    assert give_code(http, who.code(ahead)).status_code == 303
    return Colleague(who.name, http, who.secret, who.recovery, who.password)


def test_a_cookie_that_was_planted_is_never_taken_over(node: Served, joined: Join, store: Store) -> None:
    hoa, http = joined("agent"), client(node.url)
    planted = "A" * 43
    answer = give_password(http, hoa.name, cookie=f"console={planted}; console-form={form_cookie(http)}")
    assert answer.status_code == 303
    assert http.cookies["console"] != planted
    assert store.rows(f"SELECT 1 FROM staff_sessions WHERE hash = decode('{hash_of(planted)}', 'hex')") == []


def test_the_cookie_is_new_at_every_step_and_the_old_one_worth_nothing(node: Served, joined: Join) -> None:
    hoa, http = joined("agent"), client(node.url)
    give_password(http, hoa.name)
    half = http.cookies["console"]
    give_code(http, hoa.code())
    assert http.cookies["console"] != half
    old = client(node.url)
    old.cookies.set("console", half)
    assert old.get(f"{SIGN_IN}/code").headers["location"] == SIGN_IN
    assert old.get("/console").headers["location"] == SIGN_IN


def test_signing_in_again_ends_the_session_the_browser_had(node: Served, joined: Join) -> None:
    hoa, nam = joined("agent"), joined("agent")
    before, http = hoa.cookie, client(node.url)
    answer = give_password(http, nam.name, cookie=f"console={before}; console-form={form_cookie(http)}")
    assert answer.status_code == 303
    old = client(node.url)
    old.cookies.set("console", before)
    assert old.get("/console").status_code == 303


def test_half_an_hour_without_use_ends_it(joined: Join, store: Store) -> None:
    hoa = joined("agent")
    aged(store, hoa, "seen_at", "29 minutes")
    assert is_in(hoa)  # and that was use
    aged(store, hoa, "seen_at", "29 minutes")
    assert is_in(hoa)
    aged(store, hoa, "seen_at", "31 minutes")
    assert not is_in(hoa)


def test_what_a_page_does_by_itself_is_no_use(joined: Join, store: Store) -> None:
    hoa = joined("agent")
    aged(store, hoa, "seen_at", "20 minutes")
    for path in ("/console/counts", "/console/desk/queue"):
        assert hoa.get(path, headers={"x-background": "1", "x-fragment": "1"}).status_code == 200
    aged(store, hoa, "seen_at", "11 minutes")
    assert hoa.get("/console/counts", headers={"x-background": "1"}).status_code == 401
    assert not is_in(hoa)


def test_somebody_who_types_is_using_it(joined: Join, store: Store) -> None:
    hoa = joined("agent")
    mark = hoa.csrf()
    aged(store, hoa, "seen_at", "20 minutes")
    assert hoa.post("/console/alive", csrf=mark).status_code == 204
    aged(store, hoa, "seen_at", "20 minutes")
    assert is_in(hoa)


def test_twelve_hours_end_it_whatever_happens(joined: Join, store: Store) -> None:
    hoa = joined("agent")
    aged(store, hoa, "started_at", "11 hours 59 minutes")
    assert is_in(hoa)
    aged(store, hoa, "started_at", "2 minutes")
    assert not is_in(hoa)


def test_ten_minutes_end_what_waits_for_a_code(node: Served, joined: Join, store: Store) -> None:
    hoa, http = joined("agent"), client(node.url)
    give_password(http, hoa.name)
    half = Colleague(hoa.name, http)
    aged(store, half, "started_at", "11 minutes")
    assert http.get(f"{SIGN_IN}/code").headers["location"] == SIGN_IN


def test_signing_out_ends_it_for_whoever_has_the_cookie(node: Served, joined: Join) -> None:
    hoa = joined("agent")
    cookie = hoa.cookie
    answer = hoa.post("/console/sign-out")
    assert answer.headers["location"] == SIGN_IN
    assert 'console=""' in answer.headers["set-cookie"]
    thief = client(node.url)
    thief.cookies.set("console", cookie)
    assert thief.get("/console").status_code == 303


def test_signing_out_everywhere(node: Served, joined: Join, store: Store) -> None:
    store.do("DELETE FROM staff_attempts")
    hoa = joined("agent")
    other = second_browser(node, hoa)
    assert is_in(other)
    hoa.post("/console/sign-out", everywhere="yes")
    assert not is_in(other)


def test_a_new_password_ends_the_other_sessions_and_renews_this_one(node: Served, joined: Join) -> None:
    hoa = joined("agent")
    other, before = second_browser(node, hoa), hoa.cookie
    fields = {"present": PASSWORD, "password": "năm cái ô màu đỏ", "password_again": "năm cái ô màu đỏ"}
    assert hoa.post("/console/me/password", **fields).headers["location"] == "/console/me"
    assert hoa.cookie != before
    assert "Đã đổi mật khẩu" in hoa.get("/console/me").text
    assert not is_in(other)
    assert give_password(client(node.url), hoa.name, PASSWORD).status_code == 401
    assert give_password(client(node.url), hoa.name, "năm cái ô màu đỏ").status_code == 303


def test_a_new_password_takes_the_present_one(joined: Join, store: Store) -> None:
    hoa = joined("agent")
    store.do("DELETE FROM staff_attempts")
    fields = {"present": "sai", "password": "năm cái ô màu đỏ", "password_again": "năm cái ô màu đỏ"}
    mark = hoa.csrf()
    statuses = [hoa.post("/console/me/password", csrf=mark, **fields).status_code for _ in range(9)]
    assert statuses == [403] * 8 + [429]
    assert is_in(hoa)


def test_new_recovery_codes_make_the_old_ones_void(node: Served, joined: Join, store: Store) -> None:
    hoa = joined("agent")
    store.do("DELETE FROM staff_attempts")
    page = hoa.post("/console/me/recovery-codes", present=PASSWORD).text
    fresh = re.findall(r"<li><code>([^<]+)</code>", page)
    assert len(fresh) == 10
    assert not set(fresh) & set(hoa.recovery)
    http = client(node.url)
    give_password(http, hoa.name)
    assert give_code(http, hoa.recovery[0]).status_code == 401
    assert give_code(http, fresh[0]).status_code == 303


def test_nothing_secret_is_kept_as_it_is(node: Served, joined: Join, store: Store) -> None:
    hoa = joined("agent")
    _, link = invite(node, ["agent"])
    tables = [row[0] for row in store.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    rows = " ".join(str(row[0]) for table in tables for row in store.rows(f"SELECT to_jsonb(t)::text FROM {table} t"))
    secrets = [hoa.cookie, hoa.secret, PASSWORD, link.rpartition("/")[2], *hoa.recovery]
    secrets += [code.replace("-", "") for code in hoa.recovery] + [secret.encode().hex() for secret in secrets]
    assert [secret for secret in secrets if secret in rows] == []


def test_the_cookie_is_for_our_pages_only(node: Served, joined: Join) -> None:
    hoa, http = joined("agent"), client(node.url)
    cookies = [
        cookie
        for cookie in give_password(http, hoa.name).headers.get_list("set-cookie")
        if cookie.startswith("console=")
    ]
    assert len(cookies) == 1
    for part in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"):
        assert part in cookies[0]
    assert "Domain" not in cookies[0]


@pytest.fixture(scope="module")
def behind_tls(server_url: str, model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = serve(
        postgres.create(server_url), model_path, tmp_path_factory.mktemp("tls"), PUBLIC_URL="https://tro-ly.example"
    )
    served.start()
    yield served
    served.stop()


def test_over_https_the_cookies_are_bound_to_the_host(behind_tls: Served) -> None:
    _, link = invite(behind_tls, ["agent"])
    with httpx.Client(base_url=behind_tls.url, headers={"host": "tro-ly.example"}) as http:
        page = http.get(link)
        form_cookie = page.headers["set-cookie"]
        mark = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert mark
        sent = {"cookie": form_cookie.partition(";")[0], "origin": "https://tro-ly.example"}
        fields = {"csrf": mark[1], "shown": "Hoa", "password": PASSWORD, "password_again": PASSWORD}
        done = http.post(link, data=fields, headers=sent)
    assert done.status_code == 303
    for cookie in (form_cookie, done.headers["set-cookie"]):
        assert cookie.startswith("__Host-console")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
    assert "max-age" in page.headers["strict-transport-security"]
