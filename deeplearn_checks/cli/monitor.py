"""`deeplearn-checks monitor [init|check]`: the same diagnostics, all day."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deeplearn_checks.cli.options import fail, refuse, told_in_one_line

if TYPE_CHECKING:
    import socket

    from deeplearn_checks.monitor.config import Config
    from deeplearn_checks.monitor.monitoring import Monitor
    from deeplearn_checks.monitor.serving import PageOf
    from deeplearn_checks.monitor.sql_keeping import SqlStore

monitor = typer.Typer(
    help="Watch targets all day: each group when it is due; say once what breaks, and once that it recovers.",
    rich_markup_mode=None,
    invoke_without_command=True,
)

File = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="The monitor's file.")]
Once = Annotated[bool, typer.Option("--once", help="Run every group now, and end: 0 ready, 1 not ready.")]
Listen = Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Serve the page there, not where the file says.")]
NewFile = Annotated[Path, typer.Argument(metavar="[FILE]", help="The file to write.")]


@monitor.callback()
def monitor_(context: typer.Context, *, config: File = None, once: Once = False, listen: Listen = None) -> None:
    """Watch targets all day: each group when it is due; say once what breaks, and once that it recovers."""
    if context.invoked_subcommand is not None:
        return
    file = _file(config)
    with told_in_one_line():
        read = _read(file)
        where = read.page.listen if listen is None else listen
        if once:
            fail(unless=_once(read))
        else:
            _watch(file, read, where)


@monitor.command()
def init(file: NewFile = Path("monitor.toml")) -> None:
    """Write a commented file to begin with; one that is there is left alone."""
    from deeplearn_checks.monitor.config import example  # noqa: PLC0415  what a command needs is loaded by it

    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(example())
    except FileExistsError:
        refuse(f"{file} is there already; give another name, or remove it first")
    except OSError as problem:
        refuse(f"cannot write {file}: {problem.strerror}; give a file in a folder that may be written to")
    typer.echo(f"{file} is written; see what it would do with: deeplearn-checks monitor check --config {file}")


@monitor.command()
def check(*, config: File = None) -> None:
    """Say what a file would do: when each group runs next, what it may send, who is told."""
    file = _file(config)
    with told_in_one_line():
        read = _read(file)
        from deeplearn_checks.monitor.planning import planned  # noqa: PLC0415  what a command needs is loaded by it
        from deeplearn_checks.monitor.serving import hold_private  # noqa: PLC0415  likewise

        hold_private(read.page.listen, read.page)
        typer.echo(planned(read, time.time_ns() // 1_000_000), nl=False)


def _file(config: Path | None) -> Path:
    if config is None:
        refuse("--config is missing: give --config FILE; write one with: deeplearn-checks monitor init")
    return config


def _read(file: Path) -> Config:
    from deeplearn_checks.monitor.config import read_config  # noqa: PLC0415  what a command needs is loaded by it

    return read_config(file, os.environ)


def _opened(config: Config) -> SqlStore:
    """Open the store; what cannot be reached now is told in one line, exit code 1."""
    from deeplearn_checks.monitor.sql_store import open_store  # noqa: PLC0415  what a command needs is loaded by it
    from deeplearn_checks.monitor.store import StoreError  # noqa: PLC0415  likewise

    try:
        return open_store(
            config.store.get_secret_value(),
            minutes_kept_ms=config.minutes_kept_ms,
            hours_kept_ms=config.hours_kept_ms,
        )
    except StoreError as problem:
        typer.echo(f"deeplearn-checks: {problem}", err=True)
        raise typer.Exit(1) from None


def _monitor(config: Config, store: SqlStore) -> Monitor:
    from deeplearn_checks.monitor.monitoring import Monitor, Surroundings  # noqa: PLC0415  as above

    gc.enable()
    return Monitor(config, store, Surroundings(_log))


def _log(text: str) -> None:
    """Say it on standard error, with the time."""
    typer.echo(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {text}", err=True)


def _once(config: Config) -> bool:
    with closing(_opened(config)) as store:
        return asyncio.run(_monitor(config, store).once())


def _watch(file: Path, config: Config, listen: str) -> None:
    """Watch until a signal; the page has a store of its own, so that no reader is in the way of what is kept."""
    from deeplearn_checks.monitor import serving  # noqa: PLC0415  what a command needs is loaded by it

    def read() -> Config:
        new = _read(file)
        serving.hold_private(listen, new.page)
        return new

    serving.hold_private(listen, config.page)
    with ExitStack() as open_things:
        shown = _shown(config, listen, open_things) if listen else None
        watcher = _monitor(config, open_things.enter_context(closing(_opened(config))))
        if shown is None:
            asyncio.run(serving.watch(watcher, read))
            return
        listener, store = shown
        asyncio.run(serving.watch(watcher, read, _pages(store, watcher), listener))


def _shown(config: Config, listen: str, open_things: ExitStack) -> tuple[socket.socket, SqlStore]:
    """Take the port of the page, and open the store that it reads."""
    from deeplearn_checks.monitor.page.serving import listener  # noqa: PLC0415  what a command needs is loaded by it
    from deeplearn_checks.monitor.serving import hold_server  # noqa: PLC0415  likewise

    hold_server()
    taken = open_things.enter_context(listener(listen))
    return taken, open_things.enter_context(closing(_opened(config)))


def _pages(store: SqlStore, watcher: Monitor) -> PageOf:
    """Answer what makes the page of a configuration."""
    from deeplearn_checks.monitor.page import page_app  # noqa: PLC0415  loads Starlette and Jinja2

    return lambda config: page_app(store, config, lambda: time.time_ns() // 1_000_000, watcher.well)
