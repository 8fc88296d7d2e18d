"""Releasing: what changed, building a candidate, its measurements, making it live, going back."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant import audit
from assistant.console.intent_words import intent_names
from assistant.console.navigation import Entry
from assistant.console.pages.content import EDIT, GROUP, ContentRoom, author, note, number_in
from assistant.console.pages.release_words import KINDS, STATES, STEPS
from assistant.console.visit import NotHere, Refused, Visit
from assistant.conversation_tests.rates import KIND_TITLES
from assistant.editing.saving import EditError, Wanted
from assistant.evaluation.measure import read_gates
from assistant.release import content as contents
from assistant.release import live, reporting, shadow, store, trials, wording
from assistant.release.model import Act, By, Release, ReleaseError
from assistant.settings import ROOT
from assistant.staff.model import Role

#: Who looks, and who decides what people are answered with; building and trying is for who writes (EDIT).
LOOK: frozenset[Role] = frozenset({"content", "admin", "auditor"})
DECIDE: frozenset[Role] = frozenset({"content", "admin"})
PATH = "/console/release"
LARGEST_MOVE = 256 * 1024
_ENDS = ("from", "to")
_SIGNS = """
SELECT (SELECT coalesce(max(id), 0) FROM release_acts),
       (SELECT string_agg(concat_ws(' ', id, state, progress, length(log), cancelled_by, approver, shadow_seen,
                                    shadow_until), ','
                          ORDER BY id) FROM (SELECT * FROM releases ORDER BY id DESC LIMIT 5) AS newest),
       (SELECT string_agg(concat_ws(' ', name, release, trouble), ',' ORDER BY name) FROM release_nodes
        WHERE seen_at > now() - interval '20 seconds'),
       (SELECT count(answered_at) FROM release_lines l JOIN release_talks t ON t.id = l.talk WHERE t.staff = %(who)s),
       EXISTS (SELECT 1 FROM releases WHERE state IN ('waiting', 'checking', 'training', 'evaluating')),
       EXISTS (SELECT 1 FROM release_lines WHERE answered_at IS NULL AND asked_at > now() - interval '1 minute'),
       EXISTS (SELECT 1 FROM release_nodes WHERE seen_at > now() - interval '20 seconds' AND release IS DISTINCT FROM
               (SELECT release FROM release_acts ORDER BY id DESC LIMIT 1))
