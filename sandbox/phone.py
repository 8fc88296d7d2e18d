"""A stand-in for jambonz: telephones ring, its hooks are signed, its verbs are done, with its time-outs and retries."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urljoin

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.phone_verbs import BadVerbs, check

_WAITS = (0.5, 1, 2, 4, 4)
_SECONDS = 10.0  # to the head of an answer


@dataclass
class Call:
    """A call, as the platform has it."""

    sid: str
    number: str  # of the telephone here
    direction: str  # inbound, outbound
    hook: str
    status_hook: str
    state: str = "trying"  # trying, in-progress, completed, refused, no-answer, busy
    heard: list[dict[str, Any]] = field(default_factory=list)
    verbs: list[dict[str, Any]] = field(default_factory=list)
    answer: list[dict[str, Any]] = field(default_factory=list)  # the last, as it came
    waits: dict[str, Any] | None = None  # the gather or dial that is open
    keys: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    @property
    def words(self) -> str:
        """What was heard, as one text."""
        return " ".join(part["text"] for part in self.heard)

    @property
    def is_over(self) -> bool:
        """Whether the line is free again."""
        return self.state not in ("trying", "in-progress")


class JambonzStandIn:
    """Carries calls between telephones and the assistant.

    `plan` holds what becomes of the next hooks: "lost" (the answer does not come), "twice" (the hook is sent again
    although it was answered). `refuses` holds what the next requests for a call are answered with instead: a status of
    400 and more, and from 500 on it rings all the same.
    """

    def __init__(
        self, base: str, secret: str, key: str, path: str = "/webhooks/phone", client: httpx.AsyncClient | None = None
    ) -> None:
        self._base = base
        self._path = path
        self._secret = secret.encode()
        self._key = key
        self._client = client or httpx.AsyncClient(timeout=_SECONDS)
        self.calls: dict[str, Call] = {}
        self.plan: list[str] = []
        self.refuses: list[int] = []
        self.pace = 1.0  # of the waits between tries

    def routes(self) -> list[Route]:
        """Returns what the assistant calls: the REST interface."""
        return [Route("/v1/Accounts/{account}/Calls", self._create, methods=["POST"])]

    async def call_in(self, number: str, **fields: Any) -> Call:
        """Lets a telephone ring the assistant; `fields` change what the first hook says."""
        call = Call(str(uuid.uuid4()), number, "inbound", self._path, f"{self._path}/status")
        sip = {"headers": {"from": f"<sip:{number}@operator.example>"}, "method": "INVITE"}
        await self.begin(call, {"sip": sip, "originating_sip_trunk_name": "sandbox"} | fields)
        return call

    async def begin(self, call: Call, first: dict[str, Any]) -> None:
        """Asks what to do with a call that comes in; `first` is what its first hook says besides."""
        self._keep(call)
        call.fields = {name: value for name, value in first.items() if name != "sip"}
        await self._follow(call, await self._ask(call, call.hook, first), first=True)

    def _keep(self, call: Call) -> None:
        self.calls[call.sid] = call
        while len(self.calls) > 500:
            self.calls.pop(next(iter(self.calls)))

    async def take(self, call: Call) -> None:
        """Lets the telephone that rings be taken."""
        call.state = "in-progress"
        await self._follow(call, await self._ask(call, call.hook, {}), first=True)

    async def decline(self, call: Call, status: str = "no-answer") -> None:
        """Lets the telephone ring until it stops."""
        await self._end(call, status, "caller")

    async def press(self, call: Call, keys: str) -> None:
        """Presses keys, one after the other; what nobody waits for is lost."""
        for key in keys:
            waits = call.waits
            if waits is None or waits["verb"] != "gather":
                return
            if key == waits.get("finishOnKey"):
                await self._gathered(call, {"reason": "dtmfDetected", "digits": call.keys})
                continue
            call.keys += key
            if len(call.keys) >= waits.get("maxDigits", 99):
                await self._gathered(call, {"reason": "dtmfDetected", "digits": call.keys})

    async def idle(self, call: Call) -> None:
        """Lets the time of the open question run out."""
        waits = call.waits
        if waits is None or waits["verb"] != "gather":
            return
        enough = len(call.keys) >= waits.get("minDigits", 99) and call.keys
        await self._gathered(call, {"reason": "dtmfDetected", "digits": call.keys} if enough else {"reason": "timeout"})

    async def say(self, call: Call, words: str) -> None:
        """Says something; where nobody listens it is lost."""
        waits = call.waits
        if waits is not None and "speech" in waits.get("input", ()):
            speech = {"is_final": True, "alternatives": [{"transcript": words, "confidence": 0.9}]}
            await self._gathered(call, {"reason": "speechDetected", "speech": speech})

    async def dialled(self, call: Call, status: str) -> None:
        """Ends the attempt to put a call through: completed, busy, no-answer."""
        waits, call.waits = call.waits, None
        if waits is not None and waits["verb"] == "dial":
            await self._follow(call, await self._ask(call, waits["actionHook"], {"dial_call_status": status}))

    async def hang_up(self, call: Call) -> None:
        """Puts the receiver down."""
        if not call.is_over:
            await self._end(call, "completed", "caller")

    async def _gathered(self, call: Call, found: dict[str, Any]) -> None:
        waits, call.waits, call.keys = call.waits, None, ""
        assert waits is not None
        await self._follow(call, await self._ask(call, waits["actionHook"], found))

    async def _follow(self, call: Call, answer: Any, first: bool = False) -> None:
        """Does what an answer says; where none came the verbs behind the gather are done."""
        try:
            verbs = check(answer)
        except BadVerbs:
            if first:
                call.state = "refused"  # SIP 480
                return
        else:
            call.answer, call.verbs = verbs, list(verbs)
        call.state = "in-progress"
        if first:
            await self._pick_up(call)
        await self._run(call)

    async def _run(self, call: Call) -> None:
        while call.verbs and not call.is_over:
            verb = call.verbs.pop(0)
            match verb["verb"]:
                case "say":
                    await self._speak(call, verb)
                case "gather":
                    call.waits = verb
                    await self._listen(call, verb)
                    return
                case "dial":
                    call.waits = verb
                    return
                case "redirect":
                    await self._follow(call, await self._ask(call, verb["actionHook"], {}))
                    return
                case "hangup":
                    break
        if not call.is_over:
            await self._end(call, "completed", "jambonz")

    async def _pick_up(self, call: Call) -> None:
        """Answers a call that rang us, before anything is said."""

    async def _listen(self, call: Call, gather: dict[str, Any]) -> None:
        """Says what a gather says; its keys come by themselves."""
        await self._speak(call, gather.get("say", {}))

    async def _speak(self, call: Call, verb: dict[str, Any]) -> None:
        """Says what a verb says."""
        if verb.get("text"):
            # What the voice says by itself; what a gather says may hold the person's own number, which is no secret.
            secret = verb.get("verb") == "say" and bool(verb.get("disableTtsCache"))
            call.heard.append({"id": len(call.heard) + 1, "text": verb["text"], "secret": secret})

    async def _end(self, call: Call, state: str, by: str) -> None:
        call.state, call.waits = state, None
        told = {"call_termination_by": by, "duration": int(time.monotonic() - call.began)}
        if call.status_hook:
            await self._post(call, call.status_hook, {"call_status": state} | told)

    async def _ask(self, call: Call, hook: str, found: dict[str, Any]) -> Any:
        """Asks a hook, again as its fragment says; None where no good answer came."""
        where, _, fragment = hook.partition("#")
        retries = int(parse_qs(fragment).get("rc", ["0"])[0])
        for attempt in range(retries + 1):
            planned = self.plan.pop(0) if self.plan else ""
            answer = await self._post(call, where, found)
            if planned == "twice":
                answer = await self._post(call, where, found)
            if answer is not None and answer.status_code == 200 and planned != "lost":
                return answer.json()
            if attempt < retries:
                await asyncio.sleep(_WAITS[attempt] * self.pace)
        return None

    async def _post(self, call: Call, where: str, found: dict[str, Any]) -> httpx.Response | None:
        ours, theirs = f"+84{call.number[1:]}" if call.number[:1] == "0" else call.number, "+8419009068"
        inbound = call.direction == "inbound"
        base = {
            "call_sid": call.sid, "direction": call.direction, "from": ours if inbound else theirs,
            "to": theirs if inbound else ours, "call_status": "in-progress", "sip_status": 200,
        }  # fmt: skip
        body = json.dumps(base | call.fields | found, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            return await self._client.post(urljoin(self._base, where), content=body, headers=self.signed(body))
        except httpx.HTTPError:
            return None

    def signed(self, body: bytes, at: int | None = None) -> dict[str, str]:
        """Returns the headers of a body."""
        at = int(time.time()) if at is None else at
        mark = hmac.new(self._secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return {"content-type": "application/json", "user-agent": "jambonz", "jambonz-signature": f"t={at},v1={mark}"}

    async def _create(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self._key}":
            return JSONResponse({"msg": "unauthorized"}, 401)
        status = self.refuses.pop(0) if self.refuses else 201
        if 400 <= status < 500:
            return JSONResponse({"msg": "refused"}, status, {"retry-after": "77"} if status == 429 else {})
        data = await request.json()
        number = str(data["to"]["number"])
        national = f"0{number.removeprefix('+84')}"
        call = Call(str(uuid.uuid4()), national, "outbound", data["call_hook"]["url"], data["call_status_hook"]["url"])
        self._keep(call)
        return JSONResponse({"sid": call.sid}, status)

    def ringing(self, number: str) -> Call | None:
        """Returns the call that rings a telephone."""
        found = (c for c in self.calls.values() if c.number == number and c.direction == "outbound")
        return next((call for call in found if call.state == "trying"), None)

    async def close(self) -> None:
        """Ends."""
        await self._client.aclose()
