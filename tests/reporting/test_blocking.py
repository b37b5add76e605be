"""The picture of what blocks what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from examples import EVERY_OUTCOME, HEALTHY, blocked, failing, passing, report

from deeplearn_checks.reporting.blocking import ROW, Picture, picture

if TYPE_CHECKING:
    from deeplearn_checks.results import Result

ROOT = failing("a.root")


def drawn(*results: Result) -> Picture:
    """Draw a run that has something to draw."""
    made = picture(report(*results))
    assert made is not None
    return made


def symptom(id_: str, *requires: str, by: tuple[str, ...] = ("a.root",)) -> Result:
    """Answer a symptom that requires these."""
    return blocked(id_, requires=requires, blocked_by=by)


def layers(made: Picture) -> dict[str, int]:
    """Answer the layer of each diagnostic, from top to bottom."""
    return {node.result.id: node.layer for node in made.nodes}


def test_a_healthy_run_has_no_picture() -> None:
    """Where nothing blocks there is nothing to draw."""
    made = picture(HEALTHY)

    assert made is None


def test_a_root_cause_without_symptoms_is_not_drawn() -> None:
    """It stands on its card; the picture is of what hangs together."""
    ids = layers(drawn(failing("b.alone"), ROOT, symptom("c.hit", "a.root")))

    assert ids == {"a.root": 0, "c.hit": 1}


def test_what_stands_on_a_symptom_hangs_below_it() -> None:
    """Each layer stands on the one before; what was passed is not drawn, though it is required."""
    ids = layers(
        drawn(
            ROOT,
            symptom("b.first", "a.root", "p.fine"),
            symptom("c.second", "b.first", "a.root"),
            symptom("d.other", "a.root"),
            passing("p.fine"),
        )
    )

    assert list(ids.items()) == [("a.root", 0), ("b.first", 1), ("c.second", 2), ("d.other", 1)]


def test_a_symptom_by_another_way_hangs_below_its_root_cause() -> None:
    """The same silent endpoint, or an alert: what explains it need not be required."""
    (_, node) = drawn(ROOT, symptom("b.same-question")).nodes

    assert node.stands_on == ("a.root",)


def test_what_is_said_already_is_not_drawn_again() -> None:
    """Who stands on the second stands on the first too: one line says both."""
    node = drawn(ROOT, symptom("b.first", "a.root"), symptom("c.second", "a.root", "b.first")).nodes[-1]

    assert node.stands_on == ("b.first",)


def test_a_second_prerequisite_is_a_dashed_line() -> None:
    """It hangs under the deeper one, and one lane for each other leads to all that stand on it."""
    made = drawn(
        ROOT,
        failing("a.second"),
        symptom("b.first", "a.root"),
        symptom("c.both", "b.first", "a.second", by=("a.root", "a.second")),
        symptom("d.both", "b.first", "a.second", by=("a.root", "a.second")),
    )

    assert ([node.stands_on for node in made.nodes[2:4]], len(made.lanes), len(made.tips)) == (
        [("a.second", "b.first")] * 2,
        1,
        2,
    )


def test_no_row_is_taken_twice_and_nothing_stands_outside() -> None:
    """Boxes do not overlap, and the picture has room for all of them and for its lanes."""
    made = drawn(ROOT, *(symptom(f"b.number-{number}", "a.root") for number in range(68)))

    inside = max(node.right for node in made.nodes) < made.width
    assert ([node.row for node in made.nodes], made.height, inside) == (list(range(69)), 69 * ROW, True)


def test_the_picture_of_every_outcome() -> None:
    """One line from the root cause down to its symptom."""
    made = picture(EVERY_OUTCOME)

    assert made is not None
    assert made.lines == ("M13 24V40M13 40H31",)
