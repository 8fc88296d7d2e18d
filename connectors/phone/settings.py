"""What a telephone line looks like: its number, who carries it, and what is told to whom, from one JSON object.

{
  "number": "1900 9068",
  "jambonz": {
    "secrets": ["…"],
    "trunks": [{"name": "operator", "number": "from"}],
    "api": {"url": "https://jambonz.example/api", "account": "…", "key": "…", "caller": "19009068"}
  }
}
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, SecretStr, model_validator

from assistant.settings import Settings
from connectors.base.described import Described, of_setting


class Trunk(Described):
    """A trunk that is believed about who rings: by From, or by the network's own header."""

    name: str = Field(min_length=1)
    number: Literal["from", "p-asserted-identity"] = "from"
    bare: bool = False  # it writes 901000123


class Api(Described):
    """Where the platform takes calls of ours."""

    url: str = Field(pattern=r"^https?://")
    account: str = Field(min_length=1)
    key: SecretStr
    caller: str  # the number that people see
    trunk: str = ""  # empty: the platform chooses


class Voice(Described):
    """Who speaks; without, as the platform's application says."""

    vendor: str
    language: str = "vi-VN"
    voice: str


class Ear(Described):
    """Who writes down what is said."""

    vendor: str
    language: str = "vi-VN"
    pause: float = Field(default=1.5, ge=0.5, le=5)  # seconds of silence that end what is said


class Jambonz(Described):
    """A jambonz server."""

    secrets: list[SecretStr] = Field(min_length=1, max_length=2)  # two while it is being changed
    trunks: list[Trunk] = Field(min_length=1)
    api: Api | None = None
    voice: Voice | None = None
    ear: Ear | None = None  # without, keys only
    desk_trunk: str = ""


class PhoneLine(Described):
    """A line."""

    number: str = Field(min_length=3)  # as people write it
    fee: str = ""  # "1.000 đồng một phút"
    jambonz: Jambonz
    way: Literal["call_back", "sms", "in_call"] = "call_back"
    page_said: str = ""  # how the page for the code is said; empty: made from PUBLIC_URL
    site_said: str = ""  # the same for the assistant's own page
    desk: str = Field(default="", pattern=r"^\+?\d*$")  # the number that 0 leads to
    retry_hours: tuple[int, int] = (7, 21)  # a call back that nobody took is tried again within these
    callbacks_a_day: int = Field(default=500, ge=1)  # each costs money
    checks_of_a_number_an_hour: int = Field(default=6, ge=1, le=100)

    @model_validator(mode="after")
    def _can_ring(self) -> Self:
        if self.way == "call_back" and self.jambonz.api is None:
            raise ValueError("way call_back needs jambonz.api: without it nobody can be rung back")
        return self


def line_of(settings: Settings) -> PhoneLine | None:
    """Returns the line of the settings, or None: there is none by default.

    Raises:
        SettingsError: if PHONE_LINE describes none.
    """
    given = settings.phone_line.get_secret_value()
    return of_setting(PhoneLine, "PHONE_LINE", given, settings, _sandbox_line)


def _sandbox_line(settings: Settings) -> dict[str, Any]:
    return {
        "number": "1900 9068",
        "fee": "1.000 đồng một phút",
        "jambonz": {
            "secrets": [settings.own_secret("phone_secret")],
            "trunks": [{"name": "sandbox"}],
            "ear": {"vendor": "sandbox"},
            "api": {
                "url": f"http://127.0.0.1:{settings.port}/sandbox/phone",
                "account": "sandbox",
                "key": settings.own_secret("phone_key"),
                "caller": "19009068",
            },
        },
        "page_said": "địa chỉ của trang dùng thử, gạch chéo, ma",
        "site_said": "của trang dùng thử",
        "desk": "02400000000",
    }


def said_address(url: str) -> str:
    """Returns an address as people say it: "vssid chấm example chấm vn, gạch chéo, ma"."""
    rest = url.partition("://")[2].rstrip("/")
    return (
        rest.replace("/", ", gạch chéo, ").replace(".", " chấm ").replace("-", " gạch ngang ").replace(":", ", cổng ")
    )
