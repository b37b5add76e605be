"""Prometheus's blackbox_exporter, probing the addresses that the monitor reads: as many probes a minute, spread evenly.

Only the exporter's own CPU time counts; what asks it for probes, as Prometheus would, is this process.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

COMMAND = "prometheus-blackbox-exporter"
SECONDS_TO_START = 10
KEPT_CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class Probed:
    """How many probes were made, how many of them succeeded, and the CPU seconds that they cost the exporter."""

    probes: int
    successes: int
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Exporter:
    """A running exporter."""

    pid: int
    port: int

    def cpu_seconds(self) -> float:
        """Answer what it has cost so far, from Linux's /proc."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_here() -> bool:
    """Whether this machine has it (Debian: prometheus-blackbox-exporter), and tells what a process costs."""
    return shutil.which(COMMAND) is not None and Path("/proc/self/stat").exists()


@contextmanager
def exporter(folder: Path, environments: Sequence[Mapping[str, str]]) -> Iterator[Exporter]:
    """Start one; its modules hold the credentials of each origin, as an operator would write them."""
    file = folder / "blackbox.json"  # JSON is YAML
    file.write_text(json.dumps({"modules": _modules(environments)}), encoding="utf-8")
    file.chmod(0o600)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    words = [COMMAND, f"--config.file={file}", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(process, port)
        yield Exporter(process.pid, port)
    finally:
        process.terminate()
        process.wait()


def _modules(environments: Sequence[Mapping[str, str]]) -> dict[str, object]:
    """Answer a module per origin."""
    modules: dict[str, object] = {}
    for environment in environments:
        shared = {"preferred_ip_protocol": "ip4", "follow_redirects": False}
        token = {"headers": {"x-admin-token": environment["ADMIN_API_TOKEN"]}}
        keys = {"username": environment["RAZORPAY_KEY_ID"], "password": environment["RAZORPAY_KEY_SECRET"]}
        of_origin: dict[str, dict[str, object]] = {
            environment["DEEPLEARN_API_BASE_URL"]: {**token},
            environment["DEEPLEARN_PAGES_BASE_URL"]: {},
            environment["RAZORPAY_API_BASE_URL"]: {"basic_auth": keys},
        }
        modules |= {
            module(origin): {"prober": "http", "timeout": "10s", "http": {**shared, **said}}
            for origin, said in of_origin.items()
        }
    return modules


def module(url: str) -> str:
    """Answer the name of the module of an address."""
    return f"port_{urlsplit(url).port}"


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    expires = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < expires:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise OSError(f"{COMMAND} did not begin to listen")


class _Connections:
    """Connections to the exporter that are kept, as Prometheus keeps its own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._places = asyncio.Semaphore(KEPT_CONNECTIONS)

    async def probe(self, url: str) -> bool:
        """Ask for one probe; answers whether it succeeded."""
        async with self._places:
            reader, writer = self._free.pop() if self._free else await asyncio.open_connection("127.0.0.1", self._port)
            path = f"/probe?module={module(url)}&target={quote(url, safe='')}"
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            body = await _body(head, reader)
            self._free.append((reader, writer))
            return b"\nprobe_success 1" in body

    def close(self) -> None:
        """Let go of them."""
        for _, writer in self._free:
            writer.close()


async def _body(head: bytes, reader: asyncio.StreamReader) -> bytes:
    if b"content-length:" in head:
        return await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))
    parts = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        parts.append((await reader.readexactly(size + 2))[:-2])
    await reader.readline()
    return b"".join(parts)


async def answered(exporter: Exporter, urls: Sequence[str]) -> list[str]:
    """Answer those addresses that the exporter can read: some need an identity that it has no header for."""
    connections = _Connections(exporter.port)
    said = await asyncio.gather(*map(connections.probe, urls))
    connections.close()
    return [url for url, is_well in zip(urls, said, strict=True) if is_well]


async def probe_for(exporter: Exporter, urls: Sequence[str], a_second: float, seconds: float) -> Probed:
    """Probe the addresses in turn, so many a second, for so many seconds."""
    loop, connections = asyncio.get_running_loop(), _Connections(exporter.port)
    began, cpu = loop.time(), exporter.cpu_seconds()
    tasks: list[asyncio.Task[bool]] = []
    while (passed := loop.time() - began) < seconds:
        while len(tasks) < passed * a_second:
            tasks.append(asyncio.create_task(connections.probe(urls[len(tasks) % len(urls)])))
        await asyncio.sleep(0.02)
    said = await asyncio.gather(*tasks)
    cost = exporter.cpu_seconds() - cpu
    connections.close()
    return Probed(len(said), sum(said), cost)
