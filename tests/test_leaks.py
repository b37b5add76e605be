"""Nothing that leaves a run holds a secret or a person: over every fault, in every format, in logs and tracebacks."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest

from deeplearn_checks.bundle.archive import packed
from deeplearn_checks.bundle.recording import bundled
from deeplearn_checks.diagnostic import diagnostic
from deeplearn_checks.diagnostics import CATALOG
from deeplearn_checks.finding import Severity
from deeplearn_checks.redaction import wire_forms
from deeplearn_checks.reporting.formats import FORMATS, render
from deeplearn_checks.reporting.html import LARGEST
from deeplearn_checks.reporting.text import text
from deeplearn_checks.runner import run
from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.faults import FAULTS
from deeplearn_checks.sandbox.start import break_world, deploy
from deeplearn_checks.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deeplearn_checks.finding import Finding
    from deeplearn_checks.sandbox.world import World
    from deeplearn_checks.target import Target
    from deeplearn_checks.wire import Observed

ROOT = Path(__file__).parents[1]
CANARIES = {
    "ADMIN_API_TOKEN": "canary/admin+token=&?1",
    "RAZORPAY_KEY_SECRET": 'canary"key\\secret 2',
    "RAZORPAY_WEBHOOK_SECRET": "canary'webhook<secret>3 ü",
    "GROQ_API_KEY": "canary-groq-key-4",
    "CERTIFICATE_SIGNING_SECRET": "canary-certificate-secret-5",
}
"""Secrets with every character that some format escapes."""
SEEN_IN_SUITE = ("webhook-secret-differs", "enrollment-lost", "known-lead-lost", "refund-never-shows")
"""Faults whose findings speak of secrets and of people, for the suite with Allure."""


def canaries(world: World) -> set[str]:
    """Answer every text that may stand nowhere: secrets and people, plain, URL-encoded, JSON-escaped and in base64."""
    leads = world.execute("SELECT full_name, email, phone FROM lead_registrations")
    users = world.execute("SELECT display_name, email FROM platform_users")
    people = {str(value) for row in (*leads, *users) for value in tuple(row) if value}
    secrets = {*world.known_settings.values(), *world.variables.values()} - {"true", "false", world.gateway.key_id}
    encoded = {form for person in people for form in (quote(person, safe=""), json.dumps(person)[1:-1])}
    hidden = {base64.b64encode(person.encode()).decode().rstrip("=") for person in people}
    return people | encoded | hidden | {form for secret in secrets for form in wire_forms(secret)}


def leaked(written: Iterable[str], forbidden: Iterable[str]) -> list[str]:
    """Answer which of the forbidden texts stand in what was written."""
    whole = "\n".join(written)
    return sorted(form for form in forbidden if form in whole)


def broken(name: str) -> World:
    """Build a deployment whose secrets are canaries, broken in one way, or not."""
    world = deploy([f"{variable}={value}" for variable, value in CANARIES.items()], repaired=True)
    break_world(world, [name] if name else [])
    return world


@pytest.mark.parametrize("name", ["", *(f.name for f in FAULTS if f.name not in {"console-broken", "answers-slowly"})])
def test_no_format_leaks(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Terminal, JSON, JUnit, Markdown, annotations, page, readiness, bundle, and everybody's logs at debug.

    The page stays small enough to send, whatever is broken.
    """
    world = broken(name)
    forbidden = canaries(world)
    reached = server.connect(world)
    host = urlsplit(reached.exports["DEEPLEARN_API_BASE_URL"]).hostname
    environment = next((fault.environment for fault in FAULTS if fault.name == name), "") or None
    flags = {"effects": "data", "without": "browser", "environment": environment, "i_mean_it": host}
    settings = load_settings(flags | {"timeout": 1.0 if name == "slow" else None}, variables=reached.exports)
    seen: list[Observed] = []
    caplog.set_level(logging.DEBUG)

    report = asyncio.run(run(CATALOG, settings, transport=reached.transport, keep=seen.append))

    formats = {form: render(form, report) for form in FORMATS if form != "text"}
    written = [*formats.values(), text(report, verbose=True, colour=True), repr(report), caplog.text, repr(settings)]
    written.append(gzip.decompress(packed(bundled(seen[0]))).decode())
    assert (leaked(written, forbidden), len(formats["html"].encode()) < LARGEST) == ([], True)


def test_a_bug_leaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A traceback holds what the broken code was told: it is redacted as well."""
    world = broken("")
    forbidden = canaries(world)

    @diagnostic("a.bug", severity=Severity.CRITICAL, runbook="alert-workflow/3")
    async def bug(target: Target) -> Finding:
        """Everything is well."""
        lead = (await target.leads()).leads[0]
        raise LookupError(f"{target.settings.admin_token.get_secret_value()} {lead.email} {lead.phone}")

    settings = load_settings(variables=server.exports(world))

    report = asyncio.run(run([bug], settings, transport=server.transport(world)))

    written = [render(form, report) for form in FORMATS] + [caplog.text]
    assert ("LookupError" in caplog.text, leaked(written, forbidden)) == (True, [])


@pytest.mark.parametrize("name", SEEN_IN_SUITE)
def test_the_suite_leaks_nothing(name: str, tmp_path: Path) -> None:
    """Allure's files, pytest's own JUnit file, its terminal with -vv and captured logs, and every report."""
    world = deploy(repaired=True)
    forbidden = canaries(world)
    break_world(world, [name])
    files = {
        f"--{option}={tmp_path / option}"
        for option in ("alluredir", "junitxml", "html-report", "run-json", "readiness-json", "record")
    }
    asked = ("--sandbox", "--fault", name, "--effects", "data", "--without", "browser", "-vv", "--log-level", "DEBUG")
    command = (sys.executable, "-m", "pytest", "checks", "-p", "no:cacheprovider", *asked, *files)

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  our own suite

    written = [_read(path) for path in tmp_path.rglob("*") if path.is_file()]
    assert (ended.returncode, len(written) > len(CATALOG)) == (1, True)
    assert leaked([*written, ended.stdout, ended.stderr], forbidden) == []


def _read(path: Path) -> str:
    """Answer what a file holds; a bundle is compressed."""
    body = path.read_bytes()
    return (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).decode("utf-8", "replace")


@pytest.mark.parametrize(
    "built", ['passed("asha@example.com")', 'failed("paid-twice", EMPTY, {"lead": "asha@example.com"})']
)
def test_a_finding_of_plain_text_does_not_type_check(built: str, tmp_path: Path) -> None:
    """Whatever enters a finding has been through the redactor: mypy refuses anything else."""
    names = "from deeplearn_checks.finding import failed, passed\nfrom deeplearn_checks.redaction import EMPTY\n"
    (tmp_path / "built.py").write_text(f"{names}print(failed, passed, EMPTY)\n{built}\n", encoding="utf-8")
    command = (sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache"), "built.py")

    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603  mypy

    assert "Redacted" in ended.stdout
