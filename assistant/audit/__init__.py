"""The audit trail: who did what, to whose data, where and when; nobody's identifier in clear.

`record` appends an entry in the caller's transaction. A moment later `chain.link` ties the committed
entries into a chain, and `verify` finds whatever was changed, removed, added or moved since.
"""

from assistant.audit.chain import ChainBroken, Head, link, prune
from assistant.audit.events import AuditError, Event, named
from assistant.audit.keys import AuditLocked, Keys, Signing, unlock
from assistant.audit.linker import Linker
from assistant.audit.reading import entries
from assistant.audit.trail import Actor, Person, Staff, Subject, System, record, statement
from assistant.audit.verifying import Finding, Report, verify
from assistant.audit.viewing import viewed

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
    "Signing",
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
    "viewed",
]
