"""Rasa runs without TensorFlow: neither installed nor imported, in training and in serving."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

from assistant.settings import ROOT


def test_tensorflow_is_not_installed() -> None:
    assert importlib.util.find_spec("tensorflow") is None


def _loaded_after(statement: str) -> set[str]:
    script = f"import sys\n{statement}\nprint(*sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return set(done.stderr.split())


def test_serving_imports_no_tensorflow_and_no_training_library() -> None:
    loaded = _loaded_after("import assistant.rasa.host")
    assert "rasa.core.agent" in loaded
    assert not {"tensorflow", "keras", "sklearn", "matplotlib.pyplot"} & loaded - {"matplotlib.pyplot"}


def test_serving_leaves_out_what_it_never_calls_and_whoever_needs_it_later_gets_the_real_one() -> None:
    loaded = _loaded_after("import assistant.rasa.host, assistant.nlu.context_components, assistant.rasa.patches")
    assert not {"scipy", "dask", "setuptools", "redis"} & loaded
    later = (
        "import assistant.rasa.host, numpy\nfrom scipy.sparse import csr_matrix\nimport dask, redis\n"
        "assert csr_matrix(numpy.eye(2)).sum() == 2 and dask.get({'a': 1}, 'a') == 1 and redis.Redis"
    )
    assert {"scipy", "dask", "redis"} <= _loaded_after(later)


def test_sparse_features_of_rasas_own_components_are_known_as_such_in_a_server() -> None:
    used = (
        "import assistant.rasa.host, numpy\n"
        "from rasa.shared.nlu.training_data.features import Features\nfrom scipy.sparse import coo_matrix\n"
        "made = Features(coo_matrix(numpy.eye(2)), 'sentence', 'text', 'RegexFeaturizer')\n"
        "assert made.is_sparse() and not made.is_dense()\n"
        "from sanic.server.loop import strtobool\nassert strtobool('yes') and not strtobool('no')"
    )
    assert "scipy" in _loaded_after(used)


def test_training_imports_no_tensorflow() -> None:
    loaded = _loaded_after(
        "from assistant.rasa.slim_boot import boot\nboot(serving=False)\nimport rasa.model_training, rasa.core.test"
    )
    assert "rasa.model_training" in loaded
    assert "tensorflow" not in loaded


def test_boot_refuses_a_process_that_already_has_tensorflow() -> None:
    script = (
        "import sys, types\nsys.modules['tensorflow'] = types.ModuleType('tensorflow')\n"
        "from assistant.rasa import slim_boot\nslim_boot.boot()"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "SlimBootError" in done.stderr
