"""One certificate's chain: whole where all is well, and broken exactly where a fault breaks it."""

from __future__ import annotations

import pytest
from strolling import CERTIFICATES, Script, certify, healthy, on, states, verdict

from deeplearn_checks.playbooks import walk_certificate
from deeplearn_checks.sandbox.world import Origins
from deeplearn_checks.settings import ConfigurationError

ACCESS, VERIFY = "/api/learn/access", "/api/certificates/verify"


def test_a_healthy_certificate_is_whole() -> None:
    """Every link holds; from a target on this machine the link to another host is not opened."""
    world = healthy()

    walk = certify(world)

    assert (states(walk), walk.requests) == ("oooooon", 2)


@pytest.mark.parametrize(
    ("fault", "place", "broken", "expected"),
    [
        ("certificate-url-missing", 0, "url", "oobuuuu"),
        ("certificate-bucket-unbound", 0, "bucket", "ooobuun"),
        ("certificate-artifact-missing", 0, "artifact", "oooobun"),
        ("certificate-altered", 1, "genuine", "ooooobn"),
        ("certificate-secret-rotated", 0, "genuine", "ooooobn"),
        ("certificate-url-unreachable", 0, "reachable", "oooooob"),
    ],
)
def test_a_fault_breaks_its_link(fault: str, place: int, broken: str, expected: str) -> None:
    """The link that a fault breaks is broken; what depends on it is unknown."""
    world = healthy(40, fault)

    walk = certify(world, place)

    slug, cause = verdict(walk)
    assert (slug, states(walk), cause.startswith(fault.rpartition("-")[0])) == (broken, expected, True)


def test_nobody_enrolled_is_broken_at_the_first_link() -> None:
    """A learner without an enrollment has nothing that could be completed."""
    world = healthy()

    walk = on(world, lambda target: walk_certificate(target, "no-course", "nobody"))

    assert (*verdict(walk), states(walk)) == ("enrollment", "enrollment-missing", "buuuuuu")


def test_an_active_learner_is_due_no_certificate() -> None:
    """Nothing is broken where the course is not completed."""
    world = healthy()
    row = world.execute("SELECT * FROM course_enrollments WHERE status = 'active'")[0]

    walk = on(world, lambda target: walk_certificate(target, row["course_id"], row["user_id"]))

    assert (states(walk), verdict(walk)) == ("onnnnnn", ("", ""))


def test_a_row_that_contradicts_itself_is_broken() -> None:
    """An active enrollment with a completion time is often one whose payment was delivered again."""
    world = healthy(40, "progress-inconsistent")
    row = world.execute("SELECT * FROM course_enrollments WHERE status = 'active' AND completed_at_ms IS NOT NULL")[0]

    walk = on(world, lambda target: walk_certificate(target, row["course_id"], row["user_id"]))

    assert verdict(walk) == ("completed", "progress-inconsistent")


def test_without_the_admin_token_the_verification_tells_what_it_can() -> None:
    """A certificate that verifies belongs to a completed enrollment, whoever asks."""
    world = healthy()

    walk = certify(world, ADMIN_API_TOKEN="")

    assert states(walk) == "oooooon"


@pytest.mark.parametrize("ids", [("no-course", "nobody"), ("a", "b")])
def test_without_the_admin_token_not_completed_is_unknown(ids: tuple[str, str]) -> None:
    """The verification tells not completed of nobody and of learners alike."""
    world = healthy()

    walk = on(world, lambda target: walk_certificate(target, *ids), variables={"ADMIN_API_TOKEN": ""})

    assert (states(walk), walk.links[0].cause) == ("uuuuuuu", "not-configured")


