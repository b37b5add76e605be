"""A review says what the journal shows, links each sentence to it, and leaves open what only people know."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from chromium import launched, needs_browser
from records import NOON_MS, entry

from deeplearn_checks.incident.journal import Entry, Kind, Reading
from deeplearn_checks.incident.picture import WIDTH, picture
from deeplearn_checks.incident.review import FIELDS, NOBODY, Review, review, review_json
from deeplearn_checks.incident.review_markdown import EMPTY_FIELD, review_markdown
from deeplearn_checks.incident.review_page import review_page
from deeplearn_checks.incident.telling import money, told
from deeplearn_checks.incident.times import times

if TYPE_CHECKING:
    from pathlib import Path

    from deeplearn_checks.redaction import Json

HOUR_MS = 3_600_000
GROUP = "payment_webhook/webhook_secret_missing"
HOSTILE = "</title><script>alert(1)</script> [a](http://evil.example) `x` \x1b[31m"
ROOT: dict[str, Json] = {
    "id": "payment.captured-is-paid",
    "cause": "captured-but-not-paid",
    "severity": "critical",
    "outcome": "failed",
    "summary": "1 of 3 captured payments have not made a lead paid",
    "remedy": "resend the event",
}
LATER: dict[str, Json] = {**ROOT, "id": "platform.health", "cause": "a-cause-of-tomorrow", "outcome": "error"}
HIT: dict[str, Json] = {"leads": 2, "learners": 1, "people": ["person-0123456789"], "money": {"INR": 749_900, "USD": 0}}
UNSEEN: dict[str, Json] = {"complete": False, "people": ["person-0123456789", "person-abcdefabcd"]}
TRIAGED: dict[str, Json] = {
    "groups": [
        {"group": GROUP, "impact": "whoever pays is not enrolled", "verdict": "confirmed", "affected": HIT},
        {"group": "lead_capture/x", "impact": "a lead was lost", "verdict": "unknown", "affected": UNSEEN},
    ]
}
EXCHANGE: dict[str, Json] = {"number": 7, "request": "GET http://x/a", "status": 0, "problem": "late", "curl": "curl x"}


def run(*causes: Json, passed: bool = False, **more: Json) -> dict[str, Json]:
    """Answer the data of a run."""
    return {"purpose": "triage", "passed": passed, "results": {"a": "passed"}, "root_causes": [*causes], **more}


ENTRIES = (
    entry(
        1, Kind.OPENED, {"title": "Nobody is enrolled", "target": "http://api.example.com", "environment": "staging"}
    ),
    entry(2, Kind.ALERT_FIRST_SEEN, {"alert_id": "a1", "group": GROUP, "created_at_ms": NOON_MS - HOUR_MS}),
    entry(3, Kind.HARM_FIRST_SEEN, {"at_ms": NOON_MS - 3 * HOUR_MS, "evidence": "1 payment made nobody paid"}),
    entry(4, Kind.TRIAGED, TRIAGED),
    entry(5, Kind.RAN, run(ROOT, exchanges=[EXCHANGE, {**EXCHANGE, "number": 8, "status": 500}], bundle="run.zip")),
    entry(6, Kind.ACKNOWLEDGED, {"alert_id": "a1"}, after=60),
    entry(7, Kind.RAN, run(ROOT, LATER), after=90),
    entry(8, Kind.NOTED, {"field": "why", "text": "a secret was rotated on one side"}, after=95),
    entry(9, Kind.RAN, run(passed=True), after=100),
    entry(10, Kind.RECOVERED, {"diagnostics": ["a"]}, after=100),
    entry(11, Kind.CLOSED, {}, after=110),
)


def written(*entries: Entry, damaged: tuple[int, ...] = (), recovered: bool = False) -> Review:
    """Write the review of a journal."""
    return review("2026-03-02-it", Reading(entries or ENTRIES, recovered, damaged))


def sentences(made: Review, slug: str) -> list[str]:
    """Answer what one item says."""
    return [one.text for item in made.items if item.slug == slug for one in item.sentences]


def test_a_review_has_the_five_items_of_the_runbook() -> None:
    """Window, root cause, affected, times, preventive action."""
    assert [item.slug for item in written().items] == ["window", "root-cause", "affected", "times", "prevention"]


def test_the_window_is_told_with_its_evidence() -> None:
    """From the first evidence of harm, in the words of the data, to the first passing proof."""
    assert sentences(written(), "window") == [
        "It began at 2026-03-02 09:00:00 UTC: 1 payment made nobody paid.",
        "It was detected at 2026-03-02 11:00:00 UTC: first alert.",
        "It was over at 2026-03-02 12:01:40 UTC: first passing proof.",
        "Incident window: 3 h 1 min.",
    ]


def test_every_root_cause_is_told_with_when_it_became_known() -> None:
    """Those that were learned later stand beside the first; what could not be found out says so."""
    first, second = sentences(written(), "root-cause")

    assert "captured-but-not-paid (critical)" in first
    assert "known since 2026-03-02 12:00:00 UTC, found by payment.captured-is-paid" in first
    assert "a-cause-of-tomorrow (could not be found out)" in second
    assert "known since 2026-03-02 12:01:30 UTC" in second


def test_the_affected_are_counted_once() -> None:
    """A person in two groups is one; money stands in its own currency; what was out of reach is said."""
    assert sentences(written(), "affected") == [
        "2 people were hit.",
        f"{GROUP}: 2 leads and 1 learner, INR 7,499.00 at stake; whoever pays is not enrolled.",
        "lead_capture/x: 0 leads and 0 learners; there may be more: not all rows could be seen; a lead was lost.",
    ]


def test_who_was_helped_meanwhile_was_hit_all_the_same() -> None:
    """A triage after the repair counts nobody: that takes nobody out of the review."""
    later: dict[str, Json] = {"leads": 1, "learners": 1, "people": ["person-abcdefabcd"]}
    none: dict[str, Json] = {"leads": 0, "learners": 0, "people": []}
    entries = [
        entry(number, Kind.TRIAGED, {"groups": [{"group": GROUP, "impact": "nobody is enrolled", "affected": hit}]})
        for number, hit in enumerate((HIT, later, none), 4)
    ]

    told = review("it", Reading(tuple(entries))).items[2]

    assert [(one.text, one.entries) for one in told.sentences] == [
        ("2 people were hit.", (4, 5)),
        (f"{GROUP}: 2 leads and 1 learner, INR 7,499.00 at stake, the most of 3 counts; nobody is enrolled.", (4,)),
    ]


def test_one_person_is_told_as_one() -> None:
    """Grammar counts too."""
    alone = entry(4, Kind.TRIAGED, {"groups": [{"group": GROUP, "affected": HIT}]})

    assert sentences(written(alone), "affected")[0] == "1 person was hit."


def test_preventive_actions_are_proposed_by_the_causes() -> None:
    """Each with its kind; a cause that this version does not know proposes nothing."""
    proposals = written().items[-1].proposals

    assert {(one.cause, one.kind) for one in proposals} == {
        ("captured-but-not-paid", "code"),
        ("captured-but-not-paid", "process"),
    }


def test_what_only_people_know_is_open_until_a_note_fills_it() -> None:
    """The notes that fill fields are their answers; when the beginning is unknown, that is asked too."""
    known, unknown = written(), written(*ENTRIES[:2])

    names = [[field.name for field in made.open_fields] for made in (known, unknown)]

    assert names == [["told", "action", "owner", "due"], ["began", "why", "told", "action", "owner", "due"]]
    assert set(names[1]) == set(FIELDS)


def test_an_incident_without_evidence_says_so() -> None:
    """Nothing is made up."""
    made = written(entry(1, Kind.OPENED))

    assert (made.title, sentences(made, "affected"), sentences(made, "root-cause"), sentences(made, "prevention")) == (
        "Incident", [NOBODY], ["No run on record found a root cause."], [],
    )  # fmt: skip


def test_without_a_title_the_root_causes_name_it() -> None:
    """Or the groups of alerts, where no root cause is known."""
    titles = [written(ENTRIES[4]).title, written(ENTRIES[3]).title]

    assert titles == ["captured-but-not-paid", f"{GROUP}, lead_capture/x"]


def test_a_damaged_journal_warns_its_readers() -> None:
    """Edited lines by number, and a torn last line."""
    made = written(damaged=(3,), recovered=True)

    pages = (review_markdown(made), review_page(made), "\n".join(made.warnings))
    assert [("line 3 of the journal" in page, "cut off while it was written" in page) for page in pages] == [
        (True, True)
    ] * 3


def test_every_sentence_from_evidence_links_to_it() -> None:
    """Each sentence names an entry that is there, in Markdown and on the page."""
    made = written()
    unlinked = [one.text for item in made.items for one in item.sentences if not one.entries]

    texts = (review_markdown(made), review_page(made))
    links = [set(re.findall(r"#(entry-\d+)", text)) for text in texts]
    anchors = [set(re.findall(r'id="([^"]+)"', text)) for text in texts]

    assert (unlinked, [link - anchor for link, anchor in zip(links, anchors, strict=True)]) == ([], [set(), set()])


def test_the_page_shows_what_a_run_stands_on() -> None:
    """Each request, what came back and how to repeat it, and the bundle, at anchors of their own."""
    page = review_page(written())

    shown = ('id="entry-5-exchange-7"', "late\ncurl x", "500\ncurl x", 'id="entry-5-bundle"', "run.zip")
    assert [text for text in shown if text not in page] == []


def test_empty_fields_are_seen_to_be_empty() -> None:
    """In Markdown and on the page, as many as the command counts."""
    made = written()

    counts = (review_markdown(made).count(EMPTY_FIELD), review_page(made).count('class="field open"'))

    assert counts == (len(made.open_fields),) * 2


def test_the_page_asks_nothing_of_any_host() -> None:
    """No address stands where a browser would fetch it, and a policy forbids it every request."""
    page = review_page(written())

    fetched = re.findall(r"""(?:src|href|action|data|poster)=["'](?!#|data:)([^"']*)|url\(|@import|<script""", page)
    assert (fetched, "default-src 'none'" in page) == ([], True)


def test_hostile_text_stays_text() -> None:
    """No tag and no link of anybody's making, and no control character, in any format."""
    made = written(
        entry(1, Kind.OPENED, {"title": HOSTILE, "target": HOSTILE, "environment": HOSTILE}),
        entry(2, Kind.NOTED, {"field": "why", "text": HOSTILE}),
        replace(entry(3, Kind.RAN, run({"id": HOSTILE, "cause": HOSTILE, "summary": HOSTILE})), actor=HOSTILE),
        entry(4, "another", {"x": HOSTILE}),
    )

    texts = (review_page(made), review_markdown(made), json.dumps(review_json(made)))

    assert "<script>" not in texts[0]
    assert "](http://evil" not in texts[1]
    assert [text for text in texts if "\x1b" in text] == []


def test_the_picture_places_what_is_known() -> None:
    """Moments in order, inside the picture, apart from each other; a bar for each time that is known."""
    drawn = picture(times(ENTRIES))

    places = [mark.x for mark in drawn.marks]
    apart = min(b - a for a, b in itertools.pairwise(places))
    assert ([mark.entry for mark in drawn.marks], [bar.name for bar in drawn.bars]) == (
        [3, 2, 6, 10, 11],
        ["time to detect", "time to acknowledge", "time to recover"],
    )
    assert (apart >= 95, places[0] >= 0, places[-1] <= WIDTH, len(drawn.gaps)) == (True, True, True, 4)


@pytest.mark.parametrize("count", [0, 1])
def test_a_picture_of_little_is_no_error(count: int) -> None:
    """Nothing known, nothing drawn; one moment has no gap. The page without a picture says the rest."""
    entries = ENTRIES[1 : 1 + count]

    drawn = picture(times(entries))
    page = review_page(written(*(entries or (ENTRIES[0],))))

    assert (len(drawn.marks), drawn.gaps, "<svg" in page) == (count, (), bool(count))


def test_moments_at_once_are_still_apart() -> None:
    """Alert and closing in the same second do not lie upon each other."""
    entries = [
        entry(1, Kind.ALERT_FIRST_SEEN, {"created_at_ms": NOON_MS}),
        entry(2, Kind.RECOVERED),
    ]

    drawn = picture(times(entries))

    assert drawn.marks[1].x - drawn.marks[0].x >= 95


def test_the_review_as_json() -> None:
    """Durations in seconds, null where unknown; what is open; the last hash."""
    whole = review_json(replace(written(), entries=(replace(ENTRIES[0], hash="abc"),)))

    assert (whole["head"], whole["open_fields"], whole["times"]) == (
        "abc",
        ["told", "action", "owner", "due"],
        {
            "incident_window": {"seconds": 10_900.0, "unknown": ""},
            "time_to_detect": {"seconds": 7_200.0, "unknown": ""},
            "time_to_acknowledge": {"seconds": 3_660.0, "unknown": ""},
            "time_to_recover": {"seconds": 3_700.0, "unknown": ""},
        },
    )


def test_an_empty_journal_has_no_last_hash() -> None:
    """There is nothing to compare."""
    assert review("it", Reading(())).head == ""


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (Kind.OPENED, {"target": "http://x"}, "incident opened for http://x"),
        (Kind.TRIAGED, {"groups": []}, "triaged: no alert is open"),
        (
            Kind.RAN,
            {"purpose": "proof", "results": {"a": "skipped"}, "unproved": ["a"], "passed": False},
            "proof ran 1 diagnostic, not passed: no root cause; not proved: a",
        ),
        (Kind.NOTED, {"text": "called Razorpay"}, "called Razorpay"),
        (Kind.ACKNOWLEDGING, {"alert_id": "a1"}, "acknowledging alert a1"),
        (Kind.REFUSED, {"alert_id": "a1", "said": "not open"}, "not changed: alert a1: not open"),
        (Kind.FORCED, {"alert_id": "a1", "why": "seen"}, "forced, against the diagnostics: alert a1: seen"),
        (Kind.CLOSED, {"forced": True, "why": "x", "unproved": ["a", "b"]}, "closed by force: x; not proved: a; b"),
        (Kind.REVIEWED, {"open_fields": 2}, "review written, 2 fields open"),
        ("another", {}, "another"),
    ],
)  # fmt: skip
def test_each_entry_is_told_in_a_sentence(kind: str, data: dict[str, Json], text: str) -> None:
    """Every kind has its words; one that this version does not know is named."""
    assert told(entry(1, kind, data)) == text


@pytest.mark.parametrize(
    ("currency", "amount", "text"),
    [("INR", 749_900, "INR 7,499.00"), ("JPY", 1_200, "JPY 1,200"), ("KWD", 1_500, "KWD 1.500"), ("INR", "x", "INR ?")],
)
def test_money_is_written_in_its_currency(currency: str, amount: Json, text: str) -> None:
    """The smallest unit is not a hundredth everywhere."""
    assert money(currency, amount) == text


@needs_browser
def test_a_browser_draws_the_timeline(tmp_path: Path) -> None:
    """The picture is part of the page that a browser builds."""
    (tmp_path / "page.html").write_text(review_page(written()), encoding="utf-8")

    with launched() as browser:
        page = browser.new_page()
        page.goto((tmp_path / "page.html").as_uri())
        circles = [circle.is_visible() for circle in page.locator("circle").all()]

    assert circles == [True] * 5
