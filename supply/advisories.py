"""`python -m supply.advisories [CLONE]`: asks what is known about each package of the lock, keeps the dated answers.

They come from the package index that this machine is set up for (uv's settings, or UV_DEFAULT_INDEX, PIP_INDEX_URL), by
its JSON interface, one answer for each version. An index that tells of newest versions only answers for those. What it
does not answer for is looked up in CLONE, a clone of PyPA's advisory database, where one is given; what nobody
answers for keeps the answer and the date of before. supply/advisories.json holds answers, and no address.
"""

from __future__ import annotations

import datetime
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from supply.lock import Package, read_lock

ROOT = Path(__file__).resolve().parent.parent
LOCK, KEPT = ROOT / "requirements.lock", ROOT / "supply/advisories.json"
_UV = os.environ.get("UV") or str(ROOT / "scripts/uv")
_SECONDS = 10
_AT_ONCE = 8


@dataclass(frozen=True)
class Flaw:
    """One published vulnerability of one version."""

    id: str
    aliases: tuple[str, ...]
    mended_in: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What was known about a package's version, and when."""

    name: str
    version: str
    asked: datetime.date
    flaws: tuple[Flaw, ...]
    whole: bool = True  # False: an index told only what no newer version mends


def index() -> str:
    """Returns the JSON interface of the index that this machine is set up for."""
    given = os.environ.get("PIP_INDEX_URL") if not os.environ.get("UV_DEFAULT_INDEX") else None
    if not given:
        asked = [_UV, "pip", "compile", "--quiet", "--no-header", "--emit-index-url", "-"]
        done = subprocess.run(asked, input="", capture_output=True, text=True, check=True)  # noqa: S603
        given = next(line.split()[1] for line in done.stdout.splitlines() if line.startswith("--index-url"))
    return given.rstrip("/").removesuffix("/simple") + "/pypi"


def ask(packages: Iterable[Package], at: str, today: datetime.date) -> list[Answer]:
    """Asks an index about each package; returns the answers there were, which may be none."""
    packages = list(packages)
    trusted = next((os.environ[name] for name in ("SSL_CERT_FILE", "PIP_CERT") if os.environ.get(name)), None)
    context = ssl.create_default_context(cafile=trusted)
    with (
        httpx.Client(verify=context, timeout=_SECONDS, follow_redirects=True) as client,
        ThreadPoolExecutor(_AT_ONCE) as several,
    ):
        if not _is_there(client, at, packages[0]):
            return []
        answers = several.map(lambda package: _ask_one(client, at, package, today), packages)
        return [answer for answer in answers if answer]


def _is_there(client: httpx.Client, at: str, package: Package) -> bool:
    """Tells whether anybody answers: a network that swallows everything would be waited for package by package."""
    try:
        client.get(f"{at}/{package.name}/json")
    except httpx.HTTPError:
        return False
    return True


def _ask_one(client: httpx.Client, at: str, package: Package, today: datetime.date) -> Answer | None:
    for path in (f"{package.name}/{package.version}", package.name):
        try:
            told = client.get(f"{at}/{path}/json")
            about = told.json() if told.is_success else None
        except (httpx.HTTPError, ValueError):
            return None
        if isinstance(about, dict) and "vulnerabilities" in about and "info" in about:
            return _answer(package, about, today)
    return None


def _answer(package: Package, about: dict[str, Any], today: datetime.date) -> Answer:
    """Where only the newest version is told of: what that still has, older ones may have, too."""
    flaws = tuple(_flaw(raw) for raw in about["vulnerabilities"] if not raw.get("withdrawn"))
    if about["info"]["version"] == package.version:
        return Answer(package.name, package.version, today, flaws)
    return Answer(package.name, package.version, today, tuple(f for f in flaws if not f.mended_in), whole=False)


def _flaw(raw: dict[str, Any]) -> Flaw:
    return Flaw(raw["id"], tuple(raw.get("aliases") or ()), tuple(raw.get("fixed_in") or ()))


def read(path: Path = KEPT) -> list[Answer]:
    """Returns the answers that were kept."""
    if not path.exists():
        return []
    return [
        Answer(
            raw["name"], raw["version"], datetime.date.fromisoformat(raw["asked"]),
            tuple(Flaw(flaw["id"], tuple(flaw["aliases"]), tuple(flaw["mended_in"])) for flaw in raw["flaws"]),
        )
        for raw in json.loads(path.read_text(encoding="utf-8"))
    ]  # fmt: skip


def newest(packages: Iterable[Package], answers: Iterable[Answer]) -> list[Answer]:
    """Returns the newest answer about each package's very version, in the packages' order; parts are added to it."""
    best: dict[tuple[str, str], Answer] = {}
    for answer in sorted(answers, key=lambda answer: (not answer.whole, answer.asked)):
        key = answer.name, answer.version
        if answer.whole:
            best[key] = answer
        elif key in best:
            flaws = dict.fromkeys((*best[key].flaws, *answer.flaws))
            best[key] = replace(best[key], flaws=tuple(flaws))
    return [best[key] for package in packages if (key := (package.name, package.version)) in best]


def write(answers: Iterable[Answer], path: Path = KEPT) -> None:
    """Keeps answers, a package a line."""
    rows = [{name: value for name, value in asdict(answer).items() if name != "whole"} for answer in answers]
    lines = [json.dumps(row, default=str, ensure_ascii=False) for row in rows]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Refreshes what is kept; returns the exit code."""
    packages, today = read_lock(LOCK), datetime.datetime.now(datetime.UTC).date()
    live = ask(packages, index(), today)
    answers = [*read(), *live]
    for clone in arguments:
        from supply.advisory_database import look_up

        answers = [*look_up(Path(clone), packages), *answers]
    kept = newest(packages, answers)
    write(kept)
    whole = sum(answer.whole for answer in live)
    print(f"advisories: the index answers for {whole} of {len(packages)} packages; {len(kept)} are kept")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
