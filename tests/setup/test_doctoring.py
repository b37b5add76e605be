"""What is configured, and what each missing setting would enable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.diagnostics import CATALOG
from deeplearn_checks.settings import Part, Settings, load_settings
from deeplearn_checks.setup.doctor import Check, State, configured, healthy, needs, parts

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.usefixtures("nothing_configured")

WHOLE = {
    "DEEPLEARN_API_BASE_URL": "https://api.example.com",
    "DEEPLEARN_PAGES_BASE_URL": "https://pages.example.com",
    "ADMIN_API_TOKEN": "token-1",
    "RAZORPAY_KEY_ID": "rzp_test_Key01",
    "RAZORPAY_KEY_SECRET": "key-secret-1",
    "RAZORPAY_WEBHOOK_SECRET": "webhook-secret-1",
    "DEEPLEARN_KNOWN_LEAD": "asha@example.com",
}


def settings(variables: Mapping[str, str] = WHOLE, **changed: str) -> Settings:
    """Read settings that hold everything, but for what is changed."""
    return load_settings(variables={**variables, **changed})


def part(named: Part, given: Settings) -> Check:
    """Answer what is said of one part."""
    return next(check for check in parts(given) if check.name == named)


def test_no_secret_is_shown() -> None:
    """Of a secret, and of a person, it is said that it is set."""
    said = [check.says for check in configured(settings())]

    secrets = [name for name in WHOLE.values() if not name.startswith(("http", "rzp_"))]
    assert [secret for secret in secrets if secret in " ".join(said)] == []
    assert said.count("set (secret)") == len(secrets)


def test_what_is_set_is_listed_and_no_default() -> None:
    """Lists and levels are written as they are given."""
    given = settings(DEEPLEARN_CHECKS_WITHOUT="pages,browser", DEEPLEARN_CHECKS_FAIL_ON="warning")

    said = {check.name: check.says for check in configured(given) if check.name not in WHOLE}

    assert said == {"DEEPLEARN_CHECKS_FAIL_ON": "warning", "DEEPLEARN_CHECKS_WITHOUT": "browser,pages"}


def test_a_missing_setting_names_the_diagnostics_it_would_enable() -> None:
    """They are those that declare the part, and the remedy is to set it or to leave it out."""
    given = settings(RAZORPAY_WEBHOOK_SECRET="")

    check = part(Part.WEBHOOK_SECRET, given)

    assert check.enables == tuple(one.id for one in CATALOG if Part.WEBHOOK_SECRET in one.needs)
    assert (check.state, check.remedy) == (
        State.PROBLEM,
        "set RAZORPAY_WEBHOOK_SECRET, or leave it out on purpose: --without webhook-secret",
    )


def test_what_needs_more_effects_is_no_problem() -> None:
    """A Turnstile token serves only a run that may write: this one is ready without."""
    check = part(Part.TURNSTILE, settings())

    assert (check.state, check.says.endswith("(with --effects data)"), check.remedy) == (State.MISSING, True, "")


def test_what_is_left_out_is_no_problem() -> None:
    """It is said what is not asked for it."""
    check = part(Part.PAGES, settings(DEEPLEARN_CHECKS_WITHOUT="pages", DEEPLEARN_PAGES_BASE_URL=""))

    assert (check.state, check.says) == (State.LEFT_OUT, "left out on purpose: 4 diagnostics not asked")


@pytest.mark.parametrize(
    ("named", "says"),
    [(Part.ADMIN, "ADMIN_API_TOKEN set: "), (Part.COUNSELOR, "needs no setting: 1 diagnostic")],
)
def test_what_is_set_says_what_it_enables(named: Part, says: str) -> None:
    """Each part is told with the number of its diagnostics."""
    check = part(named, settings())

    assert (check.state, check.says.startswith(says)) == (State.OK, True)


def test_every_part_enables_something() -> None:
    """A part that no diagnostic declares would be none."""
    idle = [named for named in Part if not needs(named)]

    assert idle == []


@pytest.mark.parametrize(("state", "expected"), [(State.PROBLEM, False), (State.MISSING, True), (State.LEFT_OUT, True)])
def test_only_a_problem_is_unhealthy(state: State, *, expected: bool) -> None:
    """What is merely missing, or left out, keeps no run from being ready."""
    checks = [Check("machine", "one", State.OK, ""), Check("machine", "other", state, "")]

    assert healthy(checks) is expected
