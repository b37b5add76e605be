"""The map of the package, held: who may import whom, and how large anything may grow. ARCHITECTURE.md explains it."""

from __future__ import annotations

import ast
import re
import tokenize
from functools import cache
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "deeplearn_checks"

LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"__main__", "reference"}),
    frozenset({"cli", "pytest_plugin"}),
    frozenset({"pytest_session", "pytest_audit"}),
    frozenset({"monitor"}),
    frozenset({"incident", "setup", "pytest_sharing"}),
    frozenset({"session", "checking", "audit_session"}),
    frozenset({"reporting", "webhooks"}),
    frozenset({"playbooks", "sources"}),
    frozenset({"runner", "sandbox", "bundle", "extending"}),
    frozenset({"own_alerts", "alerting"}),
    frozenset({"diagnostics", "audit"}),
    frozenset({"diagnostic", "judging"}),
    frozenset({"causes"}),
    frozenset({"gateway", "browsing"}),
    frozenset({"target"}),
    frozenset({"asking"}),
    frozenset({"transport", "questions"}),
    frozenset({"wire", "limiter", "bodies", "wire_logs"}),
    frozenset({"synthetic", "comparing"}),
    frozenset({"results", "settings", "changes"}),
    frozenset({"setting_access"}),
    frozenset({"authorities", "setting_types", "settings_audit_money"}),
    frozenset({"lean_imports"}),
    frozenset({"finding", "models", "signatures", "browser", "amounts"}),
    frozenset({"redaction"}),
)
"""Every module or package of the house, top first. An import goes down, or stays inside its own package."""

NETWORK = {"httpx", "httpcore", "requests", "urllib3", "urllib.request", "http.client", "aiohttp", "socket", "razorpay"}
TESTING = {"pytest", "_pytest", "allure", "allure_commons", "allure_pytest"}
PURE = (
    "finding",
    "redaction",
    "signatures",
    "webhooks.explanations",
    "webhooks.events",
    "models",
    "judging",
    "changes",
    "synthetic",
    "browser",
    "amounts",
    "audit.rules",
)
SANDBOX_DOORS = {
    "cli.completing",
    "cli.sandbox",
    "pytest_plugin",
    "session",
    "audit_session",
    "sources.sandbox",
    "reference.examples",
}
"""Front doors, and those that write down what a sandbox holds (`sources.sandbox`) or shows (`reference.examples`)."""
SHAPELESS = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
NO_MODULES_YET: frozenset[str] = frozenset()
"""Layers that the map has and the house may not have."""

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
LONGEST_MEDIAN_FUNCTION = 8


def dotted(path: Path) -> str:
    """Answer the name of the module at *path*, below the package; the package itself is the empty string."""
    parts = path.relative_to(ROOT / PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, ast.Module]:
    """Answer every module of the package, parsed, by name."""
    return {dotted(path): ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / PACKAGE).rglob("*.py")}


