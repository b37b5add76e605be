"""The page as its readers get it: every path, who may look, and what hostile texts cannot do."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from monitored import MINUTE_MS
from prometheus_client.parser import text_string_to_metric_families
from shelf import NOW_MS, Shelf, Site, configured, outage, standing

from deeplearn_checks.monitor.page import page_app
from deeplearn_checks.monitor.page.reading import FRESH_MS
from deeplearn_checks.monitor.sql_store import open_store
from deeplearn_checks.monitor.state import Change, Transition
from deeplearn_checks.monitor.wall_time import DAY_MS, HOUR_MS
from deeplearn_checks.redaction import Redacted
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from pathlib import Path

    from deeplearn_checks.monitor.observing import Observation

PATHS = ("/", "/target/staging", "/metrics", "/healthz", "/api/state", "/badge/staging.svg", "/feed.atom", "/nowhere")
LOCKED = '[page]\nuser = "opérateur"\npassword = "env:PASSWORD"\n'
HOSTILE = Redacted("</title><script>alert(1)</script>\"'\x00\x1b[2J\u202e\ud800 {{ 7 * 7 }}\n# HELP x")
ATOM = "{http://www.w3.org/2005/Atom}"


class Markup(HTMLParser):
    """Collects what elements and attributes a page is made of, and which ids."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def markup(text: str) -> Markup:
    """Read a page."""
    read = Markup()
    read.feed(text)
    return read


def basic(words: str) -> str:
    """Answer credentials as a header has them."""
    return f"Basic {base64.b64encode(words.encode()).decode()}"


def words(text: str) -> str:
    """Answer what a page says, without its markup and style."""
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL).split())


def samples(site: Site) -> dict[tuple[str, ...], float]:
    """Answer what a scrape holds, by name and labels: target, group, diagnostic, and what else there is."""
    order = ["target", "group", "diagnostic", "outcome", "severity"]
    families = text_string_to_metric_families(site.get("/metrics").text)
    found = [one for family in families for one in family.samples]
    return {(one.name, *(one.labels[name] for name in sorted(one.labels, key=order.index))): one.value for one in found}


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


def test_all_is_up(tmp_path: Path) -> None:
    """A target whose diagnostics pass is up, in words, with its history in words."""
    said = standing(tmp_path).get("/").text

    assert "<title>staging is up</title>" in said
    assert "Last 90 days, reachable: 99.90 % of runs passed" in said
    assert "some did not pass in 1 day (01 Mar)" in said
    assert "What is wrong" not in said


def test_a_root_cause_is_told_with_its_remedy(tmp_path: Path) -> None:
    """What is down is told once, with meaning, next step and what it blocks; its symptoms are not told apart."""
    site = standing(tmp_path, {"platform.database": "F", "access.admin-token-accepted": "B"})

    said = words(site.get("/").text)

    assert "staging is down" in said
    assert said.count("found by") == 1
    assert "means The Worker runs without its D1 database" in said
    assert "next mend it" in said
    assert "blocks 1 other diagnostic: access.admin-token-accepted" in said
    assert "for 2 h 5 min" in said


def test_the_page_of_a_target_shows_each_diagnostic(tmp_path: Path) -> None:
    """The page of a target lists its diagnostics with their last answer, symptoms with what they are of."""
    site = standing(tmp_path, {"platform.database": "F", "access.admin-token-accepted": "B"})
    site.shelf.past = [outage("staging", NOW_MS - HOUR_MS, 0), outage("other", NOW_MS - HOUR_MS, 0, "Elsewhere.")]

    said = words(site.get("/target/staging").text)

    assert "blocked: It blocked. (symptom of platform.database)" in said
    assert "6 diagnostics up" in said
    assert "open , 1 h" in said
    assert "Elsewhere" not in said


def test_a_target_without_a_run_is_unknown(tmp_path: Path) -> None:
    """What nobody has looked at is not up, and its page says so too."""
    site = Site(Shelf(), configured(tmp_path))

    shown, detail = words(site.get("/").text), words(site.get("/target/staging").text)

    assert ("staging is unknown" in shown, "none yet" in detail, "Time of a run" in detail) == (True, True, False)


