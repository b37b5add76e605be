"""The man page, written from the commands and the settings, in roff's man macros (man(7))."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer.main import get_command

from deeplearn_checks.cli import app
from deeplearn_checks.settings import CONFIGURATION_FILE, Settings, variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typer._click import Command, Parameter

_EXIT_STATUS = (
    ("0", "All is well: the target is ready, nothing is broken."),
    ("1", "Something is not: what is wrong is printed, with its remedy."),
    ("2", "A command, an option or the configuration cannot be used: one line says which, and what to give instead."),
    ("130", "Interrupted."),
)
_FILES = (
    (".env", "Settings and secrets of the working folder; init writes it, for its owner alone."),
    (CONFIGURATION_FILE, "Settings that are no secret, by environment."),
)
_COMPLETION = (
    "deeplearn-checks --install-completion installs it for the shell that it is called from. "
    "_DEEPLEARN_CHECKS_COMPLETE=source_zsh deeplearn-checks (or source_bash, source_fish) prints it."
)


def manual() -> str:
    """Answer the page."""
    root = get_command(app)
    return "\n".join(_lines(root)) + "\n"


def _lines(root: Command) -> Iterator[str]:
    yield '.TH DEEPLEARN-CHECKS 1 "" deeplearn-checks "User Commands"'
    yield from (".SH NAME", f"deeplearn-checks \\- {_text(root.help or '').rstrip('.')}")
    yield from (".SH SYNOPSIS", ".B deeplearn-checks", "[\\-\\-version] [\\-\\-help] COMMAND [OPTION]...")
    yield ".SH COMMANDS"
    for path, command in walk(root):
        yield from _command(path, command)
    yield from (".SH EXIT STATUS", *_tagged(_EXIT_STATUS))
    yield from (
        ".SH ENVIRONMENT",
        "A flag beats these, which beat",
        ".I .env,",
        "which beats",
        f".I {CONFIGURATION_FILE}.",
    )
    yield from _tagged(_variables())
    yield from (".PP", "Colours are shown at a terminal, unless", ".B NO_COLOR", "is set.")
    yield from (".SH FILES", *_tagged(_FILES), ".SH SHELL COMPLETION", _text(_COMPLETION))


def walk(command: Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Command]]:
    """Walk the commands that do something, by the words that call them."""
    for name, below in _below(command).items():
        yield (*path, name), below
        yield from walk(below, (*path, name))


def _below(command: Command) -> dict[str, Command]:
    """Answer the commands of a group, in the order of its help; of a command none."""
    from typer.core import TyperGroup  # noqa: PLC0415  only the page needs it

    if not isinstance(command, TyperGroup):
        return {}
    context = command.make_context(command.name or "", [], resilient_parsing=True)
    found = ((name, command.get_command(context, name)) for name in command.list_commands(context))
    return {name: one for name, one in found if one is not None}


def _command(path: tuple[str, ...], command: Command) -> Iterator[str]:
    arguments = " ".join(str(p.metavar or p.name).upper() for p in command.params if p.param_type_name == "argument")
    yield f".SS {_text(' '.join(path))} {_text(arguments)}".rstrip()
    paragraphs = (command.help or "").split("\n\n")
    yield _text(" ".join(paragraphs[0].split()))
    for paragraph in paragraphs[1:]:
        yield from (".PP", _text(" ".join(paragraph.split())))
    yield from _tagged((_option(one), str(getattr(one, "help", "") or "")) for one in command.params)


def _option(parameter: Parameter) -> str:
    """Answer an option as it is given, or an argument by its name."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name).upper()
    value = "" if getattr(parameter, "is_flag", False) else f" {parameter.metavar or str(parameter.name).upper()}"
    return ", ".join(sorted(parameter.opts, key=len)) + value


def _variables() -> Iterator[tuple[str, str]]:
    for name, field in Settings.model_fields.items():
        if not variable(name).startswith("-"):
            yield variable(name), field.description or ""


def _tagged(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Write a list of words with what each means."""
    for word, meaning in rows:
        yield from (".TP", f".B {_text(word)}", _text(meaning))


def _text(words: str) -> str:
    """Keep roff from reading a text as anything but text."""
    escaped = words.replace("\\", "\\e").replace("-", "\\-").replace("`", "")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
