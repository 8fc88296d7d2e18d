"""Puts texts that ask alike into groups: letter groups, average linkage, at most some thousand texts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

import numpy as np

from assistant.content.likeness import uniform, vectorizer

MOST_TEXTS = 2000
#: Groups whose texts are, on average, at most this far apart (1 - cosine) are one group. Of our own questions two
#: thirds then stand in a group of their own topic; from 0.65 on groups of eighty form.
_APART = 0.6
_SECONDS = 120


def groups_of(texts: Sequence[str]) -> list[int]:
    """Returns the number of each text's group, counted from 0 in the order of their first texts.

    Raises:
        ValueError: if there are more than MOST_TEXTS; the work grows with their square.
    """
    if len(texts) > MOST_TEXTS:
        raise ValueError(f"{len(texts)} texts; at most {MOST_TEXTS} at a time")
    if len(texts) < 2:
        return [0] * len(texts)
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    rows = vectorizer().fit_transform([uniform(text) for text in texts])
    apart = np.clip(1.0 - (rows @ rows.T).toarray(), 0.0, None)
    np.fill_diagonal(apart, 0.0)
    labels = fcluster(linkage(squareform(apart, checks=False), "average"), _APART, "distance").tolist()
    order = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    return [order[label] for label in labels]


def groups_apart(texts: Sequence[str]) -> list[int]:
    """Returns what `groups_of` does, from a process of its own.

    What it imports (80 MB) and computes (up to a second) is then nothing to those who serve.

    Raises:
        OSError, subprocess.SubprocessError: if that process fails.
    """
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", __name__], input=json.dumps(texts), check=True, capture_output=True, text=True,
        timeout=_SECONDS,
    )  # fmt: skip
    return [int(number) for number in json.loads(done.stdout)]


if __name__ == "__main__":
    json.dump(groups_of(json.load(sys.stdin)), sys.stdout)
