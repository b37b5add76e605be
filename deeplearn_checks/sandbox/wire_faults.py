"""What goes wrong on a wire, done to real connections: each request gets what the world's wire has in store."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.world import Manner

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from deeplearn_checks.sandbox.world import Wire

JSON = "content-type: application/json"
PAGE = "content-type: text/html; charset=UTF-8"
A_DAY = 86_400
CUT_SHORT = b'{"service":"deeplearn-worker","status":"ok","endpoints":["/health","/api/chat/cou'
OVERSIZE = 64 * 1024 * 1024
"""Bytes of an oversized answer."""

_PIECE = 64 * 1024
_LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
_GZIP_HEADER = bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF])
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

_HTML = """<!DOCTYPE html>
<html lang="en-US"><head><title>{title}</title></head>
<body><h1>{title}</h1><p>{text}</p></body></html>
"""
ERROR_PAGE = _HTML.format(
    title="Worker threw exception | deeplearn.example | Cloudflare",
    text="Error 1101. You've requested a page on a website that is on the Cloudflare network. "
    "An unknown error occurred while rendering the page.",
).encode()
OTHER_PAGE = _HTML.format(title="DeepLearn", text="Learn deep learning, as a doctor.").encode()


class Conversation:
    """One request on one connection; `sent` counts the bytes that the network took."""

    def __init__(self, wire: Wire, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.wire = wire
        self.path = "/"
        self.sent = 0
        self._reader = reader
        self._writer = writer

    async def hold(self) -> None:
        """Take the request, answer it in the wire's manner, and close the connection."""
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await self._hear()
                await _MANNERS[self.wire.manner](self)
        finally:
            self._writer.close()

    async def _hear(self) -> None:
        """Read the request to its end: what is left unread would reset the connection at its close."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        self.path = head.partition(b" ")[2].partition(b" ")[0].decode("latin-1")
        length = _LENGTH.search(head)
        await self._reader.readexactly(int(length.group(1)) if length else 0)

    async def say(self, body: bytes) -> None:
        """Send bytes, and let others speak before the next."""
        self._writer.write(body)
        await self._writer.drain()
        await asyncio.sleep(0)
        self.sent += len(body)

    async def answer(self, status: str, *headers: str, body: bytes = b"") -> None:
        """Send a whole answer."""
        await self.begin(status, f"content-length: {len(body)}", *headers)
        await self.say(body)

    async def begin(self, status: str, *headers: str) -> None:
        """Send the head of an answer that the end of the connection ends."""
        lines = [f"HTTP/1.1 {status}", "server: cloudflare", "connection: close", *headers, "", ""]
        await self.say("\r\n".join(lines).encode("latin-1"))

    async def left_alone(self) -> None:
        """Wait until the other side goes away."""
        await self._reader.read()

    def reset(self) -> None:
        """End the connection as a process that dies does."""
        connection: socket.socket = self._writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.break_off()

    def break_off(self) -> None:
        """End the connection at once."""
        self._writer.transport.abort()


async def _stall(talk: Conversation) -> None:
    await talk.left_alone()


async def _fail(talk: Conversation) -> None:
    await talk.answer("500 Internal Server Error", PAGE, "cache-control: no-store", body=ERROR_PAGE)


async def _page(talk: Conversation) -> None:
    await talk.answer("200 OK", PAGE, body=OTHER_PAGE)


async def _cut_short(talk: Conversation) -> None:
    await talk.answer("200 OK", JSON, body=CUT_SHORT)


async def _limit(talk: Conversation) -> None:
    refusal = json.dumps({"title": "Error 1015: You are being rate limited", "status": 429, "retry_after": A_DAY})
    await talk.answer("429 Too Many Requests", JSON, f"retry-after: {A_DAY}", body=refusal.encode())


async def _redirect(talk: Conversation) -> None:
    await talk.answer("302 Found", f"location: {talk.wire.elsewhere}{talk.path}")


async def _reset(talk: Conversation) -> None:
    await talk.begin("200 OK", JSON, f"content-length: {_PIECE}")
    await talk.say(CUT_SHORT)
    talk.reset()


async def _overflow(talk: Conversation) -> None:
    """Send a list of one text, much too long, in valid JSON."""
    await talk.begin("200 OK", JSON)
    await talk.say(b'["')
    for _ in range(OVERSIZE // _PIECE):
        await talk.say(b"x" * _PIECE)
    await talk.say(b'"]')


async def _inflate(talk: Conversation) -> None:
    """Send a gzip stream whose every kilobyte is a megabyte of white space, until nobody takes any more."""
    squeezed = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    block = squeezed.compress(b" " * 2**20) + squeezed.flush(zlib.Z_FULL_FLUSH)  # refers to nothing before it
    await talk.begin("200 OK", JSON, "content-encoding: gzip")
    await talk.say(_GZIP_HEADER)
    while True:
        await talk.say(block * (_PIECE // len(block)))


_MANNERS: Mapping[Manner, Callable[[Conversation], Awaitable[None]]] = {
    Manner.STALLS: _stall,
    Manner.FAILS: _fail,
    Manner.PAGE: _page,
    Manner.CUTS_SHORT: _cut_short,
    Manner.LIMITS: _limit,
    Manner.REDIRECTS: _redirect,
    Manner.RESETS: _reset,
    Manner.OVERFLOWS: _overflow,
    Manner.INFLATES: _inflate,
}