"""


@contextmanager
def refusing() -> Iterator[None]:
    """Shows what cannot be done as a sentence."""
    try:
        yield
    except ReleaseError as error:
        raise Refused(str(error), 409) from error


def by(visit: Visit) -> By:
    """Returns who is at the keyboard."""
    return By(visit.me.name, visit.me.shown)


def number_of(visit: Visit) -> int:
    """Returns the release that the address names."""
    number = int(visit.part("id"))
    if number >= 2**62:
        raise NotHere
    return number


def release_of(visit: Visit) -> Release:
    """Returns the release that the address names."""
    release = store.find(visit.connection, number_of(visit))
    if release is None:
        raise NotHere("Không có bản này.")
    return release


class ReleasePages(ContentRoom):
    """The overview and the page of each release."""

    entries = (
        Entry("Phát hành", PATH, GROUP, LOOK, about="Huấn luyện, thử, đưa nội dung mới đến người dân, quay lại bản cũ"),
    )

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        page, act = self._console.page, self._console.act
        return [
            page(PATH, self.overview, LOOK),
            self._console.stream(f"{PATH}/live", self.live, LOOK),
            act(PATH, self.start, EDIT),
            page(f"{PATH}/{{id:int}}", self.report, LOOK),
            act(f"{PATH}/{{id:int}}/cancel", self.cancel, EDIT),
            act(f"{PATH}/{{id:int}}/move", self.move, EDIT, LARGEST_MOVE),
            act(f"{PATH}/{{id:int}}/accept", self.accept, EDIT),
            act(f"{PATH}/{{id:int}}/approve", self.approve, DECIDE),
            act(f"{PATH}/{{id:int}}/promote", self.promote, DECIDE),
            act(f"{PATH}/{{id:int}}/rollback", self.roll_back, DECIDE),
        ]

    _words: tuple[object, bool] = (None, False)

    @cached_property
    def _marks(self) -> dict[str, Any]:
        return read_gates(ROOT)

    # -- looking -------------------------------------------------------------------------------

    def overview(self, visit: Visit) -> Response:
        """What is live, what is not live yet, what was released."""
        releases = store.newest(visit.connection)
        now = live.live(visit.connection)
        running = next((release for release in releases if release.active), None)
        current = store.find(visit.connection, now.release) if now else None
        newer = [one for one in releases if one.can_be_tried and not one.was_live and one.origin == "built"]
        candidate = next(
            (one for one in newer if current is None or one.id > current.id or current.origin == "found"), None
        )
        changes = self._changes(visit, current)
        return visit.render(
            "release/overview.html", now=now, current=current, running=running, candidate=candidate,
            releases=sorted(releases, key=lambda one: (one.origin == "built", one.id), reverse=True),
            changes=changes, words_only=bool(changes) and self._words_only(current), acts=self._acts(visit),
            two_people=self._two_people, titles=intent_names(self._content.titles()),
            nodes=live.nodes(visit.connection), usual=store.usual_seconds(visit.connection),
            previous=self._previous(visit), states=STATES, steps=STEPS, kinds=KINDS, why_not=live.why_not,
            may_edit=bool(EDIT & visit.me.roles), may_decide=bool(DECIDE & visit.me.roles),
            unreleased=self._content.unreleased(visit), path=PATH, pending=bool(running),
        )  # fmt: skip

    def _changes(self, visit: Visit, current: Release | None) -> list[dict[str, Any]]:
        """Returns the files that differ from what is live, and who changed them last."""
        if current is None or current.origin == "found":
            since = current.asked_at if current else self._content.served_since(visit)
            different = contents.changed_since(visit.connection, since)
        else:
            different = contents.differences(current.files, contents.versions(self._content.library.data))
        changed = visit.rows(
            "SELECT DISTINCT ON (topic) topic, shown, at FROM content_changes WHERE topic = ANY(%s)"
            " ORDER BY topic, id DESC",
            [one["topic"] for one in different],
        )
        last = {row.topic: row for row in changed}
        titles = {topic.name: topic.title for topic in self._content.library.topics()}
        return [
            one | {"title": titles.get(one["topic"], one["topic"]), "last": last.get(one["topic"])} for one in different
        ]

    def _words_only(self, current: Release | None) -> bool:
        """Tells whether what differs from what is live is nothing that a training reads; worked out once a change."""
        data = self._content.library.data
        model = current.model if current else self._console.node.host.model
        state = model, contents.versions(data)
        if self._words[0] != state:
            self._words = state, wording.is_wording(model, data)
        return self._words[1]

    def _acts(self, visit: Visit) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = {}
        for act in visit.rows("SELECT release, act, shown, at FROM release_acts ORDER BY id DESC LIMIT 200"):
            found.setdefault(act.release, []).append(act)
        return found

    def _previous(self, visit: Visit) -> int | None:
        """Returns what was live before what is."""
        row = visit.row("SELECT before FROM release_acts ORDER BY id DESC LIMIT 1")
        return row.before if row else None

    def report(self, visit: Visit) -> Response:
        """One release: how far it is, how good it is, what can be done with it."""
        release, now = release_of(visit), live.live(visit.connection)
        talk = trials.current(visit.connection, release.id, visit.me.name)
        lines = trials.lines(visit.connection, talk) if talk else []
        metrics = release.metrics if release.metrics and "files" in release.metrics else {}
        pairs = shadow.pairs(visit.connection, release.id) if release.shadow_from else []
        visit.viewed((person for pair in pairs for person in pair.people), "reading along", every_time=False)
        return visit.render(
            "release/report.html", release=release, now=now, states=STATES, steps=STEPS, kinds=KINDS, path=PATH,
            gates=list(reporting.gates(metrics, release.measured_against, self._marks)) if metrics else [],
            talk_gates=list(reporting.conversation_gates(metrics, release.measured_against, self._marks)),
            kind_titles=KIND_TITLES, files=reporting.FILES,
            asks_only=not release.wording and reporting.asks_only(release.metrics or {}, self._marks),
            why_not=live.why_not(release), talk=talk, lines=lines,
            waits=live.why_not(release) is None and live.waits_for_approval(release, self._two_people),
            pairs=pairs,
            titles=intent_names(self._content.titles()), acts=self._acts(visit).get(release.id, []),
            longest=trials.LONGEST,
            against=store.find(visit.connection, release.against) if release.against else None,
            may_edit=bool(EDIT & visit.me.roles), may_decide=bool(DECIDE & visit.me.roles),
            moment=datetime.datetime.now(datetime.UTC),
            pending=release.active or any(not line.answered_at and not line.overdue for line in lines),
        )  # fmt: skip

    def live(self, request: Request, who: str) -> AsyncIterator[bytes]:
        """The stream of open pages: a sign changes whenever something on them did."""

        def look(connection: store.Connection) -> dict[str, object]:
            row = connection.execute(_SIGNS, {"who": who}).fetchone() or ()
            sign = hashlib.sha256(repr(row).encode()).hexdigest()[:16]
            return {"now": sign, "soon": any(row[-3:])}

        return self._console.live.stream(request, who, store.CHANGED, look)

    # -- doing ---------------------------------------------------------------------------------

    def start(self, visit: Visit) -> Response:
        """Asks for a build."""
        node = self._console.node
        straight = visit.form.get("then") == "live"
        if straight and not DECIDE & visit.me.roles:
            raise Refused("Vai trò của bạn không phát hành được.", 403)
        if straight and self._two_people:
            raise Refused("Nơi này cần người thứ hai duyệt. Bạn bấm “Chỉ kiểm tra”, rồi nhờ đồng nghiệp duyệt.", 409)
        with refusing():
            number = store.ask(visit.connection, by(visit), straight)
        visit.record(audit.Event.RELEASE_ASKED, release=number, straight=straight)
        visit.after_commit(node.releases.wake)
        return visit.redirect(f"{PATH}/{number}")

    def cancel(self, visit: Visit) -> Response:
        """Stops a build."""
        number = number_of(visit)
        with refusing():
            store.cancel(visit.connection, number, by(visit))
        visit.record(audit.Event.RELEASE_CANCELLED, release=number)
        return visit.redirect(f"{PATH}/{number}", "Đang dừng…")

    def move(self, visit: Visit) -> Response:
        """Takes questions out of the topic that they were put into, and puts them where they belong."""
        number, library = number_of(visit), self._content.library
        texts, names = visit.fields.get("text", []), [visit.form.get(name, "").rpartition("/")[2] for name in _ENDS]
        origin, goal = (library.held(name) for name in names)
        if not (origin and origin.topic and goal and goal.topic) or origin.name == goal.name:
            raise Refused("Một trong hai chủ đề không còn. Bạn tải lại trang.", 409)
        moved = [text for text in origin.topic.questions if text in texts]
        if not moved:
            raise Refused("Các câu này không còn ở chủ đề đó nữa: có thể đã được chuyển rồi.", 409)
        left = tuple(text for text in origin.topic.questions if text not in moved)
        if not left:
            raise Refused("Chủ đề đó sẽ không còn câu hỏi nào. Bạn mở chủ đề và sửa ở đó.", 409)
        joined = tuple(dict.fromkeys((*goal.topic.questions, *moved)))
        wanted = [
            Wanted(dataclasses.replace(origin.topic, questions=left), origin.version),
            Wanted(dataclasses.replace(goal.topic, questions=joined), goal.version),
        ]
        try:
            saved = self._content.editor.save_all(visit.connection, wanted, author(visit), "edited")
        except EditError as error:
            raise Refused(str(error), 409) from error
        note(visit, "moved", f"{origin.name}, {goal.name}", saved)
        said = f"Đã chuyển {len(moved)} câu sang “{goal.topic.title}”. Bạn bấm “Kiểm tra và huấn luyện lại” để đo lại."
        return visit.redirect(f"{PATH}/{number}", said)

    def accept(self, visit: Visit) -> Response:
        """Notes that somebody has read the questions that look misplaced, and that they are where they are meant."""
        number, release = number_of(visit), release_of(visit)
        with refusing():
            live.accept(visit.connection, number, by(visit), reporting.asks_only(release.metrics or {}, self._marks))
        visit.record(audit.Event.RELEASE_ACCEPTED, release=number)
        return visit.redirect(f"{PATH}/{number}", "Đã ghi nhận. Bản này phát hành được.")

    @property
    def _two_people(self) -> bool:
        return self._console.node.settings.release_two_people

    def approve(self, visit: Visit) -> Response:
        """Lets a release go live as the second person."""
        number = number_of(visit)
        with refusing():
            live.approve(visit.connection, number, by(visit))
        visit.record(audit.Event.RELEASE_APPROVED, release=number)
        return visit.redirect(f"{PATH}/{number}", "Đã duyệt. Bản này phát hành được.")

    def promote(self, visit: Visit) -> Response:
        """Makes a release live."""
        return self._make_live(visit, "promoted", audit.Event.RELEASE_PROMOTED)

    def roll_back(self, visit: Visit) -> Response:
        """Goes back to a release."""
        return self._make_live(visit, "rolled_back", audit.Event.RELEASE_ROLLED_BACK)

    def _make_live(self, visit: Visit, act: Act, event: audit.Event) -> Response:
        number, seen = number_of(visit), number_in(visit.form.get("live", ""))
        with refusing():
            release = live.make_live(visit.connection, number, act, by(visit), seen, self._two_people)
        visit.record(event, release=number, before=seen or "none")
        visit.after_commit(self._console.node.releases.wake)
        name = "bản lúc cài đặt" if release.origin == "found" else f"bản {number}"
        said = f"Đã {'phát hành' if act == 'promoted' else 'quay lại'} {name}. Các máy đổi sang trong vài giây."
        return visit.redirect(PATH, said)
