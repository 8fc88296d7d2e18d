"""What stands in Rasa's command line in place of its own: our actions, our data, our words for errors."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import rasa.__main__ as command
import rasa.cli.data
import rasa.cli.scaffold
import rasa.cli.utils
import rasa.nlu.convert
import rasa.nlu.test
import rasa.shared.constants
import rasa.shared.utils.io
import rasa.validator
from rasa.core import processor
from rasa.core.channels.channel import UserMessage
from rasa.core.utils import AvailableEndpoints
from rasa.engine.exceptions import GraphComponentException
from rasa.shared.core.training_data.visualization import UserMessageGenerator
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLWriter
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.dialogue import context
from assistant.nlu.components import PART_OF_READING
from assistant.rasa import action_endpoint as in_process
from assistant.rasa import stores, story_room
from assistant.rasa.importer import ContentImporter
from assistant.rasa.validator import ProjectValidator
from assistant.settings import CODE, Settings

#: What `init` gets in place of neural components.
_LIGHT_CONFIG = CODE / "assistant/rasa/light_config.yml"


class Stage(Protocol):
    """What surrounds an action on the command line (assistant.cli.stage)."""

    def turn(self, conversation: str) -> context.TurnContext:
        """Returns the surroundings of one action call."""

    def protect(self, text: str, conversation: str) -> str:
        """Returns a person's words with tokens for identifiers."""


class StagedActions:
    """Runs the project's actions, each on the stage."""

    def __init__(self, inner: in_process.Actions, stage: Stage) -> None:
        self._inner = inner
        self._stage = stage

    async def run(self, call: dict[str, Any]) -> dict[str, Any]:
        """Runs the action that a call names (see `assistant.rasa.action_endpoint.Actions`)."""
        with context.running(self._stage.turn(call["sender_id"])):
            return await self._inner.run(call)


def install(stage_of: Callable[[Settings], Stage] | None) -> None:
    """Puts the replacements in place.

    Args:
        stage_of: makes the stage for actions of this project; None for another, which keeps its own action server.
    """
    logging.getLogger("rasa.core.processor").setLevel(logging.ERROR)
    story_room.install()
    UserMessageGenerator.message_for_data = _without_colons(UserMessageGenerator.message_for_data)  # type: ignore[method-assign]
    stores.install()
    rasa.nlu.convert.convert_training_data = _convert
    rasa.cli.data.split_nlu_data = _split
    rasa.cli.scaffold.create_initial_project = _initial_project
    rasa.nlu.test._calculate_report = _report_of(rasa.nlu.test._calculate_report)
    os.environ.setdefault("SANIC_HOST", "127.0.0.1")  # of `run actions`
    if stage_of:
        rasa.validator.Validator = ProjectValidator
        rasa.shared.utils.io.raise_warning = _without_retrieval_intents(rasa.shared.utils.io.raise_warning)
        _actions_in_process(stage_of(Settings()))


def main(arguments: list[str]) -> int:
    """Runs Rasa's `main`; what goes wrong is said in a sentence, `--debug` shows where it arose."""
    sys.argv = ["rasa", *arguments]
    try:
        command.main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - whatever it is, a person at a command line gets a sentence
        if "--debug" in arguments:
            traceback.print_exc()
        print(_sentence(error), file=sys.stderr)
        return 1
    return 0


def _without_colons(message_for_data: Callable[..., Any]) -> Callable[..., Any]:
    """Returns what picks an example to draw, any at random, in letters that the graph's format takes."""

    def drawable(self: Any, structured_info: Any) -> Any:
        found = message_for_data(self, structured_info)
        return found.replace(":", "∶") if isinstance(found, str) else found

    return drawable


def _sentence(error: Exception) -> str:
    if isinstance(error, GraphComponentException) and isinstance(error.__cause__, Exception):
        error = error.__cause__  # what went wrong, not only in which component
    said = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, RasaException):
        return f"Rasa không nhận: {said}"
    return f"Lệnh dừng giữa chừng ({type(error).__name__}): {said[:300]}. Thêm --debug để xem nơi phát sinh."


def _without_retrieval_intents(warn: Callable[..., None]) -> Callable[..., None]:
    """Returns `raise_warning` without the one that every retrieval intent raises that a domain names."""

    def raise_warning(message: str, *args: Any, **kwargs: Any) -> None:
        if "duplicated intents have been found" not in message:
            warn(message, *args, **kwargs)

    return raise_warning


def _report_of(calculate: Callable[..., Any]) -> Callable[..., Any]:
    """Returns `_calculate_report` for nothing to report as well: test stories need not have entities."""

    def calculate_report(folder: Any, targets: Any, predictions: Any, *args: Any, **kwargs: Any) -> Any:
        if not len(targets):
            return {}, 0.0, 0.0, 0.0, [], []
        return calculate(folder, targets, predictions, *args, **kwargs)

    return calculate_report


# ---- data


def _convert(data_file: Any, out_file: str, output_format: str, language: str) -> None:
    """Replaces `rasa.nlu.convert.convert_training_data`: of a folder, what its importers read as examples."""
    path = Path(data_file[0] if isinstance(data_file, list) else data_file)
    if not path.exists():
        raise RasaException(f"không có tệp {path}; hãy chỉ ra bằng --data.")
    data = _examples_of_intents(str(path))
    written = data.nlu_as_json(indent=2) if output_format == "json" else RasaYAMLWriter().dumps(data)
    Path(out_file).write_text(written, encoding="utf-8")


def _examples_of_intents(path: str) -> TrainingData:
    data = ContentImporter(training_data_paths=[path]).get_nlu_data()
    return data.filter_training_examples(lambda example: example.get(INTENT) != PART_OF_READING)


def _split(args: argparse.Namespace) -> None:
    """Replaces `rasa.cli.data.split_nlu_data`: the same of what our importer reads, topics included."""
    path = rasa.cli.utils.get_validated_path(args.nlu, "nlu", rasa.shared.constants.DEFAULT_DATA_PATH)
    parts = _examples_of_intents(str(path)).train_test_split(args.training_fraction, args.random_seed)
    for part, name in zip(parts, ("training_data", "test_data"), strict=True):
        part.persist(args.out, filename=f"{name}.yml")


def _initial_project(path: str) -> None:
    """Replaces `rasa.cli.scaffold.create_initial_project`: the same project, with components that we have."""
    shutil.copytree(rasa.cli.scaffold.scaffold_path(), path, dirs_exist_ok=True)
    shutil.copy(_LIGHT_CONFIG, Path(path) / "config.yml")


# ---- actions


def _actions_in_process(stage: Stage) -> None:
    """Lets `shell`, `run` and `interactive` run our actions here, and `run actions` serve them."""
    import actions.executor as ours

    staged = StagedActions(ours.InProcessActions(), stage)
    in_process.install()
    read = AvailableEndpoints.read_endpoints

    def read_endpoints(endpoint_file: str) -> AvailableEndpoints:
        found = read(endpoint_file)
        found.action = found.action or in_process.InProcessEndpoint(staged, ours.Rejected)
        return found

    AvailableEndpoints.read_endpoints = read_endpoints
    log_message = processor.MessageProcessor.log_message

    async def protected(self: Any, message: UserMessage, *args: Any, **kwargs: Any) -> Any:
        """Takes identifiers out of a message, as the doors do; what a form accepts are tokens."""
        if message.text:
            message.text = stage.protect(message.text, message.sender_id)
        return await log_message(self, message, *args, **kwargs)

    processor.MessageProcessor.log_message = protected
    ours.serve_for_sdk(lambda sender: context.running(stage.turn(sender)))
