"""A sandbox on a real port, as an operator starts it, for as long as something is measured against it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS_TO_START = 20
OPERATORS_OWN = re.compile(r"DEEPLEARN|RAZORPAY_|ADMIN_API_TOKEN|PYTEST_|ALLURE_|COV_|COVERAGE_|PYTHON(?!PATH)")


class SandboxError(Exception):
    """The sandbox did not begin to answer."""


@contextmanager
def sandbox(latency: float, port: int) -> Iterator[dict[str, str]]:
    """Serve a seeded, repaired sandbox, every answer *latency* ms late; gives the environment that its clients need."""
    clean = clean_environment()
    words = ("sandbox", "--port", str(port), "--latency", str(latency), "--repaired")
    with tempfile.TemporaryFile("w+") as told:
        command = [sys.executable, "-m", "deeplearn_checks", *words]
        server = subprocess.Popen(command, env=clean, stdout=told, stderr=subprocess.STDOUT)
        try:
            _wait_for(server, f"http://127.0.0.1:{port}/health")
            told.seek(0)
            exports = (shlex.split(line)[1].partition("=") for line in told if line.startswith("export "))
            alone = {"DEEPLEARN_CHECKS_WITHOUT": "browser"}  # requests are measured, not what else this machine has
            yield clean | alone | {name: value for name, _, value in exports}
        finally:
            server.terminate()
            server.wait()


def clean_environment() -> dict[str, str]:
    """Answer this process's environment without whatever would configure the commands that are measured."""
    kept = {name: value for name, value in os.environ.items() if not OPERATORS_OWN.match(name)}
    path = [str(Path(part).absolute()) for part in kept.get("PYTHONPATH", "").split(os.pathsep) if part]
    return kept | {"PYTHONPATH": os.pathsep.join(path)}


def _wait_for(server: subprocess.Popen[bytes], url: str) -> None:
    expires = time.monotonic() + SECONDS_TO_START
    while server.poll() is None and time.monotonic() < expires:
        try:
            httpx.get(url, timeout=1)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise SandboxError(f"the sandbox did not answer at {url} within {SECONDS_TO_START} s; is the port taken?")