def test_the_monitor_says_that_it_is_not_well_itself(tmp_path: Path) -> None:
    """What is wrong with the loop, and which groups have no fresh run, stands above everything else."""
    site = standing(tmp_path)
    site.well, site.now_ms = "notices cannot be delivered", NOW_MS + HOUR_MS

    said = words(site.get("/").text)

    assert "not well: notices cannot be delivered; no fresh run of staging reachable, staging everything" in said
    assert "staging is unknown" in said


def test_many_overdue_groups_are_counted(tmp_path: Path) -> None:
    """A long list is cut."""
    site = Site(Shelf(), configured(tmp_path, *(f"t{number}" for number in range(7))))
    site.now_ms += HOUR_MS

    said = words(site.get("/").text)

    assert "t2 reachable and 9 more" in said


def test_targets_share_a_root_cause(tmp_path: Path) -> None:
    """What is wrong with many targets in the same way is one card, which names the first of them."""
    config = configured(tmp_path, *(f"t{number:02}" for number in range(15)))
    shelf = Shelf()
    for target in config.targets:
        shelf.observe(config, target.name, {"platform.database": "F"})

    said = words(Site(shelf, config).get("/").text)

    assert "All 15 targets are down" in said
    assert (said.count("found by"), "t11 and 3 more" in said) == (1, True)


def test_the_worst_comes_first(tmp_path: Path) -> None:
    """The headline counts what is not up, and the targets that need attention stand above the others."""
    config = configured(tmp_path, "a", "b", "c", "d", more=_maintenance("d"))
    shelf = Shelf()
    for name, letters in (("a", {}), ("b", {"platform.latency": "F"}), ("c", {"platform.root": "E"}), ("d", {})):
        shelf.observe(config, name, letters)

    said = Site(shelf, config).get("/").text

    assert "<title>1 of 4 targets is down, 1 degraded, 1 under maintenance</title>" in said
    assert re.findall(r'aria-label="(\w): (\w+)"', said) == [
        ("c", "down"),
        ("b", "degraded"),
        ("d", "maintenance"),
        ("a", "up"),
    ]


def _maintenance(name: str) -> str:
    return (
        f'[[maintenance]]\ntargets = ["{name}"]\nreason = "moves <b>"\n'
        "from = 2026-03-02T00:00:00Z\nto = 2026-03-03T00:00:00Z\n"
    )


def test_maintenance_is_shown_with_its_reason(tmp_path: Path) -> None:
    """What breaks while a target is worked on counts for nothing, and is shown apart."""
    site = standing(tmp_path, {"platform.database": "F"}, more=_maintenance("staging"))

    said = words(site.get("/").text)

    assert "staging is under maintenance" in said
    assert "maintenance: moves &lt;b&gt;" in said
    assert ("What is wrong" in said, "Known and tolerated" in said) == (False, True)


def test_what_is_waived_does_not_count(tmp_path: Path) -> None:
    """A waived diagnostic leaves its target up, and is shown with the waiver's reason; on its own page too."""
    waiver = '[[waivers]]\ncause = "database-not-bound"\ntarget = "*"\nreason = "known"\nexpires = 2026-04-01\n'
    site = standing(tmp_path, {"platform.database": "F"}, more=waiver)

    shown, detail = words(site.get("/").text), words(site.get("/target/staging").text)

    assert "staging is up" in shown
    assert "1 waived" in shown
    assert "tolerated waived until 2026-04-01: known" in shown
    assert "Known and tolerated" in detail


def test_a_waiver_that_has_run_out_is_marked(tmp_path: Path) -> None:
    """What was tolerated for too long is broken again, and says so."""
    site = standing(tmp_path, {"platform.database": "F"})
    site.shelf.change("staging", "platform.database", cause="database-not-bound waiver-expired")

    said = words(site.get("/").text)

    assert ("waiver expired" in said, "cause database-not-bound , found by" in said) == (True, True)


def test_flapping_is_said(tmp_path: Path) -> None:
    """A diagnostic that goes up and down is named."""
    site = standing(tmp_path)
    site.shelf.change("staging", "platform.latency", is_flapping=True)

    shown, detail = words(site.get("/").text), words(site.get("/target/staging").text)

    assert ("up flapping" in shown, "flapping platform.latency" in detail) == (True, True)


