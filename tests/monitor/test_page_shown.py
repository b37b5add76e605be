"""What readers of the page see: root causes, what is tolerated, what is not known."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from scraping import markup, words
from shelf import NOW_MS, Shelf, Site, configured, outage, standing

from deeplearn_checks.monitor.page import page_app
from deeplearn_checks.monitor.sql_store import open_store
from deeplearn_checks.monitor.state import Change, Transition
from deeplearn_checks.monitor.wall_time import HOUR_MS
from deeplearn_checks.redaction import Redacted

if TYPE_CHECKING:
    from pathlib import Path

    from deeplearn_checks.monitor.observing import Observation

PAGES = ("/", "/target/staging")


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


def test_a_page_refers_to_nothing_elsewhere(tmp_path: Path) -> None:
    """Every address in a page is relative or inside the page, so that no Host header can bend it."""
    site = standing(tmp_path, {"platform.database": "F"})

    used = [
        value
        for path in PAGES
        for name, value in markup(site.get(path, host="evil.example").text).attributes
        if name in {"href", "src", "action"}
    ]

    assert {value.split(",")[0] for value in used if not value.startswith((".", "#"))} == {"data:image/svg+xml"}


def test_ids_of_a_page_are_unique_and_pictures_are_named(tmp_path: Path) -> None:
    """Assistive technology finds its way: every picture that says something has words, every id is one."""
    site = standing(tmp_path, {"platform.database": "F"})

    pages = [site.get(path).text for path in PAGES]

    for page in pages:
        ids = re.findall(r' id="([^"]+)"', page)
        pictures = re.findall(r"<svg[^>]*>", page)
        assert len(ids) == len(set(ids))
        assert all('aria-hidden="true"' in one or re.search(r'role="img" aria-label="[^"]+"', one) for one in pictures)


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
