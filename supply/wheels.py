"""`python -m supply.wheels LOCK …`: fails where a machine without a compiler could not install a lock.

Every package needs a wheel for each Python and processor that the project runs on. uv itself is asked, with the
package index that this machine is set up for, and installs nothing.
"""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from supply.lock import read_lock

ROOT = Path(__file__).resolve().parent.parent
UV = str(ROOT / "scripts/uv")
LOCKS = ("requirements.lock", "requirements-dev.lock", "supply/tools.lock")
PYTHONS = ("3.11", "3.12")
PROCESSORS = ("x86_64", "aarch64")
_MANYLINUX = "manylinux_2_28"  # glibc 2.28: Debian 10, RHEL 8
_NO_WHEEL = re.compile(
    r"has no (usable )?wheels|building from source is disabled|no source distribution|no wheels with"
)


class UnreachableError(Exception):
    """The package index did not answer; nothing can be said."""


def _ask(command: Sequence[str], wanted: Path, python: str, processor: str) -> bool:
    """Whether all that a file asks for can be installed from wheels."""
    with tempfile.TemporaryDirectory() as nowhere:
        options = ["--dry-run", "--no-deps", "--only-binary", ":all:", "--target", nowhere, "-r", str(wanted)]
        machine = ["--python-version", python, "--python-platform", f"{processor}-{_MANYLINUX}"]
        done = subprocess.run([*command, *options, *machine], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode and not _NO_WHEEL.search(done.stderr):
        raise UnreachableError(done.stderr.strip())
    return done.returncode == 0


def without_wheel(lock: Path, command: Sequence[str], python: str, processor: str) -> Iterator[str]:
    """Yields the packages of a lock that would have to be compiled.

    Raises:
        UnreachableError: if the package index does not answer.
    """
    if _ask(command, lock, python, processor):
        return
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder, "one.txt")
        for package in read_lock(lock):
            one.write_text(f"{package.name}=={package.version}{package.marker}\n", encoding="utf-8")
            if not _ask(command, one, python, processor):
                yield f"{package.name}=={package.version}"


def check(locks: Iterable[Path], command: Sequence[str]) -> list[str]:
    """Returns one sentence for each package, Python and processor without a wheel."""
    return [
        f"{lock.name}: {package} needs a compiler on {processor} with Python {python}"
        for lock, python, processor in itertools.product(locks, PYTHONS, PROCESSORS)
        for package in without_wheel(lock, command, python, processor)
    ]


def main(arguments: Sequence[str]) -> int:
    """Prints what would need a compiler; returns the exit code."""
    locks = [Path(name) for name in arguments] or [ROOT / name for name in LOCKS]
    try:
        found = check(locks, [UV, "pip", "install"])
    except UnreachableError as error:
        print(f"✗ the wheels of the locks could not be asked for:\n{error}", file=sys.stderr)
        return 2
    for sentence in found:
        print(f"✗ {sentence}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
