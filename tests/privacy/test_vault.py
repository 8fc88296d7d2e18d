"""Values behind tokens: sealed, bound to their place, and readable through a change of keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.privacy.vault import Vault, VaultError

OLD, NEW = b"o" * 32, b"n" * 32
HERE = "web:a ⟦phone:abc⟧"


@given(value=st.text())
def test_what_is_sealed_opens_again(value: str) -> None:
    vault = Vault([OLD])
    assert vault.open(vault.seal(value, HERE), HERE) == value


def test_a_sealed_value_shows_nothing_and_is_never_the_same_twice() -> None:
    vault = Vault([OLD])
    first, second = vault.seal("0901000123", HERE), vault.seal("0901000123", HERE)
    assert first != second
    assert b"0901" not in first


def test_a_row_moved_to_another_conversation_does_not_open() -> None:
    vault = Vault([OLD])
    with pytest.raises(VaultError):
        vault.open(vault.seal("0901000123", HERE), "web:b ⟦phone:abc⟧")


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(VaultError):
        Vault([NEW]).open(Vault([OLD]).seal("x", HERE), HERE)


@pytest.mark.parametrize("at", [0, 5, 12, 15, -1])
def test_a_changed_byte_is_noticed(at: int) -> None:
    vault = Vault([OLD])
    sealed = bytearray(vault.seal("0901000123", HERE))
    sealed[at] ^= 1
    with pytest.raises(VaultError):
        vault.open(bytes(sealed), HERE)


@pytest.mark.parametrize("length", [0, 5, 12, 20])
def test_a_cut_value_is_refused(length: int) -> None:
    vault = Vault([OLD])
    with pytest.raises(VaultError):
        vault.open(vault.seal("0901000123", HERE)[:length], HERE)


def test_keys_change_without_a_pause() -> None:
    both = Vault([NEW, OLD])
    assert both.open(Vault([OLD]).seal("cũ", HERE), HERE) == "cũ"
    assert Vault([NEW]).open(both.seal("mới", HERE), HERE) == "mới"
    with pytest.raises(VaultError):
        Vault([OLD]).open(both.seal("mới", HERE), HERE)


def test_tokens_survive_a_change_of_keys() -> None:
    assert Vault([NEW, OLD]).token_key == Vault([OLD]).token_key
