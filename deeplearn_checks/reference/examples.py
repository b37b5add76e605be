"""What a run against a sandbox with one fault found: who found it, what they said, which facts they stood on.

`python -m deeplearn_checks.reference.examples FILE [FAULT...]` makes those runs (all of them take a minute) and writes
them down, in the project as examples.json beside this module; tests/test_catalog.py, which makes these runs in any
case, holds that file to them.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from deeplearn_checks.diagnostics import CATALOG
from deeplearn_checks.runner import run
from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.faults import FAULTS, Fault, fault
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deeplearn_checks.results import RunReport

FILE = Path(__file__).with_name("examples.json")
SEEN_BY_A_BROWSER = "console-broken"
"""The one fault that only a browser sees: its example would differ from machine to machine."""
PATIENCE = 2.0
"""Seconds that a request waits for an API that never answers."""
_VARYING = re.compile(
    r"(?<=127\.0\.0\.1:)\d+"  # a port
    r"|(?<=order_)\w+|(?<=pay_)\w{10,}|(?<=down_)\w+"  # ids of Razorpay's
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}"  # ids of the service's
    r"|(?<=median answer takes )\d+|\d[\d.]*(?= (?:hours|days) old)"  # what is measured
)
_FROM_A_LIBRARY = re.compile(r" \([A-Z]\w+(?:Error|Exception)\b.*\)")
_EXAMPLES = TypeAdapter(dict[str, "Example"])


@dataclass(frozen=True, slots=True)
class Example:
    """One fault as a run saw it; `evidence` are the names of the facts, `summary` has `…` for what varies."""

    cause: str
    title: str
    effects: str
    environment: str
    found_by: str
    summary: str
    evidence: tuple[str, ...]


def examples(file: Path = FILE) -> Mapping[str, Example]:
    """Answer the kept example of each fault by its name."""
    return _EXAMPLES.validate_json(file.read_bytes())


def shown(one: Fault, report: RunReport) -> Example:
    """Answer what a run that found one fault shows of it."""
    found = report.root_causes()[0].result
    summary = _VARYING.sub("…", _FROM_A_LIBRARY.sub("", found.summary))
    return Example(
        one.root_cause, one.title, one.effects.label, one.environment, found.id, summary, tuple(found.evidence)
    )


def seen(one: Fault) -> Example:
    """Make a run against a sandbox with one fault, with the effects that it needs."""
    reached = server.connect(start(faults=[one.name]))
    host = urlsplit(reached.exports["DEEPLEARN_API_BASE_URL"]).hostname
    flags: dict[str, object] = {"effects": one.effects, "i_mean_it": host, "without": "browser"}
    flags["environment"] = one.environment or None
    flags["timeout"] = PATIENCE if one.name == "slow" else None  # the fault that never answers
    settings = load_settings(flags, variables=dict(reached.exports))
    return shown(one, asyncio.run(run(CATALOG, settings, transport=reached.transport)))


def keep(faults: Iterable[Fault], file: Path) -> None:
    """Make the run of each of these faults, and write down what it found beside what is kept of the others."""
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    known |= {one.name: asdict(seen(one)) for one in faults}
    kept = {one.name: known[one.name] for one in FAULTS if one.name in known}
    file.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main(file: str, *names: str) -> None:
    """Keep in *file* the examples of the named faults, or of all that a run without a browser sees."""
    keep([fault(name) for name in names] or [one for one in FAULTS if one.name != SEEN_BY_A_BROWSER], Path(file))


if __name__ == "__main__":
    main(*sys.argv[1:])
