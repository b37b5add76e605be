"""`deeplearn-checks webhook send`: events signed and, when allowed, delivered; then the state they produced."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deeplearn_checks.cli.options import AsJson, Environment, FaultNames, IMeanIt, Sandbox, TargetUrl, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import SecretStr

    from deeplearn_checks.results import Exchange
    from deeplearn_checks.settings import Settings
    from deeplearn_checks.webhooks.deliveries import Delivered, Event

Bodies = Annotated[
    list[str] | None, typer.Argument(metavar="[BODY]...", help="Files with raw bodies, in order; - for stdin.")
]
EventNames = Annotated[
    list[str] | None, typer.Option("--event", metavar="NAME", help="Build this event in place of BODY; repeatable.")
]
Changes = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Set a field; repeatable.")]
SecretName = Annotated[str, typer.Option("--secret", metavar="NAME", help="The variable that holds the secret.")]
WrongSecret = Annotated[bool, typer.Option("--wrong-secret", help="Sign with a secret that is nobody's.")]
Times = Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Deliver each so often, with one event id.")]
Reorder = Annotated[bool, typer.Option("--reorder", help="Deliver in the reverse order.")]
EffectsLevel = Annotated[str | None, typer.Option(metavar="LEVEL", help="Deliver: alerts or data, as events need.")]

REFUSED = 401


def send(  # noqa: PLR0913  one parameter per option
    bodies: Bodies = None,
    *,
    event: EventNames = None,
    changes: Changes = None,
    secret: SecretName = "RAZORPAY_WEBHOOK_SECRET",  # noqa: S107  the name of a variable
    wrong_secret: WrongSecret = False,
    times: Times = 1,
    reorder: Reorder = False,
    effects: EffectsLevel = None,
    i_mean_it: IMeanIt = None,
    target: TargetUrl = None,
    environment: Environment = None,
    sandbox: Sandbox = False,
    faults: FaultNames = None,
    as_json: AsJson = False,
) -> None:
    """Sign events and show what would be sent; with `--effects data` deliver them and show what became of their leads.

    Exits with 0 when every event was taken (with `--wrong-secret`: refused), or nothing was sent, else with 1.
    """
    options = dict(locals())
    raw = _raw(bodies or [], event or [], changes or [])
    from deeplearn_checks.session import prepare  # noqa: PLC0415  what a command needs is loaded by it
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415  likewise

    try:
        settings, transport = prepare(options)
        events = _signed(raw[::-1] if reorder else raw, _secret(settings, secret, wrong=wrong_secret))
    except ConfigurationError as problem:
        refuse(str(problem))
    if any(settings.effects < one.effects for one in events):
        _preview(settings, events, times, as_json=as_json)
        return
    import asyncio  # noqa: PLC0415  likewise

    from deeplearn_checks.webhooks.deliveries import deliver  # noqa: PLC0415  likewise

    delivered = asyncio.run(deliver(settings, events, times=times, transport=transport))
    _tell(delivered, [one for one in events for _ in range(times)], as_json=as_json)
    raise typer.Exit(int(any(not _as_meant(one.status, wrong=wrong_secret) for one in delivered.exchanges)))


def _as_meant(status: int, *, wrong: bool) -> bool:
    return status == REFUSED if wrong else 200 <= status < 300  # noqa: PLR2004  the range is the definition


def _raw(bodies: Sequence[str], events: Sequence[str], changes: Sequence[str]) -> list[bytes]:
    """Read or build the bodies, in the order given."""
    from deeplearn_checks.webhooks.events import EventError, build_all  # noqa: PLC0415  likewise

    if bool(bodies) == bool(events):
        refuse("give either BODY (files, or - for standard input) or --event NAME")
    if changes and bodies:
        refuse("--set is for an event that is built: give --event NAME")
    try:
        return build_all(events, changes, at=int(time.time())) if events else [_read(name) for name in bodies]
    except EventError as problem:
        refuse(str(problem))


def _read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as problem:
        refuse(f"cannot read {name}: {problem.strerror}")


def _secret(settings: Settings, name: str, *, wrong: bool) -> SecretStr:
    """Find the secret by the name of its variable: among the settings, else where these are read from."""
    from pydantic import SecretStr  # noqa: PLC0415  likewise

    from deeplearn_checks.settings import variable  # noqa: PLC0415  likewise
    from deeplearn_checks.webhooks.deliveries import nobodys_secret  # noqa: PLC0415  likewise
    from deeplearn_checks.webhooks.known_secrets import known_secret  # noqa: PLC0415  likewise

    if wrong:
        return nobodys_secret()
    held = {variable(field): value for field, value in settings if isinstance(value, SecretStr) and value}
    return held.get(name) or known_secret(name)


def _signed(bodies: Sequence[bytes], secret: SecretStr) -> list[Event]:
    from deeplearn_checks.webhooks.deliveries import event_id, signed  # noqa: PLC0415  likewise

    return [signed(body, secret, event_id()) for body in bodies]


def _shown(exchange: Exchange, event: Event) -> dict[str, object]:
    """Answer what is told of one delivery."""
    request = {
        "method": exchange.method,
        "url": exchange.url,
        "headers": dict(exchange.request_headers),
        "body": exchange.request_body,
    }
    shown: dict[str, object] = {"event": event.name, "event_id": event.event_id, "request": request}
    if exchange.number:
        shown |= {"status": exchange.status, "answer": exchange.response_body, "problem": exchange.problem}
    return shown


def _preview(settings: Settings, events: Sequence[Event], times: int, *, as_json: bool) -> None:
    """Show what would be sent, and what it needs."""
    from deeplearn_checks.webhooks.deliveries import preview  # noqa: PLC0415  likewise

    needed = max(event.effects for event in events).label
    shown = [(preview(settings, event), event) for event in events]
    if as_json:
        deliveries = [_shown(exchange, event) for exchange, event in shown]
        typer.echo(json.dumps({"sent": False, "needs": needed, "times": times, "deliveries": deliveries}, indent=2))
        return
    for exchange, event in shown:
        typer.echo(f"{event.name}, {times} times" if times > 1 else event.name)
        typer.echo(f"  {exchange.method} {exchange.url}")
        for name, value in exchange.request_headers:
            typer.echo(f"  {name}: {value}")
        typer.echo(f"  {exchange.request_body}")
    typer.echo(f"NOT SENT: delivering this needs --effects {needed}")


def _tell(delivered: Delivered, events: Sequence[Event], *, as_json: bool) -> None:
    """Show every answer, and what became of the leads."""
    shown = [_shown(exchange, event) for exchange, event in zip(delivered.exchanges, events, strict=True)]
    states = [{"lead": one.lead, "person": one.person, **one.links} for one in delivered.states]
    if as_json:
        typer.echo(json.dumps({"sent": True, "deliveries": shown, "states": states}, indent=2))
        return
    for one in shown:
        typer.echo(
            f"{one['event']} {one['event_id']}: {one['status'] or 'no answer'} {one['answer'] or one['problem']}"
        )
    for state in states:
        typer.echo("LEAD " + " ".join(filter(None, (state.pop("lead"), state.pop("person")))))
        for name, text in state.items():
            typer.echo(f"  {name:12} {text}")
    for text in (*dict.fromkeys(filter(None, delivered.raised)), *delivered.left_open):
        typer.echo(text)
    refused = any(exchange.status >= 400 for exchange in delivered.exchanges)  # noqa: PLR2004  refused
    if refused and not any(delivered.raised):
        typer.echo("A refusal raises (or refreshes) a critical alert; see them with: deeplearn-checks run -v")
