"""The Graph API's endpoints that an app of Messenger calls, below /vNN.N/."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from sandbox import graph_errors as errors
from sandbox import graph_people as people
from sandbox.graph_errors import GraphError, parameter
from sandbox.graph_limits import check_send
from sandbox.messenger import MessengerStandIn

_VERSION = re.compile(r"v(\d{1,3})\.\d")
OLDEST, LATEST = 21, 26
WINDOW, AGENT_WINDOW = 24 * 3600.0, 7 * 24 * 3600.0
Data = dict[str, Any]


class GraphApi:
    """Answers the calls of one app.

    Failures that a test plans, one for each message: a code or (code, subcode); "502" (a gateway's page, nothing is
    done), "lost" (done, but answered by a gateway's page), "slow" (done, answered too late), "garbage" (200 and no
    JSON), "200" (error 2 with status 200).
    """

    def __init__(self, page: MessengerStandIn) -> None:
        self._page = page

    def routes(self) -> list[Route]:
        """Returns the one route; everything is below a version."""
        return [Route("/{path:path}", self._answer, methods=["GET", "POST", "DELETE"])]

    async def _answer(self, request: Request) -> Response:
        await asyncio.sleep(self._page.policy.latency)
        headers = self._page.usage.headers(self._page.page_id)
        try:
            path = self._path(request)
            given = await _given(request)
            self._note(request.method, path, given)
            result = await self._do(request.method, path, given, self._token(given, path))
        except GraphError as error:
            answer: Response = error.response()
        else:
            answer = result if isinstance(result, Response) else JSONResponse(result)
        answer.headers.update(headers)
        return answer

    def _path(self, request: Request) -> str:
        version, _, path = str(request.path_params["path"]).partition("/")
        match = _VERSION.fullmatch(version)
        if match is None:  # an unversioned call is served with the app's own
            return str(request.path_params["path"])
        if int(match[1]) > LATEST:
            raise GraphError(2500, f"Unknown path components: /{path}")
        return path  # an expired version is served as the oldest one

    def _note(self, method: str, path: str, given: Data) -> None:
        shown = {name: value for name, value in given.items() if name not in ("access_token", "appsecret_proof")}
        self._page.calls.append({"method": method, "path": path, "at": self._page.clock()} | {"body": shown})

    def _token(self, given: Data, path: str) -> str:
        """Checks who calls; returns "page" or "app"."""
        page, token = self._page, str(given.pop("access_token", ""))
        proof = given.pop("appsecret_proof", None)
        if token == f"{page.app_id}|{page.app_secret}":
            return "app"
        if token != page.page_token:
            raise errors.TOKEN_STATES["unknown"]
        if page.policy.session != "good":
            raise errors.TOKEN_STATES[page.policy.session]
        if proof is None and page.policy.require_proof:
            raise errors.NO_PROOF
        if proof is not None and not page.proof_is_good(str(proof), token):
            raise errors.BAD_PROOF
        return "page"

    async def _do(self, method: str, path: str, given: Data, caller: str) -> Data | Response:
        page = self._page
        if path == "debug_token" and caller == "app":
            return {"data": self._debug(given)}
        if path == f"{page.app_id}/subscriptions" and caller == "app":
            return await self._subscriptions(method, given)
        whose, _, what = path.partition("/")
        if whose in page.users and not what:
            return self._person(whose, given)
        if caller != "page" or whose not in ("me", page.page_id):
            message = f"Unsupported {method.lower()} request. Object with ID '{whose[:40]}' does not exist"
            raise GraphError(100, message, 33)
        if not what:
            return {"id": page.page_id, "name": "Trợ lý VssID"}
        if what == "messages" and method == "POST":
            return await self._messages(given)
        if what == "messenger_profile":
            return self._profile(method, given)
        if what == "subscribed_apps":
            return self._subscribed(method, given)
        if what.endswith("_thread_control") or what == "thread_owner":
            return await self._control(what, given)
        raise GraphError(2500, f"Unknown path components: /{what[:40]}")

    # ---- messages

    async def _messages(self, given: Data) -> Data | Response:
        page, action = self._page, given.get("sender_action")
        plan = page.policy.fail_actions if action else page.policy.fail_next
        planned = plan.pop(0) if plan else None
        if planned == "502":
            return HTMLResponse("<html>502 Bad Gateway</html>", 502)
        if planned == "garbage":
            return HTMLResponse("<html>?</html>")
        if planned == "200":
            return JSONResponse(json.loads(bytes(errors.PLANNED[2].response().body)))
        if planned is not None and planned not in ("lost", "slow"):
            raise errors.planned(planned)
        check_send(given, page.policy.strict_type)
        message = given.get("message") or {}
        page.usage.count(media=message.get("attachment", {}).get("type") in ("audio", "video"))
        user = self._recipient(given["recipient"])
        if action:
            self._act(user, action)
            return {"recipient_id": user}
        self._may_write(user, given)
        result = self._send(user, given)
        if planned == "lost":
            return HTMLResponse("<html>502 Bad Gateway</html>", 502)
        if planned == "slow":
            await asyncio.sleep(page.policy.slow)
        return result

    def _recipient(self, recipient: Data) -> str:
        if "user_ref" in recipient:
            return f"@{recipient['user_ref']}"
        user = str(recipient.get("id", ""))
        if user not in self._page.users:
            raise errors.NO_SUCH_USER
        if self._page.users[user]["blocked"]:
            raise errors.PLANNED[551]
        return user

    def _act(self, user: str, action: str) -> None:
        person = self._page.users.setdefault(user, {})
        if action in ("typing_on", "typing_off"):
            person["typing_until"] = self._page.clock() + 20 if action == "typing_on" else 0
        if action == "mark_seen":
            person["seen_at"] = self._page.clock()

    def _may_write(self, user: str, given: Data) -> None:
        """Checks the windows and who has the thread."""
        page = self._page
        if user.startswith("@"):
            return
        if not page.threads.may_send(user, page.app_id):
            raise errors.CONTROLLED
        silence = page.clock() - page.users[user]["opened_at"]
        tagged = given["messaging_type"] == "MESSAGE_TAG" if "messaging_type" in given else False
        if tagged and given.get("tag") == "CUSTOMER_FEEDBACK":
            raise parameter("Param tag CUSTOMER_FEEDBACK needs the customer feedback template")
        if tagged and not page.policy.human_agent:
            raise GraphError(200, "(#200) Requires Human Agent permission", 2018028, 403)
        if silence > (AGENT_WINDOW if tagged else WINDOW):
            raise errors.OUTSIDE_WINDOW

    def _send(self, user: str, given: Data) -> Data:
        page, message, message_id = self._page, given["message"], people.mid()
        payload = (message.get("attachment") or {}).get("payload") or {}
        shown = {
            "text": message.get("text") or payload.get("text") or "",
            "quick_replies": message.get("quick_replies", []),
            "buttons": payload.get("buttons", []),
            "cards": payload.get("elements", []),
            "tag": given.get("tag", ""),
        }
        page.remember(user, "page", shown, message_id)
        if user.startswith("@"):
            return {"message_id": message_id}
        page.users[user]["typing_until"] = 0
        page.threads.wrote(user, page.app_id)
        page.sent(user, message, message_id)
        return {"recipient_id": user, "message_id": message_id}

    # ---- everything else

    def _debug(self, given: Data) -> Data:
        state = self._page.policy.session
        good = state == "good" and given.get("input_token") == self._page.page_token
        answer: Data = {"app_id": self._page.app_id, "type": "PAGE", "is_valid": good, "expires_at": 0}
        answer |= {"profile_id": self._page.page_id, "scopes": ["pages_messaging", "pages_manage_metadata"]}
        if not good:
            error = errors.TOKEN_STATES.get(state, errors.TOKEN_STATES["unknown"]).body
            answer["error"] = {"code": 190, "message": error["message"], "subcode": error.get("error_subcode", 0)}
        return answer

    async def _subscriptions(self, method: str, given: Data) -> Data:
        hooks = self._page.webhooks
        if method == "GET":
            fields = [{"name": name, "version": f"v{LATEST}.0"} for name in self._page.profile.subscribed]
            return {"data": [{"object": "page", "callback_url": hooks.callback, "active": True, "fields": fields}]}
        if method == "DELETE":
            hooks.enabled = False
            return {"success": True}
        address = str(given.get("callback_url", ""))
        if given.get("object") != "page" or not address.startswith(("https://", "http://127.0.0.1")):
            raise GraphError(2200, "(#2200) Callback URL must be https with a valid certificate")
        await hooks.handshake(address, str(given.get("verify_token", "")))
        hooks.callback = address
        return {"success": True}

    def _profile(self, method: str, given: Data) -> Data:
        self._page.usage.count_profile()
        profile = self._page.profile
        if method == "GET":
            return profile.get(str(given.get("fields", "")))
        return profile.set(given) if method == "POST" else profile.delete(given.get("fields"))

    def _subscribed(self, method: str, given: Data) -> Data:
        page = self._page
        if method == "GET":
            mine = {"id": page.app_id, "name": "Trợ lý", "subscribed_fields": page.profile.subscribed}
            return {"data": [mine] if page.webhooks.enabled and page.profile.subscribed else []}
        if method == "DELETE":
            page.profile.subscribed, page.webhooks.enabled = [], False
            return {"success": True}
        answer = page.profile.subscribe(given.get("subscribed_fields"))
        page.webhooks.enabled = True
        return answer

    def _person(self, user: str, given: Data) -> Data:
        name = self._page.users[user]["name"]
        known = {"first_name": name, "last_name": "", "locale": "vi_VN", "timezone": 7, "id": user}
        return {key: known[key] for key in str(given.get("fields", "first_name")).split(",") if key in known}

    async def _control(self, what: str, given: Data) -> Data:
        page = self._page
        if what == "thread_owner":
            return page.threads.thread_owner(str(given.get("recipient", "")))
        user = self._recipient(given["recipient"] if isinstance(given.get("recipient"), dict) else {})
        return page.threads.call(what, user, given)


async def _given(request: Request) -> Data:
    """Returns everything a call brought: query, JSON body or form, and a bearer token."""
    given: Data = dict(request.query_params)
    bearer = request.headers.get("authorization", "")
    if bearer.startswith("Bearer "):
        given["access_token"] = bearer.removeprefix("Bearer ")
    body = await request.body()
    if not body:
        return given
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            data = json.loads(body)
        except ValueError as error:
            raise parameter("Invalid JSON in the request's body") from error
        return given | data if isinstance(data, dict) else given
    for name, value in (await request.form()).items():
        try:
            given[name] = json.loads(str(value))
        except ValueError:
            given[name] = str(value)
    return given
