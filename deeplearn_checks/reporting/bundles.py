"""A recorded run, and what changed between two: as text and as JSON. What a bundle holds may come from anywhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deeplearn_checks.bundle.comparing import NOTICEABLE_MS
from deeplearn_checks.comparing import FACTOR
from deeplearn_checks.reporting.json_report import json_report
from deeplearn_checks.reporting.text import text
from deeplearn_checks.reporting.wording import count, fact_text, line, lines
from deeplearn_checks.settings import Settings, variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deeplearn_checks.bundle.comparing import Difference, FindingChange, LatencyChange, ShapeChange
    from deeplearn_checks.bundle.contents import Bundle, Pairs, Recorded
    from deeplearn_checks.finding import Fact
    from deeplearn_checks.redaction import Json
    from deeplearn_checks.results import Result

SLOWEST = 5
"""How many of the slowest requests are shown."""


def bundle_text(bundle: Bundle, *, exchanges: bool) -> str:
    """Write what a bundle holds: when and of what, the findings, the slowest requests or, if asked, all of them."""
    manifest = bundle.manifest
    told = f"recorded {_when(manifest.started_ms)} by deeplearn-checks {line(manifest.made_by)}"
    settings = ", ".join(_settings(bundle))
    shown = bundle.exchanges if exchanges else slowest(bundle)
    title = "EXCHANGES" if exchanges else "SLOWEST REQUESTS"
    parts = (
        f"{told}\nsettings {line(settings)}",
        text(bundle.report).rstrip("\n"),
        "\n".join([title, *(f"  {_row(one)}" for one in shown)]),
    )
    return "\n\n".join(parts) + "\n"


def bundle_json(bundle: Bundle, *, exchanges: bool) -> str:
    """Write the same as a JSON object."""
    manifest = bundle.manifest
    value: dict[str, Json] = {
        "version": manifest.version,
        "made_by": manifest.made_by,
        "recorded_at": _when(manifest.started_ms),
        "settings": [*_settings(bundle)],
        "selected": [*manifest.selected],
        "report": json.loads(json_report(bundle.report)),
        "slowest": [one.number for one in slowest(bundle)],
    }
    if exchanges:
        value["exchanges"] = [exchange_value(one) for one in bundle.exchanges]
    return json.dumps(value, indent=2) + "\n"


def slowest(bundle: Bundle) -> tuple[Recorded, ...]:
    """Answer the requests that took longest, the slowest first."""
    return tuple(sorted(bundle.exchanges, key=lambda one: (-one.seconds, one.number))[:SLOWEST])


def _settings(bundle: Bundle) -> tuple[str, ...]:
    """Name the settings that a bundle knows to have been set, as an operator sets them."""
    held = bundle.manifest.configuration
    names = (*held.origins, *held.values, *held.stand_ins)
    return tuple(variable(name) if name in Settings.model_fields else name for name in names)


def _when(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


def _url(one: Recorded) -> str:
    query = "&".join(f"{name}={value}" for name, value in one.asked.params)
    return line(f"{one.asked.origin}{one.asked.path}{'?' if query else ''}{query}")


def _row(one: Recorded) -> str:
    answered = str(one.answered.status) if one.answered else line(one.failure.cause) if one.failure else "no answer"
    return f"{one.number:>4}  {one.seconds * 1000:7.0f} ms  {answered:<4} {line(one.asked.method)} {_url(one)}"


def exchange_text(one: Recorded) -> str:
    """Write one exchange in full: the request, and its answer or why there is none."""
    asked, answered = one.asked, one.answered
    parts = [f"{_row(one)}\n", f"> {line(asked.method)} {_url(one)}", *_message(">", asked.headers, asked.body)]
    if answered:
        parts += [f"< {answered.status}", *_message("<", answered.headers, answered.body)]
    if one.failure:
        parts.append(f"! {line(one.failure.cause)}: {line(one.failure.summary)}")
    return "\n".join(parts) + "\n"


def _message(mark: str, headers: Pairs, body: str) -> Iterator[str]:
    yield from (f"{mark} {line(name)}: {line(value)}" for name, value in headers)
    try:
        body = json.dumps(json.loads(body), indent=2)
    except (ValueError, RecursionError):
        body = lines(body)
    if body:
        yield f"\n{body}\n"


def exchange_value(one: Recorded) -> dict[str, Json]:
    """Answer one exchange in full as a JSON value."""
    value: dict[str, Json] = one.model_dump(mode="json", exclude={"ended": True, "asked": {"voice": True}})
    return value


def exchange_json(one: Recorded) -> str:
    """Write one exchange in full as a JSON object."""
    return json.dumps(exchange_value(one), indent=2) + "\n"


def difference_text(found: Difference) -> str:
    """Write what changed: findings, shapes of answers, latencies."""
    changed = [one for one in found.latencies if one.is_change]
    rule = f"beyond a factor of {FACTOR:g} and {NOTICEABLE_MS:g} ms"
    parts = (
        [f"FINDINGS: {count(len(found.findings), 'change')}", *map(_finding_line, found.findings)],
        [f"SHAPES OF ANSWERS: {count(len(found.shapes), 'change')}", *map(_shape_line, found.shapes)],
        [f"LATENCIES: {count(len(changed), 'change')} {rule}", *map(_latency_line, changed)],
        [] if found.same_key else ["The bundles were recorded with different keys: people cannot be compared."],
    )
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _finding_line(one: FindingChange) -> str:
    told = [f"  {one.change:<9}{line(one.id)}: {_stand(one.before)} -> {_stand(one.after)}"]
    shown = one.after if one.change != "went" else one.before
    told += [f"           {line(shown.summary)}"] if shown is not None else []
    told += [f"           {line(name)}: {_fact(was)} -> {_fact(now)}" for name, (was, now) in one.evidence.items()]
    return "\n".join(told)


def _stand(result: Result | None) -> str:
    if result is None:
        return "not asked"
    return result.outcome.value + (f" ({line(result.cause)})" if result.cause else "")


def _fact(fact: Fact | None) -> str:
    return "nothing" if fact is None else fact_text(fact)


def _shape_line(one: ShapeChange) -> str:
    types = {"appeared": "|".join(one.after), "vanished": "|".join(one.before)}
    told = types.get(one.change) or f"{'|'.join(one.before)} -> {'|'.join(one.after)}"
    return f"  {one.change:<9}{line(one.endpoint)}  {line(one.path) or 'the answer'}: {told}"


def _latency_line(one: LatencyChange) -> str:
    word = "slower" if one.after_ms > one.before_ms else "faster"
    before, after = f"{one.before_ms:.0f} ms ({one.before_count})", f"{one.after_ms:.0f} ms ({one.after_count})"
    return f"  {word:<9}{line(one.endpoint)}: {before} -> {after}"


def difference_json(found: Difference) -> str:
    """Write what changed as a JSON object; latencies of every endpoint that both runs asked."""
    value: dict[str, Json] = {
        "same_key": found.same_key,
        "findings": [_finding_value(one) for one in found.findings],
        "shapes": [
            {
                "endpoint": one.endpoint,
                "path": one.path,
                "change": one.change,
                "before": [*one.before],
                "after": [*one.after],
            }
            for one in found.shapes
        ],
        "latencies": {"factor": FACTOR, "noticeable_ms": NOTICEABLE_MS, "endpoints": [*map(_latency, found.latencies)]},
    }
    return json.dumps(value, indent=2) + "\n"


def _latency(one: LatencyChange) -> Json:
    return {
        "endpoint": one.endpoint,
        "before": {"median_ms": round(one.before_ms, 3), "count": one.before_count},
        "after": {"median_ms": round(one.after_ms, 3), "count": one.after_count},
        "changed": one.is_change,
    }


def _finding_value(one: FindingChange) -> Json:
    return {
        "id": one.id,
        "change": one.change,
        "before": _result(one.before),
        "after": _result(one.after),
        "evidence": {name: [_json(was), _json(now)] for name, (was, now) in one.evidence.items()},
    }


def _result(result: Result | None) -> Json:
    if result is None:
        return None
    return {"outcome": result.outcome.value, "cause": result.cause, "summary": result.summary}


def _json(fact: Fact | None) -> Json:
    return [*fact] if isinstance(fact, tuple) else fact
