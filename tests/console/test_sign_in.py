"""Signing in over HTTP: the way in, and what does not get in."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from playwright.sync_api import expect

from assistant.staff.model import STAFF_LIMITS
from tests.conftest import Served
from tests.console.conftest import Join, Open
from tests.kit import warm
from tests.kit.colleagues import (
    PASSWORD,
    SIGN_IN,
    Colleague,
    code_of,
    form_of,
    give_code,
    give_password,
    invite,
    join,
    secret_on,
)
from tests.kit.people import Store, client, csrf_of

pytestmark = pytest.mark.dear(60)

_WRONG = "Tên đăng nhập hoặc mật khẩu chưa đúng."
_ALSO_CODE = "thêm mã 6 số"


@pytest.fixture(autouse=True)
def fresh_tries(store: Store) -> Iterator[None]:
    """Every test begins with all its tries."""
    store.do("DELETE FROM staff_attempts")
    return


def at_the_code(node: Served, who: Colleague) -> httpx.Client:
    """Returns a browser in which the password was right."""
    http = client(node.url)
    assert give_password(http, who.name).headers["location"] == f"{SIGN_IN}/code"
    return http


class TestInvitation:
    @pytest.fixture
    def joined(self, node: Served) -> Join:
        """Makes colleagues as everywhere, but they go the whole way: invitation, password, phone."""

        def make(*roles: str, name: str = "", shown: str = "") -> Colleague:
            return join(node, roles, name, shown)

        return make

    def test_who_is_invited_sets_a_password_and_a_phone_and_is_in(self, joined: Join) -> None:
        hoa = joined("agent", shown="Nguyễn Thị Hoa")
        page = hoa.get("/console")
        assert page.status_code == 200
        assert "Nguyễn Thị Hoa" in page.text
        assert len(hoa.recovery) == STAFF_LIMITS.recovery_codes

    def test_the_terminal_prints_the_link_of_the_first_administrator(self, node: Served) -> None:
        command = ["console", "invite", "--name", "quan.tri", "--role", "admin"]
        done = warm.run(*command, environment=node.environment)
        assert done.returncode == 0, done.stderr
        link = done.stdout.strip()
        assert link.startswith(f"{node.url}/console/invitation/")
        page = client(node.url).get(link)
        assert "quan.tri" in page.text
        again = warm.run(*command, environment=node.environment)
        assert again.returncode == 0, again.stderr
        assert client(node.url).get(link).status_code == 404, "a new link ends the old one"
        assert client(node.url).get(again.stdout.strip()).status_code == 200

    def test_the_terminal_refuses_what_cannot_be_in_a_sentence(self, node: Served) -> None:
        for arguments in (["--name", "Quản trị", "--role", "admin"], ["--name", "ai", "--role", "boss"]):
            done = warm.run("console", "invite", *arguments, environment=node.environment)
            assert done.returncode == 1
            assert "Traceback" not in done.stderr
            assert done.stderr.strip()

    def test_the_link_works_once(self, node: Served) -> None:
        _, link = invite(node, ["agent"])
        first, second = client(node.url), client(node.url)
        marks = form_of(first, link), form_of(second, link)
        fields = {"shown": "Hoa", "password": PASSWORD, "password_again": PASSWORD}
        assert first.post(link, data=fields | {"csrf": marks[0]}).status_code == 303
        assert second.post(link, data=fields | {"csrf": marks[1]}).status_code == 404
        assert second.get(link).status_code == 404

    def test_the_link_lives_an_hour(self, node: Served, store: Store) -> None:
        name, link = invite(node, ["agent"])
        store.do(f"UPDATE staff_invitations SET expires_at = now() - interval '1 second' WHERE name = '{name}'")
        assert client(node.url).get(link).status_code == 404
        assert store.value("SELECT max(expires_at) <= now() + interval '1 hour' FROM staff_invitations")

    @pytest.mark.parametrize(
        ("password", "again", "why"),
        [
            ("ngắn", "ngắn", "ít nhất 8 ký tự"),
            ("matkhau123", "matkhau123", "quá dễ đoán"),
            ("nv.dacbiet-2026", "nv.dacbiet-2026", "không được chứa tên đăng nhập"),
            (PASSWORD, PASSWORD + "!", "chưa giống nhau"),
        ],
    )
    def test_a_weak_password_is_refused_and_the_link_stays_good(
        self, node: Served, password: str, again: str, why: str
    ) -> None:
        _, link = invite(node, ["agent"], name="nv.dacbiet")
        http = client(node.url)
        fields = {"csrf": form_of(http, link), "shown": "Hoa", "password": password, "password_again": again}
        answer = http.post(link, data=fields)
        assert answer.status_code == 400
        assert why in answer.text
        assert password not in answer.text
        assert http.get(link).status_code == 200

    def test_a_taken_name_is_not_invited_again(self, node: Served, joined: Join) -> None:
        hoa, admin = joined("agent"), joined("admin")
        answer = admin.post("/console/people", name=hoa.name, role="admin")
        assert answer.status_code == 400
        assert "đã có người dùng" in answer.text


class TestPassword:
    def test_signing_in_again_takes_password_and_code(self, node: Served, joined: Join) -> None:
        hoa = joined("agent")
        http = at_the_code(node, hoa)
        assert http.get("/console").headers["location"] == f"{SIGN_IN}/code"
        assert give_code(http, hoa.code()).headers["location"] == "/console"
        assert http.get("/console").status_code == 200

    def test_accents_typed_in_another_way_are_the_same_password(self, node: Served, joined: Join) -> None:
        import unicodedata

        hoa, http = joined("agent"), client(node.url)
        assert give_password(http, hoa.name.upper(), unicodedata.normalize("NFD", PASSWORD)).status_code == 303

    def test_a_wrong_name_and_a_wrong_password_are_told_in_the_same_words(self, node: Served, joined: Join) -> None:
        hoa = joined("agent")
        pages = []
        for name, password in ((hoa.name, "sai rồi"), ("khong.co", PASSWORD), ("", ""), ("' OR 1=1 --", "x")):
            answer = give_password(client(node.url), name, password)
            assert answer.status_code == 401
            pages.append(answer.text.replace(csrf_of(answer.text), ""))
        assert len(set(pages)) == 1
        assert _WRONG in pages[0]

    def test_and_take_the_same_time(self, node: Served, joined: Join, store: Store) -> None:
        hoa, took = joined("agent"), {"known": [], "unknown": []}  # type: ignore[var-annotated]
        http = client(node.url)
        for round_ in range(12):
            for kind, name in (("known", hoa.name), ("unknown", f"khong.co.{round_}")):
                fields = {"csrf": form_of(http, SIGN_IN), "name": name, "password": "sai"}
                started = time.perf_counter()
                http.post(SIGN_IN, data=fields)
                took[kind].append(time.perf_counter() - started)
            store.do("DELETE FROM staff_attempts")
        known, unknown = (statistics.median(times) for times in took.values())
        assert abs(known - unknown) < 0.02 + 0.2 * max(known, unknown), took

    def test_an_invited_name_without_password_cannot_sign_in(self, node: Served) -> None:
        name, _ = invite(node, ["admin"])
        for password in ("", PASSWORD, "None", "null"):
            assert give_password(client(node.url), name, password).status_code == 401

    def test_and_so_are_names_nobody_has(self, node: Served) -> None:
        answers = [give_password(client(node.url), "khong.co", "sai") for _ in range(9)]
        assert [answer.status_code for answer in answers] == [401] * 9
        assert [_ALSO_CODE in answer.text for answer in answers] == [False] * STAFF_LIMITS.tries_per_name + [True]

    def test_an_address_has_its_tries_whatever_names_it_takes(self, node: Served, joined: Join, store: Store) -> None:
        hoa = joined("agent")
        store.do(
            "INSERT INTO staff_attempts (name, address)"
            f" SELECT 'ai.' || n, '127.0.0.1' FROM generate_series(1, {STAFF_LIMITS.tries_per_address}) n"
        )
        assert give_password(client(node.url), hoa.name).status_code == 429
        store.do("UPDATE staff_attempts SET at = now() - interval '16 minutes'")
        assert give_password(client(node.url), hoa.name).status_code == 303

    def test_a_flood_at_once_has_no_more_tries(self, node: Served, store: Store) -> None:
        def one(_: int) -> bool:
            with httpx.Client(base_url=node.url, timeout=30) as http:
                return _WRONG in give_password(http, "mot.ten", "sai").text

        with ThreadPoolExecutor(16) as pool:
            looked_at = list(pool.map(one, range(32)))
        assert looked_at.count(True) == STAFF_LIMITS.tries_per_name

    def test_a_good_sign_in_clears_what_was_mistyped(self, node: Served, joined: Join) -> None:
        hoa = joined("agent")
        for _ in range(STAFF_LIMITS.tries_per_name - 2):
            give_password(client(node.url), hoa.name, "sai")
        assert give_code(at_the_code(node, hoa), hoa.code()).status_code == 303
        for _ in range(STAFF_LIMITS.tries_per_name):
            assert give_password(client(node.url), hoa.name, "sai").status_code == 401


class TestAName:
    """Attack: somebody who knows a colleague's name keeps them out by trying it."""

    def fail(self, node: Served, name: str, times: int = STAFF_LIMITS.tries_per_name) -> None:
        for _ in range(times):
            assert give_password(client(node.url), name, "sai").status_code == 401

    def together(self, http: httpx.Client, name: str, password: str, code: str) -> httpx.Response:
        fields = {"csrf": form_of(http, SIGN_IN), "name": name, "password": password, "code": code}
        return http.post(SIGN_IN, data=fields)

    def test_eight_wrong_passwords_do_not_lock_the_right_one_out(self, node: Served, joined: Join) -> None:
        hoa, http = joined("agent"), client(node.url)
        self.fail(node, hoa.name)
        asked = give_password(http, hoa.name)
        assert asked.status_code == 401
        assert _ALSO_CODE in asked.text
        assert 'name="code"' in asked.text
        assert self.together(http, hoa.name, PASSWORD, hoa.code()).headers["location"] == "/console"
        assert http.get("/console").status_code == 200

    def test_a_known_browser_stays_open(self, node: Served, joined: Join) -> None:
        hoa = joined("agent")
        hoa.post("/console/sign-out")
        self.fail(node, hoa.name, STAFF_LIMITS.tries_per_name)
        assert give_password(hoa.http, hoa.name).headers["location"] == f"{SIGN_IN}/code"
        assert give_code(hoa.http, hoa.code()).headers["location"] == "/console"

    def test_a_known_browser_has_no_more_tries_than_others(self, node: Served, joined: Join) -> None:
        hoa = joined("agent")
        hoa.post("/console/sign-out")
        for _ in range(STAFF_LIMITS.tries_per_name):
            assert _WRONG in give_password(hoa.http, hoa.name, "sai").text
        assert _ALSO_CODE in give_password(hoa.http, hoa.name).text

    def test_a_browser_is_known_for_its_own_people_alone(self, node: Served, joined: Join) -> None:
        hoa, lan = joined("agent"), joined("agent")
        lan.post("/console/sign-out")
        self.fail(node, hoa.name)
        assert _ALSO_CODE in give_password(lan.http, hoa.name).text
        planted = client(node.url)
        planted.cookies.set("console-device", "x" * 43)
        assert _ALSO_CODE in give_password(planted, hoa.name).text

    def test_a_name_tried_from_everywhere_needs_the_code_anywhere(
        self, node: Served, joined: Join, store: Store
    ) -> None:
        hoa = joined("agent")
        for _ in range(STAFF_LIMITS.tries_a_day_everywhere // STAFF_LIMITS.tries_per_name):
            self.fail(node, hoa.name)
            store.do("UPDATE staff_attempts SET address = '198.51.100.' || id, at = now() - interval '2 hours'")
        assert _ALSO_CODE in give_password(client(node.url), hoa.name).text
        assert self.together(client(node.url), hoa.name, PASSWORD, hoa.code()).headers["location"] == "/console"

    def test_without_the_code_nothing_is_learnt_of_the_password(self, node: Served, joined: Join) -> None:
        hoa = joined("agent")
        self.fail(node, hoa.name)
        pages = set()
        for name, password, code in (
            (hoa.name, PASSWORD, "000000"), (hoa.name, "sai", "000000"), ("khong.co", "sai", "000000"),
            (hoa.name, "sai", hoa.code()),
        ):  # fmt: skip
            answer = self.together(client(node.url), name, password, code)
            assert answer.status_code == 401
            if name == hoa.name:
                pages.add(answer.text.replace(csrf_of(answer.text), ""))
        assert len(pages) == 1

    def test_a_password_typed_as_a_name_is_kept_nowhere(self, node: Served, store: Store) -> None:
        typed = "matkhau-cua-hoa-7351"
        give_password(client(node.url), typed, "x")
        for table in ("staff_attempts", "audit", "staff_sessions", "staff_devices"):
            assert store.value(f"SELECT count(*) FROM {table} t WHERE strpos(t::text, '{typed}') > 0") == 0
        assert store.value("SELECT count(*) FROM staff_attempts") == 1


class TestCode:
    def test_a_code_works_once(self, node: Served, joined: Join) -> None:
        hoa, code = joined("agent"), ""
        code = hoa.code()
        assert give_code(at_the_code(node, hoa), code).status_code == 303
        answer = give_code(at_the_code(node, hoa), code)
        assert answer.status_code == 401
        assert "đã dùng rồi" in answer.text

    def test_the_code_of_the_enrolment_is_used_up_too(self, node: Served, joined: Join) -> None:
        hoa = joined("agent")
        assert give_code(at_the_code(node, hoa), hoa.enrolled_with).status_code == 401

    def test_a_code_works_once_also_at_the_same_moment(self, node: Served, joined: Join) -> None:
        hoa = joined("agent")
        browsers = [at_the_code(node, hoa) for _ in range(6)]
        code = hoa.code()
        with ThreadPoolExecutor(6) as pool:
            statuses = list(pool.map(lambda http: give_code(http, code).status_code, browsers))
        assert sorted(statuses) == [303, 401, 401, 401, 401, 401]

    def test_an_old_code_is_refused(self, node: Served, joined: Join) -> None:
        hoa = joined("agent")
        for ahead in (-3, 3, 10):
            assert give_code(at_the_code(node, hoa), code_of(hoa.secret, ahead)).status_code == 401

    @pytest.mark.parametrize("code", ["", "abc", "12345", "1234567", "００００００", "'; --", "0" * 24])
    def test_what_is_no_code_is_refused(self, node: Served, joined: Join, code: str) -> None:
        assert give_code(at_the_code(node, joined("agent")), code).status_code == 401

    def test_wrong_codes_run_out_and_the_way_begins_anew(self, node: Served, joined: Join) -> None:
        hoa = joined("agent")
        http = at_the_code(node, hoa)
        mark = form_of(http, f"{SIGN_IN}/code")
        for _ in range(STAFF_LIMITS.tries_per_name):
            assert http.post(f"{SIGN_IN}/code", data={"csrf": mark, "code": "000000"}).status_code == 401
        answer = http.post(f"{SIGN_IN}/code", data={"csrf": mark, "code": hoa.code()})
        assert answer.status_code == 429
        assert http.get(f"{SIGN_IN}/code").headers["location"] == SIGN_IN

    def test_a_recovery_code_works_once_however_it_is_typed(self, node: Served, joined: Join) -> None:
        hoa = joined("agent")
        typed = hoa.recovery[0].upper().replace("-", " ")
        assert give_code(at_the_code(node, hoa), typed).status_code == 303
        assert give_code(at_the_code(node, hoa), hoa.recovery[0]).status_code == 401
        assert give_code(at_the_code(node, hoa), hoa.recovery[1]).status_code == 303

    def test_nobody_is_in_with_the_password_alone(self, node: Served, joined: Join) -> None:
        http = at_the_code(node, joined("agent", "admin"))
        for path in ("/console", "/console/people", "/console/desk", "/console/me", "/console/desk/live"):
            answer = http.get(path)
            assert answer.status_code == 401 or answer.headers["location"].startswith(f"{SIGN_IN}/code")

    def test_a_second_phone_cannot_be_enrolled_over_the_first(self, node: Served, joined: Join) -> None:
        http = at_the_code(node, joined("agent"))
        assert http.get(f"{SIGN_IN}/enrol").headers["location"] == f"{SIGN_IN}/code"
        fields = {"csrf": form_of(http, f"{SIGN_IN}/code"), "code": "123456"}
        assert http.post(f"{SIGN_IN}/enrol", data=fields).headers["location"] == f"{SIGN_IN}/code"

    def test_the_secret_stays_the_same_until_it_is_proved(self, node: Served) -> None:
        _, link = invite(node, ["agent"])
        http = client(node.url)
        fields = {"csrf": form_of(http, link), "shown": "", "password": PASSWORD, "password_again": PASSWORD}
        http.post(link, data=fields)
        page = http.get(f"{SIGN_IN}/enrol").text
        wrong = http.post(f"{SIGN_IN}/enrol", data={"csrf": csrf_of(page), "code": "000000"})
        assert wrong.status_code == 400
        assert secret_on(wrong.text) == secret_on(page)


class TestInABrowser:
    def test_from_the_invitation_to_the_desk_and_back_in(self, node: Served, opened: Open) -> None:
        name, link = invite(node, ["agent"])
        page = opened(None, link)
        page.get_by_label("Họ tên").fill("Trần Thị Hoa")
        page.get_by_label("Mật khẩu, ít nhất 8 ký tự").fill(PASSWORD)
        page.get_by_label("Nhập lại mật khẩu").fill(PASSWORD)
        page.get_by_role("button", name="Đặt mật khẩu").click()
        expect(page.locator("svg.qr")).to_be_visible()
        page.get_by_text("Không quét được?").click()
        secret = page.locator("#secret").inner_text()
        page.get_by_label("Mã 6 số").fill(code_of(secret))
        page.get_by_role("button", name="Gắn điện thoại này").click()
        expect(page.get_by_role("list", name="Mã dự phòng").get_by_role("listitem")).to_have_count(10)
        page.get_by_role("link", name="Tôi đã lưu, tiếp tục").click()
        expect(page.get_by_role("heading", name="Chào Trần Thị Hoa")).to_be_visible()
        page.get_by_role("button", name="Đăng xuất").click()
        page.goto("/console/questions?state=closed")
        page.get_by_label("Tên đăng nhập").fill(name)
        page.get_by_label("Mật khẩu").fill(PASSWORD)
        page.get_by_role("button", name="Đăng nhập").click()
        page.get_by_label("Mã 6 số").fill(code_of(secret, 1))
        page.get_by_role("button", name="Tiếp tục").click()
        expect(page).to_have_url(f"{node.url}/console/questions?state=closed")


class TestForms:
    def test_a_form_of_another_browser_is_refused(self, node: Served, joined: Join) -> None:
        hoa = joined("agent")
        fields = {"csrf": form_of(client(node.url), SIGN_IN), "name": hoa.name, "password": PASSWORD}
        assert client(node.url).post(SIGN_IN, data=fields).status_code == 403
        other = client(node.url)
        other.get(SIGN_IN)
        assert other.post(SIGN_IN, data=fields).status_code == 403

    def test_a_form_sent_from_another_site_is_refused(self, node: Served, joined: Join) -> None:
        hoa, http = joined("agent"), client(node.url)
        assert give_password(http, hoa.name, origin="https://evil.example").status_code == 403
        assert hoa.http.post("/console/alive", data={"csrf": hoa.csrf()}).status_code == 204
        for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
            answer = hoa.http.post("/console/alive", data={"csrf": hoa.csrf()}, headers=headers)
            assert answer.status_code == 403, headers

    def test_a_form_too_large_is_refused(self, node: Served) -> None:
        http = client(node.url)
        fields = {"csrf": form_of(http, SIGN_IN), "name": "x" * 20_000, "password": "x"}
        assert http.post(SIGN_IN, data=fields).status_code == 413

    @pytest.mark.parametrize(
        "onward",
        ["https://evil.example", "//evil.example", "/console\\@evil.example", "/other", "javascript:alert(1)",
         "/consoleevil", "/console/x\r\nset-cookie: a=b", "/console/../evil", "\t//evil.example"],
    )  # fmt: skip
    def test_nobody_is_led_away(self, node: Served, joined: Join, onward: str) -> None:
        hoa, http = joined("agent"), client(node.url)
        fields = {"csrf": form_of(http, SIGN_IN), "name": hoa.name, "password": PASSWORD}
        answer = http.post(SIGN_IN, params={"next": onward}, data=fields)
        fields = {"csrf": form_of(http, f"{SIGN_IN}/code"), "code": hoa.code()}
        assert answer.headers["location"].startswith(f"{SIGN_IN}/code")
        done = http.post(f"{SIGN_IN}/code", params={"next": onward}, data=fields)
        assert done.headers["location"] == "/console" or done.headers["location"].startswith("/console/")
        assert "set-cookie: a" not in str(done.headers)
        assert "evil" not in done.headers["location"]
