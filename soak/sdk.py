"""The official SDK as a good client, in its own process: it reads its settings when it is imported.

    python -m soak.sdk

It prints a line for each task: `ok`, or the error. It reads DASHSCOPE_HTTP_BASE_URL and
DASHSCOPE_API_KEY."""

from __future__ import annotations

import dashscope
from dashscope.v2.resources._jobs import Jobs

from soak.attacks_on_the_api import INPUT


def main() -> None:
    """Run one task after the other until the process ends."""
    while True:
        try:
            print(_one_task(), flush=True)
        except Exception as error:  # noqa: BLE001 (the SDK raises many kinds)
            print(f"{type(error).__name__}: {error}".replace("\n", " "), flush=True)


def _one_task() -> str:
    with dashscope.Client() as client:
        jobs = Jobs(client, "aigc/image2video/video-synthesis")
        job = jobs.wait(jobs.create(model="emo-v1", input=INPUT))
    return "ok" if job.succeeded else f"the task ended as {job.output}"


if __name__ == "__main__":
    main()
