"""Puts texts that ask alike into groups: letter groups, average linkage, at most some thousand texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.knowledge.likeness import uniform, vectorizer

MOST_TEXTS = 2000
#: Groups whose texts are, on average, at most this far apart (1 - cosine) are one group. Of our own questions two
#: thirds then stand in a group of their own topic; from 0.65 on groups of eighty form.
_APART = 0.6


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
