"""Every script of content staff, against the real engine, actions and database."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import psycopg
import pytest

from assistant.conversation_tests.player import rehearsal
from assistant.conversation_tests.rates import ALL, as_lines, rates
from assistant.conversation_tests.scripts import (
    BEHAVIOURS,
    KINDS,
    Act,
    Answer,
    Script,
    ScriptError,
    broken_rules,
    play,
    played,
    read_script,
    read_scripts,
)
from assistant.privacy.vault import Vault
from assistant.rasa.host import AgentHost
from tests.kit.talk import KEY

FOLDER = Path(__file__).parent / "scripts"
SCRIPTS = read_scripts([FOLDER])
#: Weak spots (docs/understanding.md): what a clerk would do and the assistant does not do yet.
WEAK = {
    "hoi_phi_truoc_khi_lay": "“được rồi, bắt đầu đi” counts as a nod though it names the button",
    "khong_email_con_sim": "“sim thì anh vẫn xài” is read as having no SIM",
    "nguoi_da_mat": "a wish that names a topic of its own outweighs the person who has died",
    "to_khai_hoi_tiep": "“nộp chỗ nào” after the form leads to the office",
}


def _case(script: Script):
    weak = WEAK.get(script.path.stem)
    marks = [pytest.mark.xfail(reason=weak, strict=False)] if weak else []
    return pytest.param(script, id=f"{script.behaviour}/{script.path.stem}", marks=marks)


@pytest.mark.parametrize("script", [_case(script) for script in SCRIPTS])
def test_script(script, host: AgentHost, talk_url: str) -> None:
    with psycopg.connect(talk_url, autocommit=True) as connection:
        with rehearsal(connection, host, Vault([KEY])) as speak:
            findings = play(script, speak)
    assert findings == [], "\n" + "\n".join(map(str, findings))


def test_there_are_enough_of_every_kind() -> None:
    assert len(SCRIPTS) >= 120
    of_each = Counter(script.behaviour for script in SCRIPTS)
    assert {name: of_each[name] for name in BEHAVIOURS if of_each[name] < 8} == {}
    assert [script.path for script in SCRIPTS if script.path.parent.name != script.behaviour] == []
    assert [name for name, times in Counter(script.name for script in SCRIPTS).items() if times > 1] == []
    played = Counter(tuple(step.act for step in script.steps) for script in SCRIPTS)
    assert [acts for acts, times in played.items() if times > 1] == []


def test_each_weak_spot_is_a_script() -> None:
    assert set(WEAK) <= {script.path.stem for script in SCRIPTS}


def test_context_is_tried_in_every_kind() -> None:
    kinds = {turn.kind for script in SCRIPTS if script.behaviour == "context" for turn in script.steps}
    assert kinds >= set(KINDS) - set(BEHAVIOURS)
    assert sum(script.behaviour == "context" for script in SCRIPTS) >= 20


# ---- the runner itself


def _script(folder: Path, turns: str):
    path = folder / "thu.yml"
    path.write_text(f"name: thử\nbehaviour: media\nturns:\n{turns}", encoding="utf-8")
    return read_script(path)


@pytest.mark.parametrize(
    ("turns", "line", "said"),
    [("  - user: chào\n    bto: chào", 5, "bto"), ("  - bot: chào", 4, "mỗi bước"), ("  - wait: lâu", 4, "30m"),
     ("  - desk: ngủ", 4, "desk"), ("  - user: [a", 4, "YAML"), ("  - user: [a]", 4, "một câu"),
     ("  - user: a\n    state: {from: x}", 5, "from"), ("  - user: a\n    must: (", 5, "mẫu"),
     ("  - user: a\n    kind: chung", 5, "follow_up")],
)  # fmt: skip
def test_mistakes_in_a_script_are_named_with_their_line(tmp_path: Path, turns: str, line: int, said: str) -> None:
    with pytest.raises(ScriptError) as error:
        _script(tmp_path, turns)
    assert f"thu.yml:{line}: " in str(error.value)
    assert said in str(error.value)


def test_what_differs_is_said_with_its_line(tmp_path: Path) -> None:
    script = _script(
        tmp_path,
        "  - user: chào\n    bot: [xin chào, tạm biệt]\n    any: [a1, b1]\n    not: bạn\n    buttons: Dừng lại\n"
        "    state: {form: reset_form, filled: contact, empty: [bhxh_code]}\n    mail: reset_link\n    not_kept: xyz\n"
        "  - user: im\n    silent: true\n",
    )
    answer = Answer(("Xin  Chào bạn",), ("Một",), "", {"bhxh_code": "x"}, (), "xyz")
    findings = play(script, lambda act: answer)
    text = "\n".join(map(str, findings))
    for part in (
        "tạm biệt", "a1; b1", "“bạn”", "Dừng lại", "reset_form", "ô contact", "ô bhxh_code", "thư reset_link", "xyz",
        "im lặng",
    ):  # fmt: skip
        assert part in text
    assert "thiếu “xin chào”" not in text
    assert {finding.line for finding in findings} == {4, 12}


@pytest.mark.parametrize(
    "text",
    ["", "utter_greet", "chào None", "⟦phone:a⟧", "còn {tries_left} lần", "Sorry", "hệ thống trục trặc",
     "mã 0116000045", "gửi đến a.b@example.com", "số 0912000045"],
)  # fmt: skip
def test_answers_that_break_the_house_rules_are_found(text: str) -> None:
    assert broken_rules(Answer((text,)))


def test_good_answers_break_no_rule() -> None:
    text = "Đã gửi thư đến n•••n@e•••.com. Gọi 1900 9068 (1.000 đồng/phút), xem https://baohiemxahoi.gov.vn/the/error"
    assert broken_rules(Answer((text,)), ["mã 0116000045"]) == []
    assert broken_rules(Answer(("số 0116000045 sai",)), ["mã 0116000045"])


def test_silence_of_the_assistant_is_a_finding(tmp_path: Path) -> None:
    findings = play(_script(tmp_path, "  - user: chào"), lambda act: Answer())
    assert "không trả lời" in str(findings[0])


def test_a_button_never_shown_is_a_finding(tmp_path: Path, host: AgentHost, talk_url: str) -> None:
    with psycopg.connect(talk_url, autocommit=True) as connection:
        with rehearsal(connection, host, Vault([KEY])) as speak:
            assert "Không có nút" in str(play(_script(tmp_path, "  - press: Không có nút"), speak)[0])


def test_a_rehearsal_leaves_nothing_behind(host: AgentHost, talk_url: str) -> None:
    with psycopg.connect(talk_url, autocommit=True) as connection:
        tables = ("conversations", "inbox", "outbox", "mail", "resets", "vault")
        before = [connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in tables]
        with rehearsal(connection, host, Vault([KEY])) as speak:
            answer = speak(Act("user", ("em quên mật khẩu, mã số 7900000123, sđt 0901000123",)))
        assert answer.mails == ("reset_link",)
        assert before == [connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in tables]


_READ = {"topic": "faq/hotline", "facet": "cost", "facts": ["no_email"]}


@pytest.mark.parametrize(
    ("check", "said"),
    [("topic: faq/office", "faq/office"), ("topic: không", "cần là “không có”"), ("facet: time", "khía cạnh"),
     ("facet: không", "khía cạnh"), ("facts: [no_email, abroad]", "“abroad”"), ("facts: không", "no_email"),
     ("must: 'phím ?9'", "phím ?9"), ("must_not: 1\\.0+ đồng", "1.000 đồng"), ("must: [phím, nút lạ]", "nút lạ")],
)  # fmt: skip
def test_what_is_read_and_said_is_looked_at(tmp_path: Path, check: str, said: str) -> None:
    answer = Answer(("Phím 8, 1.000 đồng/phút.",), ("Tìm cơ quan",), reading=_READ)
    good = "  - user: phí?\n    topic: faq/hotline\n    facet: cost\n    facts: no_email\n    must: [phím 8, tìm CƠ]\n"
    assert play(_script(tmp_path, good), lambda act: answer) == []
    assert said in "\n".join(map(str, play(_script(tmp_path, f"  - user: phí?\n    {check}\n"), lambda act: answer)))


def test_a_long_text_twice_is_found_where_it_is_looked_for(tmp_path: Path) -> None:
    text = "Bạn gọi tổng đài rồi bấm phím 8. " * 5
    turns = "  - user: một\n  - user: hai\n    no_repeat: {}\n"
    for looked_for in ("true", "false"):
        findings = play(_script(tmp_path, turns.format(looked_for)), lambda act: Answer((text,)))
        assert any("lặp lại" in str(finding) for finding in findings) == (looked_for == "true")
    short = play(_script(tmp_path, turns.format("true")), lambda act: Answer(("ngắn thôi",)))
    assert short == []


def test_rates_count_turns_by_kind_and_what_was_not_reached(tmp_path: Path) -> None:
    turns = "  - user: một\n  - user: hai\n    kind: aside\n    must: không có đâu\n  - press: Nút\n  - user: ba\n"

    def speak(act: Act) -> Answer:
        if act.kind == "press":
            raise LookupError("chưa có nút")
        return Answer(("trả lời",))

    result = played(_script(tmp_path, turns), speak)
    assert [turn.passed for turn in result.turns] == [True, False, False, False]
    found = {rate.kind: rate for rate in rates([result])}
    assert (found[ALL].turns, found[ALL].passed, found[ALL].later, found[ALL].later_passed) == (4, 1, 2, 0)
    assert (found["aside"].turns, found["aside"].passed, found["media"].conversations, found[ALL].clean) == (1, 0, 1, 0)
    assert as_lines(list(found.values()))[1].split()[2:4] == ["1/4", "(25%)"]
