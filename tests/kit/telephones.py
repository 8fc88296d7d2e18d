"""Real calls on loopback: a pocket switch that asks the assistant's door as jambonz does, and telephones.

SIP and RTP by aiosipua and aiortp: G.711A, keys by RFC 4733. What the verbs mean, how hooks are signed and asked again
is the stand-in's of /sandbox; here what is said takes its time, and is heard.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import time
import uuid
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import httpx
import numpy as np
import uvicorn
from aiortp.codecs import get_codec
from aiosipua import SipUAC, SipUAS, build_sdp
from aiosipua.rtp_bridge import CallSession
from aiosipua.sdp import negotiate_sdp
from aiosipua.transport import UdpSipTransport
from starlette.applications import Starlette

from sandbox.phone import Call, JambonzStandIn
from tests.kit.hearing import RATE, Sound, likeness, voice
from tests.kit.ports import free_port
from tests.kit.waiting import PATIENCE

T = TypeVar("T")
HERE = "127.0.0.1"
_FRAME, _SECONDS = 160, 0.02
_PCMA = 8
_EVENT = 96  # of keys: sipp knows no other
_ports = itertools.cycle(range(start := 40_000 + os.getpid() * 97 % 8_000, start + 1_200, 2))


def in_real_time(work: Coroutine[Any, Any, T]) -> T:
    """Runs calls on asyncio's own loop: aiosipua takes no transport of uvloop's."""
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(work)


def media_port() -> int:
    """Returns a UDP port whose upper neighbour is free, too: RTP and RTCP."""
    for port in _ports:
        with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
            with suppress(OSError):
                one.bind((HERE, port))
                other.bind((HERE, port + 1))
                return port
    raise AssertionError


class _Leg:
    """The media of a call at the switch: what is said there, and the keys that come."""

    def __init__(self, sip: Any, session: CallSession) -> None:
        self.sip, self.session = sip, session
        self.keys: asyncio.Queue[str] = asyncio.Queue()
        self.cut = asyncio.Event()
        self.gone = asyncio.Event()
        self._at = 0

    async def start(self) -> None:
        await self.session.start()
        self.session.on_dtmf = lambda key, _: self.keys.put_nowait(key)

    async def play(self, sound: Sound, stops: bool) -> None:
        """Sends a sound in its own time, until a key cuts it short where it may."""
        sent = get_codec(_PCMA).encode(sound.tobytes())
        begun = time.monotonic()
        for number, place in enumerate(range(0, len(sent), _FRAME)):
            if self.gone.is_set() or (stops and self.cut.is_set()):
                return
            self.session.send_audio(sent[place : place + _FRAME].ljust(_FRAME, b"\xd5"), self._at)
            self._at += _FRAME
            await asyncio.sleep(max(0.0, begun + (number + 1) * _SECONDS - time.monotonic()))


class PocketSwitch(JambonzStandIn):
    """Carries calls over SIP. `numbers` says at which SIP port a number (0901000123) is a telephone."""

    def __init__(self, base: str, secret: str, key: str, trunk: str) -> None:
        super().__init__(base, secret, key)
        self._trunk = trunk
        self._legs: dict[str, _Leg] = {}
        self._of: dict[str, Call] = {}  # by SIP's Call-ID
        self._tasks: set[asyncio.Task[Any]] = set()
        self.numbers: dict[str, int] = {}
        self.troubles: list[BaseException] = []
        self._udp = UdpSipTransport(local_addr=(HERE, free_port()))
        self._uac = SipUAC(self._udp)
        self._uas = SipUAS(self._udp, uac=self._uac)
        self._uas.on_invite = lambda sip: self._soon(self._rung(sip))
        self._uas.on_bye = lambda sip, _: self._soon(self._left(sip.call_id))

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._udp.local_addr[1])

    @asynccontextmanager
    async def running(self, rest: int) -> AsyncIterator[PocketSwitch]:
        """Carries calls; its REST interface listens at a port."""
        server = uvicorn.Server(
            uvicorn.Config(Starlette(routes=self.routes()), host=HERE, port=rest, log_level="critical", lifespan="off")
        )
        serving = asyncio.create_task(server.serve())
        await self._uas.start()
        try:
            yield self
        finally:
            for sid in self._legs:
                await self.hang_up(self.calls[sid])
            for task in self._tasks:
                task.cancel()
            await self._uas.stop()
            server.should_exit = True
            await serving
            await self.close()

    def _soon(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.troubles.append(error)

    async def _rung(self, sip: Any) -> None:
        """Takes a call that comes in, if our door has something to say to it."""
        offer = sip.sdp_offer
        event = next(
            (codec.payload_type for codec in offer.audio.codecs if codec.encoding_name == "telephone-event"), _EVENT
        )
        session = CallSession(
            HERE, media_port(), offer, supported_codecs=[_PCMA], dtmf_payload_type=event, skip_audio_gaps=True
        )
        user = sip.invite.from_addr.uri.user or "anonymous"
        call = Call(str(uuid.uuid4()), user, "inbound", self._path, f"{self._path}/status")
        self._legs[call.sid], self._of[sip.call_id] = _Leg(sip, session), call
        names = ("From", "To", "P-Asserted-Identity", "Privacy")
        headers = {name.lower(): sip.invite.get_header(name) for name in names if sip.invite.get_header(name)}
        first = {
            "sip": {"headers": headers, "method": "INVITE"},
            "from": user,
            "originating_sip_trunk_name": self._trunk,
        }
        await self.begin(call, first)
        if call.state == "refused":
            sip.reject(480)

    async def _pick_up(self, call: Call) -> None:
        leg = self._legs[call.sid]
        if call.direction == "inbound":
            leg.sip.ringing()
            leg.sip.accept(leg.session.sdp_answer)
            await leg.start()

    async def _left(self, call_id: str) -> None:
        call = self._of[call_id]
        self._legs[call.sid].gone.set()
        await self.hang_up(call)

    async def _end(self, call: Call, state: str, by: str) -> None:
        if leg := self._legs.get(call.sid):
            if not leg.gone.is_set():
                leg.gone.set()
                leg.sip.hangup() if call.direction == "inbound" else leg.sip.hangup(self._uac)
            await leg.session.close()
        await super()._end(call, state, by)

    async def _speak(self, call: Call, verb: dict[str, Any]) -> None:
        await super()._speak(call, verb)
        if verb.get("text"):
            sound = await asyncio.to_thread(voice, verb["text"])
            await self._legs[call.sid].play(sound, stops=call.waits is not None)

    async def _listen(self, call: Call, gather: dict[str, Any]) -> None:
        """Says what a gather says while keys may come; its times run from the end of what is said."""
        leg = self._legs[call.sid]
        leg.cut.clear()
        said = asyncio.create_task(super()._listen(call, gather))
        while call.waits is gather and not leg.gone.is_set():
            key = await self._pressed(leg, said, gather["interDigitTimeout"] if call.keys else gather["timeout"])
            if key is None:
                await self.idle(call)
                break
            leg.cut.set()
            await said  # nothing is said over what comes next
            await self.press(call, key)
        leg.cut.set()
        await said

    @staticmethod
    async def _pressed(leg: _Leg, said: asyncio.Task[None], seconds: float) -> str | None:
        pressed = asyncio.create_task(leg.keys.get())
        gone = asyncio.create_task(leg.gone.wait())
        try:
            await asyncio.wait({pressed, gone, said}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({pressed, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            return pressed.result() if pressed.done() else None
        finally:
            gone.cancel()
            if not pressed.done():
                pressed.cancel()

    async def _create(self, request: Any) -> Any:
        """Rings a number for the assistant."""
        answer = await super()._create(request)
        if answer.status_code == 201:
            self._soon(self._ring(next(reversed(self.calls.values()))))
        return answer

    async def _ring(self, call: Call) -> None:
        port, media = self.numbers.get(call.number), media_port()
        if port is None:
            await self.decline(call, "failed")
            return
        offer = build_sdp(HERE, media, _PCMA, "PCMA", dtmf_payload_type=_EVENT)
        sip = self._uac.send_invite(f"sip:19009068@{HERE}", f"sip:{call.number}@{HERE}:{port}", (HERE, port), offer)
        self._of[sip.call_id] = call
        try:
            await sip.wait_answered(PATIENCE)
        except (RuntimeError, TimeoutError):
            await self.decline(call, "no-answer")
            return
        leg = _Leg(sip, CallSession(HERE, media, sip.sdp_answer, dtmf_payload_type=_EVENT, skip_audio_gaps=True))
        self._legs[call.sid] = leg
        await leg.start()
        await self.take(call)


class Ear(asyncio.DatagramProtocol):
    """Hears what is sent to a port: G.711A over RTP, put together by its own time."""

    def __init__(self) -> None:
        self._frames: dict[int, bytes] = {}
        self._transport: Any = None

    @classmethod
    async def open(cls) -> Ear:
        """Listens at a free port."""
        port = media_port()
        _, ear = await asyncio.get_running_loop().create_datagram_endpoint(cls, local_addr=(HERE, port))
        ear.port = port
        return ear

    port = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.take(data)

    def take(self, packet: bytes) -> None:
        """Keeps a packet, if it is sound."""
        if packet[1] & 0x7F == _PCMA:
            self._frames[int.from_bytes(packet[4:8], "big")] = packet[12:]

    @property
    def heard(self) -> Sound:
        """All that was heard."""
        sent = b"".join(self._frames[at] for at in sorted(self._frames))
        return np.frombuffer(get_codec(_PCMA).decode(sent), dtype="<i2") if sent else np.zeros(0, np.int16)

    def close(self) -> None:
        """Stops listening."""
        if self._transport:
            self._transport.close()


class Telephone:
    """A telephone: it calls, is rung, presses keys, and remembers what it hears."""

    def __init__(self, number: str, switch: PocketSwitch) -> None:
        self.number, self._switch = number, switch
        self._udp = UdpSipTransport(local_addr=(HERE, free_port()))
        self._uac = SipUAC(self._udp)
        self._uas = SipUAS(self._udp, uac=self._uac)
        self.rings: asyncio.Queue[Any] = asyncio.Queue()
        self._uas.on_invite = self._rung
        self._uas.on_bye = lambda *_: self.over.set()
        self.over = asyncio.Event()
        self._sip: Any = None
        self._session: CallSession | None = None
        self._ear = Ear()
        self._from = self._before = 0
        self._at = RATE

    @property
    def port(self) -> int:
        """Where it is rung."""
        return int(self._udp.local_addr[1])

    def _rung(self, sip: Any) -> None:
        sip.ringing()
        self.rings.put_nowait(sip)

    @asynccontextmanager
    async def on(self) -> AsyncIterator[Telephone]:
        """Switches it on."""
        await self._uas.start()
        try:
            yield self
        finally:
            if self._session:
                await self._session.close()
            self._ear.close()
            await self._uas.stop()

    async def call(self, to: str = "19009068", shows: str = "", **headers: str) -> None:
        """Rings a number, showing its own number, or another."""
        await self._listen()
        offer = build_sdp(HERE, self._ear.port, _PCMA, "PCMA", dtmf_payload_type=_EVENT)
        sip = self._uac.send_invite(
            f"sip:{shows or '+84' + self.number[1:]}@{HERE}", f"sip:{to}@{HERE}:{self._switch.port}",
            (HERE, self._switch.port), offer, extra_headers={n.replace("_", "-"): v for n, v in headers.items()},
        )  # fmt: skip
        await sip.wait_answered(PATIENCE)
        await self._talk(sip, sip.sdp_answer)

    async def take(self) -> None:
        """Waits until it rings, and takes the call."""
        sip = await asyncio.wait_for(self.rings.get(), PATIENCE)
        await self._listen()
        answer, _ = negotiate_sdp(sip.sdp_offer, HERE, self._ear.port, [_PCMA], dtmf_payload_type=_EVENT)
        await self._talk(sip, sip.sdp_offer)
        sip.accept(answer)

    async def _listen(self) -> None:
        """Opens an ear: before anybody knows where it is, so that nothing is missed."""
        self._ear.close()
        self._ear, self._from = await Ear.open(), 0
        self.over.clear()

    async def _talk(self, sip: Any, theirs: Any) -> None:
        """Opens a mouth: for keys only."""
        if self._session:
            await self._session.close()
        self._sip = sip
        session = CallSession(HERE, media_port(), theirs, dtmf_payload_type=_EVENT, supported_codecs=[_PCMA])
        self._session = session
        await session.start()

    @property
    def heard(self) -> Sound:
        """All that was heard in this call."""
        return self._ear.heard

    async def hears(self, text: str, least: float = 0.9) -> float:
        """Waits until a text is heard after what was heard last; returns how alike it was.

        Raises:
            AssertionError: if it is not heard.
        """
        until, best = time.monotonic() + PATIENCE, 0.0
        while time.monotonic() < until:
            found, end = await asyncio.to_thread(likeness, self.heard[self._from :], text)
            best = max(best, found)
            if found >= least:
                self._from += end
                return found
            if self.over.is_set() and self._rests():
                break
            await asyncio.sleep(0.2)
        raise AssertionError(f"heard {best:.2f} of “{text}”: {[call.words for call in self._switch.calls.values()]}")

    def _rests(self) -> bool:
        """Tells whether nothing more comes after the end."""
        before, self._before = self._before, len(self.heard)
        return before == self._before

    async def press(self, keys: str) -> None:
        """Presses keys as a person does."""
        assert self._session
        for key in keys:
            self._session.rtp_session.send_dtmf(key, 80, self._at)
            self._at += 3200
            await asyncio.sleep(0.15)

    def hang_up(self) -> None:
        """Puts the receiver down."""
        self._sip.hangup(self._uac) if hasattr(self._sip, "wait_answered") else self._sip.hangup()


async def redeems(base: str, number: str, code: str) -> bool:
    """Types a code on the page; tells whether it opens the page for a new password."""
    from tests.kit.people import csrf_of

    async with httpx.AsyncClient(base_url=base) as client:
        page = await client.get("/ma")
        typed = {"csrf": csrf_of(page.text), "number": number, "code": code}
        return (await client.post("/ma", data=typed)).status_code == 303
