"""Signing in with the organisation's account, against a real provider over HTTP."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from joserfc.jwk import RSAKey

from assistant.settings import SettingsError
from assistant.staff.openid import Provider, read_provider
from sandbox.openid import OpenIdProvider
from tests.conftest import Served, free_port, serve
from tests.kit import postgres
from tests.kit.colleagues import SIGN_IN, code_of, give_code, invite, secret_on
from tests.kit.people import Store, client, csrf_of
from tests.kit.waiting import PATIENCE, until

BACK = f"{SIGN_IN}/openid/back"
_PEOPLE: dict[str, dict[str, Any]] = {
    "lan.pham": {"name": "Phạm Thị Lan", "groups": ["vssid-agents", "everybody"], "amr": ["pwd", "mfa"]},
    "binh": {"name": "Bình", "groups": ["vssid-admins"], "amr": ["pwd"]},
    "khach": {"name": "Khách", "groups": ["everybody"]},
    "la.lung": {"name": "<script>alert(1)</script>", "groups": "vssid-agents", "amr": ["otp"]},
}


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdProvider]:
    port = free_port()
    found = OpenIdProvider(f"http://127.0.0.1:{port}", "console", "a secret: 50% & more", (), dict(_PEOPLE))
    server = uvicorn.Server(uvicorn.Config(found.app(), port=port, log_config=None, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started or not thread.is_alive())
    assert server.started
    yield found
    server.should_exit = True
    thread.join(PATIENCE)


@pytest.fixture(scope="module")
def node(
    provider: OpenIdProvider, server_url: str, model_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    served = serve(
        postgres.create(server_url), model_path, tmp_path_factory.mktemp("openid"),
        OIDC_ISSUER=provider.issuer, OIDC_CLIENT_ID=provider.client_id, OIDC_CLIENT_SECRET=provider.client_secret,
        OIDC_ROLES="vssid-agents:agent, vssid-admins:admin",
    )  # fmt: skip
    provider.redirect_uris = (f"{served.url}{BACK}",)
    served.start()
    yield served
    served.stop()


@pytest.fixture(autouse=True)
def honest(provider: OpenIdProvider) -> Iterator[None]:
    """What a test spoils is mended for the next."""
    key, people = provider.key, {name: dict(claims) for name, claims in _PEOPLE.items()}
    yield
    provider.key, provider.people, provider.change, provider.algorithm = key, people, {}, "RS256"


def allow(http: httpx.Client, person: str, start: str = f"{SIGN_IN}/openid") -> str:
    """Goes to the provider and lets a person sign in there; returns the address the browser is sent back to."""
    away = http.get(start)
    assert away.status_code == 303, away.text
    address = urlsplit(away.headers["location"])
    answer = httpx.get(f"{address.scheme}://{address.netloc}/authorize/{person}?{address.query}")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def sign_in(node: Served, person: str) -> tuple[httpx.Client, httpx.Response]:
    """Signs somebody in; returns their browser and the console's answer."""
    http = client(node.url)
    return http, http.get(allow(http, person))


def test_somebody_in_a_known_group_is_in_with_that_role(node: Served, store: Store) -> None:
    http, answer = sign_in(node, "lan.pham")
    assert answer.headers["location"] == "/console"
    page = http.get("/console")
    assert "Phạm Thị Lan" in page.text
    assert http.get("/console/desk").status_code == 200
    assert http.get("/console/people").status_code == 403
    assert store.rows("SELECT roles, openid IS NOT NULL FROM staff WHERE name = 'lan.pham'") == [(["agent"], True)]


def test_the_way_ends_where_it_was_meant_to(node: Served) -> None:
    http = client(node.url)
    answer = http.get(allow(http, "lan.pham", f"{SIGN_IN}/openid?next=/console/questions%3Fstate%3Dclosed"))
    assert answer.headers["location"] == "/console/questions?state=closed"
    answer = http.get(allow(http, "lan.pham", f"{SIGN_IN}/openid?next=https://evil.example"))
    assert answer.headers["location"] == "/console"


def test_without_a_second_factor_at_the_provider_ours_is_asked(node: Served) -> None:
    http, answer = sign_in(node, "binh")
    assert answer.headers["location"] == f"{SIGN_IN}/enrol"
    assert http.get("/console").headers["location"] == f"{SIGN_IN}/enrol"
    page = http.get(f"{SIGN_IN}/enrol").text
    secret = secret_on(page)
    done = http.post(f"{SIGN_IN}/enrol", data={"csrf": csrf_of(page), "code": code_of(secret)})
    assert done.status_code == 200
    assert http.get("/console/people").status_code == 200
    again, answer = sign_in(node, "binh")
    assert answer.headers["location"] == f"{SIGN_IN}/code"
    assert give_code(again, code_of(secret, 1)).headers["location"] == "/console"


def test_who_is_in_no_known_group_is_refused(node: Served, store: Store) -> None:
    _, answer = sign_in(node, "khach")
    assert answer.status_code == 403
    assert "chưa được cấp vai trò" in answer.text
    assert store.rows("SELECT 1 FROM staff WHERE name = 'khach'") == []


def test_roles_follow_the_groups_and_older_sessions_end(node: Served, provider: OpenIdProvider) -> None:
    http, _ = sign_in(node, "lan.pham")
    provider.people["lan.pham"]["groups"] = ["vssid-admins"]
    other, _ = sign_in(node, "lan.pham")
    assert other.get("/console/people").status_code == 200
    assert other.get("/console/desk").status_code == 403
    assert http.get("/console").status_code == 303
    provider.people["lan.pham"]["groups"] = ["vssid-agents"]
    sign_in(node, "lan.pham")


