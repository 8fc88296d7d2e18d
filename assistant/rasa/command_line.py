"""Rasa's own command line on this project: `assistant rasa train`, `shell`, `test`, …

Each command either works or says in one sentence why not and what does it instead. Actions run in this process, on a
stage that keeps nothing (`assistant.cli.stage`). In a folder that holds another Rasa project the commands mean
that project, with its own endpoints.yml.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assistant.rasa import slim_boot
from assistant.settings import ROOT, Settings

#: Commands that cannot do here what they do elsewhere, and what does.
_INSTEAD = {
    ("x",): "Rasa X không còn được phát hành; hãy dùng bàn làm việc của trợ lý tại /console (docs/ban-truc.md).",
    ("telemetry", "enable"): "Trợ lý không gửi số liệu sử dụng ra ngoài, nên không bật được; xem số liệu tại /metrics.",
}
#: The same for this project alone: its conversations are in its own tables.
_INSTEAD_HERE = {
    ("export",): (
        "Hội thoại không nằm trong tracker store của Rasa mà trong các bảng inbox, turns, outbox; hãy dùng"
        " `assistant export CONVERSATION`."
    ),
    ("evaluate",): (
        "Hội thoại không nằm trong tracker store của Rasa nên không đếm marker được; hãy xem các con số tại"
        " /console/insight."
    ),
    ("data", "migrate"): (
        "domain.yml của dự án đã theo định dạng Rasa 3.x, không có gì phải chuyển; với domain của nơi khác, hãy chạy"
        " lệnh này trong thư mục của nó."
    ),
    ("interactive", "core"): (
        "Huấn luyện tương tác cần hiểu được câu chữ, nên không chạy riêng phần core; hãy dùng `assistant rasa"
        " interactive`."
    ),
}
_PARTS = ("core", "nlu")
#: Commands that load the components of config.yml.
_TRAINING = ("train", "interactive")


def run(arguments: Sequence[str], stage_of: Callable[[Settings], Any]) -> int:
    """Runs one command line of Rasa; returns the exit code.

    Args:
        arguments: what stands after `assistant rasa`.
        stage_of: makes what surrounds our actions (`assistant.rasa.command_setup.Stage`).
    """
    here = _project()
    words = _commands(arguments)
    wants_help = not words or "-h" in arguments or "--help" in arguments
    if not wants_help and (said := _instead(words, ours=here == ROOT)):
        print(said, file=sys.stderr)
        return 2
    os.chdir(here)
    sys.path.insert(0, str(here))
    if not wants_help and words[0] in _TRAINING and _wrong_components(arguments):
        return 1
    slim_boot.boot(serving=False)
    with warnings.catch_warnings():  # SQLAlchemy's, of how Rasa's tables are written
        warnings.simplefilter("ignore")
        from assistant.rasa import command_setup
    command_setup.install(stage_of if here == ROOT else None)
    given = [*arguments] if wants_help else _completed(words, arguments, ours=here == ROOT)
    return command_setup.main(given)


def _wrong_components(arguments: Sequence[str]) -> bool:
    """Says which components of the config are not here; tells whether there are any."""
    from assistant.rasa.component_check import check_components

    config = Path(_option(arguments, "--config", "-c") or "config.yml").absolute()
    wrong = [*check_components(config)] if config.is_file() else []
    for finding in wrong:
        print(finding.line_of_text(Path.cwd()), file=sys.stderr)
    return bool(wrong)


def _option(arguments: Sequence[str], *names: str) -> str | None:
    """Returns the value of an option, however it is written."""
    for argument, following in zip(arguments, [*arguments[1:], None], strict=True):
        name, equals, value = argument.partition("=")
        if name in names:
            return value if equals else following
    return None


def _project() -> Path:
    """Returns the Rasa project that is meant: that of the present folder, or ours."""
    here = Path.cwd()
    return here if (here / "config.yml").exists() and (here / "domain.yml").exists() else ROOT


def _commands(arguments: Sequence[str]) -> tuple[str, ...]:
    """Returns the words that name a command: `data`, `validate`, `stories`."""
    words: list[str] = []
    for argument in arguments:
        if argument.startswith("-"):
            break
        words.append(argument)
    return tuple(words)


def _instead(words: tuple[str, ...], ours: bool) -> str | None:
    known = _INSTEAD | (_INSTEAD_HERE if ours else {})
    return next((said for start, said in known.items() if words[: len(start)] == start), None)


def _completed(words: tuple[str, ...], arguments: Sequence[str], ours: bool) -> list[str]:
    """Returns the arguments with what this project means where nothing is said."""
    given = [*arguments]
    options = {argument.partition("=")[0] for argument in arguments}
    if words[:1] == ("test",):
        given.append("--no-plot")  # pictures need matplotlib, which we do not ship
    if words[:2] == ("test", "core") and not options & {"--stories", "-s"}:
        given += ["--stories", "tests", "--e2e"]  # where Rasa keeps them; its own default are the training stories
    if words[:1] == ("init",):
        given.append("--no-prompt")
    if words[1:2] == ("actions",):
        return given
    if words[:1] == ("run",) and not options & {"--interface", "-i"}:
        given += ["--interface", "127.0.0.1"]
    # Rasa takes a last word as the model.
    named = [word for word in words[1:] if word not in _PARTS]
    if ours and words[:1] in (("run",), ("shell",), ("test",)) and not named and not options & {"--model", "-m"}:
        given += ["--model", _model()]
    return given


def _model() -> str:
    """Returns the model of the present content, trained if there is none."""
    from assistant.rasa import training

    return str(training.current_model(Settings()))
