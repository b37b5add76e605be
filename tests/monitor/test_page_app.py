"""The page's paths: what every answer has, who may look, and what becomes of a store or a program that fails."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING

import pytest
from monitored import MINUTE_MS
from shelf import Shelf, Site, configured, standing

from deeplearn_checks.monitor.page import page_app
from deeplearn_checks.monitor.page.reading import FRESH_MS
from deeplearn_checks.monitor.wall_time import HOUR_MS
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from pathlib import Path


PATHS = ("/", "/target/staging", "/metrics", "/healthz", "/api/state", "/badge/staging.svg", "/feed.atom", "/nowhere")
LOCKED = '[page]\nuser = "opérateur"\npassword = "env:PASSWORD"\n'


def basic(words: str) -> str:
    """Answer credentials as a header has them."""
    return f"Basic {base64.b64encode(words.encode()).decode()}"


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_guarded(tmp_path: Path, path: str) -> None:
    """Whatever is asked, the browser may run nothing, load nothing from elsewhere, keep nothing and tell nobody."""
    said = standing(tmp_path).get(path).headers

    assert said["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert (said["x-content-type-options"], said["referrer-policy"]) == ("nosniff", "no-referrer")
    assert said["cache-control"] == ("max-age=60" if "badge" in path else "no-store")
    assert "set-cookie" not in said


@pytest.mark.parametrize("path", PATHS[:-1])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_the_page_is_only_read(tmp_path: Path, path: str, method: str) -> None:
    """Whatever could change something is refused."""
    site = Site(Shelf(), configured(tmp_path))

    said = site.get(path, method)

    assert (said.status_code, said.headers["allow"]) == (405, "GET, HEAD")


def test_a_head_has_no_body(tmp_path: Path) -> None:
    """HEAD is answered as GET is, without its body."""
    said = standing(tmp_path).get("/", "HEAD")

    assert (said.status_code, said.headers["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize("path", ["/nowhere", "/target/nobody", "/badge/nobody.svg", "/target/staging/", "/target/a/b"])
def test_what_is_not_there_is_said(tmp_path: Path, path: str) -> None:
    """A path or a target that there is not answers 404 with the way back, and repeats nothing of what was asked."""
    said = standing(tmp_path).get(path, host="evil.example")

    back = "../" * (path.count("/") - 1) or "./"
    assert (said.status_code, f'<a href="{back}">' in said.text) == (404, True)
    assert "evil" not in said.text + str(said.headers)


def test_nobody_looks_without_the_password(tmp_path: Path) -> None:
    """With a password, every path but the monitor's health needs it, and says nothing without."""
    site = standing(tmp_path, more=LOCKED)

    refused = {path: site.get(path).status_code for path in PATHS}

    assert refused == dict.fromkeys(PATHS, 401) | {"/healthz": 200}
    assert site.get("/").headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (basic("opérateur:päss:word"), 200),
        (basic("opérateur:päss:word").replace("Basic", "bAsIc"), 200),
        (basic("opérateur:wrong"), 401),
        (basic("opérateur:päss:word "), 401),
        (basic(":"), 401),
        ("Basic %%%", 401),
        ("Basic", 401),
        ("Bearer x", 401),
    ],
)
def test_the_password_lets_in(tmp_path: Path, given: str, status: int) -> None:
    """Who has both words may look; whatever else is given is refused."""
    site = standing(tmp_path, more=LOCKED)

    said = site.get("/badge/staging.svg", authorization=given)

    assert (said.status_code, said.headers["cache-control"]) == (status, "no-store")


def test_health_tells_strangers_only_whether(tmp_path: Path) -> None:
    """An orchestrator without credentials learns that the monitor is not well, and nothing of targets."""
    site = standing(tmp_path, more=LOCKED)
    site.well = "no route to 10.0.0.1"

    strange, known = site.get("/healthz"), site.get("/healthz", authorization=basic("opérateur:päss:word"))

    assert (strange.status_code, strange.json()) == (503, {"well": False})
    assert known.json()["problem"] == "no route to 10.0.0.1"


