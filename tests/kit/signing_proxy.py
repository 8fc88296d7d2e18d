"""A proxy as some organisations have it: it opens what is encrypted and signs with a certificate of its own.

Behind it lies one package archive, `HOST`, with the wheels of a folder.
"""

from __future__ import annotations

import datetime
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "packages.example.com"
INDEX = f"https://{HOST}/simple/"


@contextmanager
def signing_proxy(wheels: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """Gives the proxy's address, and the file with the organisation's certificate."""
    authority, presented = _certificates(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(presented)
    handler = type("Handler", (_Handler,), {"tls": tls, "wheels": wheels})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", authority
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    tls: ssl.SSLContext
    wheels: Path

    def do_CONNECT(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        with suppress(OSError):  # who does not trust us hangs up
            with self.tls.wrap_socket(self.connection, server_side=True) as inside:
                with inside.makefile("rb") as self.rfile, inside.makefile("wb") as self.wfile:
                    self.handle_one_request()

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        found = self.wheels / Path(self.path).name
        if self.headers["Host"] == HOST and found.is_file():
            self._answer(found.read_bytes(), "application/octet-stream")
        else:
            links = "".join(f'<a href="/files/{each.name}">{each.name}</a>' for each in self.wheels.glob("*.whl"))
            self._answer(links.encode(), "text/html")

    def _answer(self, body: bytes, kind: str) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def _certificates(folder: Path) -> tuple[Path, Path]:
    """Makes the organisation's certificate, and one for HOST that it signed (with its key)."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An organisation")])
    root = _signed(name, name, root_key, root_key, x509.BasicConstraints(ca=True, path_length=0))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    leaf = _signed(subject, name, key, root_key, x509.SubjectAlternativeName([x509.DNSName(HOST)]))
    authority, presented = folder / "organisation.pem", folder / "presented.pem"
    pem = serialization.Encoding.PEM
    authority.write_bytes(root.public_bytes(pem))
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    presented.write_bytes(leaf.public_bytes(pem) + secret)
    return authority, presented


def _signed(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:  # fmt: skip
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        .sign(by, hashes.SHA256())
    )
