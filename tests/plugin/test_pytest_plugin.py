"""The plugin in runs of pytest: selection, outcomes, exit status, files, and peace in projects of others."""

from __future__ import annotations

import json

import pytest
from stub_suite import PLUGIN, TARGET, suite

from deeplearn_checks import CATALOG
from deeplearn_checks.pytest_session import Checks

pytest_plugins = ("pytester",)

EVERY = ("holds", "breaks", "follows", "creaks", "mute", "inapplicable", "forbidden")
OPTIONS = (
    *("--sandbox", "--fault", "--target", "--effects", "--fail-on", "--environment", "--deadline"),
    *("--concurrency", "--without", "--readiness-json", "--html-report", "--run-json"),
)


def run(pytester: pytest.Pytester, *arguments: str, checks: tuple[str, ...] = EVERY) -> pytest.RunResult:
    """Run these checks of the stub suite in this process."""
    pytester.makepyfile(test_stubs=suite(*checks))
    return pytester.runpytest_inprocess(*PLUGIN, *TARGET, *arguments)


@pytest.mark.parametrize(
    ("arguments", "counts"),
    [
        ((), {"passed": 1, "failed": 3, "warned": 1, "skipped": 2}),
        (("--fail-on", "warning"), {"passed": 1, "failed": 4, "skipped": 2}),
        (("-k", "beta"), {"failed": 1, "warned": 1, "deselected": 5}),
        (("-m", "warning"), {"warned": 1, "deselected": 6}),
        (("-m", "alpha"), {"passed": 1, "failed": 1, "deselected": 5}),
        (("-m", "effects_data"), {"skipped": 1, "deselected": 6}),
        (("--effects", "data", "-k", "forbidden"), {"passed": 1, "deselected": 6}),
        (("-x", "-k", "creaks or mute or inapplicable"), {"warned": 1, "failed": 1, "deselected": 4}),
    ],
)
def test_each_outcome_has_its_word(
    pytester: pytest.Pytester, arguments: tuple[str, ...], counts: dict[str, int]
) -> None:
    """Below the gate is warned, counted apart and no reason to stop; `-k`, `-m` and `-x` select as ever."""
    result = run(pytester, *arguments)

    assert result.parseoutcomes() == counts


def test_what_is_known_is_told_while_the_rest_is_asked(pytester: pytest.Pytester) -> None:
    """A check that passes does not wait for those behind it."""
    result = run(pytester, checks=("holds", "lasts"))

    assert result.parseoutcomes() == {"passed": 2}


@pytest.mark.parametrize(
    ("checks", "arguments", "status"),
    [
        (("holds",), (), pytest.ExitCode.OK),
        (("holds", "creaks"), (), pytest.ExitCode.OK),
        (("holds", "creaks"), ("--fail-on", "warning"), pytest.ExitCode.TESTS_FAILED),
        (("holds", "mute"), (), pytest.ExitCode.TESTS_FAILED),
        (("inapplicable", "forbidden"), (), pytest.ExitCode.TESTS_FAILED),
        (("holds",), ("-k", "nothing"), pytest.ExitCode.NO_TESTS_COLLECTED),
        (("holds",), ("--collect-only",), pytest.ExitCode.OK),
        (("holds",), ("--effects", "everything"), pytest.ExitCode.USAGE_ERROR),
        (("holds",), ("--sandbox",), pytest.ExitCode.USAGE_ERROR),
        (("holds",), ("--no-such-option",), pytest.ExitCode.USAGE_ERROR),
        (("holds",), ("--run-json", "."), pytest.ExitCode.USAGE_ERROR),
    ],
)
def test_the_gate_decides_the_exit_status(
    pytester: pytest.Pytester, checks: tuple[str, ...], arguments: tuple[str, ...], status: pytest.ExitCode
) -> None:
    """0 and 1 are the gate's, 2 to 5 pytest's own; all skipped is never ready."""
    result = run(pytester, *arguments, checks=checks)

    assert result.ret == status


