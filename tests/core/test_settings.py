"""Where a setting comes from, which wins, and what is said of one that cannot be used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import urlsplit

import pytest
from surroundings import API, environment

from deeplearn_checks.finding import Effects, Severity
from deeplearn_checks.settings import CONFIGURATION_FILE, ConfigurationError, Part, Settings, load_settings, variable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Given(TypedDict, total=False):
    """What a case gives to `load()`."""

    variables: Mapping[str, str]
    env: str
    file: str
    flags: Mapping[str, object]


TARGET = {"DEEPLEARN_API_BASE_URL": API}
SOURCES = ("flag", "environment", ".env", "file")


def load(
    folder: Path,
    variables: Mapping[str, str] | None = None,
    *,
    env: str = "",
    file: str = "",
    flags: Mapping[str, object] | None = None,
) -> Settings:
    """Read settings in *folder*, with a `.env`, a file and an environment of these contents."""
    if env:
        (folder / ".env").write_text(env, encoding="utf-8")
    if file:
        (folder / CONFIGURATION_FILE).write_text(file, encoding="utf-8")
    with environment(folder, **(TARGET | dict(variables or {}))):
        return load_settings(flags)


def refusal(folder: Path, variables: Mapping[str, str] | None = None, file: str = "") -> str:
    """Answer why settings are refused."""
    with pytest.raises(ConfigurationError) as problem:
        load(folder, variables, file=file)
    return str(problem.value)


@pytest.mark.parametrize("given", range(len(SOURCES) + 1))
def test_a_source_beats_those_after_it(tmp_path: Path, given: int) -> None:
    """Flag beats environment beats `.env` beats file beats default."""
    flags: dict[str, object] = {"deadline": 1}
    env, file = "DEEPLEARN_CHECKS_DEADLINE=3", "deadline = 4"

    found = load(
        tmp_path,
        {"DEEPLEARN_CHECKS_DEADLINE": "2"} if given <= 1 else {},
        flags=flags if given == 0 else {"deadline": None},
        env=env if given <= 2 else "",
        file=file if given <= 3 else "",
    )

    assert found.deadline == (1, 2, 3, 4, 30)[given]


@pytest.mark.parametrize("name", ["ADMIN_API_TOKEN", "DEEPLEARN_ADMIN_TOKEN"])
def test_the_admin_token_has_two_names(tmp_path: Path, name: str) -> None:
    """Those of the service's own readiness script; the environment beats `.env` under either."""
    found = load(tmp_path, {name: "new"}, env="ADMIN_API_TOKEN=old")

    assert found.admin_token.get_secret_value() == "new"


def test_an_empty_variable_is_not_set(tmp_path: Path) -> None:
    """A pipeline that has no value for a variable leaves the default."""
    assert load(tmp_path, {"DEEPLEARN_CHECKS_TIMEOUT": ""}).timeout == 10


FILE = """
deadline = 4
timeout = 4
[environments.staging]
timeout = 5
api_base_url = "https://staging.example.com"
"""


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, (4, 4)),
        ({"flags": {"environment": "staging"}}, (4, 5)),
        ({"variables": {"DEEPLEARN_CHECKS_ENVIRONMENT": "staging"}}, (4, 5)),
        ({"env": "DEEPLEARN_CHECKS_ENVIRONMENT=staging"}, (4, 5)),
        ({"file": 'environment = "staging"' + FILE}, (4, 5)),
        ({"flags": {"environment": "production"}}, (4, 4)),
    ],
    ids=["none", "flag", "environment", ".env", "file", "another"],
)
def test_a_section_of_the_file_overlays_it(tmp_path: Path, given: Given, found: tuple[float, float]) -> None:
    """The section of the selected environment, however it was selected; what it leaves out stays."""
    read = load(tmp_path, **(Given(file=FILE) | given))

    assert (read.deadline, read.timeout) == found


