"""What surrounds the package: scripts, locks, pages and commands that a newcomer meets first."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from audit_tables import build

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(
    path
    for path in [*(ROOT / "ci").iterdir(), *(ROOT / "ci/wrangler").iterdir(), ROOT / ".ci/run"]
    if path.is_file() and not path.suffix
)
PAGES = sorted([*ROOT.glob("*.md"), ROOT / "docs/pipelines.md"])
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
HEAVY = {"razorpay", "starlette", "uvicorn", "allure", "allure_commons", "pytest", "_pytest", "jinja2", "playwright"}
LOADED = "import sys; from deeplearn_checks.cli import main\ntry: main()\nexcept SystemExit: print(*sys.modules)"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.name))
def test_a_script_can_be_run_and_stops_at_the_first_failure(script: Path) -> None:
    """Every script is executable and strict."""
    text = script.read_text(encoding="utf-8")

    strict = text.startswith("#!/usr/bin/env bash\n") and "\nset -euo pipefail\n" in text and os.access(script, os.X_OK)

    assert strict


def test_the_lock_names_no_private_registry() -> None:
    """Whoever installs the locked packages gets them from the registry that they use."""
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"].values()

    elsewhere = [
        package["resolved"]
        for package in packages
        if not package.get("resolved", "https://registry.npmjs.org/").startswith("https://registry.npmjs.org/")
    ]

    assert elsewhere == []


def test_the_lock_belongs_to_the_package() -> None:
    """`npm ci` finds in the lock what package.json asks for."""
    asked = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]

    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"][""]["devDependencies"]

    assert locked == asked


def test_all_holds_every_extra() -> None:
    """Whoever installs `deeplearn-checks[all]` has every optional part."""
    extras = PYPROJECT["project"]["optional-dependencies"]

    named = set(re.findall(r"[a-z]+", extras["all"][0].partition("[")[2]))

    assert named == extras.keys() - {"all"}


def test_every_command_that_a_page_names_exists() -> None:
    """What the pages tell a reader to make, the Makefile makes."""
    told = {name for page in PAGES for name in re.findall(r"\bmake ([a-z]+)`", page.read_text(encoding="utf-8"))}

    made = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert told <= made


def test_an_old_python_is_refused_in_one_line(tmp_path: Path) -> None:
    """`make` with a Python that is too old says so, and what to do."""
    old = tmp_path / "python"
    old.write_text(f'#!/bin/sh\nshift\nexec {sys.executable} -c "import sys; sys.version_info = (3, 9)\n$1"\n')
    old.chmod(0o755)
    for name in ("Makefile", "pyproject.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())

    made = subprocess.run(  # noqa: S603  the project's own Makefile
        ["make", "check", f"PYTHON={old}"],  # noqa: S607  the make of whoever runs the tests
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert made.stderr.startswith("Python 3.11 or newer is needed")


def test_listing_the_diagnostics_loads_nothing_heavy() -> None:
    """`deeplearn-checks list` starts without the gateway's client, the sandbox, Allure and pytest."""
    command = [sys.executable, "-c", LOADED, "list"]

    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()  # noqa: S603  ourselves

    assert {"platform.health"} == (HEAVY | {"platform.health"}) & set(told)


def test_an_audit_of_a_file_loads_nothing_that_asks_a_service(tmp_path: Path) -> None:
    """Neither a client nor a diagnostic: a laptop with little memory is enough for millions of rows."""
    build(tmp_path / "export.sqlite", 10)
    command = [sys.executable, "-c", LOADED, "audit", "export.sqlite", "--output", "report.txt"]

    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split()  # noqa: S603  ourselves

    asking = {"httpx", "deeplearn_checks.transport", "deeplearn_checks.diagnostics", "deeplearn_checks.models"}
    assert {"sqlite3"} == (HEAVY | asking | {"sqlite3", "pyarrow", "duckdb"}) & set(told)
