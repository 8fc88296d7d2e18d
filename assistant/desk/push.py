"""Web Push: tells a browser of staff, through its maker's push service, that somebody is needed (RFC 8030, 8291, 8292).

The push service sees lengths and times only: what is told is encrypted for the browser. Only services that the settings
name are called, so no address that a page brings makes this server call anybody else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assistant.privacy.vault import Vault, VaultError
from assistant.runtime.origins import is_named

Connection = psycopg.Connection[Any]
_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_RECORD = 4096
_LASTS = 12 * 3600
_SECONDS = 10.0
_LONGEST_ENDPOINT = 1000
_MOST_EACH = 10


class PushError(ValueError):
    """What a browser sent is no subscription of a service that is named; the message says so in Vietnamese."""


@dataclass(frozen=True)
class Subscription:
    """One browser: where its service takes messages, and what they are encrypted with."""

    endpoint: str
    p256dh: bytes
    auth: bytes

    @property
    def hash(self) -> bytes:
        """What the subscription is found by."""
        return hashlib.sha256(self.endpoint.encode()).digest()


def encoded(raw: bytes) -> str:
    """Returns bytes as Web Push writes them."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Reads them.

    Raises:
        ValueError: if it is none.
    """
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def signing_key(vault: Vault) -> ec.EllipticCurvePrivateKey:
    """Returns the key that says who we are to push services: the same for every node of a database."""
    seed = HKDF(hashes.SHA256(), 48, None, b"web push").derive(vault.token_key)
    return ec.derive_private_key(int.from_bytes(seed) % (_ORDER - 1) + 1, _CURVE)


def public_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Returns its public part, as browsers take it."""
    return key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def read(text: str, services: Sequence[str]) -> Subscription:
    """Reads a browser's subscription.

    Raises:
        PushError: if it is none, or of a service that is not named.
    """
    try:
        given = json.loads(text)
        found = Subscription(given["endpoint"], decoded(given["keys"]["p256dh"]), decoded(given["keys"]["auth"]))
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, found.p256dh)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PushError("Trình duyệt gửi đăng ký thông báo không đúng dạng.") from None
    if len(found.auth) != 16 or len(found.endpoint) > _LONGEST_ENDPOINT or not is_named(found.endpoint, services):
        raise PushError("Dịch vụ thông báo của trình duyệt này chưa được hỗ trợ.")
    return found


def keep(connection: Connection, vault: Vault, agent: str, given: Subscription) -> None:
    """Keeps a browser's subscription; whoever signed in there last is told. Of very many the oldest go."""
    words = json.dumps([given.endpoint, encoded(given.p256dh), encoded(given.auth)])
    sealed = vault.seal(words, f"push {given.hash.hex()}")
    connection.execute(
        "INSERT INTO push_subscriptions (agent, endpoint_hash, sealed) VALUES (%s, %s, %s)"
        " ON CONFLICT (endpoint_hash) DO UPDATE SET agent = excluded.agent, sealed = excluded.sealed, made_at = now()",
        (agent, given.hash, sealed),
    )
    connection.execute(
        "DELETE FROM push_subscriptions WHERE agent = %s AND id NOT IN"
        " (SELECT id FROM push_subscriptions WHERE agent = %s ORDER BY made_at DESC LIMIT %s)",
        (agent, agent, _MOST_EACH),
    )


def forget(connection: Connection, agent: str, endpoint: str = "") -> None:
    """Ends one's subscriptions, or that of one browser."""
    digest = hashlib.sha256(endpoint.encode()).digest() if endpoint else None
    connection.execute(
        "DELETE FROM push_subscriptions WHERE agent = %s AND (%s::bytea IS NULL OR endpoint_hash = %s)",
        (agent, digest, digest),
    )


def opened(connection: Connection, vault: Vault, number: int) -> Subscription | None:
    """Returns a kept subscription; None if it is gone, or its agent may not work here any more."""
    row = connection.execute(
        "SELECT p.sealed, p.endpoint_hash FROM push_subscriptions p JOIN staff f ON f.name = p.agent"
        " WHERE p.id = %s AND f.disabled_at IS NULL AND 'agent' = ANY (f.roles)",
        (number,),
    ).fetchone()
    if row is None:
        return None
    try:
        endpoint, p256dh, auth = json.loads(vault.open(row[0], f"push {bytes(row[1]).hex()}"))
    except VaultError:
        return None
    return Subscription(endpoint, decoded(p256dh), decoded(auth))


def encrypted(given: Subscription, words: bytes) -> bytes:
    """Returns a message that only the browser can read (RFC 8291, one record of aes128gcm)."""
    ours, salt = ec.generate_private_key(_CURVE), os.urandom(16)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, given.p256dh)
    point = public_key(ours)
    secret = ours.exchange(ec.ECDH(), theirs)
    info = b"WebPush: info\0" + given.p256dh + point
    material = HKDF(hashes.SHA256(), 32, given.auth, info).derive(secret)
    key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(material)
    nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(material)
    header = salt + _RECORD.to_bytes(4) + bytes([len(point)]) + point
    return header + AESGCM(key).encrypt(nonce, words + b"\x02", None)


def authorization(key: ec.EllipticCurvePrivateKey, endpoint: str, contact: str) -> str:
    """Returns who we are, signed for one push service (RFC 8292)."""
    given = urlsplit(endpoint)
    claims = {"aud": f"{given.scheme}://{given.netloc}", "exp": int(time.time()) + _LASTS, "sub": contact}
    parts = [encoded(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims)]
    signature = key.sign(".".join(parts).encode(), ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(signature)
    parts.append(encoded(r.to_bytes(32) + s.to_bytes(32)))
    return f"vapid t={'.'.join(parts)}, k={encoded(public_key(key))}"


def send(given: Subscription, key: ec.EllipticCurvePrivateKey, contact: str, title: str, text: str, url: str) -> str:
    """Tells a browser; returns "sent", "gone" (it wants no more) or "failed"."""
    words = json.dumps({"title": title, "text": text, "url": url}, ensure_ascii=False).encode()
    try:
        answer = httpx.post(
            given.endpoint, content=encrypted(given, words), timeout=_SECONDS, follow_redirects=False,
            headers={
                "content-encoding": "aes128gcm", "content-type": "application/octet-stream", "ttl": str(_LASTS),
                "urgency": "high", "authorization": authorization(key, given.endpoint, contact),
            },
        )  # fmt: skip
    except (httpx.HTTPError, httpx.InvalidURL, InvalidKey, ValueError):
        return "failed"
    return "sent" if answer.is_success else "gone" if answer.status_code in (404, 410) else "failed"
