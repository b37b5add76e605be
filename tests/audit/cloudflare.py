"""A stand-in for Cloudflare's D1 API: one SQLite database behind its query endpoint, in process or on loopback."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx

from deeplearn_checks.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deeplearn_checks.settings import Settings

ORIGIN = "http://cloudflare.localhost"
TOKEN = "cloudflare-token-1"
PATH = "/client/v4/accounts/account-1/d1/database/database-1/query"
Json = dict[str, object]


@dataclass(frozen=True)
class Reply:
    """What the API answers; a status of 0 cuts the connection, one of -1 is silence."""

    status: int
    body: Json | str = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def content(self) -> bytes:
        """The body as it travels."""
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


Fault = Callable[[str, Reply], Reply]
"""Given a query and its sound answer: what is answered instead."""
CUT, SILENT = Reply(0), Reply(-1)


def refused(status: int, code: int, message: str, *headers: tuple[str, str]) -> Reply:
    """Refuse as Cloudflare does."""
    errors = [{"code": code, "message": message}]
    return Reply(status, {"success": False, "errors": errors, "messages": [], "result": None}, headers)


def once(*replies: Reply | None) -> Fault:
    """Answer the first queries with these, and soundly where one is None; soundly for ever after."""
    waiting = list(replies)
    return lambda _, sound: (waiting.pop(0) or sound) if waiting else sound


def always(reply: Reply) -> Fault:
    """Answer every query with this."""
    return lambda _, __: reply


class Cloudflare:
    """The account `account-1` with the database `database-1`; `asked` are the queries that came, with their values."""

    def __init__(self, database: sqlite3.Connection, fault: Fault = lambda _, sound: sound) -> None:
        database.row_factory = sqlite3.Row
        self.database = database
        self.asked: list[tuple[str, list[object]]] = []
        self.fault = fault

    def respond(self, method: str, path: str, token: str, body: bytes) -> Reply:
        """Answer one request."""
        if token != f"Bearer {TOKEN}":
            return refused(403, 10000, "Authentication error")
        if (method, path) != ("POST", PATH):
            return refused(404, 7404, "The database could not be found")
        query = json.loads(body)
        self.asked.append((query["sql"], query["params"]))
        return self.fault(query["sql"], self._queried(query["sql"], query["params"]))

    def _queried(self, sql: str, values: list[object]) -> Reply:
        if len(values) > 100:
            return refused(400, 7500, "too many SQL variables at offset 0: SQLITE_ERROR")
        try:
            rows = self.database.execute(sql, values).fetchall()
        except sqlite3.Error as problem:
            return refused(400, 7500, f"{problem}: SQLITE_ERROR")
        results = [{name: _wire(row[name]) for name in row.keys()} for row in rows]  # noqa: SIM118  a Row is no mapping
        meta: Json = {"duration": 0.2, "rows_read": len(rows), "served_by": "stand-in"}
        result = [{"results": results, "success": True, "meta": meta}]
        return Reply(200, {"success": True, "errors": [], "messages": [], "result": result})


def _wire(value: object) -> object:
    """Write a value as the API does: a BLOB is the list of its bytes."""
    return list(value) if isinstance(value, bytes) else value


class Wire(httpx.AsyncBaseTransport):
    """Reaches the stand-in without a network."""

    def __init__(self, cloudflare: Cloudflare) -> None:
        self._cloudflare = cloudflare

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the API does; raises httpx.ReadError where it cuts the connection."""
        token = request.headers.get("authorization", "")
        reply = self._cloudflare.respond(request.method, request.url.path, token, await request.aread())
        if reply == CUT:
            raise httpx.ReadError("connection reset by peer")
        if reply == SILENT:
            raise httpx.ReadTimeout("")
        return httpx.Response(
            reply.status, headers=[("content-type", "application/json"), *reply.headers], content=reply.content
        )


class _Handler(BaseHTTPRequestHandler):
    cloudflare: Cloudflare

    def do_POST(self) -> None:
        """Answer a query, or cut the connection."""
        body = self.rfile.read(int(self.headers["content-length"]))
        reply = self.cloudflare.respond("POST", self.path, self.headers["authorization"], body)
        if reply == CUT:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in (("content-length", str(len(reply.content))), *reply.headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(cloudflare: Cloudflare) -> Iterator[str]:
    """Serve the stand-in on loopback; answers its origin."""
    handler = type("Handler", (_Handler,), {"cloudflare": cloudflare})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def variables(cache: Path, origin: str = ORIGIN, **others: str) -> dict[str, str]:
    """Name the variables of somebody who may read the stand-in, and keeps what was fetched in *cache*."""
    return {
        "DEEPLEARN_CHECKS_D1_ACCOUNT": "account-1",
        "DEEPLEARN_CHECKS_D1_DATABASE": "database-1",
        "DEEPLEARN_CHECKS_D1_TOKEN": TOKEN,
        "DEEPLEARN_CHECKS_D1_BASE_URL": origin,
        "DEEPLEARN_CHECKS_CACHE": str(cache),
        **others,
    }


def reader(cache: Path, **others: str) -> Settings:
    """Answer the settings of that somebody."""
    return load_settings(variables={"DEEPLEARN_API_BASE_URL": "https://api.example.com", **variables(cache), **others})
