"""A service on loopback that takes notices."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = "topsecret-token"


class Listener(HTTPServer):
    """A service that takes notices: `heard` are their bodies, `status` its answer, `meanwhile` comes before that."""

    def __init__(self, status: int) -> None:
        super().__init__(("127.0.0.1", 0), _Listening)
        self.status = status
        self.meanwhile: Callable[[], object] = tuple
        self.heard: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        """The address of this service, with a secret in it."""
        return f"json://user:{SECRET}@127.0.0.1:{self.server_port}/{SECRET}/"


class _Listening(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        """Take a notice."""
        self.server.heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.server.meanwhile()
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def listening(status: int = 200) -> Iterator[Listener]:
    """Listen on loopback until the test is over."""
    with Listener(status) as listener:
        thread = threading.Thread(target=listener.serve_forever)
        thread.start()
        try:
            yield listener
        finally:
            listener.shutdown()
            thread.join()
