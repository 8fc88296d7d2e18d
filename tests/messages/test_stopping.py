"""A stop that comes while a process is only starting, as after a crash, is a good end as well."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import psutil

from tests.conftest import serve
from tests.kit.waiting import until


def test_a_stop_right_after_a_crash_ends_well(database_url: str, model_path: Path, tmp_path: Path) -> None:
    served = serve(database_url, model_path, tmp_path)
    served.start()
    assert served.process
    parent = psutil.Process(served.process.pid)
    before = sorted(parent.children(), key=lambda child: child.create_time())
    time.sleep(1.5)  # a process that dies before all have been well ends the others: it never worked
    try:
        before[0].send_signal(signal.SIGKILL)  # the doors, which take longest to start
        until(lambda: {child.pid for child in parent.children()} - {child.pid for child in before})
        time.sleep(0.02)
    finally:
        code = served.stop()
    assert code == 0, served.log.read_text()[-2000:]
