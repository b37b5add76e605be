"""`--compare-with` under pytest, alone and with workers."""

from __future__ import annotations

import json

import pytest
from stub_suite import PLUGIN, TARGET, suite

pytest_plugins = ("pytester",)

WORKERS = ("-p", "xdist", "-n", "2")


@pytest.mark.parametrize("workers", [(), WORKERS])
def test_a_session_tells_what_changed(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    """The file that is to be written is read before: one name serves from run to run."""
    both = ("--compare-with", "last.json", "--run-json", "last.json")
    pytester.makepyfile(test_stubs=suite("holds", "breaks"))
    first = pytester.runpytest_subprocess(*PLUGIN, *workers, *TARGET, *both)

    second = pytester.runpytest_subprocess(*PLUGIN, *workers, *TARGET, *both)

    first.stdout.fnmatch_lines(["*there is no last.json yet: this is the first run"])
    second.stdout.fnmatch_lines(["SINCE THE RUN OF *: 1 STILL FAILING*"])
    told = json.loads((pytester.path / "last.json").read_text())["comparison"]["still_failing"]
    assert [one["id"] for one in told] == ["alpha.breaks"]


def test_a_damaged_file_is_bad_usage(pytester: pytest.Pytester) -> None:
    """One line and pytest's own status, before anything is asked or emptied."""
    pytester.makepyfile(test_stubs=suite("holds"))
    file = pytester.path / "last.json"
    file.write_text("{")

    ended = pytester.runpytest_subprocess(*PLUGIN, *TARGET, "--compare-with", "last.json", "--run-json", "last.json")

    ended.stderr.fnmatch_lines(["ERROR: --compare-with: last.json is no run;*"])
    assert (ended.ret, file.read_text()) == (pytest.ExitCode.USAGE_ERROR, "{")
