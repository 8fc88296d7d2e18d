"""Setting the password by a link: once, in time, with a password worth having."""

from __future__ import annotations

import unicodedata

import pytest

from assistant.accounts.model import LinkInvalid, RegistryUnavailable, RequestReset, WeakPassword
from assistant.accounts.passwords import check_password, common_passwords, composed
from assistant.accounts.reset import (
    announce_password,
    link_hash,
    new_link,
    open_link,
    request_reset,
    set_password,
)
from tests.accounts.fakes import AN, CHI, FakeRegistry, FakeStore

GOOD = "cà phê sữa đá 7h"
KEY = b"k" * 32
COMMON = frozenset({"password1", "matkhau123", "iloveyou1"})


class Owner:
    """Has asked for a reset and holds the link of the mail."""

    def __init__(self) -> None:
        self.store, self.registry = FakeStore(), FakeRegistry()
        self.token = self.ask()

    def ask(self) -> str:
        request_reset(RequestReset("web:an", "e", AN.code, AN.phones[0]), self.store, self.registry, KEY)
        return self.store.mail_out(new_link()[0])

    def set(self, password: str = GOOD, token: str | None = None) -> None:
        set_password(self.token if token is None else token, password, self.store, self.registry, COMMON)


@pytest.fixture
def owner() -> Owner:
    return Owner()


class TestTheLink:
    def test_a_link_is_256_bits_and_kept_as_a_hash(self) -> None:
        tokens = {new_link()[0] for _ in range(1000)}
        assert len(tokens) == 1000
        assert all(len(token) == 43 for token in tokens)
        token, hashed = new_link()
        assert hashed == link_hash(token)
        assert len(hashed) == 32
        assert token.encode() not in hashed

    def test_a_good_link_sets_the_password_and_tells_the_owner(self, owner: Owner) -> None:
        owner.set()
        assert owner.registry.passwords == {AN.ref: GOOD}
        assert [kind for kind, _ in owner.store.mails] == ["reset_link", "password_changed"]
        assert owner.store.audited[-1][0] == "reset.completed"

    def test_looking_at_a_link_uses_nothing_up(self, owner: Owner) -> None:
        for _ in range(5):
            assert open_link(owner.token, owner.store).member_ref == AN.ref
        owner.set()

    def test_a_replayed_link_is_refused(self, owner: Owner) -> None:
        owner.set()
        for password in (GOOD, "another good one 9"):
            with pytest.raises(LinkInvalid):
                owner.set(password)
        with pytest.raises(LinkInvalid):
            open_link(owner.token, owner.store)
        assert owner.registry.passwords == {AN.ref: GOOD}
        assert len(owner.store.mails) == 2

    def test_all_links_of_a_reset_die_together(self, owner: Owner) -> None:
        second = owner.store.mail_out(new_link()[0])
        owner.set()
        with pytest.raises(LinkInvalid):
            owner.set(token=second)

    def test_earlier_links_of_a_member_die_when_a_newer_one_is_used(self, owner: Owner) -> None:
        newer = owner.ask()
        owner.set(token=newer)
        with pytest.raises(LinkInvalid):
            owner.set("another good one 9")
        assert owner.registry.passwords == {AN.ref: GOOD}

    def test_newer_links_of_a_member_die_when_an_earlier_one_is_used(self, owner: Owner) -> None:
        newer = owner.ask()
        owner.set()
        with pytest.raises(LinkInvalid):
            open_link(newer, owner.store)

    def test_links_of_other_members_live_on(self, owner: Owner) -> None:
        request_reset(RequestReset("web:chi", "e", CHI.code, str(CHI.email)), owner.store, owner.registry, KEY)
        others = owner.store.mail_out(new_link()[0])
        owner.set()
        owner.set(token=others)
        assert owner.registry.passwords.keys() == {AN.ref, CHI.ref}

    def test_a_link_lives_an_hour_and_not_a_second_longer(self, owner: Owner) -> None:
        owner.store.later(minutes=59, seconds=59)
        open_link(owner.token, owner.store)
        owner.store.later(seconds=1)
        with pytest.raises(LinkInvalid):
            owner.set()
        assert not owner.registry.passwords

    @pytest.mark.parametrize("token", ["", "x", "'; DROP TABLE resets; --", "ă" * 43, "a" * 100_000])
    def test_an_unknown_link_is_refused(self, owner: Owner, token: str) -> None:
        with pytest.raises(LinkInvalid):
            owner.set(token=token)

    def test_a_link_with_a_changed_character_is_refused(self, owner: Owner) -> None:
        with pytest.raises(LinkInvalid):
            owner.set(token=owner.token[:-1] + ("A" if owner.token[-1] != "A" else "B"))

    def test_a_member_who_left_the_register_has_no_link(self, owner: Owner) -> None:
        owner.registry.members.clear()
        with pytest.raises(LinkInvalid):
            owner.set()

    def test_a_silent_register_leaves_the_link_good(self, owner: Owner) -> None:
        owner.registry.down = True
        with pytest.raises(RegistryUnavailable):
            owner.set()
        owner.registry.down = False
        owner.set()

    def test_a_password_about_to_be_set_is_noted_before_the_register_is_asked(self, owner: Owner) -> None:
        announce_password(owner.token, GOOD, owner.store, owner.registry, COMMON)
        assert owner.store.tried == list(owner.store.resets)
        assert not owner.registry.passwords

    @pytest.mark.parametrize(("password", "refused"), [("short", WeakPassword), (GOOD, RegistryUnavailable)])
    def test_a_password_that_never_reaches_the_register_is_not_noted(
        self, owner: Owner, password: str, refused: type[Exception]
    ) -> None:
        owner.registry.down = refused is RegistryUnavailable
        with pytest.raises(refused):
            announce_password(owner.token, password, owner.store, owner.registry, COMMON)
        assert not owner.store.tried

    def test_the_same_link_and_password_again_is_one_act(self, owner: Owner) -> None:
        before = dict(owner.store.resets)
        owner.set()
        owner.store.resets = before  # the crash came before the commit
        owner.set()
        assert len(owner.registry.keys) == 1

    def test_another_password_by_the_same_link_is_another_act(self, owner: Owner) -> None:
        before = dict(owner.store.resets)
        owner.set()
        owner.store.resets = before
        owner.set("another good one 9")
        assert len(owner.registry.keys) == 2

    def test_the_key_of_the_act_shows_neither_link_nor_password(self, owner: Owner) -> None:
        owner.set()
        assert owner.token not in owner.registry.keys[0]
        assert GOOD not in owner.registry.keys[0]


