"""Whether every certificate is there and genuine: alteration or rotation, strange answers, links on other hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asking import COMPLETED, Script, ask, crowd, healthy, verdict

from deeplearn_checks.diagnostics import certificates
from deeplearn_checks.sandbox.certificate import issue_date, write_artifacts
from deeplearn_checks.sandbox.world import Origins

if TYPE_CHECKING:
    from asking import Json

    from deeplearn_checks.diagnostic import Diagnostic
    from deeplearn_checks.sandbox.world import World

VERIFY = "/api/certificates/verify"
JUDGING = (
    certificates.bucket_bound,
    certificates.completed_has_url,
    certificates.artifact_exists,
    certificates.verifies,
)


def issue_again(world: World, place: int) -> None:
    """Sign one certificate with the secret of now; the newest is at place 0."""
    row = world.execute(COMPLETED)[place]
    at_ms = row["completed_at_ms"]
    write_artifacts(world, row["course_id"], row["user_id"], issue_date(at_ms), at_ms)


def link_to(world: World, base: str) -> None:
    """Publish every certificate below a URL, under the name that it has."""
    keep = "substr(certificate_url, length('https://gbdeeplearn-certificates.r2.dev/') + 1)"
    for table in ("course_enrollments", "cohort_enrollments"):
        world.execute(f"UPDATE {table} SET certificate_url = ? || {keep} WHERE certificate_url <> ''", (base,))  # noqa: S608  of this test


def remote(world: World, answer: tuple[int, str]) -> Script:
    """Put the target on another machine, whose certificate host answers this to everybody."""
    world.origins = Origins(api="http://api.example.com", pages=world.origins.pages, gateway=world.origins.gateway)
    paths = [row["certificate_url"].removeprefix("https://") for row in world.execute(COMPLETED)]
    return Script(world, dict.fromkeys(paths, answer))


@pytest.mark.parametrize("diagnostic", [*JUDGING, certificates.url_reachable], ids=lambda one: one.id)
def test_without_completion_nothing_is_judged(diagnostic: Diagnostic) -> None:
    """An empty deployment has no certificate to judge, and passes."""
    world = healthy(0)

    result = ask(world, diagnostic)

    assert (verdict(result), result.evidence["judged"]) == ("passed", 0)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"ok": False, "valid": False, "reason": "not_completed"}, "passed"),
        ({"ok": True, "valid": True}, "certificate-of-nobody"),
        ({"ok": True, "valid": False, "reason": "not_completed"}, "certificate-of-nobody"),
        ({"ok": False, "valid": None, "reason": "not_completed"}, "certificate-of-nobody"),
        ({"ok": False, "valid": False}, "certificate-of-nobody"),
    ],
)
def test_nobody_has_no_certificate(answer: Json, expected: str) -> None:
    """Of a learner who does not exist, the service says that nothing is completed, and nothing else."""
    world = healthy(0)

    result = ask(world, certificates.unknown_learner_invalid, script=Script(world, {VERIFY: (200, answer)}))

    assert verdict(result) == expected


@pytest.mark.parametrize(
    ("issued_again", "expected"),
    [((), "certificate-secret-rotated"), ((0, 1), "certificate-secret-rotated"), ((-1,), "certificate-altered")],
)
def test_a_rotation_spares_only_what_is_newer(issued_again: tuple[int, ...], expected: str) -> None:
    """Where an older certificate verifies, the secret was not rotated: those that fail were altered."""
    world = healthy(40, "certificate-secret-rotated")
    for place in issued_again:
        issue_again(world, place)

    result = ask(world, certificates.verifies)

    assert verdict(result) == expected


def newest_of_many(world: World) -> str:
    """Enroll and complete 450 learners of three courses, the first of them last; answers who that is."""
    now = world.now_ms()
    for course, row in enumerate(world.execute("SELECT id FROM courses")):
        completed = {"course_id": row["id"], "status": "completed", "progress_pct": 100, "certificate_url": "x"}
        rows = [{**completed, "id": f"{course}-{n}", "user_id": f"u{course}-{n}"} for n in range(150)]
        times = ("created_at_ms", "updated_at_ms", "completed_at_ms")
        world.insert("course_enrollments", [row | dict.fromkeys(times, now - n) for n, row in enumerate(rows)])
    return "u0-0"


def test_the_newest_certificates_are_within_reach() -> None:
    """Of more certificates than are verified the newest are, and the finding says how many are not."""
    world = healthy(0)
    newest = newest_of_many(world)

    result = ask(world, certificates.artifact_exists)

    text = "300 of 300 certificates have no file in the bucket; 150 older certificates are not verified"
    assert (result.summary, newest in str(result.evidence["certificates"])) == (text, True)


def test_enrollments_that_are_not_listed_are_counted() -> None:
    """Where a course has more learners than it lists, the finding says how many certificates may be among them."""
    world = healthy(14)
    crowd(world, 600)

    result = ask(world, certificates.verifies)

    assert result.summary.endswith("older enrollments are not listed")


def test_one_certificate_that_fails_was_altered() -> None:
    """A single certificate cannot show a rotation."""
    world = healthy(14, "certificate-secret-rotated")
    for row in world.execute(COMPLETED)[1:]:
        world.execute("DELETE FROM course_enrollments WHERE id = ?", (row["id"],))

    result = ask(world, certificates.verifies)

    assert verdict(result) == "certificate-altered"


@pytest.mark.parametrize(
    "answer",
    [
        {"ok": True, "valid": False, "reason": "sunspots"},
        {"ok": False, "valid": False, "reason": "not_completed"},
        {"ok": True, "valid": None},
    ],
)
def test_a_reason_that_is_new_is_not_taken_for_well(answer: Json) -> None:
    """A completed learner's certificate is never not completed, and what cannot be told has a reason."""
    world = healthy(14)

    result = ask(world, certificates.verifies, script=Script(world, {VERIFY: (200, answer)}))

    assert verdict(result) == "unexpected-answer"


