"""Spark needs a Java that is new enough; without one there is one clear line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.audit.engines.java import need_java
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

REMEDY = r"install Java 17 or newer \(apt-get install default-jre-headless\), or set JAVA_HOME to one$"


def java(home: Path, said: str) -> Path:
    """Write a program that says it is some Java; answer its folder."""
    program = home / "bin/java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{said}' >&2\n")
    program.chmod(0o755)
    return program.parent


@pytest.mark.parametrize("said", ['openjdk version "17.0.15" 2025-04-15', 'openjdk version "21" 2023-09-19'])
def test_a_java_that_is_new_enough_will_do(tmp_path: Path, said: str) -> None:
    """In JAVA_HOME, or else on PATH."""
    path = java(tmp_path, said)

    need_java({"JAVA_HOME": str(tmp_path), "PATH": ""})
    need_java({"PATH": str(path)})


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ('java version "1.8.0_401"', "Java 8"),
        ('openjdk version "11.0.2" 2019-01-15', "Java 11"),
        ("no JVM could be created", "no Java that tells its version"),
    ],
)
def test_a_java_that_is_too_old_is_named(tmp_path: Path, said: str, found: str) -> None:
    """With its version and its path."""
    java(tmp_path, said)

    with pytest.raises(ConfigurationError, match=rf"needs Java 17 or newer, .*/bin/java is {found}; {REMEDY}"):
        need_java({"JAVA_HOME": str(tmp_path)})


def test_a_java_home_without_java_is_named(tmp_path: Path) -> None:
    """It beats PATH, as it does for Spark."""
    path = java(tmp_path / "other", 'openjdk version "17"')

    with pytest.raises(ConfigurationError, match=rf"there is no bin/java in JAVA_HOME={tmp_path}; {REMEDY}"):
        need_java({"JAVA_HOME": str(tmp_path), "PATH": str(path)})


def test_no_java_at_all_is_told() -> None:
    """Neither in JAVA_HOME nor on PATH."""
    with pytest.raises(ConfigurationError, match=rf"JAVA_HOME is not set and no java is on PATH; {REMEDY}"):
        need_java({"PATH": ""})
