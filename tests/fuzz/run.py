"""One fuzzing run in a process of its own: `python -m tests.fuzz.run TARGET CORPUS SECONDS`.

Coverage-guided (libFuzzer through atheris): an exception that a target does not allow ends the
process with a code other than 0 and the input's place on standard error.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

import atheris

logging.disable(logging.INFO)
with atheris.instrument_imports(include=["connectors", "assistant.privacy", "assistant.web.forms"]):
    from assistant import identifiers
    from assistant.accounts import reset
    from assistant.identifiers import tokens
    from assistant.web.forms import FormGuard
    from connectors.messenger import envelope
    from connectors.messenger import events as messenger_events
    from connectors.messenger import signature as messenger_signature
    from connectors.messenger.settings import MessengerApp, Page
    from connectors.zalo import events as zalo_events
    from connectors.zalo import signature as zalo_signature
    from connectors.zalo.settings import Oa, ZaloApp

KEY = b"k" * 32
ZALO = ZaloApp("1", "s", ("k",), (Oa("4000000000000000004"), Oa("5")), "", "")
MESSENGER = MessengerApp("1", ("s",), "v", (Page("100", "t"), Page("200", "t")))


def zalo(data: bytes) -> None:
    """Any body: a refusal, or events that can be stored."""
    try:
        found = zalo_events.parse(data)
    except zalo_events.NotAnEvent:
        return
    zalo_signature.timestamp_of(found, data)
    zalo_events.read(found, data, ZALO)


def messenger(data: bytes) -> None:
    """Any body: a refusal, or items that are events or nothing."""
    try:
        items = envelope.read(data)
    except (envelope.NotAnEnvelope, envelope.OtherObject):
        return
    for item in filter(None, items):
        address = messenger_events.conversation_of(item, MESSENGER)
        messenger_events.edit_of(item)
        messenger_events.name_of(item)
        if address:
            messenger_events.event_of(item, address, {})


def signature(data: bytes) -> None:
    """Any header: never good for a body that was not signed so."""
    header = data.decode("latin-1")
    good = zalo_signature.mac("1", b"{}", "2", "secret")
    if header.strip().lower().removeprefix("mac=") != good:
        assert not zalo_signature.valid(header, "1", b"{}", "2", ["secret"])
    if header != messenger_signature.sign(b"{}", "secret"):
        assert not messenger_signature.valid(header, b"{}", ["secret"])


def detection(data: bytes) -> None:
    """Any text: what is found lies in order in the text, and none of it is left in what is stored."""
    text = data.decode("utf-8", "replace")
    end = 0
    for found in identifiers.find(text):
        assert end <= found.start < found.end <= len(text)
        end = found.end
    protected = tokens.protect(text, "web:x", KEY)
    for secret in protected.secrets:
        assert secret.token in protected.text
        assert tokens.kind_of(secret.token) == secret.kind
    tokens.replace_tokens(protected.text, {}, "•")


def link(data: bytes) -> None:
    """Any link token and form mark: hashed or refused, never an error."""
    token, _, mark = data.decode("utf-8", "replace").partition("/")
    assert len(reset.link_hash(token)) == 32
    assert not FormGuard([KEY], "csrf").good(token, mark)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "zalo": zalo, "messenger": messenger, "signature": signature, "detection": detection, "link": link,
}  # fmt: skip

if __name__ == "__main__":
    target, corpus, seconds = sys.argv[1:]
    # What fails is kept beside the corpus, not among the sources; it is printed in base64, too.
    options = [f"-max_total_time={seconds}", "-max_len=4096", "-timeout=5", f"-artifact_prefix={corpus}/", corpus]
    atheris.Setup([sys.argv[0], *options], TARGETS[target])
    atheris.Fuzz()