def test_health_is_well(tmp_path: Path) -> None:
    """Where runs are fresh, the loop is well and the store can be read, all is."""
    said = standing(tmp_path).get("/healthz")

    assert (said.status_code, said.json()) == (200, {"well": True, "problem": "", "overdue": []})


def test_health_names_what_is_overdue(tmp_path: Path) -> None:
    """A group without a run as new as interval, deadline and slack allow is named; one that has time is not."""
    site = standing(tmp_path)
    site.now_ms += 5 * MINUTE_MS

    said = site.get("/healthz")

    late = [(one["target"], one["group"], one["last_run_at"]) for one in said.json()["overdue"]]
    assert (said.status_code, late) == (503, [("staging", "reachable", "2026-03-02T12:39:00Z")])


@pytest.mark.parametrize("path", PATHS[:2] + PATHS[2:3] + PATHS[4:7])
def test_a_store_that_cannot_be_read_is_said(tmp_path: Path, path: str) -> None:
    """Nothing is shown as the present that could not be read."""
    site = standing(tmp_path)
    site.shelf.problem = "the store monitor.db: disk I/O error <b>"

    said = site.get(path)

    assert (said.status_code, "disk I/O error &lt;b&gt;" in said.text) == (503, True)


def test_a_store_that_cannot_be_read_is_not_well(tmp_path: Path) -> None:
    """Health says why."""
    site = standing(tmp_path)
    site.shelf.problem = "the store monitor.db: disk I/O error"

    said = site.get("/healthz")

    assert (said.status_code, said.json()["problem"]) == (503, "the store monitor.db: disk I/O error")


def test_what_was_read_is_shown_for_some_seconds(tmp_path: Path) -> None:
    """A crowd of readers asks the store once; after ten seconds it is read anew, days that are over only each hour."""
    site = standing(tmp_path)
    counts = list[int]()
    for step_ms in (0, FRESH_MS - 1, 1, HOUR_MS):
        site.now_ms += step_ms
        site.shelf.calls.clear()
        site.get("/")
        counts.append(len(site.shelf.calls))

    assert counts == [6, 0, 5, 6]


def test_questions_do_not_grow_with_diagnostics(tmp_path: Path) -> None:
    """The overview asks a handful of questions for each target, and none for a group or a diagnostic."""
    site = Site(Shelf(), configured(tmp_path, *(f"t{number}" for number in range(50))))

    site.get("/")

    assert len(site.shelf.calls) == 2 + 4 * 50


def test_a_bug_is_answered_with_the_headers_too(tmp_path: Path) -> None:
    """A bug of ours shows nothing of itself, and leaves no answer unguarded."""
    site = standing(tmp_path)
    site.shelf.runs = [None]  # type: ignore[list-item]  # a bug

    said = site.get("/")

    assert (said.status_code, said.text, said.headers["x-frame-options"]) == (500, "Internal Server Error", "DENY")


def test_what_is_no_request_is_passed_on(tmp_path: Path) -> None:
    """A server that announces its start and end, as ASGI's lifespan does, is answered."""
    messages: list[MutableMapping[str, object]] = [{"type": "lifespan.shutdown"}, {"type": "lifespan.startup"}]
    said = list[str]()

    async def receive() -> MutableMapping[str, object]:
        return messages.pop()

    async def send(message: MutableMapping[str, object]) -> None:
        said.append(str(message["type"]))

    async def lived() -> None:
        await Site(Shelf(), configured(tmp_path)).app({"type": "lifespan", "state": {}}, receive, send)

    asyncio.run(lived())

    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.parametrize(
    ("module", "name"), [("starlette", "Starlette"), ("jinja2", "Jinja2"), ("prometheus_client", "prometheus-client")]
)
def test_a_missing_extra_is_one_line(tmp_path: Path, module: str, name: str) -> None:
    """Without a library, the page says how to get it."""
    config = configured(tmp_path)

    with pytest.raises(ConfigurationError) as refused:
        page_app(Shelf(), config, lambda: 0, str, has_module=lambda one: None if one == module else object())

    assert str(refused.value) == f"the page needs {name}: pip install 'deeplearn-checks[monitor]'"
