"""Accounts: what an administrator does, what nobody can, and that the trail tells it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from assistant import audit
from assistant.privacy import keyring
from tests.conftest import Served
from tests.console.conftest import Join
from tests.kit.colleagues import PASSWORD, SIGN_IN, Colleague, form_of, give_password, join, keys_of, secret_on
from tests.kit.people import Store, client


@pytest.fixture
def joined(node: Served) -> Join:
    """Makes colleagues as everywhere, but they go the whole way: invitation, password, phone."""

    def make(*roles: str, name: str = "", shown: str = "") -> Colleague:
        return join(node, roles, name, shown)

    return make


def link_on(page: str) -> str:
    """Returns the path of the invitation that a page shows."""
    found = re.search(r'value="http[^"]+(/console/invitation/[\w-]+)"', page)
    assert found, page
    return found[1]


def is_in(who: Colleague) -> bool:
    return who.get("/console").status_code == 200


def test_an_administrator_invites_a_colleague(node: Served, joined: Join) -> None:
    admin = joined("admin")
    answer = admin.post("/console/people", name="Lan.Pham ", shown="Phạm Lan", role=["agent", "content"])
    assert answer.status_code == 200
    page = client(node.url).get(link_on(answer.text))
    assert "lan.pham" in page.text
    assert "Phạm Lan" in page.text
    listed = admin.get("/console/people").text
    assert "Trực bàn, Nội dung" in listed
    assert "/console/invitation/" not in listed, "a link is shown once"


def test_what_is_no_name_or_role_is_refused(joined: Join) -> None:
    admin = joined("admin")
    for fields in (
        {"name": "Phạm Lan", "role": "agent"}, {"name": "x", "role": "agent"}, {"name": "a" * 41, "role": "agent"},
        {"name": "lan.moi"}, {"name": "lan.moi", "role": "boss"}, {"name": "../etc", "role": "agent"},
    ):  # fmt: skip
        assert admin.post("/console/people", **fields).status_code == 400, fields


def test_other_roles_end_the_sessions_of_whoever_got_them(joined: Join) -> None:
    admin, hoa = joined("admin"), joined("agent")
    assert admin.post(f"/console/people/{hoa.name}/roles", role="content").status_code == 303
    assert not is_in(hoa)


def test_changing_ones_own_roles_renews_the_cookie(joined: Join) -> None:
    joined("admin")
    admin = joined("admin")
    before = admin.cookie
    assert admin.post(f"/console/people/{admin.name}/roles", role=["admin", "auditor"]).status_code == 303
    assert admin.cookie != before
    assert admin.get("/console/audit").status_code == 200


def test_a_closed_account_is_out_at_once_and_cannot_sign_in(node: Served, joined: Join, store: Store) -> None:
    store.do("DELETE FROM staff_attempts")
    admin, hoa = joined("admin"), joined("agent")
    assert admin.post(f"/console/people/{hoa.name}/disable").status_code == 303
    assert not is_in(hoa)
    assert give_password(client(node.url), hoa.name).status_code == 401
    assert admin.post(f"/console/people/{hoa.name}/enable").status_code == 303
    assert give_password(client(node.url), hoa.name).status_code == 303


def test_a_lost_phone_is_replaced_at_the_next_sign_in(node: Served, joined: Join, store: Store) -> None:
    store.do("DELETE FROM staff_attempts")
    admin, hoa = joined("admin"), joined("agent")
    assert admin.post(f"/console/people/{hoa.name}/second-factor").status_code == 303
    assert not is_in(hoa)
    http = client(node.url)
    assert give_password(http, hoa.name).headers["location"] == f"{SIGN_IN}/enrol"
    assert secret_on(http.get(f"{SIGN_IN}/enrol").text) != hoa.secret


def test_a_forgotten_password_is_set_anew_and_the_phone_stays(node: Served, joined: Join, store: Store) -> None:
    store.do("DELETE FROM staff_attempts")
    admin, hoa = joined("admin"), joined("agent", shown="Trần Hoa")
    link = link_on(admin.post(f"/console/people/{hoa.name}/password").text)
    assert not is_in(hoa)
    assert give_password(client(node.url), hoa.name).status_code == 401
    http = client(node.url)
    fields = {"shown": "Trần Hoa", "password": "sáu con cá bơi", "password_again": "sáu con cá bơi"}
    answer = http.post(link, data=fields | {"csrf": form_of(http, link)})
    assert answer.headers["location"] == f"{SIGN_IN}/code"


def test_nobody_closes_their_own_account(joined: Join) -> None:
    joined("admin")
    admin = joined("admin")
    assert admin.post(f"/console/people/{admin.name}/disable").status_code == 400
    assert is_in(admin)


def test_one_administrator_always_stays(joined: Join, store: Store) -> None:
    hoa, lan = joined("admin"), joined("admin")
    store.do(
        f"UPDATE staff SET roles = '{{agent}}' WHERE 'admin' = ANY(roles) AND name NOT IN ('{hoa.name}', '{lan.name}')"
    )
    marks = {who.name: who.csrf() for who in (hoa, lan)}

    def takes_away(who_and_whose: tuple[Colleague, Colleague]) -> int:
        who, whose = who_and_whose
        return who.post(f"/console/people/{whose.name}/roles", csrf=marks[who.name], role="agent").status_code

    with ThreadPoolExecutor(2) as pool:  # each takes the other's role away at the same moment
        list(pool.map(takes_away, [(hoa, lan), (lan, hoa)]))
    assert store.value("SELECT count(*) FROM staff WHERE 'admin' = ANY(roles)") >= 1
    last = next(who for who in (hoa, lan) if is_in(who))
    answer = last.post(f"/console/people/{last.name}/roles", role="agent")
    assert answer.status_code == 400
    assert "ít nhất một quản trị viên" in answer.text


def test_unknown_accounts_are_told_as_such(joined: Join) -> None:
    admin = joined("admin")
    for act in ("disable", "enable", "second-factor", "password"):
        answer = admin.post(f"/console/people/khong.co/{act}")
        assert answer.status_code == 400
        assert "Không có tài khoản" in answer.text


def test_the_trail_tells_who_did_what_from_where(node: Served, joined: Join) -> None:
    admin, hoa = joined("admin"), joined("agent")
    give_password(client(node.url), hoa.name, "sai")
    give_password(client(node.url), "mat.khau.go.nham", "sai")
    admin.post(f"/console/people/{hoa.name}/roles", role="content")
    admin.post(f"/console/people/{hoa.name}/disable")
    admin.post("/console/sign-out")
    keyring.open_vault_at(node.database_url, keys_of(node))
    with psycopg.connect(node.database_url, autocommit=True) as connection:
        found: list[dict[str, Any]] = list(audit.entries(connection, event="staff", most=500))
        audit.link(connection)
        assert audit.verify(connection).good
    told = {(entry["event"], entry["actor"], entry["subject"]) for entry in found}
    me, whom = f"staff:{admin.name}", f"staff:{hoa.name}"
    for expected in (
        ("staff.invited", "staff:test", whom), ("staff.joined", "system:sign-in", whom),
        ("staff.second_factor_enrolled", whom, whom), ("staff.signed_in", whom, whom),
        ("staff.sign_in_refused", whom, whom), ("staff.roles_changed", me, whom), ("staff.disabled", me, whom),
        ("staff.signed_out", me, me),
    ):  # fmt: skip
        assert expected in told, expected
    assert "mat.khau.go.nham" not in str(found), "a password may be typed where the name belongs"
    at_pages = [entry for entry in found if entry["where"].startswith("console:")]
    assert {entry["details"]["address"] for entry in at_pages} == {"127.0.0.1"}


def test_passwords_stay_out_of_pages_and_logs(node: Served, joined: Join) -> None:
    hoa = joined("agent")
    give_password(client(node.url), hoa.name, "bí mật không nên thấy")
    hoa.post("/console/me/password", present="bí mật khác", password="x", password_again="y")
    log = node.log.read_text()
    for secret in (PASSWORD, "bí mật không nên thấy", "bí mật khác", hoa.secret, hoa.cookie):
        assert secret not in log
