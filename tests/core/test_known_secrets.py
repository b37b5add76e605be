"""Secrets by the names of their variables, without a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from surroundings import environment

from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.webhooks.known_secrets import known_secret, known_secrets

if TYPE_CHECKING:
    from pathlib import Path


def test_the_environment_beats_the_file(tmp_path: Path) -> None:
    """As with every setting; a variable that is set to nothing is not set."""
    (tmp_path / ".env").write_text("RAZORPAY_KEY_SECRET=filed\nRAZORPAY_WEBHOOK_SECRET=filed\nEMPTY=\n")

    with environment(tmp_path, RAZORPAY_WEBHOOK_SECRET="set"):
        found = known_secrets(("RAZORPAY_WEBHOOK_SECRET", "RAZORPAY_KEY_SECRET", "EMPTY", "ABSENT"))

    values = {name: secret.get_secret_value() for name, secret in found.items()}
    assert values == {"RAZORPAY_WEBHOOK_SECRET": "set", "RAZORPAY_KEY_SECRET": "filed"}


def test_any_variable_may_hold_one(tmp_path: Path) -> None:
    """Not only those that the suite has a setting for."""
    with environment(tmp_path, DEEPLEARN_OTHER="other"):
        assert known_secret("DEEPLEARN_OTHER").get_secret_value() == "other"


@pytest.mark.parametrize(
    ("name", "message"),
    [("RAZORPAY_WEBHOOK_SECRET", "RAZORPAY_WEBHOOK_SECRET is not set"), ("RAZORPAY_BROKEN", "is not UTF-8")],
)
def test_a_secret_that_cannot_be_used_is_refused_by_name(tmp_path: Path, name: str, message: str) -> None:
    """Never by its value."""
    with environment(tmp_path, RAZORPAY_BROKEN="broken\udcff"), pytest.raises(ConfigurationError, match=message) as no:
        known_secret(name)

    assert "broken\udcff" not in str(no.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """In one line."""
    (tmp_path / ".env").write_bytes(b"A=\xff\n")

    with environment(tmp_path), pytest.raises(ConfigurationError, match=r"\.env cannot be read"):
        known_secret("A")
