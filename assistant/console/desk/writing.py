"""What an agent writes to a person: messages, forms and pictures of ours, what is half written, taking back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from assistant.console.desk.common import AGENT, TALK, changed, number_of, path_of, refusing
from assistant.console.desk.said import usual
from assistant.console.navigation import Entry
from assistant.console.visit import NotHere, Refused, Visit
from assistant.content.languages import DEFAULT
from assistant.content.pictures import PATH as PICTURES
from assistant.declarations import KINDS, PATH, new_link
from assistant.desk import agents, drafts, sending, typing, ways
from assistant.desk.public_numbers import public_contacts
from assistant.editing import prepared_pictures
from assistant.messages import wakeups
from assistant.messages.shown import fitted
from assistant.privacy import secret_links
from assistant.runtime.conversation import channel_of, split

if TYPE_CHECKING:
    from assistant.console.shell import Console

#: Our forms that an agent may send the link to.
FORM_NAMES = {
    "tk1_ts": "Tờ khai TK1-TS",
    "e_transaction": "Tờ khai thay đổi thông tin giao dịch điện tử",
}
#: What a browser names a message by, so that it is sent once however often it is given.
_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")


class DeskWriting:
    """The composer's acts."""

    entries: tuple[Entry, ...] = ()

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        act = self._console.act
        return [
            act(f"{TALK}/reply", self.reply, AGENT),
            act(f"{TALK}/draft", self.draft, AGENT),
            act(f"{TALK}/take-back", self.take_back, AGENT),
            act(f"{TALK}/typing", self.typing, AGENT),
            act(f"{TALK}/form", self.form, AGENT),
            act(f"{TALK}/prepared", self.prepared, AGENT),
            act(f"{TALK}/again", self.again, AGENT),
        ]

    def _seconds(self, visit: Visit) -> int:
        """Returns for how long what is sent may be taken back."""
        return ways.current(visit.connection, self._console.node.desk.undo).undo

    def reply(self, visit: Visit) -> Response:
        """Sends a message to the person."""
        conversation, text = visit.part("conversation"), _lines(visit.form.get("text")) or ""
        key = visit.form.get("key", "")
        with refusing():
            agents.refuse_private(text, public_contacts())
            key = key if _KEY.fullmatch(key) else ""
            sending.hold(visit.connection, conversation, visit.me.name, text, self._seconds(visit), key)
        # A page with a script says itself what is left of its draft: the next message may be half written by now.
        written = drafts.of(visit.connection, self._console.node.vault, visit.me.name, conversation)
        if not key or written.strip() == text.strip():
            drafts.drop(visit.connection, visit.me.name, conversation)
        return changed(self._console, visit, conversation)

    def take_back(self, visit: Visit) -> Response:
        """Takes back what was just sent: its words are being written again."""
        conversation, number = visit.part("conversation"), number_of(visit, "message")
        with refusing():
            words = sending.take_back(visit.connection, conversation, visit.me.name, number)
        drafts.add(visit.connection, self._console.node.vault, visit.me.name, conversation, words)
        if visit.is_fragment:
            return PlainTextResponse(words)
        return visit.redirect(path_of(conversation), "Đã thu hồi. Bạn sửa lại rồi gửi.")

    def typing(self, visit: Visit) -> Response:
        """Shows the person that somebody writes, where the platform can."""
        conversation = visit.part("conversation")
        if typing.note(visit.connection, conversation, visit.me.name):
            wakeups.tell(visit.connection, conversation)
            self._show_typing(conversation)
        return Response(status_code=204)

    def _show_typing(self, conversation: str) -> None:
        """Lets the platform show that somebody writes; nothing waits for it."""
        channel, user = split(conversation)
        for each in self._console.node.channels:
            if each.name == channel and each.typing:
                self._console.begin(each.typing(user))

    def form(self, visit: Visit) -> Response:
        """Sends a one-time link to one of our forms, in the words in which the assistant gives it."""
        conversation, node = visit.part("conversation"), self._console.node
        kind = next((each for each in KINDS if each == visit.form.get("kind")), None)
        if kind is None:
            raise NotHere
        row = visit.row("SELECT language FROM conversations WHERE id = %s", conversation)
        with refusing():
            sending.may_reply(visit.connection, conversation, visit.me.name)
            hidden = secret_links.hide(
                visit.connection, node.vault, conversation, new_link(visit.connection, conversation, kind)
            )
            words = usual(f"utter_declare_{kind}", (row and row.language) or DEFAULT)
            text = words.replace("{url}", f"{node.settings.base_url}{PATH}/{hidden}")
            sending.hold(visit.connection, conversation, visit.me.name, text, self._seconds(visit))
        return changed(self._console, visit, conversation, "Đã gửi tờ khai.")

    def draft(self, visit: Visit) -> Response:
        """Keeps what is being written, or with "add" what could not be sent beside it."""
        conversation, vault = visit.part("conversation"), self._console.node.vault
        text, began = (_lines(visit.form.get(name)) for name in ("text", "from"))
        if visit.form.get("add"):
            drafts.add(visit.connection, vault, visit.me.name, conversation, text or "")
        else:
            drafts.keep(visit.connection, vault, visit.me.name, conversation, text or "", began=began)
        return visit.done(path_of(conversation))

    def prepared(self, visit: Visit) -> Response:
        """Sends a picture of ours; a channel that has none gets its title and address."""
        conversation, node = visit.part("conversation"), self._console.node
        picture = prepared_pictures.find(visit.connection, visit.form.get("picture", ""))
        if picture is None:
            raise Refused("Hình này không còn trong danh sách. Bạn tải lại trang rồi chọn hình khác.", 409)
        media = {
            "kind": "image", "url": f"{PICTURES}/{picture.name}", "says": picture.title, "width": picture.width,
            "height": picture.height,
        }  # fmt: skip
        said = fitted("", [media], (), channel_of(conversation), node.settings.base_url)
        with refusing():
            sending.hold(
                visit.connection, conversation, visit.me.name, said.text, self._seconds(visit), media=said.media
            )
        return changed(self._console, visit, conversation, "Đã gửi hình.")

    def again(self, visit: Visit) -> Response:
        """Sends a message again that was given up."""
        conversation, message = visit.part("conversation"), number_of(visit, "message")
        with refusing():
            agents.send_again(visit.connection, conversation, message)
        return changed(self._console, visit, conversation)


def _lines(given: str | None) -> str | None:
    """Returns a text of a form with its lines as scripts have them."""
    return None if given is None else given.replace("\r\n", "\n")
