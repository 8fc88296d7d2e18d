"""Step-by-step guides as staff write them: one a file under data/guides/, one step a message."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from assistant.content.english import EN
from assistant.content.yaml_lines import Block, read_block


@dataclass(frozen=True)
class Step:
    """One step: what to do, what to try if it fails, and where to go if that fails too."""

    id: str
    name: str
    say: str
    failed_step: str
    failed_response: str
    help: str = ""
    done: str = ""  # the step after it, where it is not the next one
    aside: bool = False  # tried only after a failure; not counted
    en: Mapping[str, str] = field(default_factory=dict)  # name, say and help in English

    def text(self, part: str, language: str) -> str:
        """Returns name, say or help in a language; in the default where it does not stand in it."""
        return (self.en.get(part) if language == EN else "") or str(getattr(self, part))


@dataclass(frozen=True)
class Guide:
    """A guide: its steps and the response that ends it well."""

    name: str
    title: str
    success: str
    steps: tuple[Step, ...]
    title_en: str = ""

    def titled(self, language: str) -> str:
        """Returns its title in a language."""
        return (self.title_en if language == EN else "") or self.title

    @property
    def total(self) -> int:
        """How many steps there are when nothing fails."""
        return sum(not step.aside for step in self.steps)

    def number(self, index: int) -> int:
        """Returns the number of a step as people count; an aside has that of the step before it."""
        return sum(not step.aside for step in self.steps[: index + 1])

    def at(self, number: int) -> int:
        """Returns where the step of a number stands, as people count from 1."""
        return [index for index, step in enumerate(self.steps) if not step.aside][number - 1]

    def index(self, step: str) -> int:
        """Returns where a step stands."""
        return next(index for index, known in enumerate(self.steps) if known.id == step)


@dataclass(frozen=True)
class Place:
    """Where a person is in a guide; `helped` once the step's help was said."""

    guide: str
    index: int = 0
    helped: bool = False

    @classmethod
    def parse(cls, state: str, guides: dict[str, Guide]) -> Place | None:
        """Reads "add_email:2" or "add_email:2:help"; None if there is no such place."""
        name, _, rest = state.partition(":")
        number, _, mark = rest.partition(":")
        if name not in guides or not number.isdecimal() or not 1 <= int(number) <= len(guides[name].steps):
            return None
        return cls(name, int(number) - 1, mark == "help")

    def __str__(self) -> str:
        return f"{self.guide}:{self.index + 1}" + (":help" if self.helped else "")


def after(place: Place, done: bool, guide: Guide) -> Place | str:
    """Returns the next place, or the response the guide ends with."""
    step = guide.steps[place.index]
    if done:
        if step.done:
            return Place(guide.name, guide.index(step.done))
        later = (i for i, known in enumerate(guide.steps) if i > place.index and not known.aside)
        index = next(later, None)
        return guide.success if index is None else Place(guide.name, index)
    if step.help and not place.helped:
        return replace(place, helped=True)
    return Place(guide.name, guide.index(step.failed_step)) if step.failed_step else step.failed_response


def read_guides(folder: Path, responses: Collection[str] | None = None) -> dict[str, Guide]:
    """Reads all guides of a folder by name.

    Raises:
        ContentError: if one lacks something, names an unknown step or response, or goes round in circles.
    """
    guides = [_read(path, responses) for path in sorted(folder.glob("*.yml"))]
    return {guide.name: guide for guide in guides}


def _read(path: Path, responses: Collection[str] | None) -> Guide:
    raw = read_block(path)
    raw.check(("guide", "title", "success", "steps"), ("title_en",))
    if raw.text("guide") != path.stem:
        raise raw.wrong(f"guide là “{raw.text('guide')}” nhưng tên tệp là “{path.stem}”; hai tên phải giống nhau.")
    blocks = raw.blocks("steps")
    steps = tuple(_step(block) for block in blocks)
    guide = Guide(path.stem, raw.text("title"), raw.text("success"), steps, raw.text("title_en"))
    if responses is not None and guide.success not in responses:
        raise raw.wrong(f"không có câu trả lời tên {guide.success}.", "success")
    _check_ids(guide, blocks)
    for step, block in zip(guide.steps, blocks, strict=True):
        _check_ways(guide, step, block, responses)
    if guide.steps[0].aside:
        raise blocks[0].wrong("bước đầu tiên không thể là bước thử thêm (aside).")
    return guide


def _step(block: Block) -> Step:
    block.check(("id", "name", "say", "failed"), ("help", "done", "aside", EN))
    english = block.block(EN)
    if english:
        english.check(("name", "say"), ("help",))
    failed = block.block("failed")
    failed.check((), ("step", "response"))
    if len(failed) != 1:
        raise failed.wrong("failed cần đúng một trong hai: step hoặc response.")
    if block.text("aside") not in ("", "true", "false"):
        raise block.wrong("aside chỉ nhận true hoặc false.", "aside")
    return Step(
        id=block.text("id"),
        name=block.text("name"),
        say=block.text("say"),
        help=block.text("help"),
        done=block.text("done"),
        failed_step=failed.text("step"),
        failed_response=failed.text("response"),
        aside=block.text("aside") == "true",
        en={part: english.text(part) for part in english},
    )


def _check_ids(guide: Guide, blocks: list[Block]) -> None:
    seen: set[str] = set()
    for step, block in zip(guide.steps, blocks, strict=True):
        if step.id in seen:
            raise block.wrong(f"tên bước “{step.id}” ghi hai lần.", "id")
        seen.add(step.id)


def _check_ways(guide: Guide, step: Step, block: Block, responses: Collection[str] | None) -> None:
    ids = {known.id for known in guide.steps}
    for key, target in (("done", step.done), ("failed", step.failed_step)):
        if target and target not in ids:
            raise block.wrong(f"không có bước tên “{target}”.", key)
    if responses is not None and step.failed_response and step.failed_response not in responses:
        raise block.wrong(f"không có câu trả lời tên {step.failed_response}.", "failed")
    for done in (True, False):
        if not _ends(guide, guide.index(step.id), done):
            way = "“Xong”" if done else "“Chưa được”"
            raise block.wrong(f"từ bước này cứ bấm {way} thì đi vòng mãi, không đến kết thúc nào.")


def _ends(guide: Guide, index: int, done: bool) -> bool:
    here: Place | str = Place(guide.name, index)
    for _ in range(2 * len(guide.steps) + 1):
        if isinstance(here, str):
            return True
        here = after(here, done, guide)
    return isinstance(here, str)