@cache
def imports(module: str) -> frozenset[str]:
    """Answer every absolute name that a module imports, wherever it does: at the top, in a function, for types only."""
    found: set[str] = set()
    for node in ast.walk(modules()[module]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return frozenset(found)


@cache
def own(module: str) -> frozenset[str]:
    """Answer the modules of the package that a module imports, by name."""
    below = {name.removeprefix(f"{PACKAGE}.") for name in imports(module) if name.startswith(f"{PACKAGE}.")}
    return frozenset(below & modules().keys() - {""})


def reached(module: str) -> set[str]:
    """Answer a module and all that it imports of the package, transitively."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += own(current)
    return seen


def foreign(module: str, names: set[str]) -> set[str]:
    """Answer which of the other packages in *names* a module imports, itself or by what it imports."""
    of_others = set[str]().union(*(imports(name) for name in reached(module)))
    return {name for name in names if any(f"{other}.".startswith(f"{name}.") for other in of_others)}


def layer(module: str) -> int:
    """Answer how far down the map a module stands."""
    top = module.partition(".")[0]
    return next((number for number, members in enumerate(LAYERS) if top in members), -1)


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Answer every function in a tree."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Answer how many lines a function has, its docstring not counted."""
    documented = ast.get_docstring(function) is not None
    first = function.body[0]
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def sources() -> list[Path]:
    """Answer every Python file of the project."""
    return [path for part in (PACKAGE, "checks", "tests", "benchmarks") for path in (ROOT / part).rglob("*.py")]


def comments(path: Path) -> str:
    """Answer the comments of a file, one a line."""
    with tokenize.open(path) as file:
        return "\n".join(t.string for t in tokenize.generate_tokens(file.readline) if t.type == tokenize.COMMENT)


def code(path: Path) -> str:
    """Answer a file without its comments and texts."""
    with tokenize.open(path) as file:
        return " ".join(
            t.string for t in tokenize.generate_tokens(file.readline) if t.type in {tokenize.NAME, tokenize.OP}
        )


def test_every_module_has_its_place_on_the_map() -> None:
    """A new module is placed before it imports anything; a place without a module is none."""
    placed = {name for members in LAYERS for name in members} - NO_MODULES_YET

    standing = {module.partition(".")[0] for module in modules()} - {""} - NO_MODULES_YET

    assert standing == placed


def test_imports_go_down() -> None:
    """No arrow points back: a layer knows only those below it."""
    arrows = [(module, other) for module in modules() if module for other in own(module)]

    back = [
        (module, other)
        for module, other in arrows
        if layer(module) >= layer(other) and module.partition(".")[0] != other.partition(".")[0]
    ]

    assert back == []


def test_only_the_doors_open_the_sandbox() -> None:
    """The product knows nothing of the sandbox but where a command or a run starts one."""
    outside = [module for module in modules() if module.partition(".")[0] != "sandbox"]

    openers = {module for module in outside if any(other.partition(".")[0] == "sandbox" for other in own(module))}

    assert openers <= SANDBOX_DOORS


@pytest.mark.parametrize("module", [name for name in PURE if name in modules()])
def test_values_do_no_input_or_output(module: str) -> None:
    """What is pure imports no HTTP client, no pytest and no Allure, not even by way of another module."""
    used = foreign(module, NETWORK | TESTING)

    assert used == set()


def test_audit_knows_tables_not_clients() -> None:
    """The rules of an audit judge rows, wherever these come from."""
    audits = [module for module in modules() if module.partition(".")[0] == "audit"]

    clients = {module for module in audits if {"target", "gateway", "transport"} & reached(module)}

    assert clients == set()


@pytest.mark.parametrize(
    ("library", "owners"),
    [
        ("razorpay", {"gateway"}),
        (
            "pytest",
            {"pytest_plugin", "pytest_session", "pytest_sharing", "pytest_audit", "checking", "reporting.allure"},
        ),
        ("allure", {"pytest_plugin", "reporting.allure"}),
        ("allure_commons", {"pytest_plugin", "reporting.allure", "reporting.audit_allure"}),
        ("typer", {name for name in modules() if name.partition(".")[0] == "cli"}),
        ("playwright", {"browsing"}),
        ("sqlalchemy", {name for name in modules() if name.startswith("monitor.sql_")} - {"monitor.sql_store"}),
        ("prometheus_client", {"monitor.page.metrics"}),
        ("starlette", {f"monitor.page{name}" for name in ("", ".app", ".guard", ".serving")} | {"monitor.serving"}),
        ("uvicorn", {"monitor.page.serving"}),
        ("jinja2", {"reporting.pages", "monitor.page.rendering"}),
    ],
)
def test_a_library_is_imported_where_it_belongs(library: str, owners: set[str]) -> None:
    """Each library of the product has one door, so that it can be replaced there."""
    product = [module for module in modules() if module.partition(".")[0] != "sandbox"]

    importers = {m for m in product if any(f"{name}.".startswith(f"{library}.") for name in imports(m))}

    assert importers <= owners


def test_names_say_what_is_inside() -> None:
    """No module is named for holding whatever was left over."""
    names = {path.stem for path in sources()} | {path.parent.name for path in sources()}

    shapeless = names & SHAPELESS

    assert shapeless == set()


def test_files_stay_readable() -> None:
    """A file that outgrows its limit is two."""
    sizes = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()
    }

    too_long = {name: size for name, size in sizes.items() if size > LONGEST_FILE}

    assert too_long == {}


def test_no_function_outgrows_a_screen() -> None:
    """A function that outgrows its limit is two."""
    sizes = {f"{name}.{f.name}": lines(f) for name, tree in modules().items() for f in functions(tree)}

    too_long = {name: size for name, size in sizes.items() if size > LONGEST_FUNCTION}

    assert too_long == {}


def test_functions_are_small() -> None:
    """Half of all functions fit in a glance."""
    sizes = [lines(function) for tree in modules().values() for function in functions(tree)]

    middle = median(sizes)

    assert middle <= LONGEST_MEDIAN_FUNCTION


def test_the_broad_except_stands_in_two_places() -> None:
    """Whatever breaks is caught where a question is asked and where a thread hands on its result, nowhere else."""
    broad = {"Exception", "BaseException"}

    catchers = {
        module
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and (node.type is None or ast.unparse(node.type) in broad)
    }

    assert catchers <= {"diagnostic", "session"}


@pytest.mark.parametrize(
    "pattern", [r"\bMock\b|\bMagicMock\b|\bunittest \. mock\b", r"\bmonkeypatch\b", r"\btime \. sleep\b"]
)
def test_tests_hand_in_what_they_need(pattern: str) -> None:
    """A transport, a clock or a sleep is handed in: nothing is mocked, patched or waited for."""
    tests = [path for path in sources() if path.is_relative_to(ROOT / "tests")]

    found = [path.name for path in tests if re.search(pattern, code(path))]

    assert found == []


def test_ignored_types_are_named() -> None:
    """A `type: ignore` says which complaint it ignores."""
    marks = {path.name: comments(path) for path in sources()}

    unnamed = [name for name, text in marks.items() if re.search(r"#\s*type:\s*ignore(?!\[)", text)]

    assert unnamed == []
