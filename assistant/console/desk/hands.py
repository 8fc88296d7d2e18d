"""Whose a conversation is: coming to the desk and leaving it, taking, handing over, ending, tags and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant.audit import Event
from assistant.console.desk.common import AGENT, TALK, changed, leave_desk, path_of, refusing, said_of_leaving
from assistant.console.navigation import Entry
from assistant.console.visit import NotHere, Refused, Visit
from assistant.desk import agents, handover, holding, sending, tags
from assistant.desk.handover import HandoverError

if TYPE_CHECKING:
    from assistant.console.shell import Console


class DeskHands:
    """The acts by which conversations come into somebody's hands and leave them."""

    entries: tuple[Entry, ...] = ()

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        act = self._console.act
        return [
            act("/console/desk/presence", self.presence, AGENT),
            act(f"{TALK}/take", self.take, AGENT),
            act(f"{TALK}/relieve", self.relieve, AGENT),
            act(f"{TALK}/transfer", self.transfer, AGENT),
            act(f"{TALK}/tags", self.tag, AGENT),
            act(f"{TALK}/back", self.back, AGENT),
            act(f"{TALK}/close", self.close, AGENT),
            act(f"{TALK}/settle", self.settle, AGENT),
            act(f"{TALK}/dealt", self.dealt, AGENT),
            act(f"{TALK}/note", self.note, AGENT),
        ]

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
        return changed(self._console, visit, conversation)

    def relieve(self, visit: Visit) -> Response:
        """Takes over from a colleague."""
        conversation, colleague = visit.part("conversation"), visit.form.get("colleague", "")
        with refusing():
            agents.relieve(visit.connection, conversation, visit.me.name, colleague)
        visit.record(Event.DESK_TAKEN, conversation, colleague=colleague or "outside")
        return changed(self._console, visit, conversation)

    def transfer(self, visit: Visit) -> Response:
        """Hands it to a colleague who is at the desk."""
        conversation, node = visit.part("conversation"), self._console.node
        to, why = visit.form.get("colleague", ""), visit.form.get("why", "")
        with refusing():
            shown = agents.transfer(visit.connection, node.vault, node.desk, conversation, visit.me.name, to, why)
        visit.record(Event.DESK_TRANSFERRED, conversation, colleague=to or "anybody")
        visit.after_commit(lambda: node.ready.put(conversation))
        said = f"Đã chuyển cho {shown}." if shown else "Đã đưa về đầu hàng chờ cho người đang trực."
        return visit.redirect("/console/desk", said)

    def tag(self, visit: Visit) -> Response:
        """Marks the conversation with tags, these and no others."""
        conversation = visit.part("conversation")
        with refusing():
            tags.put(visit.connection, conversation, visit.fields.get("tag", []), visit.me.name)
        return visit.done(path_of(conversation), "Đã lưu nhãn.")

    def back(self, visit: Visit) -> Response:
        """Gives the conversation back to the assistant, who tells the person."""
        conversation = visit.part("conversation")
        with refusing():
            sending.release(visit.connection, conversation)
            handover.hand_back(visit.connection, self._console.node.vault, conversation, visit.me.name)
        agents.tell_desks(visit.connection)
        visit.record(Event.DESK_GIVEN_BACK, conversation)
        return changed(self._console, visit, conversation, "Đã giao lại cho trợ lý tự động.")

    def close(self, visit: Visit) -> Response:
        """Ends without an answer."""
        conversation = visit.part("conversation")
        with refusing():
            was = agents.close(visit.connection, self._console.node.vault, conversation, visit.me.name)
        visit.record(Event.DESK_CLOSED, conversation, was=was)
        return changed(self._console, visit, conversation, "Đã đóng.")

    def settle(self, visit: Visit) -> Response:
        """Notes that the last words need no answer."""
        conversation = visit.part("conversation")
        with refusing():
            holding.settle(visit.connection, conversation, visit.me.name)
        return changed(self._console, visit, conversation)

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
        return changed(self._console, visit, conversation)
