"""Redacts API keys and passwords in the errors of `emo`: users type keys in wrong places."""

from __future__ import annotations

from mock_server.settings import environment

VARIABLES = ("DASHSCOPE_API_KEY", "EMO_CONTRACT_OTHER_KEY", "EMO_ADMIN_TOKEN")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
OPTIONS = ("key", "admin_token", "admin_token_file")


def without_keys(text: str, error: BaseException) -> str:
    """The text of an error with `sk-***` in place of secrets: the keys of the environment and of
    the options, the passwords of proxies, and everything that looks like a key."""
    from contracts.redact.redactor import without_secrets
    from contracts.redact.secret_values import secrets_of_url

    given = getattr(getattr(error, "ctx", None), "params", None) or {}
    known = environment()
    secrets = [known.get(name, "") for name in VARIABLES]
    secrets += [str(given.get(name) or "") for name in OPTIONS]
    secrets += [part for name in PROXIES for part in secrets_of_url(known.get(name, ""))]
    return without_secrets(text, secrets)
