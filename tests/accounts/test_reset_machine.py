"""People, thieves, mail, links and time in any order, against a small model of what must be true of the reset."""

from __future__ import annotations

import datetime
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import takewhile
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from assistant.accounts import upkeep
from assistant.accounts.model import LinkInvalid, Outcome, RegistryUnavailable, RequestReset, WeakPassword
from assistant.accounts.records import PostgresResetStore
from assistant.accounts.reset import announce_password, link_hash, open_link, request_reset, set_password
from sandbox.mailbox import Mailbox
from tests.accounts.conftest import BASE, Resets
from tests.accounts.reset_model import (
    FEW,
    GOOD,
    MEMBERS,
    NETWORKS,
    NOBODY,
    PASSING,
    PEOPLE,
    WEAK,
    WITH_ADDRESS,
    Begun,
    Model,
    Someone,
)
from tests.kit.talk import KEY

pytestmark = pytest.mark.dear(25)


class ResetMachine(RuleBasedStateMachine):
    """One run: a clean database, then anything in any order."""

    def __init__(self, resets: Resets, mailbox: Mailbox) -> None:
        super().__init__()
        self.real, self.mailbox = resets, mailbox
        self.model = Model()
        self.people = 0
        self.newest = next((letter["id"] for letter in mailbox.messages(1)), "")
        self.owner = psycopg.connect(resets.url, autocommit=True)
        self.owner.execute(
            "TRUNCATE attempts, resets, reset_links, reset_codes, phone_callbacks, mail, owner_notices,"
            " breaker_openings, guessing_times"
        )
        self.owner.execute("TRUNCATE register.password_changes, register.members")
        self.owner.cursor().executemany(
            "INSERT INTO register.members (ref, code, phones, email) VALUES (%s, %s, %s, %s)",
            [(m.ref, m.code, [m.phone], m.email or None) for m in MEMBERS],
        )

    # ---- helpers

    def value(self, query: str) -> Any:
        row = self.owner.execute(query).fetchone()
        return row[0] if row else None

    def ask_really(self, person: str, network: str, code: str, contact: str) -> Outcome:
        with self.real.connect() as connection:
            command = RequestReset(person, uuid.uuid4().hex, code, contact, network)
            return request_reset(command, PostgresResetStore(connection), self.real.registry, KEY, FEW)

    def submit(self, token: str, password: str) -> str:
        try:
            with self.real.connect() as connection:
                announce_password(token, password, PostgresResetStore(connection), self.real.registry, frozenset())
            with self.real.connect() as connection:
                set_password(token, password, PostgresResetStore(connection), self.real.registry, frozenset())
        except LinkInvalid:
            return "refused"
        except WeakPassword:
            return "weak"
        return "done"

    def good_one(self, data: st.DataObject) -> Begun | None:
        """Returns a good reset whose mail is out, begun now if need be; None if nobody may begin one."""
        if not any(self.model.good(reset) for reset in self.model.resets):
            self.people += 1
            self.check(f"zalo:{self.people}", "", data.draw(st.sampled_from(WITH_ADDRESS)), matches=True)
        self.send_mail()
        good = [reset for reset in self.model.resets if self.model.good(reset)]
        return data.draw(st.sampled_from(good)) if good else None

    # ---- what people do

    @rule(person=st.sampled_from(PEOPLE), network=st.sampled_from(NETWORKS), member=st.sampled_from(MEMBERS))
    def ask(self, person: str, network: str, member: Someone) -> None:
        self.check(person, network, member, matches=True)

    @rule(
        person=st.sampled_from(PEOPLE),
        network=st.sampled_from(NETWORKS),
        member=st.sampled_from((*MEMBERS, NOBODY)),
        times=st.integers(1, 4),
    )
    def guess(self, person: str, network: str, member: Someone, times: int) -> None:
        for _ in range(times):
            self.check(person, network, member, matches=False)

    @rule(members=st.permutations(WITH_ADDRESS), times=st.integers(2, 6), network=st.sampled_from(NETWORKS))
    def ask_in_a_hurry(self, members: list[Someone], times: int, network: str) -> None:
        """Several people ask one after the other: mailboxes, networks and the breaker fill up."""
        for person, member in zip(PEOPLE * 2, (members * 2)[:times], strict=False):  # as many as are asked for
            self.check(person, network, member, matches=True)

    def check(self, person: str, network: str, member: Someone, matches: bool) -> None:
        expected = self.model.expected(person, network, member, matches)
        outcome = self.ask_really(person, network, member.code, member.phone if matches else "0987654321")
        assert type(outcome).__name__ == expected
        counts = expected == "Unsaid" or (not matches and expected in ("NotMatched", "TooManyTries"))
        if counts and self.model.tries_left(person) > 0:
            ref = member.ref if member.email and not matches else ""
            self.model.failures.append((person, network, ref, self.model.now()))
            assert expected != "NotMatched" or outcome.tries_left == self.model.tries_left(person)  # type: ignore[union-attr]
        if expected == "Unsaid" and matches and member.email:
            self.model.due.append((member, network, self.model.now()))
        if expected == "ResetStarted":
            newest = self.value("SELECT id::text FROM resets ORDER BY started_at DESC LIMIT 1")
            self.model.resets.append(Begun(newest, member, person, network, self.model.now()))
        if expected == "ResetLimitReached":
            works = any(self.model.good(reset) for reset in self.model.resets if reset.member == member)
            assert (outcome.link_minutes > 0) == works  # type: ignore[union-attr]

    @rule(member=st.sampled_from(MEMBERS), guesses=st.integers(2, 6))
    def guess_at_once(self, member: Someone, guesses: int) -> None:
        """A thief with several windows open: no more is counted than one after the other."""
        left = max(0, self.model.tries_left("web:thief"))
        if self.model.flooded():
            return
        with ThreadPoolExecutor(guesses) as windows:
            outcomes = list(
                windows.map(lambda n: self.ask_really("web:thief", "", member.code, f"09{n:08}"), range(guesses))
            )
        counted = min(left, guesses)
        ref = member.ref if member.email else ""
        self.model.failures += [("web:thief", "", ref, self.model.now())] * counted
        named = Counter(type(outcome).__name__ for outcome in outcomes)
        assert named["NotMatched"] == (counted if guesses < left else max(0, left - 1))
        assert named["NotMatched"] + named["TooManyTries"] == guesses

    @rule()
    def send_mail(self) -> None:
        self.real.send_all(self.mailbox.url)
        fresh = list(takewhile(lambda letter: letter["id"] != self.newest, self.mailbox.messages(40)))
        self.newest = fresh[0]["id"] if fresh else self.newest
        for letter in fresh:
            if f"{BASE}/" not in letter["text"]:
                continue
            token = letter["text"].partition(f"{BASE}/")[2].split()[0]
            found = f"SELECT reset_id::text FROM reset_links WHERE hash = '\\x{link_hash(token).hex()}'"
            reset = next(r for r in self.model.resets if r.id == self.value(found))
            assert letter["to"] == reset.member.email, "to the address on record, whoever asked"
            assert self.model.good(reset), "no link goes out that is dead already"
            reset.links.append(token)
        for reset in self.model.resets:
            assert reset.mailed or reset.links or not self.model.good(reset), "every good reset's mail is out"
            reset.mailed = True

    @rule(data=st.data())
    def open(self, data: st.DataObject) -> None:
        self.good_one(data)
        if not (sent := [reset for reset in self.model.resets if reset.links]):
            return
        reset = data.draw(st.sampled_from(sent))
        for _ in range(2):  # mail scanners look first; looking uses nothing up
            with self.real.connect() as connection:
                try:
                    found = open_link(data.draw(st.sampled_from(reset.links)), PostgresResetStore(connection))
                    assert self.model.good(reset)
                    assert found.member_ref == reset.member.ref
                except LinkInvalid:
                    assert not self.model.good(reset)

    @rule(data=st.data(), word=st.sampled_from(["một", "hai", "ba"]), weak=st.booleans())
    def set(self, data: st.DataObject, word: str, weak: bool) -> None:
        if (reset := self.good_one(data)) is None:
            return
        token = data.draw(st.sampled_from(reset.links))
        if weak:
            assert self.submit(token, WEAK) == "weak"
            return
        assert self.submit(token, f"{GOOD} {word}") == "done"
        self.model.used(reset, f"{GOOD} {word}")

    @rule(data=st.data())
    def set_at_once(self, data: st.DataObject) -> None:
        """All links of a member at the same instant, each twice: one password."""
        if (reset := self.good_one(data)) is None:
            return
        member = reset.member
        tokens = [token for reset in self.model.resets if reset.member == member for token in reset.links] * 2
        numbered = {token: f"{GOOD} số {n}" for n, token in enumerate(tokens)}
        with ThreadPoolExecutor(min(8, len(tokens))) as windows:
            results = list(windows.map(lambda token: (self.submit(token, numbered[token]), token), tokens))
        winners = [token for result, token in results if result == "done"]
        assert Counter(result for result, _ in results) == {"done": 1, "refused": len(tokens) - 1}
        self.model.used(next(r for r in self.model.resets if winners[0] in r.links), numbered[winners[0]])

    @precondition(lambda self: any(r.links and not self.model.good(r) for r in self.model.resets))
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        reset = data.draw(st.sampled_from([r for r in self.model.resets if r.links and not self.model.good(r)]))
        for token in (*reset.links, reset.links[0][:-1], reset.links[0].swapcase(), reset.id):
            assert self.submit(token, f"{GOOD} lần nữa") == "refused"

    # ---- what goes wrong

    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        """The node dies after the register answered and before the commit; the person tries again."""
        if (reset := self.good_one(data)) is None:
            return
        password, registry = f"{GOOD} sau sự cố", self.real.registry
        with self.real.connect() as connection:
            announce_password(reset.links[0], password, PostgresResetStore(connection), registry, frozenset())
        with suppress(KeyboardInterrupt), self.real.connect() as connection:
            set_password(reset.links[0], password, PostgresResetStore(connection), registry, frozenset())
            raise KeyboardInterrupt
        assert self.submit(reset.links[0], password) == "done"
        self.model.used(reset, password)

    @rule()
    def register_is_down(self) -> None:
        class Silent:
            def find(self, code: str) -> None:
                raise RegistryUnavailable

        with self.real.connect() as connection:
            command = RequestReset("web:patient", uuid.uuid4().hex, MEMBERS[0].code, MEMBERS[0].phone)
            outcome = request_reset(command, PostgresResetStore(connection), Silent(), KEY, FEW)  # type: ignore[arg-type]
        assert type(outcome).__name__ == ("BreakerOpen" if self.model.flooded() else "RegistryDown")

    @rule(minutes=st.sampled_from(PASSING))
    def time_passes(self, minutes: float) -> None:
        back = datetime.timedelta(minutes=minutes)
        moved = {
            "attempts": ("at",), "resets": ("started_at", "expires_at", "used_at", "tried_at"),
            "mail": ("created_at", "next_try_at", "sent_at"), "owner_notices": ("told_at",),
            "breaker_openings": ("opened_at", "closed_at"),
        }  # fmt: skip
        with self.owner.transaction():
            for table, columns in moved.items():
                changes = ", ".join(f"{column} = {column} - %(back)s" for column in columns)
                self.owner.execute(f"UPDATE {table} SET {changes}", {"back": back})
        self.model.passed += minutes

    @rule()
    def keep_up(self) -> None:
        with self.real.connect() as connection:
            connection.autocommit = True
            known = {reset.id for reset in self.model.resets}
            upkeep.keep_up(connection, FEW)
        for member, network, at in self.model.due:  # told nothing, and the owner's letter goes within their limits
            if at > self.model.now() - 15 and not self.model.mailbox_is_full(member) and not self.model.flooded():
                started = f"SELECT id::text FROM resets WHERE member_ref = '{member.ref}' ORDER BY started_at"
                fresh = [row[0] for row in self.owner.execute(started) if row[0] not in known]
                assert fresh, "a letter that is due"
                known.add(fresh[0])
                self.model.resets.append(Begun(fresh[0], member, "unsaid", network, self.model.now()))
        self.model.due.clear()
        for member in MEMBERS:
            if member.email and self.model.failed(1440, ref=member.ref) >= FEW.owner_told_after:
                told = f"SELECT count(*) FROM owner_notices WHERE member_ref = '{member.ref}'"
                assert self.value(told) == 1, "the owner is told"
        assert bool(self.value("SELECT count(*) FROM breaker_openings WHERE closed_at IS NULL")) <= self.model.flooded()

    # ---- what is always true

    @invariant()
    def each_use_is_one_password_and_one_letter(self) -> None:
        assert self.value("SELECT count(*) FROM resets WHERE used_at IS NOT NULL") == self.model.sets
        assert self.value("SELECT count(*) FROM mail WHERE kind = 'password_changed'") == self.model.sets
        # A crash may have set it once more; never more often than links were used or tried.
        assert self.value("SELECT count(DISTINCT idempotency_key) FROM register.password_changes") == self.model.sets

    @invariant()
    def nothing_is_counted_twice_or_lost(self) -> None:
        assert self.value("SELECT count(*) FROM attempts") == len(self.model.failures)
        assert self.value("SELECT count(*) FROM resets") == len(self.model.resets)
        assert self.value("SELECT count(*) FROM mail WHERE kind = 'reset_link'") == len(self.model.resets)

    @invariant()
    def no_link_outlives_its_hour_or_a_newer_use(self) -> None:
        assert self.value("SELECT count(*) FROM resets WHERE expires_at > started_at + interval '1 hour'") == 0
        older = (
            "SELECT count(*) FROM resets o JOIN resets u ON u.member_ref = o.member_ref AND u.used_at IS NOT NULL"
            " WHERE o.used_at IS NULL AND o.expires_at > now() AND o.started_at < u.used_at"
        )
        assert self.value(older) == 0

    @invariant()
    def an_owner_hears_of_tries_once_a_day_at_most(self) -> None:
        twice = (
            "SELECT count(*) FROM mail a JOIN mail b ON a.member_ref = b.member_ref AND a.id < b.id"
            " AND b.created_at - a.created_at < interval '1 day' WHERE a.kind = 'reset_attempts'"
        )
        assert self.value(twice) == 0

    def teardown(self) -> None:
        self.owner.close()
        for ref, password in list(self.model.passwords.items())[-2:]:  # argon2 takes its time
            code = next(member.code for member in MEMBERS if member.ref == ref)
            assert self.real.registry.password_matches(code, password), "the last password set is the one that logs in"


@pytest.mark.timeout(900)  # argon2 for each password, on a machine with other work
def test_the_reset_machine_never_says_or_does_what_it_must_not(resets: Resets, mailbox: Mailbox) -> None:
    run_state_machine_as_test(
        lambda: ResetMachine(resets, mailbox),
        settings=settings(
            max_examples=10, stateful_step_count=20, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],  # to make a finding smaller would take minutes; it is short as it is
        ),
    )  # fmt: skip
