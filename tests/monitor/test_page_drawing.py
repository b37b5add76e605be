"""What the page draws and writes: bars, charts, spans, shares; and whether its colours can be told apart."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplearn_checks.monitor.durations import SLOTS
from deeplearn_checks.monitor.page import words
from deeplearn_checks.monitor.page.badge import COLOURS, INK, LABEL
from deeplearn_checks.monitor.page.charts import bar, chart, said, spark
from deeplearn_checks.monitor.page.judged import Status, worst
from deeplearn_checks.monitor.page.rendering import style
from deeplearn_checks.monitor.page.tally import Kind, Slot, Tally, slots
from deeplearn_checks.monitor.store import Bucket
from deeplearn_checks.monitor.wall_time import DAY_MS, HOUR_MS, MINUTE_MS

LETTERS = {"P": Tally(passed=2), "F": Tally(failed=2), "E": Tally(errors=1), "M": Tally(1, 1), "-": Tally()}
TEXT, SHAPE = 4.5, 3.0
"""The least contrast of text, and of shapes that say something (WCAG 2.2, 1.4.3 and 1.4.11, level AA)."""
INKS = ("ink", "soft", "note")
EDGES = ("bad", "warn", "good", "note")
PAIRS = (
    *((ink, paper, TEXT) for ink in (*INKS, *EDGES) for paper in ("paper", "card")),
    *(("ink", paper, TEXT) for paper in ("code",)),
    *((edge, f"{edge}bg", TEXT) for edge in EDGES),
    ("note", "code", TEXT),
    *((edge, paper, SHAPE) for edge in (*EDGES, "soft") for paper in ("paper", "card")),
    *(("card", edge, SHAPE) for edge in EDGES),
)
"""Every foreground on every background of the style sheet, and what it must reach: shapes stand inside of marks too."""


def row(letters: str, span_ms: int = DAY_MS) -> tuple[Slot, ...]:
    """Answer slots from the beginning of 1970 on, a letter each: P(assed), F(ailed), E(rror), M(ixed), - for none."""
    return tuple(Slot(at * span_ms, span_ms, LETTERS[letter]) for at, letter in enumerate(letters))


def took(*seconds: float | None) -> tuple[Slot, ...]:
    """Answer hours in each of which one run took so long; None for no run."""
    tallies = (Tally() if one is None else Tally(passed=1, slowest=one, durations=_in(one)) for one in seconds)
    return tuple(Slot(at * HOUR_MS, HOUR_MS, tally) for at, tally in enumerate(tallies))


def _in(seconds: float) -> tuple[int, ...]:
    position = 4 if seconds <= 0.5 else SLOTS - 1
    return tuple(int(position == at) for at in range(SLOTS))


def colours(block: str) -> dict[str, str]:
    """Answer the custom properties that are colours."""
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})\b", block))


def themes() -> dict[str, dict[str, str]]:
    """Answer the colours of each theme of the style sheet."""
    light, dark, printed = re.findall(r":root \{(.*?)\}", style(), re.DOTALL)
    return {"light": colours(light), "dark": colours(dark), "print": colours(printed)}


def luminance(colour: str) -> float:
    """Answer the relative luminance (WCAG 2.2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Answer the contrast of two colours, from 1 to 21 (WCAG 2.2)."""
    lower, upper = sorted((luminance(one), luminance(other)))
    return (upper + 0.05) / (lower + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_colours_stand_out(theme: str) -> None:
    """Every text and every shape that says something reaches level AA, in light, in the dark and on paper."""
    known = themes()[theme]

    weak = [(ink, paper) for ink, paper, least in PAIRS if contrast(known[ink], known[paper]) < least]

    assert weak == []


def test_every_colour_is_looked_at() -> None:
    """The style sheet has no colour of its own beside those that are held to a contrast; rules are ornament."""
    sheet = style()

    outside = re.findall(r"#[0-9a-f]{3,6}\b", re.sub(r":root \{.*?\}", "", sheet, flags=re.DOTALL))
    held = {name for ink, paper, _ in PAIRS for name in (ink, paper)}
    assert (outside, set(themes()["light"]) - held) == ([], {"rule"})
    assert themes()["light"].keys() == themes()["dark"].keys() == themes()["print"].keys()


def test_badges_stand_out() -> None:
    """A badge's texts reach level AA, and each status has one."""
    weak = [colour for colour in (LABEL, *COLOURS.values()) if contrast(INK, colour) < TEXT]

    assert (weak, set(COLOURS)) == ([], {status.value for status in Status})


def test_each_kind_has_a_shape_of_its_own() -> None:
    """Nobody needs to tell colours apart: no two kinds are drawn at the same places with the same thickness."""
    shapes = {
        letter: tuple((stroke.thickness, re.sub(r"M0 ", "", stroke.path)) for stroke in bar(row(letter), "").strokes)
        for letter in LETTERS
    }

    assert len(set(shapes.values())) == len(LETTERS)


def test_neighbours_are_one_stroke() -> None:
    """A bar costs as much as it has changes, not as it has slots."""
    drawn = bar(row("P" * 40 + "F" + "P" * 49), "Days")

    paths = {stroke.kind: stroke.path for stroke in drawn.strokes}
    assert (drawn.width, paths) == (360, {Kind.PASSED: "M0 16h160M164 16h196", Kind.FAILED: "M160 12h4"})


@pytest.mark.parametrize(
    ("letters", "span_ms", "expected"),
    [
        ("PPP", DAY_MS, "100 % of runs passed"),
        ("---", DAY_MS, "no run yet"),
        ("", DAY_MS, "no run yet"),
        ("-PF", DAY_MS, "50.00 % of runs passed; none passed in 1 day (03 Jan); no run in 1 day"),
        ("PEM", HOUR_MS, "60.00 % of runs passed; could not find out in 1 hour (01:00); some did not pass in 1 hour"),
        ("PFFFFF", 15 * MINUTE_MS, "none passed in 5 quarters (00:45, 01:00, 01:15 and 2 more)"),
    ],
)
def test_a_bar_says_in_words_what_it_shows(letters: str, span_ms: int, expected: str) -> None:
    """Who cannot see it hears the share that passed, and when it was not all."""
    told = said(row(letters, span_ms))

    assert expected in told


def test_what_lies_outside_is_left_out() -> None:
    """Only what happened within the slots is counted in them, in the slot where it began."""
    buckets = [
        Bucket("t", "g", "", at * HOUR_MS, HOUR_MS, 1, 0, 0, 5, 5, 0.0, 0.0, (0,) * SLOTS) for at in (-1, 0, 1, 1, 2)
    ]

    laid = slots(buckets, 0, HOUR_MS, 2)

    assert [(slot.from_ms, slot.tally.judged) for slot in laid] == [(0, 1), (HOUR_MS, 2)]


def test_a_chart_without_runs_is_none() -> None:
    """Nothing is drawn where nothing is known."""
    drawn = chart(took(None, None)), spark(took(None, None))

    assert drawn == (None, "")


def test_a_line_breaks_where_nothing_ran() -> None:
    """A gap is shown as one; a value alone is a dot."""
    drawn = chart(took(0.4, 0.4, None, 0.4, None))

    assert drawn is not None
    assert [(line.path.count("M"), line.path.count("L"), len(line.dots)) for line in drawn.lines] == [(2, 1, 1)] * 3


def test_names_of_lines_do_not_cover_each_other() -> None:
    """Lines that end at one place are named one above the other."""
    drawn = chart(took(0.4, 0.4))

    assert drawn is not None
    assert all(lower.y - upper.y >= 20 for lower, upper in pairwise(drawn.lines))


@given(seconds=st.floats(0.001, 5000), number=st.integers(1, 48))
def test_an_axis_holds_every_value(seconds: float, number: int) -> None:
    """Its top is above the slowest, its marks are few, round and inside."""
    drawn = chart(took(*[seconds] * number))

    assert drawn is not None
    assert drawn.top_seconds >= seconds * 0.9 or seconds <= 0.5
    assert 2 <= len(drawn.ticks) <= 6
    assert all(0 <= y <= drawn.height for y, _ in drawn.ticks)
    assert all(0 <= line.y <= drawn.height and drawn.left <= line.x <= drawn.right for line in drawn.lines)


def test_a_spark_is_drawn_by_hour() -> None:
    """Each hour with a run is a step, a gap is none."""
    drawn = spark(took(0.4, None, 0.2, 0.4))

    assert (drawn.count("M"), drawn.count("L"), drawn.count("h")) == (2, 1, 3)


@pytest.mark.parametrize(
    ("span_ms", "expected"),
    [
        (0, "less than 1 s"),
        (-5, "less than 1 s"),
        (59_999, "59 s"),
        (60_000, "1 min"),
        (7_500_000, "2 h 5 min"),
        (DAY_MS, "1 d"),
        (DAY_MS + 59 * MINUTE_MS, "1 d"),
        (2 * DAY_MS + 3 * HOUR_MS + 5, "2 d 3 h"),
        (HOUR_MS + 5_000, "1 h"),
    ],
)
def test_lengths_are_said_in_two_units(span_ms: int, expected: str) -> None:
    """The largest two that are next to each other, rounded down."""
    assert words.length(span_ms) == expected


@pytest.mark.parametrize(
    ("share", "expected"), [(None, "unknown"), (1.0, "100 %"), (0.999999, "99.99 %"), (0.0, "0.00 %"), (0.5, "50.00 %")]
)
def test_what_is_not_everything_is_no_hundred_per_cent(share: float | None, expected: str) -> None:
    """Shares are rounded down."""
    assert words.percent(share) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(None, "unknown"), (0.2345, "234 ms"), (1.0, "1.0 s"), (75, "75.0 s")]
)
def test_durations_are_said(seconds: float | None, expected: str) -> None:
    """Below a second in milliseconds."""
    assert words.duration(seconds) == expected


def test_the_worst_of_nothing_is_unknown() -> None:
    """What nobody has looked at is not up."""
    assert (worst([]), worst([Status.UP, Status.UNKNOWN])) == (Status.UNKNOWN, Status.UNKNOWN)
