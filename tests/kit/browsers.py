"""The browser that tests drive: Chromium's headless shell, else Chromium of the system.

The shell draws pages with the same engine and has no windows, menus or extensions: a page in a context of its own
costs it a fifth of the processor time (0.2 s and 1.0 s).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

from assistant.settings import ROOT
from tests.kit.waiting import BROWSER_MS

expect.set_options(timeout=BROWSER_MS)
#: Where scripts/need-packages puts it.
_SHELL = ROOT / ".tools/chromium/usr/lib/chromium/chromium-headless-shell"
_NAMES = (str(_SHELL), "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip


@contextmanager
def chromium() -> Iterator[Browser]:
    """Gives a browser; while it is open, its thread can run no event loop of its own."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        yield browser
        browser.close()
