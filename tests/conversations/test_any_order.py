"""Whatever people send, in whatever order: always an answer, never the apology, never somebody's data."""

from __future__ import annotations

import re

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import identifiers
from assistant.accounts.demo_members import MEMBERS
from assistant.conversation_tests.player import rehearsal
from assistant.conversation_tests.scripts import Act, broken_rules
from assistant.privacy.vault import Vault
from assistant.rasa.host import AgentHost
from tests.conversations.test_scripts import SCRIPTS
from tests.kit.talk import KEY

_KINDS = ("user", "users", "press", "media")
#: All that the scripts have people do, mixed …
_ACTS = sorted({step.act for script in SCRIPTS for step in script.steps if step.act.kind in _KINDS}, key=str)
_BUTTONS = (
    "as_code", "as_phone", "lost_contact", "cancel", "reset_password", "deny", "affirm", "leave_question",
    "leave_queue", "ask_human", "ask_erase", "erase_now", "declare_tk1", "advise", "faq/office", "more",
)  # fmt: skip
#: … with what brings conversations into deep water more often than chance would.
_DEEP = [
    *(Act("user", (text,)) for text in ("quên mật khẩu vssid", "thôi", "vâng", "không", "1", "2", "làm lại từ đầu")),
    *(Act("user", (member.code,)) for member in MEMBERS),
    *(Act("user", (contact,)) for member in MEMBERS for contact in (*member.phones, member.email) if contact),
    *(Act("press", (f"#{name}",)) for name in _BUTTONS),
    Act("wait", ("7200",)),
    Act("desk", ("open",)),
    Act("desk", ("close",)),
]  # fmt: skip
_ACT = st.one_of(st.sampled_from(_DEEP), st.sampled_from(_ACTS))
_SENT = ("Mình đã gửi thư", "đã gửi thư đặt lại mật khẩu nhiều lần")


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=st.lists(_ACT, min_size=3, max_size=14))
def test_any_order_of_messages_is_answered_and_reveals_nothing(host: AgentHost, talk_url: str, acts: list[Act]) -> None:
    said: list[str] = []
    with psycopg.connect(talk_url, autocommit=True) as connection:
        with rehearsal(connection, host, Vault([KEY])) as speak:
            for act in acts:
                try:
                    answer = speak(act)
                except LookupError:  # nobody presses a button that was never shown
                    continue
                said += act.values if act.kind in ("user", "users") else ()
                if act.kind in _KINDS:
                    assert len(answer.texts) >= len(act.values), f"{act} got {answer.texts}"
                assert broken_rules(answer, said) == [], f"{act} got {answer.texts}"
                text = "\n".join(answer.texts)
                # A masked address is told only together with a match, and a match only to who gave both.
                assert ("•••" in text) <= any(sentence in text for sentence in _SENT)
                if "•••" in text:
                    assert _gave_both(said), f"{act} got {answer.texts}"
                assert not re.search(r"mật khẩu (?:của bạn|mới) là\b", text)
                for member in MEMBERS:
                    for private in (member.cccd, *member.phones, member.email, (member.email or "").partition("@")[0]):
                        assert not private or private not in text


def _gave_both(said: list[str]) -> bool:
    """Tells whether the person named some member's code and a contact of the same member."""
    found = [identifier for text in said for identifier in identifiers.find(text)]
    values = {identifier.value for identifier in found}
    codes = {identifiers.code_from(identifier.kind, identifier.value) for identifier in found}
    return any(
        member.email and codes & {member.code, member.cccd} and values & {*member.phones, member.email}
        for member in MEMBERS
    )
