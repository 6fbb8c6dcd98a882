"""The fake inside of the test process: no port, no second process. respx answers every request that
httpx would send to the service, so the program keeps the address of the service."""

from collections.abc import Iterator

import httpx
import pytest
import respx

from emo_client import Client
from mock_server import InProcess, Settings, create_app

PORTRAIT, VOICE = "https://example.com/portrait.png", "https://example.com/voice.wav"


@pytest.fixture
def emo(monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """Gives an HTTP client for the control API of the key."""
    monkeypatch.delenv("DASHSCOPE_HTTP_BASE_URL", raising=False)
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-test")
    fake = InProcess(create_app(Settings(time="frozen", seed="tests")))
    headers = {"Authorization": "Bearer sk-test"}
    with respx.mock(base_url="https://dashscope.aliyuncs.com") as router:
        router.route().mock(side_effect=fake.handle_request)
        base_url = "http://127.0.0.1/__mock__"
        with httpx.Client(transport=fake, base_url=base_url, headers=headers) as control:
            yield control


def test_a_wait_of_minutes_takes_no_time(emo: httpx.Client) -> None:
    def sleep(seconds: float) -> None:
        emo.post("/clock", json={"advance": seconds}).raise_for_status()

    with Client(sleep=sleep) as client:
        task = client.generate(PORTRAIT, VOICE)
    assert task.output.task_status == "SUCCEEDED"
    assert emo.get("/usage").json()["total"] == 0.3968
