"""Puts the Zalo channel together: the door, a sender for all accounts, what comes round, and how it is doing."""

from __future__ import annotations

from starlette.routing import Route

from connectors.base import revival
from connectors.base.channel import Channel, Parts
from connectors.zalo.address import CHANNEL
from connectors.zalo.api import Api
from connectors.zalo.health import health
from connectors.zalo.oauth import Connect, OAuth
from connectors.zalo.pace import Pace
from connectors.zalo.receipts import Receipts
from connectors.zalo.sender import Account, ZaloSender
from connectors.zalo.settings import ZaloApp
from connectors.zalo.standing import Standing
from connectors.zalo.tokens import StoredTokens
from connectors.zalo.verifier import verifier_routes
from connectors.zalo.webhook import Door
from connectors.zalo.windows import Windows

PATH = "/webhooks/zalo"


def zalo_channel(app: ZaloApp, parts: Parts) -> Channel:
    """Returns the channel of an app; without an app its door refuses everything.

    Args:
        app: credentials and accounts.
        parts: what every channel is built from.
    """
    windows, receipts = Windows(parts.pool), Receipts(parts.pool)
    door = Route(PATH, Door(app, parts, windows, receipts).take, methods=["POST"])
    routes = (door, *verifier_routes(app.verifier))
    if not app.app_id:
        return Channel("zalo", routes, health=lambda: health(parts.pool, app))
    oauth, shared = OAuth(parts.http, app), Pace()
    accounts, jobs = {}, [receipts.job(), revival.job(parts.pool, CHANNEL)]
    for oa in app.oas:
        tokens = StoredTokens(parts.pool, parts.vault, oauth, app.key(oa), oa)
        standing = Standing(parts.pool, app.key(oa))
        api = Api(parts.http, app.api, tokens, Pace(shared), app.app_secret)
        accounts[app.named(oa)] = Account(api, standing)
        jobs += [tokens.job(), standing.job()]
    sender = ZaloSender(accounts, windows, app.paid)
    connecting = Connect(parts.pool, parts.vault, parts.http, app)
    return Channel(
        "zalo", routes, sender, lambda: health(parts.pool, app), tuple(jobs), connecting, name_of=sender.name_of
    )
