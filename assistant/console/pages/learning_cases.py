"""A conversation as it went, and what is made of it: a test case or a story, checked before it is saved."""

from __future__ import annotations

import dataclasses
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import cast

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant import audit
from assistant.console.pages.content import EDIT, ContentRoom, author, number_in
from assistant.console.pages.faq_form import name_from
from assistant.console.pages.learning import REASONS
from assistant.console.visit import NotHere, Refused, Visit
from assistant.content.library import replace_file
from assistant.conversation_tests.scripts import BEHAVIOURS, Script, ScriptError, read_script
from assistant.editing.cleaning import clean_line
from assistant.editing.personal import of_people
from assistant.editing.saving import EditError
from assistant.learning import built_cases, drafts, inbox
from assistant.learning.case_files import script_of, story_of, told, ways_to_say
from assistant.learning.drafts import Draft, Kind
from assistant.learning.inbox import Exchange
from assistant.runtime.conversation import channel_of
from assistant.settings import ROOT, yaml_files

BEHAVIOUR_NAMES = {
    "happy_path": "đúng như mong đợi", "corrections": "sửa lại điều đã nói", "digressions": "hỏi chen ngang",
    "cancellations": "dừng giữa chừng", "invalid_input": "gửi thông tin sai", "refusals": "từ chối, không có",
    "handover": "gặp nhân viên", "silence": "im lặng rồi nhắn tiếp", "media": "gửi ảnh, tệp",
    "several_messages": "nhiều tin liền nhau", "unaccented": "không dấu, viết tắt", "scams": "lừa đảo, gửi mật khẩu",
    "context": "hỏi tiếp theo ngữ cảnh",
}  # fmt: skip
_LONGEST = 30_000
_WANTED = "wanted: true\n"
_LINE = re.compile(r"dòng (\d+):\s*")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_GONE = "Cuộc trò chuyện này không còn: đã quá thời hạn lưu, hoặc người dân đã xóa."


@cache
def _forms() -> frozenset[str]:
    domain = yaml_files.read(ROOT / "domain.yml")
    return frozenset(domain.get("forms") or {})


@cache
def _ways() -> dict[str, tuple[str, ...]]:
    return ways_to_say(ROOT / "domain.yml")


