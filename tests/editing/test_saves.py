"""Saving topics on a real folder, a real database and a real git: nothing of anybody's is lost."""

from __future__ import annotations

import dataclasses
import datetime
import os
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from assistant.content.library import Held, Library, prepared, version_of
from assistant.content.topics import Topic
from assistant.editing import history
from assistant.editing.saving import Conflict, EditError, Editor, Referred, Wanted
from tests.kit.content import HOA, HOTLINE, LAN, content_in, git, repository
from tests.kit.waiting import PATIENCE

Database = psycopg.Connection[Any]


class Desk:
    """Somebody who edits: reads topics and saves them in a transaction each."""

    def __init__(self, data: Path, connection: Database) -> None:
        self.editor = Editor(Library(data))
        self.connection = connection

    def held(self, name: str = "hotline") -> Held:
        held = self.editor.library.held(name)
        assert held is not None
        return held

    def wanted(self, name: str = "hotline", **changed: Any) -> Wanted:
        held = self.held(name)
        assert held.topic is not None
        return Wanted(dataclasses.replace(held.topic, **changed), held.version)

    def save(self, wanted: Wanted, by: history.Author = LAN) -> Any:
        with self.connection.transaction():
            return self.editor.save(self.connection, wanted, by)

    def do(self, act: str, *values: Any) -> Any:
        with self.connection.transaction():
            return getattr(self.editor, act)(self.connection, *values)

    def entries(self, name: str = "hotline") -> list[history.Entry]:
        return history.of_topic(self.connection, name)


@pytest.fixture
def desk(tmp_path: Path, connection: Database) -> Desk:
    return Desk(content_in(tmp_path), connection)


@pytest.fixture
def in_git(tmp_path: Path, connection: Database) -> Desk:
    return Desk(repository(tmp_path), connection)


