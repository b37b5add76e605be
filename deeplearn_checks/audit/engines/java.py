"""The Java that Spark runs on: where it is, and whether it is new enough."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

OLDEST = 17
"""The oldest Java that Spark 4 runs on (Spark, "Downloading")."""

_REMEDY = f"install Java {OLDEST} or newer (apt-get install default-jre-headless), or set JAVA_HOME to one"
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


def need_java(environment: Mapping[str, str]) -> None:
    """Raise ConfigurationError where Spark would find no Java, or one that is too old."""
    home = environment.get("JAVA_HOME", "")
    if home:
        program = shutil.which(str(Path(home, "bin", "java")))
        if program is None:
            raise ConfigurationError(f"--engine spark needs Java: there is no bin/java in JAVA_HOME={home}; {_REMEDY}")
    else:
        program = shutil.which("java", path=environment.get("PATH", ""))
    if program is None:
        raise ConfigurationError(f"--engine spark needs Java: JAVA_HOME is not set and no java is on PATH; {_REMEDY}")
    version = _version(program)
    if version < OLDEST:
        found = f"Java {version}" if version else "no Java that tells its version"
        raise ConfigurationError(f"--engine spark needs Java {OLDEST} or newer, {program} is {found}; {_REMEDY}")


def _version(program: str) -> int:
    """Answer the main version of a Java; 0 where it does not say."""
    said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603  found above
    found = _VERSION.search(said)
    return int(found[1]) if found else 0
