"""Why a change of content cannot be made."""

from __future__ import annotations

from collections.abc import Sequence


class EditError(ValueError):
    """The change cannot be made; the message says why, in Vietnamese.

    * Conflict: somebody saved the topic meanwhile
    * Referred: something else still names the topic
    """


class Conflict(EditError):
    """Somebody saved the topic meanwhile; `present` is the file as it is now, None if it is gone."""

    def __init__(self, name: str, present: str | None) -> None:
        super().__init__(f"Chủ đề {name} vừa được người khác lưu.")
        self.name = name
        self.present = present


class Referred(EditError):
    """Something else still names the topic; `places` says what."""

    def __init__(self, name: str, places: Sequence[str]) -> None:
        super().__init__(f"Chủ đề {name} còn được nhắc đến ở: {', '.join(places)}.")
        self.places = list(places)
