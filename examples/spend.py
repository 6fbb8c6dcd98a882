"""The cost of a program's calls, and its behaviour when the balance is used up.

Works in any time mode of the fake: the pauses of the client move its clock, nothing sleeps."""

import os

import httpx

from emo_client import APIError, Client

PORTRAIT, VOICE = "https://example.com/portrait.png", "https://example.com/voice.wav"

base = os.environ.get("DASHSCOPE_HTTP_BASE_URL", "http://127.0.0.1:8787/api/v1")
key = os.environ.get("DASHSCOPE_API_KEY", "sk-local")
mock = httpx.Client(
    base_url=httpx.URL(base).join("/__mock__"),
    headers={"Authorization": f"Bearer {key}"},
)


def pause(seconds: float) -> None:
    mock.post("/clock", json={"advance": seconds}).raise_for_status()


with mock, Client(api_key=key, base_url=base, sleep=pause) as client:
    mock.post("/reset").raise_for_status()
    mock.put("/account", json={"balance": 0.4}).raise_for_status()

    # The program under test, here one line: a picture is checked, a video is made.
    client.generate(PORTRAIT, VOICE, ratio="3:4")

    bill = mock.get("/usage").raise_for_status().json()
    spent = {row["model"]: row["quantity"] for row in bill["models"] if row["quantity"]}
    assert spent == {"emo-detect-v1": 1, "emo-v1": 2.95}, bill
    assert bill["total"] == 0.476, bill
    print("spent", bill["total"], bill["currency"])

    # The balance is used up: calls that cost money are refused until it is raised.
    try:
        client.detect(PORTRAIT)
    except APIError as refused:
        print("refused:", refused.status, refused.code)
    mock.put("/account", json={"balance": None}).raise_for_status()
    client.detect(PORTRAIT)
    print("spent", mock.get("/usage").json()["total"], bill["currency"])
