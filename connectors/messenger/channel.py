"""Puts the Messenger channel together: the door, the sender, what comes round, and how it is doing."""

from __future__ import annotations

import datetime

from starlette.routing import Route

from assistant.desk import handover
from connectors.base import revival
from connectors.base.channel import Channel, Parts
from connectors.messenger.address import CHANNEL
from connectors.messenger.api import Graph
from connectors.messenger.handshake import handshake
from connectors.messenger.health import Tokens, health
from connectors.messenger.presence import Presence
from connectors.messenger.receipts import Receipts
from connectors.messenger.sender import MessengerSender
from connectors.messenger.settings import MessengerApp
from connectors.messenger.standing import Standing
from connectors.messenger.threads import Threads
from connectors.messenger.webhook import Door
from connectors.messenger.words import Content

PATH = "/webhooks/messenger"


def messenger_channel(app: MessengerApp, parts: Parts, content: Content) -> Channel:
    """Returns the channel of an app; without a secret its door refuses everything, without a page nothing is sent."""
    graph, standing, receipts = Graph(parts.http, app), Standing(parts.pool), Receipts(parts.pool)
    threads = Threads(app, graph) if app.pages else None
    door = Door(app, parts, standing, receipts, threads, content.refs, content.titles)
    routes = (Route(PATH, handshake(app.verify_token), methods=["GET"]), Route(PATH, door.endpoint, methods=["POST"]))
    if not app.pages:
        return Channel(CHANNEL, routes, health=lambda: health(parts.pool, app, None))

    async def lost(conversation: str) -> None:
        until = datetime.datetime.now(datetime.UTC) + app.silence
        async with parts.pool.connection() as connection:
            await handover.taken_outside(connection, conversation, until)

    tokens = Tokens(parts.pool, app, graph)
    sender = MessengerSender(app, graph, content.words, standing, lost, Presence(graph))
    jobs = (standing.job(), receipts.job(), tokens.job(), revival.job(parts.pool, CHANNEL))
    return Channel(
        CHANNEL,
        routes,
        sender,
        lambda: health(parts.pool, app, tokens),
        jobs,
        typing=sender.typing,
        name_of=sender.name_of,
    )
