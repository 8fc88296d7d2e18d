"""Starts Rasa 3.6.21 without TensorFlow and without the SDKs of channels we do not use.

Rasa imports these modules at module level on every path, although a pipeline like ours never
calls them. `boot()` puts light stand-ins into `sys.modules` before Rasa is imported; each
entry below says why it is there. Nothing in site-packages is changed.
"""

from __future__ import annotations

import os
import secrets
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from types import ModuleType
from typing import Any


class SlimBootError(RuntimeError):
    """Rasa was imported before `boot()`; its heavy modules are already loaded."""


_CHANNELS = {
    # rasa.core.channels imports every built-in channel; none of them serves our doors.
    "socketio": ("SocketIOInput",),
    "botframework": ("BotFrameworkInput",),
    "callback": ("CallbackInput",),
    "facebook": ("FacebookInput",),
    "mattermost": ("MattermostInput",),
    "rasa_chat": ("RasaChatInput",),
    "rocketchat": ("RocketChatInput",),
    "slack": ("SlackInput",),
    "telegram": ("TelegramInput",),
    "twilio": ("TwilioInput",),
    "twilio_voice": ("TwilioVoiceInput",),
    "webexteams": ("WebexTeamsInput",),
    "hangouts": ("HangoutsInput",),
}

_UNUSED_PACKAGES = (
    "boto3",  # rasa.core.tracker_store: DynamoDB; rasa.nlu.persistor: S3
    "boto3.dynamodb",
    "boto3.dynamodb.conditions",
    "botocore",
    "botocore.exceptions",
    "pymongo",  # rasa.core.tracker_store: MongoDB
    "pymongo.collection",
    "pymongo.errors",
    "aio_pika",  # rasa.core.brokers.pika
    "aio_pika.abc",
    "aio_pika.exceptions",  # rasa.core.brokers.broker
    "aiormq",
    "google",  # rasa.core.channels.hangouts, rasa.utils.train_utils
    "google.auth",
    "google.auth.transport",
    "google.oauth2",
    "google.protobuf",
    "google.protobuf.json_format",
    "skops",  # persistence of the stock classifiers; ours needs none
    "skops.io",
    "matplotlib",  # histograms of `rasa test`
    "matplotlib.ticker",
    "matplotlib.pyplot",
)


#: Rasa's modules import these for what a server never does with them. They stand in while Rasa is imported and are gone
#: afterwards, so that whoever needs the real one (a page that groups texts) gets it. Together 25 MB and 0.4 s.
_WHILE_IMPORTED = (
    "scipy",  # rasa.shared.nlu.training_data: features of neural components
    "scipy.sparse",
    "dask",  # rasa.engine.runner.dask: replaced by assistant.rasa.patches
    "distutils",  # sanic.server.loop, from setuptools: whether a variable says yes
    "distutils.util",
)
#: What of them stays in a module of Rasa's.
_USED_WHILE_IMPORTED = {
    "distutils.util": {"strtobool": lambda text: str(text).lower() in ("y", "yes", "t", "true", "on", "1")}
}
#: Likewise, but whoever tries them finds that they are not there: portalocker can lock through Redis, too.
_ABSENT_WHILE_IMPORTED = ("redis",)


class _StandIn(ModuleType):
    """A module whose every attribute is an inert class of that name."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        base: type = Exception if name.endswith(("Error", "Exception")) else object
        inert = type(name, (base,), {"__module__": self.__name__})
        setattr(self, name, inert)
        return inert


def _stand_in(name: str, **attributes: Any) -> None:
    if name in sys.modules:
        return
    _put_in(name, **attributes)


def _put_in(name: str, **attributes: Any) -> None:
    module = _StandIn(name)
    module.__path__ = []  # so that `import a.b` accepts `a`
    for key, value in attributes.items():
        setattr(module, key, value)
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], child, module)


@contextmanager
def _without_the_unused() -> Iterator[None]:
    """Lets stand-ins take the place of modules that were not imported yet, for as long as it is open."""
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]  # None: there is no such module
    taken = [name for name in (*_WHILE_IMPORTED, *_ABSENT_WHILE_IMPORTED) if name not in modules]
    for name in taken:
        if name in _ABSENT_WHILE_IMPORTED:
            modules[name] = None
        else:
            _put_in(name, **_USED_WHILE_IMPORTED.get(name, {}))
    try:
        yield
    finally:
        stand_ins = {name: modules.pop(name) for name in taken}
        for module in [module for name, module in modules.items() if name.startswith("rasa.") and module is not None]:
            for name, value in list(vars(module).items()):
                if isinstance(value, _StandIn) and stand_ins.get(value.__name__) is value:
                    setattr(module, name, _Later(value.__name__))


class _Later(ModuleType):
    """What a module of Rasa's imported that had a stand-in: the real module, once something of it is used.

    A component of Rasa's own that makes sparse features is asked whether they are, in a server, too.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


