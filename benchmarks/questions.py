"""Run in a process of its own, pointed at a sandbox: prints what one run asks, and how deep its requests depend."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from deeplearn_checks import CATALOG
from deeplearn_checks.session import check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deeplearn_checks import Exchange, RunReport

UNBOUNDED = 256


def main() -> None:
    """Print the figures of one run, its concurrency unbounded so that a request waits for nothing but answers."""
    report = check(CATALOG, {"effects": "none", "concurrency": UNBOUNDED})
    print(json.dumps({"requests": report.requests, "repeated": repeated(report), "chain": chain(report)}))


def repeated(report: RunReport) -> list[str]:
    """Answer every question that was asked more than once: same method, address, credentials and body.

    Credentials are masked; one that is refused is told by its status from one that is accepted.
    """
    asked = Counter((e.method, e.url, e.request_headers, e.request_body, e.status) for e in report.exchanges)
    return [f"{method} {url}" for (method, url, *_), times in asked.items() if times > 1]


def chain(report: RunReport) -> int:
    """Answer the most requests that any one diagnostic made in a row, each begun when the one before had ended."""
    by_number = {exchange.number: exchange for exchange in report.exchanges}
    return max(_depth([by_number[number] for number in result.exchanges]) for result in report.results)


def _depth(exchanges: Sequence[Exchange]) -> int:
    """Pick the exchange that ends first, then the first to end of those begun after it, and so on; count them."""
    depth, free_from = 0, 0.0
    for exchange in sorted(exchanges, key=lambda one: one.started_at + one.seconds):
        if exchange.started_at >= free_from:
            depth, free_from = depth + 1, exchange.started_at + exchange.seconds
    return depth


if __name__ == "__main__":
    main()
