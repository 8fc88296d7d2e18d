"""Two agents and three citizens at the desk, each in a browser of their own, with networks that go away.

    python -m bench.desk --minutes 10

Everybody writes numbered messages; agents take who waits, answer, leave words half written, hand over, close their
page; every few seconds somebody's network is cut, once the node itself is killed and started. While it goes on and at
the end it is held against the database: what was sent arrived once and in order, what was typed is still there, who
waits is on every desk.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from playwright.sync_api import Browser, BrowserContext, Error, Page

from assistant import audit, database
from bench import ours
from bench.places import WORK
from bench.postgres import Store
from tests.conftest import Served, serve
from tests.kit.browsers import chromium
from tests.kit.colleagues import Colleague, join
from tests.kit.people import close_clients, conversation_of

_HOURS = """
hours: {monday: 00:00-23:59, tuesday: 00:00-23:59, wednesday: 00:00-23:59, thursday: 00:00-23:59,
        friday: 00:00-23:59, saturday: 00:00-23:59, sunday: 00:00-23:59}
hours_said: mọi lúc
holidays: []
patience_minutes: 3
present_minutes: 5
absent_minutes: 0.5
slow_minutes: 1
give_up_minutes: 2
minutes_each: 5
"""
_PATIENCE = 4_000  # milliseconds for one step of a person
#: Seconds within which an open desk must show who waits: the stream's heartbeat, and a slow machine.
_SHOWN_WITHIN = 8.0
_OPEN = """
SELECT id, conversation, agent, extract(epoch FROM now() - greatest(asked_at, taken_at, held_at, returned_at))
FROM handovers WHERE state <> 'closed'
"""


@dataclass
class Ledger:
    """What people did, and what was found wrong."""

    sent: dict[str, list[str]] = field(default_factory=dict)  # by conversation and who: in order
    done: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)  # words that agents found where they write, and decided on

    def said(self, who: str, conversation: str, words: str) -> None:
        """Notes what somebody sent."""
        self.sent.setdefault(f"{who} {conversation}", []).append(words)
        self.done[f"{who.split(maxsplit=1)[0]} wrote"] += 1


class Person:
    """Somebody with a browser whose network comes and goes."""

    def __init__(self, name: str, context: BrowserContext, ledger: Ledger, chance: random.Random) -> None:
        self.name, self.context, self.ledger, self.chance = name, context, ledger, chance
        context.set_default_timeout(_PATIENCE)
        self.page: Page = context.new_page()
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.page.on("pageerror", lambda error: ledger.faults.append(f"{name}: script {error}"))
        self.back_at = 0.0  # its network is away until then
        self.online_since = time.monotonic()
        self.number = 0

    @property
    def away(self) -> bool:
        """Whether the network is cut."""
        return self.back_at > 0

    def cut(self, seconds: float) -> None:
        """Takes the network away for a while."""
        self.context.set_offline(True)
        self.back_at = time.monotonic() + seconds

    def look(self) -> None:
        """Gives the network back when it is time."""
        if self.away and time.monotonic() > self.back_at:
            self.context.set_offline(False)
            self.back_at, self.online_since = 0.0, time.monotonic()

    def words(self) -> str:
        """Returns the next numbered message."""
        self.number += 1
        return f"{self.name} viết dòng {self.number}"


class Citizen(Person):
    """Asks for a person, and writes on."""

    def begin(self, url: str) -> None:
        """Opens the page."""
        self.page.goto(url)
        cookie = next(c["value"] for c in self.context.cookies() if c["name"] == "chat")
        self.conversation = conversation_of(cookie)

    def step(self, state: str) -> None:
        """Writes something."""
        words = "cho em gặp nhân viên" if state == "bot" else self.words()
        field_ = self.page.locator("textarea")
        field_.fill(words)
        field_.press("Enter")
        if state != "bot":
            self.ledger.said(f"citizen {self.name}", self.conversation, words)


class Agent(Person):
    """Takes who waits, answers, leaves things half done."""

    def begin(self, url: str, who: Colleague) -> None:
        """Opens the desk."""
        self.who, self.url = who, url
        self.context.add_cookies([{"name": "console", "value": who.cookie, "url": url}])
        self.page.goto(f"{url}/console/desk")
        self.page.locator("#presence").click()
        self.drafts: dict[str, str] = {}
        self.closed_until = 0.0

    @property
    def talk(self) -> str:
        """The conversation that is open, or an empty text."""
        return self.page.locator("#desk").get_attribute("data-conversation") or ""

    def step(self) -> None:
        """Does one thing."""
        if self.closed_until:
            if time.monotonic() < self.closed_until or self.away:
                return
            self.closed_until = 0.0
            self.page.goto(f"{self.url}/console/desk")
        if "chrome-error" in self.page.url or "/console/desk" not in self.page.url:
            if not self.away:
                self.page.goto(f"{self.url}/console/desk")
            return
        if self.page.locator("#presence").inner_text() == "Vào trực" and not self.away:
            self.page.locator("#presence").click()
            return
        if self.page.locator("#text").count():
            self._at_talk()
        else:
            self._choose()

    def _choose(self) -> None:
        if self.away:
            return
        mine = self.page.locator("section[aria-labelledby=h-mine] .queued > a")
        take = self.page.locator("section[aria-labelledby=h-waiting] button")
        missed = self.page.locator(".queued.missed > a")
        if take.count():
            take.first.click()
            self.ledger.done["takes"] += 1
        elif mine.count():
            mine.nth(self.chance.randrange(mine.count())).click()
        elif missed.count():
            missed.first.click()
            self.page.locator("#take").click()
            self.ledger.done["missed were seen to"] += 1
        self.page.wait_for_load_state()
        self._look_for_draft()

    def _look_for_draft(self) -> None:
        talk = self.talk
        if talk not in self.drafts or self.away:
            return
        wanted = self.drafts.pop(talk)
        until = time.monotonic() + _PATIENCE / 1000  # the page shows what the browser holds once its script has run
        there, kept = self._written()
        while wanted not in there + kept and time.monotonic() < until:
            self.page.wait_for_timeout(100)
            there, kept = self._written()
        if wanted not in there + kept:
            self.ledger.faults.append(
                f"{self.name}: a draft is gone in {talk}: {wanted!r}, there is {there!r} {kept!r}"
            )
        else:
            self.ledger.done["drafts found again"] += 1
        if there:
            self.page.locator("#text").fill("")

    def _written(self) -> tuple[str, str]:
        """Returns what stands in the field, and what is shown as left of a draft."""
        with suppress(Error):  # the page is just being made anew
            there = self.page.locator("#text").input_value() if self.page.locator("#text").count() else ""
            shown = self.page.locator("#kept-draft:visible")
            return there, shown.inner_text() if shown.count() else ""
        return "", ""

    def _at_talk(self) -> None:
        talk, act = self.talk, self.chance.random()
        there = self.page.locator("#text").input_value()
        self.ledger.seen.append(there)  # what could not be sent stands there again: whoever goes on has read it
        if (draft := self.drafts.pop(talk, "")) and draft not in there:
            self.ledger.faults.append(
                f"{self.name}: a draft is gone while it was written in {talk}: {draft!r}, {there!r}"
            )
        if act < 0.62:
            words = self.words()
            self.page.locator("#text").fill(words)
            self.page.locator("#text").press("Enter")
            self.ledger.said(f"agent {self.name}", talk, words)
        elif act < 0.72:
            words = f"{self.name} còn đang viết {self.number}"
            self.page.locator("#text").fill(words)
            self.drafts[talk] = words
            self.ledger.done["left half written"] += 1
            self.page.wait_for_timeout(self.chance.choice((50, 900)))
            if not self.away:
                self.page.goto(f"{self.url}/console/desk")
        elif self.away:
            return
        elif act < 0.80:
            self.page.goto(f"{self.url}/console/desk")
        elif act < 0.86:
            self.page.locator("#back").click()
            self.ledger.done["given back"] += 1
        elif act < 0.91:
            self.page.locator(".transfer summary").click()
            if self.page.locator("#colleague").count():
                self.page.locator(".transfer form button").click()
                self.ledger.done["transfers"] += 1
        elif act < 0.95:
            self.page.goto(f"{self.url}/console/desk")
            self.page.locator("#presence").click()
            self.ledger.done["breaks"] += 1
        else:
            self.page.goto("about:blank")
            self.closed_until = time.monotonic() + self.chance.uniform(5, 50)
            self.ledger.done["pages closed"] += 1

    def shows(self, number: int) -> bool:
        """Tells whether a handover is on the page."""
        return self.page.locator(f"#q-{number}").count() > 0


class Run:
    """The whole of it."""

    def __init__(self, node: Served, browser: Browser, seed: int) -> None:
        self.node, self.ledger, self.chance = node, Ledger(), random.Random(seed)
        self.database = psycopg.connect(node.database_url, autocommit=True)
        new = lambda: browser.new_context(locale="vi-VN", viewport={"width": 1280, "height": 800})  # noqa: E731
        self.agents = [Agent(name, new(), self.ledger, self.chance) for name in ("Hoa", "Nam")]
        self.citizens = [Citizen(name, new(), self.ledger, self.chance) for name in ("An", "Bình", "Cúc")]
        self.unseen: dict[tuple[str, int], float] = {}
        self.reported: set[tuple[str, int]] = set()
        self.longest = 0.0

    def go(self, minutes: float) -> None:
        """Lets everybody act until the time is over, then settles and judges."""
        for agent in self.agents:
            agent.begin(self.node.url, join(self.node, ["agent"], shown=f"Nhân viên {agent.name}"))
        for citizen in self.citizens:
            citizen.begin(self.node.url)
        until, next_cut = time.monotonic() + minutes * 60, time.monotonic() + 10
        kill_at = time.monotonic() + minutes * 30
        while time.monotonic() < until:
            for person in (*self.agents, *self.citizens):
                person.look()
            if time.monotonic() > next_cut:
                whose = self.chance.choice((*self.agents, *self.agents, *self.citizens))
                whose.cut(self.chance.uniform(1, 25))
                self.ledger.done["network cuts"] += 1
                next_cut = time.monotonic() + self.chance.uniform(5, 20)
            if kill_at and time.monotonic() > kill_at:
                kill_at = 0.0
                self.node.kill()
                time.sleep(3)
                self.node.start()
                self.ledger.done["node killed"] += 1
                for person in self.agents:
                    person.online_since = time.monotonic()
            self._act()
            self._watch()
        self._settle()
        self._judge()

    def _act(self) -> None:
        person = self.chance.choice((*self.agents, *self.agents, *self.citizens))
        started = time.monotonic()
        try:
            if isinstance(person, Agent):
                person.step()
            else:
                if self.chance.random() < 0.5:
                    person.step(self._state(person.conversation))
        except Error as error:
            self.ledger.done["steps that did not go"] += 1
            self.ledger.done[f"  {str(error).splitlines()[0][:90]}"] += 1
        time.sleep(max(0.0, 0.35 - (time.monotonic() - started)))

    def _state(self, conversation: str) -> str:
        row = self.database.execute(
            "SELECT state FROM handovers WHERE conversation = %s AND state <> 'closed'", (conversation,)
        ).fetchone()
        return str(row[0]) if row else "bot"

    def _watch(self) -> None:
        """Holds every open, connected desk against who really waits."""
        rows = self.database.execute(_OPEN).fetchall()
        now = time.monotonic()
        for agent in self.agents:
            with suppress(Error):
                if agent.away or agent.closed_until or not agent.page.locator("#desk").count():
                    continue
                for number, _, _, age in rows:
                    key = (agent.name, number)
                    if agent.shows(number):
                        self.unseen.pop(key, None)
                        continue
                    first = self.unseen.setdefault(key, now)
                    missing = min(now - first, now - agent.online_since, float(age))
                    self.longest = max(self.longest, missing)
                    if missing > _SHOWN_WITHIN and key not in self.reported:
                        self.reported.add(key)
                        self.ledger.faults.append(
                            f"{agent.name}'s desk does not show handover {number} for {missing:.0f} s"
                        )

    def _settle(self) -> None:
        for person in (*self.agents, *self.citizens):
            person.back_at = 0.001
            person.look()
        for agent in self.agents:
            with suppress(Error):
                agent.page.goto(f"{self.node.url}/console/desk")
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            self.agents[0].page.wait_for_timeout(500)
            if not any(self._pending(person) for person in (*self.agents, *self.citizens)):
                break
        time.sleep(8)  # what is held for undoing goes out

    def _pending(self, person: Person) -> list[str]:
        with suppress(Error):
            return list(person.page.evaluate(
                "Object.keys(localStorage).filter((k) => k.startsWith('send ')).map((k) => JSON.parse(localStorage[k]).text)"
            ))  # fmt: skip
        return ["?"]

    def _judge(self) -> None:
        kept = self._kept() + "\n".join(self.ledger.seen)
        for key, sent in self.ledger.sent.items():
            kind, name, conversation = key.split(" ", 2)
            arrived = self._arrived(kind, name, conversation)
            for words in sent:
                times = arrived.count(words)
                if times > 1:
                    self.ledger.faults.append(f"{name} was heard {times} times: {words}")
                elif times == 0 and words not in kept:
                    self.ledger.faults.append(f"{name} was not heard and it is not kept: {words} ({conversation})")
                elif times == 0:
                    self.ledger.done[f"{kind}: refused and kept as a draft"] += 1
            order = [words for words in arrived if words in sent]
            if order != [words for words in sent if words in order]:
                self.ledger.faults.append(f"{name} was heard in another order in {conversation}: {order} {sent}")
        left = self.database.execute(f"{_OPEN} AND state = 'waiting'").fetchall()
        self.ledger.done["still waiting at the end"] = len(left)

    def _kept(self) -> str:
        """Returns everything that agents and citizens still find where they wrote."""
        found = []
        conversations = {key.split(" ", 2)[2] for key in self.ledger.sent}
        for agent in self.agents:
            for conversation in conversations:
                with suppress(Error):
                    agent.page.goto(f"{self.node.url}/console/desk/{conversation}")
                    agent.page.wait_for_timeout(700)  # what the browser still holds is shown once the server has it
                    for piece in ("#text", "#kept-draft"):
                        if agent.page.locator(piece).count():
                            node = agent.page.locator(piece)
                            found.append(node.input_value() if piece == "#text" else node.text_content() or "")
            found.extend(self._pending(agent))
        for citizen in self.citizens:
            with suppress(Error):
                found.append(citizen.page.locator("textarea").input_value())
                found.append(citizen.page.locator("body").inner_text())
        return "\n".join(found)

    def _arrived(self, kind: str, name: str, conversation: str) -> list[str]:
        query = (
            "SELECT body->>'text' FROM outbox WHERE conversation = %s AND sender = 'agent' ORDER BY id"
            if kind == "agent"
            else "SELECT body->>'text' FROM inbox WHERE conversation = %s AND kind = 'text' ORDER BY id"
        )
        rows = self.database.execute(query, (conversation,)).fetchall()
        return [line for (text,) in rows for line in re.split(r"\n+", text) if line.startswith(f"{name} viết")]


def main(arguments: list[str] | None = None) -> int:
    """Runs it, prints what was done and what was wrong; fails if anything was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=18)
    given = parser.parse_args(arguments)
    WORK.mkdir(parents=True, exist_ok=True)
    audit.unlock(audit.Keys(b"p" * 32, b"e" * 32, b"c" * 32))
    store = Store()
    try:
        with tempfile.TemporaryDirectory(dir=WORK) as folder:
            run = _run(store, Path(folder), given.minutes, given.seed)
    finally:
        store.close()
    for what, count in sorted(run.ledger.done.items()):
        print(f"{count:6} {what}")
    print(f"{run.longest:6.1f} s at most until an open desk showed who was there")
    print("\n".join(f"FAULT {fault}" for fault in run.ledger.faults) or "nothing was lost, nobody waited unseen")
    return 1 if run.ledger.faults else 0


def _run(store: Store, folder: Path, minutes: float, seed: int) -> Run:
    url = store.fresh("desk")
    database.migrate(url)
    hours = folder / "desk.yml"
    hours.write_text(_HOURS, encoding="utf-8")
    more: dict[str, Any] = {"DESK_FILE": str(hours), "BURST_SECONDS": "0"}
    node = serve(url, ours.model(), folder, **more)
    node.start()
    try:
        with chromium() as browser:
            run = Run(node, browser, seed)
            try:
                run.go(minutes)
            finally:
                run.database.close()
        return run
    finally:
        close_clients()
        node.stop()


if __name__ == "__main__":
    sys.exit(main())
