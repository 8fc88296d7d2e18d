"""Reads a registry's answers strictly: what is not as docs/registry-api.yaml says is no answer."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from assistant.accounts.model import Member, RegistryUnavailable

_PHONE = re.compile(r"0[0-9]{9,10}")
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+\.[^\s@<>,;:\"()\[\]\\]+")
_LONGEST_EMAIL = 254

Ref = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")]
CitizenId = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]


class Nonsense(RegistryUnavailable):
    """The registry answered, but not as agreed. Nobody has to rest for that, so it opens no breaker."""


class _MemberAnswer(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    ref: Ref
    code: Code
    citizen_id: CitizenId | None
    phones: list[str]
    email: str | None

    def member(self) -> Member:
        # Old records hold slips of the pen. A phone that is none matches nobody, an address that is none gets no
        # letter; the member stays reachable by the rest.
        phones = tuple(phone for phone in self.phones if _PHONE.fullmatch(phone))
        email = (
            self.email if self.email and len(self.email) <= _LONGEST_EMAIL and _EMAIL.fullmatch(self.email) else None
        )
        return Member(self.ref, self.code, phones, email, self.citizen_id)


class _FoundAnswer(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    members: list[_MemberAnswer]


class _ProblemAnswer(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    type: str


def found(body: bytes, code: str) -> Member | None:
    """Returns the member in an answer to a look-up of `code`.

    Raises:
        Nonsense: if the answer is not as agreed, holds several members, or somebody else.
    """
    try:
        members = _FoundAnswer.model_validate_json(body).members
    except ValidationError as error:
        raise Nonsense("not as agreed") from error
    if len(members) > 1:
        raise Nonsense("several members for one code")
    if members and code not in (members[0].code, members[0].citizen_id):
        raise Nonsense("another member")
    return members[0].member() if members else None


def member(body: bytes, ref: str) -> Member:
    """Returns the member in an answer about `ref`.

    Raises:
        Nonsense: if the answer is not as agreed, or about somebody else.
    """
    try:
        answer = _MemberAnswer.model_validate_json(body)
    except ValidationError as error:
        raise Nonsense("not as agreed") from error
    if answer.ref != ref:
        raise Nonsense("another member")
    return answer.member()


def problem(body: bytes) -> str:
    """Returns the last part of a problem's type ("no-such-member"), empty for anything else."""
    try:
        kind = _ProblemAnswer.model_validate_json(body).type
    except ValidationError:
        return ""
    prefix, _, name = kind.rpartition(":")
    return name if prefix == "urn:registry" else ""
