"""Writing `.env`: what stands there stays, and what is written is read back as it was."""

from __future__ import annotations

import io

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.setup.env_file import differing, merged


def test_foreign_lines_stay_as_they_are() -> None:
    """Comments, exports, and values over several lines are nobody's business but their owner's."""
    before = "# mine\nexport OTHER=\"two\nlines\"\nADMIN_API_TOKEN=old\n\nLAST='x'"

    after = merged(before, {"ADMIN_API_TOKEN": "new"})

    assert after == "# mine\nexport OTHER=\"two\nlines\"\n\nLAST='x'\nADMIN_API_TOKEN='new'\n"


def test_what_is_empty_is_taken_out() -> None:
    """A variable of ours without a value has no line."""
    after = merged("DEEPLEARN_CHECKS_WITHOUT=pages\nA=1\n", {"DEEPLEARN_CHECKS_WITHOUT": ""})

    assert after == "A=1\n"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda text: "${" not in text))
def test_every_value_is_read_back_as_it_was(value: str) -> None:
    """Quotes, backslashes, hashes and dollars are part of a secret."""
    text = merged("A=1\n", {"ADMIN_API_TOKEN": value})

    assert dotenv_values(stream=io.StringIO(text)) == {"A": "1", "ADMIN_API_TOKEN": value}


def test_what_would_be_read_otherwise_is_refused_by_name() -> None:
    """A reader replaces `${NAME}`, however it is quoted: the variable is named, its value is not."""
    with pytest.raises(ConfigurationError) as refused:
        merged("", {"ADMIN_API_TOKEN": "to${HOME}ken"})

    assert (str(refused.value).split()[0], "HOME" in str(refused.value)) == ("ADMIN_API_TOKEN", False)


def test_only_other_values_are_differing() -> None:
    """What is not there yet, or is the same, replaces nothing."""
    before = "ADMIN_API_TOKEN=old\nRAZORPAY_KEY_ID='same'\n"

    names = differing(before, {"ADMIN_API_TOKEN": "new", "RAZORPAY_KEY_ID": "same", "RAZORPAY_KEY_SECRET": "x"})

    assert names == ["ADMIN_API_TOKEN"]
