"""Measures what verifying a webhook costs, side by side with bare `hmac`: a million small deliveries.

    python benchmarks/signatures.py [--deliveries 1000000] [--rounds 11] [--json FILE]

Both verify the same deliveries in slices, in turns, so that a busy moment hits both; the ratio is that of the medians.
Bare is what Razorpay's own SDK does: `hmac.new(...).hexdigest()` held against the header with `compare_digest`, its key
already bytes. Ends with 1 when the limit does not hold.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import hmac
import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from pydantic import SecretStr

from deeplearn_checks.signatures import sign_webhook, verify_webhook
from deeplearn_checks.webhooks.events import build

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LIMIT = 1.3
SECRET = SecretStr("sandbox-webhook-secret")
DISTINCT = 1000
"""How many deliveries differ from each other."""
SMALL = b'{"event":"payment.captured","payload":{"payment":{"entity":{"id":"pay_%014d"}}}}'

Delivery = tuple[bytes, str]


class WrongError(Exception):
    """A verification answered wrongly: its time would mean nothing."""


def bare(deliveries: Sequence[Delivery]) -> bool:
    """Verify with the standard library alone."""
    key = SECRET.get_secret_value().encode()
    return all(
        hmac.compare_digest(hmac.new(key, body, hashlib.sha256).hexdigest(), signature)
        for body, signature in deliveries
    )


def ours(deliveries: Sequence[Delivery]) -> bool:
    """Verify with this package."""
    return all(verify_webhook(body, signature, SECRET) for body, signature in deliveries)


def seconds(verify: Callable[[Sequence[Delivery]], bool], deliveries: Sequence[Delivery], times: int) -> float:
    """Answer how long it takes to verify all deliveries so many times; raises WrongError."""
    began = time.perf_counter()
    right = all(verify(deliveries) for _ in range(times))
    took = time.perf_counter() - began
    if not right:
        raise WrongError(f"{verify.__name__} refused a delivery that is signed rightly")
    return took


def measure(deliveries: Sequence[Delivery], count: int, rounds: int) -> dict[str, float]:
    """Answer the median microseconds of one verification, bare and ours, *count* of each in all."""
    times = max(1, count // len(deliveries) // rounds)
    took: dict[str, list[float]] = {"bare": [], "ours": []}
    for number in range(1 + rounds):
        for name, verify in (("bare", bare), ("ours", ours)) if number % 2 else (("ours", ours), ("bare", bare)):
            took[name].append(seconds(verify, deliveries, times) / times / len(deliveries) * 1e6)
    return {name: median(each[1:]) for name, each in took.items()}


def samples(pattern: bytes | None) -> list[Delivery]:
    """Sign deliveries that all differ: of a small body, or of a whole event."""
    bodies = [
        pattern % number if pattern else build("payment.captured", [f"payload.payment.entity.amount={number}"], at=0)
        for number in range(DISTINCT)
    ]
    return [(body, sign_webhook(body, SECRET)) for body in bodies]


def main() -> int:
    """Measure, print the table, answer the exit status."""
    options = _options()
    gc.disable()
    figures = {}
    for name, pattern in (("small", SMALL), ("whole event", None)):
        deliveries = samples(pattern)
        cost = measure(deliveries, options.deliveries, options.rounds)
        ratio = cost["ours"] / cost["bare"]
        figures[name] = cost | {"ratio": ratio, "limit": LIMIT, "bytes": len(deliveries[-1][0])}
        verdict = "holds" if ratio <= LIMIT else "DOES NOT HOLD"
        print(
            f"{name:12} {len(deliveries[-1][0]):5} bytes: bare hmac {cost['bare']:.2f} us, "
            f"verify_webhook {cost['ours']:.2f} us, ratio {ratio:.3f} <= {LIMIT} {verdict}"
        )
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return int(any(figure["ratio"] > LIMIT for figure in figures.values()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the verification of webhooks against bare hmac.")
    parser.add_argument("--deliveries", type=int, default=1_000_000, help="verifications of each (1000000)")
    parser.add_argument("--rounds", type=int, default=11, help="slices in which they are verified, in turns (11)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except WrongError as problem:
        sys.exit(str(problem))