def test_a_closed_account_stays_closed(node: Served, store: Store) -> None:
    sign_in(node, "la.lung")
    store.do("UPDATE staff SET disabled_at = now() WHERE name = 'la.lung'")
    _, answer = sign_in(node, "la.lung")
    assert "đã bị khóa" in answer.text
    store.do("UPDATE staff SET disabled_at = NULL WHERE name = 'la.lung'")


def test_a_name_is_shown_as_text(node: Served) -> None:
    http, _ = sign_in(node, "la.lung")
    page = http.get("/console").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


def test_an_account_with_a_password_is_not_taken_over_by_its_name(
    node: Served, provider: OpenIdProvider, store: Store
) -> None:
    invite(node, ["admin"], name="giam.doc")
    provider.people["giam.doc"] = {"name": "Kẻ lạ", "groups": ["vssid-agents"], "amr": ["mfa"]}
    _, answer = sign_in(node, "giam.doc")
    assert answer.status_code == 403
    assert store.value("SELECT openid FROM staff WHERE name = 'giam.doc'") is None


class TestWhatComesBackIsNotBelieved:
    def test_in_another_browser(self, node: Served) -> None:
        back = allow(client(node.url), "lan.pham")
        answer = client(node.url).get(back)
        assert answer.status_code == 403
        assert "console" not in answer.cookies

    def test_with_another_state(self, node: Served) -> None:
        http = client(node.url)
        back = allow(http, "lan.pham")
        code = parse_qs(urlsplit(back).query)["code"][0]
        assert http.get(BACK, params={"code": code, "state": "x" * 43}).status_code == 403

    def test_twice(self, node: Served) -> None:
        http = client(node.url)
        back = allow(http, "lan.pham")
        kept = dict(http.cookies)
        assert http.get(back).status_code == 303
        http.cookies.update(kept)
        assert http.get(back).status_code == 403

    def test_with_a_code_of_another_way(self, node: Served) -> None:
        """PKCE: a code that was stolen is worth nothing where the verifier is another one."""
        code = parse_qs(urlsplit(allow(client(node.url), "lan.pham")).query)["code"][0]
        http = client(node.url)
        own = parse_qs(urlsplit(allow(http, "khach")).query)
        assert http.get(BACK, params={"code": code, "state": own["state"][0]}).status_code == 403

    @pytest.mark.parametrize(
        "change",
        [
            {"nonce": "another"}, {"nonce": None}, {"aud": "another"}, {"aud": ["console", "another"]}, {"aud": None},
            {"iss": "https://evil.example"}, {"iss": None}, {"exp": 1_000_000_000}, {"exp": None}, {"sub": None},
            {"iat": None}, {"exp": "soon"},
        ],
        ids=str,
    )  # fmt: skip
    def test_with_claims_that_are_not_right(
        self, node: Served, provider: OpenIdProvider, change: dict[str, Any]
    ) -> None:
        provider.change = change
        http, answer = sign_in(node, "lan.pham")
        assert answer.status_code == 403
        assert http.get("/console").status_code == 303

    def test_with_a_signature_of_another_key(self, node: Served, provider: OpenIdProvider) -> None:
        published = provider.key
        stranger = RSAKey.generate_key(2048, {"use": "sig", "kid": published.kid})
        provider.key = _Signs(stranger, published)
        assert sign_in(node, "lan.pham")[1].status_code == 403

    @pytest.mark.parametrize("algorithm", ["none", "HS256"])
    def test_with_a_signature_anybody_can_make(
        self, node: Served, provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch, algorithm: str
    ) -> None:
        """Unsigned, and signed with the published key as if it were a shared secret."""
        pem = provider.key.as_pem(private=False)

        def forged(grant: Any) -> str:
            now = int(time.time())
            claims = {"iss": provider.issuer, "aud": "console", "sub": "x", "iat": now, "exp": now + 60}
            claims |= {"nonce": grant.nonce, "groups": ["vssid-admins"], "amr": ["mfa"]}
            body = ".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": algorithm}, claims))
            return f"{body}.{_encoded(hmac.digest(pem, body.encode(), 'sha256')) if algorithm == 'HS256' else ''}"

        monkeypatch.setattr(provider, "_signed", forged)
        assert sign_in(node, "lan.pham")[1].status_code == 403


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class _Signs:
    """Signs with one key and publishes another."""

    def __init__(self, signs: Any, published: Any) -> None:
        self._signs, self._published, self.kid = signs, published, published.kid

    def __getattr__(self, name: str) -> Any:
        return getattr(self._signs, name)

    def as_dict(self, **options: Any) -> Any:
        return self._published.as_dict(**options)


def test_new_keys_of_the_provider_are_fetched(node: Served, provider: OpenIdProvider) -> None:
    assert sign_in(node, "lan.pham")[1].status_code == 303
    provider.key = RSAKey.generate_key(2048, {"use": "sig", "kid": "the-next"})
    assert sign_in(node, "lan.pham")[1].status_code == 303


def test_settings_that_cannot_work_are_refused() -> None:
    good = {
        "issuer": "https://id.example",
        "client_id": "c",
        "client_secret": "s",
        "claim": "groups",
        "roles": "a:agent",
    }
    found = read_provider(**good)
    assert isinstance(found, Provider)
    assert found.roles == {"a": "agent"}
    assert read_provider(**good | {"issuer": ""}) is None
    for wrong in (
        {"issuer": "http://id.example"}, {"client_secret": ""}, {"roles": ""}, {"roles": "a:boss"}, {"roles": "agent"},
    ):  # fmt: skip
        with pytest.raises(SettingsError):
            read_provider(**good | wrong)
