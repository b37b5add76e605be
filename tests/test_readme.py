"""What the README shows is what happens."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from consoles import Terminal, blocks
from pydantic import SecretStr

from deeplearn_checks.runner import run
from deeplearn_checks.session import prepare
from deeplearn_checks.settings import CONFIGURATION_FILE
from deeplearn_checks.signatures import sign_webhook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from command import Command

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
SHOWN = [shown for block in blocks(README) for shown in block if shown.output]
"""What the README shows with its output; without one stands what needs a deployment, or a database of the reader's."""

SECRET = "tests-key-secret"


@pytest.fixture
def _refused_delivery(nothing_configured: None) -> Iterator[None]:  # noqa: ARG001  in its folder
    """Somebody's webhook was refused: signed with the wrong secret, and its file has gained a line break."""
    Path("body.json").write_bytes(b'{"event": "payment.captured"}\n')
    variables = {"RAZORPAY_WEBHOOK_SECRET": "tests-webhook-secret", "RAZORPAY_KEY_SECRET": SECRET}
    os.environ |= variables | {"SIGNATURE": sign_webhook(b'{"event": "payment.captured"}', SecretStr(SECRET))}
    yield
    del os.environ["SIGNATURE"]


@pytest.mark.usefixtures("_refused_delivery")
def test_a_command_prints_what_the_readme_shows(command: Command, free_port: int) -> None:
    """Each command that is shown with its output prints it, one after the other, in one folder."""
    with Terminal(command, free_port) as terminal:
        printed = [(shown, terminal.type(shown)) for shown in SHOWN]

    assert [(shown.command, said) for shown, said in printed if not shown.is_what(said)] == []


def test_the_readme_starts_with_the_two_commands() -> None:
    """The first block is `make check` and `make test`."""
    block = README.split("```")[1].split()

    assert block == ["make", "check", "make", "test"]


def test_the_library_example_names_root_causes(capsys: pytest.CaptureFixture[str]) -> None:
    """The Python of the README, pointed at a sandbox with a fault, prints the fault's root cause."""
    (example,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    imports, rest = example.split("\n\nreport", 1)
    settings, transport = prepare({"sandbox": True, "without": "browser", "faults": ["modules-locked"]})
    names: dict[str, object] = {}

    exec(imports, names)  # noqa: S102  our own README
    names |= {"load_settings": lambda: settings, "run": partial(run, transport=transport)}
    exec(f"report{rest}", names)  # noqa: S102  likewise

    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["no-module-unlocked"]


def test_the_file_is_called_what_the_pages_call_it() -> None:
    """The name of the configuration file is the documented one."""
    page = (Path(__file__).parent.parent / "docs/configuration.md").read_text(encoding="utf-8")

    assert f"`{CONFIGURATION_FILE}`" in page
