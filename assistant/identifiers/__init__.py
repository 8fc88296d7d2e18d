"""Finds what identifies a person in a chat message, by shape alone.

Shapes and their sources: BHXH code 10 digits (QĐ 3339/QĐ-BHXH), health-insurance card 15
characters or its last 13 digits (QĐ 1351/QĐ-BHXH), citizen id 12 digits, old id card 9 digits,
mobile numbers by `phonenumbers`. A 10-digit number that is also a valid mobile number stays
"phone_or_code": who knows the conversation decides (assistant.nlu.entities).

People write them in many ways: with spaces, dots or slashes between, with the letter o for a nought,
digit by digit in words, with characters nobody sees between the digits. All of these are found.
"""

from assistant.identifiers.addresses import spoken_email
from assistant.identifiers.finding import find
from assistant.identifiers.model import NEVER_KEPT, Identifier, Kind, code_from
from assistant.identifiers.numbers import mobile

__all__ = ["NEVER_KEPT", "Identifier", "Kind", "code_from", "find", "mobile", "spoken_email"]
