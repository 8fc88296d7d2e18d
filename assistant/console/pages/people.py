"""Colleagues: invite, change roles, close, help with a lost phone or password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant.console.navigation import Entry
from assistant.console.visit import Refused, Visit
from assistant.staff import accounts, sessions
from assistant.staff.model import ROLES, Role, StaffError

if TYPE_CHECKING:
    from assistant.console.shell import Console

_ADMIN: frozenset[Role] = frozenset({"admin"})
_LIST = """
SELECT f.name, f.shown, f.roles, f.disabled_at, f.seen_at, f.created_at,
       f.password IS NOT NULL OR f.openid IS NOT NULL AS joined, f.totp IS NOT NULL AS enrolled,
       (SELECT max(expires_at) FROM staff_invitations i WHERE i.name = f.name AND used_at IS NULL) AS invited_until
FROM staff f ORDER BY f.disabled_at IS NOT NULL, f.name
"""


class People:
    """The page of accounts."""

    entries = (
        Entry("Tài khoản", "/console/people", "Quản trị", _ADMIN, about="Mời, đổi vai trò, khóa, đặt lại điện thoại"),
    )

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        act = self._console.act
        return [
            self._console.page("/console/people", self.listing, _ADMIN),
            act("/console/people", self.invite, _ADMIN),
            act("/console/people/{name}/roles", self.roles, _ADMIN),
            act("/console/people/{name}/disable", self.disable, _ADMIN),
            act("/console/people/{name}/enable", self.enable, _ADMIN),
            act("/console/people/{name}/second-factor", self.second_factor, _ADMIN),
            act("/console/people/{name}/password", self.password, _ADMIN),
        ]

    def listing(self, visit: Visit, link: str = "", of: str = "") -> Response:
        """All accounts; a fresh link is shown once."""
        rows = visit.rows(_LIST)
        return visit.render("people.html", people=rows, all_roles=ROLES, link=link, link_of=of)

    def _link(self, visit: Visit, token: str, name: str) -> Response:
        return self.listing(visit, f"{self._console.node.settings.base_url}/console/invitation/{token}", name)

    def invite(self, visit: Visit) -> Response:
        """Makes an account and shows its link."""
        form = visit.form
        try:
            name = accounts.clean_name(form.get("name", ""))
            token = accounts.invite(
                visit.connection, name, visit.fields.get("role", []), shown=form.get("shown", ""), by=visit.doer
            )
        except StaffError as error:
            raise Refused(str(error)) from error
        return self._link(visit, token, name)

    def roles(self, visit: Visit) -> Response:
        """Changes roles; whoever it is signs in anew, and oneself gets a new cookie."""
        name = visit.part("name")
        try:
            accounts.change_roles(visit.connection, name, visit.fields.get("role", []), by=visit.doer)
        except StaffError as error:
            raise Refused(str(error)) from error
        response = visit.redirect("/console/people", f"Đã đổi vai trò của {name}.")
        if name == visit.me.name:
            self._console.guard.set_cookie(response, sessions.rotate(visit.connection, visit.session))
        return response

    def disable(self, visit: Visit) -> Response:
        """Closes an account."""
        name = visit.part("name")
        if name == visit.me.name:
            raise Refused("Bạn không tự khóa tài khoản của mình được. Bạn nhờ một quản trị viên khác.")
        return self._do(visit, accounts.disable, f"Đã khóa tài khoản {name}.")

    def enable(self, visit: Visit) -> Response:
        """Opens an account again."""
        return self._do(visit, accounts.enable, f"Đã mở lại tài khoản {visit.part('name')}.")

    def second_factor(self, visit: Visit) -> Response:
        """Lets a person enrol a new phone."""
        sentence = f"Lần đăng nhập tới, {visit.part('name')} sẽ quét lại mã QR bằng điện thoại mới."
        return self._do(visit, accounts.reset_second_factor, sentence)

    def _do(self, visit: Visit, act: accounts.Act, sentence: str) -> Response:
        try:
            act(visit.connection, visit.part("name"), by=visit.doer)
        except StaffError as error:
            raise Refused(str(error)) from error
        return visit.redirect("/console/people", sentence)

    def password(self, visit: Visit) -> Response:
        """Takes a forgotten password away and shows a link to set a new one."""
        name = visit.part("name")
        try:
            token = accounts.reset_password(visit.connection, name, by=visit.doer)
        except StaffError as error:
            raise Refused(str(error)) from error
        return self._link(visit, token, name)