def test_the_file_may_name_the_target_and_what_is_left_out(tmp_path: Path) -> None:
    """URLs, words and lists: whatever is no secret."""
    file = f'api_base_url = "{API}/"\nwithout = ["gateway", "pages"]\nknown_lead = "lead-1"\neffects = "data"\n'
    (tmp_path / CONFIGURATION_FILE).write_text(file, encoding="utf-8")

    with environment(tmp_path):
        found = load_settings()

    assert (found.api_base_url, found.without, found.known_lead.get_secret_value(), found.effects) == (
        API,
        frozenset({Part.GATEWAY, Part.PAGES}),
        "lead-1",
        Effects.DATA,
    )


def test_a_sandbox_names_variables_that_beat_the_surroundings(tmp_path: Path) -> None:
    """What a sandbox exports stands above the environment, and a flag above both."""
    with environment(tmp_path, DEEPLEARN_CHECKS_ATTEMPTS="2", DEEPLEARN_CHECKS_TIMEOUT="2", **TARGET):
        variables = {"DEEPLEARN_CHECKS_ATTEMPTS": "5", "DEEPLEARN_CHECKS_TIMEOUT": "5"}
        found = load_settings({"timeout": 7}, variables=variables)

    assert (found.attempts, found.timeout) == (5, 7)


@pytest.mark.parametrize(
    ("name", "given", "field", "value"),
    [
        ("DEEPLEARN_API_BASE_URL", " https://api.example.com// ", "api_base_url", API),
        ("DEEPLEARN_PAGES_BASE_URL", " ", "pages_base_url", ""),
        ("DEEPLEARN_PAGES_BASE_URL", "http://learn.example.com/", "pages_base_url", "http://learn.example.com"),
        ("RAZORPAY_API_BASE_URL", "https://api.razorpay.com/v1/", "razorpay_api_base_url", "https://api.razorpay.com"),
        ("DEEPLEARN_CHECKS_EFFECTS", " Alerts ", "effects", Effects.ALERTS),
        ("DEEPLEARN_CHECKS_FAIL_ON", "INFO", "fail_on", Severity.INFO),
        ("DEEPLEARN_CHECKS_WITHOUT", " gateway, ,webhook-secret,", "without", {Part.GATEWAY, Part.WEBHOOK_SECRET}),
    ],
)
def test_a_value_is_read_as_it_is_written(tmp_path: Path, name: str, given: str, field: str, value: object) -> None:
    """Slashes at the end, white space and capitals are no mistakes."""
    assert getattr(load(tmp_path, {name: given}), field) == value


