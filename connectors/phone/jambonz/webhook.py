"""POST /webhooks/phone…: size → signature → parse → the step in one transaction → verbs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from assistant.runtime.lanes import Lane
from assistant.runtime.request_body import read_or_refuse
from connectors.phone import metrics
from connectors.phone.jambonz import hooks, signature
from connectors.phone.jambonz.verbs import verbs
from connectors.phone.settings import PhoneLine
from connectors.phone.tokens import StepTokens
from connectors.phone.turns import CallTurns, Replayed, Told

logger = logging.getLogger(__name__)
#: The first hook holds the whole SIP request.
LARGEST_BODY = 64 * 1024
#: Hooks that are worked on at once.
THREADS = 8
PATH = "/webhooks/phone"
STEP, STATUS, BACK = f"{PATH}/step", f"{PATH}/status", f"{PATH}/back"


class Doors:
    """The endpoints of a line."""

    def __init__(self, described: PhoneLine, turns: CallTurns, tokens: StepTokens) -> None:
        self._line = described
        self._jambonz = described.jambonz
        self._secrets = [secret.get_secret_value() for secret in described.jambonz.secrets]
        self._turns = turns
        self._tokens = tokens
        self._lane = Lane("phone", THREADS, 128)

    def routes(self) -> tuple[Route, ...]:
        """Returns the routes."""
        doors = {PATH: self._begins, STEP: self._step, STATUS: self._status, BACK: self._rings_back}
        return tuple(Route(path, self._taking(door), methods=["POST"]) for path, door in doors.items())

    def _taking(self, door: Callable[[Request, dict[str, Any]], Any]) -> Callable[[Request], Any]:
        async def take(request: Request) -> Response:
            body = await read_or_refuse(request, LARGEST_BODY, _refuse)
            if isinstance(body, Response):
                return body
            if not signature.valid(request.headers.get(signature.HEADER, ""), body, self._secrets):
                return _refuse("signature", 401)
            try:
                answered: Response = await door(request, hooks.parse(body))
            except hooks.NotAHook as error:
                return _refuse(str(error), 400)
            except Replayed:
                return _refuse("step is over", 409)
            return answered

        return take

    async def _begins(self, request: Request, data: dict[str, Any]) -> Response:
        who = hooks.caller(data, tuple(self._jambonz.trunks))
        return self._say(await self._lane.do(self._turns.begins, hooks.call_of(data), who))

    async def _rings_back(self, request: Request, data: dict[str, Any]) -> Response:
        name, _ = self._token(request)
        return self._say(await self._lane.do(self._turns.rings_back, hooks.call_of(data), name, hooks.rung(data)))

    async def _step(self, request: Request, data: dict[str, Any]) -> Response:
        name, step = self._token(request)
        told = await self._lane.do(self._turns.step, hooks.call_of(data), name, step, hooks.heard(data))
        return self._say(told)

    async def _status(self, request: Request, data: dict[str, Any]) -> Response:
        over = hooks.how_it_ended(data)
        if over:
            await self._lane.do(self._turns.ended, hooks.call_of(data), *over)
        if request.query_params.get("s") and (why := hooks.not_taken(data)):
            await self._lane.do(self._turns.not_reached, *self._token(request), why)
        return Response(status_code=204)

    def _token(self, request: Request) -> tuple[str, int]:
        found = self._tokens.read(request.query_params.get("s", ""))
        if found is None:
            raise Replayed
        return found

    def _say(self, told: Told) -> Response:
        token = self._tokens.make(told.conversation.partition(":")[2], told.step)
        found = verbs(told, f"{STEP}?s={token}", self._jambonz, self._line.desk, self._line.number)
        return JSONResponse(found, headers={"cache-control": "no-store"})


def _refuse(reason: str, status: int) -> Response:
    metrics.refused.labels(reason).inc()
    return JSONResponse({"error": reason}, status)
