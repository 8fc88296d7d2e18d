"""Signing in and out, the invitation, the second factor. Open to everybody, so each step guards itself."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import psycopg
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from assistant import audit
from assistant.accounts.model import WeakPassword
from assistant.accounts.passwords import common_passwords
from assistant.audit import Event
from assistant.console.desk.common import leave_desk
from assistant.console.forms import read_form
from assistant.console.guard import SIGN_IN
from assistant.console.navigation import Entry
from assistant.console.visit import Visit, address_of
from assistant.content.languages import DEFAULT
from assistant.runtime.lanes import Busy, Lane
from assistant.runtime.request_origin import is_foreign
from assistant.settings.limits import LIMITS
from assistant.staff import accounts, devices, second_factor, sessions, sign_in, tries
from assistant.staff.doer import NOBODY, Doer
from assistant.staff.model import EVERYBODY, Staff, StaffError, TooManyTries
from assistant.staff.sessions import Session
from assistant.web.forms import FormGuard
from assistant.web.middleware import network_of

if TYPE_CHECKING:
    from assistant.console.shell import Console

_LARGEST = 8 * 1024
BUSY = "Nhiều người đang đăng nhập cùng lúc. Bạn thử lại sau ít giây."
#: Passwords are slow to check on purpose: a few at a time, and who comes when many wait comes again.
DOORWAY = Lane("sign-in", 2, 24)
_EXPIRED = "Trang đã mở quá lâu. Bạn nhập lại giúp."
_ALSO_CODE = (
    "Tên này vừa bị thử nhiều lần. Bạn nhập tên, mật khẩu và thêm mã 6 số trên điện thoại để hệ thống biết đúng là bạn."
)
_GONE = "Bạn đăng nhập lại từ đầu: bước trước đã quá 10 phút."
PATHS = {"enrol": f"{SIGN_IN}/enrol", "code": f"{SIGN_IN}/code", "full": "/console"}
Connection = psycopg.Connection[Any]
Step = Callable[[Request, Connection, dict[str, str]], Response]


def onward(path: str) -> str:
    """Returns where to go after signing in: a path of the console and nothing else."""
    inside = path == "/console" or path.startswith(("/console/", "/console?"))
    return path if inside and ".." not in path and not set(path) & set("\\\r\n\t") else "/console"


def doer_of(request: Request, name: str) -> Doer:
    """Returns who is at the door, for the audit trail."""
    return Doer(audit.Staff(name) if name else NOBODY, "console:sign-in", address_of(request))


class SignIn:
    """Pages before the console."""

    entries: Sequence[Entry] = ()

    def __init__(self, console: Console) -> None:
        self._console = console
        self._marks = FormGuard(console.proving, "console sign-in")
        self._cookie = "__Host-console-form" if console.secure else "console-form"
        self._device = "__Host-console-device" if console.secure else "console-device"

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        invitation = "/console/invitation/{token}"
        return [
            Route(SIGN_IN, self._open(self.form), methods=["GET"]),
            Route(SIGN_IN, self._open(self.password), methods=["POST"]),
            Route(PATHS["code"], self._open(self.code_form), methods=["GET"]),
            Route(PATHS["code"], self._open(self.code), methods=["POST"]),
            Route(PATHS["enrol"], self._open(self.enrol_form), methods=["GET"]),
            Route(PATHS["enrol"], self._open(self.enrol), methods=["POST"]),
            Route(invitation, self._open(self.invitation), methods=["GET"]),
            Route(invitation, self._open(self.accept), methods=["POST"]),
            self._console.act("/console/sign-out", self.sign_out, EVERYBODY),
        ]

    # -- the guard of these pages --------------------------------------------------------------

    def _open(self, step: Step) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            fields: dict[str, str] = {}
            if request.method == "POST":
                try:
                    sent = await read_form(request, _LARGEST)
                except HTTPException as error:
                    return self._console.guard.message(request, _EXPIRED, error.status_code)
                except Busy:
                    return self._console.guard.message(request, BUSY, 503)
                fields = {name: values[0] for name, values in sent.fields.items()}
            try:
                return await DOORWAY.do(self._take, step, request, fields)
            except Busy:
                return self._console.guard.message(request, BUSY, 503)

        return endpoint

    def _take(self, step: Step, request: Request, fields: dict[str, str]) -> Response:
        if request.method == "POST" and not self._good(request, fields.get("csrf", "")):
            return self._console.guard.message(request, _EXPIRED, 403)
        with self._console.pool.connection() as connection:
            return step(request, connection, fields)

    def _good(self, request: Request, mark: str) -> bool:
        cookie = request.cookies.get(self._cookie, "")
        return not is_foreign(request) and bool(cookie) and self._marks.good(cookie, mark)

    def _page(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        """Returns a page with a form; its mark is bound to a cookie of this browser.

        Not with `Referrer-Policy: no-referrer`: browsers would then say `Origin: null` when the form is sent.
        """
        cookie = request.cookies.get(self._cookie, "")
        fresh = not 20 <= len(cookie) <= 100
        cookie = secrets.token_urlsafe(32) if fresh else cookie
        page = self._console.page_of(request, template, status, csrf=self._marks.mark(cookie), **values)
        if fresh:
            page.set_cookie(self._cookie, cookie, path="/", secure=self._console.secure, httponly=True, samesite="lax")
        return page

    def _who(self, request: Request, connection: Connection, stage: str) -> tuple[Session, Staff] | Response:
        """Returns who stands at this step, or where else they should be."""
        found = sessions.find(connection, self._console.guard.token(request))
        if found is None:
            return RedirectResponse(SIGN_IN, 303)
        return found if found[0].stage == stage else RedirectResponse(PATHS[found[0].stage], 303)

    def _begin(self, request: Request, connection: Connection, name: str, stage: sessions.Stage) -> str:
        """Ends whatever session the browser had and starts a new one; returns its cookie."""
        sessions.end(connection, sessions.hash_of(self._console.guard.token(request)))
        browser = request.headers.get("user-agent", "")
        return sessions.start(connection, name, stage, address_of(request), browser)

    # -- password ------------------------------------------------------------------------------

    def form(self, request: Request, connection: Connection, fields: dict[str, str]) -> Response:
        """The form for name and password."""
        found = sessions.find(connection, self._console.guard.token(request))
        if found and found[0].stage == "full":
            return RedirectResponse(onward(request.query_params.get("next", "")), 303)
        return self._form(request, connection)

    def _form(
        self, request: Request, connection: Connection, error: str = "", status: int = 200, with_code: bool = False
    ) -> Response:
        anybody = connection.execute("SELECT EXISTS (SELECT 1 FROM staff)").fetchone()
        return self._page(
            request, "sign_in.html", status, error=error, anybody=bool(anybody and anybody[0]),
            next=onward(request.query_params.get("next", "")), with_code=with_code,
        )  # fmt: skip

    def _caller(self, request: Request, connection: Connection, name: str, step: tries.Step) -> tries.Caller:
        """Returns who tries, for counting."""
        device = devices.known(connection, request.cookies.get(self._device, ""), name)
        return tries.Caller(tries.hash_of(self._console.key, name), network_of(request.client), device, step)

    def password(self, request: Request, connection: Connection, fields: dict[str, str]) -> Response:
        """Checks name and password; where the name is tried from everywhere, together with the code."""
        name, doubted = fields.get("name", "").strip().lower()[:60], False
        try:
            noted = tries.note(connection, self._caller(request, connection, name, "password"))
            doubted = noted.doubted
            if doubted:
                return self._together(request, connection, name, fields, noted.number)
            stage = sign_in.check_password(connection, name, fields.get("password", ""))
        except StaffError as refusal:
            status = 429 if isinstance(refusal, TooManyTries) else 401
            # A name nobody has may be a password typed into the wrong field.
            known = connection.execute("SELECT 1 FROM staff WHERE name = %s", (name,)).fetchone()
            doer_of(request, name if known else "").record(connection, Event.STAFF_SIGN_IN_REFUSED, step="password")
            return self._form(request, connection, str(refusal), status, with_code=doubted)
        tries.forgive(connection, noted.number, signed_in=False)
        token = self._begin(request, connection, name, stage)
        target = onward(request.query_params.get("next", ""))
        response = RedirectResponse(f"{PATHS[stage]}?next={target}" if target != "/console" else PATHS[stage], 303)
        self._console.guard.set_cookie(response, token)
        return response

    def _together(
        self, request: Request, connection: Connection, name: str, fields: dict[str, str], attempt: int
    ) -> Response:
        """Asks for the code beside the password, or checks both; without a code nothing is looked at."""
        code = fields.get("code", "")
        if not code.strip():
            tries.forgive(connection, attempt, signed_in=False)
            return self._form(request, connection, _ALSO_CODE, 401, with_code=True)
        used = sign_in.check_together(connection, self._console.node.vault, name, fields.get("password", ""), code)
        return self._let_in(request, connection, name, attempt, used)

    def _let_in(self, request: Request, connection: Connection, name: str, attempt: int, used: str) -> Response:
        """Begins the session of somebody who showed everything."""
        tries.forgive(connection, attempt, signed_in=True)
        token = self._begin(request, connection, name, "full")
        doer_of(request, name).record(connection, Event.STAFF_SIGNED_IN, by=used)
        response = RedirectResponse(onward(request.query_params.get("next", "")), 303)
        self._console.guard.set_cookie(response, token)
        self._know(request, connection, response, name)
        return response

    def _know(self, request: Request, connection: Connection, response: Response, name: str) -> None:
        """Lets the browser be known as one of this person's."""
        token = devices.remember(connection, request.cookies.get(self._device, ""), name)
        response.set_cookie(
            self._device, token, max_age=devices.DAYS * 86_400, path="/", secure=self._console.secure, httponly=True,
            samesite="lax",
        )  # fmt: skip

    # -- second factor -------------------------------------------------------------------------

    def code_form(self, request: Request, connection: Connection, fields: dict[str, str]) -> Response:
        """The form for the code of the authenticator app."""
        found = self._who(request, connection, "code")
        return found if isinstance(found, Response) else self._page(request, "sign_in_code.html", who=found[1])

    def code(self, request: Request, connection: Connection, fields: dict[str, str]) -> Response:
        """Checks the code; it works once."""
        found = self._who(request, connection, "code")
        if isinstance(found, Response):
            return found
        session, who = found
        try:
            attempt = tries.note(connection, self._caller(request, connection, who.name, "code")).number
            used = sign_in.check_code(connection, self._console.node.vault, who.name, fields.get("code", ""))
        except StaffError as refusal:
            limited = isinstance(refusal, TooManyTries)
            if limited:
                sessions.end(connection, session.hash)
            doer_of(request, who.name).record(connection, Event.STAFF_SIGN_IN_REFUSED, step="code")
            status = 429 if limited else 401
            return self._page(request, "sign_in_code.html", status, who=who, error=str(refusal))
        return self._let_in(request, connection, who.name, attempt, used)

    def enrol_form(self, request: Request, connection: Connection, fields: dict[str, str]) -> Response:
        """Shows a fresh secret as a QR code."""
        found = self._who(request, connection, "enrol")
        return found if isinstance(found, Response) else self._enrol(request, connection, *found)

    def _enrol(
        self, request: Request, connection: Connection, session: Session, who: Staff, error: str = ""
    ) -> Response:
        secret = second_factor.offered(connection, self._console.node.vault, session.hash, who.name)
        return self._page(
            request, "sign_in_enrol.html", 400 if error else 200, who=who, error=error, secret=secret,
            qr=second_factor.qr_code(who.name, secret),
        )  # fmt: skip

    def enrol(self, request: Request, connection: Connection, fields: dict[str, str]) -> Response:
        """Takes the secret as the person's own once a code proves that their app has it."""
        found = self._who(request, connection, "enrol")
        if isinstance(found, Response):
            return found
        session, who = found
        vault = self._console.node.vault
        secret = second_factor.offered(connection, vault, session.hash, who.name)
        step = second_factor.step_of(secret, fields.get("code", ""))
        if step is None:
            wrong = "Mã này chưa đúng. Bạn xem lại đồng hồ của điện thoại, rồi nhập mã đang hiện."
            return self._enrol(request, connection, session, who, wrong)
        second_factor.keep_secret(connection, vault, who.name, secret, step)
        codes = second_factor.new_recovery_codes(connection, who.name)
        token = self._begin(request, connection, who.name, "full")
        doer = doer_of(request, who.name)
        doer.record(connection, Event.STAFF_SECOND_FACTOR_ENROLLED)
        doer.record(connection, Event.STAFF_SIGNED_IN, by="enrolment")
        page = self._page(request, "recovery_codes.html", codes=codes, next="/console")
        self._console.guard.set_cookie(page, token)
        self._know(request, connection, page, who.name)
        return page

    # -- invitation ----------------------------------------------------------------------------

    def invitation(self, request: Request, connection: Connection, fields: dict[str, str]) -> Response:
        """Shows the form of a good link; opening it uses nothing up."""
        return self._invitation(request, connection)

    def _invitation(
        self, request: Request, connection: Connection, error: str = "", shown: str | None = None
    ) -> Response:
        try:
            name, before = accounts.invited(connection, request.path_params["token"])
        except StaffError as refusal:
            return self._console.guard.message(request, str(refusal), 404)
        return self._page(
            request, "invitation.html", 400 if error else 200, name=name, shown=before if shown is None else shown,
            error=error, shortest=LIMITS.shortest_password,
        )  # fmt: skip

    def accept(self, request: Request, connection: Connection, fields: dict[str, str]) -> Response:
        """Sets name and password, and goes on to the second factor."""
        shown, password = fields.get("shown", ""), fields.get("password", "")
        if password != fields.get("password_again", ""):
            return self._invitation(request, connection, "Hai ô mật khẩu chưa giống nhau.", shown)
        token = request.path_params["token"]
        try:
            name = accounts.accept(connection, token, shown, password, common_passwords(), by=doer_of(request, ""))
        except WeakPassword as weak:
            return self._invitation(request, connection, self.why_weak(weak), shown)
        except StaffError as refusal:
            return self._console.guard.message(request, str(refusal), 404)
        stage = sign_in.check_password(connection, name, password)
        response = RedirectResponse(PATHS[stage], 303)
        self._console.guard.set_cookie(response, self._begin(request, connection, name, stage))
        return response

    def why_weak(self, weak: WeakPassword) -> str:
        """Returns why a password is refused."""
        if weak.reason == "own":
            return "Mật khẩu không được chứa tên đăng nhập."
        length = LIMITS.longest_password if weak.reason == "long" else LIMITS.shortest_password
        return str(self._console.node.say.of(DEFAULT)[f"password_{weak.reason}"]).format(length=length)

    # -- out -----------------------------------------------------------------------------------

    def sign_out(self, visit: Visit) -> Response:
        """Ends this session, or all of this person's; with the last one they have left the desk."""
        everywhere = visit.form.get("everywhere") == "yes"
        if everywhere:
            sessions.end_all(visit.connection, visit.me.name)
            devices.forget(visit.connection, visit.me.name)
        sessions.end(visit.connection, visit.session.hash)
        if not sessions.any_left(visit.connection, visit.me.name):
            leave_desk(self._console, visit)
        visit.record(Event.STAFF_SIGNED_OUT, everywhere=everywhere)
        response = RedirectResponse(SIGN_IN, 303)
        self._console.guard.drop_cookie(response)
        response.headers["clear-site-data"] = '"cache"'
        return response