class LearningCases(ContentRoom):
    """The pages of conversations and of what is made of them."""

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        page, act = self._console.page, self._console.act
        return [
            page("/console/learning/turns/{turn}", self.conversation, EDIT),
            act("/console/learning/turns/{turn}", self.write_down, EDIT),
            page("/console/learning/drafts/{draft}", self.draft, EDIT),
            act("/console/learning/drafts/{draft}", self.work, EDIT),
        ]

    # -- a conversation ------------------------------------------------------------------------

    def _around(self, visit: Visit) -> tuple[int, str, list[Exchange]]:
        number = number_in(visit.part("turn")) or 0
        found = inbox.around(visit.connection, number)
        if found is None:
            raise NotHere(_GONE)
        return number, *found

    def conversation(self, visit: Visit) -> Response:
        """The sitting around one message, identifiers masked."""
        number, conversation, exchanges = self._around(visit)
        visit.viewed([conversation], "learning")
        script = self._begun(visit)
        steps = script.steps if script else ()
        chosen = built_cases.chosen_in(
            ((step.act.values[0], built_cases.Choice(step.expected.bot, step.expected.not_)) for step in steps),
            exchanges,
        )
        return visit.render(
            "learning/conversation.html", turn=number, exchanges=exchanges, behaviours=BEHAVIOUR_NAMES,
            channel=channel_of(conversation), titles=self._content.titles(), reasons=REASONS, script=script,
            kept={one.turn for one in told(exchanges)}, chosen=chosen, pieces=_pieces,
            proposed={one.turn: built_cases.proposed(one, _ways()) for one in exchanges},
        )  # fmt: skip

    def _begun(self, visit: Visit) -> Script | None:
        """Returns the test that somebody goes back to."""
        found = drafts.find(visit.connection, visit.query("draft"), visit.me.name) if visit.query("draft") else None
        return _readable(found.text)[0] if found and found.kind == "script" else None

    def _built(self, visit: Visit, exchanges: list[Exchange], name: str, behaviour: str) -> str:
        """Returns the script of what was chosen; of a form without choices, of everything that was said."""
        fields, form = visit.fields, visit.form
        if "turn" not in fields:
            return script_of(exchanges, name, behaviour, _ways())
        chosen = {
            one.turn: built_cases.Choice(
                built_cases.lines_in(form.get(f"must-{one.turn}", "")),
                built_cases.lines_in(form.get(f"not-{one.turn}", "")),
            )
            for one in exchanges
            if str(one.turn) in fields["turn"]
        }
        typed = [text for choice in chosen.values() for text in (*choice.must, *choice.must_not)]
        public = self._content.editor.public_numbers()
        if any(found for text in typed for found in of_people(text, public)):
            raise Refused("Một ô còn số có thể là của riêng một người. Bạn bỏ số đó đi nhé.")
        if not any(one.turn in chosen for one in told(exchanges)):
            raise Refused("Bạn giữ lại ít nhất một lượt.")
        return built_cases.built(exchanges, name, behaviour, chosen, _ways(), bool(form.get("wanted")))

    def write_down(self, visit: Visit) -> Response:
        """Makes a draft of a test case or a story from the conversation up to a message."""
        number, conversation, exchanges = self._around(visit)
        kind = cast(Kind, visit.form.get("kind", ""))
        name = clean_line(visit.form.get("name", ""))[:80]
        behaviour = visit.form.get("behaviour", "happy_path")
        if kind not in ("script", "story") or behaviour not in BEHAVIOURS:
            raise Refused("Chưa rõ bạn muốn tạo gì. Bạn tải lại trang rồi thử lại.")
        if not name:
            raise Refused("Bạn đặt tên cho trường hợp này, ví dụ “hỏi sim cũ bị cắt”.")
        if any(of_people(name, self._content.editor.public_numbers())):
            raise Refused("Tên còn số có thể là của riêng một người. Bạn đặt tên khác, không có số nhé.")
        if kind == "script":
            text = self._built(visit, exchanges, name, behaviour)
        else:
            text = story_of(exchanges, name, _forms())
        visit.viewed([conversation], f"learning {kind}")
        draft = drafts.add(visit.connection, visit.me.name, kind, name, behaviour, text, number)
        if draft is None:
            raise NotHere(_GONE)
        self._check(visit, kind, draft, text)
        return visit.redirect(f"/console/learning/drafts/{draft}")

    # -- a draft -------------------------------------------------------------------------------

    def _draft(self, visit: Visit) -> Draft:
        found = drafts.find(visit.connection, visit.part("draft"), visit.me.name)
        if found is None:
            raise NotHere("Bản nháp này không còn.")
        return found

    def draft(self, visit: Visit) -> Response:
        """A draft, how its check stands, and the way to save it."""
        found = self._draft(visit)
        return self._shown(visit, found)

    def _shown(self, visit: Visit, found: Draft, status: int = 200) -> Response:
        visit.viewed([found.conversation], "learning draft", every_time=False)
        where = self._script_path(found) if found.kind == "script" else self._story_path(found)
        script, _ = _readable(found.text) if found.kind == "script" else (None, [])
        findings = _by_turn(script, found.findings) if script else [("", row) for row in found.findings]
        return visit.render(
            "learning/draft.html", status, draft=found, where=where, plays=self._plays, script=script,
            findings=findings, behaviours=BEHAVIOUR_NAMES,
        )  # fmt: skip

    @property
    def _plays(self) -> bool:
        """Whether scripts can be played here: they speak as demo members."""
        return self._console.node.settings.demo

    def work(self, visit: Visit) -> Response:
        """Checks a draft anew, or saves one that is good."""
        found, form = self._draft(visit), visit.form
        text = form.get("text", found.text).replace("\r\n", "\n")[:_LONGEST].rstrip() + "\n"
        if form.get("act") == "save" and text == found.text and found.state in ("good", "wanted"):
            return self._save(visit, found)
        if remarks := self._content.editor.personal_in_case(text):
            # Shown as it was typed, and not kept.
            said = (_readable(text)[1] if found.kind == "script" else []) or remarks
            typed = dataclasses.replace(found, text=text, state="bad", findings=said, waits=False)
            return self._shown(visit, typed, 422)
        drafts.change(visit.connection, found, found.name, found.behaviour, text, "new")
        self._check(visit, found.kind, found.id, text)
        return visit.redirect(f"/console/learning/drafts/{found.id}")

    def _check(self, visit: Visit, kind: Kind, number: str, text: str) -> None:
        """Judges at once what can be read off; playing and comparing with the rules goes to the background."""
        script, wrong = _readable(text) if kind == "script" else (None, [])
        wrong = wrong or self._content.editor.personal_in_case(text)
        if wrong or (kind == "script" and not self._plays):
            drafts.judge(visit.connection, number, wrong)
            return
        visit.connection.execute("UPDATE learning_drafts SET state = 'checking', at = now() WHERE id = %s", (number,))
        node = self._console.node
        settings = {
            "DATABASE_URL": node.url,
            "CONTENT_DIR": str(self._content.library.data),
            "VAR_DIR": str(node.settings.var_dir),
            "MODELS_DIR": str(node.settings.models_dir),
            "MODEL_PATH": str(node.host.path),
        }
        wanted = script is not None and script.wanted
        played = text.replace(_WANTED, "", 1) if wanted else text  # so that what differs is told
        visit.after_commit(lambda: drafts.check(kind, number, played, settings, node.connect, wanted))

    # -- files ---------------------------------------------------------------------------------

    def _script_path(self, draft: Draft) -> Path:
        return self._console.node.settings.scripts_dir / draft.behaviour / f"{name_from(draft.name)}.yml"

    def _story_path(self, draft: Draft) -> Path:
        return self._content.library.data / "stories" / f"{name_from(draft.name)}.yml"

    def _save(self, visit: Visit, draft: Draft) -> Response:
        if wrong := self._content.editor.personal_in_case(draft.text):
            raise Refused(wrong[0])
        if draft.kind == "story":
            try:
                name = name_from(draft.name)
                self._content.editor.add_story(visit.connection, name, draft.text, author(visit))
            except EditError as error:
                raise Refused(str(error)) from error
            said = "Đã lưu câu chuyện. Trợ lý học sau lần phát hành tới."
        else:
            path = self._script_path(draft)
            if path.exists() or _is_taken(path.parents[1], draft.name):
                raise Refused("Đã có kịch bản tên này. Bạn quay lại cuộc trò chuyện và đặt tên khác.")
            replace_file(path, draft.text)
            said = "Đã lưu kịch bản kiểm thử. Từ nay mỗi lần kiểm tra, kịch bản này được chạy lại."
        visit.record(audit.Event.LEARNING_KEPT, kind=draft.kind, name=name_from(draft.name))
        drafts.drop(visit.connection, draft)
        return visit.redirect("/console/learning", said)


