"""Calls that ring, over SIP and RTP on loopback: what a caller hears and presses, through a served node.

The rest of the telephone is tested at its webhook; here is what only sound can show.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from connectors.phone import digits
from connectors.phone.texts import texts
from sandbox.phone import Call
from tests.conftest import Served, free_port, serve
from tests.kit import postgres
from tests.kit.hearing import Sound, likeness, needs_voice, voice
from tests.kit.people import CODE, PHONE, Store
from tests.kit.telephones import HERE, Ear, PocketSwitch, Telephone, in_real_time, redeems
from tests.kit.waiting import until_soon

pytestmark = [pytest.mark.dear(100), pytest.mark.machines, pytest.mark.timeout(600), needs_voice]
SECRET, KEY = "a-secret-of-a-real-telephone", "a-key-of-a-real-telephone"
OFFICIAL = "not_matched"
SIPP = shutil.which("sipp")


@pytest.fixture(scope="module")
def rest() -> int:
    return free_port()


@pytest.fixture(scope="module")
def node(server_url: str, model_path: Path, tmp_path_factory: pytest.TempPathFactory, rest: int) -> Iterator[Served]:
    line = {
        "number": "1900 9068",
        "jambonz": {
            "secrets": [SECRET],
            "trunks": [{"name": "operator"}],
            "api": {"url": f"http://{HERE}:{rest}", "account": "a", "key": KEY, "caller": "19009068"},
        },
        "page_said": "của trang thử",
        "retry_hours": [0, 24],
    }
    place = tmp_path_factory.mktemp("calls")
    served = serve(postgres.create(server_url, "c"), model_path, place, PHONE_LINE=json.dumps(line))
    served.start()
    yield served
    served.stop()


@asynccontextmanager
async def switched(node: Served, rest: int) -> AsyncIterator[PocketSwitch]:
    switch = PocketSwitch(node.url, SECRET, KEY, "operator")
    async with switch.running(rest):
        yield switch
    assert switch.troubles == []


def _said(*names: str, **values: str) -> str:
    return " ".join(texts()[name].format(**values) for name in names)


def _last(call: Call) -> str:
    return str(call.heard[-1]["text"])


def test_the_comparison_tells_texts_apart() -> None:
    """Of the check itself: another text, and the same sentence with other digits, are found out."""
    code, other = (f"Mã là: {digits.said(one)} Xin nhắc lại: {digits.said(one)}" for one in ("482507", "913066"))
    assert likeness(voice(code), code)[0] > 0.99
    assert likeness(voice(other), code)[0] < 0.8
    assert likeness(voice(_said("ring_back")), _said(OFFICIAL))[0] < 0.6


def test_a_number_that_calls_is_rung_back_and_hears_a_code_that_the_page_takes(node: Served, rest: int) -> None:
    """Somebody shows the registered number: they hear nothing secret, the registered telephone rings."""

    async def go() -> None:
        async with switched(node, rest) as switch, Telephone("0900000000", switch).on() as forger:
            async with Telephone(PHONE, switch).on() as owner:
                switch.numbers[PHONE] = owner.port
                await forger.call(shows=f"+84{PHONE[1:]}")
                await forger.hears(_said("greeting", "menu"))
                await forger.press("8")
                await forger.hears(_said("code_ask"))
                await forger.press(f"{CODE}#")
                await forger.hears(_said("read_back", code=digits.said(CODE)))
                await forger.press("1")
                await forger.hears(_said("ring_back"))
                await asyncio.wait_for(forger.over.wait(), 60)
                assert not any("Mã là" in call.words for call in switch.calls.values())

                await owner.take()
                await owner.hears(_said("back_greeting", "back_menu"))
                await owner.press("1")
                await owner.hears(_said("otp_intro"))
                (back,) = (call for call in switch.calls.values() if call.direction == "outbound")
                await until_soon(lambda: any(part["secret"] for part in back.heard))
                (secret,) = (part["text"] for part in back.heard if part["secret"])
                assert await owner.hears(secret) > 0.95
                # What the switch was told, and what came over the wire, are two things: another code is not heard.
                told = secret.partition("Xin nhắc lại")[0].partition(":")[2].lower()
                code = "".join(str(digits.NAMES.index(word)) for word in re.findall(r"\w+", told))
                others = f"{(int(code) + 387_465) % 10**6:06d}"
                assert (
                    likeness(owner.heard, f"Mã là: {digits.said(others)} Xin nhắc lại: {digits.said(others)}")[0] < 0.9
                )
                owner.hang_up()
                assert await redeems(node.url, CODE, code)

    in_real_time(go())
    store = Store(node.database_url)
    assert store.value("SELECT count(*) FROM phone_callbacks WHERE state = 'done' AND attempts = 1") == 1
    assert not re.search(rf"{CODE}|{PHONE[1:]}", node.log.read_text())


def test_a_node_that_is_killed_in_a_call_leaves_a_sentence_and_the_call_goes_on(node: Served, rest: int) -> None:
    async def go() -> None:
        async with switched(node, rest) as switch, Telephone("0912000045", switch).on() as phone:
            await phone.call()
            await phone.hears(_said("greeting", "menu"))
            await phone.press("8")
            await phone.hears(_said("code_ask"))
            await asyncio.to_thread(node.kill)
            await phone.press("0116000045#")
            await phone.hears(_said("wait"))
            await asyncio.to_thread(node.start)
            await phone.hears(_said("resumed", "code_ask"))
            await phone.press("0116000045#")
            await phone.hears(_said("read_back", code=digits.said("0116000045")))
            await phone.press("1")
            await phone.hears(_said("ring_back"))

    in_real_time(go())


@pytest.mark.skipif(SIPP is None, reason="needs Debian's package sip-tester (scripts/need-packages)")
@pytest.mark.skipif(os.geteuid() != 0, reason="sipp sends keys through a raw socket: root only")
def test_ten_calls_of_another_caller_at_once_hear_the_official_sentence(
    node: Served, rest: int, tmp_path: Path
) -> None:
    """sipp shares no code with our telephones: its keys, its SIP."""

    async def go() -> list[Sound]:
        async with switched(node, rest) as switch:
            ears = [await Ear.open() for _ in range(10)]
            lines = [f"+8497700{n:04d};87999{n:06d}#1;{ear.port}" for n, ear in enumerate(ears)]
            calls = tmp_path / "calls.csv"
            calls.write_text("\n".join(["SEQUENTIAL", *lines, ""]))
            assert SIPP
            command = [
                SIPP, f"{HERE}:{switch.port}", "-sf", str(Path(__file__).with_name("caller.xml")), "-inf", str(calls),
                "-s", "19009068", "-m", "10", "-l", "10", "-r", "10", "-i", HERE, "-p", str(free_port()),
                "-nostdin", "-timeout", "120s", "-timeout_error",
            ]  # fmt: skip
            sipp = await asyncio.to_thread(
                subprocess.run, command, cwd=tmp_path, env=os.environ | {"TERM": "dumb"}, stdin=subprocess.DEVNULL,
                capture_output=True, timeout=150,
            )  # fmt: skip
            assert sipp.returncode == 0, (sipp.stdout[-1000:] + sipp.stderr[-1000:]).decode()
            for ear in ears:
                ear.close()
            return [ear.heard for ear in ears]

    heard = in_real_time(go())
    found = [likeness(one, _said(OFFICIAL))[0] for one in heard]
    assert min(found) > 0.9, found
    assert max(likeness(one, _said("ring_back"))[0] for one in heard) < 0.7
    store = Store(node.database_url)
    assert store.value("SELECT count(*) FROM attempts") == 10
    assert store.value("SELECT count(*) FROM phone_calls WHERE ended_at IS NULL") == 0
