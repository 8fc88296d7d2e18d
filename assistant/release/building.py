"""Builds one release in a process of its own: check, train, evaluate (assistant.app.build_release).

The process holds the lock of whoever builds and ends when its build is stopped, when the node that started it
ends, or when the database is lost; nothing it did is left then but a line in the list.
"""

from __future__ import annotations

import logging
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from assistant import audit, database
from assistant.content.check import Check, check
from assistant.content.topics import all_topics
from assistant.conversation_tests.scripts import Script, ScriptError
from assistant.editing import findings_shown
from assistant.evaluation import measure
from assistant.evaluation.measure import Parse, Report
from assistant.model_store import signing
from assistant.nlu.held_out import Judged
from assistant.rasa import answers, training
from assistant.release import archive, content, live, measuring, rehearsing, reporting, store, unseen, wording
from assistant.release.model import By, ReleaseError, State
from assistant.release.rehearsing import Rehearsed
from assistant.release.store import Connection
from assistant.release.training_step import run_training
from assistant.release.watching import Watch
from assistant.settings import ROOT, Settings, StartError

logger = logging.getLogger(__name__)
_WORK = ".building-"
#: Seconds of the steps where nothing was built before: what matters is how they stand to each other, since the first
#: one tells how fast this machine is. With a training, and of a change of wording.
_USUAL: dict[bool, dict[State, float]] = {
    False: {"checking": 8.0, "training": 45.0, "evaluating": 45.0},
    True: {"checking": 2.0, "evaluating": 6.0},
}


class Stopped(Exception):
    """Somebody stopped the build."""


class Failed(Exception):
    """The build comes to nothing; the sentence says why, in Vietnamese."""


