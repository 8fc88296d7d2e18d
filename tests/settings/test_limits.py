"""The limits: the block and its page, the file that changes it, and exact counts under parallel attempts."""

from __future__ import annotations

import dataclasses
import datetime
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.cli import limits as command
from assistant.settings.limits import LIMITS, Limits, LimitsError, Window, budget, read_limits
from tests.kit import warm

NOW = datetime.datetime(2026, 11, 22, 8, tzinfo=datetime.UTC)


class TestThePage:
    def test_page_and_block_say_the_same(self) -> None:
        written = command.PAGE.read_text(encoding="utf-8")
        assert written == command.page(), "run .venv/bin/assistant docs limits"

    def test_every_limit_has_a_row_with_its_number(self) -> None:
        page = command.PAGE.read_text(encoding="utf-8")
        for field in dataclasses.fields(Limits):
            assert f"| `{field.name}` | {getattr(LIMITS, field.name):,} |" in page
            assert field.metadata["meaning"] in page

    def test_the_defaults_are_those_that_were_required(self) -> None:
        assert (LIMITS.checks_then_lock, LIMITS.checks_an_hour, LIMITS.checks_a_day) == (5, 20, 50)
        assert LIMITS.starts_a_day_per_account == 5
        assert LIMITS.starts_an_hour_per_person == 10
        assert LIMITS.starts_an_hour_per_destination == 3
        assert LIMITS.link_lives <= datetime.timedelta(hours=1)
        assert LIMITS.shortest_password >= 8

    def test_every_default_is_within_its_own_range(self) -> None:
        for field in dataclasses.fields(Limits):
            assert field.metadata["lowest"] <= field.default <= field.metadata["highest"]


class TestTheFile:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        return tmp_path / "limits.yml"

    def test_no_file_and_an_empty_one_are_the_defaults(self, file: Path) -> None:
        file.write_text("# nothing yet\n")
        assert read_limits(None) == read_limits(file) == LIMITS

    def test_what_is_named_changes_and_the_rest_stays(self, file: Path) -> None:
        file.write_text("lock_minutes: 15   # longer\nstarts_a_minute: 1000\n")
        changed = read_limits(file)
        assert changed == dataclasses.replace(LIMITS, lock_minutes=15, starts_a_minute=1000)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("lock_minutes: 15\ntries: 5", "line 2: no limit is called 'tries'; there are checks_then_lock"),
            ("lock_minutes: 0", "line 1: lock_minutes must be a whole number from 1 to 60"),
            ("lock_minutes: 61", "from 1 to 60"),
            ("link_minutes: 61", "from 5 to 60"),
            ("shortest_password: 6", "from 8 to 64"),
            ("lock_minutes: ten", "whole number"),
            ("lock_minutes: 1.5", "whole number"),
            ("lock_minutes: -5", "whole number"),
            ("lock_minutes: '5'", "whole number"),
            ("lock_minutes: 017", "whole number"),
            ("lock_minutes: 0x10", "whole number"),
            ("lock_minutes: 1e1", "whole number"),
            ("lock_minutes:", "whole number"),
            ("lock_minutes: [5]", "whole number"),
            ("lock_minutes: yes", "whole number"),
            ("checks_a_day: 99999999999999999999", "whole number"),
            ("lock_minutes: 5\nlock_minutes: 6", "line 2: lock_minutes is set twice"),
            ("checks_a_day: 19", "checks_then_lock ≤ checks_an_hour ≤ checks_a_day does not hold (5, 20, 19)"),
            ("address_checks_a_day: 29", "does not hold (30, 29)"),
            ("starts_an_hour: 100", "does not hold (120, 100)"),
            ("- lock_minutes", "name: number"),
            ("5", "name: number"),
            ("{{{", "cannot be read"),
            ("!!python/object/apply:os.system ['true']: 5", "no limit is called"),
            ("\x00", "cannot be read"),
        ],
    )
    def test_a_wrong_file_is_refused_with_the_line_to_mend(self, file: Path, text: str, said: str) -> None:
        file.write_text(text)
        with pytest.raises(LimitsError) as refused:
            read_limits(file)
        assert said in str(refused.value)
        assert str(file) in str(refused.value)

    def test_a_file_that_is_not_there_is_no_silent_default(self, file: Path) -> None:
        with pytest.raises(LimitsError, match="cannot be read"):
            read_limits(file)

    @pytest.mark.parametrize("what", ["limits", "serve"])
    def test_a_node_does_not_start_with_it_and_says_why(self, file: Path, tmp_path: Path, what: str) -> None:
        file.write_text("lock_minutes: 90")
        environment = os.environ | {"LIMITS_FILE": str(file), "VAR_DIR": str(tmp_path), "ASSISTANT_MODE": "demo"}
        run = warm.run(what, environment=environment)
        said = run.stderr
        assert run.returncode == 2
        assert "LIMITS_FILE" in said
        assert "lock_minutes must be a whole number from 1 to 60" in said
        assert "Traceback" not in said

    def test_the_command_marks_what_a_file_changed(self, file: Path, tmp_path: Path) -> None:
        file.write_text("lock_minutes: 15")
        environment = os.environ | {"LIMITS_FILE": str(file), "VAR_DIR": str(tmp_path)}
        run = warm.run("limits", environment=environment)
        assert run.returncode == 0, run.stderr
        lines = run.stdout.splitlines()
        assert len(lines) == len(dataclasses.fields(Limits))
        assert [line.split()[1:3] for line in lines if line.startswith("*")] == [["lock_minutes", "15"]]


_SECONDS = st.lists(st.integers(min_value=-200_000, max_value=5), max_size=60).map(lambda s: sorted(s, reverse=True))
_WINDOWS = st.lists(
    st.builds(Window, st.integers(1, 12), st.integers(1, 100_000).map(lambda s: datetime.timedelta(seconds=s))),
    min_size=1, max_size=3,
)  # fmt: skip


@given(seconds=_SECONDS, windows=_WINDOWS)
def test_a_budget_is_what_counting_each_window_leaves(seconds: list[int], windows: list[Window]) -> None:
    happened = [NOW + datetime.timedelta(seconds=second) for second in seconds]

    def left(at: datetime.datetime) -> int:
        return min(max(0, w.most - sum(moment > at - w.within for moment in happened)) for w in windows)

    found = budget(happened, windows, NOW)
    assert found.left == left(NOW)
    assert (found.wait > datetime.timedelta()) == (found.left == 0)
    if found.left == 0:
        assert left(NOW + found.wait) > 0, "what was promised holds"
        assert left(NOW + found.wait - datetime.timedelta(seconds=1)) == 0, "and not a second too late"


@given(seconds=_SECONDS, windows=_WINDOWS)
def test_the_newest_that_fit_the_widest_window_are_enough(seconds: list[int], windows: list[Window]) -> None:
    happened = [NOW + datetime.timedelta(seconds=second) for second in seconds]
    most = max(window.most for window in windows)
    assert budget(happened[:most], windows, NOW).left == budget(happened, windows, NOW).left
    assert budget(happened[:most], windows, NOW).wait == budget(happened, windows, NOW).wait
