"""Whether there is a browser, and what to type where there is none."""

from __future__ import annotations

import pytest
from surroundings import settings

from deeplearn_checks.browser import NAMES, Found, find
from deeplearn_checks.settings import ConfigurationError


def on_path(*names: str) -> dict[str, str]:
    """Answer the programs of a machine: where each is."""
    return {name: f"/usr/bin/{name}" for name in names}


@pytest.mark.parametrize("name", NAMES)
def test_a_chromium_is_found_by_any_of_its_names(name: str) -> None:
    """Whatever Chromium is called here, it is found."""
    found = find("", which=on_path("firefox", name).get, has_module=str)

    assert found == Found(f"/usr/bin/{name}")


def test_the_configured_chromium_beats_the_usual_ones() -> None:
    """The setting decides, also where another one is on the path."""
    found = find("my-chromium", which=on_path("chromium", "my-chromium").get, has_module=str)

    assert found == Found("/usr/bin/my-chromium")


@pytest.mark.parametrize(
    ("module", "program", "command"),
    [(None, "chromium", "pip install 'deeplearn-checks[browser]'"), (object(), "firefox", "apt-get install chromium")],
)
def test_what_is_missing_is_named_with_its_command(module: object, program: str, command: str) -> None:
    """Without Playwright or without a Chromium there is no path, and a line that says what to install."""
    found = find("", which=on_path(program).get, has_module=lambda _: module)

    assert (found.path, command in found.missing) == ("", True)


def test_a_program_that_cannot_be_run_is_refused() -> None:
    """A path to nowhere is an error of the configuration, named with its variable."""
    with pytest.raises(ConfigurationError, match=r"^DEEPLEARN_CHECKS_BROWSER: '/nowhere' is no program"):
        settings(DEEPLEARN_CHECKS_BROWSER="/nowhere")


def test_a_program_is_given_by_its_name_or_not_at_all() -> None:
    """The name of a program on the path is as good as its own path."""
    given = [settings(DEEPLEARN_CHECKS_BROWSER=name).browser for name in ("sh", "/bin/sh", "")]

    assert given == ["sh", "/bin/sh", ""]
