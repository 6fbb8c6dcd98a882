"""Hides keys in the errors of `emo`: an argument in the wrong place may be one."""

from __future__ import annotations

import re

import click

from mock_server.settings import environment

VARIABLES = ("DASHSCOPE_API_KEY", "EMO_CONTRACT_OTHER_KEY", "EMO_ADMIN_TOKEN")
OPTIONS = ("key", "admin_token")
_END = r"(?<![]`):;,.>])"  # what follows a key in a sentence is none of it
_LIKE_A_KEY = re.compile(rf"(?<![A-Za-z0-9])(?:sk-[^\s'\"]+|st-[^\s'\"]{{12,}}){_END}")


def without_keys(text: str, error: click.ClickException) -> str:
    """An error's text with `sk-***` in place of the keys of the environment and of the options, and
    of whatever looks like a key."""
    from contracts.masks import MASK, Masks

    given = getattr(getattr(error, "ctx", None), "params", None) or {}
    secrets = [environment().get(name, "") for name in VARIABLES]
    secrets += [str(given.get(name) or "") for name in OPTIONS]
    return _LIKE_A_KEY.sub(MASK, Masks(secrets).keys(text))
