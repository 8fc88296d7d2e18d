"""One's own account: password, recovery codes, where one is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant.accounts.model import WeakPassword
from assistant.accounts.passwords import common_passwords
from assistant.audit import Event
from assistant.console.pages.sign_in import SignIn
from assistant.console.visit import Refused, Visit
from assistant.staff import accounts, passwords, second_factor, sessions, sign_in, tries
from assistant.staff.model import EVERYBODY, StaffError, TooManyTries
from assistant.staff.tries import Caller

if TYPE_CHECKING:
    from assistant.console.shell import Console


class Self:
    """The page of whoever is signed in."""

    entries = ()

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        return [
            self._console.page("/console/me", self.show, EVERYBODY),
            self._console.act("/console/me/password", self.password, EVERYBODY),
            self._console.act("/console/me/recovery-codes", self.recovery_codes, EVERYBODY),
        ]

    def show(self, visit: Visit) -> Response:
        """The page."""
        rows = visit.rows(
            "SELECT hash, address, browser, started_at, seen_at FROM staff_sessions"
            " WHERE name = %s AND stage = 'full' ORDER BY seen_at DESC",
            visit.me.name,
        )
        left = second_factor.recovery_codes_left(visit.connection, visit.me.name)
        return visit.render("self.html", sessions=rows, here=visit.session.hash, codes_left=left)

    def _prove(self, visit: Visit) -> None:
        """Asks for the present password again before what a borrowed screen must not do."""
        # On a connection of its own: a refused try stays counted.
        with self._console.pool.connection() as connection:
            try:
                caller = Caller(tries.hash_of(self._console.key, visit.me.name), visit.doer.address, None, "present")
                attempt = tries.note(connection, caller).number
                sign_in.check_password(connection, visit.me.name, visit.form.get("present", ""))
            except TooManyTries as error:
                raise Refused(str(error), 429) from error
            except StaffError as error:
                raise Refused("Mật khẩu hiện tại chưa đúng.", 403) from error
            tries.forgive(connection, attempt, signed_in=False)

    def password(self, visit: Visit) -> Response:
        """Changes the password; other sessions end, this one gets a new cookie."""
        self._prove(visit)
        form = visit.form
        if form.get("password") != form.get("password_again"):
            raise Refused("Hai ô mật khẩu chưa giống nhau.")
        try:
            accounts.check_strength(visit.me.name, form.get("password", ""), common_passwords())
        except WeakPassword as weak:
            raise Refused(SignIn(self._console).why_weak(weak)) from weak
        visit.connection.execute(
            "UPDATE staff SET password = %s WHERE name = %s", (passwords.hash_of(form["password"]), visit.me.name)
        )
        sessions.end_all(visit.connection, visit.me.name, but=visit.session.hash)
        visit.record(Event.STAFF_PASSWORD_CHANGED)
        response = visit.redirect("/console/me", "Đã đổi mật khẩu. Các thiết bị khác đã được đăng xuất.")
        self._console.guard.set_cookie(response, sessions.rotate(visit.connection, visit.session))
        return response

    def recovery_codes(self, visit: Visit) -> Response:
        """Makes new recovery codes and shows them once."""
        self._prove(visit)
        codes = second_factor.new_recovery_codes(visit.connection, visit.me.name)
        visit.record(Event.STAFF_RECOVERY_CODES_MADE)
        return visit.render("recovery_codes.html", codes=codes, next="/console/me")
