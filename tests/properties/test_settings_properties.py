"""What holds of every list and every text that an operator gives as a setting."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pace import unhurried

from deeplearn_checks.settings import ConfigurationError, Part, Settings, load_settings

API = "https://api.example.com"
PARTS = st.lists(st.sampled_from(Part))
SPACES = st.text(" \t", max_size=2)


def load(**variables: str) -> Settings:
    """Read settings that point at a target."""
    return load_settings(variables={"DEEPLEARN_API_BASE_URL": API} | variables)


@unhurried
@given(PARTS, SPACES, st.sampled_from([",", ",,", " , "]))
def test_a_list_is_read_however_it_is_spaced(parts: list[Part], space: str, comma: str) -> None:
    """Commas and white space make no difference, neither does saying it twice."""
    text = comma.join(f"{space}{part}{space}" for part in parts)

    assert load(DEEPLEARN_CHECKS_WITHOUT=text).without == frozenset(parts)


@unhurried
@given(
    st.sampled_from(
        [
            "DEEPLEARN_API_BASE_URL",
            "DEEPLEARN_PAGES_BASE_URL",
            "ADMIN_API_TOKEN",
            "RAZORPAY_KEY_SECRET",
            "DEEPLEARN_CHECKS_WITHOUT",
            "DEEPLEARN_CHECKS_EFFECTS",
            "DEEPLEARN_CHECKS_DEADLINE",
        ]
    ),
    st.text(),
)
def test_any_text_is_accepted_or_refused_in_one_line(name: str, text: str) -> None:
    """Nothing that an operator types is a traceback, and no credential is repeated."""
    try:
        load(**{name: text})
    except ConfigurationError as problem:
        said = str(problem)
        assert said
        assert "\n" not in said
        assert "TOKEN" not in name or len(text) < 8 or text not in said


@unhurried
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_a_token_is_kept_as_it_is_and_never_shown(token: str) -> None:
    """Every character that a header can hold, and no representation that gives it away."""
    settings = load(ADMIN_API_TOKEN=f"{token}hunter2")

    assert settings.admin_token.get_secret_value() == f"{token}hunter2"
    assert "hunter2" not in repr(settings)
