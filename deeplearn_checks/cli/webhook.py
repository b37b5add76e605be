"""`deeplearn-checks webhook sign|verify|explain|send`: signatures of webhook bodies.

The first three need no target. Bodies are read as bytes; secrets are named by their variables, never given.
Exit codes: 0 it matches, 1 it does not, 2 bad usage.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from deeplearn_checks.cli.options import AsJson, refuse
from deeplearn_checks.cli.webhook_send import Changes, SecretName, send

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import SecretStr

    from deeplearn_checks.webhooks.explanations import Explanation

BodyFile = Annotated[str, typer.Argument(metavar="BODY", help="File with the raw body; - for standard input.")]
Signature = Annotated[str, typer.Option(metavar="TEXT", help="The value of X-Razorpay-Signature.")]
SecretNames = Annotated[
    list[str] | None,
    typer.Option("--secret", metavar="NAME", help="The variable that should have signed, and others; repeatable."),
]
EventName = Annotated[str | None, typer.Option(metavar="NAME", help="Build this event of Razorpay's in place of BODY.")]
BodyOut = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the body that was built.")]
At = Annotated[int | None, typer.Option(metavar="SECONDS", help="The time of the event, since the epoch (now).")]
Deliveries = Annotated[
    list[str] | None,
    typer.Option("--delivery", metavar="FILE", help="Another body that it may belong to; repeatable."),
]

webhook = typer.Typer(
    name="webhook",
    help="Sign, verify and explain webhook signatures; build and send events.",
    rich_markup_mode=None,
    no_args_is_help=True,
)
webhook.command()(send)


@webhook.command()
def sign(  # noqa: PLR0913  one parameter per option
    body: Annotated[str | None, typer.Argument(metavar="BODY", help="File with the raw body; - for stdin.")] = None,
    *,
    secret: SecretName = "RAZORPAY_WEBHOOK_SECRET",  # noqa: S107  the name of a variable
    event: EventName = None,
    changes: Changes = None,
    at: At = None,
    body_out: BodyOut = None,
    as_json: AsJson = False,
) -> None:
    """Print the signature of a raw body, or of an event that is built: `--event payment.captured --set PATH=VALUE`."""
    from deeplearn_checks.signatures import sign_webhook  # noqa: PLC0415  what a command needs is loaded by it

    if (body is None) == (event is None):
        refuse("give either BODY (a file, or - for standard input) or --event NAME")
    if event is None and (changes or body_out or at is not None):
        refuse("--set, --at and --body-out are for an event that is built: give --event NAME")
    key = _secret(secret)
    if body is not None:
        with _opened(body) as file:
            told = {"secret": secret, "signature": sign_webhook(file, key)}
    else:
        name = str(event)
        built = _built(name, changes or [], at)
        told = {"secret": secret, "signature": sign_webhook(built, key), "event": name, "body": built.decode()}
        _keep(built, body_out, shown=as_json)
    typer.echo(json.dumps(told, indent=2) if as_json else told["signature"])


@webhook.command()
def verify(
    body: BodyFile,
    *,
    signature: Signature,
    secret: SecretName = "RAZORPAY_WEBHOOK_SECRET",  # noqa: S107  the name of a variable
    as_json: AsJson = False,
) -> None:
    """Say whether a signature is that of a raw body; exit 0 when it is, else 1."""
    from deeplearn_checks.signatures import verify_webhook  # noqa: PLC0415  likewise

    key = _secret(secret)
    with _opened(body) as file:
        matches = verify_webhook(file, signature, key)
    if as_json:
        typer.echo(json.dumps({"matches": matches, "secret": secret}, indent=2))
    else:
        no = "does not match; deeplearn-checks webhook explain, with the same arguments, says why"
        typer.echo(f"{secret}: {'matches' if matches else no}")
    raise typer.Exit(int(not matches))


@webhook.command()
def explain(
    body: BodyFile,
    *,
    signature: Signature,
    secret: SecretNames = None,
    delivery: Deliveries = None,
    as_json: AsJson = False,
) -> None:
    """Say why a signature does not match a raw body: which secret, what became of the body or of the signature."""
    from deeplearn_checks.webhooks.explanations import Delivery  # noqa: PLC0415  likewise
    from deeplearn_checks.webhooks.explanations import explain as why  # noqa: PLC0415  likewise
    from deeplearn_checks.webhooks.known_secrets import KNOWN  # noqa: PLC0415  likewise

    if body == "-" and "-" in (delivery or []):
        refuse("standard input can be read once: give BODY or --delivery as a file")
    first, *_ = named = secret or [KNOWN[0]]
    secrets = {first: _secret(first)} | _known((*named, *KNOWN))
    deliveries = [Delivery(name, _read(name)) for name in delivery or []]
    with _opened(body) as file:
        explanation = why(file, signature, secrets, deliveries)
    _tell(explanation, secrets, as_json=as_json)
    raise typer.Exit(int(not explanation.matches))


def _tell(explanation: Explanation, secrets: dict[str, SecretStr], *, as_json: bool) -> None:
    """Print an explanation; no secret that is known shows, whatever a file is called."""
    from deeplearn_checks.redaction import Redactor  # noqa: PLC0415  likewise

    redact = Redactor(tuple(one.get_secret_value() for one in secrets.values()))
    told: dict[str, object] = {
        "matches": explanation.matches,
        "slug": explanation.slug,
        "secret": explanation.secret,
        "delivery": redact(explanation.delivery),
        "sentence": redact(explanation.sentence),
        "remedy": redact(explanation.remedy),
        "differences": [
            {"slug": one.slug, "sentence": redact(one.sentence), "remedy": redact(one.remedy)}
            for one in explanation.differences
        ],
    }
    if as_json:
        typer.echo(json.dumps(told, indent=2))
        return
    typer.echo(" + ".join(one.slug for one in explanation.differences))
    for name, words in (("why", told["sentence"]), ("next", told["remedy"])):
        if words:
            typer.echo(f"  {name:6} {words}")


def _keep(built: bytes, file: Path | None, *, shown: bool) -> None:
    """Write the body that was built; a signature without it proves nothing."""
    if file is None:
        if not shown:
            typer.echo("deeplearn-checks: the signed body is not shown: add --body-out FILE, or --json", err=True)
        return
    try:
        file.write_bytes(built)
    except OSError as problem:
        refuse(f"--body-out: cannot write {file}: {problem.strerror}")


def _built(event: str, changes: list[str], at: int | None) -> bytes:
    from deeplearn_checks.webhooks.events import EventError, build  # noqa: PLC0415  likewise

    try:
        return build(event, changes, at=int(time.time()) if at is None else at)
    except EventError as problem:
        refuse(str(problem))


def _secret(name: str) -> SecretStr:
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415  likewise
    from deeplearn_checks.webhooks.known_secrets import known_secret  # noqa: PLC0415  likewise

    try:
        return known_secret(name)
    except ConfigurationError as problem:
        refuse(str(problem))


def _known(names: tuple[str, ...]) -> dict[str, SecretStr]:
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415  likewise
    from deeplearn_checks.webhooks.known_secrets import known_secrets  # noqa: PLC0415  likewise

    try:
        return known_secrets(names)
    except ConfigurationError as problem:
        refuse(str(problem))


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """Open a file, or standard input for `-`, as bytes."""
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115  what is read inside must not be taken for a failure to open
    except OSError as problem:
        refuse(f"cannot read {name}: {problem.strerror}")
    with file:
        yield file


def _read(name: str) -> bytes:
    with _opened(name) as file:
        return file.read()