class Build:
    """One build, step by step."""

    def __init__(
        self, connection: Connection, settings: Settings, number: int, watch: Watch, work: Path, channels: Check
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._number = number
        self._watch = watch
        self._work = work
        self._channels = channels
        self._seconds: dict[State, float] = {}
        self._is_wording = False

    def run(self) -> None:
        """Builds; the release says how it ended."""
        data = self._work / "data"
        before = live.live(self._connection)
        against = before.release if before else self._found()
        versions, change = content.snapshot(self._connection, training.content_of(self._settings), data)
        changes = self._changes(against, versions)
        held = self._model_that_stays(against, changes, data)
        store.note(
            self._connection, self._number, files=versions, content_change=change, against=against, changes=changes,
            wording=held is not None,
        )  # fmt: skip
        settings = self._settings.model_copy(update={"content_dir": data, "model_path": ""})
        self._is_wording = held is not None
        with self._step("checking"):
            self._check(data, examples=held is None)
        if held is None:
            with self._step("training"):
                model = self._train(settings)
            with self._step("evaluating"):
                trouble = self._evaluate(model, against, [row["topic"] for row in changes if row["topic"]], data)
        else:
            model = held
            with self._step("evaluating"):
                trouble = self._listen(model, against, changes, data)
        packed = archive.pack(model, data, self._settings)
        with self._connection.transaction():
            store.keep(self._connection, self._number, packed)
            store.note(self._connection, self._number, model=model.name.removesuffix(".tar.gz"))
            if not store.finish(self._connection, self._number, "blocked" if trouble else "ready", trouble):
                raise Stopped
            store.prune(self._connection)
        if held is not None and not trouble:
            self._go_live(against)

    def _model_that_stays(self, against: int | None, changes: list[dict[str, str]], data: Path) -> Path | None:
        """Returns the live model where nothing that a training reads has changed; None where it has, or nothing has."""
        before = store.find(self._connection, against) if against and changes else None
        if before is None or not wording.is_wording(before.model, data):
            return None
        return archive.unpacked(before.id, store.archive(self._connection, before.id), self._settings)

    def _go_live(self, against: int | None) -> None:
        """Makes a release live that was asked for so; what was decided meanwhile stands."""
        release = store.find(self._connection, self._number)
        if release is None or not release.straight:
            return
        by = By(release.staff, release.shown)
        now = live.live(self._connection)
        try:
            with self._connection.transaction():
                if now and now.release != against:
                    raise ReleaseError(f"Bản đang chạy vừa được {now.shown} thay đổi.")
                live.make_live(
                    self._connection,
                    self._number,
                    "promoted",
                    by,
                    now.release if now else None,
                    self._settings.release_two_people,
                )
                audit.record(
                    self._connection, audit.Event.RELEASE_PROMOTED, actor=audit.Staff(by.name), where="console:release",
                    release=self._number, before=now.release if now else "none",
                )  # fmt: skip
        except ReleaseError as error:
            store.note(self._connection, self._number, log=f"{release.log}Chưa phát hành được ngay: {error}\n")

    def _found(self) -> int | None:
        """Keeps what is served while nothing was released, with its words of then, so that it can be gone back to."""
        model = Path(self._settings.model_path)
        if not self._settings.model_path or not model.exists():
            return None
        since, then = archive.trained_at(model), self._work / "found"
        content.snapshot(self._connection, training.content_with(model, self._settings), then)
        if not archive.is_installed(model, self._settings):  # that has its content of then beside it
            content.put_back(self._connection, since, then)
        packed = archive.pack(model, then, self._settings)
        with self._connection.transaction():
            name, by = model.name.removesuffix(".tar.gz"), By("", "Trợ lý lúc cài đặt")
            return store.add_found(self._connection, name, since, packed, by)

    def _changes(self, against: int | None, versions: dict[str, str]) -> list[dict[str, str]]:
        before = store.find(self._connection, against) if against else None
        if before is None:
            return []
        if before.origin == "found":
            held = archive.unpacked(before.id, store.archive(self._connection, before.id), self._settings)
            return content.differences(content.versions(training.content_with(held, self._settings)), versions)
        return content.differences(before.files, versions)

    @contextmanager
    def _step(self, state: State) -> Iterator[None]:
        steps = self._expected()
        before, to_come = sum(self._seconds.values()), list(steps)[list(steps).index(state) + 1 :]
        after = sum(steps[one] for one in to_come)
        whole = before + steps[state] + after
        if not store.go_on(self._connection, self._number, state, before / whole):
            raise Stopped
        self._watch.expect(state, before, steps[state], after)
        began = time.monotonic()
        yield
        self._seconds[state] = round(time.monotonic() - began, 1)
        store.note(self._connection, self._number, seconds=self._seconds)
        self._say(state, f"Xong bước này sau {self._seconds[state]:.0f} giây.")

    def _expected(self) -> dict[State, float]:
        """Returns the steps with the seconds they are likely to take: as last time, at the pace of those just done."""
        usual = _USUAL[self._is_wording]
        rows = self._connection.execute(
            "SELECT seconds FROM releases WHERE state IN ('ready', 'blocked') AND origin = 'built' AND wording = %s"
            " AND seconds ?& %s ORDER BY id DESC LIMIT 3",
            (self._is_wording, list(usual)),
        ).fetchall()
        if rows:
            usual = {step: statistics.median(float(row[0][step]) for row in rows) for step in usual}
        done = sum(self._seconds.values())
        pace = done / sum(max(usual[step], 0.1) for step in usual if step in self._seconds) if done else 1.0
        return {step: max(seconds * pace, 0.1) for step, seconds in usual.items()}

    def _say(self, state: State, line: str) -> None:
        if not store.go_on(self._connection, self._number, state, 0, line):
            raise Stopped

    def _check(self, data: Path, examples: bool) -> None:
        self._say("checking", "Kiểm tra nội dung.")
        found = findings_shown.shown(check(ROOT, data=data, channels=self._channels, examples=examples), data)
        store.note(self._connection, self._number, findings=found[:200])
        errors = sum(bool(one["error"]) for one in found)
        self._say("checking", f"Nội dung có {errors} lỗi, {len(found) - errors} lưu ý.")
        if errors:
            raise Failed(f"Nội dung còn {errors} lỗi. Bạn sửa các chỗ nêu dưới đây rồi làm lại.")

    def _train(self, settings: Settings) -> Path:
        present = training.model_path(settings.models_dir, data=settings.content_dir)
        if training.is_complete(present):
            self._say("training", "Đã có mô hình học từ đúng nội dung này, không phải học lại.")
            signing.verify(present, settings)
            return present
        self._say("training", "Trợ lý đang học từ nội dung.")
        said: list[str] = []
        model = run_training(settings, said.append)
        if model is None:
            for line in said[-15:]:
                self._say("training", line)
            raise Failed("Không huấn luyện được từ nội dung này. Nhờ kỹ thuật viên xem nhật ký bên dưới.")
        return model

    def _evaluate(self, model: Path, against: int | None, changed: list[str], data: Path) -> str | None:
        """Measures the candidate beside what is live; returns what is not good enough."""
        live_one = self._measure_live(against) if against else None
        self._say("evaluating", "Đo bản mới trên bộ câu hỏi kiểm tra.")
        topics = [topic for topic in all_topics(data) if topic.name in changed]
        old = self._questions_before(against, changed)
        after, judged = _measured(model, lambda parse: unseen.judged(data, topics, old, parse))
        own = unseen.by_topic(judged, topics, old)
        self._say("evaluating", "Chơi lại các kịch bản hội thoại với bản mới.")
        rehearsed = self._rehearsed(model, data)
        broken, meant = rehearsing.broken(live_one[1].played if live_one else (), rehearsed.played, changed)
        better, worse = measuring.compared(live_one[0].outcomes, after.outcomes) if live_one else ([], [])
        worse = unseen.with_causes(worse, judged)
        taken = unseen.taken(worse, judged)
        metrics = measuring.numbers(after) | {
            "conversations": rehearsing.numbers(rehearsed), "broken": unseen.with_causes(broken, judged),
            "meant": meant, "losses": unseen.losses(taken), "taken": len(taken),
            "misplaced": unseen.misplaced(own),
        }  # fmt: skip
        store.note(self._connection, self._number, metrics=metrics, better=better, worse=worse, topics=own)
        trouble = reporting.trouble(metrics, measure.read_gates(ROOT), self._titles(data))
        verdict = f"Không đạt: {trouble}" if trouble else "Đạt mọi mức chất lượng."
        self._say(
            "evaluating",
            f"Hiểu đúng {metrics['right']} trên {metrics['texts']} câu; {len(better)} câu tốt lên, {len(worse)} câu"
            f" kém đi. Hội thoại: {len(broken)} lượt hỏng, chơi mất {rehearsed.seconds:.0f} giây. {verdict}",
        )  # fmt: skip
        return trouble

    def _listen(self, model: Path, against: int | None, changes: list[dict[str, str]], data: Path) -> str | None:
        """Hears what changed words are like, in what was live and in the candidate; returns what is not good enough."""
        before = store.find(self._connection, against) if against else None
        changed = [row["topic"] for row in changes if row["topic"]]
        topics = [topic for topic in all_topics(data) if topic.name in changed]
        was = training.content_with(model, self._settings)
        self._say("evaluating", "Chỉ có câu chữ thay đổi: giữ mô hình đang chạy, không phải học lại.")
        scripts = self._scripts()
        with rehearsing.staged(self._settings, model, was) as stage:
            if wording.of_topics(changes):
                gone = [topic for topic in all_topics(was) if topic.name in changed]
                known = (((before and before.metrics) or {}).get("conversations") or {}).get("said") or {}
                scripts = wording.about(scripts, [*topics, *gone], stage.host.parse, known)
            old = rehearsing.rehearse_on(stage, scripts)
        said = [answers.wording(answers.domain_of(model, was), was), answers.wording(ROOT / answers.DOMAIN, data)]
        with rehearsing.staged(self._settings, model, data) as stage:
            heard = wording.asked(stage, topics, *said)
            new = rehearsing.rehearse_on(stage, scripts)
        broken, meant = rehearsing.broken(old.played, new.played, changed)
        metrics = wording.kept(before.metrics if before else None) | {
            "wording": {"asked": heard, "scripts": len(scripts)}, "broken": broken, "meant": meant,
        }  # fmt: skip
        store.note(self._connection, self._number, metrics=metrics, measured_against=before and before.metrics)
        found = [part for part in (wording.trouble(heard), reporting.broken_words(broken)) if part]
        trouble = "; ".join(part.rstrip(".") for part in found) + "." if found else None
        self._say(
            "evaluating",
            f"Đã hỏi thử {len(heard)} chủ đề, chơi lại {len(scripts)} kịch bản có nói tới; {len(broken)} lượt hỏng."
            f" {f'Không đạt: {trouble}' if trouble else 'Đạt.'}",
        )  # fmt: skip
        return trouble

    def _scripts(self) -> list[Script]:
        try:
            return rehearsing.scripts_of(self._settings)
        except ScriptError as error:
            raise Failed(f"Một kịch bản hội thoại không đọc được: {error}") from error

    def _titles(self, data: Path) -> dict[str, str]:
        return {topic.intent: topic.title for topic in all_topics(data)}

    def _questions_before(self, against: int | None, changed: list[str]) -> dict[str, frozenset[str]]:
        """Returns the questions of what is live: those of the changed topics that the candidate cannot have new."""
        before = store.find(self._connection, against) if against else None
        if before is None:
            return {}
        if before.origin == "found":
            return unseen.before(self._connection, before.asked_at, changed)
        held = archive.unpacked(before.id, store.archive(self._connection, before.id), self._settings)
        return unseen.questions_of(training.content_with(held, self._settings))

    def _measure_live(self, against: int) -> tuple[Report, Rehearsed]:
        """Measures what is live, with the gates of today."""
        self._say("evaluating", "Đo bản đang chạy trên bộ câu hỏi kiểm tra.")
        held = archive.unpacked(against, store.archive(self._connection, against), self._settings)
        report, _ = _measured(held, lambda parse: [])
        self._say("evaluating", "Chơi lại các kịch bản hội thoại với bản đang chạy.")
        rehearsed = self._rehearsed(held, training.content_with(held, self._settings))
        store.note(
            self._connection, self._number,
            measured_against=measuring.numbers(report) | {"conversations": rehearsing.numbers(rehearsed)},
        )  # fmt: skip
        return report, rehearsed

    def _rehearsed(self, model: Path, content: Path) -> Rehearsed:
        return rehearsing.rehearse(self._settings, model, content, self._scripts())


def _measured(model: Path, more: Callable[[Parse], list[Judged]]) -> tuple[Report, list[Judged]]:
    from assistant.rasa.host import Parser

    parser = Parser(model)
    try:
        return measure.evaluate(parser.parse, ROOT), more(parser.parse)
    finally:
        parser.close()


def build(settings: Settings, number: int, parent: int, channels: Check) -> None:
    """Builds a release that waits; how it ended stands in the database. `channels` checks what they would not take."""
    os.nice(settings.build_niceness)
    url = database.url_of(settings)
    with database.connect(database.direct_url_of(settings), "assistant-build") as connection:
        connection.autocommit = True
        if not store.hold(connection):
            logger.error("another process builds")
            return
        settings.models_dir.mkdir(parents=True, exist_ok=True)
        for left in settings.models_dir.glob(f"{_WORK}*"):  # by a build that was killed: there is only one at a time
            shutil.rmtree(left, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=_WORK, dir=settings.models_dir))
        watch = Watch(url, number, parent, work)
        watch.start()
        try:
            _ended(connection, number, Build(connection, settings, number, watch, work, channels))
        finally:
            watch.stop()
            shutil.rmtree(work, ignore_errors=True)


def _ended(connection: Connection, number: int, work: Build) -> None:
    try:
        work.run()
    except Stopped:
        store.finish(connection, number, "cancelled")
    except Failed as error:
        store.finish(connection, number, "failed", str(error))
    except psycopg.OperationalError:
        raise
    except StartError as error:
        store.finish(connection, number, "failed", f"Máy chủ này không huấn luyện được: {error}")
    except Exception as error:
        logger.exception("build %d failed", number)
        store.finish(
            connection, number, "failed",
            f"Việc huấn luyện dừng vì một lỗi ({type(error).__name__}). Nhờ kỹ thuật viên xem nhật ký của máy chủ.",
        )  # fmt: skip
