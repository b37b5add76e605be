"""The command `monitor`: what it writes, what it checks, what it refuses, and how it ends."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from waiting import until
from watched import CHAT, FILE

from deeplearn_checks.cli import monitor as module
from deeplearn_checks.monitor.config import example

if TYPE_CHECKING:
    from command import Command

NOWHERE = FILE.replace("http://api.sandbox.test", "http://127.0.0.1:9").replace(
    'every = "1m"', 'every = "5s"\ndeadline = "5s"'
)
pytestmark = pytest.mark.usefixtures("nothing_configured")


@pytest.fixture(autouse=True)
def _chat() -> None:
    """Know where the notices go."""
    os.environ["CHAT"] = CHAT


def write(text: str = NOWHERE) -> None:
    """Write the monitor's file."""
    Path("monitor.toml").write_text(text, encoding="utf-8")


def test_a_file_to_begin_with_is_written_once(command: Command) -> None:
    """It is the commented example; what is there is never overwritten."""
    first = command("monitor", "init")
    second = command("monitor", "init")

    told = (first.status, Path("monitor.toml").read_text(encoding="utf-8") == example(), second.status)
    assert (told, second.errors) == (
        (0, True, 2),
        "deeplearn-checks: monitor.toml is there already; give another name, or remove it first\n",
    )


def test_a_file_that_cannot_be_written_is_refused(command: Command) -> None:
    """In one line."""
    ended = command("monitor", "init", "missing/monitor.toml")

    assert (ended.status, ended.errors.startswith("deeplearn-checks: cannot write missing/monitor.toml: ")) == (2, True)


def test_check_says_what_a_file_would_do(command: Command) -> None:
    """When each group is due, what it may send, who is told; nothing is asked and nothing is made."""
    write(NOWHERE + '[[groups]]\nname = "hourly"\ndiagnostics = ["platform.root"]\nevery = "1h"\n')

    ended = command("monitor", "check", "--config", "monitor.toml")

    lines = [line.partition(", next at ")[0] for line in ended.output.splitlines()]
    assert (ended.status, lines, [path.name for path in Path().iterdir()]) == (
        0,
        [
            "box: http://127.0.0.1:9",
            "  platform: 2 diagnostics every 5.0 s",
            "    0 kinds of requests to 127.0.0.1 can change something; nothing was sent",
            "  hourly: 1 diagnostic every 1 h 0 min",
            "    0 kinds of requests to 127.0.0.1 can change something; nothing was sent",
            "told: env:CHAT of * from warning on: flapping, opened, recovered, reminded, steady",
        ],
        ["monitor.toml"],
    )


def test_check_says_that_nobody_is_told(command: Command) -> None:
    """A monitor that tells nobody is worth a word."""
    write(NOWHERE.partition("[[routes]]")[0])

    ended = command("monitor", "check", "--config", "monitor.toml")

    assert ended.output.splitlines()[-1] == "told: nobody: write [[routes]]"


@pytest.mark.parametrize("words", [("check",), ()])
def test_without_a_file_there_is_nothing_to_do(command: Command, words: tuple[str, ...]) -> None:
    """It says how to get one."""
    ended = command("monitor", *words)

    assert (ended.status, ended.errors) == (
        2,
        "deeplearn-checks: --config is missing: give --config FILE; write one with: deeplearn-checks monitor init\n",
    )


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("nonsense", (), "monitor.toml is no TOML"),
        ("nonsense", ("check",), "monitor.toml is no TOML"),
        (NOWHERE + '[page]\nlisten = "0.0.0.0:1"\n', (), "public = true"),
        (NOWHERE + '[page]\nlisten = "0.0.0.0:1"\n', ("check",), "public = true"),
        (NOWHERE, ("--listen", "127.0.0.1:nine"), "write another listen"),
        (NOWHERE, ("--listen", "0.0.0.0:1"), "public = true"),
        (NOWHERE.replace("monitor.db", "missing/monitor.db"), (), "missing"),
    ],
)
def test_what_cannot_be_used_is_refused(command: Command, text: str, words: tuple[str, ...], said: str) -> None:
    """In one line, with exit code 2."""
    write(text)
    told = [word for word in words if word == "check"]
    options = [word for word in words if word != "check"]

    ended = command("monitor", *told, "--config", "monitor.toml", *options)

    assert (ended.status, ended.errors.count("\n"), said in ended.errors) == (2, 1, True)


def test_an_address_that_is_none_is_found_by_check(command: Command) -> None:
    """It is named by its variable, and not shown."""
    os.environ["CHAT"] = "nonsense-topsecret"
    write()

    ended = command("monitor", "check", "--config", "monitor.toml")

    assert (ended.status, "env:CHAT" in ended.errors, "topsecret" in ended.errors) == (2, True, False)


def test_a_store_that_is_not_reached_now_is_no_bad_configuration(command: Command) -> None:
    """It may be there in a minute: exit code 1."""
    write(NOWHERE.replace("monitor.db", "postgresql://monitor@127.0.0.1:9/monitor"))

    ended = command("monitor", "--config", "monitor.toml", "--once")

    assert (ended.status, ended.errors.startswith("deeplearn-checks: ")) == (1, True)


def test_once_ends_by_the_gate(command: Command) -> None:
    """Nothing listens there: not ready, and what is known is kept."""
    write()

    ended = command("monitor", "--config", "monitor.toml", "--once")

    assert (ended.status, ended.errors, Path("monitor.db").exists()) == (1, "", True)


@pytest.mark.parametrize("words", [(), ("--listen", "127.0.0.1:0")])
def test_a_signal_ends_it_well(command: Command, words: tuple[str, ...]) -> None:
    """With and without a page; SIGHUP reads the file anew before, also where both come at once."""
    write()
    before = signal.getsignal(signal.SIGTERM)

    def end() -> None:
        until(lambda: signal.getsignal(signal.SIGTERM) is not before)
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)

    ending = threading.Thread(target=end)
    ending.start()

    ended = command("monitor", "--config", "monitor.toml", *words)

    ending.join()
    told = [line.partition(" ")[2] for line in ended.errors.splitlines()]
    assert (ended.status, told) == (0, ["the configuration is reloaded"])


def test_the_command_names_its_words(command: Command) -> None:
    """Its help lists them."""
    ended = command("monitor", "--help")

    assert (ended.status, all(word in ended.output for word in ("init", "check", "--once", "--listen"))) == (0, True)
    assert module.monitor is not None
