"""The audit trail: who did what, to whose data, where and when; nobody's identifier in clear.

`record` appends an entry in the caller's transaction. A moment later `chain.link` ties the committed
entries into a chain, and `verify` finds whatever was changed, removed, added or moved since.
"""

from assistant.accounts.audit.chain import ChainBroken, Head, link, prune
from assistant.accounts.audit.events import AuditError, Event, named
from assistant.accounts.audit.keys import AuditLocked, Keys, unlock
from assistant.accounts.audit.linker import Linker
from assistant.accounts.audit.reading import entries
from assistant.accounts.audit.trail import Actor, Person, Staff, Subject, System, record, statement
from assistant.accounts.audit.verifying import Finding, Report, verify

__all__ = [
    "Actor",
    "AuditError",
    "AuditLocked",
    "ChainBroken",
    "Event",
    "Finding",
    "Head",
    "Keys",
    "Linker",
    "Person",
    "Report",
    "Staff",
    "Subject",
    "System",
    "entries",
    "link",
    "named",
    "prune",
    "record",
    "statement",
    "unlock",
    "verify",
]