def test_a_run_that_could_not_be_made_is_unknown(tmp_path: Path) -> None:
    """A bug of ours says nothing about the target, and is told on its page."""
    site = standing(tmp_path)
    site.shelf.runs = [replace(one, problem=Redacted("a bug <b>"), observations=()) for one in site.shelf.runs]

    shown, detail = words(site.get("/").text), words(site.get("/target/staging").text)

    assert ("staging is unknown" in shown, "here 02 Mar 2026, 12:39 UTC , 400 ms: a bug &lt;b&gt;" in detail) == (
        True,
        True,
    )


def test_people_that_are_hit_are_counted(tmp_path: Path) -> None:
    """How many people a root cause hits is said, never who."""
    site = standing(tmp_path, {"platform.database": "F"})
    site.shelf.runs = [replace(one, affected={"platform.database": 3}) for one in site.shelf.runs]

    said = words(site.get("/").text)

    assert "hit 3 people" in said


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    """Texts of alerts and targets cannot add an element, an attribute, a line of metrics or a node of XML anywhere."""
    site = standing(tmp_path, {"platform.database": "F", "platform.latency": "F"})
    plain = [markup(site.get(path).text).tags for path in PATHS[:2]]
    for id_ in ("platform.database", "platform.latency"):
        site.shelf.change("staging", id_, summary=HOSTILE, remedy=HOSTILE, cause=str(HOSTILE))
    site.shelf.runs = [
        replace(run, location=str(HOSTILE), observations=tuple(replace(o, summary=HOSTILE) for o in run.observations))
        for run in site.shelf.runs
    ]
    site.shelf.past = [replace(outage("staging", NOW_MS - DAY_MS, NOW_MS, HOSTILE), cause=HOSTILE, severity=HOSTILE)]
    site.now_ms += FRESH_MS

    pages = [site.get(path).text for path in PATHS[:2]]

    assert all("script" not in markup(page).tags for page in pages)
    assert not any(name.startswith("on") or name == "style" for page in pages for name, _ in markup(page).attributes)
    assert all(
        "\x1b" not in page and "\u202e" not in page and "49" not in re.findall("{{.*?}}", page) for page in pages
    )
    assert set(markup(pages[0]).tags) - set(plain[0]) <= {"table", "thead", "tbody", "tr", "th", "td"}
    assert len(ET.fromstring(site.get("/feed.atom").text).findall(f"{ATOM}entry")) == 2  # noqa: S314  our own
    assert json.loads(site.get("/api/state").text)["root_causes"][0]["summary"] == HOSTILE
    assert {name for name, *_ in samples(site)} == {name for name, *_ in samples(standing(tmp_path))}


def test_a_page_refers_to_nothing_elsewhere(tmp_path: Path) -> None:
    """Every address in a page is relative or inside the page, so that no Host header can bend it."""
    site = standing(tmp_path, {"platform.database": "F"})

    used = [
        value
        for path in PATHS[:2]
        for name, value in markup(site.get(path, host="evil.example").text).attributes
        if name in {"href", "src", "action"}
    ]

    assert {value.split(",")[0] for value in used if not value.startswith((".", "#"))} == {"data:image/svg+xml"}


def test_ids_of_a_page_are_unique_and_pictures_are_named(tmp_path: Path) -> None:
    """Assistive technology finds its way: every picture that says something has words, every id is one."""
    site = standing(tmp_path, {"platform.database": "F"})

    pages = [site.get(path).text for path in PATHS[:2]]

    for page in pages:
        ids = re.findall(r' id="([^"]+)"', page)
        pictures = re.findall(r"<svg[^>]*>", page)
        assert len(ids) == len(set(ids))
        assert all('aria-hidden="true"' in one or re.search(r'role="img" aria-label="[^"]+"', one) for one in pictures)


