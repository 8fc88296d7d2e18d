"""Finds what came with the software, wherever that is: in a checkout, or as packages that bring their content.

Content that staff edit is CONTENT_DIR's; one that is not there yet begins as a copy of what came along.
"""

from __future__ import annotations

import os
from pathlib import Path

#: Where the packages lie.
CODE = Path(__file__).resolve().parents[2]
_PACKAGED = CODE / "assistant/shipped"  # setup.py puts it there
#: Holds data/, domain.yml and config.yml as they came.
ROOT = CODE if (CODE / "domain.yml").is_file() else _PACKAGED


def state(name: str) -> Path:
    """Returns where something of ours is kept if no setting says where: the packages' place is not for writing."""
    if ROOT == CODE:
        return CODE / name
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state", "vssid-assistant", name)
