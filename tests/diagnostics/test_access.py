"""Who may use the service: answers that are neither the refusals nor the admissions of the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asking import Script, ask, healthy, verdict

from deeplearn_checks.diagnostics import access

if TYPE_CHECKING:
    import httpx
    from asking import Json

    from deeplearn_checks.diagnostic import Diagnostic

OVERVIEW = "/api/admin/overview"
ACCESS = "/api/learn/access"
PAGE = "<html><body>Just a moment...</body></html>"


def to_whom(path: str, header: str, value: str | None, answer: tuple[int, Json | str]) -> Script:
    """Answer this where a header has this value (None: is not there), anything else as a healthy world does."""
    world = healthy(0)

    def scripted(request: httpx.Request) -> tuple[int, Json | str] | None:
        return answer if request.headers.get(header) == value else None

    return Script(world, {path: scripted})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((401, {"error": "Unauthorized admin request."}), "admin-token-rejected"),
        ((403, PAGE), "unexpected-answer"),
        ((503, {"error": "Overloaded."}), "server-error"),
        ((200, {"courses": {}}), "unexpected-answer"),
    ],
)
def test_only_the_service_itself_rejects_the_token(answer: tuple[int, Json | str], expected: str) -> None:
    """A refusal in the service's words is about the token; a wall in front of it, or another answer, is not."""
    script = to_whom(OVERVIEW, "x-admin-token", "sandbox-admin-token", answer)

    result = ask(healthy(0), access.admin_token_accepted, script=script)

    assert verdict(result) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((200, {"courses": {}}), "admin-open-to-anyone"),
        ((403, PAGE), "passed"),
        ((503, {"error": "ADMIN_API_TOKEN is not configured."}), "passed"),
        ((503, PAGE), "server-error"),
        ((404, PAGE), "endpoint-missing"),
    ],
)
def test_a_refusal_without_a_token_is_judged(answer: tuple[int, Json | str], expected: str) -> None:
    """401, 403 and the service's own 503 refuse; another status proves nothing, and 2xx is an open door."""
    script = to_whom(OVERVIEW, "x-admin-token", None, answer)

    result = ask(healthy(0), access.admin_refuses_missing_token, script=script)

    assert verdict(result) == expected


def test_a_wrong_token_must_not_open() -> None:
    """A service that takes any token is open, though it refuses who brings none."""
    script = to_whom(OVERVIEW, "x-admin-token", "deeplearn-checks-nobody", (200, {}))

    result = ask(healthy(0), access.admin_refuses_wrong_token, script=script)

    assert verdict(result) == "admin-accepts-wrong-token"


@pytest.mark.parametrize("claimed", [None, "deeplearn-checks-nobody"])
def test_learner_endpoints_open_to_nobody(claimed: str | None) -> None:
    """Neither without identity nor with a claimed one are learner records shown."""
    script = to_whom(ACCESS, "x-user-id", claimed, (200, {"user_id": "u1", "access": []}))

    result = ask(healthy(0), access.learner_endpoints_need_identity, script=script)

    assert verdict(result) == "learner-auth-not-enforced"


@pytest.mark.parametrize(
    ("count", "text"), [(49, "49 staff without a platform user"), (50, "at least 50 staff without a platform user")]
)
def test_a_full_audit_is_told_as_a_lower_bound(count: int, text: str) -> None:
    """The service names at most fifty: that many are at least fifty."""
    world = healthy(0)
    staff = [{"id": f"s{n}", "course_id": "c", "user_id": f"u{n}", "role": "teacher"} for n in range(count)]
    world.insert("course_staff", [{**row, "created_at_ms": 1} for row in staff])

    result = ask(world, access.staff_have_accounts)

    assert result.summary == text


@pytest.mark.parametrize("diagnostic", [access.staff_have_accounts, access.roles_do_not_conflict])
def test_people_without_findings_pass(diagnostic: Diagnostic) -> None:
    """An audit that finds nobody passes."""
    world = healthy(14)

    result = ask(world, diagnostic)

    assert verdict(result) == "passed"
