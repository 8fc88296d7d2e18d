"""The tokens of an account: kept encrypted in the database, refreshed by one holder at a time.

A refresh token works once and takes the old access token with it. So a refresh happens under a lock that all
nodes share, whoever waited for it uses the other's result, and it is written down before Zalo is asked: if the
answer is lost in a crash, it is known since when the account must be connected again.
"""

from __future__ import annotations

import asyncio
import datetime
import logging
import zlib
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from assistant.privacy.vault import Vault
from assistant.runtime.periodic_jobs import Job
from connectors.zalo import metrics
from connectors.zalo.api import TokenError
from connectors.zalo.oauth import SETTINGS, Lost, OAuth, Refused
from connectors.zalo.settings import Oa
from connectors.zalo.token_store import DEAD, Pair, Row, TokenStore

logger = logging.getLogger(__name__)
#: Refreshed this long before its end by the sweep, and by whoever needs it if the sweep did not.
EARLY, LATE = datetime.timedelta(minutes=60), datetime.timedelta(minutes=30)
#: Warned from then on. A refresh token is renewed once a day, so it is this old only if that failed for weeks.
WARN_DAYS = 14
_SWEEP_SECONDS = 60.0
#: After a refusal Zalo is not asked again for so long, unless there is another token to try.
_PAUSE = datetime.timedelta(seconds=60)
#: Tokens that Zalo refused before their time and that were replaced, at most; more is another trouble.
_MOST_FORCED, _FORCED_WITHIN = 3, datetime.timedelta(minutes=5)
_LOCKS = 0x2A10  # the first half of the advisory locks' keys
_LONG_AGO = datetime.datetime.min.replace(tzinfo=datetime.UTC)


class StoredTokens:
    """Implements `client.Tokens` for an account whose row is `key`."""

    def __init__(self, pool: AsyncConnectionPool[Any], vault: Vault, oauth: OAuth, key: str, oa: Oa) -> None:
        self._pool = pool
        self._kept = TokenStore(vault, key, oa.id, oa.refresh_token)
        self._oauth = oauth
        self._key = key
        self._oa = oa.id
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
            row = await self._kept.read(connection)
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
        async with self._alone(), self._pool.connection() as connection:
            return await self._renew_alone(connection, refused, before)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Holds the lock that all nodes share, by a transaction: behind a pooler nobody has a session."""
        async with self._pool.connection() as holder:
            await holder.execute("BEGIN")
            lock = (_LOCKS, zlib.crc32(self._key.encode()) - 2**31)
            await holder.execute("SELECT pg_advisory_xact_lock(%s, %s)", lock)
            try:
                yield
            finally:
                with suppress(psycopg.Error):  # with a broken connection the lock is gone, too
                    await holder.execute("ROLLBACK")

    async def _renew_alone(self, connection: AsyncConnection[Any], refused: str, before: datetime.timedelta) -> str:
        if self._unsaved:
            await self._store(connection, *self._unsaved)
        row = await self._kept.read(connection)
        access, kept = self._kept.open(row) if row else ("", "")
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

    def _hold(self, access: str, until: datetime.datetime) -> str:
        self._access, self._until = access, until
        return access

    async def _ask(self, connection: AsyncConnection[Any], row: Row | None, kept: str) -> Pair:
        """Asks with the stored token, then with the settings' if that is one Zalo was not asked with before."""
        fresh = self._kept.untried(row)
        candidates = [token for token in dict.fromkeys((kept, fresh)) if token]
        if row and row.trouble and _now() - self._refused_at < _PAUSE and not fresh:
            raise TokenError(row.trouble)
        if not candidates:
            raise TokenError("oauth: the account is not connected")
        refusal: TokenError = TokenError("oauth")
        for token in candidates:
            await self._kept.asking(connection)
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

    async def _note_refusal(self, connection: AsyncConnection[Any], trouble: str, dead: str) -> None:
        metrics.refreshes.labels("refused").inc()
        self._refused_at = _now()
        logger.error("zalo gives no token (%s): connect the OA again, see connectors/zalo/README.md", trouble)
        await self._kept.refused(connection, trouble, dead)

    async def _keep(self, connection: AsyncConnection[Any], pair: Pair, token: str) -> None:
        """Stores what was issued; a database that is away must not cost the tokens."""
        metrics.refreshes.labels("refreshed").inc()
        self._unsaved = pair, token
        try:
            await self._store(connection, pair, token)
        except psycopg.Error as error:
            logger.error("zalo: new tokens are not stored yet (%s)", type(error).__name__)

    async def _store(self, connection: AsyncConnection[Any], pair: Pair, token: str) -> None:
        await self._kept.refreshed(connection, pair, token)
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
