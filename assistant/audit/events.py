"""The vocabulary of the audit trail. What is not in it cannot be written (docs/privacy.md lists it)."""

from __future__ import annotations

from enum import StrEnum


class AuditError(ValueError):
    """An entry is not one of the vocabulary, or does not say who or where; a fault of the code that writes it."""


class Event(StrEnum):
    """What happened. A new event is one line: its name, and what it says when it stands in the trail.

    Where it does not happen in a chat: its place. Where no person does it: the part of the assistant that does.
    """

    meaning: str
    place: str
    part: str

    def __new__(cls, value: str, meaning: str, place: str = "", part: str = "") -> Event:
        """Makes a member that is its name and carries its meaning."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        member.place = place
        member.part = part
        return member

    # the reset
    RESET_STARTED = "reset.started", "code and contact matched; a link goes to the address on record"
    RESET_NOT_MATCHED = "reset.not_matched", "code and contact do not belong together, or are unknown"
    RESET_NO_EMAIL = "reset.no_email", "code and contact matched, but the account has no e-mail"
    RESET_REFUSED = "reset.refused", "no tries left for whoever asked"
    RESET_LIMITED = "reset.limited", "matched, but enough links have gone out for now"
    RESET_UNAVAILABLE = "reset.unavailable", "the register did not answer"
    RESET_COMPLETED = "reset.completed", "a new password was set through a link", "page:reset"
    RESET_UNCONFIRMED = (
        "reset.unconfirmed",
        "a new password was sent to the register, which gave no answer",
        "page:reset",
    )
    CODE_MADE = "code.made", "a one-time code was made, to be told in a call"
    CODE_ACCEPTED = "code.accepted", "the code of a call was right; a password may be set", "page:code", "codes"
    CODE_REFUSED = "code.refused", "a wrong code of a call, or none is open for that member", "page:code", "codes"
    CODE_CALLED_OFF = "code.called_off", "who was rung back did not ask for it: the reset is void"
    RESET_OWNER_TOLD = "reset.owner_told", "somebody keeps trying a code: a mail to its owner", "limits", "resets"
    RESET_BREAKER_OPENED = "reset.breaker_opened", "too many resets by everybody: none may start", "limits", "resets"
    RESET_BREAKER_CLOSED = "reset.breaker_closed", "resets may start again", "limits", "resets"

    RESET_UNSAID = "reset.unsaid", "checked while others guess: the answer did not say whether it matched"
    RESET_OVERDUE = "reset.overdue", "matched while others guessed, but its letter was not begun in time: none goes"
    RESET_GUESSING = (
        "reset.guessing",
        "too many checks fail: no answer says more than another; details name where",
        "limits",
        "resets",
    )
    RESET_GUESSING_ENDED = "reset.guessing_ended", "checks are answered in full again", "limits", "resets"

    MAIL_UNDELIVERED = (
        "mail.undelivered",
        "a letter was given up; details give its kind and why, by the servers' codes",
        "mail",
        "mail",
    )

    # personal data
    CONSENT_TOLD = "consent.told", "the person was told what is kept; details name the notice"
    CONSENT_WITHDRAWN = "consent.withdrawn", "the person had their data erased, which ends what they were told"
    PRIVACY_ERASED = "privacy.erased", "what was kept of a person was erased"
    PRIVACY_EXPORTED = "privacy.exported", "what is kept of a person was written out for them"
    PRIVACY_EXPIRED = "privacy.expired", "data past its time was removed; details count the rows by class"

    # staff: who has an account, and who comes in
    STAFF_INVITED = "staff.invited", "an account was made, or got a new link; details name the roles"
    STAFF_JOINED = "staff.joined", "an invitation was taken up: name and password were set"
    STAFF_SIGNED_IN = "staff.signed_in", "password and second factor were right; details say by which"
    STAFF_SIGN_IN_REFUSED = "staff.sign_in_refused", "a wrong name, password or code, or too many of them"
    STAFF_SIGNED_OUT = "staff.signed_out", "a session was ended, or all of a person's"
    STAFF_SECOND_FACTOR_ENROLLED = "staff.second_factor_enrolled", "a phone was tied to an account"
    STAFF_SECOND_FACTOR_RESET = "staff.second_factor_reset", "the phone of an account was taken off it"
    STAFF_RECOVERY_CODES_MADE = "staff.recovery_codes_made", "new recovery codes were made, the old ones are void"
    STAFF_PASSWORD_CHANGED = "staff.password_changed", "somebody changed their own password"
    STAFF_PASSWORD_RESET = "staff.password_reset", "a password was taken away; a link sets a new one"
    STAFF_ROLES_CHANGED = "staff.roles_changed", "an account has other roles; details name them"
    STAFF_DISABLED = "staff.disabled", "an account was closed"
    STAFF_ENABLED = "staff.enabled", "an account was opened again"
    STAFF_REVEALED = "staff.revealed", "staff had one identifier of a person shown; details give kind and reason"
    DESK_TAKEN = "desk.taken", "somebody at the desk took a person who waited"
    DESK_TRANSFERRED = "desk.transferred", "somebody at the desk handed a person to a colleague"
    DESK_GIVEN_BACK = "desk.given_back", "the desk gave a conversation back to the assistant"
    DESK_CLOSED = "desk.closed", "the desk took somebody out of the queue; details give the reason"
    DESK_HOURS = "desk.hours", "somebody changed when the desk is staffed"
    PICTURE_CHANGED = "picture.changed", "a picture of ours was added to the list or taken from it"
    DESK_WAYS = "desk.ways", "somebody changed how the desk works: who is offered whom, what is said, tags"
    QUESTION_ANSWERED = "question.answered", "a question left for later was answered"
    QUESTION_CLOSED = "question.closed", "a question was closed without an answer; details give the reason"
    MESSAGES_SENT_AGAIN = "messages.sent_again", "staff had messages sent again that were given up; details count them"
    CHANNEL_CONNECTED = "channel.connected", "an account of a platform was connected; details name it"
    STAFF_SPOKE = "staff.spoke", "somebody ran a turn from the command line, as a person of the command line's own"
    STAFF_VIEWED = "staff.viewed", "staff were shown a person's words; details say by which page or list"

    # content: what the assistant says and learns
    CONTENT_CHANGED = "content.changed", "staff changed topics; details name the act, the topic and the change"
    LEARNING_DECIDED = "learning.decided", "staff put texts of the learning inbox to a topic, or set them aside"
    LEARNING_KEPT = "learning.kept", "a conversation became a test case or a story, identifiers replaced by samples"

    # releases of what was learned
    RELEASE_ASKED = "release.asked", "staff had a new model built from the content; details number the release"
    RELEASE_CANCELLED = "release.cancelled", "staff stopped a build"
    RELEASE_ACCEPTED = "release.accepted", "staff read questions that looked misplaced, and let a release go on"
    RELEASE_APPROVED = "release.approved", "a second person let a release go live"
    RELEASE_PROMOTED = "release.promoted", "staff made a release live on all nodes; details say what was live before"
    RELEASE_ROLLED_BACK = "release.rolled_back", "staff went back to an earlier release"
    RELEASE_TRIED = "release.tried", "staff began to talk with a release before it is live"
    RELEASE_SHADOW = "release.shadow", "staff let a release read along with live messages, or ended that"

    # the trail and the keys themselves
    AUDIT_PRUNED = "audit.pruned", "entries past their time were removed from the trail's beginning"
    KEYS_RENEWED = "keys.renewed", "a new key was added that signs cookies, forms and the trail from its moment on"
    VAULT_ROTATED = "vault.rotated", "what was sealed with older keys was sealed with the newest"


_BY_NAME = {event.value: event for event in Event}


def named(name: str) -> Event:
    """Returns the event of this name.

    Raises:
        AuditError: if there is none.
    """
    if name not in _BY_NAME:
        raise AuditError(f"{name!r} is not in the vocabulary (assistant.audit.events)")
    return _BY_NAME[name]