class _NoReport:
    """Stands for structlog's processor that reports crashes to a third party: passes each record on."""

    def __init__(self, **options: Any) -> None:
        pass

    def __call__(self, logger: Any, name: str, record: Any) -> Any:
        return record


def _inert_channel(class_name: str, channel: str) -> type:
    return type(class_name, (), {"name": classmethod(lambda cls: channel)})


def _name_websockets() -> None:
    # Sanic 21.12 asks for the name that this module had before websockets 11.
    sys.modules["websockets.connection"] = import_module("websockets.protocol")


def _import_rasa() -> None:
    """Imports what the stand-ins of ours need.

    The recipe's list of components names DIET, TED and every other neural one; ours is the list of what config.yml
    uses. The validator checks training data for those neural components and is named in the graph of every model, so
    it must be a real component.
    """
    with warnings.catch_warnings():  # sanic sets filters for the whole process when imported
        warnings.simplefilter("ignore")
        _name_websockets()
        import sanic.app  # noqa: F401

        warnings.simplefilter("ignore")  # again: it was one of Sanic's that showed SQLAlchemy's
        from assistant.rasa import recipe_components, recipe_validator

    sys.modules["rasa.engine.recipes.default_components"] = recipe_components
    sys.modules["rasa.graph_components.validators.default_recipe_validator"] = recipe_validator
    # Models trained before November 2026 name the validator where it stood then.
    sys.modules["assistant.rasa.recipe_validator"] = recipe_validator


def boot(serving: bool = True) -> None:
    """Prepares this process for `import rasa`; safe to call more than once.

    Args:
        serving: leave out what only training and Rasa's own command line need. The first call
            of a process decides.

    Raises:
        SlimBootError: if TensorFlow is already loaded.
    """
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    os.environ.setdefault("TQDM_DISABLE", "1")  # progress bars of rule training
    if "tensorflow" in sys.modules:
        raise SlimBootError("tensorflow was imported before the slim boot")
    if "assistant.rasa.slim_boot.done" in sys.modules:
        return

    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        with suppress(ImportError):
            import_module("google.protobuf")  # what sends traces (assistant.runtime.tracing) needs the real one
    for name in _UNUSED_PACKAGES:
        loaded = sys.modules.get(name.partition(".")[0])
        if loaded is None or isinstance(loaded, _StandIn):
            _stand_in(name)

    _stand_in("structlog_sentry", SentryProcessor=_NoReport)  # rasa.utils.log_utils
    # rasa.utils.train_utils imports them for training neural components.
    _stand_in("rasa.utils.tensorflow.callback")
    _stand_in("rasa.utils.tensorflow.data_generator")
    # Batches for neural components; imports scikit-learn's model selection, 1.6 s.
    _stand_in("rasa.utils.tensorflow.model_data")
    if serving:
        # RulePolicy calls it in training alone, and it imports plotting and evaluation.
        _stand_in("rasa.core.test")
        # The terminal chat of `rasa shell`, with prompt_toolkit and questionary.
        _stand_in("rasa.core.channels.console", CmdlineInput=_inert_channel("CmdlineInput", "cmdline"))
    # Names model archives after an adjective and a noun; comes as source alone.
    _stand_in("randomname", get_name=lambda: secrets.token_hex(4))
    for channel, classes in _CHANNELS.items():
        _stand_in(
            f"rasa.core.channels.{channel}",
            **{name: _inert_channel(name, channel) for name in classes},
        )

    if serving:
        with _without_the_unused():
            _import_rasa()
            import_module("rasa.core.agent")
            import_module("rasa.core.policies.rule_policy")
    else:
        _import_rasa()
    from rasa.utils import common

    common.write_global_config_value = lambda name, value: False  # a telemetry id, in the home folder
    if not serving:
        from assistant.rasa import patched_messages, patched_yaml

        patched_messages.install()
        patched_yaml.install()
    sys.modules["assistant.rasa.slim_boot.done"] = ModuleType("assistant.rasa.slim_boot.done")
