"""Ids and secrets that follow from the seed of a server, and that nobody can guess without it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner

from emo_kit.cli.serve import serve
from mock_server.engine.operations.results import signed_path
from mock_server.settings import Settings, SettingsError
from mock_server.simulation.call import Call
from mock_server.simulation.seeds import seeds_of
from tests.helpers.fake import KEY, Service

Make = Callable[..., Service]


def url_signed_with(secret: bytes, tenant_id: str, now: float) -> tuple[str, str]:
    path, _, query = signed_path(secret, tenant_id, "task", "1:1", 3.2, now + 60).partition("?")
    return path, query


def test_two_servers_without_a_seed_have_different_ids(make_service: Make) -> None:
    one, other = (make_service(seed=None) for _ in range(2))
    ids = [service.create().body["request_id"] for service in (one, other) for _ in range(3)]
    ids += [service.task_id() for service in (one, other) for _ in range(3)]
    assert len(set(ids)) == len(ids)
    assert one.tenant_id() != other.tenant_id()


def test_two_servers_without_a_seed_detect_the_same_face(make_service: Make) -> None:
    one, other = (make_service(seed=None).detect().body["output"] for _ in range(2))
    assert one == other


def test_two_servers_with_the_same_seed_have_the_same_ids(make_service: Make) -> None:
    one, other = (make_service(seed="mine") for _ in range(2))
    assert one.task_id() == other.task_id()


@pytest.mark.parametrize("guess", ["emo", "", "None", "0"])
def test_a_guessed_seed_cannot_sign_a_url_of_a_server_without_one(
    make_service: Make, guess: str
) -> None:
    service = make_service(seed=None)
    service.task_id()
    secret = seeds_of(guess).secret_of(service.tenant_id())
    path, query = url_signed_with(secret, service.tenant_id(), service.real)
    assert service.engine.handle(Call("GET", path, query)).status == 403


def test_the_secret_in_a_bundle_signs_urls_of_its_own_tenant_alone(make_service: Make) -> None:
    service = make_service(seed="mine")
    tenants = [service.tenant_id(key) for key in (KEY, "sk-another")]
    for key in (KEY, "sk-another"):
        service.task_id(key=key)
    bundle = service.bundle()
    statuses = [
        service.engine.handle(Call("GET", *url_signed_with(secret, tenant, service.real))).status
        for tenant in tenants
        for secret in (bundle.secret, bundle.content)
    ]
    assert statuses == [200, 403, 403, 403]


def test_an_empty_seed_is_refused() -> None:
    with pytest.raises(SettingsError, match="seed is empty; leave it out for random ids"):
        Settings(seed="")
    found = CliRunner().invoke(serve, ["--seed", "", "--port", "0"])
    assert (found.exit_code, "--seed: is empty" in found.output) == (2, True)
