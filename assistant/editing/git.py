"""Git, where the content folder is in a repository: one commit a save, of the saved files only.

Whatever git says no to (a merge under way, no git at all, a full disk) stops no save: the history
in the database is complete without it.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)
_SECONDS = 15
_FIELD, _ROW = "\x1f", "\x1e"


@dataclass(frozen=True)
class Commit:
    """A commit that touched a file: seconds since 1970, who, and the first line of its message."""

    id: str
    at: int
    author: str
    subject: str


class Git:
    """The repository a folder is in, if it is in one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._program = shutil.which("git")

    def is_repository(self) -> bool:
        """Tells whether the folder is inside a work tree."""
        return self._run("rev-parse", "--is-inside-work-tree") == "true"

    def commit(self, files: Sequence[str], author: str, mail: str, message: str) -> str | None:
        """Commits files of the folder and nothing else; returns the commit's id, or None if git would not."""
        if not self.is_repository():
            return None
        # A new file must be known to git before it can be committed by name.
        present = [file for file in files if (self._folder / file).exists()]
        if present and self._run("add", "--intent-to-add", "--", *present) is None:
            return None
        who = f"--author={_plain(author)} <{_plain(mail)}>"
        done = self._run("commit", "--quiet", "--no-verify", "--only", who, f"--message={message}", "--", *files)
        return None if done is None else self._run("rev-parse", "HEAD")

    def log(self, file: str, most: int = 50) -> list[Commit]:
        """Returns the newest commits that touched a file of the folder."""
        form = _FIELD.join(("%H", "%at", "%an", "%s")) + _ROW
        said = self._run("log", f"--max-count={most}", f"--format={form}", "--", file) or ""
        rows = [row.strip("\n").split(_FIELD) for row in said.split(_ROW) if row.strip()]
        return [Commit(row[0], int(row[1]), row[2], row[3]) for row in rows if len(row) == 4]

    def text(self, commit: str, file: str) -> str | None:
        """Returns a file of the folder as it was after a commit."""
        return self._run("show", f"{commit}:./{file}", strip=False) if commit.isalnum() else None

    def _run(self, *words: str, strip: bool = True) -> str | None:
        if self._program is None or not self._folder.is_dir():
            return None
        # The folder may belong to another user (a mounted volume); hooks and signing are for people's own commits.
        settings = [
            "-c", "safe.directory=*", "-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null",
            "-c", "core.fsmonitor=false", "-c", "user.name=Trợ lý VssID", "-c", "user.email=console@localhost",
        ]  # fmt: skip
        quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8"}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | quiet
        try:
            done = subprocess.run(  # noqa: S603 - our own words, no shell
                [self._program, *settings, *words],
                cwd=self._folder, env=environment, capture_output=True, check=False, timeout=_SECONDS,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            logger.warning("git %s: %s", words[0], type(error).__name__)
            return None
        if done.returncode:
            if words[0] != "rev-parse":
                logger.warning("git %s ended with %d", words[0], done.returncode)
            return None
        said = done.stdout.decode("utf-8", "replace")
        return said.strip() if strip else said


def _plain(name: str) -> str:
    return "".join(c for c in name if c not in "<>\n\r\0").strip() or "console"
