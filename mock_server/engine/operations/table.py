"""The operations by operationId. Each takes a valid call, and returns an outcome and the facts that
fill it. Refusals, scenarios and rendering belong to the other stages."""

from __future__ import annotations

from collections.abc import Callable

from mock_server.engine.operations.creation import create_video_task
from mock_server.engine.operations.detection import detect_face
from mock_server.engine.operations.listing import list_tasks
from mock_server.engine.operations.operation_input import OperationInput
from mock_server.engine.operations.tasks import cancel_task, get_task
from mock_server.stages import Answer

HANDLERS: dict[str, Callable[[OperationInput], Answer]] = {
    "detectFace": detect_face,
    "createVideoTask": create_video_task,
    "getTask": get_task,
    "cancelTask": cancel_task,
    "listTasks": list_tasks,
}
