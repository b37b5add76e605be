"""The page of the monitor: what is up, what is broken and what to do about it, and what was; read-only."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from deeplearn_checks.monitor.config import Config
    from deeplearn_checks.monitor.page.reading import History

_NEEDED = {"starlette": "Starlette", "jinja2": "Jinja2", "prometheus_client": "prometheus-client"}


def page_app(
    store: History,
    config: Config,
    now: Callable[[], int],
    well: Callable[[], str],
    *,
    has_module: Callable[[str], object | None] = find_spec,
) -> ASGIApp:
    """Make the page: `/`, `/target/NAME`, `/metrics`, `/healthz`, `/api/state`, `/badge/NAME.svg` and `/feed.atom`.

    *store* is only read, from several threads. *now* answers milliseconds since 1970 UTC, *well* what is wrong with the
    loop, empty where nothing is. Raises ConfigurationError where the extra `monitor` is missing.
    """
    missing = [name for module, name in _NEEDED.items() if has_module(module) is None]
    if missing:
        raise ConfigurationError(f"the page needs {missing[0]}: pip install 'deeplearn-checks[monitor]'")
    from deeplearn_checks.monitor.page.app import build  # noqa: PLC0415  loads Starlette

    return build(store, config, now, well)