def test_levels_may_be_given_as_such(tmp_path: Path) -> None:
    """A command hands over what it has read already."""
    assert load(tmp_path, flags={"effects": Effects.DATA, "without": frozenset({Part.PAGES})}).effects is Effects.DATA


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("DEEPLEARN_API_BASE_URL", "api.example.com", "'api.example.com' is no URL; give one such as"),
        ("DEEPLEARN_API_BASE_URL", "ftp://api.example.com", "'ftp://api.example.com' is no URL"),
        ("DEEPLEARN_API_BASE_URL", "http://[api", "Invalid IPv6 URL"),
        ("DEEPLEARN_API_BASE_URL", "https://api.example.com:port", "Port could not be cast"),
        ("DEEPLEARN_API_BASE_URL", "https://api.example.com/?a=1", "a base URL holds no credentials, query"),
        ("DEEPLEARN_PAGES_BASE_URL", "https://me:hunter2@example.com", "a base URL holds no credentials, query"),
        ("DEEPLEARN_PAGES_BASE_URL", "me:hunter2@example.com", "a base URL holds no credentials, query"),
        ("ADMIN_API_TOKEN", "hunter2é", "holds a character"),
        ("ADMIN_API_TOKEN", "hunter2\n", "holds a character"),
        ("ADMIN_API_TOKEN", " hunter2", "holds a character"),
        ("DEEPLEARN_CHECKS_EFFECTS", "all", "'all' is not one of none, alerts, data"),
        ("DEEPLEARN_CHECKS_FAIL_ON", "fatal", "'fatal' is not one of info, warning, critical"),
        ("DEEPLEARN_CHECKS_WITHOUT", "gateways", "Input should be 'admin', 'webhook-secret'"),
        ("DEEPLEARN_CHECKS_DEADLINE", "0", "Input should be greater than 0"),
        ("DEEPLEARN_CHECKS_DEADLINE", "nan", "Input should be"),
        ("DEEPLEARN_CHECKS_DEADLINE", "inf", "Input should be"),
        ("DEEPLEARN_CHECKS_CONCURRENCY", "many", "Input should be a valid integer"),
        ("DEEPLEARN_CHECKS_ATTEMPTS", "99", "Input should be less than or equal to 10"),
        ("DEEPLEARN_CHECKS_CURRENCY", "rupees", "String should match pattern"),
        ("DEEPLEARN_CHECKS_ENVIRONMENT", "a/b", "String should match pattern"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(tmp_path: Path, name: str, given: str, said: str) -> None:
    """One line that names the setting and says what to do, and never holds a credential."""
    text = refusal(tmp_path, {name: given})

    assert text.startswith(f"{name}: {said}")
    assert "\n" not in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"RAZORPAY_KEY_ID": "rzp_test_1"}, "RAZORPAY_KEY_ID is set but RAZORPAY_KEY_SECRET is not; set both,"),
        ({"RAZORPAY_KEY_SECRET": "hunter2"}, "RAZORPAY_KEY_SECRET is set but RAZORPAY_KEY_ID is not; set both,"),
        ({"RAZORPAY_KEY_ID": "hunter2", "RAZORPAY_KEY_SECRET": "hunter2"}, "RAZORPAY_KEY_ID is no Razorpay key id;"),
    ],
)
def test_half_a_credential_is_refused(tmp_path: Path, variables: dict[str, str], said: str) -> None:
    """A run would otherwise leave out the gateway without saying so."""
    text = refusal(tmp_path, variables)

    assert text.startswith(said)
    assert "hunter2" not in text


def test_no_target_is_no_run(tmp_path: Path) -> None:
    """A run against nothing proves nothing, and the operator reads what to give."""
    with environment(tmp_path), pytest.raises(ConfigurationError, match=r"^no target: set DEEPLEARN_API_BASE_URL"):
        load_settings()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("deadlin = 3", "holds the unknown setting 'deadlin'; see docs/configuration.md"),
        ('admin_token = "hunter2"', "holds admin_token: secrets belong in the environment or in .env"),
        ('[environments.x]\nrazorpay_key_secret = "hunter2"\n', "holds razorpay_key_secret: secrets belong in"),
        ('i_mean_it = "api.example.com"', "holds i_mean_it: it is said with each run, with --i-mean-it"),
        ("deadline = ", "cannot be read: Invalid value"),
        ("environments = 3", "settings of one environment stand under [environments.NAME]"),
        ("[environments]\nx = 3", "settings of one environment stand under [environments.NAME]"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, file: str, said: str) -> None:
    """Mistakes, secrets and unknown settings of the file are refused."""
    text = refusal(tmp_path, {"DEEPLEARN_CHECKS_ENVIRONMENT": "x"}, file)

    assert said in text
    assert text.startswith(CONFIGURATION_FILE)
    assert "hunter2" not in text


@pytest.mark.parametrize("name", [CONFIGURATION_FILE, ".env"])
def test_a_file_in_another_encoding_is_named(tmp_path: Path, name: str) -> None:
    """Both files are UTF-8."""
    (tmp_path / name).write_bytes(b"environment = '\xff'\n")

    assert f"{name} cannot be read" in refusal(tmp_path)


