"""Pictures of ours: what a camera wrote into them is taken out, and nothing but a whole picture is taken in."""

from __future__ import annotations

import zlib
from typing import Literal

import pytest

from assistant.content import pictures
from assistant.content.pictures import NAME, PictureError, taken_in
from assistant.content.topics import Topic

WHERE = b"GPS 10.7769,106.7009 may cua Hoa"


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def png(*more: bytes, width: int = 3, height: int = 2) -> bytes:
    """Returns a grey picture, with further chunks before its data."""
    head = width.to_bytes(4) + height.to_bytes(4) + bytes([8, 0, 0, 0, 0])
    data = zlib.compress(b"".join(b"\0" + bytes([90]) * width for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(more) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(data) + 2).to_bytes(2) + data


def jpeg(*more: bytes) -> bytes:
    """Returns the frame of a picture of 5 × 4; its data has a restart and an escaped byte."""
    frame = segment(0xC0, bytes([8]) + (4).to_bytes(2) + (5).to_bytes(2) + bytes([1, 1, 0x11, 0]))
    scan = segment(0xDA, bytes([1, 1, 0, 0, 63, 0])) + b"\x12\xff\x00\x34\xff\xd0\x56"
    parts = (
        segment(0xE0, b"JFIF\0" + bytes(9)),
        *more,
        segment(0xDB, bytes(65)),
        frame,
        segment(0xC4, bytes(20)),
        scan,
    )
    return b"\xff\xd8" + b"".join(parts) + b"\xff\xd9"


class TestTakingIn:
    @pytest.mark.parametrize(
        ("given", "kind", "size"),
        [
            (png(chunk(b"tEXt", WHERE), chunk(b"eXIf", WHERE), chunk(b"tIME", bytes(7))), "png", (3, 2)),
            (png() + WHERE, "png", (3, 2)),
            (jpeg(segment(0xE1, b"Exif\0\0" + WHERE), segment(0xED, WHERE), segment(0xFE, WHERE)), "jpg", (5, 4)),
            (jpeg() + WHERE, "jpg", (5, 4)),
        ],
    )
    def test_what_is_not_seen_is_left_out(self, given: bytes, kind: str, size: tuple[int, int]) -> None:
        found = taken_in(given)
        assert (found.kind, found.width, found.height) == (kind, *size)
        assert WHERE not in found.content
        assert found.content == (png() if kind == "png" else jpeg())

    @pytest.mark.parametrize("order", ["little", "big"])
    def test_a_photo_stays_as_it_was_held(self, order: Literal["little", "big"]) -> None:
        entry = [(0x0110, 2, 4, b"anh\0"), (0x0112, 3, 1, (6).to_bytes(2, order) + bytes(2))]
        tiff = (b"II" if order == "little" else b"MM") + (42).to_bytes(2, order) + (8).to_bytes(4, order)
        tiff += len(entry).to_bytes(2, order) + b"".join(
            tag.to_bytes(2, order) + kind.to_bytes(2, order) + number.to_bytes(4, order) + value
            for tag, kind, number, value in entry
        )
        found = taken_in(jpeg(segment(0xE1, b"Exif\0\0" + tiff + bytes(4) + WHERE)))
        assert (found.width, found.height) == (4, 5)
        assert WHERE not in found.content
        assert taken_in(found.content) == found

    def test_it_is_named_by_what_is_in_it(self) -> None:
        first, second = taken_in(png()), taken_in(png(width=4))
        assert NAME.fullmatch(first.name)
        assert first.name != second.name
        assert taken_in(png(chunk(b"tEXt", WHERE))).name == first.name

    @pytest.mark.parametrize(
        "given",
        [
            b"", b"<svg onload=alert(1)>", b"GIF89a" + bytes(50), png()[:-6], png()[:40], jpeg()[:-2], jpeg()[:60],
            b"\xff\xd8\xff\xd9", png().replace(b"IDAT", b"IDAX"), png(width=0), png(width=7000),
            b"\xff\xd8" + b"\xff\xe1\x00\x01" * 9, b"\xff\xd8\xff",
        ],
    )  # fmt: skip
    def test_what_is_no_whole_picture_is_refused(self, given: bytes) -> None:
        with pytest.raises(PictureError):
            taken_in(given)

    def test_what_zalo_would_not_take_is_refused(self) -> None:
        with pytest.raises(PictureError, match="1 MB"):
            taken_in(png(chunk(b"tEXt", bytes(pictures.LARGEST))))


class TestBesideAnAnswer:
    def test_an_answer_alone_has_nothing_beside_it(self, topic: Topic) -> None:
        assert pictures.beside(topic) == {}


@pytest.fixture
def topic() -> Topic:
    """Returns a topic without picture and link."""
    import datetime

    return Topic("a", "A", "Câu trả lời.", ("hỏi",), ("nguồn",), datetime.date(2026, 11, 1))
