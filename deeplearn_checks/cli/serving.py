"""One page, shown in a browser of this machine: served on loopback, to nobody else, until Ctrl-C."""

from __future__ import annotations

import webbrowser
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOOPBACK = "127.0.0.1"


@contextmanager
def served(page: bytes) -> Iterator[tuple[str, Thread]]:
    """Serve a page on a free port of loopback; answer its address, and the thread that serves it.

    A request that names another host is refused: a foreign page that gives its own name this address reads nothing.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer with the page, and with nothing else."""
            status = HTTPStatus.OK if self.path == "/" and self.headers["Host"] == host else HTTPStatus.NOT_FOUND
            body = page if status is HTTPStatus.OK else b""
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the terminal quiet."""

    with ThreadingHTTPServer((_LOOPBACK, 0), Handler) as server:
        host = f"{_LOOPBACK}:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://{host}/", thread
        finally:
            server.shutdown()


def look(page: bytes, say: Callable[[str], object], show: Callable[[str], object] = webbrowser.open) -> None:
    """Serve a page, open a browser at it, and wait for Ctrl-C."""
    with served(page) as (url, thread):
        say(f"Serving {url} (Ctrl-C ends it)")
        try:
            show(url)
            thread.join()
        except KeyboardInterrupt:
            say("")
