"""The tokens of an account: kept encrypted in the database, refreshed by one holder at a time.

A refresh token works once and takes the old access token with it. So a refresh happens under a lock that all
nodes share, whoever waited for it uses the other's result, and it is written down before Zalo is asked: if the
answer is lost in a crash, it is known since when the account must be connected again.
"""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import json
import logging
import zlib
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from assistant.privacy.vault import Vault, VaultError
from assistant.sweeps import Job
from connectors.zalo import metrics
from connectors.zalo.accounts import Oa
from connectors.zalo.client import TokenError
from connectors.zalo.oauth import DEAD, SETTINGS, Lost, OAuth, Pair, Refused

logger = logging.getLogger(__name__)
#: Refreshed this long before its end by the sweep, and by whoever needs it if the sweep did not.
EARLY, LATE = datetime.timedelta(minutes=60), datetime.timedelta(minutes=30)
REFRESH_LIVES = datetime.timedelta(days=90)
#: Warned from then on. A refresh token is renewed once a day, so it is this old only if that failed for weeks.
WARN_DAYS = 14
_SWEEP_SECONDS = 60.0
#: After a refusal Zalo is not asked again for so long, unless there is another token to try.
_PAUSE = datetime.timedelta(seconds=60)
#: Tokens that Zalo refused before their time and that were replaced, at most; more is another trouble.
_MOST_FORCED, _FORCED_WITHIN = 3, datetime.timedelta(minutes=5)
_LOCKS = 0x2A10  # the first half of the advisory locks' keys
_COLUMNS = "sealed, expires_at, refreshed_at, granted_at, first_hash, asked_at, trouble, trouble_at, oa"
_LONG_AGO = datetime.datetime.min.replace(tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Row:
    """What the database holds for an account."""

    sealed: bytes
    expires_at: datetime.datetime
    refreshed_at: datetime.datetime
    granted_at: datetime.datetime | None
    first_hash: bytes | None
    asked_at: datetime.datetime | None
    trouble: str | None
    trouble_at: datetime.datetime | None
    oa: str | None

    @property
    def dead(self) -> bool:
        """Whether an admin has to connect the account again."""
        return self.trouble == f"oauth {DEAD}"

    def days_left(self, now: datetime.datetime) -> float:
        """Days until the refresh token dies."""
        return 0.0 if self.dead else max(0.0, (self.refreshed_at + REFRESH_LIVES - now) / datetime.timedelta(days=1))


async def read_row(connection: AsyncConnection[Any], key: str) -> Row | None:
    """Returns an account's row, or None if it never had tokens."""
    cursor = await connection.execute(f"SELECT {_COLUMNS} FROM zalo_tokens WHERE oa_id = %s", (key,))
    row = await cursor.fetchone()
    return Row(bytes(row[0]), *row[1:]) if row else None


async def store_granted(
    connection: AsyncConnection[Any], vault: Vault, key: str, pair: Pair, named: str, first: str
) -> None:
    """Keeps the tokens of an account that was connected on Zalo's page; the settings' token is old then."""
    await connection.execute(
        "INSERT INTO zalo_tokens (oa_id, sealed, expires_at, granted_at, first_hash, oa)"
        " VALUES (%(key)s, %(sealed)s, now() + make_interval(secs => %(seconds)s), now(), %(first)s, %(oa)s)"
        " ON CONFLICT (oa_id) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at,"
        " refreshed_at = now(), granted_at = now(), first_hash = excluded.first_hash, oa = excluded.oa,"
        " asked_at = NULL, trouble = NULL, trouble_at = NULL",
        {
            "key": key,
            "sealed": _seal(vault, key, pair),
            "seconds": pair.seconds,
            "first": _hash(first) if first else None,
            "oa": named or None,
        },
    )


def _seal(vault: Vault, key: str, pair: Pair) -> bytes:
    return vault.seal(json.dumps([pair.access, pair.refresh]), f"zalo {key}")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


class StoredTokens:
    """Implements `client.Tokens` for an account whose row is `key`."""

    def __init__(self, pool: AsyncConnectionPool[Any], vault: Vault, oauth: OAuth, key: str, oa: Oa) -> None:
        self._pool = pool
        self._vault = vault
        self._oauth = oauth
        self._key = key
        self._oa = oa.id
        self._first = oa.refresh_token  # the settings'
        self._one = asyncio.Lock()  # one of this process asks for the shared lock, the others wait here
        self._access = ""
        self._until = _LONG_AGO
        self._unsaved: tuple[Pair, str] | None = None  # issued, but the database went away meanwhile
        self._refused_at = _LONG_AGO
        self._forced: deque[datetime.datetime] = deque(maxlen=_MOST_FORCED)

    def job(self) -> Job:
        """Returns the work that refreshes before anybody needs it, and raises the alarm."""
        return Job(f"zalo tokens {self._key[-4:]}", _SWEEP_SECONDS, self.look_after)

    async def access(self) -> str:
        """Returns a token that should be good.

        Raises:
            TokenError: if none is to be had.
        """
        if self._access and self._until - LATE > _now():
            return self._access
        return await self.refresh("")

    async def refresh(self, refused: str) -> str:
        """Returns a newer token than `refused`.

        Raises:
            TokenError: if Zalo gives none.
        """
        async with self._one:
            if self._access and self._access != refused and self._until - LATE > _now():
                return self._access
            return await self._finish(self._renew(refused, LATE))

    async def look_after(self) -> None:
        """Refreshes a token near its end, and tells metrics and log how the account stands."""
        async with self._one:
            try:
                await self._finish(self._renew("", EARLY))
            except TokenError as error:
                logger.warning("zalo: no access token (%s)", error)
        async with self._pool.connection() as connection:
            row = await read_row(connection, self._key)
        if row:
            self._tell(row)

    @staticmethod
    async def _finish(work: Any) -> str:
        """Runs to the end even where the caller is cancelled: a lost answer is a lost refresh token."""
        task = asyncio.ensure_future(work)
        try:
            return str(await asyncio.shield(task))
        except asyncio.CancelledError:
            await asyncio.wait({task}, timeout=15)
            raise

    async def _renew(self, refused: str, before: datetime.timedelta) -> str:
        lock = (_LOCKS, zlib.crc32(self._key.encode()) - 2**31)
        async with self._pool.connection() as connection:
            await connection.execute("SELECT pg_advisory_lock(%s, %s)", lock)
            try:
                return await self._renew_alone(connection, refused, before)
            finally:
                with suppress(psycopg.Error):  # with a broken connection the lock is gone, too
                    await connection.execute("SELECT pg_advisory_unlock(%s, %s)", lock)

    async def _renew_alone(self, connection: AsyncConnection[Any], refused: str, before: datetime.timedelta) -> str:
        if self._unsaved:
            await self._store(connection, *self._unsaved)
        row = await read_row(connection, self._key)
        access, kept = self._open(row) if row else ("", "")
        now = _now()
        usable = bool(row and access and access != refused and row.expires_at > now)
        if row and usable and row.expires_at - before > now:
            return self._hold(access, row.expires_at)
        if refused and refused == access:
            self._not_too_often(now)
        try:
            pair = await self._ask(connection, row, kept)
        except TokenError:
            if row and usable:  # it still lives: Zalo has some minutes left to come to itself
                return self._hold(access, row.expires_at)
            raise
        return self._hold(pair.access, now + datetime.timedelta(seconds=pair.seconds))

    def _not_too_often(self, now: datetime.datetime) -> None:
        """Counts refreshes of tokens that Zalo refuses before their time; if it refuses all, refreshing is no cure."""
        if len(self._forced) == _MOST_FORCED and now - self._forced[0] < _FORCED_WITHIN:
            raise TokenError("oauth: new tokens are refused, too")
        self._forced.append(now)

    def _open(self, row: Row) -> tuple[str, str]:
        if row.oa and self._oa and row.oa != self._oa:
            return "", ""  # the settings name another account now
        try:
            access, refresh = json.loads(self._vault.open(row.sealed, f"zalo {self._key}"))
        except VaultError as error:
            raise TokenError("stored tokens do not open: VAULT_KEYS changed") from error
        return str(access), str(refresh)

    def _hold(self, access: str, until: datetime.datetime) -> str:
        self._access, self._until = access, until
        return access

    async def _ask(self, connection: AsyncConnection[Any], row: Row | None, kept: str) -> Pair:
        """Asks with the stored token, then with the settings' if that is one Zalo was not asked with before."""
        fresh = self._first if self._first and (row is None or row.first_hash != _hash(self._first)) else ""
        candidates = [token for token in dict.fromkeys((kept, fresh)) if token]
        if row and row.trouble and _now() - self._refused_at < _PAUSE and not fresh:
            raise TokenError(row.trouble)
        if not candidates:
            raise TokenError("oauth: the account is not connected")
        refusal: TokenError = TokenError("oauth")
        for token in candidates:
            await self._note_asked(connection)
            try:
                pair = await self._oauth.refresh(token)
            except Refused as error:
                refusal = error
                await self._note_refusal(connection, str(error), token if error.code == DEAD else "")
                if error.code != DEAD:
                    break
            except Lost as error:
                metrics.refreshes.labels("lost").inc()
                # `asked_at` stays: whether the token is used up shows at the next try.
                raise TokenError(str(error)) from error
            else:
                await self._keep(connection, pair, token)
                return pair
        raise refusal

    async def _note_asked(self, connection: AsyncConnection[Any]) -> None:
        empty = _seal(self._vault, self._key, Pair("", "", 0))
        await connection.execute(
            "INSERT INTO zalo_tokens AS t (oa_id, sealed, expires_at, asked_at) VALUES (%s, %s, now(), now())"
            " ON CONFLICT (oa_id) DO UPDATE SET asked_at = coalesce(t.asked_at, now())",
            (self._key, empty),
        )

    async def _note_refusal(self, connection: AsyncConnection[Any], trouble: str, dead: str) -> None:
        """Keeps what was refused, and the token that is dead; a lost answer before it is why, and since when."""
        metrics.refreshes.labels("refused").inc()
        self._refused_at = _now()
        logger.error("zalo gives no token (%s): connect the OA again, see connectors/zalo/README.md", trouble)
        await connection.execute(
            "UPDATE zalo_tokens SET trouble = %(trouble)s, asked_at = NULL,"
            " trouble_at = CASE WHEN trouble = %(trouble)s THEN trouble_at ELSE coalesce(asked_at, now()) END,"
            " first_hash = coalesce(%(first)s, first_hash) WHERE oa_id = %(key)s",
            {"trouble": trouble, "first": _hash(dead) if dead and dead == self._first else None, "key": self._key},
        )

    async def _keep(self, connection: AsyncConnection[Any], pair: Pair, token: str) -> None:
        """Stores what was issued; a database that is away must not cost the tokens."""
        metrics.refreshes.labels("refreshed").inc()
        self._unsaved = pair, token
        try:
            await self._store(connection, pair, token)
        except psycopg.Error as error:
            logger.error("zalo: new tokens are not stored yet (%s)", type(error).__name__)

    async def _store(self, connection: AsyncConnection[Any], pair: Pair, token: str) -> None:
        await connection.execute(
            "UPDATE zalo_tokens SET sealed = %(sealed)s, expires_at = now() + make_interval(secs => %(seconds)s),"
            " refreshed_at = now(), first_hash = coalesce(%(first)s, first_hash), asked_at = NULL, trouble = NULL,"
            " oa = coalesce(%(oa)s, oa),"
            " granted_at = CASE WHEN %(first)s::bytea IS NULL THEN granted_at ELSE now() END,"
            " trouble_at = NULL WHERE oa_id = %(key)s",
            {
                "sealed": _seal(self._vault, self._key, pair),
                "seconds": pair.seconds,
                "first": _hash(token) if token == self._first else None,
                "oa": self._oa or None,
                "key": self._key,
            },
        )
        self._unsaved = None

    def _tell(self, row: Row) -> None:
        now = _now()
        name = self._oa or "default"
        days = row.days_left(now)
        metrics.days_left.labels(name).set(round(days, 2))
        metrics.access_seconds.labels(name).set(max(0.0, (row.expires_at - now).total_seconds()))
        if row.dead:
            logger.error("zalo: the refresh token is dead since %s: connect the OA again", row.trouble_at)
        elif days < WARN_DAYS:
            logger.error("zalo: the refresh token dies in %.1f days: connect the OA again", days)
        elif row.trouble in {f"oauth {code}" for code in SETTINGS}:
            logger.error("zalo: the app's settings are refused (%s)", row.trouble)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
