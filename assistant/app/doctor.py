"""`assistant doctor`: what is missing or unsafe, said before people meet it.

A server in production mode runs the checks of the settings first and refuses to start while one of
them finds something only a demo may have.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import psycopg

from assistant.settings import DATABASES, ROOT, Settings, SettingsError, StartError
from assistant.settings.addresses import believes_too_many, is_plain_http
from assistant.settings.strength import is_weak

_LOOPBACK = {"127.0.0.1", "::1", "localhost", ""}
_FREE_SPACE = 1 << 30
_CONNECT_SECONDS = 5


class Unsafe(StartError):
    """Production would run with something only a demo may have."""


@dataclass(frozen=True)
class Finding:
    """One line of the report: "unsafe" keeps production from starting, "note" does not."""

    level: Literal["good", "note", "unsafe"]
    about: str
    text: str

    @property
    def mark(self) -> str:
        """The sign before the line."""
        return {"good": "✓", "note": "!", "unsafe": "✗"}[self.level]


Check = Callable[[Settings], Iterator[Finding]]


def examine(settings: Settings) -> list[Finding]:
    """Runs every check; in a demo nothing is unsafe."""
    findings = [*_run(settings, _OF_SETTINGS), *_run(settings, _OF_SURROUNDINGS)]
    if settings.demo:
        return [Finding("note" if f.level == "unsafe" else f.level, f.about, f.text) for f in findings]
    return findings


def refuse_unsafe(settings: Settings) -> None:
    """Ends the start of a production server that is not safe.

    Raises:
        Unsafe: naming everything that was found.
    """
    if settings.demo:
        return
    found = [f for f in _run(settings, _OF_SETTINGS) if f.level == "unsafe"]
    if found:
        lines = "\n".join(f"  {f.mark} {f.about}: {f.text}" for f in found)
        raise Unsafe(f"not started, production needs this mended (assistant doctor):\n{lines}")


def _run(settings: Settings, checks: tuple[Check, ...]) -> list[Finding]:
    return [finding for check in checks for finding in check(settings)]


def _mode(settings: Settings) -> Iterator[Finding]:
    if not settings.assistant_mode:
        yield Finding(
            "note" if settings.demo else "unsafe", "ASSISTANT_MODE", "not set: a server does not start without"
        )
        return
    text = "demo: synthetic members, mailbox and platforms run inside" if settings.demo else "production"
    yield Finding("note" if settings.demo else "good", "ASSISTANT_MODE", text)


def _keys(settings: Settings) -> Iterator[Finding]:
    try:
        keys = settings.keys
    except SettingsError as error:
        yield Finding("unsafe", "VAULT_KEYS", str(error))
        return
    if any(len(set(key)) < 8 for key in keys):
        yield Finding("unsafe", "VAULT_KEYS", "a key is not random; make one with: openssl rand -base64 32")
    elif not settings.vault_keys.get_secret_value():
        yield Finding("note", "VAULT_KEYS", "a key made for this demo, kept in VAR_DIR")
    else:
        yield Finding("good", "VAULT_KEYS", f"{len(keys)} in use")


def _models(settings: Settings) -> Iterator[Finding]:
    if settings.model_public_keys:
        yield Finding("good", "MODEL_PUBLIC_KEYS", "only models of these keys are loaded")
    else:
        yield Finding("unsafe", "MODEL_PUBLIC_KEYS", "not set: whoever can write models can sign them")


def _face(settings: Settings) -> Iterator[Finding]:
    if not settings.public_url.startswith("https://"):
        yield Finding("unsafe", "PUBLIC_URL", "must be the https:// address people use; links in mails begin with it")
    elif urlsplit(settings.public_url).hostname in _LOOPBACK:
        yield Finding("unsafe", "PUBLIC_URL", "names this machine only")
    else:
        yield Finding("good", "PUBLIC_URL", settings.public_url)
    trusted = settings.forwarded_allow_ips
    if wide := believes_too_many(trusted):
        text = f"{wide} lets strangers claim any address; name the TLS proxy's"
        yield Finding("unsafe", "FORWARDED_ALLOW_IPS", text)
    elif not trusted:  # on this machine, too: nobody's word is taken without being named
        text = "not set: the TLS proxy's address is taken for everybody's, and limits by address hit all at once"
        yield Finding("unsafe", "FORWARDED_ALLOW_IPS", text)
    if not settings.metrics_token.get_secret_value():
        yield Finding("unsafe", "METRICS_TOKEN", "not set: /metrics is open to everybody")
    for name in ("metrics_token", "oidc_client_secret", "registry_signing_key"):
        given = getattr(settings, name).get_secret_value().rpartition(":")[2]
        if given and is_weak(given):
            yield Finding("unsafe", name.upper(), "could be guessed; make one with: openssl rand -hex 24")
    if is_plain_http(settings.oidc_issuer):
        yield Finding("unsafe", "OIDC_ISSUER", "must be https: who signs in there is believed")


def _debug(settings: Settings) -> Iterator[Finding]:
    for name in ("PYTHONDEVMODE", "PYTHONASYNCIODEBUG", "PYTHONINSPECT", "SSLKEYLOGFILE"):
        if os.environ.get(name):
            yield Finding("unsafe", name, "is set: debugging shows what users write")
    if sys.flags.dev_mode and not os.environ.get("PYTHONDEVMODE"):
        yield Finding("unsafe", "python -X dev", "debugging shows what users write")


def _mail(settings: Settings) -> Iterator[Finding]:
    url = settings.smtp_url.get_secret_value()
    if not url:
        yield Finding("unsafe", "SMTP_URL", "not set: no reset can be finished")
    elif settings.smtp_tls == "plain" and urlsplit(url).hostname not in _LOOPBACK:
        yield Finding("unsafe", "SMTP_TLS", "plain: letters with links would travel without TLS")
    elif urlsplit(url).scheme not in ("smtp", "smtps") or not urlsplit(url).hostname:
        yield Finding("unsafe", "SMTP_URL", "must read smtp://user:password@host:587 or smtps://user:password@host:465")
    else:
        yield Finding("good", "SMTP_URL", f"{urlsplit(url).scheme}://{urlsplit(url).hostname}")
    if ".example" in settings.mail_from:
        yield Finding("unsafe", "MAIL_FROM", "is the example's address")


def _registry(settings: Settings) -> Iterator[Finding]:
    url = settings.registry_url
    if not url:
        yield Finding("unsafe", "REGISTRY_URL", "not set: the embedded register of the demo would be asked")
    elif is_plain_http(url):
        yield Finding("unsafe", "REGISTRY_URL", "identifiers would travel without TLS")
    else:
        yield Finding("good", "REGISTRY_URL", urlsplit(url).scheme)


def _store(settings: Settings) -> Iterator[Finding]:
    if not settings.database_url:
        yield Finding("note", "DATABASE_URL", "embedded PostgreSQL: one machine only; back VAR_DIR up")
        return
    for name in DATABASES:
        if given := getattr(settings, name):
            yield _way(name.upper(), given)
    if settings.database_owner_url:
        text = "is the tables' owner's: give it to `assistant migrate` alone, not to a node"
        yield Finding("unsafe", "DATABASE_OWNER_URL", text)


def _way(name: str, given: str) -> Finding:
    from assistant.database import urls

    try:
        named = urls.hosts(given)
    except psycopg.ProgrammingError:
        return Finding("unsafe", name, "is no address of a PostgreSQL (postgresql://…)")
    elsewhere = [host for host in named if host not in _LOOPBACK and not host.startswith(("/", "@"))]
    if elsewhere and urls.parameters(given).get("sslmode") not in ("require", "verify-ca", "verify-full"):
        return Finding("unsafe", name, "add sslmode=verify-full: the database is on another machine")
    return Finding("good", name, ", ".join(elsewhere or named) if elsewhere or "/" not in "".join(named) else "socket")


def _channels(settings: Settings) -> Iterator[Finding]:
    from connectors.all import kinds

    for kind in kinds():
        troubles = list(kind.settings(settings))
        yield from (Finding(trouble.level, trouble.setting, trouble.text) for trouble in troubles)
        if not troubles:
            yield Finding("good", f"channel {kind.name}", kind.title)


def _model(settings: Settings) -> Iterator[Finding]:
    from assistant.model_store import signing
    from assistant.rasa import training

    path = training.present_path(settings)
    if not path.exists():
        yield Finding("note", "model", f"{path.name} is not there; it is trained at the start")
        return
    try:
        signing.verify(path, settings)
    except StartError as error:
        yield Finding("unsafe", "model", str(error))
    else:
        yield Finding("good", "model", path.name)


def _content(settings: Settings) -> Iterator[Finding]:
    from assistant.content.check import check
    from connectors.all import check_content as check_channels

    errors = sum(finding.is_error for finding in check(ROOT, channels=check_channels))
    if errors:
        yield Finding("unsafe", "content", f"{errors} errors; see: assistant content check")
    else:
        yield Finding("good", "content", "no errors")


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = settings.var_dir if settings.var_dir.exists() else ROOT
    free = shutil.disk_usage(folder).free
    text = f"{free >> 20} MB free in {folder}"
    yield Finding("good" if free > _FREE_SPACE else "note", "disk", text)


def _database(settings: Settings) -> Iterator[Finding]:
    from assistant import database
    from assistant.database import pooling, roles

    try:
        pooling.refuse_unfit(settings)
        url = database.direct_url_of(settings)
        with psycopg.connect(url, connect_timeout=_CONNECT_SECONDS) as connection:
            yield from _inside(connection)
            if settings.database_url and not settings.demo:
                yield _standby(connection)
                yield from _backups(connection)
            if settings.database_url and roles.owns_tables(connection):
                text = "may change tables and the audit trail; see docs/deploy.md, PostgreSQL's roles"
                yield Finding("unsafe", "database login", text)
            if connection.execute("SELECT to_regclass('audit')").fetchone() != (None,):
                pooling.refuse_owner(settings)
    except SettingsError as error:
        yield Finding("unsafe", "database", str(error))
    except psycopg.errors.DiskFull:
        yield Finding("unsafe", "database", "its disk is full")
    except (psycopg.Error, OSError) as error:
        yield Finding("unsafe", "database", f"cannot be reached ({type(error).__name__})")


def _standby(connection: psycopg.Connection[Any]) -> Finding:
    """Tells whether a commit waits for a second machine; without one the first takes what it alone had with it."""
    row = connection.execute(
        "SELECT current_setting('synchronous_standby_names'), current_setting('synchronous_commit')"
    ).fetchone()
    names, commit = row or ("", "")
    if names and commit in ("on", "remote_write", "remote_apply"):
        return Finding("good", "synchronous standby", names)
    why = f"synchronous_commit is {commit}" if names else "PostgreSQL waits for none"
    text = f"{why}: a machine that is lost takes messages with it that were acknowledged; docs/high-availability.md"
    return Finding("note", "synchronous standby", text)


def _backups(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    """Tells whether the database could be brought back; a young installation has no copy yet."""
    if connection.execute("SELECT to_regclass('backups')").fetchone() == (None,):
        return
    row = connection.execute("SELECT at, at < now() - interval '26 hours' FROM backups WHERE kind = 'base'").fetchone()
    if row is None or row[1]:
        text = f"last one: {row[0]:%Y-%m-%d %H:%M}" if row else "none was ever made"
        yield Finding("note", "back-up", f"{text}; docs/backup.md")
    else:
        yield Finding("good", "back-up", f"{row[0]:%Y-%m-%d %H:%M}")
    archive = connection.execute("SELECT current_setting('archive_mode')").fetchone()
    if archive == ("off",):
        yield Finding(
            "note", "archive_mode", "is off: what was written since the last copy would be lost with the disk"
        )


def _inside(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    from assistant import database

    def one(query: str) -> Any:
        row = connection.execute(query).fetchone()
        return row[0] if row else None

    version = int(one("SHOW server_version_num"))
    yield Finding("good" if version >= 140000 else "unsafe", "PostgreSQL", f"{version // 10000}")
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        if one(f"SHOW {name}") == "off":
            yield Finding("unsafe", f"PostgreSQL {name}", "is off: accepted messages may be lost in a power cut")
    wanted = database.newest_revision()
    found = one("SELECT to_regclass('alembic_version')") and one("SELECT version_num FROM alembic_version")
    if found == wanted:
        yield Finding("good", "schema", wanted)
    elif found and found > wanted and one("SELECT to_regclass('schema_floor')"):
        if (floor := str(one("SELECT revision FROM schema_floor"))) <= wanted:
            yield Finding("good", "schema", f"{found}, newer than this version's {wanted}, which works on it")
        else:
            yield Finding(
                "unsafe", "schema", f"{found} is too new: it needs a version from {floor} on, this is {wanted}"
            )
    else:
        yield Finding("note", "schema", f"is at {found or 'nothing'}, not {wanted}; a start brings it there")
    # A full disk shows only to who writes; the table goes with the connection.
    connection.execute("CREATE TEMPORARY TABLE doctor AS SELECT repeat('x', 100) FROM generate_series(1, 2000)")
    if one("SELECT to_regclass('register.members')"):
        from assistant.accounts.demo_members import MEMBERS

        codes = [member.code for member in MEMBERS]
        row = connection.execute("SELECT count(*) FROM register.members WHERE code = ANY(%s)", (codes,)).fetchone()
        if row and row[0]:
            yield Finding("unsafe", "demo accounts", f"{row[0]} synthetic members are in this database's register")


def _demo_members_of(settings: Settings) -> Iterator[Finding]:
    """The same where production would ask a register of its own."""
    url = settings.registry_url
    if not url or urlsplit(url).scheme in ("http", "https"):
        return
    from assistant.accounts.demo_members import MEMBERS
    from assistant.accounts.model import RegistryUnavailable
    from assistant.app import registries

    try:
        registry = registries.of_tables(url, 1)
    except SettingsError as error:
        yield Finding("unsafe", "REGISTRY_URL", str(error))
        return
    with suppress(RegistryUnavailable):
        if any(registry.find(member.code) for member in MEMBERS):
            yield Finding("unsafe", "demo accounts", "synthetic members are in the register of REGISTRY_URL")
    registry.close()


def _register_answers(settings: Settings) -> Iterator[Finding]:
    """Asks for a code that nobody has; only a note, for the assistant is of use without the register, too."""
    if not settings.registry_url:
        return
    from assistant.accounts.model import RegistryUnavailable
    from assistant.app import registries

    try:
        registry = registries.real_registry(settings, settings.database_url)
    except SettingsError as error:
        yield Finding("unsafe", "REGISTRY_URL", str(error))
        return
    guarded = registries.guarded(registry, settings.registry_seconds)
    try:
        guarded.find("0000000000")
    except RegistryUnavailable as error:
        yield Finding("note", "register", f"gives no good answer now ({error})")
    else:
        yield Finding("good", "register", "answers")
    finally:
        guarded.close()
        registry.close()


_OF_SETTINGS: tuple[Check, ...] = (
    _mode, _keys, _models, _face, _debug, _mail, _registry, _store, _channels, _demo_members_of,
)  # fmt: skip
_OF_SURROUNDINGS: tuple[Check, ...] = (_model, _content, _disk, _database, _register_answers)
