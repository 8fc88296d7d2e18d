"""The desk's pages: the queue, a conversation with its composer, and what an agent does there."""

from __future__ import annotations

import datetime
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute

from assistant.audit import Event
from assistant.console.desk import reading
from assistant.console.desk.canned import all_canned
from assistant.console.desk.revealing import Revealing
from assistant.console.desk.said import usual
from assistant.console.navigation import Entry
from assistant.console.visit import NotHere, Refused, Visit
from assistant.content.languages import DEFAULT
from assistant.declarations import KINDS, PATH, new_link
from assistant.desk import agents, drafts, handover, holding, names, pictures, push, rules, sending, tags, typing, ways
from assistant.desk.handover import HandoverError
from assistant.desk.public_numbers import public_contacts
from assistant.messages import wakeups
from assistant.privacy import secret_links
from assistant.reports import transcripts
from assistant.runtime.origins import listed
from assistant.staff.model import EVERYBODY, Role

if TYPE_CHECKING:
    from assistant.console.shell import Console

AGENT: frozenset[Role] = frozenset({"agent"})
_TALK = "/console/desk/{conversation}"
#: Our forms that an agent may send the link to.
FORM_NAMES = {
    "tk1_ts": "Tờ khai TK1-TS",
    "e_transaction": "Tờ khai thay đổi thông tin giao dịch điện tử",
}
#: How long a page waits for a platform that is asked what somebody is called.
_NAME_SECONDS = 2.0
#: What a browser names a message by, so that it is sent once however often it is given.
_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")


@contextmanager
def refusing() -> Iterator[None]:
    """Shows what the desk refuses as a sentence."""
    try:
        yield
    except HandoverError as error:
        raise Refused(str(error), 409) from error


def path_of(conversation: str) -> str:
    """Returns the address of a conversation at the desk."""
    return f"/console/desk/{quote(conversation)}"


def leave_desk(console: Console, visit: Visit) -> list[str]:
    """Takes whoever visits from the desk; returns the conversations that were handed on, and are told so."""
    node = console.node
    moved = holding.leave(visit.connection, node.vault, node.desk, visit.me.name)
    for conversation in moved:
        visit.record(Event.DESK_GIVEN_BACK, conversation, why="left the desk")

    def wake() -> None:
        for conversation in moved:
            node.ready.put(conversation)

    visit.after_commit(wake)
    return moved


def show_typing(console: Console, conversation: str) -> None:
    """Lets the platform show that somebody writes; nothing waits for it."""
    channel, _, user = conversation.partition(":")
    for each in console.node.channels:
        if each.name == channel and each.typing:
            console.begin(each.typing(user))


