"""`deeplearn-checks incident open|note|status|close|review`: one incident, from its alerts to its review."""

from __future__ import annotations

import getpass
import json
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deeplearn_checks.cli.notifying import notified
from deeplearn_checks.cli.options import (
    BundleFile,
    Deadline,
    EffectsLevel,
    Environment,
    Extend,
    FaultNames,
    IMeanIt,
    LeftOut,
    Notify,
    Sandbox,
    TargetUrl,
    Yes,
    extended,
    fail,
    opened,
    refuse,
    refuse_beside_bundle,
    shape,
)
from deeplearn_checks.cli.writing import save

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from deeplearn_checks.alerting import Triage
    from deeplearn_checks.incident.case import Cases, Closing, Opened
    from deeplearn_checks.incident.journal import Journal
    from deeplearn_checks.incident.review import Review
    from deeplearn_checks.redaction import Json
    from deeplearn_checks.results import RunReport
    from deeplearn_checks.session import Prepared
    from deeplearn_checks.settings import Settings

incident = typer.Typer(
    help="Keep the journal of an incident, close it on proof, write its review.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

Folder = Annotated[
    str | None, typer.Option("--dir", metavar="DIR", help="Folder of the journals (DEEPLEARN_CHECKS_INCIDENTS).")
]
Actor = Annotated[str | None, typer.Option(metavar="NAME", help="Who is writing (DEEPLEARN_CHECKS_ACTOR, the login).")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The incident's id.")]
OptionalId = Annotated[str, typer.Argument(metavar="[ID]", help="One incident, with its timeline.")]
Text = Annotated[str, typer.Argument(metavar="TEXT", help="What is to be written down.")]
Title = Annotated[str, typer.Option(metavar="TEXT", help="What the incident is called.")]
Alerts = Annotated[list[str] | None, typer.Option("--alert", metavar="ID", help="Only this alert; repeatable.")]
Groups = Annotated[
    list[str] | None, typer.Option("--group", metavar="SOURCE/EVENT_TYPE", help="Only this group; repeatable.")
]
Acknowledge = Annotated[bool, typer.Option("--acknowledge", help="Acknowledge its alerts, as the runbook asks.")]
For = Annotated[str, typer.Option("--for", metavar="FIELD", help="The field of the review that this answers.")]
Force = Annotated[bool, typer.Option("--force", help="Close it whatever the diagnostics say; needs --why.")]
Why = Annotated[str, typer.Option(metavar="TEXT", help="Why it is closed without proof; goes with --force.")]
Shape = Annotated[str, typer.Option("--format", metavar="FORMAT", help="markdown, html or json.")]
Output = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the review there.")]


_BESIDE_BUNDLE = {"title": "--title", "notify": "--notify", "incidents": "--dir", "actor": "--actor"}


@incident.command("open")
def open_(  # noqa: PLR0913  one parameter per option
    *,
    title: Title = "",
    alert: Alerts = None,
    group: Groups = None,
    acknowledge: Acknowledge = False,
    bundle: BundleFile = None,
    notify: Notify = None,
    incidents: Folder = None,
    actor: Actor = None,
    sandbox: Sandbox = False,
    faults: FaultNames = None,
    extend: Extend = None,
    target: TargetUrl = None,
    environment: Environment = None,
    effects: EffectsLevel = None,
    i_mean_it: IMeanIt = None,
    deadline: Deadline = None,
    without: LeftOut = None,
) -> None:
    """Open an incident for the open alerts, or for what a run finds where none is open; print its id.

    An open incident that holds one of these alerts is continued.
    """
    given = dict(locals())
    if bundle is not None:
        refuse_beside_bundle(given, _BESIDE_BUNDLE)
        _open_recorded(bundle, title, notify or (), incidents, actor)
        return
    catalogue = extended(extend).catalogue
    with opened(given) as (settings, transport):
        from deeplearn_checks.incident import case, finding_out  # noqa: PLC0415  what a command needs is loaded by it
        from deeplearn_checks.incident.kept_runs import KeptRun  # noqa: PLC0415  likewise
        from deeplearn_checks.incident.notifying import addresses  # noqa: PLC0415  likewise

        urls, known = addresses(notify or ()), kept(settings)
        finished = case.finish_acknowledging(known, settings, transport=transport) if acknowledge else ()
        keep = KeptRun(known.folder, "open", known.scribe.now())
        found = finding_out.found(
            settings, alert or [], group or [], transport=transport, keep=keep, catalogue=catalogue
        )
        if finding_out.is_nothing(found) and not title:
            keep.discard()
            _say_finished(finished)
            return
        began = case.open_case(found, known, title=title, bundle=keep.path)
        _say_which(began)
        acknowledged = not acknowledge or case.acknowledge_all(began.journal, settings, transport=transport)
        fail(unless=_notified(urls, began.journal.id, found) and acknowledged)


def _open_recorded(file: Path, title: str, notify: Sequence[str], folder: str | None, actor: str | None) -> None:
    """Open an incident for the report of a bundle."""
    from deeplearn_checks.bundle.archive import load  # noqa: PLC0415  what a command needs is loaded by it
    from deeplearn_checks.incident import case, finding_out  # noqa: PLC0415  likewise
    from deeplearn_checks.incident.notifying import addresses  # noqa: PLC0415  likewise

    with _at_rest(folder, actor) as known:
        urls, found = addresses(notify), finding_out.found_recorded(load(file))
        if finding_out.is_nothing(found) and not title:
            refuse("the recorded run found nothing: give --title TEXT to open an incident all the same")
        began = case.open_case(found, known, title=title, bundle=str(file))
    _say_which(began)
    fail(unless=_notified(urls, began.journal.id, found))


def _say_finished(finished: Sequence[Journal]) -> None:
    """Print the incidents whose acknowledging a killed command had left unfinished; refuse where there is none."""
    if not finished:
        refuse("no alert is open and no diagnostic fails: give --title TEXT to open an incident all the same")
    for journal in finished:
        typer.echo(journal.id)
    typer.echo("deeplearn-checks: what was being acknowledged is acknowledged now", err=True)


def _say_which(began: Opened) -> None:
    """Print the id of an incident, and say where it is none that is new."""
    typer.echo(began.journal.id)
    if not began.is_new:
        typer.echo("deeplearn-checks: this incident is open for the same: it is continued", err=True)


@incident.command()
def note(
    id_: Id,
    text: Text,
    *,
    for_: For = "",
    incidents: Folder = None,
    actor: Actor = None,
) -> None:
    """Write down what a person knows or did; --for answers a question of the review."""
    from deeplearn_checks.incident.case import note as noted  # noqa: PLC0415
    from deeplearn_checks.incident.review import FIELDS  # noqa: PLC0415

    if for_ and for_ not in FIELDS:
        refuse(f"--for: there is no field {for_!r}; choose from {', '.join(FIELDS)}")
    if not text.strip():
        refuse("the note is empty: say what is to be written down")
    with _at_rest(incidents, actor) as known:
        noted(known.journal(id_), text, for_)


@incident.command()
def status(id_: OptionalId = "", *, incidents: Folder = None) -> None:
    """List the open incidents, or show one with its times and its timeline."""
    from deeplearn_checks.incident.status import open_incidents, timeline  # noqa: PLC0415

    with _at_rest(incidents, None) as known:
        typer.echo(timeline(known.journal(id_)) if id_ else open_incidents(known), nl=False)


@incident.command()
def close(  # noqa: PLR0913  one parameter per option
    id_: Id,
    *,
    yes: Yes = False,
    force: Force = False,
    why: Why = "",
    incidents: Folder = None,
    actor: Actor = None,
    sandbox: Sandbox = False,
    faults: FaultNames = None,
    extend: Extend = None,
    target: TargetUrl = None,
    environment: Environment = None,
    effects: EffectsLevel = None,
    i_mean_it: IMeanIt = None,
    deadline: Deadline = None,
    without: LeftOut = None,
) -> None:
    """Close an incident on proof: run its diagnostics again, resolve its alerts; exit 1 where it stays open."""
    given = dict(locals())
    if force != bool(why.strip()):
        refuse("--force and --why TEXT go together: closing without proof needs its reason")
    catalogue = extended(extend).catalogue
    with opened(given) as prepared:
        from deeplearn_checks.incident import case  # noqa: PLC0415
        from deeplearn_checks.incident.resolving import resolve  # noqa: PLC0415

        settings, transport = prepared
        journal = kept(settings).journal(id_)
        _confirm(prepared, id_, yes=yes)
        done = case.close(journal, settings, resolve, transport=transport, why=why, catalogue=catalogue)
        _tell(id_, done)
        fail(unless=done.is_closed)


@incident.command()
def review(  # noqa: PLR0913  one parameter per option
    id_: Id,
    *,
    format_: Shape = "markdown",
    output: Output = None,
    extend: Extend = None,
    incidents: Folder = None,
    actor: Actor = None,
) -> None:
    """Write the review of an incident: the runbook's five items; say how many fields people have left open."""
    named = shape(format_, ("markdown", "html", "json"), as_json=False)
    if named == "html" and find_spec("jinja2") is None:
        refuse("the page needs Jinja2; install it with: pip install 'deeplearn-checks[report]'")
    causes = extended(extend).causes
    with _at_rest(incidents, actor) as known:
        from deeplearn_checks.incident.journal import Kind  # noqa: PLC0415
        from deeplearn_checks.incident.review import review as reviewed  # noqa: PLC0415

        journal = known.journal(id_)
        written = reviewed(id_, journal.read(), causes)
        text = _rendered(written, named)
        if output is None:
            typer.echo(text, nl=False)
        else:
            save(output, lambda part: part.write_text(text, encoding="utf-8"))
            told: dict[str, Json] = {"format": named, "open_fields": len(written.open_fields), "head": written.head}
            journal.append(Kind.REVIEWED, told)
    names = ", ".join(field.name for field in written.open_fields)
    hint = f": {names}; fill one with: deeplearn-checks incident note {id_} --for FIELD TEXT" if names else ""
    typer.echo(f"deeplearn-checks: {len(written.open_fields)} fields are open{hint}", err=True)


def _rendered(written: Review, named: str) -> str:
    from deeplearn_checks.incident.review import review_json  # noqa: PLC0415
    from deeplearn_checks.incident.review_markdown import review_markdown  # noqa: PLC0415
    from deeplearn_checks.incident.review_page import review_page  # noqa: PLC0415

    if named == "json":
        return json.dumps(review_json(written), indent=2) + "\n"
    return review_page(written) if named == "html" else review_markdown(written)


def kept(settings: Settings) -> Cases:
    """Answer the incidents of the folder that the settings name, to be written by whom they name."""
    from deeplearn_checks.incident.case import cases  # noqa: PLC0415

    return cases(Path(settings.incidents), settings, settings.actor or login())


def login(ask: Callable[[], str] = getpass.getuser) -> str:
    """Answer the login name; an account that has none is nobody."""
    try:
        return ask()
    except (OSError, KeyError):
        return ""


@contextmanager
def _at_rest(folder: str | None, actor: str | None) -> Iterator[Cases]:
    """Reach the journals for a command that asks nothing of any target; none need be configured."""
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415

    try:
        yield kept(_settings({"incidents": folder, "actor": actor}))
    except ConfigurationError as problem:
        refuse(str(problem))


def _settings(flags: Mapping[str, object]) -> Settings:
    """Read the settings, for the redaction above all; an address that is missing is no matter here."""
    from deeplearn_checks.settings import ConfigurationError, load_settings  # noqa: PLC0415

    try:
        return load_settings(flags)
    except ConfigurationError:
        return load_settings({**flags, "api_base_url": "http://no-target.invalid"})


def _confirm(prepared: Prepared, id_: str, *, yes: bool) -> None:
    """Ask before alerts are resolved; without a terminal and without --yes refuse in one line."""
    if yes:
        return
    if not sys.stdin.isatty():
        refuse("this resolves alerts at the target and there is no terminal to ask at: add --yes")
    if not typer.confirm(f"resolve the alerts of {id_} at {prepared[0].host} where their diagnostics pass?", err=True):
        refuse("nothing was sent")


def _tell(id_: str, done: Closing) -> None:
    """Say what became of each alert, and of the incident."""
    from deeplearn_checks.reporting.wording import line  # noqa: PLC0415

    if done.already:
        typer.echo(f"{id_} is closed already")
        return
    for change in done.changes:
        typer.echo(f"{change.alert_id} {change.outcome}: {line(change.said)}")
    for reason in done.reasons:
        typer.echo(f"  {'not proved' if done.is_closed else 'stays open'}: {line(reason)}")
    typer.echo(f"{id_} is {'closed' if done.is_closed else 'not closed'}")


def _notified(urls: Sequence[str], id_: str, found: Triage | RunReport) -> bool:
    """Send the summary to each address; answers whether all was delivered."""
    from deeplearn_checks.incident.finding_out import summary  # noqa: PLC0415

    return notified(urls, f"deeplearn-checks incident {id_}", summary(found))
