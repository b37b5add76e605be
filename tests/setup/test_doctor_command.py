"""`deeplearn-checks doctor`: one line for each thing, and an exit code that says whether a run can be ready."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from command import Command

pytestmark = pytest.mark.usefixtures("nothing_configured")

COLOUR = re.compile(r"\x1b\[[\d;]*m")


def test_a_whole_configuration_is_healthy(command: Command) -> None:
    """What is set, what each part enables, and the machine; the clock is held against the target's."""
    ended = command("doctor", "--sandbox")

    assert ended.status == 0
    assert [
        name for name in ("SETTINGS", "PARTS", "MACHINE", "EXTRAS", "the clocks agree") if name not in ended.output
    ] == []


def test_without_a_target_the_machine_is_looked_at(command: Command) -> None:
    """And what is wrong with the configuration is a line of it, not the end."""
    ended = command("doctor")

    assert ended.status == 1
    assert "no target: set DEEPLEARN_API_BASE_URL" in ended.output
    assert "not compared: no target was asked" in ended.output


def test_without_a_target_the_other_settings_are_looked_at(command: Command) -> None:
    """Who begins with nothing learns what each setting would enable; no target is made up."""
    os.environ["ADMIN_API_TOKEN"] = "a-token-of-the-admin"

    ended = command("doctor")

    told = " ".join(ended.output.split())
    assert "problem gateway RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET not set: would enable 8 diagnostics" in told
    assert ("ok ADMIN_API_TOKEN set (secret)" in told, ".invalid" in told) == (True, False)


def test_without_a_target_another_mistake_is_told_too(command: Command) -> None:
    """Both are to be mended."""
    os.environ["DEEPLEARN_CHECKS_EFFECTS"] = "everything"

    ended = command("doctor")

    assert (ended.output.count("problem  configuration"), "DEEPLEARN_CHECKS_EFFECTS" in ended.output) == (2, True)


def test_json_names_what_would_be_enabled(command: Command) -> None:
    """Every diagnostic by its id, for whoever decides."""
    ended = command("doctor", "--json", "--offline", "--target", "http://127.0.0.1:9")

    told = json.loads(ended.output)
    admin = next(check for check in told["checks"] if check["name"] == "admin")
    assert (ended.status, told["healthy"], admin["state"]) == (1, False, "problem")
    assert "access.admin-token-accepted" in admin["enables"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no terminals of this kind")
@pytest.mark.parametrize(
    ("variables", "coloured"), [({"TERM": "xterm"}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colours_are_for_terminals_that_want_them(variables: dict[str, str], *, coloured: bool) -> None:
    """`NO_COLOR` is respected (no-color.org), and a terminal that can show none gets none."""
    shown = at_a_terminal(variables, "doctor", "--offline")

    assert bool(COLOUR.search(shown)) is coloured


@pytest.mark.parametrize("arguments", [("doctor", "--offline"), ("run", "--sandbox", "--only", "platform.root")])
def test_a_pipe_gets_no_colours(command: Command, arguments: tuple[str, ...]) -> None:
    """What is read by a program is plain."""
    ended = command(*arguments)

    assert COLOUR.search(ended.output + ended.errors) is None


def at_a_terminal(variables: dict[str, str], *arguments: str) -> str:
    """Start the command at a terminal of its own; answer what it showed."""
    ours, theirs = pty.openpty()
    environ = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    command = [sys.executable, "-m", "deeplearn_checks", *arguments]
    shown = b""
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env={**environ, **variables}):  # noqa: S603  ours
        os.close(theirs)
        while piece := _read(ours):
            shown += piece
    os.close(ours)
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux: the other end is closed
        return b""
