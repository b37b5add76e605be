"""A Spark of one's own: a session with its Java, started and ended with everything that it writes.

Sources: Spark, "Configuration", "ANSI Compliance"; `pyspark.java_gateway`.
"""

from __future__ import annotations

import os
import re
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from deeplearn_checks.audit.engines.java import need_java
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from py4j.java_gateway import JavaGateway
    from pyspark.sql import SparkSession

LOCAL = "local[*]"
"""The master where none is named: every core of this machine, inside of one process."""

_ERROR = re.compile(r"^(?!WARN|\s).*(Error|Exception|Conflicting|Unable)")
_MISSING = "--engine spark needs PySpark: pip install 'deeplearn-checks[spark]'"
_QUIET = """rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %p %c{1}: %m%n
"""
"""Log4j: only what goes wrong; the session's Java says it into a file of its own."""


def started(folder: Path, master: str) -> SparkSession:
    """Answer a session whose files lie in *folder*; raises ConfigurationError where there can be none."""
    try:
        from pyspark import SparkConf, SparkContext  # noqa: PLC0415  heavy, and an extra
        from pyspark.java_gateway import launch_gateway  # noqa: PLC0415  likewise
        from pyspark.sql import SparkSession  # noqa: PLC0415  likewise
    except ModuleNotFoundError:
        raise ConfigurationError(_MISSING) from None
    need_java(os.environ)
    from py4j.protocol import Py4JError  # noqa: PLC0415  likewise
    from pyspark.errors import PySparkException  # noqa: PLC0415  likewise

    conf = SparkConf().setAll(list(_configuration(folder, master or LOCAL).items()))
    try:
        with (folder / "spark.log").open("wb") as log:
            gateway = launch_gateway(conf, {"stdout": log, "stderr": log})  # type: ignore[no-untyped-call]
    except PySparkException as problem:
        raise _failed(master, _last_words(folder) or said(problem)) from None
    try:
        with own_interrupt():
            return SparkSession(SparkContext(conf=conf, gateway=gateway))
    except (Py4JError, PySparkException) as problem:
        reason = said(problem)  # its Java is asked for it
        _end_java(gateway)
        raise _failed(master, reason) from None


def ended(session: SparkSession) -> None:
    """Stop a session and its Java: what was cached and written is gone."""
    gateway = session.sparkContext._gateway  # noqa: SLF001  PySpark keeps its Java for the life of the process
    session.stop()
    _end_java(gateway)


def said(problem: BaseException) -> str:
    """Answer in one line what Spark says: below a line about the call stands its own."""
    lines = [line.removeprefix(":").strip() for line in str(problem).splitlines() if line.strip()]
    return next((line for line in lines if not line.startswith("An error occurred")), type(problem).__name__)


def _configuration(folder: Path, master: str) -> dict[str, str]:
    """Answer the settings that an audit needs; `spark-defaults.conf` and PYSPARK_SUBMIT_ARGS say all others."""
    quiet = folder / "log4j2.properties"
    quiet.write_text(_QUIET, encoding="utf-8")
    java = (f"-Djava.io.tmpdir={folder}", f"-Dlog4j2.configurationFile={quiet.as_uri()}", "-XX:-UsePerfData")
    alone = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    return {
        "spark.app.name": "deeplearn-checks audit",
        "spark.master": master,
        "spark.driver.extraJavaOptions": " ".join(f'"{option}"' for option in java),
        "spark.driver.maxResultSize": "256m",
        "spark.local.dir": str(folder),
        "spark.sql.ansi.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.variant.allowDuplicateKeys": "true",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        **(alone if master.startswith(("local", "spark://127.", "spark://localhost")) else {}),
    }


@contextmanager
def own_interrupt() -> Iterator[None]:
    """Keep what a Ctrl-C does: a context's own handler would outlive it, and fail then."""
    before = signal.getsignal(signal.SIGINT)
    yield
    with suppress(ValueError):  # in a thread nobody has changed it
        signal.signal(signal.SIGINT, before)


def _failed(master: str, reason: str) -> ConfigurationError:
    where = f"no session on master {master or LOCAL}"
    return ConfigurationError(f"--engine spark: {where}: {reason}; see that it answers (--master URL), and its Java")


def _last_words(folder: Path) -> str:
    """Answer what a Java said that ended before it could be asked; '' where it said nothing of an error."""
    lines = (folder / "spark.log").read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line for line in lines if _ERROR.search(line)), "")


def _end_java(gateway: JavaGateway) -> None:
    """End the Java of this process's session, so that the next one starts with its own settings."""
    from py4j.protocol import Py4JError  # noqa: PLC0415  heavy, and an extra
    from pyspark import SparkContext  # noqa: PLC0415  likewise

    with suppress(Py4JError, OSError):
        gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()
    SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001  else a second session would ask an ended Java
