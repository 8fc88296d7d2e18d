"""`install_packages.py LOCK`: installs the packages of a lock into this environment, with one line of progress."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEEDED = 1_000_000_000  # bytes for environment and package cache
_SIZE = re.compile(r"^Downloading (\S+) \(([\d.]+)([KMG])iB\)")
_DONE = re.compile(r"^\s*Downloaded (\S+)")
_MEGABYTES = {"K": 1 / 1024, "M": 1.0, "G": 1024.0}
_NO_NETWORK = ("dns error", "tcp connect error", "error sending request", "Connection refused", "timed out", "tunnel")
_NOT_BELIEVED = ("UnknownIssuer", "invalid peer certificate", "certificate verify failed")
_NO_WHEEL = re.compile(r"no wheels with a matching Python|requires? C?Python .* but we only found wheels", re.DOTALL)
_NO_ROOM = ("No space left", "os error 28")


class Bar:
    """Draws how far the downloads are; only on a terminal, so that logs stay short."""

    def __init__(self) -> None:
        self._sizes: dict[str, float] = {}
        self._done = 0.0
        self._shown = sys.stderr.isatty()

    def heed(self, line: str) -> None:
        """Takes in a line of uv's."""
        if started := _SIZE.match(line):
            self._sizes[started[1]] = float(started[2]) * _MEGABYTES[started[3]]
        elif (finished := _DONE.match(line)) and finished[1] in self._sizes:
            self._done += self._sizes[finished[1]]
        whole = sum(self._sizes.values())
        if self._shown and whole:
            full = int(30 * self._done / whole)
            bar = "█" * full + "·" * (30 - full)
            print(f"\r  {bar} {self._done:.0f}/{whole:.0f} MB", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Takes the line away."""
        if self._shown and self._sizes:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def what_went_wrong(lines: Iterable[str]) -> str:
    """Returns one sentence for what uv said when it failed."""
    said = "".join(lines)
    if any(sign in said for sign in _NO_ROOM):
        return f"✗ Hết chỗ trên đĩa khi cài thư viện: cần 1 GB trống ở {ROOT}. (No space left on the disk.)"
    if any(sign in said for sign in _NOT_BELIEVED):
        return (
            "✗ Không tin được chứng chỉ của kho gói hay proxy: đặt SSL_CERT_FILE, docs/install.md."
            " (The certificate is not trusted: set SSL_CERT_FILE.)"
        )
    if _NO_WHEEL.search(said):
        return (
            f"✗ Kho gói không có bản cho Python {sys.version_info[0]}.{sys.version_info[1]} này, docs/install.md."
            " (No packages for this Python there.)"
        )
    if any(sign in said for sign in _NO_NETWORK):
        return "✗ Không kết nối được kho gói: kiểm tra mạng, proxy hoặc cài ngoại tuyến, docs/install.md. (No network.)"
    return "✗ Không cài được thư viện (the packages cannot be installed):\n" + said.strip()


def room() -> str:
    """Returns what is wrong with the disk, or nothing."""
    free = shutil.disk_usage(ROOT).free
    if free >= NEEDED:
        return ""
    return f"✗ Không đủ chỗ trên đĩa: cần 1 GB, {ROOT} còn {free / 1e9:.1f} GB. (Too little disk: 1 GB is needed.)"


def install(lock: str) -> str:
    """Installs; returns what went wrong, or nothing."""
    command = [str(ROOT / "scripts/uv"), "pip", "install", "--python", sys.prefix, "--require-hashes", "-r", lock]
    lines, bar = [], Bar()
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as uv:  # noqa: S603
        for line in uv.stderr or ():
            lines.append(line)
            bar.heed(line)
    bar.clear()
    return what_went_wrong(lines) if uv.returncode else ""


def main(lock: str) -> int:
    """Installs and says so; returns the exit code."""
    began = time.monotonic()
    print("• Cài thư viện … (installing packages)", file=sys.stderr)
    if wrong := room() or install(lock):
        print(wrong, file=sys.stderr)
        return 1
    print(f"• Đã cài thư viện sau {time.monotonic() - began:.0f} giây (packages installed).", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
