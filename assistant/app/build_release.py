"""Runs the process that builds a release: `python -m assistant.app.build_release NUMBER PID`"""

from __future__ import annotations

import sys

from assistant.app import logging
from assistant.release.building import build
from assistant.settings import Settings
from connectors.all import check_content

if __name__ == "__main__":
    logging.configure()
    build(Settings(), int(sys.argv[1]), int(sys.argv[2]), check_content)
