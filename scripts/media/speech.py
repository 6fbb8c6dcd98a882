"""Synthesizes a voice: pulses of a larynx, filtered by the resonances of a mouth.

The voice speaks the vowels of "Hello there, how are you today? Nice day." No recording of a person
is used. `loudness` gives the opening of the mouth for the pictures.
"""

import math
import random
import struct
import wave
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

RATE = 16_000
# A whole number of video frames (48 at 15 a second) and of AAC packets (50 of 1024 samples): a clip
# repeats it without a seam.
SECONDS = 3.2

_BLOCK = 80  # samples between two settings of the resonators: 5 ms, faster than a tongue moves
_BANDWIDTHS = (80.0, 100.0, 140.0, 220.0)
_VOWELS = {  # the first four formants, Hz, of a woman's voice
    "a": (850.0, 1220.0, 2810.0, 3900.0),
    "e": (610.0, 2330.0, 2990.0, 4000.0),
    "i": (350.0, 2750.0, 3310.0, 4100.0),
    "o": (560.0, 920.0, 2700.0, 3800.0),
    "u": (390.0, 1000.0, 2670.0, 3800.0),
    "r": (500.0, 1500.0, 1960.0, 3700.0),
    "@": (600.0, 1550.0, 2800.0, 3900.0),
}


class Syllable(NamedTuple):
    """One opening of the mouth: seconds, the vowel it glides from and to, Hz from and to."""

    start: float
    end: float
    vowels: str
    pitch: tuple[float, float]
    breath: float = 0.0  # how much of an "h" or "t" goes before the vowel


_SPEECH = (
    Syllable(0.12, 0.27, "@e", (196, 205), 0.9),
    Syllable(0.27, 0.58, "ou", (226, 205)),
    Syllable(0.60, 0.90, "er", (204, 178), 0.2),
    Syllable(1.10, 1.34, "au", (200, 218), 0.9),
    Syllable(1.34, 1.53, "ar", (222, 206)),
    Syllable(1.53, 1.72, "iu", (208, 198)),
    Syllable(1.77, 1.88, "u@", (196, 200), 0.7),
    Syllable(1.90, 2.22, "ei", (230, 262), 0.3),
    Syllable(2.40, 2.60, "ai", (214, 200), 0.2),
    Syllable(2.63, 2.90, "ei", (196, 160), 0.3),
)


def samples() -> list[int]:
    """The whole voice as 16-bit samples at `RATE`; the same ones every time."""
    wet = list(_through_the_mouth(list(_source())))
    peak = max(map(abs, wet))
    return [round(26_000 * value / peak) for value in wet]


def loudness(voice: Sequence[int], fps: int) -> list[float]:
    """For each video frame, how loud the voice is while it shows: 0 is silence, 1 the loudest."""
    count = round(len(voice) / RATE * fps)
    edges = [len(voice) * frame // count for frame in range(count + 1)]
    levels = [
        math.sqrt(sum(value * value for value in voice[a:b]) / (b - a)) for a, b in pairwise(edges)
    ]
    return [level / max(levels) for level in levels]


def write(path: Path, voice: Sequence[int]) -> None:
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(struct.pack(f"<{len(voice)}h", *voice))


def _source() -> Iterator[float]:
    """The sound of the throat: a pulse for each turn of the vocal cords, and some breath."""
    chance = random.Random("EMO")
    phase = 0.0
    for first in range(0, round(RATE * SECONDS), _BLOCK):
        voiced, breath = _effort(first / RATE)
        voiced_next, breath_next = _effort((first + _BLOCK) / RATE)
        step = _pitch(first / RATE) / RATE
        for n in range(_BLOCK):
            phase = (phase + step) % 1.0
            noise = chance.uniform(-1, 1)
            tone = voiced + (voiced_next - voiced) * n / _BLOCK
            hiss = breath + (breath_next - breath) * n / _BLOCK
            yield tone * (_pulse(phase) + 0.02 * noise) + 0.09 * hiss * noise


def _through_the_mouth(source: Sequence[float]) -> Iterator[float]:
    """Four resonators in a row, retuned every 5 ms; the lips take the difference."""
    memory = [[0.0, 0.0] for _ in _BANDWIDTHS]
    before = 0.0
    shape = _formants(0.0)
    for first in range(0, len(source), _BLOCK):
        # The tongue follows: a vowel that jumped to the next one would click.
        shape = [a + (b - a) * 0.3 for a, b in zip(shape, _formants(first / RATE), strict=True)]
        tuning = [_resonator(*pair) for pair in zip(shape, _BANDWIDTHS, strict=True)]
        for value in source[first : first + _BLOCK]:
            wet = value
            for (gain, near, far), last in zip(tuning, memory, strict=True):
                wet = gain * wet + near * last[0] + far * last[1]
                last[1], last[0] = last[0], wet
            yield wet - before
            before = wet


def _spoken(now: float) -> tuple[Syllable, float]:
    """The current syllable, or in a pause the next one, and its elapsed share (0 to 1)."""
    syllable = next((one for one in _SPEECH if now < one.end), _SPEECH[-1])
    progress = (now - syllable.start) / (syllable.end - syllable.start)
    return syllable, min(max(progress, 0.0), 1.0)


def _effort(now: float) -> tuple[float, float]:
    """How much voice and how much breath goes through the throat: 0 to 1 each."""
    return (
        max(_swell(now, one.start, one.end) for one in _SPEECH),
        max(one.breath * _swell(now, one.start - 0.07, one.start + 0.03) for one in _SPEECH),
    )


def _pitch(now: float) -> float:
    """The pitch in Hz, with the slight tremble of a voice."""
    syllable, progress = _spoken(now)
    low, high = syllable.pitch
    return (low + (high - low) * progress) * (1 + 0.012 * math.sin(2 * math.pi * 5.2 * now))


def _formants(now: float) -> list[float]:
    syllable, progress = _spoken(now)
    begin, end = (_VOWELS[vowel] for vowel in syllable.vowels)
    blend = _smooth(progress)
    return [a + (b - a) * blend for a, b in zip(begin, end, strict=True)]


def _resonator(frequency: float, bandwidth: float) -> tuple[float, float, float]:
    """The gain and the two feedbacks of a two-pole filter that lets 0 Hz through unchanged."""
    far = -math.exp(-2 * math.pi * bandwidth / RATE)
    near = 2 * math.exp(-math.pi * bandwidth / RATE) * math.cos(2 * math.pi * frequency / RATE)
    return 1 - near - far, near, far


def _pulse(phase: float) -> float:
    """Rosenberg's glottal pulse: opens over 40 % of the turn, closes over 10 %, then rests."""
    if phase < 0.40:
        return 0.5 * (1 - math.cos(math.pi * phase / 0.40))
    if phase < 0.50:
        return math.cos(math.pi / 2 * (phase - 0.40) / 0.10)
    return 0.0


def _swell(now: float, start: float, end: float) -> float:
    """Up in 50 ms from `start`, down again in the 80 ms around `end`."""
    return _smooth((now - start) / 0.05) * _smooth((end + 0.04 - now) / 0.08)


def _smooth(x: float) -> float:
    x = min(max(x, 0.0), 1.0)
    return x * x * (3 - 2 * x)
