"""How long a video is: as long as the recording that it is made from, which nobody listens to here.
Depends on the recording's URL alone."""

from __future__ import annotations

from contracts.redact.secret_names import without_secret_parameters
from contracts.spec.loader import Spec
from mock_server.media import samples
from mock_server.simulation.ids import digest

SHORTEST, LONGEST = 2, 5  # seconds of a recording that is not known


def audio_seconds(spec: Spec, seed: bytes, url: str) -> float:
    """Seconds, with two decimals as in the documented sample (YU). The documented recording has the
    length of that sample, ours its own; any other between 2 and 5 s by the seed and its URL, and
    never a whole number, so that a client which reads the field as an integer fails at once."""
    documented = spec.operations["createVideoTask"].requests["documentation"]
    if url == documented["input"]["audio_url"]:
        return float(spec.task_outcomes["SUCCEEDED"].value["usage"]["video_duration"])
    voice = samples.voice()
    if url.partition("?")[0].endswith(f"/samples/{voice.path.name}"):
        return voice.duration
    number = int.from_bytes(digest(seed, "audio", without_secret_parameters(url))[:4])
    whole, hundredths = divmod(number % ((LONGEST - SHORTEST) * 99), 99)
    return round(SHORTEST + whole + (hundredths + 1) / 100, 2)
