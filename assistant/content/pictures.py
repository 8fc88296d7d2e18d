"""Pictures of ours that answers show: taken in without what a camera wrote into them, served to anybody.

A picture is named by what is in it, so what was once shown under a name stays that picture: an answer that is brought
back shows what it showed.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from assistant.content.topics import Topic

PATH = "/pictures"
#: What a picture is called: 32 digits of its SHA-256, and its kind.
NAME = re.compile(r"[0-9a-f]{32}\.(?:png|jpg)")
KINDS = {"png": "image/png", "jpg": "image/jpeg"}
#: Zalo takes pictures of this size at most.
LARGEST = 1_000_000
_WIDEST = 6000
_PNG = b"\x89PNG\r\n\x1a\n"
#: Chunks of a PNG that are needed to show it; the others tell who made it, when and where.
_SHOWN = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"sRGB", b"gAMA", b"cHRM", b"iCCP"})
_START_OF_FRAME = frozenset({0xC0, 0xC1, 0xC2})
#: Segments of a JPEG that are needed: tables, frames, its own header and Adobe's note of the colours.
_NEEDED = frozenset({0xC4, 0xDB, 0xDD, 0xE0, 0xEE}) | _START_OF_FRAME
_SCAN, _END = 0xDA, 0xD9
_PROFILE, _EXIF = (0xE2, b"ICC_PROFILE\0"), (0xE1, b"Exif\0\0")
_ORIENTATION, _LYING = 0x0112, 5


class PictureError(ValueError):
    """A file is no picture that every channel shows; the message says so in Vietnamese."""


@dataclass(frozen=True)
class Picture:
    """A picture as it is served."""

    kind: str  # png, jpg
    width: int
    height: int
    content: bytes

    @property
    def name(self) -> str:
        """What it is served as."""
        return f"{hashlib.sha256(self.content).hexdigest()[:32]}.{self.kind}"


def beside(topic: Topic) -> dict[str, Any]:
    """Returns what is shown beside a topic's whole answer, as fields of a message of Rasa's; {} where nothing is."""
    custom: dict[str, Any] = {"says": topic.picture_says} if topic.picture else {}
    if topic.link:
        custom["buttons"] = [{"title": topic.link_title, "url": topic.link}]
    shown = {"image": f"{PATH}/{topic.picture}"} if topic.picture else {}
    return shown | ({"custom": custom} if custom else {})


def taken_in(given: bytes) -> Picture:
    """Returns a picture without what does not belong to what is seen.

    Raises:
        PictureError: if it is none, or larger than every channel takes.
    """
    if len(given) > LARGEST:
        raise PictureError("Hình lớn quá 1 MB nên Zalo không nhận. Bạn thu nhỏ rồi tải lên lại.")
    try:
        found = _png(given) if given.startswith(_PNG) else _jpeg(given)
    except (ValueError, IndexError):
        raise PictureError("Tệp này không phải hình PNG hoặc JPG, hoặc đã hỏng.") from None
    if not 0 < found.width <= _WIDEST or not 0 < found.height <= _WIDEST:
        raise PictureError(f"Hình quá lớn: tối đa {_WIDEST} điểm mỗi chiều.")
    return found


def _png(given: bytes) -> Picture:
    kept, place, size, ended = [_PNG], len(_PNG), (0, 0), False
    while place < len(given) and not ended:
        length, kind = int.from_bytes(given[place : place + 4]), given[place + 4 : place + 8]
        data, told = given[place + 8 : place + 8 + length], given[place + 8 + length : place + 12 + length]
        if len(data) != length or int.from_bytes(told) != zlib.crc32(kind + data):
            raise ValueError(kind)
        if kind == b"IHDR":
            size = int.from_bytes(data[:4]), int.from_bytes(data[4:8])
        if kind in _SHOWN:
            kept.append(given[place : place + 12 + length])
        place, ended = place + 12 + length, kind == b"IEND"
    if not ended:
        raise ValueError("no end")
    return Picture("png", *size, b"".join(kept))


def _jpeg(given: bytes) -> Picture:
    if given[:2] != b"\xff\xd8":
        raise ValueError("no picture")
    kept, size, turned = [given[:2]], (0, 0), 1
    for marker, segment in _segments(given):
        if marker in _START_OF_FRAME:
            size = int.from_bytes(segment[7:9]), int.from_bytes(segment[5:7])
        if _is(_EXIF, marker, segment):
            turned = _orientation(segment[10:])
            kept += [_turned(turned)] if turned > 1 else []
        elif marker in _NEEDED or marker == _SCAN or _is(_PROFILE, marker, segment):
            kept.append(segment)
    size = size[::-1] if turned >= _LYING else size
    return Picture("jpg", *size, b"".join([*kept, b"\xff\xd9"]))


def _is(kind: tuple[int, bytes], marker: int, segment: bytes) -> bool:
    return marker == kind[0] and segment[4:].startswith(kind[1])


def _orientation(tiff: bytes) -> int:
    """Returns how a camera was held, of all that it wrote; 1 where it does not say."""
    order: Literal["little", "big"] = "little" if tiff[:2] == b"II" else "big"
    place = int.from_bytes(tiff[4:8], order)
    for number in range(int.from_bytes(tiff[place : place + 2], order)):
        entry = tiff[place + 2 + 12 * number : place + 14 + 12 * number]
        if int.from_bytes(entry[:2], order) == _ORIENTATION:
            found = int.from_bytes(entry[8:10], order)
            return found if 1 <= found <= 8 else 1
    return 1


def _turned(how: int) -> bytes:
    """Returns the segment that says how a picture is turned, and nothing else."""
    entry = _ORIENTATION.to_bytes(2) + (3).to_bytes(2) + (1).to_bytes(4) + how.to_bytes(2) + bytes(2)
    data = _EXIF[1] + b"MM\0*" + (8).to_bytes(4) + (1).to_bytes(2) + entry + bytes(4)
    return b"\xff\xe1" + (len(data) + 2).to_bytes(2) + data


def _segments(given: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields the segments of a JPEG up to its end, each with its marker; a scan with the data that follows it."""
    place = 2
    while given[place] == 0xFF and given[place + 1] != _END:
        if given[place + 1] == 0xFF:  # a byte that fills
            place += 1
            continue
        marker, length = given[place + 1], int.from_bytes(given[place + 2 : place + 4])
        end = place + 2 + length
        if length < 2 or end > len(given):
            raise ValueError("cut off")
        if marker == _SCAN:
            # Within the data 0xFF is followed by 0x00 or counts the restarts.
            while given[end] != 0xFF or given[end + 1] == 0 or 0xD0 <= given[end + 1] <= 0xD7:
                end = given.index(b"\xff", end + 1)
        yield marker, given[place:end]
        place = end
    if given[place : place + 2] != b"\xff\xd9":
        raise ValueError("no end")
