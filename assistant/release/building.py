"""Builds one release in a process of its own: check, train, evaluate (assistant.app.build_release).

The process holds the lock of whoever builds and ends when its build is stopped, when the node that started it
ends, or when the database is lost; nothing it did is left then but a line in the list.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from assistant import database
from assistant.content.check import Check, check
from assistant.content.topics import all_topics
from assistant.conversation_tests.scripts import ScriptError
from assistant.evaluation import measure
from assistant.evaluation.measure import Parse, Report
from assistant.model_store import signing
from assistant.nlu.held_out import Judged
from assistant.rasa import training
from assistant.release import archive, content, live, measuring, rehearsing, reporting, store, unseen
from assistant.release.model import By, State
from assistant.release.rehearsing import Rehearsed
from assistant.release.store import Connection
from assistant.release.training_step import run_training
from assistant.release.watching import Watch
from assistant.settings import ROOT, Settings, StartError

logger = logging.getLogger(__name__)
_WORK = ".building-"
_USUAL = {"checking": 6.0, "training": 45.0, "evaluating": 8.0}
#: Where each step stands on the bar.
_SHARES: dict[str, tuple[float, float]] = {
    "checking": (0.01, 0.1), "training": (0.1, 0.86), "evaluating": (0.86, 0.99),
}  # fmt: skip


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
        self._seconds: dict[str, float] = {}

    def run(self) -> None:
        """Builds; the release says how it ended."""
        data = self._work / "data"
        before = live.live(self._connection)
        against = before.release if before else self._found()
        versions, change = content.snapshot(self._connection, training.content_of(self._settings), data)
        changes = self._changes(against, versions)
        store.note(
            self._connection, self._number, files=versions, content_change=change, against=against, changes=changes
        )
        settings = self._settings.model_copy(update={"content_dir": data, "model_path": ""})
        with self._step("checking"):
            self._check(data)
        with self._step("training"):
            model = self._train(settings)
        with self._step("evaluating"):
            trouble = self._evaluate(model, against, [row["topic"] for row in changes if row["topic"]], data)
        packed = archive.pack(model, data, self._settings)
        with self._connection.transaction():
            store.keep(self._connection, self._number, packed)
            store.note(self._connection, self._number, model=model.name.removesuffix(".tar.gz"))
            if not store.finish(self._connection, self._number, "blocked" if trouble else "ready", trouble):
                raise Stopped
            store.prune(self._connection)

    def _found(self) -> int | None:
        """Keeps what is served while nothing was released, so that it can be gone back to."""
        model = Path(self._settings.model_path)
        if not self._settings.model_path or not model.exists():
            return None
        packed = archive.pack(model, training.content_with(model, self._settings), self._settings)
        with self._connection.transaction():
            return store.add_found(
                self._connection,
                model.name.removesuffix(".tar.gz"),
                archive.trained_at(model),
                packed,
                By("", "Trợ lý lúc cài đặt"),
            )

    def _changes(self, against: int | None, versions: dict[str, str]) -> list[dict[str, str]]:
        before = store.find(self._connection, against) if against else None
        if before is None:
            return []
        if before.origin == "found":
            return content.changed_since(self._connection, before.asked_at)
        return content.differences(before.files, versions)

    @contextmanager
    def _step(self, state: State) -> Iterator[None]:
        start, end = _SHARES[state]
        if not store.go_on(self._connection, self._number, state, start):
            raise Stopped
        self._watch.expect(state, start, end, self._usual(state))
        began = time.monotonic()
        yield
        self._seconds[state] = round(time.monotonic() - began, 1)
        store.note(self._connection, self._number, seconds=self._seconds)
        self._say(state, end, f"Xong bước này sau {self._seconds[state]:.0f} giây.")

    def _usual(self, state: State) -> float:
        row = self._connection.execute(
            "SELECT (seconds->>%s)::float8 FROM releases WHERE seconds ? %s AND (seconds->>%s)::float8 > 1"
            " ORDER BY id DESC LIMIT 1",
            (state, state, state),
        ).fetchone()
        return float(row[0]) if row else _USUAL[state]

    def _say(self, state: State, progress: float, line: str) -> None:
        if not store.go_on(self._connection, self._number, state, progress, line):
            raise Stopped

    def _check(self, data: Path) -> None:
        self._say("checking", 0, "Kiểm tra nội dung.")
        found = [
            {
                "file": path.relative_to(data).as_posix() if (path := finding.path).is_relative_to(data) else path.name,
                "line": finding.line, "advice": finding.advice, "error": finding.is_error,
            }
            for finding in check(ROOT, data=data, channels=self._channels)
        ]  # fmt: skip
        store.note(self._connection, self._number, findings=found[:200])
        errors = sum(bool(one["error"]) for one in found)
        self._say("checking", 0, f"Nội dung có {errors} lỗi, {len(found) - errors} lưu ý.")
        if errors:
            raise Failed(f"Nội dung còn {errors} lỗi. Bạn sửa các chỗ nêu dưới đây rồi làm lại.")

    def _train(self, settings: Settings) -> Path:
        present = training.model_path(settings.models_dir, data=settings.content_dir)
        if training.is_complete(present):
            self._say("training", 0, "Đã có mô hình học từ đúng nội dung này, không phải học lại.")
            signing.verify(present, settings)
            return present
        self._say("training", 0, "Trợ lý đang học từ nội dung.")
        said: list[str] = []
        model = run_training(settings, said.append)
        if model is None:
            for line in said[-15:]:
                self._say("training", 0, line)
            raise Failed("Không huấn luyện được từ nội dung này. Nhờ kỹ thuật viên xem nhật ký bên dưới.")
        return model

    def _evaluate(self, model: Path, against: int | None, changed: list[str], data: Path) -> str | None:
        """Measures the candidate beside what is live; returns what is not good enough."""
        live_one = self._measure_live(against) if against else None
        self._say("evaluating", 0.92, "Đo bản mới trên bộ câu hỏi kiểm tra.")
        topics = [topic for topic in all_topics(data) if topic.name in changed]
        old = self._questions_before(against, changed)
        after, judged = _measured(model, lambda parse: unseen.judged(data, topics, old, parse))
        own = unseen.by_topic(judged, topics, old)
        self._say("evaluating", 0.95, "Chơi lại các kịch bản hội thoại với bản mới.")
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
            "evaluating", 0.98,
            f"Hiểu đúng {metrics['right']} trên {metrics['texts']} câu; {len(better)} câu tốt lên, {len(worse)} câu"
            f" kém đi. Hội thoại: {len(broken)} lượt hỏng, chơi mất {rehearsed.seconds:.0f} giây. {verdict}",
        )  # fmt: skip
        return trouble

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
        self._say("evaluating", 0, "Đo bản đang chạy trên bộ câu hỏi kiểm tra.")
        held = archive.unpacked(against, store.archive(self._connection, against), self._settings)
        report, _ = _measured(held, lambda parse: [])
        self._say("evaluating", 0.88, "Chơi lại các kịch bản hội thoại với bản đang chạy.")
        rehearsed = self._rehearsed(held, training.content_with(held, self._settings))
        store.note(
            self._connection, self._number,
            measured_against=measuring.numbers(report) | {"conversations": rehearsing.numbers(rehearsed)},
        )  # fmt: skip
        return report, rehearsed

    def _rehearsed(self, model: Path, content: Path) -> Rehearsed:
        try:
            return rehearsing.rehearse(self._settings, model, content)
        except ScriptError as error:
            raise Failed(f"Một kịch bản hội thoại không đọc được: {error}") from error


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
