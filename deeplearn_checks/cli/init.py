"""`deeplearn-checks init`: ask for target and credentials, prove each, write `.env` and a pipeline, run once."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from deeplearn_checks.cli import completing
from deeplearn_checks.cli.options import Environment, FaultNames, LeftOut, Sandbox, TargetUrl, in_colour, refuse
from deeplearn_checks.cli.writing import save

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from deeplearn_checks.setup.asking import Draft, Person

Ci = Annotated[
    str,
    typer.Option(
        "--ci",
        metavar="NAME",
        help="Its pipeline file: github, gitlab, jenkins, circleci, azure.",
        autocompletion=completing.pipelines,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Send the signed probe and replace files without asking.")]


class Terminal:
    """Somebody at a terminal; secrets are typed without echo."""

    is_there = True

    def __init__(self, *, yes: bool) -> None:
        self._yes = yes

    def tell(self, line: str) -> None:
        """Print a line."""
        typer.echo(line)

    def ask(self, question: str, held: str) -> str:
        """Ask for what may be shown."""
        answer: str = typer.prompt(question, default=held, show_default=bool(held))
        return answer.strip()

    def ask_secret(self, question: str) -> str:
        """Ask for what is typed without echo."""
        answer: str = typer.prompt(question, default="", show_default=False, hide_input=True)
        return answer

    def allows(self, question: str) -> bool:
        """Ask, unless `--yes` has answered."""
        return self._yes or typer.confirm(question)

    def insists(self, question: str) -> bool:
        """Ask, whatever `--yes` says: something is wrong."""
        return typer.confirm(question)


class Nobody:
    """No terminal: everything is what the environment and the options say."""

    is_there = False

    def __init__(self, *, yes: bool) -> None:
        self._yes = yes

    def tell(self, line: str) -> None:
        """Print a line."""
        typer.echo(line)

    def ask(self, question: str, held: str) -> str:  # noqa: ARG002  nobody is asked
        """Keep what is set."""
        return held

    def ask_secret(self, question: str) -> str:  # noqa: ARG002  nobody is asked
        """Keep what is set."""
        return ""

    def allows(self, question: str) -> bool:  # noqa: ARG002  nobody is asked
        """Do only what `--yes` has said."""
        return self._yes

    def insists(self, question: str) -> bool:  # noqa: ARG002  nobody is asked
        """Never go on where something is wrong."""
        return False


def init(  # noqa: PLR0913  one parameter per option
    *,
    ci: Ci = "none",
    target: TargetUrl = None,
    environment: Environment = None,
    without: LeftOut = None,
    yes: Yes = False,
    sandbox: Sandbox = False,
    faults: FaultNames = None,
) -> None:
    """Set up: prove target and credentials, write `.env` and the pipeline of a CI, run once.

    Asks at a terminal; elsewhere reads the environment. Secrets are never options.
    """
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415  what a command needs is loaded by it
    from deeplearn_checks.setup.asking import UnprovedError, completed  # noqa: PLC0415  likewise
    from deeplearn_checks.setup.pipelines import fitted, pipeline  # noqa: PLC0415  likewise

    person: Person = Terminal(yes=yes) if sys.stdin.isatty() and not sandbox else Nobody(yes=yes or sandbox)
    write_env = _leave_env if sandbox else _write_env
    options = {"target": target, "environment": environment, "without": without, "sandbox": sandbox, "faults": faults}
    if not sandbox and (Path(".env").is_dir() or not os.access(".", os.W_OK)):  # before anybody types secrets
        refuse(f"cannot write {Path.cwd() / '.env'}; go to a folder that may be written to")
    try:
        template = pipeline(ci)
        draft, transport = _begun(options, asked=person.is_there)
        draft = completed(draft, person, transport)
        write_env(draft, person)
        if template is not None:
            template = fitted(template, draft.without, draft.settings().api_base_url)
            _write(Path(template.place), template.text, person)
            _tell_secrets(draft)
    except ConfigurationError as problem:
        refuse(str(problem))
    except UnprovedError as problem:
        typer.echo(f"deeplearn-checks: {problem}", err=True)
        raise typer.Exit(1) from None
    _run_once(draft, transport)


def _begun(options: Mapping[str, object], *, asked: bool) -> tuple[Draft, httpx.AsyncBaseTransport | None]:
    """Read what is set already, or start the sandbox; refuse what is missing where nobody can be asked."""
    from deeplearn_checks.session import prepare  # noqa: PLC0415  as above
    from deeplearn_checks.settings import NO_TARGET, ConfigurationError, load_settings  # noqa: PLC0415  likewise
    from deeplearn_checks.setup.asking import Draft, missing  # noqa: PLC0415  likewise
    from deeplearn_checks.setup.steps import FIELDS, value  # noqa: PLC0415  likewise

    target = str(options["target"] or "")
    flags = {"api_base_url": target or None, "environment": options["environment"], "without": options["without"]}
    if options["sandbox"] or options["faults"]:
        settings, transport = prepare(options)
        plain = {name: value(settings, name) for name, field in FIELDS.items() if field not in {"effects", "without"}}
        return Draft({}, {name: held for name, held in plain.items() if held}, settings.without), transport
    lines = []
    try:
        settings = load_settings(flags)
    except ConfigurationError as problem:
        if str(problem) != NO_TARGET:
            raise
        lines = [] if asked else [NO_TARGET]
        settings = load_settings({**flags, "api_base_url": "http://no-target.invalid"})
    if not asked:
        known = Draft({**flags, "api_base_url": settings.api_base_url}, {}, settings.without)
        _refuse_all([*lines, *missing(known)])
    return Draft({k: v for k, v in flags.items() if k == "environment"}, _given(target), settings.without), None


def _given(target: str) -> Mapping[str, str]:
    return {"DEEPLEARN_API_BASE_URL": target} if target else {}


def _refuse_all(lines: list[str]) -> None:
    """Refuse in one line each; nothing where there is none."""
    if not lines:
        return
    for line in lines[:-1]:
        typer.echo(f"deeplearn-checks: {line}", err=True)
    refuse(lines[-1])


def _write_env(draft: Draft, person: Person) -> None:
    """Write the answers, but over nobody's head; then see that git leaves the file alone."""
    from deeplearn_checks.setup import env_file, git  # noqa: PLC0415  as above

    file = Path(env_file.NAME)
    before = _read(file)
    values = _values(draft)
    replaced = env_file.differing(before, values)
    if replaced and not person.allows(f"{file} holds other values of {', '.join(replaced)}: replace them?"):
        person.tell(f"{file}: left as it is, with other values of {', '.join(replaced)}; --yes replaces them")
        return
    save(file.resolve(), lambda part: part.write_text(env_file.merged(before, values), encoding="utf-8"))
    person.tell(f"{file}: written, readable by you alone")
    for name in (name for name, held in values.items() if os.environ.get(name, held) != held):
        person.tell(f"  {name} is set otherwise in the environment, which beats {file}")
    kept = git.kept(file)
    if kept is git.Kept.UNIGNORED:
        git.ignore(file)
        person.tell(f".gitignore: names {file} now")
    elif kept is git.Kept.TRACKED:
        person.tell(f"  git tracks {file}: its secrets are in the history; git rm --cached {file}, and change them")


