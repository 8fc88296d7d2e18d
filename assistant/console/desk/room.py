"""The desk's pages: the queue, a conversation with its composer, the stream that keeps them fresh."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from assistant.console.desk import reading
from assistant.console.desk.canned import all_canned
from assistant.console.desk.common import AGENT, TALK, path_of, refusing
from assistant.console.desk.revealing import Revealing
from assistant.console.desk.writing import FORM_NAMES
from assistant.console.navigation import Entry
from assistant.console.visit import NotHere, Refused, Visit
from assistant.desk import agents, drafts, handover, holding, names, pictures, push, rules, tags, ways
from assistant.editing import prepared_pictures
from assistant.reports import transcripts
from assistant.runtime.origins import listed
from assistant.staff.model import EVERYBODY

if TYPE_CHECKING:
    from assistant.console.shell import Console

#: How long a page waits for a platform that is asked what somebody is called.
_NAME_SECONDS = 2.0


class DeskRoom:
    """The desk."""

    entries = (
        Entry(
            "Bàn trực",
            "/console/desk",
            "Trực bàn",
            AGENT,
            badge="desk",
            about="Hàng chờ, trả lời người dân, giao lại cho trợ lý",
        ),
    )

    def __init__(self, console: Console) -> None:
        self._console = console
        self._revealing = Revealing(console)

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        page, act = self._console.page, self._console.act
        return [
            page("/console/counts", self.counts, EVERYBODY),
            page("/console/desk", self.show, AGENT),
            page("/console/desk/queue", self.queue, AGENT),
            self._console.stream("/console/desk/live", self.live, AGENT),
            page(TALK, self.talk, AGENT),
            page(f"{TALK}/lines", self.lines, AGENT),
            act("/console/push", self.push, AGENT),
            page(f"{TALK}/pictures/{{number:int}}", self.picture, AGENT),
            page(f"{TALK}/reveal", self._revealing.form, AGENT),
            act(f"{TALK}/reveal", self._revealing.show, AGENT),
        ]

    # -- looking -------------------------------------------------------------------------------

    def _in_force(self, visit: Visit) -> handover.Desk:
        return rules.in_force(visit.connection, self._console.node.desk)

    def _queue(self, visit: Visit) -> reading.Queue:
        now = datetime.datetime.now(datetime.UTC)
        found = reading.queue(visit.connection, self._in_force(visit), visit.me.name, now)
        shown = (row.conversation for row in (*found.waiting, *found.mine, *found.others))
        visit.viewed(shown, "queue", every_time=False)
        return found

    def counts(self, visit: Visit) -> Response:
        """The numbers beside the navigation, for pages that have no stream."""
        if AGENT & visit.me.roles:
            handover.page_is_open(visit.connection, visit.me.name)  # at work on another page of the console
        mine = reading.counts(visit.connection, self._console.node.desk) if AGENT & visit.me.roles else {}
        return JSONResponse(mine)

    def show(self, visit: Visit) -> Response:
        """The queue, with nobody opened."""
        return visit.render(
            "desk.html",
            queue=self._queue(visit),
            conversation="",
            hours=self._in_force(visit),
            push_key=self._push_key(),
        )

    def _push_key(self) -> str:
        if not self._console.node.settings.push_services.strip():
            return ""
        return push.encoded(push.public_key(push.signing_key(self._console.node.vault)))

    def queue(self, visit: Visit) -> Response:
        """The queue alone."""
        return visit.render("desk_queue.html", queue=self._queue(visit), conversation=visit.query("conversation"))

    def talk(self, visit: Visit) -> Response:
        """The queue and one conversation."""
        conversation = visit.part("conversation")
        about = visit.row(
            "SELECT id, channel, language, turns, created_at FROM conversations WHERE id = %s", conversation
        )
        if about is None:
            raise NotHere("Không có cuộc trò chuyện này. Có thể người dân đã yêu cầu xóa dữ liệu của họ.")
        visit.viewed([conversation], "desk")
        lines, earlier = transcripts.read(visit.connection, conversation)
        held = agents.held(visit.connection, conversation)
        return visit.render(
            "desk.html", queue=self._queue(visit), conversation=conversation, about=about, lines=lines,
            earlier=earlier, held=held, name=self._name(visit, conversation, held), base=path_of(conversation),
            hours=self._in_force(visit), push_key=self._push_key(), canned=all_canned(visit),
            questions=self._questions(visit, conversation),
            before=self._before(visit, conversation), missed=self._missed(visit, conversation),
            colleagues=agents.colleagues(visit.connection, self._console.node.desk, visit.me.name),
            pictures=prepared_pictures.prepared(visit.connection) if held.agent == visit.me.name else (),
            forms=FORM_NAMES, tags=tags.of(visit.connection, conversation),
            all_tags=ways.current(visit.connection).tags,
            draft=drafts.of(visit.connection, self._console.node.vault, visit.me.name, conversation),
        )  # fmt: skip

    def _name(self, visit: Visit, conversation: str, held: agents.Held) -> str:
        """Returns what the person is called on their platform, for whoever helps them; it is asked once a day."""
        if held.state != "with_person" or held.agent != visit.me.name:
            return ""
        node = self._console.node
        name = names.known(visit.connection, node.vault, conversation)
        channel, _, user = conversation.partition(":")
        asked = next((each.name_of for each in node.channels if each.name == channel), None)
        if name is None and asked:
            try:
                given = self._console.wait_for(asked(user), _NAME_SECONDS)
            except TimeoutError:
                return ""
            name = names.keep(visit.connection, node.vault, conversation, given)
        return name or ""

    def _missed(self, visit: Visit, conversation: str) -> bool:
        query = f"SELECT 1 FROM handovers h WHERE h.conversation = %s AND {holding.MISSED}"
        return visit.row(query, conversation) is not None

    def _questions(self, visit: Visit, conversation: str) -> list[object]:
        return visit.rows(
            "SELECT number, question, asked_at, answered_at, closed_at FROM questions WHERE conversation = %s"
            " ORDER BY asked_at DESC LIMIT 5",
            conversation,
        )

    def _before(self, visit: Visit, conversation: str) -> list[object]:
        return visit.rows(
            "SELECT h.asked_at, h.closed_at, h.reason, h.outcome, coalesce(f.shown, h.agent) AS shown FROM handovers h"
            " LEFT JOIN staff f ON f.name = h.agent WHERE h.conversation = %s AND h.state = 'closed'"
            " ORDER BY h.asked_at DESC LIMIT 5",
            conversation,
        )

    def lines(self, visit: Visit) -> Response:
        """The transcript alone; `before` for what was earlier."""
        conversation = visit.part("conversation")
        before = visit.query("before")
        try:
            at = datetime.datetime.fromisoformat(before) if before else None
        except ValueError:
            raise NotHere from None
        lines, earlier = transcripts.read(visit.connection, conversation, at)
        visit.viewed([conversation] if lines else (), "desk", every_time=at is not None)
        now = agents.held(visit.connection, conversation)
        return visit.render(
            "desk_lines.html", lines=lines, earlier=earlier, base=path_of(conversation), held=now,
            conversation=conversation,
        )  # fmt: skip

    def live(self, request: Request, who: str) -> AsyncIterator[bytes]:
        """The stream of an open desk; it also keeps the agent present while the page is open."""
        conversation = request.query_params.get("conversation", "")[:200]
        rules = self._console.node.desk

        def look(connection: reading.Connection) -> dict[str, object]:
            handover.page_is_open(connection, who)
            return reading.signs(connection, rules, who, conversation)

        return self._console.live.stream(request, who, conversation, look)

    def picture(self, visit: Visit) -> Response:
        """Shows a picture that the person sent: from the platform, through here, kept nowhere."""
        conversation, node = visit.part("conversation"), self._console.node
        origins = listed(node.settings.picture_servers)
        with refusing():
            found = pictures.fetch(
                visit.connection, node.vault, conversation, int(visit.part("number")) % 2**63, visit.me.name, origins
            )
        visit.viewed([conversation], "picture")
        headers = {
            "cache-control": "no-store", "content-disposition": "inline", "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
        }  # fmt: skip
        return Response(found.content, media_type=found.kind, headers=headers)

    def push(self, visit: Visit) -> Response:
        """Tells this browser, also when no page is open, that somebody is needed; or ends that."""
        try:
            if text := visit.form.get("subscription", "")[:4000]:
                services = listed(self._console.node.settings.push_services)
                push.keep(visit.connection, self._console.node.vault, visit.me.name, push.read(text, services))
            else:
                push.forget(visit.connection, visit.me.name, visit.form.get("endpoint", ""))
        except push.PushError as error:
            raise Refused(str(error)) from error
        return visit.done("/console/desk")