class TestASave:
    def test_changes_the_file_and_is_in_the_history(self, desk: Desk) -> None:
        desk.save(desk.wanted(title="Gọi tổng đài"))
        assert desk.held().text == HOTLINE.replace("title: Tổng đài", "title: Gọi tổng đài")
        (entry,) = desk.entries()
        assert (entry.shown, entry.action, entry.after_version) == ("Trần Thị Lan", "edited", desk.held().version)
        found = history.texts(desk.connection, entry.id)
        assert found is not None
        assert found[1:] == (HOTLINE, desk.held().text)

    def test_of_nothing_new_leaves_no_trace(self, desk: Desk) -> None:
        before = desk.editor.library.path("hotline").stat().st_mtime_ns
        assert desk.save(desk.wanted()).numbers == []
        assert desk.entries() == []
        assert desk.editor.library.path("hotline").stat().st_mtime_ns == before

    def test_of_a_new_topic_makes_its_file(self, desk: Desk) -> None:
        topic = Topic("doi_sim", "Đổi sim", "Trả lời.", ("đổi sim", "thay sim"), ("Nguồn",), datetime.date(2026, 11, 1))
        desk.save(Wanted(topic, ""))
        assert desk.held("doi_sim").topic == topic
        assert desk.entries("doi_sim")[0].action == "created"

    @pytest.mark.parametrize("name", ["../x", "A", "a", "x.y", "doi sim", "đổi", "con", "", "x" * 41, "cancel"])
    def test_of_a_name_that_cannot_be_is_refused(self, desk: Desk, name: str) -> None:
        topic = Topic(name, "T", "A.", ("a",), ("S",), datetime.date(2026, 11, 1))
        with pytest.raises(EditError):
            desk.save(Wanted(topic, ""))
        assert sorted(desk.editor.library.names()) == ["hotline", "office", "scam"]

    def test_without_an_answer_is_refused(self, desk: Desk) -> None:
        with pytest.raises(EditError, match="cần có"):
            desk.save(desk.wanted(answer=""))

    def test_keeps_the_rights_of_the_file_and_leaves_nothing_beside_it(self, desk: Desk) -> None:
        path = desk.editor.library.path("hotline")
        path.chmod(0o664)
        desk.save(desk.wanted(title="Khác"))
        assert path.stat().st_mode & 0o777 == 0o664
        assert sorted(p.name for p in path.parent.iterdir()) == ["hotline.yml", "office.yml", "scam.yml"]

    def test_that_the_database_refuses_does_not_change_the_file(self, desk: Desk) -> None:
        desk.connection.execute("ALTER TABLE content_changes ADD CHECK (shown <> 'Trần Thị Lan')")
        with pytest.raises(psycopg.errors.CheckViolation):
            desk.save(desk.wanted(title="Khác"))
        assert desk.held().text == HOTLINE

    def test_that_the_disk_refuses_changes_nothing_of_several(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, calls = Path.replace, []

        def full(self: Path, target: Path) -> Path:
            calls.append(target)
            if len(calls) == 2:
                raise OSError(28, "No space left on device")
            return real(self, target)

        monkeypatch.setattr(Path, "replace", full)
        wanted = [desk.wanted(title="Một"), desk.wanted("office", title="Hai")]
        with pytest.raises(OSError, match="space"):
            desk.do("save_all", wanted, LAN, "imported")
        assert "title: Tổng đài" in desk.held().text
        assert "title: Cơ quan BHXH" in desk.held("office").text
        assert desk.entries() == []


class TestTwoWhoEditTheSame:
    def test_the_second_is_told_and_nothing_is_overwritten(self, desk: Desk) -> None:
        lan, hoa = desk.wanted(title="Của Lan"), desk.wanted(title="Của Hòa")
        desk.save(lan)
        with pytest.raises(Conflict) as conflict:
            desk.save(hoa, HOA)
        assert conflict.value.present == desk.held().text
        assert "Của Lan" in desk.held().text

    def test_what_both_started_from_is_known(self, desk: Desk) -> None:
        start = desk.held().version
        desk.save(desk.wanted(title="Của Lan"))
        assert history.text_of_version(desk.connection, "hotline", start) == HOTLINE

    def test_only_one_of_many_at_once_wins(self, desk: Desk, database_url: str) -> None:
        wanted = [desk.wanted(title=f"Bản {number}") for number in range(8)]
        outcomes: list[str] = []

        def work(one: Wanted) -> None:
            with psycopg.connect(database_url, autocommit=True) as own:
                editor = Editor(Library(desk.editor.library.data))  # another node
                try:
                    with own.transaction():
                        editor.save(own, one, LAN)
                    outcomes.append("saved")
                except Conflict:
                    outcomes.append("conflict")

        threads = [threading.Thread(target=work, args=(one,)) for one in wanted]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert sorted(outcomes) == ["conflict"] * 7 + ["saved"]
        assert len(desk.entries()) == 1

    def test_a_topic_that_is_gone_is_a_conflict_too(self, desk: Desk) -> None:
        wanted = desk.wanted("scam", title="Khác")
        desk.do("retire", "scam", wanted.version, HOA)
        with pytest.raises(Conflict) as conflict:
            desk.save(wanted)
        assert conflict.value.present is None

    def test_a_new_topic_of_the_same_name_is_a_conflict(self, desk: Desk) -> None:
        topic = Topic("moi", "T", "A.", ("a",), ("S",), datetime.date(2026, 11, 1))
        desk.save(Wanted(topic, ""))
        with pytest.raises(Conflict):
            desk.save(Wanted(dataclasses.replace(topic, title="U"), ""))


class TestOutsideOfTheConsole:
    def test_an_edit_is_seen_and_noted_before_the_next_one(self, desk: Desk) -> None:
        desk.save(desk.wanted(title="Một"))
        path = desk.editor.library.path("hotline")
        path.write_text(path.read_text().replace("Một", "Sửa tay"), encoding="utf-8")
        assert desk.held().topic.title == "Sửa tay"  # type: ignore[union-attr]
        desk.save(desk.wanted(title="Hai"))
        assert [(entry.action, entry.shown) for entry in desk.entries()] == [
            ("edited", "Trần Thị Lan"), ("outside", "Ngoài bàn làm việc"), ("edited", "Trần Thị Lan"),
        ]  # fmt: skip

    def test_a_file_that_cannot_be_read_is_shown_as_such(self, desk: Desk) -> None:
        desk.editor.library.path("hotline").write_text("topic: [", encoding="utf-8")
        held = desk.held()
        assert held.topic is None
        assert "không đọc được YAML" in held.trouble
        assert [topic.name for topic in desk.editor.library.topics()] == ["office", "scam"]

    def test_a_link_or_name_out_of_the_folder_is_nothing(self, desk: Desk, tmp_path: Path) -> None:
        (tmp_path / "secret.yml").write_text(HOTLINE)
        assert desk.editor.library.text("../../secret") is None
        assert desk.editor.library.held("../../secret") is None


class TestNames:
    def test_a_renamed_topic_takes_its_history_and_the_buttons_along(self, desk: Desk) -> None:
        desk.save(desk.wanted(title="Gọi"))
        desk.do("rename", "hotline", "tong_dai", desk.held().version, LAN)
        assert desk.editor.library.names() == ["office", "scam", "tong_dai"]
        assert "next: [tong_dai, scam]" in desk.held("office").text
        assert "# hay hỏi nhất" in desk.held("tong_dai").text
        assert [entry.action for entry in desk.entries("tong_dai")] == ["renamed", "edited"]

    @pytest.mark.parametrize("new", ["office", "cancel", "Đổi", "x y"])
    def test_a_name_that_is_taken_or_cannot_be_is_refused(self, desk: Desk, new: str) -> None:
        with pytest.raises(EditError):
            desk.do("rename", "hotline", new, desk.held().version, LAN)
        assert desk.held().text == HOTLINE

    @pytest.mark.parametrize("act", ["rename", "retire"])
    def test_a_topic_that_other_parts_name_stays(self, desk: Desk, act: str) -> None:
        version = desk.held("office").version
        values = ("office", "noi_nop", version, LAN) if act == "rename" else ("office", version, LAN)
        with pytest.raises(Referred, match=r"domain\.yml"):
            desk.do(act, *values)

    def test_a_retired_topic_goes_with_the_buttons_to_it_and_can_come_back(self, desk: Desk) -> None:
        desk.do("retire", "hotline", desk.held().version, LAN)
        assert "hotline" not in desk.editor.library.names()
        assert desk.held("office").topic.next == ("scam",)  # type: ignore[union-attr]
        (entry,) = desk.entries()
        desk.do("restore", "hotline", history.texts(desk.connection, entry.id)[1], "", HOA)  # type: ignore[index]
        assert desk.held().text == HOTLINE
        assert [entry.action for entry in desk.entries()] == ["restored", "retired"]


class TestTheWayBack:
    def test_an_earlier_text_comes_back_byte_for_byte(self, desk: Desk) -> None:
        desk.save(desk.wanted(title="Một", questions=("khác hẳn",)))
        desk.do("restore", "hotline", HOTLINE, desk.held().version, HOA)
        assert desk.held().text == HOTLINE

    def test_is_refused_over_what_was_not_seen(self, desk: Desk) -> None:
        seen = desk.held().version
        desk.save(desk.wanted(title="Một"))
        with pytest.raises(Conflict):
            desk.do("restore", "hotline", HOTLINE, seen, HOA)


class TestGit:
    def test_each_save_is_a_commit_of_that_file_by_its_author(self, in_git: Desk, tmp_path: Path) -> None:
        (tmp_path / "domain.yml").write_text("# engineer's work under way\n")
        (tmp_path / "staged.txt").write_text("x")
        git(tmp_path, "add", "staged.txt")
        saved = in_git.save(in_git.wanted(title="Gọi"))
        shown = git(tmp_path, "show", "--stat", "--format=%an|%s", saved.commit)
        assert shown.startswith("Trần Thị Lan|Sửa chủ đề hotline")
        assert "1 file changed" in shown
        assert git(tmp_path, "status", "--short").split("\n")[:2] == [" M domain.yml", "A  staged.txt"]
        assert in_git.entries()[0].commit == saved.commit

    def test_new_renamed_and_retired_topics_are_committed(self, in_git: Desk, tmp_path: Path) -> None:
        topic = Topic("moi", "T", "A.", ("a",), ("S",), datetime.date(2026, 11, 1))
        in_git.save(Wanted(topic, ""))
        in_git.do("rename", "moi", "moi_hon", in_git.held("moi").version, LAN)
        in_git.do("retire", "moi_hon", in_git.held("moi_hon").version, LAN)
        in_git.do("add_examples", "out_of_scope", ["giá vàng hôm nay"], LAN)
        assert git(tmp_path, "status", "--short") == ""
        assert git(tmp_path, "log", "--format=%s").splitlines() == [
            "Thêm câu mẫu vào out_of_scope", "Ngừng dùng chủ đề moi_hon", "Đổi mã chủ đề moi thành moi_hon",
            "Thêm chủ đề moi", "Nội dung ban đầu",
        ]  # fmt: skip

    def test_commits_made_elsewhere_can_be_read(self, in_git: Desk) -> None:
        from assistant.editing.git import Git

        repository = Git(in_git.editor.library.folder)
        (commit,) = repository.log("hotline.yml")
        assert (commit.author, commit.subject) == ("Kỹ", "Nội dung ban đầu")
        assert repository.text(commit.id, "hotline.yml") == HOTLINE
        assert repository.text("--help", "hotline.yml") is None

    def test_a_merge_under_way_stops_no_save(self, in_git: Desk, tmp_path: Path) -> None:
        head = git(tmp_path, "rev-parse", "HEAD").strip()
        (tmp_path / ".git/MERGE_HEAD").write_text(f"{head}\n")
        saved = in_git.save(in_git.wanted(title="Gọi"))
        assert saved.commit is None
        assert saved.numbers

    def test_a_hook_of_the_engineers_is_not_run(self, in_git: Desk, tmp_path: Path) -> None:
        hook = tmp_path / ".git/hooks/post-commit"
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        hook.chmod(0o755)
        in_git.save(in_git.wanted(title="Gọi"))
        assert not (tmp_path / "ran").exists()

    def test_an_odd_name_cannot_forge_the_author(self, in_git: Desk, tmp_path: Path) -> None:
        in_git.save(in_git.wanted(title="Gọi"), history.Author("x", "Ai đó <ky@example.com>\nX: y"))
        assert git(tmp_path, "log", "-1", "--format=%an|%ae") == "Ai đó ky@example.comX: y|x@console\n"

    def test_where_there_is_no_git_everything_goes_on(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", os.devnull)
        saved = Desk(desk.editor.library.data, desk.connection).save(desk.wanted(title="Gọi"))
        assert (saved.commit, len(saved.numbers)) == (None, 1)


class TestLearned:
    def test_questions_go_to_the_end_whatever_was_saved_meanwhile(self, desk: Desk) -> None:
        desk.do("add_questions", "hotline", ["số tổng đài", "gọi ai"], LAN)
        assert desk.held().topic.questions[-1] == "gọi ai"  # type: ignore[union-attr]
        assert len(desk.held().topic.questions) == 4  # type: ignore[union-attr]
        with pytest.raises(EditError):
            desk.do("add_questions", "nowhere", ["a"], LAN)

    def test_examples_are_added_once_without_the_marks_of_entities(self, desk: Desk) -> None:
        desk.do("add_examples", "out_of_scope", ["giá [vàng](x)", "quên mật khẩu facebook", "- a"], LAN)
        text = (desk.editor.library.data / "dialogue/out_of_scope.yml").read_text()
        assert text.endswith("    - quên mật khẩu facebook\n    - giá vàng x\n    - a\n")
        assert history.newest(desk.connection)[0].topic == "dialogue/out_of_scope"

    def test_a_story_is_a_file_of_its_own(self, desk: Desk) -> None:
        desk.do("add_story", "thu", "stories: []\n", LAN)
        assert (desk.editor.library.data / "stories/thu.yml").read_text() == "stories: []\n"
        for name in ("thu", "../x"):
            with pytest.raises(EditError):
                desk.do("add_story", name, "x", LAN)


def test_changes_since_a_time_are_counted_by_what_differs(desk: Desk) -> None:
    start = datetime.datetime.now(datetime.UTC)
    assert history.since(desk.connection, start) == 0
    desk.save(desk.wanted(title="Một"))
    desk.save(desk.wanted("office", title="Hai"))
    assert history.since(desk.connection, start) == 2
    desk.do("restore", "hotline", HOTLINE, desk.held().version, LAN)
    assert history.since(desk.connection, start) == 1
    assert history.since(desk.connection, datetime.datetime.now(datetime.UTC)) == 0


def test_a_folder_that_is_not_there_begins_as_a_copy(tmp_path: Path) -> None:
    shipped = content_in(tmp_path / "shipped")
    data = prepared(tmp_path / "mount/data", shipped)
    assert Library(data).text("hotline") == HOTLINE
    (data / "faq/hotline.yml").unlink()
    assert prepared(data, shipped) == data
    assert Library(data).text("hotline") is None


def test_versions_tell_texts_apart() -> None:
    assert version_of(None) == ""
    assert version_of("a") != version_of("b")
    assert len(version_of("a")) == 16
