"""Runs the process that plays a candidate: `python -m assistant.app.play_candidate NUMBER PID`"""

from __future__ import annotations

import sys

import psycopg

from assistant.app import logging
from assistant.release.candidate import play
from assistant.settings import Settings

if __name__ == "__main__":
    logging.configure()
    try:
        play(Settings(), int(sys.argv[1]), int(sys.argv[2]))
    except psycopg.OperationalError:
        sys.exit(3)  # the database is gone, or going
