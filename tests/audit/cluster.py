"""A real Spark on loopback: one master and two workers, each a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.audit.engines.java import need_java
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

_ADDRESS = re.compile(r"Starting Spark master at (spark://\S+)")
_REGISTERED = re.compile(r"Successfully registered with (master)")
_SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Of a Java that lives for seconds: compiling well takes longer than it saves."""
_LOGGED = """rootLogger.level = info
rootLogger.appenderRef.stdout.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_OUT
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %m%n
"""


def missing_java() -> str:
    """Answer why Spark cannot run here; '' where it can."""
    try:
        need_java(os.environ)
    except ConfigurationError as problem:
        return str(problem)
    return ""


needs_spark = pytest.mark.skipif(
    bool(missing_java()) and not os.environ.get("SPARK_REQUIRED"), reason="no Java 17 to run Spark on"
)


_DEFAULTS = f"""spark.executor.memory 512m
spark.executor.extraJavaOptions {_SHORT_LIVED}
spark.sql.shuffle.partitions 4
spark.sql.codegen.wholeStage false
"""
"""What an operator writes into spark-defaults.conf: here, that tables are small."""


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Start a master and two workers, answer the master's address, and end them; sessions take its defaults."""
    folder.mkdir()
    (folder / "spark-defaults.conf").write_text(_DEFAULTS, encoding="utf-8")
    with ExitStack() as stack:
        stack.enter_context(short_lived(SPARK_CONF_DIR=str(folder)))
        master = _daemon(stack, folder, "master", "master.Master", "--port", "0")
        address = _awaited(master, _ADDRESS)
        words = ("--cores", "1", "--memory", "512m", "--work-dir", str(folder / "work"), address)
        workers = [_daemon(stack, folder, f"worker{number}", "worker.Worker", *words) for number in (1, 2)]
        for worker in workers:
            _awaited(worker, _REGISTERED)
        yield address


@contextmanager
def short_lived(**variables: str) -> Iterator[None]:
    """Let Spark start with these variables, and its Java knowing that it is not for long."""
    variables = {"SPARK_SUBMIT_OPTS": f"{_SHORT_LIVED} -Dderby.stream.error.file=/dev/null", **variables}
    before = {name: os.environ[name] for name in variables if name in os.environ}
    os.environ |= variables
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]
        os.environ |= before


def _daemon(stack: ExitStack, folder: Path, name: str, program: str, *words: str) -> subprocess.Popen[str]:
    import pyspark  # noqa: PLC0415  heavy, and an extra

    home = Path(pyspark.__file__).parent
    place = folder / name
    place.mkdir()
    logged = folder / "log4j2.properties"
    logged.write_text(_LOGGED, encoding="utf-8")
    java = f"-Dlog4j2.configurationFile={logged.as_uri()} -Djava.io.tmpdir={place} -XX:-UsePerfData {_SHORT_LIVED}"
    environment = os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m"}
    environment |= {"SPARK_DAEMON_JAVA_OPTS": java, "SPARK_LOCAL_DIRS": str(place), "SPARK_LOG_DIR": str(place)}
    daemon = subprocess.Popen(  # noqa: S603  Spark's own
        [
            home / "bin/spark-class",
            f"org.apache.spark.deploy.{program}",
            "--host",
            "127.0.0.1",
            "--webui-port",
            "0",
            *words,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    stack.callback(_ended, daemon)
    return daemon


def _awaited(daemon: subprocess.Popen[str], wanted: re.Pattern[str]) -> str:
    """Read what a daemon says until it says what is wanted."""
    assert daemon.stdout
    for line in daemon.stdout:
        if found := wanted.search(line):
            return found[1]
    raise AssertionError(f"Spark ended with {daemon.wait()} before it said {wanted.pattern}")


def _ended(daemon: subprocess.Popen[str]) -> None:
    daemon.terminate()
    daemon.communicate()
