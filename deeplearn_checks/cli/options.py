"""What several commands share: options, and the refusal of what cannot be used, in one line."""

from __future__ import annotations

import os
import sys
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
FaultNames = Annotated[list[str] | None, typer.Option("--fault", metavar="NAME", help="Break one thing; repeatable.")]
Sandbox = Annotated[bool, typer.Option("--sandbox", help="Check a seeded, repaired sandbox in this process.")]
TargetUrl = Annotated[str | None, typer.Option(metavar="URL", help="The API to check (DEEPLEARN_API_BASE_URL).")]
Environment = Annotated[str | None, typer.Option(metavar="NAME", help="The environment, and its section of the file.")]
IMeanIt = Annotated[
    str | None, typer.Option("--i-mean-it", metavar="HOST", help="Let data be written to this production host.")
]
Deadline = Annotated[float | None, typer.Option(metavar="S", help="Seconds after which the run ends (30).")]

LeftOut = Annotated[str | None, typer.Option("--without", metavar="PART,...", help="Parts left out on purpose.")]
GatewayDays = Annotated[int | None, typer.Option(metavar="N", help="Days of Razorpay's payments to judge (7).")]

INTERRUPTED = 130
"""The exit code after Ctrl-C."""


def in_colour() -> bool:
    """Whether what is printed is read by a person at a terminal that shows colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def near(word: str, known: Mapping[str, object]) -> str:
    """Suggest what may have been meant."""
    found = get_close_matches(word, known, n=1)
    return f" (did you mean {found[0]}?)" if found else ""


def refuse(message: str) -> NoReturn:
    """End the command with one line on standard error, and exit code 2."""
    typer.echo(f"deeplearn-checks: {message}", err=True)
    raise typer.Exit(2)
