"""Signatures of model archives: a model is loaded only if one of our keys signed exactly these bytes.

Ed25519. Who trains holds the private key (MODEL_SIGNING_KEY); nodes need only the public ones
(MODEL_PUBLIC_KEYS). Without these settings, as in a demo, a key pair is made beside the models at
the first training: it tells damaged or exchanged files, not an intruder who can write there.
"""

from __future__ import annotations

import base64
import binascii
import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from assistant.settings import Settings, SettingsError, StartError

_OWN_KEY = "signing.key"


class ModelRefused(StartError):
    """A model has no signature, or none of a key we trust."""


def signature_path(model: Path) -> Path:
    """Returns where the signature of a model lies: beside it."""
    return model.with_name(model.name + ".sig")


def sign(model: Path, settings: Settings) -> None:
    """Writes the signature of a model."""
    fresh = signature_path(model).with_suffix(f".{os.getpid()}")
    fresh.write_text(signature_of(model.read_bytes(), settings, model.parent) + "\n")
    fresh.replace(signature_path(model))


def signature_of(content: bytes, settings: Settings, folder: Path | None = None) -> str:
    """Returns a signature of bytes, made with MODEL_SIGNING_KEY or the key in `folder` (the models')."""
    return base64.b64encode(_private(settings, folder or settings.models_dir).sign(content)).decode()


def may_sign(settings: Settings) -> bool:
    """Tells whether what is signed here is believed on nodes with these settings."""
    return bool(settings.model_signing_key.get_secret_value()) or not settings.model_public_keys.strip()


def verify(model: Path, settings: Settings) -> None:
    """Checks a model before it is loaded.

    Raises:
        ModelRefused: if it is not signed by a key that the settings (or its folder, in a demo) name.
    """
    try:
        signature = signature_path(model).read_text()
    except FileNotFoundError:
        raise ModelRefused(f"{model} is not signed: train it here, or copy its .sig file along") from None
    except ValueError:
        raise ModelRefused(f"{signature_path(model)} is no signature") from None
    # What was unpacked from a release lies apart from the key that demo models are signed with.
    folder = model.parent if (model.parent / _OWN_KEY).exists() else settings.models_dir
    with model.open("rb") as file, _seen(file) as content:
        verify_bytes(content, signature, settings, str(model), folder)


@contextmanager
def _seen(file: BinaryIO) -> Iterator[memoryview]:
    """Yields a file's bytes without a copy of them, whose room each process that looks at a model would keep."""
    if not os.fstat(file.fileno()).st_size:
        yield memoryview(b"")
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as view:
        yield view


def verify_bytes(
    content: bytes | memoryview, signature: str, settings: Settings, name: str, folder: Path | None = None
) -> None:
    """Checks the signature of bytes; `name` is for the message, `folder` has the key of a demo.

    Raises:
        ModelRefused: as `verify`.
    """
    try:
        raw = base64.b64decode(signature.strip(), validate=True)
    except (ValueError, binascii.Error):
        raise ModelRefused(f"the signature of {name} is no signature") from None
    for key in _public(settings, folder or settings.models_dir):
        try:
            key.verify(raw, content)
        except InvalidSignature:
            continue
        return
    raise ModelRefused(f"{name} is not signed by a key of MODEL_PUBLIC_KEYS")


def new_key() -> tuple[str, str]:
    """Returns a new private and public key, in base64."""
    key = Ed25519PrivateKey.generate()
    raw = base64.b64encode(key.private_bytes_raw()).decode()
    return raw, base64.b64encode(key.public_key().public_bytes_raw()).decode()


def _decoded(given: str, name: str) -> bytes:
    try:
        raw = base64.b64decode(given.strip(), validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise SettingsError(f"{name} must be base64 of 32 bytes (assistant model-key makes a pair)")
    return raw


def _private(settings: Settings, folder: Path) -> Ed25519PrivateKey:
    given = settings.model_signing_key.get_secret_value()
    if given:
        return Ed25519PrivateKey.from_private_bytes(_decoded(given, "MODEL_SIGNING_KEY"))
    path = folder / _OWN_KEY
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(new_key()[0])
        with suppress(FileExistsError):  # of two that train at once, the first one's key is it
            path.hardlink_to(fresh)
        fresh.unlink()
    return Ed25519PrivateKey.from_private_bytes(_decoded(path.read_text(), str(path)))


def _public(settings: Settings, folder: Path) -> Sequence[Ed25519PublicKey]:
    given = [part for part in settings.model_public_keys.split(",") if part.strip()]
    if not given:
        return [_private(settings, folder).public_key()] if (folder / _OWN_KEY).exists() else []
    return [Ed25519PublicKey.from_public_bytes(_decoded(key, "MODEL_PUBLIC_KEYS")) for key in given]