class TestWeakPasswords:
    @pytest.mark.parametrize(
        ("password", "reason"),
        [
            ("", "short"),
            ("1234567", "short"),
            ("cà phê", "short"),
            ("a" * 129, "long"),
            ("password1", "common"),
            ("PassWord1", "common"),
            ("MATKHAU123", "common"),
            ("aaaaaaaaaaaa", "common"),
            ("abababababab", "common"),
            ("12345678", "common"),
            ("9876543210", "common"),
            ("0901000123", "own"),
            ("7900000123", "own"),
            ("7900000123a!", "own"),
            ("x0901000123", "own"),
            ("00000123", "own"),
            ("nguyen.an", "own"),
            ("Nguyen.An2020", "own"),
            ("NguyễnÂn 2020", "own"),
            ("0901 000 123 !", "own"),
            ("+84901000123", "own"),
            ("79-0000-0123", "own"),
            ("DN4797900000123", "own"),
            ("Vssid@2026", "common"),
            ("bhxh 12345", "common"),
            ("Mật khẩu 1", "common"),
            ("MatKhau!2026", "common"),
            ("baohiemxahoi", "common"),
            ("qwertyuiop", "common"),
            ("zxcvbnm,.", "common"),
            ("30041975", "common"),
            ("19900101", "common"),
            ("0912345678", "common"),
            ("079000000456", "common"),
            ("p.a.s.s.w.o.r.d.1", "common"),
            ("mật khẩu\x00 tốt", "odd"),
            ("mật khẩu\ntốt", "odd"),
            ("m\ufffdt kh\ufffdu t\ufffdt", "odd"),
        ],
    )
    def test_each_is_refused_with_its_reason_and_the_link_stays_good(
        self, owner: Owner, password: str, reason: str
    ) -> None:
        with pytest.raises(WeakPassword) as refused:
            owner.set(password)
        assert refused.value.reason == reason
        assert not owner.registry.passwords
        owner.set()

    @pytest.mark.parametrize(
        "password",
        [
            "abcd1234efgh",
            "a" * 125 + "bcd",
            "mậtkhẩudàidài",
            "        x y z",
            "🐝🐙🐳🐝🐙🐳🦀x",
            "ba con mèo",
            "28461937",
            "Hoa hồng 1975",
            "trời hôm nay đẹp",
            "không phải vssid đâu",
            "👨‍👩‍👧 nhà mình",
        ],
    )
    def test_long_and_unusual_ones_are_welcome_without_rules_of_composition(self, password: str) -> None:
        check_password(password, AN, COMMON)

    def test_every_reason_has_words(self) -> None:
        import yaml

        from assistant.settings import ROOT

        said = yaml.safe_load((ROOT / "data/web/messages.yml").read_text(encoding="utf-8"))
        assert {f"password_{reason}" for reason in ("short", "long", "odd", "common", "own")} <= said.keys()

    def test_no_password_known_from_breaches_is_taken(self) -> None:
        known = common_passwords()
        assert len(known) > 25_000
        long_enough = [password for password in known if len(password) >= 8]
        for password in (form for each in long_enough for form in (each, each.upper(), each.capitalize())):
            with pytest.raises(WeakPassword):
                check_password(password, AN, known)

    def test_an_accented_letter_is_one_character_however_the_phone_sends_it(self) -> None:
        sent = unicodedata.normalize("NFD", "mật khẩu của bà ngoại")
        assert composed(sent) == "mật khẩu của bà ngoại"
        assert len(composed(unicodedata.normalize("NFD", "ậậậậậậậ"))) == 7, "seven letters are too few"
