"""What a store keeps whole, as JSON and back, strictly: runs, and transitions that are still to be delivered."""

from __future__ import annotations

from functools import cache
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from deeplearn_checks.monitor.observing import Observed
from deeplearn_checks.monitor.state import Transition
from deeplearn_checks.monitor.store import StoreError

Kept = TypeVar("Kept", Observed, Transition)


@cache
def _runs() -> TypeAdapter[Observed]:
    return TypeAdapter(Observed)


@cache
def _transitions() -> TypeAdapter[Transition]:
    return TypeAdapter(Transition)


def run_json(seen: Observed) -> str:
    """Answer a run as one line of JSON; all texts in it are redacted already."""
    return _runs().dump_json(seen).decode()


def run_from(text: str) -> Observed:
    """Answer the run that was kept; raises StoreError for anything that `run_json` does not write."""
    return _read(_runs(), text, "a run")


def transition_json(transition: Transition) -> str:
    """Answer a transition as one line of JSON."""
    return _transitions().dump_json(transition).decode()


def transition_from(text: str) -> Transition:
    """Answer the transition that was kept; raises StoreError for anything that `transition_json` does not write."""
    return _read(_transitions(), text, "what is to be told")


def _read(adapter: TypeAdapter[Kept], text: str, kind: str) -> Kept:
    try:
        return adapter.validate_json(text, strict=True)
    except ValidationError as problem:
        where = ".".join(str(step) for step in problem.errors(include_input=False)[0]["loc"])
        raise StoreError(f"{kind} that is kept is damaged at {where or 'its start'}; restore the store") from None
