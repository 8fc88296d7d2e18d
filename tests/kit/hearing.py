"""What a telephone heard, compared with what it should have heard: by its envelope, without a recogniser.

The same voice says the expected text; where both rise and fall alike they correlate with 1.0, another text of the same
voice with 0.3 or so.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache
from math import gcd

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import resample_poly

Sound = NDArray[np.int16]
RATE = 8000
_FRAME = 160  # 20 ms
#: Words a minute: quick, since a call takes as long as what is said in it.
_SPEED = 300
#: What belongs to the text alone: a voice ends with a pause.
_TAIL = 15
PROGRAM = shutil.which("espeak-ng")
needs_voice = pytest.mark.skipif(PROGRAM is None, reason="needs Debian's package espeak-ng (scripts/need-packages)")


@lru_cache(maxsize=512)
def voice(text: str) -> Sound:
    """Returns a text as a Vietnamese voice says it, at 8 kHz."""
    assert PROGRAM
    wave = subprocess.run(
        [PROGRAM, "-v", "vi", "-s", str(_SPEED), "--stdout", text], capture_output=True, check=True
    ).stdout
    rate = int.from_bytes(wave[24:28], "little")
    loud = np.frombuffer(wave[44 : 44 + (len(wave) - 44) // 2 * 2], dtype="<i2").astype(np.float64)
    common = gcd(rate, RATE)
    said = resample_poly(loud, RATE // common, rate // common)
    return np.clip(said, -32768, 32767).astype(np.int16)


def likeness(heard: Sound, text: str) -> tuple[float, int]:
    """Returns how well a text is found in what was heard (1.0: it is that), and the sample at which it ends."""
    whole, part = _envelope(heard), _envelope(voice(text))[:-_TAIL]
    if len(whole) < len(part):
        return 0.0, 0
    part = part - part.mean()
    windows = np.lib.stride_tricks.sliding_window_view(whole, len(part))
    windows = windows - windows.mean(axis=1, keepdims=True)
    sizes = np.sqrt((windows**2).sum(axis=1) * (part**2).sum())
    found = np.divide(windows @ part, sizes, out=np.zeros(len(windows)), where=sizes > 0)
    best = int(found.argmax())
    return float(found[best]), (best + len(part)) * _FRAME


def _envelope(sound: Sound) -> NDArray[np.float64]:
    frames = len(sound) // _FRAME
    return np.abs(sound[: frames * _FRAME].astype(np.float64)).reshape(frames, _FRAME).mean(axis=1)
