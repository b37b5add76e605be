"""The pytest plugin's door: options, the marker and the fixture; all else is imported once a check is collected.

It is loaded in every project of the environment, so it imports only pytest, takes no option name that another
plugin or conftest wants, and does nothing until a test carries the marker `diagnoses`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.checking import AUDIT_SOURCE, DECLARATION, PREFIX, REPORTS, declarations, diagnosed, labels

if TYPE_CHECKING:
    from collections.abc import Generator

    from deeplearn_checks.comparing import EarlierRun
    from deeplearn_checks.pytest_session import Checks
    from deeplearn_checks.pytest_sharing import Node
    from deeplearn_checks.results import Result

ACTIVE = "deeplearn-checks-run"
"""The name of the plugin object that exists while checks are being run."""

AUDITING = "deeplearn-checks-audit"
"""The name of the plugin object that exists where `--audit-source` is given."""

_OPTIONS: tuple[tuple[str, str, str], ...] = (
    ("--sandbox", "", "start a seeded, healthy DeepLearn in this process and check that"),
    ("--fault", "NAME", "break the sandbox in one way (repeatable; see: deeplearn-checks sandbox --list-faults)"),
    ("--extend", "MODULE,...", "add what a module of yours declares, such as its faults (see: docs/extending.md)"),
    ("--target", "URL", "base URL of the API to check (default: DEEPLEARN_API_BASE_URL)"),
    ("--effects", "LEVEL", "what the checks may do to the target: none (default), alerts or data"),
    ("--i-mean-it", "HOST", "let --effects data write to this production host"),
    ("--fail-on", "SEVERITY", "least severity that fails the run: critical (default), warning or info"),
    ("--environment", "NAME", "name of the environment, and its section of deeplearn-checks.toml"),
    ("--deadline", "S", "seconds after which the whole run ends with what there is (default 30)"),
    ("--concurrency", "N", "requests under way at once (default 16)"),
    ("--gateway-days", "N", "days of Razorpay's payments that are judged (default 7)"),
    ("--without", "PART,...", "parts left out on purpose, such as gateway,pages,counselor"),
    ("--dry-run", "", "list the requests that can change something, and send none"),
    ("--record", "BUNDLE", "keep the run, redacted, in a file (see: deeplearn-checks bundle)"),
    ("--replay", "BUNDLE", "judge a recorded run again: nobody is asked"),
    ("--readiness-json", "FILE", "write what the service's own readiness script prints"),
    ("--html-report", "FILE", "write the run as one HTML page"),
    ("--run-json", "FILE", "write the run as JSON"),
    ("--compare-with", "FILE", "say what changed since the run of that JSON"),
    ("--audit-source", "SOURCE", "hold every row of SOURCE to every rule (see: deeplearn-checks audit --help)"),
    ("--audit-payments", "FILE", "payments of the audit: a file, razorpay or none"),
    ("--audit-certificates", "FILE", "certificates of the audit: a file, api or none"),
    ("--audit-engine", "ENGINE", "what runs the rules of the audit: sqlite (default), duckdb or spark"),
    ("--audit-rules", "DIR,...", "folders of rules of your own"),
    ("--audit-baseline", "FILE", "findings that are known and do not fail the audit"),
)
_MISSED = pytest.StashKey[Sequence[str]]()
_EARLIER = pytest.StashKey["EarlierRun"]()
_DECLARED = pytest.StashKey[set[str]]()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser) -> Generator[None]:
    """Add our options last, when every other plugin and conftest has its own: theirs win."""
    yield
    groups = [*parser._groups, parser._anonymous]  # noqa: SLF001  pytest has no public way to ask which names are taken
    taken = {name for group in groups for option in group.options for name in option.names()}
    early_config.stash[_MISSED] = [name for name, _, _ in _OPTIONS if name in taken]
    ours = parser.getgroup("deeplearn-checks", "DeepLearn health checks (for tests marked @diagnoses)")
    for name, metavar, described in _OPTIONS:
        if name not in taken:
            action = {"action": "append" if name == "--fault" else "store", "metavar": metavar}
            ours.addoption(
                name, dest=_destination(name), help=described, **action if metavar else {"action": "store_true"}
            )


def _destination(name: str) -> str:
    return PREFIX + name.lstrip("-").replace("-", "_")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and empty the files to be written: a stale report never passes for this run's."""
    config.addinivalue_line("markers", DECLARATION)
    if config.getoption(AUDIT_SOURCE, default=None):
        _audit(config)
    if hasattr(config, "workerinput"):
        return
    if config.getoption(PREFIX + "dry_run", default=False):
        config.option.collectonly = True
    if compared := config.getoption(PREFIX + "compare_with", default=None):
        config.stash[_EARLIER] = _earlier(Path(compared))  # before it is emptied, where it is also to be written
    for option in REPORTS:
        name = config.getoption(PREFIX + option, None)
        if name and option == "html_report" and importlib.util.find_spec("jinja2") is None:
            raise pytest.UsageError("--html-report needs Jinja2: pip install 'deeplearn-checks[report]'")
        if name:
            _empty(Path(name), f"--{option.replace('_', '-')}")


def _audit(config: pytest.Config) -> None:
    """Start our part of the audit's tests."""
    from deeplearn_checks.pytest_audit import Audit  # noqa: PLC0415  a project without an audit never pays for it

    config.pluginmanager.register(Audit(config), AUDITING)


def _earlier(file: Path) -> EarlierRun:
    from deeplearn_checks.comparing import earlier_run  # noqa: PLC0415  a project that compares nothing never pays
    from deeplearn_checks.settings import ConfigurationError  # noqa: PLC0415  likewise

    try:
        return earlier_run(file)
    except ConfigurationError as problem:
        raise pytest.UsageError(str(problem)) from None


def _empty(path: Path, option: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    except OSError as problem:
        raise pytest.UsageError(f"{option} {path} cannot be written: {problem.strerror}") from problem


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark a check with its severity, area and effects, for `-m`; the first one starts our part."""
    diagnostic = diagnosed(item)
    if diagnostic is None:
        return
    declared = item.config.stash.setdefault(_DECLARED, set())
    for declaration in declarations([diagnostic]):
        if declaration not in declared:
            declared.add(declaration)
            item.config.addinivalue_line("markers", declaration)
    for label in labels(diagnostic):
        item.add_marker(label)
    active(item.config)


def active(config: pytest.Config) -> Checks:
    """Answer the plugin object that runs the checks of this session, made on first use."""
    from deeplearn_checks.pytest_session import Checks  # noqa: PLC0415  a project without checks never pays for it

    present = config.pluginmanager.get_plugin(ACTIVE)
    if isinstance(present, Checks):
        return present
    checks = Checks(config, config.stash.get(_MISSED, ()), config.stash.get(_EARLIER, None))
    config.pluginmanager.register(checks, ACTIVE)
    return checks


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Node) -> None:
    """Under xdist, in the process that collects nothing: await what the workers find out."""
    active(node.config).attend(str(node.workerinput["testrunuid"]))


@pytest.fixture
def finding(request: pytest.FixtureRequest) -> Result:
    """The judged result of the diagnostic that this check reports."""
    diagnostic = diagnosed(request.node)
    if diagnostic is None:
        raise pytest.UsageError("the fixture `finding` is for tests declared with @diagnoses(a_diagnostic)")
    return active(request.config).result(diagnostic)
