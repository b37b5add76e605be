"""Broken wires of a served sandbox, as operators and pipelines meet them: by command, in another process."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from deeplearn_checks.sandbox.faults import fault
from deeplearn_checks.sandbox.server import serve
from deeplearn_checks.sandbox.start import SandboxError, start

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "deeplearn_checks")
SUITE = (sys.executable, "-m", "pytest", "checks", "-q", "-p", "no:cacheprovider", "-k", "platform or console")
OURS = ("DEEPLEARN", "ADMIN_API_TOKEN", "RAZORPAY", "SSL_CERT")
FOREIGN = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
DEADLINE = 20.0
GRACE = 4.0
"""Seconds that a busy machine may take to end a run whose deadline has passed."""
QUICK = {"DEEPLEARN_CHECKS_DEADLINE": str(DEADLINE)}
IMPATIENT = {"DEEPLEARN_CHECKS_TIMEOUT": "2"}


@contextmanager
def sandbox(port: int, *arguments: str) -> Iterator[dict[str, str]]:
    """Serve a sandbox in another process; answer what it exports. It ends with status 0."""
    serving = subprocess.Popen(  # noqa: S603  our own command
        [*COMMAND, "sandbox", "--port", str(port), "--seed", "14", "--repaired", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=FOREIGN,
    )
    with serving:
        assert serving.stdout is not None
        exported: dict[str, str] = {}
        while "DEEPLEARN_KNOWN_LEAD" not in exported:  # the last
            (assignment,) = shlex.split(serving.stdout.readline().removeprefix("export "))
            name, _, value = assignment.partition("=")
            exported[name] = value
        yield exported
        serving.send_signal(signal.SIGTERM)
    assert serving.returncode == 0


def ran(exported: dict[str, str], *arguments: str) -> tuple[int, dict[str, object], str]:
    """Run against what is exported; answer the status, the report and what went to standard error."""
    ended = subprocess.run(  # noqa: S603  our own command
        [*COMMAND, "run", "--format", "json", *arguments],
        capture_output=True,
        text=True,
        env=FOREIGN | QUICK | exported,
        check=False,
    )
    report: dict[str, object] = json.loads(ended.stdout)
    return ended.returncode, report, ended.stderr


def causes(report: Mapping[str, object]) -> list[tuple[object, object, object]]:
    """Answer the root causes of a report with their severities and outcomes."""
    roots = report["root_causes"]
    assert isinstance(roots, list)
    return [(root["cause"], root["severity"], root["outcome"]) for root in roots]


@pytest.mark.parametrize(
    "name", ["unreachable", "slow", "connection-reset", "gzip-bomb", "redirects-away", "tls-expired", "server-errors"]
)
def test_a_run_against_a_broken_wire_is_not_ready(free_port: int, name: str) -> None:
    """It ends with status 1 within its deadline, names the one root cause, and writes nothing to standard error."""
    broken = fault(name)

    with sandbox(free_port, "--fault", name) as exported:
        status, report, errors = ran(exported | IMPATIENT if name == "slow" else exported)

    seconds = report["seconds"]
    assert isinstance(seconds, float)
    assert (status, causes(report), errors, seconds < DEADLINE + GRACE) == (
        1,
        [(broken.root_cause, broken.severity.label, "error")],
        "",
        True,
    )


@pytest.mark.parametrize(
    ("trusting", "cause"),
    [
        ({"DEEPLEARN_CHECKS_CA_FILE"}, ("tls-expiring", "warning", "failed")),
        ({"SSL_CERT_FILE"}, ("tls-expiring", "warning", "failed")),
        (set[str](), ("tls-invalid", "critical", "error")),
    ],
    ids=["our setting", "everybody's", "neither"],
)
def test_the_exports_say_whom_to_trust(
    free_port: int, trusting: set[str], cause: tuple[str, str, str], tmp_path: Path
) -> None:
    """Either variable makes the sandbox's certificate one to trust; without both it is signed by nobody."""
    with sandbox(free_port, "--fault", "tls-expiring", "--state", str(tmp_path)) as exported:
        files = {exported.pop(name) for name in ("DEEPLEARN_CHECKS_CA_FILE", "SSL_CERT_FILE")}
        trusted = {name: str(tmp_path / "authority.pem") for name in trusting}
        _, report, _ = ran(exported | trusted)

    assert (files, causes(report)) == ({str(tmp_path / "authority.pem")}, [cause])


def test_an_expiring_certificate_fails_the_gate_it_belongs_to(free_port: int) -> None:
    """It is a warning: a run that fails on warnings exits with 1; the authority's file goes with the sandbox."""
    with sandbox(free_port, "--fault", "tls-expiring") as exported:
        status, report, _ = ran(exported, "--fail-on", "warning")

    assert (status, causes(report), Path(exported["SSL_CERT_FILE"]).exists()) == (
        1,
        [("tls-expiring", "warning", "failed")],
        False,
    )


def test_a_broken_wire_goes_with_other_faults(free_port: int) -> None:
    """Two faults at once, one of them of the wire, are two root causes."""
    with sandbox(free_port, "--fault", "tls-expiring", "--fault", "stage-stuck") as exported:
        _, report, _ = ran(exported)

    assert {cause for cause, _, _ in causes(report)} == {"tls-expiring", "paid-but-not-won"}


@pytest.mark.parametrize("name", ["connection-reset", "unreachable"])
def test_the_suite_fails_on_a_broken_wire(tmp_path: Path, name: str) -> None:
    """`pytest checks/ --sandbox --fault` exits with 1 and names the cause."""
    ended = subprocess.run(  # noqa: S603  our own suite
        [*SUITE, "--sandbox", "--fault", name, "--run-json", str(tmp_path / "run.json")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=FOREIGN | QUICK,
        check=False,
    )

    report = json.loads((tmp_path / "run.json").read_text())
    assert (ended.returncode, [root["cause"] for root in report["root_causes"]]) == (1, [fault(name).root_cause])


def test_a_refused_connection_still_takes_its_port(free_port: int) -> None:
    """Nobody else may answer where the API should not: a port that is taken is named."""
    with socket.create_server(("127.0.0.1", free_port)), pytest.raises(SandboxError, match=str(free_port)):
        serve(start(count=0, faults=["unreachable"]), free_port, 0, lambda _exports: None)


def test_the_rest_of_the_sandbox_is_served_beside_a_broken_wire(free_port: int) -> None:
    """The site and Razorpay answer where they always do."""
    with sandbox(free_port, "--fault", "unreachable") as exported:
        statuses = [
            httpx.get(exported[name] + path).status_code
            for name, path in (("DEEPLEARN_PAGES_BASE_URL", "/console/"), ("RAZORPAY_API_BASE_URL", "/v1/orders"))
        ]

    assert statuses == [200, 401]
