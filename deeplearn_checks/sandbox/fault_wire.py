"""The faults on the way to the API: its origin misbehaves on the network, its certificate ends, a field is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deeplearn_checks.sandbox.world import Manner

if TYPE_CHECKING:
    from deeplearn_checks.sandbox.world import World

ENDED_DAYS = -1.0
"""Days to the end of an expired certificate."""
ENDING_DAYS = 5.0
"""Days to the end of one that should have been renewed: fewer than the checks allow unless told otherwise."""


def _misbehave(world: World, manner: Manner) -> None:
    """Let the API's origin behave so; raises LookupError where it misbehaves already."""
    if world.wire.manner is not Manner.SOUND:
        raise LookupError(f"the API {world.wire.manner} already: give one such fault at a time")
    world.wire.manner = manner


def _certify(world: World, days: float) -> None:
    """Let the API speak TLS; raises LookupError where it does already."""
    if world.wire.certificate_days is not None:
        raise LookupError("the API's certificate has an end already: give one such fault at a time")
    world.wire.certificate_days = days


def unreachable(world: World) -> None:
    """Let nothing listen where the API is."""
    _misbehave(world, Manner.REFUSES)


def slow(world: World) -> None:
    """Let the API take every request and answer none."""
    _misbehave(world, Manner.STALLS)


def server_errors(world: World) -> None:
    """Let Cloudflare answer every request with the page of a Worker that threw an exception."""
    _misbehave(world, Manner.FAILS)


def not_json(world: World) -> None:
    """Let a web page answer every request, with status 200."""
    _misbehave(world, Manner.PAGE)


def malformed_json(world: World) -> None:
    """Let every answer of the API be JSON that ends in the middle."""
    _misbehave(world, Manner.CUTS_SHORT)


def rate_limited(world: World) -> None:
    """Let Cloudflare refuse every request for a day, for having come too often."""
    _misbehave(world, Manner.LIMITS)


def redirects_away(world: World) -> None:
    """Let the API send everybody to another origin."""
    _misbehave(world, Manner.REDIRECTS)


def connection_reset(world: World) -> None:
    """Let the API reset every connection in the middle of its answer."""
    _misbehave(world, Manner.RESETS)


def oversized_answer(world: World) -> None:
    """Let every answer of the API be larger than anybody wants to read."""
    _misbehave(world, Manner.OVERFLOWS)


def gzip_bomb(world: World) -> None:
    """Let every answer of the API be compressed and expand without end."""
    _misbehave(world, Manner.INFLATES)


def field_missing(world: World) -> None:
    """Let the health answer come without its time, as from another version of the service."""
    world.omits["/health"] = "timestamp"


def tls_expired(world: World) -> None:
    """Let the API speak TLS with a certificate that ended yesterday."""
    _certify(world, ENDED_DAYS)


def tls_expiring(world: World) -> None:
    """Let the API speak TLS with a certificate that ends in five days."""
    _certify(world, ENDING_DAYS)