def test_without_a_target_there_is_no_run(pytester: pytest.Pytester) -> None:
    """A run against nothing is refused in one line that says what to do."""
    pytester.makepyfile(test_stubs=suite("holds"))

    result = pytester.runpytest_inprocess(*PLUGIN)

    result.stderr.fnmatch_lines(["ERROR: no target: set DEEPLEARN_API_BASE_URL, give --target URL*"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_a_failing_check_prints_what_an_operator_needs(pytester: pytest.Pytester) -> None:
    """The text of the finding, and no traceback."""
    result = run(pytester, "-rN", checks=("breaks",))

    result.stdout.re_match_lines_random(
        [
            r"critical webhook-secret-mismatch: it is broken \[leads: person-0123456789\] Next: .+",
            r"rule     The second rule holds\.",
            r"runbook  Payment Failure Playbook · 2\. Verify configuration",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_session.py*")


def test_a_symptom_names_its_root_cause(pytester: pytest.Pytester) -> None:
    """Nobody starts by mending a symptom, even where the root cause was not selected."""
    result = run(pytester, checks=("follows",))

    result.stdout.fnmatch_lines(["symptom of alpha.breaks: see there. it is broken too"])


def test_the_terminal_ends_with_the_root_causes(pytester: pytest.Pytester) -> None:
    """Below pytest's own summary, so that it is what an operator sees."""
    result = run(pytester, checks=("holds", "breaks", "follows"))

    result.stdout.fnmatch_lines(
        [
            "FAILED test_stubs.py::test_beta_follows*",
            "WHAT IS WRONG: 1 root cause",
            "  blocks   beta.follows",
            "1 passed, 1 failed, 1 blocked · 0 requests*",
            "NOT READY",
            "*2 failed, 1 passed in*",
        ]
    )


@pytest.mark.parametrize(
    ("flag", "shown"), [("-q", True), ("-qq", False)], ids=["quiet is not silent", "twice quiet is silent"]
)
def test_the_ending_respects_quiet(pytester: pytest.Pytester, flag: str, *, shown: bool) -> None:
    """Whoever says quiet twice hears nothing of ours."""
    result = run(pytester, flag, checks=("holds",))

    assert ("READY" in result.stdout.str()) is shown


def test_the_ending_lists_every_result_when_asked(pytester: pytest.Pytester) -> None:
    """`-vv` shows each diagnostic with what was found."""
    result = run(pytester, "-vv", checks=("holds", "creaks"))

    result.stdout.fnmatch_lines(["*test_beta_creaks WARNED*", "ok      alpha.holds *all is well"])


def test_a_skipped_check_is_shown_where_it_stands(pytester: pytest.Pytester) -> None:
    """The short summary names the file of the check and the reason."""
    result = run(pytester, "-rs", checks=("holds", "inapplicable"))

    result.stdout.re_match_lines([r"SKIPPED \[1\] test_stubs\.py:\d+: does-not-apply: there is nothing to ask"])


def test_everything_skipped_says_why_it_is_not_ready(pytester: pytest.Pytester) -> None:
    """A green run that asked nothing would be a lie."""
    result = run(pytester, checks=("forbidden",))

    result.stdout.fnmatch_lines(["*nothing was asked: a run in which everything is skipped proves nothing"])


def test_a_check_may_assert_more(pytester: pytest.Pytester) -> None:
    """An assertion of the check's own fails it like any test, with its traceback."""
    pytester.makepyfile(
        test_stubs=suite() + "@diagnoses(holds)\ndef test_alpha_holds(finding):\n    assert finding.seconds < 0\n"
    )

    result = pytester.runpytest_inprocess(*PLUGIN, *TARGET)

    result.stdout.fnmatch_lines(["E *assert 0* < 0", "READY"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_check_need_not_take_the_finding(pytester: pytest.Pytester) -> None:
    """The verdict falls without the fixture too."""
    pytester.makepyfile(test_stubs=suite() + "@diagnoses(breaks)\ndef test_alpha_breaks():\n    pass\n")

    result = pytester.runpytest_inprocess(*PLUGIN, *TARGET)

    assert result.parseoutcomes() == {"failed": 1}


@pytest.mark.parametrize("name", ["holds", "creaks"])
def test_a_known_failure_may_be_expected(pytester: pytest.Pytester, name: str) -> None:
    """`xfail` keeps its meaning, for the check's own assertions and for its verdict."""
    marked = f"@pytest.mark.xfail\n@diagnoses({name})\ndef test_it(finding): assert finding.outcome != 'passed'\n"
    pytester.makepyfile(test_stubs=suite() + "import pytest\n\n" + marked)

    result = pytester.runpytest_inprocess(*PLUGIN, *TARGET)

    assert result.parseoutcomes() == {"xfailed": 1}


def test_without_a_run_there_is_no_result(pytestconfig: pytest.Config) -> None:
    """A result that nobody asked for is an error of ours, said loudly."""
    checks = Checks(pytestconfig)

    with pytest.raises(LookupError, match="no run was started"):
        checks.result(CATALOG[0])


def test_the_page_needs_its_extra(pytester: pytest.Pytester) -> None:
    """Without Jinja2 the option is refused at once, with what to install."""
    pytester.makepyfile(conftest="import sys\nsys.modules['jinja2'] = None\n", test_stubs=suite("holds"))

    result = pytester.runpytest_inprocess(*PLUGIN, *TARGET, "--html-report", "page.html")

    result.stderr.fnmatch_lines(["ERROR: --html-report needs Jinja2: pip install 'deeplearn-checks[[]report[]]'"])


def test_other_tests_run_beside_the_checks(pytester: pytest.Pytester) -> None:
    """A project may hold both, and the failure of an ordinary test keeps its status."""
    pytester.makepyfile(test_stubs=suite("holds"), test_other="def test_one(): pass\ndef test_two(): assert 0\n")

    result = pytester.runpytest_inprocess(*PLUGIN, *TARGET)

    assert (result.parseoutcomes(), result.ret) == ({"passed": 2, "failed": 1}, pytest.ExitCode.TESTS_FAILED)


def test_the_fixture_is_for_checks(pytester: pytest.Pytester) -> None:
    """A test that is no check learns how to become one."""
    pytester.makepyfile("def test_it(finding): pass")

    result = pytester.runpytest_inprocess(*PLUGIN)

    result.stdout.fnmatch_lines(["*the fixture `finding` is for tests declared with @diagnoses(a_diagnostic)"])


def test_a_broken_collection_asks_nothing(pytester: pytest.Pytester) -> None:
    """No request is sent for checks that will not run."""
    pytester.makepyfile(test_stubs=suite("holds"), test_broken="import no_such_module")

    result = pytester.runpytest_inprocess(*PLUGIN, *TARGET)

    result.stdout.no_fnmatch_line("*requests*")
    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_last_failed_runs_what_failed(pytester: pytest.Pytester) -> None:
    """`--lf` knows the checks that failed the run."""
    run(pytester, checks=("holds", "breaks", "creaks"))

    result = pytester.runpytest_inprocess(*PLUGIN, *TARGET, "--lf")

    assert result.parseoutcomes() == {"failed": 1}


def test_junit_knows_what_was_warned(pytester: pytest.Pytester) -> None:
    """The JUnit file of pytest holds the warning as a property of a passed test."""
    run(pytester, "--junitxml=junit.xml", checks=("creaks",))

    assert 'name="warned" value="warning no-recent-leads: it creaks' in (pytester.path / "junit.xml").read_text()


@pytest.mark.parametrize(
    ("option", "start"), [("--run-json", "{"), ("--readiness-json", "{"), ("--html-report", "<!doctype html>")]
)
def test_reports_are_written_where_asked(pytester: pytest.Pytester, option: str, start: str) -> None:
    """Folders are made on the way."""
    run(pytester, option, "new/report", checks=("holds",))

    assert (pytester.path / "new" / "report").read_text(encoding="utf-8").startswith(start)


def test_a_refused_run_leaves_no_old_report(pytester: pytest.Pytester) -> None:
    """A file of yesterday must not pass for today's."""
    (pytester.path / "run.json").write_text("yesterday's")

    run(pytester, "--effects", "everything", "--run-json", "run.json")

    assert (pytester.path / "run.json").read_text() == ""


def test_results_come_in_the_order_of_the_catalogue(pytester: pytest.Pytester) -> None:
    """However the files are named, every report has one order; a project's own diagnostics come last."""
    lines = ("from deeplearn_checks.diagnostics import platform", "@diagnoses(platform.tls)", "def test_tls(): pass")
    pytester.makepyfile(test_stubs=suite("holds") + "\n" + "\n".join(lines) + "\n")

    pytester.runpytest_inprocess(*PLUGIN, *TARGET, "--run-json", "run.json")

    ids = [result["id"] for result in json.loads((pytester.path / "run.json").read_text())["results"]]
    assert ids[-2:] == ["platform.tls", "alpha.holds"]


def test_markers_and_options_are_declared(pytester: pytest.Pytester) -> None:
    """Strict projects accept the markers, and `--help` lists the options."""
    result = run(pytester, "--strict-markers", "--help")

    assert [name for name in OPTIONS if name not in result.stdout.str()] == []


FOREIGN = {
    "conftest": """
def pytest_addoption(parser):
    parser.addoption("--target", default="theirs")
    parser.getgroup("theirs").addoption("--environment", default="theirs")
""",
    "test_theirs": """
import sys

def test_it(pytestconfig):
    assert pytestconfig.getoption("--target") == "mine"

def test_nothing_of_ours_is_loaded():
    heavy = {"pytest_session", "results", "runner", "reporting.text", "diagnostics"}
    assert not {f"deeplearn_checks.{name}" for name in heavy} & set(sys.modules)
""",
}


def test_a_project_of_others_is_left_alone(pytester: pytest.Pytester) -> None:
    """Its options of the same names are its own, strict markers stay strict, and nothing of ours is imported."""
    pytester.makepyfile(**FOREIGN)

    result = pytester.runpytest_subprocess(*PLUGIN, "--target", "mine", "--strict-markers", "-W", "error")

    assert (result.parseoutcomes(), result.ret) == ({"passed": 2}, pytest.ExitCode.OK)


def test_an_option_that_another_owns_is_named(pytester: pytest.Pytester) -> None:
    """Where the checks cannot hear an option, they say so instead of ignoring it in silence."""
    pytester.makepyfile(conftest=FOREIGN["conftest"], test_stubs=suite("holds"))

    result = pytester.runpytest_inprocess(*PLUGIN, "--sandbox")

    result.stdout.fnmatch_lines(["*--target belongs to another plugin here: give deeplearn-checks its environment*"])


def test_an_interrupted_run_tells_what_there_is(pytester: pytest.Pytester) -> None:
    """Ctrl-C ends the run, the status is pytest's own, and what was found out is shown."""
    pytester.makepyfile(test_stubs=suite("breaks", "interrupts"))

    result = pytester.runpytest_subprocess(*PLUGIN, *TARGET)

    result.stdout.fnmatch_lines(["WHAT IS WRONG: *", "*the run was interrupted", "NOT READY"])
    assert result.ret == pytest.ExitCode.INTERRUPTED