def test_metrics_tell_outcome_duration_and_last_success(tmp_path: Path) -> None:
    """A scrape says what the newest answer was, how long it took, and when the diagnostic passed last."""
    site = standing(tmp_path, {"platform.database": "F"})

    found = samples(site)

    key = ("staging", "reachable", "platform.database")
    fine = ("staging", "reachable", "platform.root")
    assert found["deeplearn_checks_outcome", *key, "failed"] == 1
    assert ("deeplearn_checks_outcome", *key, "passed") not in found
    assert found["deeplearn_checks_up", *key, "critical"] == 0
    assert found["deeplearn_checks_up", *fine, "critical"] == 1
    assert found["deeplearn_checks_duration_seconds", *key] == 0.1
    assert found["deeplearn_checks_last_success_timestamp_seconds", *key] == 0
    assert found["deeplearn_checks_last_success_timestamp_seconds", *fine] == (NOW_MS - 20_000) / 1000
    assert found["deeplearn_checks_run_duration_seconds", "staging", "reachable"] == 0.4
    assert found["deeplearn_checks_overdue", "staging", "reachable"] == 0
    assert found["deeplearn_checks_monitor_up",] == 1


def test_metrics_of_what_never_ran(tmp_path: Path) -> None:
    """Where nothing is known, nothing is made up; an overdue group is named."""
    site = Site(Shelf(), configured(tmp_path))
    site.now_ms += HOUR_MS

    found = samples(site)

    assert {name for name, *_ in found} == {
        "deeplearn_checks_last_success_timestamp_seconds",
        "deeplearn_checks_monitor_up",
        "deeplearn_checks_overdue",
    }
    assert (found["deeplearn_checks_overdue", "staging", "reachable"], found["deeplearn_checks_monitor_up",]) == (1, 0)


def test_labels_are_bounded(tmp_path: Path) -> None:
    """What the store knows of targets, groups and diagnostics that are not configured gets no series."""
    site = standing(tmp_path)
    (run, *_) = site.shelf.runs
    strange = replace(run.observations[0], diagnostic="evil.diagnostic")
    site.shelf.runs += [
        replace(run, target="gone"),
        replace(run, group="gone"),
        replace(run, location="elsewhere", observations=(strange,)),
    ]

    found = {label for _, *labels in samples(site) for label in labels}

    assert found & {"gone", "evil.diagnostic", "elsewhere"} == set()


def test_the_state_has_its_documented_keys(tmp_path: Path) -> None:
    """Machines get what the page says."""
    site = standing(tmp_path, {"platform.database": "F", "platform.latency": "B", "platform.clock": "S"})
    site.shelf.past = [outage("staging", NOW_MS - DAY_MS, NOW_MS), outage("staging", NOW_MS - HOUR_MS, 0)]

    said = site.get("/api/state").json()

    (target,), (cause,) = said["targets"], said["root_causes"]
    assert (said["at"], said["status"], said["monitor"]["well"]) == ("2026-03-02T12:40:00Z", "down", True)
    assert (target["name"], target["status"], target["uptime_24h"]) == ("staging", "down", 1.0)
    assert target["groups"][0]["last_run_at"] == "2026-03-02T12:39:00Z"
    assert target["groups"][0]["latency_seconds"].keys() == {"p50", "p95", "p99"}
    assert (cause["cause"], cause["blocks"]) == ("database-not-bound", ["platform.latency"])
    assert [one["ended"] for one in said["incidents"]] == [None, "2026-03-02T12:40:00Z"]


def test_the_state_of_what_never_ran(tmp_path: Path) -> None:
    """What is not known is null."""
    said = Site(Shelf(), configured(tmp_path)).get("/api/state").json()

    group = said["targets"][0]["groups"][0]
    assert [group[key] for key in ("last_run_at", "last_run_seconds", "uptime_90d", "latency_seconds")] == [None] * 4


