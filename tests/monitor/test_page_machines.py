"""What machines read of the page: metrics, state, feed, badge; and what hostile texts cannot do to any of them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from scraping import ATOM, markup, samples
from shelf import NOW_MS, Shelf, Site, configured, outage, standing

from deeplearn_checks.monitor.page.reading import FRESH_MS
from deeplearn_checks.monitor.wall_time import DAY_MS, HOUR_MS
from deeplearn_checks.redaction import Redacted

if TYPE_CHECKING:
    from pathlib import Path


HOSTILE = Redacted("</title><script>alert(1)</script>\"'\x00\x1b[2J\u202e\ud800 {{ 7 * 7 }}\n# HELP x")

PAGES = ("/", "/target/staging")


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    """Texts of alerts and targets cannot add an element, an attribute, a line of metrics or a node of XML anywhere."""
    site = standing(tmp_path, {"platform.database": "F", "platform.latency": "F"})
    plain = [markup(site.get(path).text).tags for path in PAGES]
    for id_ in ("platform.database", "platform.latency"):
        site.shelf.change("staging", id_, summary=HOSTILE, remedy=HOSTILE, cause=str(HOSTILE))
    site.shelf.runs = [
        replace(run, location=str(HOSTILE), observations=tuple(replace(o, summary=HOSTILE) for o in run.observations))
        for run in site.shelf.runs
    ]
    site.shelf.past = [replace(outage("staging", NOW_MS - DAY_MS, NOW_MS, HOSTILE), cause=HOSTILE, severity=HOSTILE)]
    site.now_ms += FRESH_MS

    pages = [site.get(path).text for path in PAGES]

    assert all("script" not in markup(page).tags for page in pages)
    assert not any(name.startswith("on") or name == "style" for page in pages for name, _ in markup(page).attributes)
    assert all(
        "\x1b" not in page and "\u202e" not in page and "49" not in re.findall("{{.*?}}", page) for page in pages
    )
    assert set(markup(pages[0]).tags) - set(plain[0]) <= {"table", "thead", "tbody", "tr", "th", "td"}
    assert len(ET.fromstring(site.get("/feed.atom").text).findall(f"{ATOM}entry")) == 2  # noqa: S314  our own
    assert json.loads(site.get("/api/state").text)["root_causes"][0]["summary"] == HOSTILE
    assert {name for name, *_ in samples(site)} == {name for name, *_ in samples(standing(tmp_path))}


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