def _readable(text: str) -> tuple[Script | None, list[str]]:
    """Returns the script in a text, or why it is none."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "draft.yml"
        path.write_text(text, encoding="utf-8")
        try:
            return read_script(path), []
        except ScriptError as error:
            return None, [str(error).replace(f"{path}:", "dòng ").replace(str(path), "tệp")]


def _by_turn(script: Script, findings: list[str]) -> list[tuple[str, str]]:
    """Returns findings with the turn they are about, as the page counts turns."""
    # Without the line that says that it is wanted, all lines stand one higher.
    lines = [step.line - script.wanted for step in script.steps]
    rows = []
    for finding in findings:
        place = _LINE.match(finding)
        turn = sum(line <= int(place[1]) for line in lines) if place else 0
        rows.append((f"Lượt {turn}" if turn else "", finding[place.end() :] if place and turn else finding))
    return rows


def _pieces(text: str) -> list[str]:
    """Returns the sentences of a reply that can be asked for: what is the same every time."""
    rows = (row.strip(" •-–") for line in text.split("\n") for row in _SENTENCE.split(line))
    return [row for row in rows if len(row) > 3 and "⟦" not in row][: built_cases.MOST]


def _is_taken(folder: Path, name: str) -> bool:
    """Tells whether a script of this name stands below the folder, or beside it among the others."""
    named = re.compile(rf"^name:\s*['\"]?{re.escape(name)}['\"]?\s*$", re.MULTILINE | re.IGNORECASE)
    root = folder.parent if (folder.parent / "README.md").exists() else folder
    return any(named.search(path.read_text(encoding="utf-8")) for path in root.rglob("*.yml"))
