"""The command `report`, and the page that it shows on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

import httpx
import pytest

from deeplearn_checks.cli.serving import look, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from command import Command

PAGE = b"<title>report</title>"
UNWRITABLE = "cannot write build/there/index.html; give a file in a folder that exists and may be written to"
NODE = """#!{python}
import json, os, sys
if sys.argv[1:] == ["--version"]:
    print("v20.0.0")
    sys.exit()
told = json.load(open("plan.json"))
os.mkdir(told["output"])
page = open(told["output"] + "/index.html", "w")
page.write("<html><head><script src='https://www.googletagmanager.com/x'></script>")
page.write(open(sys.argv[-1] + "/x-result.json").read())
open(told["historyPath"], "a").write('{{"uuid": "new"}}\\n')
"""
"""Stands in for Node.js with Allure: a page that reports home and holds the results, as Allure's; a longer history."""

pytestmark = pytest.mark.usefixtures("nothing_configured")


@contextmanager
def only(path: Path) -> Iterator[None]:
    """Let programs be found in that folder alone."""
    before = os.environ["PATH"]
    os.environ["PATH"] = str(path)
    try:
        yield
    finally:
        os.environ["PATH"] = before


@pytest.fixture
def node(tmp_path: Path) -> Iterator[None]:
    """Node.js and Allure, stood in for, and the results of one run in the usual place."""
    program = tmp_path / "bin/node"
    program.parent.mkdir()
    program.write_text(NODE.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "node_modules/allure").mkdir(parents=True)
    (tmp_path / "node_modules/allure/cli.js").write_text("", encoding="utf-8")
    (tmp_path / "build/allure-results").mkdir(parents=True)
    (tmp_path / "build/there/index.html").mkdir(parents=True)
    (tmp_path / "build/allure-results/x-result.json").write_text('{"uuid": "u"}', encoding="utf-8")
    with only(program.parent):
        yield


@pytest.mark.usefixtures("node")
def test_one_command_builds_the_report(command: Command, tmp_path: Path) -> None:
    """From the usual place to the usual place; the page keeps to itself, and its history is beside it."""
    ended = command("report")

    page = tmp_path / "build/allure-report/index.html"
    assert (ended.status, ended.output) == (0, f"Report: {page}\n")
    assert ("googletagmanager" in page.read_text(encoding="utf-8"), page.with_name("history.jsonl").read_text()) == (
        False,
        '{"uuid": "new"}\n',
    )


@pytest.mark.usefixtures("node")
def test_a_history_is_continued(command: Command, tmp_path: Path) -> None:
    """In the file that is named; folders that are not there yet are made."""
    history = tmp_path / "kept/history.jsonl"
    command("report", "build/allure-results", "--output", "site/report", "--history", str(history))

    ended = command("report", "build/allure-results", "--output", "site/report", "--history", str(history))

    runs = [json.loads(line)["uuid"] for line in history.read_text(encoding="utf-8").splitlines()]
    assert (ended.status, runs) == (0, ["new", "new"])


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("target", [{}, {"DEEPLEARN_API_BASE_URL": "https://api.example.com"}])
def test_what_tests_of_ones_own_say_is_masked(command: Command, tmp_path: Path, target: dict[str, str]) -> None:
    """Configured secrets and people, whether a target is configured or not: a report asks nobody."""
    os.environ.update(target, ADMIN_API_TOKEN="the-token-of-ours")
    result = {"uuid": "u", "statusDetails": {"message": "refused the-token-of-ours of asha@example.com"}}
    (tmp_path / "build/allure-results/x-result.json").write_text(json.dumps(result), encoding="utf-8")

    command("report")

    page = (tmp_path / "build/allure-report/index.html").read_text(encoding="utf-8")
    assert ("refused [secret] of person-" in page, "the-token-of-ours" in page, "asha" in page) == (True, False, False)


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("target", ["", "https://api.example.com"])
def test_a_report_does_not_guess_what_is_secret(command: Command, target: str) -> None:
    """Settings that cannot be read may hold secrets: it says so, with a target or without, and writes nothing."""
    os.environ["DEEPLEARN_CHECKS_EFFECTS"] = "everything"
    os.environ["DEEPLEARN_API_BASE_URL"] = target

    ended = command("report")

    assert (ended.status, "DEEPLEARN_CHECKS_EFFECTS" in ended.errors) == (2, True)


def test_without_node_the_own_page_is_named(command: Command, tmp_path: Path) -> None:
    """One line, and nothing is left behind."""
    with only(tmp_path):
        ended = command("report")

    told = "deeplearn-checks: Allure's report needs Node.js 18 or newer; the project's own page needs no Node.js: "
    assert (ended.status, ended.errors) == (2, f"{told}deeplearn-checks run --html-report FILE\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("nowhere",), "nowhere holds no Allure results; make some: pytest checks/ --alluredir=nowhere"),
        (("--output", "bin/node"), "cannot make the folder bin/node (File exists); name another one"),
        (("--history", "bin"), "bin cannot be read (Is a directory); name another --history"),
        (
            ("--output", "build/there"),
            "--output: cannot write build/there/index.html; give a file in a folder that exists and may be written to",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(command: Command, arguments: tuple[str, ...], complaint: str) -> None:
    """In one line, with the remedy."""
    ended = command("report", *arguments)

    assert (ended.status, ended.errors) == (2, f"deeplearn-checks: {complaint}\n")


@pytest.mark.usefixtures("node")
def test_open_serves_the_report_until_it_is_interrupted(tmp_path: Path) -> None:
    """The browser of whoever asks is opened at the page; Ctrl-C is a good end."""
    browser = tmp_path / "bin/browser"
    browser.write_text("#!/bin/sh\necho looking at $1; kill -INT $PPID\n", encoding="utf-8")
    browser.chmod(0o755)
    environ = {**os.environ, "BROWSER": f"{browser} %s"}

    ended = subprocess.run(
        [sys.executable, "-m", "deeplearn_checks", "report", "--open"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr, "looking at http://127.0.0.1:" in ended.stdout) == (0, "", True)


def test_the_page_is_served() -> None:
    """On loopback, and not to be kept by the browser."""
    with served(PAGE) as (url, _):
        answer = httpx.get(url, trust_env=False)

    assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (200, PAGE, "no-store")


@pytest.mark.parametrize(
    ("path", "host"), [("etc/passwd", None), ("../history.jsonl", None), ("", "rebound.example.com")]
)
def test_nothing_else_is_served(path: str, host: str | None) -> None:
    """Neither another path, nor the page to a site that has given its own name this address."""
    with served(PAGE) as (url, _):
        answer = httpx.get(url + path, headers={"host": host} if host else {}, trust_env=False)

    assert (answer.status_code, answer.content) == (404, b"")


def test_serving_ends_with_the_wait() -> None:
    """Ctrl-C while the page is shown ends the server, without a traceback; until then it is served."""
    said: list[str] = []
    shown: list[str] = []

    def read(url: str) -> None:
        shown.extend((url, httpx.get(url, trust_env=False).text))
        os.kill(os.getpid(), signal.SIGINT)

    look(PAGE, said.append, lambda url: Thread(target=read, args=(url,)).start())

    with pytest.raises(httpx.ConnectError):
        httpx.get(shown[0], trust_env=False)
    assert (said, shown[1]) == ([f"Serving {shown[0]} (Ctrl-C ends it)", ""], PAGE.decode())
