"""What listens on the network: three ports of 127.0.0.1, of which the API's may be broken or speak TLS."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from deeplearn_checks.sandbox.authority import HOST, secure
from deeplearn_checks.sandbox.start import SandboxError
from deeplearn_checks.sandbox.wire_faults import Conversation
from deeplearn_checks.sandbox.world import Manner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

    from deeplearn_checks.sandbox.world import Wire


def listening(port: int) -> socket.socket:
    """Accept connections on a port of this machine; raises SandboxError where it is taken."""
    listener = bound(port)
    listener.listen(256)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else a delayed ACK adds 40 ms to answers
    return listener


def bound(port: int) -> socket.socket:
    """Take a port of this machine, and refuse connections; raises SandboxError where it is taken."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise SandboxError(f"--port: cannot listen on {HOST}:{port} ({error}); choose another port") from None
    return listener


class Gate:
    """Where the API listens when its wire is not plain: broken on purpose, with TLS, or refusing connections.

    `url` is its origin, `listener` its socket, `sent` counts the bytes that a broken wire has sent. The system chooses
    a port for 0. Raises SandboxError where the port is taken.
    """

    def __init__(self, wire: Wire, port: int = 0, folder: Path | None = None) -> None:
        self.sent = 0
        self._wire = wire
        self._secured = secure(wire, folder)
        self._talks: set[Conversation] = set()
        self.listener = bound(port) if wire.manner is Manner.REFUSES else listening(port)
        self.url = f"{'https' if self._secured else 'http'}://{HOST}:{self.listener.getsockname()[1]}"

    async def open(self, speak: Callable[[], asyncio.Protocol]) -> list[asyncio.Server]:
        """Begin to answer: properly, as the protocol *speak* does, or in the wire's own manner; or not at all."""
        if self._wire.manner is Manner.REFUSES:
            return []
        if self._wire.manner is Manner.SOUND:
            loop = asyncio.get_running_loop()
            return [await loop.create_server(speak, sock=self.listener, ssl=self._secured)]
        return [await asyncio.start_server(self._converse, sock=self.listener, ssl=self._secured)]

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = Conversation(self._wire, reader, writer)
        self._talks.add(talk)
        await talk.hold()
        self._talks.remove(talk)
        self.sent += talk.sent

    def close(self) -> None:
        """Break off every conversation."""
        for talk in self._talks:
            talk.break_off()


class Server(uvicorn.Server):
    """Serves an app on sockets, and on the API's gate if there is one.

    On the main thread it ends with status 0 on SIGTERM and SIGINT, when the answers under way are given.
    """

    def __init__(self, app: ASGIApp, gate: Gate | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                lifespan="off",
                log_level="warning",
                access_log=False,
                date_header=False,
                server_header=False,
                timeout_graceful_shutdown=2,
            )
        )
        self._gate = gate
        self._spoken: list[H11Protocol] = []

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take both signals for as long as the server runs."""
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the gate with the other sockets."""
        await super().startup(sockets)
        if self._gate is not None:
            self.servers += await self._gate.open(self._speak)

    def _speak(self) -> asyncio.Protocol:
        protocol = H11Protocol(self.config, self.server_state, self.lifespan.state)
        self._spoken.append(protocol)
        return protocol

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the gate before the rest: what it leaves unanswered would be waited for.

        A TLS connection that was closed waits for the other side to say so too: not here.
        """
        if self._gate is not None:
            self._gate.close()
        await super().shutdown(sockets)
        for protocol in self._spoken:
            if isinstance(protocol.transport, asyncio.WriteTransport):
                protocol.transport.abort()
        await asyncio.sleep(0)  # aborting is done in the loop's next round


class Background:
    """A server of one gate, on an event loop in a thread of its own, until `close()` or the end of the process."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._gate = gate
        self.loop = asyncio.new_event_loop()
        self._server = Server(app, gate)
        self._thread = threading.Thread(target=self._main, name="deeplearn-sandbox", daemon=True)
        self._thread.start()

    def _main(self) -> None:
        with self._gate.listener, asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._server.serve([]))

    def close(self) -> None:
        """Stop listening, and wait until that is done."""
        self._server.should_exit = True
        self._thread.join()
