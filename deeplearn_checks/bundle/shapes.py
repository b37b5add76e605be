"""The shapes of answers: which fields an endpoint gives, and of which JSON types. Pure."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deeplearn_checks.bundle.contents import Bundle, Recorded
    from deeplearn_checks.redaction import Json

_COLLECTIONS = frozenset({"alerts", "cohorts", "complete", "courses", "enroll", "leads", "orders", "payments"})
"""Words of a path after which an id stands."""
_WORDS = frozenset({"complete", "downtimes", "enroll", "enrollments", "modules", "payments", "staff", "status"})
"""Words that stand there too, and are none."""
_WORD = re.compile(r"v1|[a-z]+(?:-[a-z]+)*")
_ROLES = {"api_base_url": "", "pages_base_url": "site ", "razorpay_api_base_url": "gateway "}


def folded(path: str) -> str:
    """Answer a path with `:id` in place of every id."""
    steps = path.partition("?")[0].split("/")
    return "/".join(_step(step, before) for before, step in zip(["", *steps], steps, strict=False))


def _step(step: str, before: str) -> str:
    is_id = not _WORD.fullmatch(step) or (before in _COLLECTIONS and step not in _WORDS)
    return ":id" if step and is_id else step


def endpoint(one: Recorded, origins: Mapping[str, str]) -> str:
    """Name the endpoint that an exchange asked: who answers (where it is not the API), method, and folded path."""
    roles = {origin: _ROLES.get(name, "") for name, origin in origins.items() if origin}
    role = roles.get(one.asked.origin, "elsewhere ")
    return f"{role}{one.asked.method} {folded(one.asked.path)}"


@dataclass(frozen=True, slots=True)
class Field:
    """What is known of one field: its JSON types, and whether every object that could hold it did."""

    types: frozenset[str]
    always: bool


Shape = dict[str, Field]
"""The fields of an endpoint's answers by path: `leads[].crm.stage`; the answer itself is the empty path."""


def shapes(bundle: Bundle) -> dict[str, Shape]:
    """Answer the shape of every endpoint that gave a 2xx answer in JSON."""
    values: dict[str, list[Json]] = defaultdict(list)
    for one in bundle.exchanges:
        if one.answered is not None and 200 <= one.answered.status < 300:  # noqa: PLR2004  the range is the definition
            try:
                value: Json = json.loads(one.answered.body)
            except (ValueError, RecursionError):
                continue
            values[endpoint(one, bundle.manifest.configuration.origins)].append(value)
    return {name: shape(answers) for name, answers in sorted(values.items())}


def shape(values: Iterable[Json]) -> Shape:
    """Answer the shape that these values have in common."""
    types: dict[str, set[str]] = defaultdict(set)
    times: dict[str, int] = defaultdict(int)
    objects: dict[str, int] = defaultdict(int)
    waiting: list[tuple[str, Json]] = [("", value) for value in values]
    while waiting:
        path, value = waiting.pop()
        types[path].add(_type(value))
        times[path] += 1
        if isinstance(value, dict):
            objects[path] += 1
            waiting += [(f"{path}.{name}".lstrip("."), item) for name, item in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{path}[]", item) for item in value]
    return {path: Field(frozenset(types[path]), times[path] == objects[parent(path)]) for path in sorted(types)}


def parent(path: str) -> str:
    """Answer the path of the object or list that holds a field."""
    return path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]


def _type(value: Json) -> str:
    """Name the type of a JSON value as JSON Schema does, integers being numbers."""
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (dict, "object"),
        (list, "array"),
        (str, "string"),
        (bool, "boolean"),
        ((int, float), "number"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")
