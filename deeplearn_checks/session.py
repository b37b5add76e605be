"""The front doors of a run: `check()` for callers that wait, `start()` for pytest, which collects meanwhile."""

from __future__ import annotations

import asyncio
import signal
import threading
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deeplearn_checks.extending import extension
from deeplearn_checks.runner import announced, run
from deeplearn_checks.settings import ConfigurationError, Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping, Sequence

    import httpx

    from deeplearn_checks.bundle.replaying import Replay
    from deeplearn_checks.bundle.tape import Recorder
    from deeplearn_checks.changes import Change
    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.results import Result, RunReport

FLAGS = {
    "target": "api_base_url",
    "effects": "effects",
    "i_mean_it": "i_mean_it",
    "fail_on": "fail_on",
    "environment": "environment",
    "deadline": "deadline",
    "concurrency": "concurrency",
    "without": "without",
    "gateway_days": "gateway_days",
    "incidents": "incidents",
    "actor": "actor",
}
"""The option of a command, and the setting that it overrules."""

Prepared = tuple[Settings, "httpx.AsyncBaseTransport | None"]


def prepare(options: Mapping[str, object]) -> Prepared:
    """Read the settings, and start the sandbox where it is asked for; raises ConfigurationError.

    *options* are named as on the command line, None where not given; `sandbox` (bool), `faults` (list of names)
    and `extend` (the modules that add to ours).
    """
    added = extension(options.get("extend"))
    flags = {setting: options.get(option) for option, setting in FLAGS.items()}
    faults = options.get("faults") or []
    if not options.get("sandbox"):
        if faults:
            raise ConfigurationError("--fault breaks a sandbox: give --sandbox with it")
        return load_settings(flags), None
    if flags["api_base_url"]:
        raise ConfigurationError("--target and --sandbox exclude each other: give one")
    names = [str(name) for name in faults] if isinstance(faults, list | tuple) else []
    return _sandboxed(flags, names, added.faults)


def _sandboxed(flags: Mapping[str, object], faults: Sequence[str], others: Sequence[object]) -> Prepared:
    """Start a seeded, repaired sandbox in this process and point the settings at it."""
    try:
        from deeplearn_checks.sandbox import server  # noqa: PLC0415  an extra, and heavy
        from deeplearn_checks.sandbox import start as sandbox  # noqa: PLC0415  likewise
    except ModuleNotFoundError as missing:
        raise ConfigurationError("the sandbox needs its extra: pip install 'deeplearn-checks[sandbox]'") from missing
    try:
        reached = server.connect(sandbox.start(faults=faults, others=others))
    except sandbox.SandboxError as problem:
        raise ConfigurationError(str(problem)) from None
    return load_settings(flags, variables=reached.exports), reached.transport


def plan(selected: Sequence[Diagnostic], options: Mapping[str, object]) -> tuple[tuple[Change, ...], str]:
    """Answer what a run may send that can change something, and the target's host; asks nothing.

    Raises ConfigurationError.
    """
    settings, _ = prepare(options)
    return announced(selected, settings), settings.host


@dataclass(frozen=True, slots=True)
class Taped:
    """What `--record` and `--replay` add to a run: who keeps it, and which recorded run answers."""

    keep: Recorder | None = None
    recorded: Replay | None = None


def _taped(options: Mapping[str, object]) -> tuple[Prepared, Taped]:
    """Prepare a run, to be recorded or replayed where *options* say so; raises ConfigurationError."""
    if not (options.get("record") or options.get("replay")):
        return prepare(options), Taped()
    from deeplearn_checks.bundle import tape  # noqa: PLC0415  most runs are neither

    recorded = tape.replay(options, {setting: options.get(option) for option, setting in FLAGS.items()})
    prepared = (recorded.settings, None) if recorded else prepare(options)
    return prepared, Taped(tape.recorder(options), recorded)


def check(selected: Sequence[Diagnostic], options: Mapping[str, object], *, keep_exchanges: bool = True) -> RunReport:
    """Run and wait; raises ConfigurationError. Ctrl-C ends the run with what there is.

    A replay asks what the recorded run was asked, unless *options* hold `only`: the selection is the caller's then.
    """
    (settings, transport), taped = _taped(options)
    if taped.recorded and not options.get("only"):
        from deeplearn_checks.bundle.tape import recorded_selection  # noqa: PLC0415  as above

        selected = recorded_selection(selected, taped.recorded)
    return asyncio.run(_until_interrupted(selected, settings, transport, taped, keep_exchanges=keep_exchanges))


def ask(
    selected: Sequence[Diagnostic], settings: Settings, transport: httpx.AsyncBaseTransport | None = None
) -> RunReport:
    """Run with settings that are read already, and wait. Ctrl-C ends the run with what there is."""
    return asyncio.run(_until_interrupted(selected, settings, transport, Taped(), keep_exchanges=False))


async def _until_interrupted(
    selected: Sequence[Diagnostic],
    settings: Settings,
    transport: httpx.AsyncBaseTransport | None,
    taped: Taped,
    *,
    keep_exchanges: bool,
) -> RunReport:
    stop = asyncio.Event()
    with suppress(NotImplementedError):  # Windows: there Ctrl-C ends the process
        for number in (signal.SIGINT, signal.SIGTERM):  # the latter from pipelines and schedulers
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return await run(
        selected,
        settings,
        transport=transport,
        stop=stop,
        keep_exchanges=keep_exchanges,
        recorded=taped.recorded,
        keep=taped.keep,
    )


def start(
    selected: Sequence[Diagnostic], options: Mapping[str, object], *, keep_exchanges: bool = True
) -> BackgroundRun:
    """Begin a run in the background; raises ConfigurationError at once for what cannot be used."""
    (settings, transport), taped = _taped(options)
    return BackgroundRun(selected, settings, transport, taped, keep_exchanges=keep_exchanges)


class BackgroundRun:
    """A run on an event loop in a thread of its own."""

    def __init__(
        self,
        selected: Sequence[Diagnostic],
        settings: Settings,
        transport: httpx.AsyncBaseTransport | None,
        taped: Taped = Taped(),
        *,
        keep_exchanges: bool = True,
    ) -> None:
        self._done: Future[RunReport] = Future()
        self._settled: dict[str, Result] = {}
        self._news = threading.Condition()
        self._stop = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        asking = run(
            selected,
            settings,
            transport=transport,
            stop=self._stop,
            keep_exchanges=keep_exchanges,
            recorded=taped.recorded,
            keep=taped.keep,
            settled=self._settle,
        )
        threading.Thread(target=self._main, args=(asking,), name="deeplearn-checks", daemon=True).start()

    def report(self) -> RunReport:
        """Wait for the run and answer it; raises what a bug of ours raised, BundleError where it cannot be kept."""
        return self._done.result()

    def settled(self, id_: str) -> Result | None:
        """Wait for one result that nothing can change any more; None where only the end of the run tells."""
        with self._news:
            self._news.wait_for(lambda: id_ in self._settled or self._done.done())
        return self._settled.get(id_)

    def _settle(self, result: Result) -> None:
        with self._news:
            self._settled[result.id] = result
            self._news.notify_all()

    def stop(self) -> None:
        """End the run early: `report()` then answers with what there is."""
        with suppress(RuntimeError):  # the loop is closed: the run is done
            self._loop.call_soon_threadsafe(self._stop.set)

    def _main(self, asking: Coroutine[None, None, RunReport]) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                self._done.set_result(runner.run(asking))
        except BaseException as bug:  # noqa: BLE001  whatever it is, the thread that waits must hear of it
            self._done.set_exception(bug)
        with self._news:
            self._news.notify_all()
