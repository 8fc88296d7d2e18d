"""What an SMS gateway looks like: addresses, fields and proofs, from one JSON object.

    {
      "inbound":  {"hmac": {"secret": "…", "header": "x-signature"}, "fields": {"from": "from", "text": "text"}},
      "outbound": {"url": "https://…", "headers": {"authorization": "Bearer …"}, "fields": {"to": "to"}, …}
    }

Every name has a default; connectors/sms/README.md lists them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, model_validator

from assistant.settings import Settings
from connectors.base.described import Described, of_setting


class Hmac(Described):
    """A shared secret: the header holds HMAC-SHA256 of the raw body."""

    secret: SecretStr = Field(min_length=16)
    header: str = "x-signature"
    prefix: str = ""  # what stands before the digest, e.g. "sha256="
    encoding: Literal["hex", "base64"] = "hex"


class Basic(Described):
    """HTTP basic authentication."""

    user: str
    password: SecretStr = Field(min_length=8)


class Fields(Described):
    """Where things stand in what the gateway sends; dots lead inside objects and lists ("messages.0.text")."""

    sender: Annotated[str, Field(alias="from")] = "from"
    text: str = "text"
    id: str = "id"
    at: str = "time"


class Inbound(Described):
    """How messages come in. One proof is needed."""

    hmac: Hmac | None = None
    basic: Basic | None = None
    fields: Fields = Fields.model_validate({})

    @model_validator(mode="after")
    def _proved(self) -> Inbound:
        if (self.hmac is None) == (self.basic is None):
            raise ValueError("give either hmac or basic")
        return self


class Success(Described):
    """How the gateway's answer says that it took a message."""

    field: str
    equals: list[str]
    retry: list[str] = Field(default_factory=list)  # values that mean: try again later


class Outbound(Described):
    """How messages go out."""

    url: str = Field(pattern=r"^https?://")
    format: Literal["json", "form"] = "json"
    basic: Basic | None = None
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    to: str = "to"
    text: str = "text"
    fixed: dict[str, str | int | bool] = Field(default_factory=dict)  # e.g. the sender's name
    number: Literal["84", "+84", "0"] = "84"  # how the gateway writes 0901000123
    success: Success | None = None  # None: any status 2xx
    id: str = ""  # where the answer tells the message's id


class Gateway(Described):
    """A gateway."""

    inbound: Inbound
    outbound: Outbound
    accents: bool = False  # True: Vietnamese letters, 70 instead of 160 characters a part
    concatenated: bool = False  # True: the gateway joins parts; 153 and 67 characters each
    most_parts: int = Field(default=9, ge=1, le=20)  # of one joined message


def find(data: Any, path: str) -> str:
    """Returns what stands at a dotted path, as text; empty where nothing does."""
    for name in path.split("."):
        if isinstance(data, dict):
            data = data.get(name)
        elif isinstance(data, list) and name.isdecimal() and int(name) < len(data):
            data = data[int(name)]
        else:
            return ""
    return str(data) if isinstance(data, str | int | float) and not isinstance(data, bool) else ""


def gateway_of(settings: Settings) -> Gateway | None:
    """Returns the SMS gateway of the settings, or None: the door is shut by default.

    Raises:
        SettingsError: if SMS_GATEWAY describes none.
    """
    given = settings.sms_gateway.get_secret_value()
    return of_setting(Gateway, "SMS_GATEWAY", given, settings, _sandbox_gateway)


def _sandbox_gateway(settings: Settings) -> dict[str, Any]:
    return {
        "inbound": {"hmac": {"secret": settings.own_secret("sms_secret")}},
        "outbound": {
            "url": f"http://127.0.0.1:{settings.port}/sandbox/sms/send",
            "headers": {"authorization": f"Bearer {settings.own_secret('sms_key')}"},
            "success": {"field": "code", "equals": ["0"], "retry": ["9"]},
            "id": "message.id",
        },
    }
