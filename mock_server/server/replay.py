"""`emo serve --replay CASSETTE`: an app that answers from a recording in place of the spec's
examples."""

from __future__ import annotations

from pathlib import Path

from contracts.recordings import CassetteError, load
from contracts.spec.loader import Spec
from mock_server.playback.responder import playback_engine
from mock_server.server.app import FakeApp
from mock_server.settings import Settings, SettingsError

__all__ = ["replaying"]


def replaying(settings: Settings, path: Path) -> FakeApp:
    """The fake as an ASGI app that answers from a recording. Raises SettingsError if the file is
    not a recording, or if a setting does not apply to one."""
    given = {
        "scenario": settings.scenario is not None,
        "variant": bool(settings.variants),
        "limits": settings.limits != "off",
        "concurrency": settings.concurrency is not None,
    }
    for name, is_given in given.items():
        if is_given:
            text = f"--replay answers as recorded; leave --{name} out"
            raise SettingsError(text, name)
    spec = Spec.load()
    try:
        return FakeApp(playback_engine(spec, load(path, spec, needed=True), settings=settings))
    except CassetteError as error:
        raise SettingsError(f"--replay {error}") from None
