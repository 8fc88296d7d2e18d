"""Values that stand for identifiers where content needs some: invented, of the first demo member."""

from __future__ import annotations

from assistant.identifiers.model import Kind

#: See docs/demo-accounts.md.
SAMPLES: dict[Kind, str] = {
    "bhxh_code": "7900000123",
    "phone_or_code": "0901000123",
    "phone": "0901000123",
    "card": "DN4797900000123",
    "cccd": "079000000123",
    "cmnd": "012345678",
    "email": "nguyen.an@example.com",
    "number": "12345678",
    "reference": "12345678",
}
#: Of a password in a conversation that is played again.
SAMPLE_SECRET = "Matkhau@2026"  # noqa: S105 - nobody's