def test_secrets_do_not_show(tmp_path: Path) -> None:
    """Settings may stand in a traceback."""
    names = ("ADMIN_API_TOKEN", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET", "DEEPLEARN_CHECKS_PSEUDONYM_KEY")
    others = {"RAZORPAY_KEY_ID": "rzp_test_1", "DEEPLEARN_KNOWN_LEAD": "hunter2"}

    found = load(tmp_path, others | dict.fromkeys(names, "hunter2"))

    assert "hunter2" not in repr(found)


def test_the_redactor_gets_every_secret_that_is_set(tmp_path: Path) -> None:
    """What is not set masks nothing."""
    assert load(tmp_path, {"ADMIN_API_TOKEN": "t", "RAZORPAY_WEBHOOK_SECRET": "w"}).secrets() == ("t", "w")


@pytest.mark.parametrize(
    ("part", "missing"),
    [
        (Part.GATEWAY, ("RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET")),
        (Part.PAGES, ("DEEPLEARN_PAGES_BASE_URL",)),
        (Part.ADMIN, ()),
        (Part.COUNSELOR, ()),
    ],
)
def test_what_a_part_lacks_is_named(tmp_path: Path, part: Part, missing: tuple[str, ...]) -> None:
    """A question that cannot be asked says which variables would let it be."""
    assert load(tmp_path, {"ADMIN_API_TOKEN": "t"}).missing(part) == missing


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8787", True),
        ("http://127.1.2.3", True),
        ("http://LOCALHOST", True),
        ("http://[::1]:80", True),
        ("http://api.sandbox.localhost", True),
        ("https://localhost.example.com", False),
        (API, False),
    ],
)
def test_this_machine_is_known(tmp_path: Path, url: str, *, here: bool) -> None:
    """A target on loopback is one from which no other host is contacted."""
    assert load(tmp_path, {"DEEPLEARN_API_BASE_URL": url}).on_loopback is here


def test_every_setting_has_a_variable() -> None:
    """What the file can hold the environment can, under a documented name; but one is said with each run."""
    assert {variable(name) for name in Settings.model_fields if not variable(name).isupper()} == {"--i-mean-it"}


PRODUCTION: tuple[dict[str, str], ...] = (
    {"DEEPLEARN_CHECKS_ENVIRONMENT": "production"},
    {"RAZORPAY_KEY_ID": "rzp_live_Key", "RAZORPAY_KEY_SECRET": "s3cret"},
    {"DEEPLEARN_API_BASE_URL": "https://api-prod.example.com"},
)


@pytest.mark.parametrize("variables", PRODUCTION)
def test_production_is_not_written_to_unless_its_host_is_named(tmp_path: Path, variables: dict[str, str]) -> None:
    """Environment, keys or host say production: then `--effects data` needs the very host of the target."""
    said = refusal(tmp_path, variables | {"DEEPLEARN_CHECKS_EFFECTS": "data"})

    assert re.fullmatch(r"--effects data would write to (\S+), and .+; add: --i-mean-it \1", said)


@pytest.mark.parametrize("variables", PRODUCTION)
def test_production_is_written_to_when_its_host_is_named(tmp_path: Path, variables: dict[str, str]) -> None:
    """The operator who names the host means it."""
    url = variables.get("DEEPLEARN_API_BASE_URL", API)

    found = load(tmp_path, variables, flags={"effects": "data", "i_mean_it": urlsplit(url).hostname})

    assert found.effects is Effects.DATA


def test_another_host_is_not_meant(tmp_path: Path) -> None:
    """A host that was meant once does not open another."""
    variables = TARGET | {"DEEPLEARN_CHECKS_ENVIRONMENT": "production", "DEEPLEARN_CHECKS_I_MEAN_IT": "127.0.0.1"}

    with pytest.raises(ConfigurationError) as problem:
        load(tmp_path, variables, flags={"effects": "data", "i_mean_it": "staging.example.com"})

    assert "--i-mean-it" in str(problem.value)
