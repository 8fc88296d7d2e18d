"""Which content a release contains, and what differs from it."""

from __future__ import annotations

import datetime
import hashlib
import shutil
from pathlib import Path, PurePosixPath
from typing import Literal

from assistant.content.topics import FOLDERS, parse_topic
from assistant.editing import history
from assistant.release.archive import content_files
from assistant.release.store import Connection

Kind = Literal["added", "changed", "removed"]


def versions(content: Path) -> dict[str, str]:
    """Returns what tells one state of each content file from another."""
    return {name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for name, path in content_files(content)}


def snapshot(connection: Connection, content: Path, into: Path) -> tuple[dict[str, str], int]:
    """Copies the content as it is at one instant; returns the files' versions and the newest change in it.

    Nobody can save at the console meanwhile, on any node.
    """
    with connection.transaction():
        history.lock(connection)
        number = history.latest(connection)
        for name, path in content_files(content):
            copy = into / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    return versions(into), number


def put_back(connection: Connection, since: datetime.datetime, data: Path) -> None:
    """Makes a copy of the content what it was at a time, as far as the console has changed it since."""
    rows = connection.execute(
        "SELECT DISTINCT ON (topic) topic, before FROM content_changes WHERE at > %s ORDER BY topic, id", (since,)
    ).fetchall()
    for name, text in rows:
        for folder in FOLDERS:
            (data / folder / f"{name}.yml").unlink(missing_ok=True)
        if text is not None:
            _write(data, name, text)


def take_back(connection: Connection, data: Path) -> bool:
    """Takes from a copy of the content all that was saved at the console; what was changed past it stays.

    Returns:
        whether there was anything to take back.
    """
    rows = connection.execute(
        "SELECT topic, renamed_from, before, after, staff FROM content_changes ORDER BY id DESC"
    ).fetchall()
    theirs: set[str] = set()  # topics with a hand in them that is not the console's: nobody knows what of it to undo
    taken = False
    for topic, renamed_from, before, after, staff in rows:
        if topic in theirs or not staff or _text(data, topic) != after:
            theirs |= {topic, renamed_from or topic}
            continue
        for folder in FOLDERS:
            (data / folder / f"{topic}.yml").unlink(missing_ok=True)
        if before is not None:
            _write(data, renamed_from or topic, before)
        taken = True
    return taken


def _text(data: Path, topic: str) -> str | None:
    files = (data / folder / f"{topic}.yml" for folder in FOLDERS)
    return next((file.read_text(encoding="utf-8") for file in files if file.exists()), None)


def _write(data: Path, topic: str, text: str) -> None:
    kind = parse_topic(text, Path(f"{topic}.yml")).kind
    folder = next(folder for folder, holds in FOLDERS.items() if holds == kind)
    (data / folder / f"{topic}.yml").write_text(text, encoding="utf-8")


def differences(before: dict[str, str], after: dict[str, str]) -> list[dict[str, str]]:
    """Returns the files that differ: name, kind, and the topic where it is one."""
    found = []
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            kind: Kind = "added" if name not in before else "removed" if name not in after else "changed"
            found.append({"file": name, "kind": kind, "topic": topic_of(name)})
    return found


def changed_since(connection: Connection, at: datetime.datetime) -> list[dict[str, str]]:
    """Returns the topics that were changed at the console since a time, for a model whose content is not known."""
    kinds: dict[str, Kind] = {"created": "added", "retired": "removed"}
    rows = connection.execute(
        "SELECT topic, (array_agg(action ORDER BY id DESC))[1] FROM content_changes WHERE at > %s GROUP BY topic"
        " HAVING (array_agg(before_version ORDER BY id))[1] IS DISTINCT FROM"
        " (array_agg(after_version ORDER BY id DESC))[1] ORDER BY topic",
        (at,),
    )
    return [
        {"file": f"faq/{topic}.yml", "kind": kinds.get(action, "changed"), "topic": topic} for topic, action in rows
    ]


def topic_of(name: str) -> str:
    """Returns the topic that a file is; "" if it is something else."""
    path = PurePosixPath(name)
    return (
        path.stem
        if path.parts[:1] in [(folder,) for folder in FOLDERS] and len(path.parts) == 2 and path.suffix == ".yml"
        else ""
    )
