"""Run in a process of its own, pointed at a sandbox: prints the addresses that one run reads, as JSON."""

from __future__ import annotations

import json
from http import HTTPStatus

from deeplearn_checks import CATALOG
from deeplearn_checks.session import check


def main() -> None:
    """Print each address that was read and answered, once."""
    exchanges = check(CATALOG, {"effects": "none"}).exchanges
    print(
        json.dumps(sorted({str(one.url) for one in exchanges if one.method == "GET" and one.status == HTTPStatus.OK}))
    )


if __name__ == "__main__":
    main()