def said_of_leaving(moved: list[str]) -> str:
    """Returns what an agent reads who left with open conversations."""
    return (
        f"Bạn đã rời bàn trực. {len(moved)} cuộc trò chuyện được chuyển tiếp, người dân đã được báo." if moved else ""
    )


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
            act("/console/desk/presence", self.presence, AGENT),
            page(_TALK, self.talk, AGENT),
            page(f"{_TALK}/lines", self.lines, AGENT),
            act("/console/push", self.push, AGENT),
            act(f"{_TALK}/take", self.take, AGENT),
            act(f"{_TALK}/relieve", self.relieve, AGENT),
            act(f"{_TALK}/transfer", self.transfer, AGENT),
            act(f"{_TALK}/reply", self.reply, AGENT),
            act(f"{_TALK}/draft", self.draft, AGENT),
            act(f"{_TALK}/take-back", self.take_back, AGENT),
            act(f"{_TALK}/typing", self.typing, AGENT),
            act(f"{_TALK}/tags", self.tag, AGENT),
            page(f"{_TALK}/pictures/{{number:int}}", self.picture, AGENT),
            act(f"{_TALK}/form", self.form, AGENT),
            act(f"{_TALK}/back", self.back, AGENT),
            act(f"{_TALK}/close", self.close, AGENT),
            act(f"{_TALK}/settle", self.settle, AGENT),
            act(f"{_TALK}/dealt", self.dealt, AGENT),
            act(f"{_TALK}/note", self.note, AGENT),
            act(f"{_TALK}/again", self.again, AGENT),
            page(f"{_TALK}/reveal", self._revealing.form, AGENT),
            act(f"{_TALK}/reveal", self._revealing.show, AGENT),
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

    # -- doing ---------------------------------------------------------------------------------

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

    def presence(self, visit: Visit) -> Response:
        """At the desk, or away from it; then what one holds is handed on."""
        if visit.form.get("here") == "yes":
            handover.be_present(visit.connection, visit.me.name)
            agents.tell_desks(visit.connection)
            return visit.done("/console/desk")
        moved = leave_desk(self._console, visit)
        return visit.done("/console/desk", said_of_leaving(moved))

    def take(self, visit: Visit) -> Response:
        """Takes somebody who waits, or steps into a conversation of the assistant's."""
        conversation = visit.part("conversation")
        try:
            agents.step_in(visit.connection, self._console.node.vault, conversation, visit.me.name)
        except HandoverError as error:
            if visit.row("SELECT 1 FROM conversations WHERE id = %s", conversation) is None:
                raise NotHere from error
            if visit.is_fragment:
                raise Refused(str(error), 409) from error
            return visit.redirect("/console/desk", str(error), good=False)  # whoever was slower stays at the desk
        visit.record(Event.DESK_TAKEN, conversation)
        return self._changed(visit, conversation)

    def relieve(self, visit: Visit) -> Response:
        """Takes over from a colleague."""
        conversation, colleague = visit.part("conversation"), visit.form.get("colleague", "")
        with refusing():
            agents.relieve(visit.connection, conversation, visit.me.name, colleague)
        visit.record(Event.DESK_TAKEN, conversation, colleague=colleague or "outside")
        return self._changed(visit, conversation)

    def transfer(self, visit: Visit) -> Response:
        """Hands it to a colleague who is at the desk."""
        conversation, node = visit.part("conversation"), self._console.node
        to, why = visit.form.get("colleague", ""), visit.form.get("why", "")
        with refusing():
            shown = agents.transfer(visit.connection, node.vault, node.desk, conversation, visit.me.name, to, why)
        visit.record(Event.DESK_TRANSFERRED, conversation, colleague=to)
        return visit.redirect("/console/desk", f"Đã chuyển cho {shown}.")

    def reply(self, visit: Visit) -> Response:
        """Sends a message to the person."""
        conversation, text = visit.part("conversation"), visit.form.get("text", "").replace("\r\n", "\n")
        key = visit.form.get("key", "")
        with refusing():
            agents.refuse_private(text, public_contacts())
            seconds = ways.current(visit.connection, self._console.node.desk.undo).undo
            key = key if _KEY.fullmatch(key) else ""
            sending.hold(visit.connection, conversation, visit.me.name, text, seconds, key)
        # A page with a script says itself what is left of its draft: the next message may be half written by now.
        written = drafts.of(visit.connection, self._console.node.vault, visit.me.name, conversation)
        if not key or written.strip() == text.strip():
            drafts.drop(visit.connection, visit.me.name, conversation)
        return self._changed(visit, conversation)

    def take_back(self, visit: Visit) -> Response:
        """Takes back what was just sent: its words are being written again."""
        conversation, number = visit.part("conversation"), visit.form.get("message", "")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise NotHere
        with refusing():
            words = sending.take_back(visit.connection, conversation, visit.me.name, int(number))
        drafts.add(visit.connection, self._console.node.vault, visit.me.name, conversation, words)
        if visit.is_fragment:
            return PlainTextResponse(words)
        return visit.redirect(path_of(conversation), "Đã thu hồi. Bạn sửa lại rồi gửi.")

    def typing(self, visit: Visit) -> Response:
        """Shows the person that somebody writes, where the platform can."""
        conversation = visit.part("conversation")
        if typing.note(visit.connection, conversation, visit.me.name):
            wakeups.tell(visit.connection, conversation)
            show_typing(self._console, conversation)
        return Response(status_code=204)

    def form(self, visit: Visit) -> Response:
        """Sends a one-time link to one of our forms, in the words in which the assistant gives it."""
        conversation, node = visit.part("conversation"), self._console.node
        kind = next((each for each in KINDS if each == visit.form.get("kind")), None)
        if kind is None:
            raise NotHere
        row = visit.row("SELECT language FROM conversations WHERE id = %s", conversation)
        with refusing():
            handover.may_reply(visit.connection, conversation, visit.me.name, "-")
            hidden = secret_links.hide(
                visit.connection, node.vault, conversation, new_link(visit.connection, conversation, kind)
            )
            words = usual(f"utter_declare_{kind}", (row and row.language) or DEFAULT)
            text = words.replace("{url}", f"{node.settings.base_url}{PATH}/{hidden}")
            seconds = ways.current(visit.connection, node.desk.undo).undo
            sending.hold(visit.connection, conversation, visit.me.name, text, seconds)
        return self._changed(visit, conversation, "Đã gửi tờ khai.")

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

    def tag(self, visit: Visit) -> Response:
        """Marks the conversation with tags, these and no others."""
        conversation = visit.part("conversation")
        with refusing():
            tags.put(visit.connection, conversation, visit.fields.get("tag", []), visit.me.name)
        return visit.done(path_of(conversation), "Đã lưu nhãn.")

    def draft(self, visit: Visit) -> Response:
        """Keeps what is being written, or with "add" what could not be sent beside it."""
        text = visit.form.get("text", "").replace("\r\n", "\n")
        keep = drafts.add if visit.form.get("add") else drafts.keep
        keep(visit.connection, self._console.node.vault, visit.me.name, visit.part("conversation"), text)
        return visit.done(path_of(visit.part("conversation")))

    def back(self, visit: Visit) -> Response:
        """Gives the conversation back to the assistant, who tells the person."""
        conversation = visit.part("conversation")
        with refusing():
            sending.release(visit.connection, conversation)
            handover.hand_back(visit.connection, self._console.node.vault, conversation, visit.me.name)
        agents.tell_desks(visit.connection)
        visit.record(Event.DESK_GIVEN_BACK, conversation)
        return self._changed(visit, conversation, "Đã giao lại cho trợ lý tự động.")

    def close(self, visit: Visit) -> Response:
        """Ends without an answer."""
        conversation = visit.part("conversation")
        with refusing():
            was = agents.close(visit.connection, self._console.node.vault, conversation, visit.me.name)
        visit.record(Event.DESK_CLOSED, conversation, was=was)
        return self._changed(visit, conversation, "Đã đóng.")

    def settle(self, visit: Visit) -> Response:
        """Notes that the last words need no answer."""
        conversation = visit.part("conversation")
        with refusing():
            holding.settle(visit.connection, conversation, visit.me.name)
        return self._changed(visit, conversation)

    def dealt(self, visit: Visit) -> Response:
        """Takes somebody off the list of those who were missed."""
        conversation = visit.part("conversation")
        if holding.deal_with(visit.connection, [conversation], visit.me.name):
            visit.record(Event.DESK_CLOSED, conversation, was="missed")
        return visit.done("/console/desk", "Đã đưa khỏi danh sách chưa gặp được nhân viên.")

    def note(self, visit: Visit) -> Response:
        """Leaves a note for colleagues."""
        conversation = visit.part("conversation")
        with refusing():
            agents.note(
                visit.connection, self._console.node.vault, conversation, visit.me.name, visit.form.get("text", "")
            )
        return self._changed(visit, conversation)

    def again(self, visit: Visit) -> Response:
        """Sends a message again that was given up."""
        conversation, message = visit.part("conversation"), visit.form.get("message", "")
        if not (message.isascii() and message.isdigit() and len(message) < 19):
            raise NotHere
        with refusing():
            agents.send_again(visit.connection, conversation, int(message))
        return self._changed(visit, conversation)

    def _changed(self, visit: Visit, conversation: str, said: str = "") -> Response:
        """Once committed, lets a worker of this node go on with the conversation at once."""
        visit.after_commit(lambda: self._console.node.ready.put(conversation))
        return visit.done(path_of(conversation), said)