def test_the_feed_is_atom(tmp_path: Path) -> None:
    """Each incident has an entry when it opened and one when it was over, with names that stay the same."""
    site = standing(tmp_path, more='[page]\nurl = "https://status.example.com"\n')
    site.shelf.past = [outage("staging", NOW_MS - DAY_MS, NOW_MS - HOUR_MS, "A <b> & c."), outage("staging", NOW_MS, 0)]

    said = site.get("/feed.atom", host="evil.example")

    feed = ET.fromstring(said.text)  # noqa: S314  our own
    entries = feed.findall(f"{ATOM}entry")
    assert said.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert [str(one.findtext(f"{ATOM}updated")) for one in (feed, *entries)] == [
        "2026-03-02T12:40:00Z",
        "2026-03-02T12:40:00Z",
        "2026-03-02T11:40:00Z",
        "2026-03-01T12:40:00Z",
    ]
    assert entries[1].findtext(f"{ATOM}content", "").startswith("Recovered after 23 h: A <b> & c.")
    assert len({one.findtext(f"{ATOM}id") for one in entries}) == 3
    assert {link.get("href", "") for link in feed.iter(f"{ATOM}link")} == {
        "https://status.example.com/feed.atom",
        "https://status.example.com/",
        "https://status.example.com/target/staging",
    }


def test_an_empty_feed_is_atom_too(tmp_path: Path) -> None:
    """Without an incident, and without a known address, it has what every feed needs and no link."""
    feed = ET.fromstring(standing(tmp_path).get("/feed.atom").text)  # noqa: S314  our own

    assert {child.tag.removeprefix(ATOM) for child in feed} == {"id", "title", "updated", "author", "generator"}


def test_a_badge_says_its_status(tmp_path: Path) -> None:
    """A badge is a picture with words, for others to embed."""
    said = standing(tmp_path).get("/badge/staging.svg")

    picture = ET.fromstring(said.text)  # noqa: S314  our own
    assert (said.headers["content-type"], picture.get("aria-label")) == ("image/svg+xml; charset=utf-8", "staging: up")
    assert said.headers["cross-origin-resource-policy"] == "cross-origin"


def test_a_long_name_is_cut_in_its_badge(tmp_path: Path) -> None:
    """A badge stays small."""
    name = "x" * 60

    said = Site(Shelf(), configured(tmp_path, name)).get(f"/badge/{name}.svg").text

    assert f"<title>{'x' * 40}…: unknown</title>" in said


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
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    said = list[str]()

    async def receive() -> MutableMapping[str, object]:
        return next(messages)

    async def send(message: MutableMapping[str, object]) -> None:
        said.append(str(message["type"]))

    asyncio.run(Site(Shelf(), configured(tmp_path)).app({"type": "lifespan", "state": {}}, receive, send))

    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_real_store_is_shown(tmp_path: Path) -> None:
    """What the monitor keeps is what the page reads: the run, the state, the history and the incident."""
    config = configured(tmp_path)
    made_up = Shelf()
    made_up.observe(config, "staging", {"platform.database": "F"})
    store = open_store(str(tmp_path / "monitor.db"))
    for run in made_up.runs:
        broken = [one for one in run.observations if one.diagnostic == "platform.database"]
        told = [_opened(one, run.started_ms) for one in broken] if run.group == "reachable" else []
        store.state("staging")
        store.keep(run, made_up.states["staging"], told, {})

    site = Site(made_up, config)
    app = page_app(store, config, lambda: NOW_MS, str)
    site.app = app
    shown, state = words(site.get("/").text), site.get("/api/state").json()
    store.close()

    assert "staging is down" in shown
    assert state["targets"][0]["groups"][0]["uptime_90d"] == 0
    assert [one["cause"] for one in state["incidents"]] == ["database-not-bound"]


def _opened(one: Observation, at_ms: int) -> Transition:
    about = (one.severity, one.outcome, one.cause, one.summary, one.remedy)
    return Transition(Change.OPENED, "staging", one.diagnostic, *about, at_ms, at_ms)


@pytest.mark.parametrize(
    ("module", "name"), [("starlette", "Starlette"), ("jinja2", "Jinja2"), ("prometheus_client", "prometheus-client")]
)
def test_a_missing_extra_is_one_line(tmp_path: Path, module: str, name: str) -> None:
    """Without a library, the page says how to get it."""
    config = configured(tmp_path)

    with pytest.raises(ConfigurationError) as refused:
        page_app(Shelf(), config, lambda: 0, str, has_module=lambda one: None if one == module else object())

    assert str(refused.value) == f"the page needs {name}: pip install 'deeplearn-checks[monitor]'"
