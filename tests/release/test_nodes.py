"""Nodes serve what is live: they swap, keep what they have if it does not load, and start with it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from assistant.model_store import signing
from assistant.model_store.signing import ModelRefused
from assistant.release import archive, live, store
from assistant.release.model import Archive, By, NodeState
from assistant.settings import ROOT, Settings
from tests.conftest import Served, serve
from tests.kit.people import Visitor, close_clients
from tests.kit.waiting import until
from tests.release.test_store import LAN, Connection, built, make_live


@pytest.fixture
def settings(model_path: Path, tmp_path: Path) -> Settings:
    """Settings of the machine that signs."""
    return Settings(models_dir=model_path.parent, var_dir=tmp_path / "here")


@pytest.fixture
def packed(model_path: Path, settings: Settings) -> Archive:
    return archive.pack(model_path, ROOT / "data", settings)


@pytest.fixture
def served(database_url: str, model_path: Path, tmp_path: Path) -> Iterator[Served]:
    """Everything in one process: the model is exchanged between two turns."""
    node = serve(database_url, model_path, tmp_path, NODES="0", MODELS_DIR=str(model_path.parent))
    node.start()
    yield node
    node.stop()
    close_clients()


def state(connection: Connection) -> tuple[int | None, str | None]:
    nodes = live.nodes(connection)
    return (nodes[0].release, nodes[0].trouble) if nodes else (None, None)


def release_with(connection: Connection, packed: Archive) -> int:
    number = built(connection)
    connection.execute(
        "UPDATE release_archives SET archive = %s, signature = %s WHERE release = %s",
        (packed.content, packed.signature, number),
    )
    return number


def test_a_node_swaps_refuses_what_is_broken_and_starts_with_what_is_live(
    served: Served, connection: Connection, packed: Archive, settings: Settings, tmp_path: Path
) -> None:
    visitor = Visitor(served.url)
    before = visitor.text("tổng đài số mấy vậy")
    good = release_with(connection, packed)
    make_live(connection, good)
    until(lambda: state(connection) == (good, None))
    assert Visitor(served.url).text("tổng đài số mấy vậy") == before
    assert visitor.text("tổng đài số mấy vậy")

    forged = release_with(connection, Archive(packed.content + b"\0" * 512, packed.signature))
    make_live(connection, forged)
    until(lambda: "not signed by a key" in (state(connection)[1] or ""))
    unloadable = release_with(connection, broken_archive(tmp_path, settings))
    make_live(connection, unloadable)
    until(lambda: (trouble := state(connection)[1]) and "not signed" not in trouble)
    assert state(connection)[0] == good  # it goes on with what it had
    assert visitor.text("tổng đài số mấy vậy")

    make_live(connection, good, "rolled_back")
    until(lambda: state(connection) == (good, None))
    assert served.stop() == 0
    assert live.nodes(connection) == []
    served.start()
    until(lambda: state(connection) == (good, None))
    assert f"serving release {good}" in served.log.read_text()


def broken_archive(folder: Path, settings: Settings) -> Archive:
    """An archive that is signed as it should be, whose model is none."""
    model = folder / "vssid-broken.tar.gz"
    model.write_bytes(b"none")
    signing.sign(model, settings)
    return archive.pack(model, ROOT / "data", settings)


def test_an_archive_comes_out_as_it_went_in(packed: Archive, settings: Settings, model_path: Path) -> None:
    model = archive.unpacked(7, packed, settings)
    assert model.read_bytes() == model_path.read_bytes()
    assert archive.release_of(model, settings) == 7
    assert archive.release_of(model_path, settings) is None
    shipped = {name: path.read_bytes() for name, path in archive.content_files(ROOT / "data")}
    assert {name: path.read_bytes() for name, path in archive.content_files(model.parent / "data")} == shipped
    signing.verify(model, settings)
    assert archive.unpacked(7, packed, settings) == model


def test_nothing_is_unpacked_that_was_changed_or_comes_from_elsewhere(packed: Archive, settings: Settings) -> None:
    other_key, _ = signing.new_key()
    theirs = settings.model_copy(update={"model_public_keys": other_key})
    changed = bytearray(packed.content)
    changed[5000] ^= 1
    for wrong, where in ((Archive(bytes(changed), packed.signature), settings), (packed, theirs)):
        with pytest.raises(ModelRefused):
            archive.unpacked(8, wrong, where)
    assert not list(archive.folder_of(settings).glob("8-*"))


def test_no_file_leaves_the_folder(settings: Settings) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("../outside"))
    content = buffer.getvalue()
    with pytest.raises(tarfile.TarError):
        archive.unpacked(9, Archive(content, signing.signature_of(content, settings)), settings)
    assert not (archive.folder_of(settings) / "outside").exists()


def test_a_machine_that_may_not_sign_builds_nothing() -> None:
    key, public = signing.new_key()
    assert signing.may_sign(Settings())
    assert not signing.may_sign(Settings(model_public_keys=public))
    assert signing.may_sign(Settings(model_public_keys=public, model_signing_key=key))  # type: ignore[arg-type]


def test_a_node_that_is_gone_is_not_shown(connection: Connection) -> None:
    live.report(connection, NodeState("a", None, "vssid-x"))
    assert [node.name for node in live.nodes(connection)] == ["a"]
    connection.execute("UPDATE release_nodes SET seen_at = now() - interval '21 seconds'")
    assert live.nodes(connection) == []


def test_found_models_keep_who_and_when(connection: psycopg.Connection[tuple[int]], packed: Archive) -> None:
    number = built(connection)
    release = store.find(connection, number)
    assert release is not None
    kept = store.add_found(connection, "vssid-y", release.asked_at, packed, By("", "Máy"))
    assert store.archive(connection, kept) == packed
    assert LAN.shown == release.shown
