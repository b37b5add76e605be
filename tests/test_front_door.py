"""What `import deeplearn_checks` gives, and what it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import deeplearn_checks

QUIET = """
import sys
import deeplearn_checks
print(*sorted(name for name in sys.modules if name.startswith(("deeplearn_checks.", "httpx", "pydantic", "razorpay"))))
"""


@pytest.mark.parametrize("name", deeplearn_checks.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """Each name of `__all__` can be had from the package."""
    assert getattr(deeplearn_checks, name) is not None


def test_another_name_is_not() -> None:
    """A name that is not public is refused as by any module."""
    with pytest.raises(AttributeError, match="no attribute 'secrets'"):
        _ = deeplearn_checks.secrets


def test_importing_the_package_loads_nothing_else() -> None:
    """Pytest imports it in every project of the environment: there it costs nothing."""
    told = subprocess.run([sys.executable, "-c", QUIET], capture_output=True, text=True, check=True)  # noqa: S603  ours

    assert told.stdout.split() == []
