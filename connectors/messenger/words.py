"""Reads the words of this channel that stand in data/channels/messenger.yml."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assistant.settings import ROOT

_Payload = Field(pattern=r"^#[a-z][a-z0-9_]*(/[a-z0-9_]+)?$", max_length=1000)


class BadContent(ValueError):
    """The file is not of its shape; the message names the place, in Vietnamese."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MenuItem(_Strict):
    """An entry of the persistent menu: a payload or an address."""

    title: str = Field(min_length=1, max_length=30)
    payload: str | None = Field(None, pattern=r"^#[a-z][a-z0-9_]*(/[a-z0-9_]+)?$")
    url: str | None = Field(None, pattern=r"^https://")

    @model_validator(mode="after")
    def _one_of_both(self) -> MenuItem:
        if (self.payload is None) == (self.url is None):
            raise ValueError("cần đúng một trong hai: payload hoặc url")
        return self


class IceBreaker(_Strict):
    """A question offered to who never wrote."""

    question: str = Field(min_length=1, max_length=80)
    payload: str = _Payload


class _File(_Strict):
    greeting: dict[str, str]
    get_started: str = _Payload
    persistent_menu: list[MenuItem] = Field(max_length=20)
    ice_breakers: list[IceBreaker] = Field(max_length=4)
    refs: dict[str, str] = {}
    link_button: str = Field(min_length=1, max_length=20)
    choose: str = Field(min_length=1, max_length=640)

    @model_validator(mode="after")
    def _greetings(self) -> _File:
        if "default" not in self.greeting:
            raise ValueError("greeting thiếu “default”")
        for locale, text in self.greeting.items():
            if not 0 < len(text) <= 160:
                raise ValueError(f"greeting.{locale} dài {len(text)} ký tự, Messenger nhận 1 đến 160")
        return self


@dataclass(frozen=True)
class Words:
    """What the sender adds of its own."""

    link_button: str
    choose: str


@dataclass(frozen=True)
class Content:
    """The file's content. `profile` is the body that Meta's Messenger Profile API takes."""

    words: Words
    refs: dict[str, str]
    profile: dict[str, Any] = field(repr=False)

    @property
    def payloads(self) -> list[str]:
        """All payloads the file names; the engine must know each."""
        menu = [item.get("payload") for item in self.profile["persistent_menu"][0]["call_to_actions"]]
        questions = [item["payload"] for item in self.profile["ice_breakers"][0]["call_to_actions"]]
        named = [self.profile["get_started"]["payload"], *menu, *questions, *self.refs.values()]
        return [payload for payload in named if payload]


def read_content(path: Path) -> Content:
    """Reads the file.

    Raises:
        BadContent: if it is not there or not of its shape.
    """
    try:
        given = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadContent(f"{path.name}: không đọc được ({type(error).__name__})") from error
    except yaml.YAMLError as error:
        raise BadContent(f"{path.name}: sai cú pháp YAML") from error
    except ValidationError as error:
        found = [f"{'.'.join(map(str, e['loc'])) or 'tệp'}: {e['msg']}" for e in error.errors(include_url=False)]
        raise BadContent(f"{path.name}: " + "; ".join(found)) from error
    return Content(Words(given.link_button, given.choose), given.refs, _profile(given))


def our_content() -> Content:
    """Returns the words and the profile of data/channels/messenger.yml."""
    return read_content(ROOT / "data/channels/messenger.yml")


def _profile(given: _File) -> dict[str, Any]:
    menu = [
        {"type": "web_url", "title": item.title, "url": item.url}
        if item.url
        else {"type": "postback", "title": item.title, "payload": item.payload}
        for item in given.persistent_menu
    ]
    questions = [item.model_dump() for item in given.ice_breakers]
    return {
        "get_started": {"payload": given.get_started},
        "greeting": [{"locale": locale, "text": text} for locale, text in given.greeting.items()],
        "persistent_menu": [{"locale": "default", "composer_input_disabled": False, "call_to_actions": menu}],
        "ice_breakers": [{"locale": "default", "call_to_actions": questions}],
    }