def _leave_env(_draft: Draft, person: Person) -> None:
    person.tell(".env: not written, for the sandbox ends with this command")


def _values(draft: Draft) -> dict[str, str]:
    from deeplearn_checks.setup.steps import WRITTEN, value  # noqa: PLC0415  as above

    settings = draft.settings()
    values = {name: value(settings, name) for name in WRITTEN}
    return {**values, "DEEPLEARN_CHECKS_WITHOUT": ",".join(sorted(draft.without))}


def _read(file: Path) -> str:
    """Read a file; one that is not there is empty."""
    try:
        return file.read_text(encoding="utf-8") if file.exists() else ""
    except (OSError, UnicodeDecodeError) as problem:
        refuse(f"{file} cannot be read: {problem}; mend or remove it")


def _write(file: Path, text: str, person: Person) -> None:
    """Write the pipeline, unless another one stands there that is not to be replaced."""
    before = _read(file)
    if before and before != text and not person.allows(f"{file} is there already: replace it?"):
        person.tell(f"{file}: left as it is")
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as problem:
        refuse(f"cannot write {file} ({problem.strerror}); give a folder that may be written to")
    person.tell(f"{file}: written")


def _tell_secrets(draft: Draft) -> None:
    """Name what the pipeline must be given."""
    named = ", ".join(name for name, held in _values(draft).items() if held and name != "DEEPLEARN_CHECKS_WITHOUT")
    typer.echo(f"  give the pipeline as secrets or variables: {named}")


def _run_once(draft: Draft, transport: httpx.AsyncBaseTransport | None) -> NoReturn:
    """Run with effects none; exit as `deeplearn-checks run` would."""
    from deeplearn_checks.cli.options import INTERRUPTED, extended  # noqa: PLC0415  as above
    from deeplearn_checks.reporting.text import text  # noqa: PLC0415  likewise
    from deeplearn_checks.session import ask  # noqa: PLC0415  likewise

    report = ask(extended(None).catalogue, draft.for_the_run, transport)
    typer.echo("\nThe first run:\n")
    typer.echo(text(report, colour=in_colour()), nl=False)
    raise typer.Exit(INTERRUPTED if report.interrupted else int(report.gate == "failed"))
