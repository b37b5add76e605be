"""What httpx and httpcore log of our own requests is withheld: they log URLs and headers as they are.

Other users of these libraries in the process keep their logs.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks")

_asking: ContextVar[bool] = ContextVar("deeplearn_checks_asking", default=False)


def _is_others(_record: logging.LogRecord) -> bool:
    """Whether a record is of somebody else's request."""
    return not _asking.get()


for _name in _LOGGERS:
    logging.getLogger(_name).addFilter(_is_others)


@contextmanager
def withheld() -> Iterator[None]:
    """Withhold the logs of the requests that are sent within."""
    before = _asking.set(True)
    try:
        yield
    finally:
        _asking.reset(before)
