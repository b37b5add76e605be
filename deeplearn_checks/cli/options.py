"""What several commands share: options, and the refusal of what cannot be used, in one line."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from deeplearn_checks.cli import completing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deeplearn_checks.extending import Extension
    from deeplearn_checks.session import Prepared

AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
FaultNames = Annotated[
    list[str] | None,
    typer.Option("--fault", metavar="NAME", help="Break one thing; repeatable.", autocompletion=completing.faults),
]
Sandbox = Annotated[bool, typer.Option("--sandbox", help="Check a seeded, repaired sandbox in this process.")]
TargetUrl = Annotated[str | None, typer.Option(metavar="URL", help="The API to check (DEEPLEARN_API_BASE_URL).")]
Environment = Annotated[str | None, typer.Option(metavar="NAME", help="The environment, and its section of the file.")]
IMeanIt = Annotated[
    str | None, typer.Option("--i-mean-it", metavar="HOST", help="Let data be written to this production host.")
]
Deadline = Annotated[float | None, typer.Option(metavar="S", help="Seconds after which the run ends (30).")]
EffectsLevel = Annotated[
    str | None,
    typer.Option(
        metavar="LEVEL", help="What is allowed: none, alerts or data (none).", autocompletion=completing.effects
    ),
]
LeftOut = Annotated[
    str | None,
    typer.Option("--without", metavar="PART,...", help="Parts left out on purpose.", autocompletion=completing.parts),
]
Notify = Annotated[
    list[str] | None,
    typer.Option(metavar="URL", help="Send a summary there through Apprise (env:NAME reads it); repeatable."),
]
Extend = Annotated[
    list[str] | None,
    typer.Option(metavar="MODULE", help="Add what a module of yours declares (DEEPLEARN_CHECKS_EXTEND); repeatable."),
]
BundleFile = Annotated[
    Path | None, typer.Option("--bundle", metavar="FILE", help="For what a recorded run found: nobody is asked.")
]
GatewayDays = Annotated[int | None, typer.Option(metavar="N", help="Days of Razorpay's payments to judge (7).")]
FailOn = Annotated[
    str | None,
    typer.Option(
        metavar="SEVERITY",
        help="What fails: critical, warning or info (critical).",
        autocompletion=completing.severities,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask: for scripts.")]
Shape = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, json or markdown.")]

INTERRUPTED = 130
"""The exit code after Ctrl-C."""


def in_colour() -> bool:
    """Whether what is printed is read by a person at a terminal that shows colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def near(word: str, known: Mapping[str, object]) -> str:
    """Suggest what may have been meant."""
    found = get_close_matches(word, known, n=1)
    return f" (did you mean {found[0]}?)" if found else ""


def refuse(message: str) -> NoReturn:
    """End the command with one line on standard error, and exit code 2."""
    typer.echo(f"deeplearn-checks: {message}", err=True)
    raise typer.Exit(2)


def fail(*, unless: bool) -> None:
    """End the command with exit code 1, unless all is well."""
    if not unless:
        raise typer.Exit(1)


def shape(format_: str, known: Sequence[str], *, as_json: bool) -> str:
    """Answer the format that is meant; one that there is not is refused."""
    if format_ not in known:
        refuse(f"--format: there is no format {format_!r}; choose from {', '.join(known)}")
    return "json" if as_json else format_


def extended(modules: Sequence[str] | None) -> Extension:
    """Read the modules that add to what there is; what cannot be used is told in one line."""
    from deeplearn_checks.extending import extension  # noqa: PLC0415  what a command needs is loaded by it

    with told_in_one_line():
        return extension(modules)


def refuse_beside_bundle(given: Mapping[str, object], going: Mapping[str, str]) -> None:
    """Refuse what would ask somebody where a recorded run answers; *going* are the parameters that go with it."""
    if any(value for name, value in given.items() if name not in {"bundle", *going}):
        *first, last = dict.fromkeys(going.values())
        refuse(f"--bundle asks nobody: of the other options only {', '.join(first)} and {last} go with it")


@contextmanager
def opened(options: Mapping[str, object]) -> Iterator[Prepared]:
    """Read settings and reach for the target; what cannot be used, or is not answered, is told in one line.

    *options* are the parameters of a command, which are called as `session.prepare` calls them; it leaves the others.
    """
    from deeplearn_checks.session import prepare  # noqa: PLC0415  what a command needs is loaded by it

    with told_in_one_line():
        yield prepare(options)


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """Tell in one line what cannot be used (exit code 2), or is not answered (1)."""
    from deeplearn_checks.finding import UnansweredError  # noqa: PLC0415  what a command needs is loaded by it
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415  likewise

    try:
        yield
    except ConfigurationError as problem:
        refuse(str(problem))
    except UnansweredError as unanswered:
        typer.echo(f"deeplearn-checks: {unanswered.finding.summary}", err=True)
        raise typer.Exit(1) from None
