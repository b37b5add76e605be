"""A state as JSON and back, strictly: what was kept is what is read, or it is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

from pydantic import TypeAdapter, ValidationError

from deeplearn_checks.monitor.state import Standing, State

VERSION = 1
"""Of the form; a state of another is refused, never guessed at."""


class StateError(Exception):
    """A kept state that cannot be read; one line, without what it holds."""


@cache
def _adapter() -> TypeAdapter[Mapping[str, Standing]]:
    return TypeAdapter(Mapping[str, Standing])


def state_json(state: State) -> str:
    """Answer the state as one line of JSON; all texts in it are redacted already."""
    standings = _adapter().dump_json(state.standings).decode()
    return f'{{"version":{VERSION},"standings":{standings}}}'


def state_from(text: str) -> State:
    """Answer the state that was kept; raises StateError for anything that `state_json` does not write."""
    try:
        kept = json.loads(text)
        if (
            not isinstance(kept, dict)
            or kept.keys() != {"version", "standings"}
            or json.dumps(kept["version"]) != str(VERSION)
        ):
            raise StateError(f"the kept state is not of version {VERSION}; use the deeplearn-checks that wrote it")
        standings = _adapter().validate_json(json.dumps(kept["standings"]), strict=True)
    except ValidationError as problem:
        where = ".".join(str(step) for step in problem.errors(include_input=False)[0]["loc"])
        raise StateError(f"the kept state is damaged at {where}; restore it from a copy, or remove it") from None
    except (ValueError, RecursionError):
        raise StateError("the kept state is no JSON; restore it from a copy, or remove it") from None
    state = State(standings)
    if json.loads(state_json(state)) != kept:  # an unknown field, or one that is missing
        raise StateError("the kept state has other fields than ours; use the deeplearn-checks that wrote it")
    return state
