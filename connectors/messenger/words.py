"""Reads the words of this channel that stand in data/channels/messenger.yml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assistant.content.languages import DEFAULT
from assistant.settings import ROOT, yaml_files

ENGLISH = "en"
#: Meta's names of it.
LOCALES = ("en_US", "en_GB")

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


class _English(_Strict):
    """The same in English; entries of the menu and questions in the order of the Vietnamese."""

    greeting: str = Field(min_length=1, max_length=160)
    persistent_menu: list[Annotated[str, Field(min_length=1, max_length=30)]]
    ice_breakers: list[Annotated[str, Field(min_length=1, max_length=80)]]
    link_button: str = Field(min_length=1, max_length=20)
    choose: str = Field(min_length=1, max_length=640)


class _File(_Strict):
    greeting: dict[str, str]
    get_started: str = _Payload
    persistent_menu: list[MenuItem] = Field(max_length=20)
    ice_breakers: list[IceBreaker] = Field(max_length=4)
    refs: dict[str, str] = {}
    link_button: str = Field(min_length=1, max_length=20)
    choose: str = Field(min_length=1, max_length=640)
    en: _English

    @model_validator(mode="after")
    def _as_many(self) -> _File:
        for name in ("persistent_menu", "ice_breakers"):
            given, english = len(getattr(self, name)), len(getattr(self.en, name))
            if given != english:
                raise ValueError(f"en.{name} có {english} mục, bản tiếng Việt có {given}")
        return self

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
    others: Mapping[str, Words] = field(default_factory=dict)  # in other languages

    def of(self, language: object) -> Words:
        """Returns them in a language."""
        return self.others.get(str(language), self)


@dataclass(frozen=True)
class Content:
    """The file's content. `profile` is the body that Meta's Messenger Profile API takes."""

    words: Words
    refs: dict[str, str]
    profile: dict[str, Any] = field(repr=False)
    titles: Mapping[str, str] = field(default_factory=dict)  # of the menu and the questions: title → its language

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
        given = _File.model_validate(yaml_files.read(path))
    except OSError as error:
        raise BadContent(f"{path.name}: không đọc được ({type(error).__name__})") from error
    except yaml.YAMLError as error:
        raise BadContent(f"{path.name}: sai cú pháp YAML") from error
    except ValidationError as error:
        found = [f"{'.'.join(map(str, e['loc'])) or 'tệp'}: {e['msg']}" for e in error.errors(include_url=False)]
        raise BadContent(f"{path.name}: " + "; ".join(found)) from error
    words = Words(given.link_button, given.choose, {ENGLISH: Words(given.en.link_button, given.en.choose)})
    return Content(words, given.refs, _profile(given), _titles(given))


def our_content() -> Content:
    """Returns the words and the profile of data/channels/messenger.yml."""
    return read_content(ROOT / "data/channels/messenger.yml")


def _titles(given: _File) -> dict[str, str]:
    ours = {*(item.title for item in given.persistent_menu), *(item.question for item in given.ice_breakers)}
    return dict.fromkeys(ours, DEFAULT) | dict.fromkeys(
        {*given.en.persistent_menu, *given.en.ice_breakers} - ours, ENGLISH
    )


def _profile(given: _File) -> dict[str, Any]:
    """Returns the profile: everybody's is Vietnamese, that of who uses Messenger in English is English."""
    greetings = given.greeting | dict.fromkeys(LOCALES, given.en.greeting)
    menu, questions = [item.title for item in given.persistent_menu], [item.question for item in given.ice_breakers]
    menus = {"default": menu, **dict.fromkeys(LOCALES, given.en.persistent_menu)}
    asked = {"default": questions, **dict.fromkeys(LOCALES, given.en.ice_breakers)}
    return {
        "get_started": {"payload": given.get_started},
        "greeting": [{"locale": locale, "text": text} for locale, text in greetings.items()],
        "persistent_menu": [
            {"locale": locale, "composer_input_disabled": False, "call_to_actions": _menu(given, titles)}
            for locale, titles in menus.items()
        ],
        "ice_breakers": [
            {"locale": locale, "call_to_actions": _questions(given, titles)} for locale, titles in asked.items()
        ],
    }


def _menu(given: _File, titles: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"type": "web_url", "title": title, "url": item.url}
        if item.url
        else {"type": "postback", "title": title, "payload": item.payload}
        for item, title in zip(given.persistent_menu, titles, strict=True)
    ]


def _questions(given: _File, titles: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"question": title, "payload": item.payload} for item, title in zip(given.ice_breakers, titles, strict=True)
    ]
