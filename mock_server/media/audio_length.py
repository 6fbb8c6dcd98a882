"""Decides the length of a video from the URL of its audio. The fake does not read the audio
itself."""

from __future__ import annotations

from contracts.redact.secret_names import without_secret_parameters
from contracts.spec.loader import Spec
from mock_server.media import samples
from mock_server.simulation.ids import digest

SHORTEST, LONGEST = 2, 5  # seconds of an unknown audio


def audio_seconds(spec: Spec, model: str, seed: bytes, url: str) -> float:
    """The length in seconds, with two decimals as in the documented sample (YU).

    The documented audio URL of the model has the documented length, the fake's own sample its real
    one. Any other URL has a length from 2 to 5 s that depends on seed and URL. It is never a whole
    number, so that a client that reads the field as an integer fails at once."""
    documented_url, documented_seconds = spec.documented_videos[model]
    if url == documented_url:
        return documented_seconds
    voice = samples.voice()
    if url.partition("?")[0].endswith(f"/samples/{voice.path.name}"):
        return voice.duration
    number = int.from_bytes(digest(seed, "audio", without_secret_parameters(url))[:4])
    whole, hundredths = divmod(number % ((LONGEST - SHORTEST) * 99), 99)
    return round(SHORTEST + whole + (hundredths + 1) / 100, 2)