@pytest.mark.parametrize(
    ("answer", "expected", "cause"),
    [
        ((0, None), "ooouuun", "connection-lost"),
        ((200, {"ok": True, "valid": False, "reason": "sunspots"}), "ooouuun", "unexpected-answer"),
        ((200, {"ok": False, "valid": False, "reason": "not_completed"}), "ooouuun", "unexpected-answer"),
        ((200, {"ok": True, "valid": None}), "ooouuun", "unexpected-answer"),
    ],
)
def test_a_verification_that_tells_nothing_is_unknown(answer: tuple[int, object], expected: str, cause: str) -> None:
    """No answer, or one that the service never gave, is never taken for well."""
    world = healthy()

    walk = certify(world, script=Script(world, {VERIFY: answer}))

    assert (states(walk), walk.link("bucket").cause) == (expected, cause)


def test_one_altered_certificate_needs_another_to_tell() -> None:
    """Where no other certificate exists, altered and rotated cannot be told apart, and the summary says so."""
    world = healthy(40, "certificate-secret-rotated")
    keep = world.execute(CERTIFICATES)[0]["id"]
    world.execute("DELETE FROM course_enrollments WHERE status = 'completed' AND id <> ?", (keep,))

    walk = certify(world)

    assert (*verdict(walk), "no other certificate can tell" in walk.link("genuine").summary) == (
        "genuine",
        "certificate-altered",
        True,
    )


def test_another_course_tells_where_the_course_has_no_other() -> None:
    """One secret signs them all: a certificate of another course that fails too shows the rotation."""
    world = healthy(40, "certificate-secret-rotated")
    first = world.execute(CERTIFICATES)[0]
    world.execute(
        "DELETE FROM course_enrollments WHERE status = 'completed' AND course_id = ? AND id <> ?",
        (first["course_id"], first["id"]),
    )

    walk = certify(world)

    assert verdict(walk) == ("genuine", "certificate-secret-rotated")


def test_without_others_to_ask_the_reason_is_named() -> None:
    """Where other certificates cannot be asked for, why it does not verify stays open."""
    world = healthy(40, "certificate-altered")

    walk = certify(world, 1, ADMIN_API_TOKEN="")

    assert "could not be found out" in walk.link("genuine").summary


@pytest.mark.parametrize(("status", "expected"), [(200, "ooooooo"), (404, "oooooob"), (0, "oooooou")])
def test_a_remote_target_has_its_link_opened(status: int, expected: str) -> None:
    """The link is asked for with HEAD and without credentials, at the host that it names."""
    world = healthy()
    world.origins = Origins(api="http://api.example.com", pages=world.origins.pages, gateway=world.origins.gateway)
    path = world.execute(CERTIFICATES)[0]["certificate_url"].removeprefix("https://gbdeeplearn-certificates.r2.dev")
    script = Script(world, {path: (status, None)})

    walk = certify(world, script=script)

    heads = [(one.method, one.headers.get("x-admin-token")) for one in script.asked if one.url.path == path]
    assert (states(walk), heads) == (expected, [("HEAD", None)])


def test_a_link_that_is_no_web_address_does_not_open() -> None:
    """What a browser cannot open is broken without being asked for."""
    world = healthy()
    world.execute("UPDATE course_enrollments SET certificate_url = 'certificates/c/u.svg' WHERE status = 'completed'")

    walk = certify(world)

    assert walk.link("reachable").summary == "certificates/c/u.svg is no web address"


def test_leaving_out_certificate_hosts_leaves_the_link_unknown() -> None:
    """A link that must not be opened on purpose is not called ok."""
    world = healthy(40, "certificate-url-unreachable")

    walk = certify(world, DEEPLEARN_CHECKS_WITHOUT="certificate-hosts")

    assert walk.link("reachable").cause == "left-out"


@pytest.mark.parametrize("ids", [("", "u"), ("c", " "), ("c\n", "a\x00b")])
def test_ids_that_are_none_are_refused(ids: tuple[str, str]) -> None:
    """An empty id and one that cannot be printed name no certificate."""
    world = healthy(0)

    with pytest.raises(ConfigurationError, match="by course id and user id"):
        on(world, lambda target: walk_certificate(target, *ids))
