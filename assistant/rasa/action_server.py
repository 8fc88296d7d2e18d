"""Extra actions on an action server elsewhere, named in endpoints.yml as in any Rasa project.

Our own actions stay in this process. The server gets what actions here get, with tokens for identifiers and a
pseudonym for the person. Its effects lie outside of the turn's transaction: a turn that fails after the call is run
again with the same idempotency key, the event's id. A server that does not answer fails the turn like an action of
ours: it is tried again, and then the person is told so.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from rasa.utils.endpoints import EndpointConfig, read_endpoint_config

from assistant.audit import keys as audit_keys
from assistant.dialogue import context
from assistant.settings import StartError

_SECONDS = 3.0
_LARGEST = 1_000_000


class BadServer(StartError):
    """What endpoints.yml says of the action server cannot be used."""


class ServerFailed(RuntimeError):
    """The action server did not answer as one."""


class ServerRejected(Exception):
    """The action server declined to run an action."""


class ActionServer:
    """Calls the actions of an action server."""

    def __init__(self, endpoint: EndpointConfig) -> None:
        self._url = str(endpoint.url)
        self._parameters = endpoint.combine_parameters()
        self._headers = {str(name): str(value) for name, value in endpoint.headers.items()}
        basic = endpoint.basic_auth
        self._auth = httpx.BasicAuth(basic["username"], basic["password"]) if basic else None
        self._seconds = float(endpoint.kwargs.get("timeout") or _SECONDS)
        self._verify: Any = endpoint.cafile or True
        if not (self._auth or self._headers or endpoint.token):
            raise BadServer("endpoints.yml: action_endpoint cần token, headers hoặc basic_auth để máy chủ biết ai gọi.")
        if urlsplit(self._url).scheme != "https" and not _is_here(self._url):
            raise BadServer("endpoints.yml: action_endpoint ở máy khác phải dùng https.")

    async def run(self, call: dict[str, Any]) -> dict[str, Any]:
        """Runs the action that a call names.

        Raises:
            ServerRejected: if the action declines.
            ServerFailed: if the server is away, slow, or says what no action server says.
        """
        turn = context.current()
        headers = self._headers | {"Idempotency-Key": f"{turn.event_id}:{call['next_action']}"}
        try:
            async with httpx.AsyncClient(auth=self._auth, timeout=self._seconds, verify=self._verify) as client:
                body = _for_others(call, turn.conversation)
                answer = await client.post(self._url, params=self._parameters, headers=headers, json=body)
        except httpx.HTTPError as error:
            raise ServerFailed(f"{call['next_action']}: {type(error).__name__}") from error
        if answer.status_code == 400:
            raise ServerRejected(call["next_action"])
        return _understood(call["next_action"], answer)


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _for_others(call: dict[str, Any], conversation: str) -> dict[str, Any]:
    """Returns the call without who it is about, and without all that the assistant can say."""
    person = audit_keys.opened().person(conversation)
    domain = {name: value for name, value in call["domain"].items() if name != "responses"}
    return call | {"sender_id": person, "tracker": call["tracker"] | {"sender_id": person}, "domain": domain}


def _understood(action: str, answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code != 200 or len(answer.content) > _LARGEST:
        raise ServerFailed(f"{action}: HTTP {answer.status_code}, {len(answer.content)} bytes")
    try:
        body = answer.json()
    except ValueError as error:
        raise ServerFailed(f"{action}: no JSON") from error
    events, responses = (body.get(name) for name in ("events", "responses")) if isinstance(body, dict) else (None, None)
    if not _are_objects(events) or not _are_objects(responses) or not all("event" in event for event in events or ()):
        raise ServerFailed(f"{action}: no answer of an action")
    return {"events": events, "responses": responses}


def _are_objects(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(one, dict) for one in found)


#: What names it in endpoints.yml.
_NAMED = "action_endpoint"


def configured(endpoints: Path) -> ActionServer | None:
    """Returns the server that a project's endpoints.yml names; None if it names none.

    Raises:
        BadServer: if it cannot be called safely.
    """
    if not endpoints.exists() or _NAMED not in endpoints.read_text(encoding="utf-8"):
        return None  # Rasa takes a third of a second to read and validate what says nothing
    found = read_endpoint_config(str(endpoints), _NAMED)
    return ActionServer(found) if found and found.url else None
