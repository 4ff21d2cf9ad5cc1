"""A stand-in for Discord's webhooks that refuses what Discord documents as refused.

Sources: Discord's API documentation, "Execute Webhook", "Create Message", "Poll Create Request Object", "Poll
Media Object" and "Rate Limits".
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "s3cret-token"
PATH = f"/api/webhooks/123456/{TOKEN}"
INVALID_FORM = 50035


class Channel:
    """What was posted, and what the next requests are answered with instead (`status`, body)."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.pinged: list[str] = []
        self.instead: list[tuple[int, dict[str, Any]]] = []
        self.requests = 0
        self.address = ""

    def take(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.requests += 1
        if path.partition("?")[0] != PATH:
            return 404, {"code": 10015, "message": "Unknown Webhook"}
        if self.instead:
            return self.instead.pop(0)
        if mistakes := list(wrong(body)):
            return 400, {"code": INVALID_FORM, "message": "Invalid Form Body", "errors": mistakes}
        if body.get("allowed_mentions", {}).get("parse", ["everyone"]):
            self.pinged.append(body.get("content", ""))
        self.messages.append(body)
        return 200, {"id": str(1000 + len(self.messages))}


def wrong(body: dict[str, Any]) -> Iterator[str]:
    content, poll = body.get("content", ""), body.get("poll")
    if not content and poll is None:
        yield "content: Cannot send an empty message"
    if len(content) > 2000:
        yield "content: Must be 2000 or fewer in length"
    if poll is None:
        return
    if not 0 < len(poll["question"]["text"]) <= 300:
        yield "poll.question: Must be between 1 and 300 in length"
    if not 1 <= len(poll["answers"]) <= 10:
        yield "poll.answers: Must be between 1 and 10 in length"
    for number, answer in enumerate(poll["answers"]):
        if not 0 < len(answer["poll_media"]["text"]) <= 55:
            yield f"poll.answers.{number}: Must be between 1 and 55 in length"
    if not 1 <= poll["duration"] <= 768:
        yield "poll.duration: Must be between 1 and 768"


@contextmanager
def channel() -> Iterator[Channel]:
    """A channel that listens on this machine."""
    made = Channel()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            status, reply = made.take(self.path, json.loads(self.rfile.read(size)))
            if status == 0:  # the connection breaks off
                self.connection.close()
                return
            told = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        made.address = f"http://127.0.0.1:{server.server_port}{PATH}"
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
