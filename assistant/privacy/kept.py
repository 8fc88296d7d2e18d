"""What is kept where, how long and why: the one table that retention, erasure, export and rotation work from.

Every table of the schema stands here (tests/privacy/test_kept.py). Whoever adds one says which of its rows
are one person's, by which time they age, and in which class they fall; whoever adds a sealed column says
what it is bound to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

#: Limits count what happened within a day, so that much outlives an erasure: else erasing would refill them.
LIMITS_LOOK_BACK = timedelta(days=1)
#: Characters of a name that are kept of an event that cannot be stored (dead_letters).
LONGEST_NAME = 200


@dataclass(frozen=True)
class Rows:
    """A table's rows.

    person: SQL condition of one person's rows; `%(person)s` is the conversation. Empty: they are nobody's.
    at: SQL of the time they age by. Empty: they go with the rows they belong to (`ON DELETE CASCADE`).
    busy: SQL condition of rows that somebody still works on; they wait.
    counted: rows younger than a day outlive an erasure, since limits count them.
    emptied: columns of such rows that no limit needs; an erasure empties them at once.
    unsaid: columns that would tell whoever wrote what they were not told (whose code it is); no export shows them.
    """

    table: str
    person: str = ""
    at: str = ""
    busy: str = "false"
    counted: bool = False
    emptied: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()


@dataclass(frozen=True)
class Class:
    """Data kept for one purpose. `lives`: None is as long as the service or the rows they belong to."""

    name: str
    lives: timedelta | None
    why: str
    tables: tuple[Rows, ...]
    personal: bool = True

    @property
    def how_long(self) -> str:
        """How long, in words."""
        if self.lives is None:
            return "as long as the service"
        hours = self.lives // timedelta(hours=1)
        return "until their own end" if not hours else f"{hours // 24} days" if hours >= 48 else f"{hours} hours"


_MINE = "conversation = %(person)s"
_OF_RESETS = "reset_id IN (SELECT id FROM resets WHERE person = %(person)s)"

#: Parents after their children; removal goes in this order.
CLASSES = (
    Class(
        "identifiers", timedelta(),
        "to check an account while the conversation is about it: 24 hours from each message; what stands in a question"
        " left for staff, until it is closed: 14 days at most",
        (Rows("vault", _MINE, "greatest(expires_at, held_until)"),),
    ),
    Class(
        "declarations", timedelta(),
        "to hand out the papers of a form: a link 1 hour, papers 24 hours, 15 minutes once fetched",
        (Rows("declarations", _MINE, "expires_at"),),
    ),
    Class(
        "attempts", timedelta(days=2), "limits against guessing count a day back",
        (
            Rows(
                "attempts", "person = %(person)s", "at", counted=True, emptied=("due",),
                unsaid=("matched", "due", "owner_ref", "masked_code", "code"),
            ),
            Rows("owner_notices", at="told_at"), Rows("code_misses", at="at"),
        ),
    ),
    Class(
        "resets", timedelta(days=90), "to answer questions about a reset and to see abuse",
        (
            Rows("reset_links", _OF_RESETS, "made_at", counted=True),  # a link on its way goes on working
            Rows("reset_codes", _OF_RESETS, "made_at", counted=True), Rows("phone_callbacks", _OF_RESETS, "made_at"),
            Rows("mail", _OF_RESETS, "created_at", counted=True),
            Rows("resets", "person = %(person)s", "started_at", counted=True, emptied=("masked_email",)),
        ),
    ),
    Class(
        "desk", timedelta(days=90), "to help a person who asked for somebody, and to answer what they left",
        (
            Rows("questions", _MINE, "coalesce(answered_at, closed_at, asked_at)"),
            Rows("desk_notes", _MINE, "at"),
            Rows("handovers", _MINE, "coalesce(closed_at, asked_at)"),
            Rows("conversation_tags", _MINE, "at"), Rows("desk_held", _MINE, "at"),
            Rows("desk_typing", _MINE, "at"),
        ),
    ),
    Class(
        "drafts", timedelta(days=14), "what an agent is writing to a person and has not sent",
        (Rows("desk_drafts", _MINE, "at"),),
    ),
    Class(
        "messages", timedelta(days=90), "the conversation itself: to go on with it, and to see what went wrong",
        (
            Rows("consents", _MINE), Rows("web_sessions", _MINE, "made_at", counted=True),
            Rows(
                "sms_numbers", _MINE, "written_at",  # an answer that is on its way needs the number
                busy="EXISTS (SELECT 1 FROM inbox i WHERE i.conversation = sms_numbers.conversation"
                " AND i.done_at IS NULL) OR EXISTS (SELECT 1 FROM outbox o"
                " WHERE o.conversation = sms_numbers.conversation AND o.state = 'waiting')",
            ),
            Rows("phone_calls", _MINE, "began_at", busy="ended_at IS NULL"),
            Rows("dead_letters", f"conversation = left(%(person)s, {LONGEST_NAME})", "at"),
            Rows("learning_messages", _MINE, "at"),
            Rows("learning_drafts", _MINE, "at"),
            # Begun with their words, by staff.
            Rows("content_drafts", "%(person)s = ANY (people)", "at", unsaid=("staff", "people")),
            Rows("ratings", _MINE, "at"),
            Rows("release_shadow", _MINE, "at"),
            Rows("turns", _MINE),
            Rows("outbox", _MINE, "created_at", busy="state = 'waiting'"),
            Rows("inbox", _MINE, "accepted_at", busy="done_at IS NULL"),
            Rows(
                "conversations", "id = %(person)s", "updated_at",
                busy="EXISTS (SELECT 1 FROM inbox i WHERE i.conversation = conversations.id)"
                " OR EXISTS (SELECT 1 FROM outbox o WHERE o.conversation = conversations.id)",
            ),
        ),
    ),
    Class(
        "counts", timedelta(days=1825), "to compare with earlier years; numbers only, nobody's data",
        (Rows("insight", at="day"), Rows("insight_days", at="day"), Rows("check_counts", at="hour")),
    ),
    Class(
        "audit", timedelta(days=730), "to show who did what, to auditors and in disputes; pseudonyms only",
        (Rows("audit_chain"), Rows("audit"), Rows("audit_head")),
    ),
    Class(
        "erasures", timedelta(days=730),
        "to know an old event of an erased person that is sent again; keyed hashes only",
        (Rows("erased_events", at="at"),), personal=False,
    ),
    Class(
        "traces of work", timedelta(days=90), "to see who came in from where, and what was being done",
        (
            Rows("staff_invitations", at="expires_at"), Rows("staff_sessions", at="seen_at"),
            Rows("staff_attempts", at="at"), Rows("staff_devices", at="seen_at"),
            Rows("content_imports", at="made_at"), Rows("content_presence", at="seen_at"),
            Rows("desk_alerts", at="raised_at"), Rows("push_subscriptions", at="made_at"),
            Rows("zalo_grants", at="expires_at"),
            Rows("breaker_openings", at="opened_at", busy="closed_at IS NULL"),
            Rows("guessing_times", at="opened_at", busy="closed_at IS NULL"),
            Rows("release_lines", at="asked_at"), Rows("release_talks", at="last_at"),
        ), personal=False,
    ),
    Class(
        "staff", None, "accounts of those who work here, and who wrote which answer",
        (
            Rows("desk_presence"), Rows("staff_recovery_codes"), Rows("staff"), Rows("canned_answers"),
            Rows("canned_history"), Rows("desk_rules"), Rows("desk_ways"), Rows("pictures"),
            Rows("content_changes"), Rows("learning_decisions"), Rows("release_archives"), Rows("release_acts"),
            Rows("releases"),
        ), personal=False,
    ),
    Class(
        "technical", None, "keys, tokens, counts and states of the service; nothing of a citizen",
        (
            Rows("alembic_version"), Rows("backups"), Rows("schema_floor"),
            Rows("keyring"), Rows("notices"), Rows("zalo_tokens"),
            Rows("zalo_accounts"),
            Rows("messenger_pages"), Rows("bounces_seen"), Rows("learning_groups"), Rows("learning_usage"),
            Rows("learning_progress"), Rows("release_nodes"),
        ), personal=False,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Sealed:
    """A column sealed by the vault: the SQL of what it is bound to, and the columns that name a row."""

    table: str
    column: str
    bound_to: str
    key: tuple[str, ...]


_PAPERS = "'declaration ' || conversation || ' ' || encode(hash, 'hex') || ' '"
SEALED = (
    Sealed("vault", "sealed", "conversation || ' ' || token", ("conversation", "token")),
    Sealed("declarations", "pdf", f"{_PAPERS} || 'pdf'", ("hash",)),
    Sealed("declarations", "docx", f"{_PAPERS} || 'docx'", ("hash",)),
    Sealed("zalo_tokens", "sealed", "'zalo ' || oa_id", ("oa_id",)),
    Sealed("zalo_grants", "sealed", "'zalo grant ' || encode(state_hash, 'hex')", ("state_hash",)),
    Sealed("sms_numbers", "sealed", "conversation", ("conversation",)),
    Sealed("phone_calls", "sealed", "'phone ' || conversation", ("conversation",)),
    Sealed("phone_callbacks", "sealed", "'callback ' || id", ("id",)),
    Sealed(
        "desk_drafts",
        "sealed",
        "'draft ' || agent || ' ' || conversation || ' ' || place",
        ("conversation", "agent", "place"),
    ),
    Sealed("push_subscriptions", "sealed", "'push ' || encode(endpoint_hash, 'hex')", ("id",)),
    Sealed("dead_letters", "sealed", "'dead letter ' || mark", ("id",)),
    Sealed("release_lines", "sealed", "'release ' || talk", ("id",)),
    Sealed("content_drafts", "sealed", "'draft ' || staff || ' ' || key", ("staff", "key")),
    Sealed("keyring", "sealed", "'keyring ' || name", ("name",)),
    Sealed("staff", "totp", "'totp ' || name", ("name",)),
    Sealed("staff_sessions", "secret", "'enrol ' || name", ("hash",)),
)
#: Binary columns that are no sealed values: hashes, proofs, and tables of content that staff upload.
UNSEALED = frozenset(
    {
        "audit.digest", "audit_chain.link", "audit_head.base_link", "audit_head.link", "audit_head.signed",
        "release_archives.archive", "learning_decisions.key", "learning_groups.key", "learning_messages.key",
        "declarations.hash", "reset_links.hash", "zalo_grants.state_hash", "zalo_tokens.first_hash",
        "staff_invitations.hash", "staff_recovery_codes.hash", "staff_sessions.hash", "staff_devices.hash",
        "staff_attempts.device", "push_subscriptions.endpoint_hash", "pictures.content",
    }
)  # fmt: skip


def of_a_person() -> Iterator[Rows]:
    """Yields the tables with rows of citizens, children before their parents."""
    for kept in CLASSES:
        yield from (rows for rows in kept.tables if rows.person)


def aging(kept: Class) -> Iterator[tuple[Rows, str]]:
    """Yields the tables of a class whose rows age, with the condition of those past their time."""
    assert kept.lives is not None
    seconds = int(kept.lives.total_seconds())
    for rows in kept.tables:
        if rows.at:
            yield rows, f"{rows.at} <= now() - make_interval(secs => {seconds}) AND NOT ({rows.busy})"
