"""Which registry this server asks, built from the settings."""

from __future__ import annotations

import base64
import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError

from assistant import database
from assistant.accounts.registry.guarded import GuardedRegistry
from assistant.accounts.registry.sql import SqlRegistry
from assistant.app import modes
from assistant.runtime import metrics
from assistant.settings import Settings, SettingsError

if TYPE_CHECKING:
    from assistant.accounts.registry.http import HttpRegistry, Signature


def real_registry(settings: Settings, database_url: str) -> SqlRegistry | HttpRegistry:
    """Returns the registry that REGISTRY_URL names: http(s) the interface, else tables in a PostgreSQL.

    Args:
        settings: this server's.
        database_url: our own database, which holds the tables where no other is named.

    Raises:
        SettingsError: if it cannot be asked safely with these settings.
    """
    modes.refuse_real(settings)
    url = settings.registry_url
    if urlsplit(url).scheme not in ("http", "https"):
        return of_tables(url or database.sqlalchemy_url(database_url), settings.registry_seconds)
    from assistant.accounts.registry.http import HttpRegistry

    _check(settings)
    return HttpRegistry(
        url,
        ca_file=_path(settings.registry_ca_file),
        client_cert=_path(settings.registry_client_cert_file),
        client_key=_path(settings.registry_client_key_file),
        seconds=settings.registry_seconds,
        signature=signature_of(settings.registry_signing_key.get_secret_value()),
    )


def of_tables(url: str, seconds: float) -> SqlRegistry:
    """Returns the registry of tables in a PostgreSQL.

    Raises:
        SettingsError: if that is no address of one.
    """
    try:
        return SqlRegistry(url, seconds=seconds)
    except (SQLAlchemyError, ModuleNotFoundError):  # of a kind of database that we do not have
        raise SettingsError("REGISTRY_URL is no address (https://… or postgresql+psycopg://…)") from None


def guarded(registry: SqlRegistry | HttpRegistry, seconds: float) -> GuardedRegistry:
    """Returns a registry that answers in time, and is counted."""
    return GuardedRegistry(registry, seconds, observe=lambda outcome: metrics.registry_calls.labels(outcome).inc())


def signature_of(given: str) -> Signature | None:
    """Returns what signs requests with a key "NAME:BASE64"; None without one.

    Raises:
        SettingsError: if it is no such key.
    """
    if not given:
        return None
    from assistant.accounts.registry.http import Signature

    name, _, encoded = given.partition(":")
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise SettingsError("REGISTRY_SIGNING_KEY is not NAME:BASE64") from error
    if not name or len(key) < 32:
        raise SettingsError("REGISTRY_SIGNING_KEY must be NAME:BASE64 of at least 32 random bytes")
    return Signature(name, key)


def _check(settings: Settings) -> None:
    files = (settings.registry_ca_file, settings.registry_client_cert_file, settings.registry_client_key_file)
    for file in files:
        if file is not None and not file.is_file():
            raise SettingsError(f"{file} is not there (REGISTRY_CA_FILE, REGISTRY_CLIENT_CERT_FILE, …_KEY_FILE)")
    if (settings.registry_client_cert_file is None) != (settings.registry_client_key_file is None):
        raise SettingsError("REGISTRY_CLIENT_CERT_FILE and REGISTRY_CLIENT_KEY_FILE belong together")
    address = urlsplit(settings.registry_url)
    if address.username or address.password or address.query:
        raise SettingsError("REGISTRY_URL holds credentials or a query: use the other REGISTRY_… settings")
    if address.scheme == "http" and not _is_here(address.hostname or ""):
        raise SettingsError("REGISTRY_URL must be https: people's data would cross the network in clear")
    proves = settings.registry_client_cert_file or settings.registry_signing_key.get_secret_value()
    if not settings.demo and not proves:
        raise SettingsError("set REGISTRY_SIGNING_KEY or REGISTRY_CLIENT_CERT_FILE: the registry must know who asks")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _path(file: Path | None) -> str:
    return "" if file is None else str(file)
