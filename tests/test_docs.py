"""What the docs list is what the code has."""

from __future__ import annotations

from assistant.accounts.demo_members import MEMBERS
from assistant.settings import ROOT, Settings


def test_every_demo_account_is_documented_as_it_is() -> None:
    text = (ROOT / "docs/demo-accounts.md").read_text(encoding="utf-8")
    for member in MEMBERS:
        row = f"| {member.code} | {member.cccd} | {', '.join(member.phones)} | {member.email or ''} | {member.shows} |"
        assert row.replace("|  |", "| |") in text.replace("|  |", "| |")


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    assert [name for name in Settings.model_fields if f"`{name.upper()}`" not in text] == []