def test_a_completed_enrollment_needs_its_url() -> None:
    """A row without a URL is reported even where the service verifies its certificate."""
    world = healthy(14, "certificate-url-missing")

    result = ask(
        world, certificates.completed_has_url, script=Script(world, {VERIFY: (200, {"ok": True, "valid": True})})
    )

    assert verdict(result) == "certificate-url-missing"


def test_a_foreign_host_is_not_contacted_from_this_machine() -> None:
    """Certificates on other hosts are skipped where the target is on this machine."""
    world = healthy(14)
    script = Script(world)

    result = ask(world, certificates.url_reachable, script=script)

    assert (result.cause, {request.method for request in script.asked} & {"HEAD"}) == ("does-not-apply", set())


def test_a_configured_origin_is_asked() -> None:
    """Certificates on the Pages site are asked for, wherever the target is."""
    world = healthy(14)
    link_to(world, f"{world.origins.pages}/")

    result = ask(world, certificates.url_reachable)

    assert result.summary == "all 2 certificate links open"


@pytest.mark.parametrize(("status", "expected"), [(200, "passed"), (404, "certificate-url-unreachable")])
def test_a_remote_target_has_its_certificate_host_asked(status: int, expected: str) -> None:
    """The certificates of a deployment on another machine are asked for at their host."""
    world = healthy(14)
    script = remote(world, (status, "<svg/>"))

    result = ask(world, certificates.url_reachable, script=script)

    assert verdict(result) == expected


def test_a_certificate_host_gets_no_credential() -> None:
    """Links are opened with HEAD, and neither token nor key goes with it."""
    world = healthy(14)
    script = remote(world, (200, "<svg/>"))

    ask(world, certificates.url_reachable, script=script)

    heads = [request for request in script.asked if request.url.host.endswith("r2.dev")]
    assert [(one.method, "x-admin-token" in one.headers, "authorization" in one.headers) for one in heads] == [
        ("HEAD", False, False)
    ] * 2


@pytest.mark.parametrize("url", ["certificates/c/u.svg", "undefined/c/u.svg", "https:///c/u.svg", "http://[c/u.svg"])
def test_a_link_that_names_no_host_does_not_open(url: str) -> None:
    """A certificate URL that is no web address is reported, and the others are asked for all the same."""
    world = healthy(14)
    link_to(world, f"{world.origins.pages}/")
    newest = world.execute(COMPLETED)[0]["id"]
    world.execute("UPDATE course_enrollments SET certificate_url = ? WHERE id = ?", (url, newest))

    result = ask(world, certificates.url_reachable)

    assert (verdict(result), result.summary) == (
        "certificate-url-unreachable",
        "1 of 2 certificate links do not open",
    )
