"""What is in the packages that are built, and in the image: all that a user needs, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "ci/container/Dockerfile").read_text(encoding="utf-8")
HADOLINT = Path(sys.executable).parent / "hadolint"
STAGES = DOCKERFILE.split("\nFROM ")[1:]
NOT_PYTHON = {
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "deeplearn_checks").rglob("*")
    if path.is_file() and path.suffix not in {".py", ".pyc"}
}
NEVER = (
    "*/.env*",
    "*.pem",
    "*.key",
    "*.sqlite*",
    "*.db",
    "*.pyc",
    "*/tests/*",
    "*/benchmarks/*",
    "*/.ci/*",
    "*/build/*",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build wheel and sdist, as `ci/package` does, with what is installed here."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(  # noqa: S603  the project's own build
        [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> set[str]:
    """Answer the names of the files of the wheel."""
    (file,) = built.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def source(built: Path) -> set[str]:
    """Answer the names of the files of the sdist, without its folder."""
    (file,) = built.glob("*.tar.gz")
    with tarfile.open(file) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def test_the_wheel_holds_all_that_is_read_at_run_time(wheel: set[str]) -> None:
    """Rules, templates, styles, the example of the monitor and the mark of types are in it."""
    missing = NOT_PYTHON - wheel

    assert missing == set()
    assert {"deeplearn_checks/py.typed", "deeplearn_checks/monitor/example.toml"} <= NOT_PYTHON
    assert {Path(name).suffix for name in NOT_PYTHON} >= {".sql", ".j2", ".css"}


def test_the_wheel_holds_the_suite(wheel: set[str]) -> None:
    """`checks/` of the checkout is `deeplearn_checks.suite` of the wheel."""
    shipped = {name.rpartition("/")[2] for name in wheel if name.startswith("deeplearn_checks/suite/")}

    assert shipped == {path.name for path in (ROOT / "checks").glob("*.py")}
    assert {"__init__.py", "conftest.py"} <= shipped


def test_the_wheel_holds_nothing_but_the_package(wheel: set[str]) -> None:
    """Whoever installs it gets one name, and what describes it."""
    tops = {name.partition("/")[0] for name in wheel}

    assert {re.sub(r"-\d[\d.]*\d", "", top) for top in tops} == {
        "deeplearn_checks",
        "deeplearn_checks.data",  # the man page
        "deeplearn_checks.dist-info",
    }


def test_the_sdist_can_be_built_from(source: set[str]) -> None:
    """It holds what the wheel is built from, and the pages."""
    needed = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "checks/conftest.py", "docs/extending.md"}

    assert needed | NOT_PYTHON <= source


def test_no_package_holds_tests_results_or_secrets(wheel: set[str], source: set[str]) -> None:
    """Neither what proves the project nor what lies about in a checkout is shipped."""
    odd = [name for name in wheel | source if any(fnmatch(f"/{name}", pattern) for pattern in NEVER)]

    assert odd == []


def test_the_image_is_given_only_what_it_is_built_from() -> None:
    """What `.dockerignore` lets in is what the recipe copies; all else stays out."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    copied = {
        word.removeprefix("./")
        for line in re.findall(r"^COPY (?!--)(.*) \S+$", STAGES[0], re.MULTILINE)
        for word in line.split()
    }

    assert "*" in lines
    assert {line[1:] for line in lines if line.startswith("!")} == copied


def test_the_image_is_small_and_nobodys() -> None:
    """Each stage begins with the pinned base; the last installs nothing, and its user is a number, not root's."""
    last = STAGES[-1]

    assert re.search(r"^ARG BASE=docker\.io/library/python:\d+\.\d+-slim-[a-z]+$", DOCKERFILE, re.MULTILINE)
    assert [stage.split()[0] for stage in STAGES] == ["${BASE}", "${BASE}"]
    assert "pip install" not in last
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["65532:65532"]
    assert "install --directory --owner=65532 --group=65532 /var/lib/deeplearn-checks\n" in last
    assert '\nENTRYPOINT ["deeplearn-checks"]\n' in last


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint is not installed here")
def test_hadolint_takes_the_recipe() -> None:
    """It has nothing to say."""
    linted = subprocess.run(  # noqa: S603  installed beside us
        [HADOLINT, ROOT / "ci/container/Dockerfile"], capture_output=True, text=True, check=False
    )

    assert (linted.stdout, linted.returncode) == ("", 0)


class Health(BaseHTTPRequestHandler):
    """Answers as the monitor does of itself."""

    status = 200

    def do_GET(self) -> None:
        """Answer 404 where nothing is."""
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_health_check_asks_the_monitor(status: int, healthy: bool) -> None:  # noqa: FBT001  a parameter of a test
    """It ends with 0 where the monitor says that it is well, and only there."""
    command = json.loads(re.findall(r"^    CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[0])
    handler = type("Answering", (Health,), {"status": status})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.handle_request, daemon=True).start()
        asked = [sys.executable, *command[1:-1], command[-1].replace("8460", str(server.server_port))]

        ended = subprocess.run(asked, capture_output=True, check=False)  # noqa: S603  the recipe's own

    assert (ended.returncode == 0) is healthy


def test_the_health_check_asks_where_the_monitor_listens() -> None:
    """The port of the recipe is the one of the manifests."""
    ports = {
        port
        for name in ("configmap", "deployment")
        for port in re.findall(r"\b8\d{3}\b", (ROOT / f"ci/kubernetes/{name}.yaml").read_text(encoding="utf-8"))
    }

    assert ports == set(re.findall(r"\b8\d{3}\b", DOCKERFILE)) == {"8460"}
