"""A typical hand-written stub of the EMO API, to be checked against the contract."""

import json
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

polls: dict[str, int] = {}


class Stub(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        task_id = str(uuid.uuid4())
        polls[task_id] = 0
        self.answer(201, {"output": {"task_id": task_id, "task_status": "PENDING"}})

    def do_GET(self) -> None:
        task_id = self.path.rpartition("/")[2]
        if task_id not in polls:
            self.answer(404, {"code": "NotFound", "message": "no such task"})
            return
        polls[task_id] += 1
        done = polls[task_id] > 2
        output = {"task_id": task_id, "task_status": "SUCCEEDED" if done else "RUNNING"}
        if done:
            output["video_url"] = "https://example.com/video.mp4"
        self.answer(200, {"output": output})

    def answer(self, status: int, value: dict) -> None:
        body = json.dumps({**value, "request_id": str(uuid.uuid4())}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
