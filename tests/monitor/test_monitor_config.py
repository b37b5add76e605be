"""The monitor's file: what it means, and one line for whatever cannot be used."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from monitored import answer, run

from deeplearn_checks.finding import Effects, Severity
from deeplearn_checks.monitor.config import Config, example, read_config, routes_of
from deeplearn_checks.monitor.quorum import Voters
from deeplearn_checks.monitor.schedule import Between, Schedule, spread
from deeplearn_checks.monitor.silences import Once, Weekly
from deeplearn_checks.monitor.state import Policy, State
from deeplearn_checks.monitor.stepping import step
from deeplearn_checks.monitor.wall_time import DAY_MS, HOUR_MS, MINUTE_MS

if TYPE_CHECKING:
    from pathlib import Path

GROUP = '[[groups]]\nname = "all"\nevery = "1m"\n'
TARGET = '[[targets]]\nname = "staging"\nurl = "https://api.example.com"\n'
LEAST = GROUP + TARGET
VARIABLES = {
    "TOKEN": "token-1",
    "SLACK": "slack://secret-a",
    "MAIL": "mailto://secret-b",
    "PG": "postgresql://u:p@db/x",
}


def read(folder: Path, text: str, variables: dict[str, str] | None = None) -> Config:
    """Read a file of that text."""
    file = folder / "monitor.toml"
    file.write_text(text, encoding="utf-8")
    return read_config(file, VARIABLES if variables is None else variables)


def test_the_example_can_be_read(tmp_path: Path) -> None:
    """What `monitor init` writes is a configuration."""
    config = read(tmp_path, example(), {})

    assert [(target.name, [group.name for group in target.groups]) for target in config.targets] == [
        ("staging", ["reachable", "everything"])
    ]


def test_the_example_can_be_read_without_its_comment_marks(tmp_path: Path) -> None:
    """What it shows as an example can be used as it stands."""
    shown = re.sub(r"(?m)^# (?=\[|\w+ = )", "", example())
    text = shown.replace('"journey.*"', '"journey.*", "platform.root"')
    named = set(re.findall(r"env:([A-Z][A-Z_]+)", text)) - {"NAME"}

    config = read(tmp_path, text, dict.fromkeys(named, "secret-1"))

    assert [group.settings.effects for group in config.targets[0].groups] == [Effects.NONE, Effects.NONE]
    assert (len(config.silences.maintenance), len(config.silences.waivers), len(config.routes)) == (2, 1, 1)


def test_the_least_file_is_enough(tmp_path: Path) -> None:
    """A group and a target; the rest has defaults, and the secrets are none."""
    config = read(tmp_path, LEAST)

    assert (config.store.get_secret_value(), config.location, config.voters) == ("monitor.db", "here", Voters())
    assert (config.page.listen, config.ping.get_secret_value(), config.incidents.opens) == ("", "", False)
    assert (config.minutes_kept_ms, config.hours_kept_ms, config.bundles_kept) == (2 * DAY_MS, 90 * DAY_MS, 20)
    assert config.secrets() == ()
    assert config.target("staging").groups[0].policies == {"": Policy()}


def test_a_group_is_resolved(tmp_path: Path) -> None:
    """Patterns to ids in the order of the catalogue, without what it may not do; spans to milliseconds."""
    text = GROUP + 'diagnostics = ["platform.tls", "access.*", "platform.root"]\ndeadline = "20s"\n' + TARGET

    (group,) = read(tmp_path, text).targets[0].groups

    assert (group.diagnostics[:3], group.every_ms, group.deadline_ms) == (
        ("platform.root", "platform.tls", "access.admin-token-accepted"),
        MINUTE_MS,
        20_000,
    )
    assert group.schedule == Schedule(MINUTE_MS, spread("staging all", MINUTE_MS))


def test_a_pattern_leaves_out_what_has_effects(tmp_path: Path) -> None:
    """Unless the group allows it."""
    reads = read(tmp_path, LEAST).targets[0].groups[0]
    alerts = read(tmp_path, GROUP + 'effects = "alerts"\n' + TARGET).targets[0].groups[0]

    assert set(alerts.diagnostics) - set(reads.diagnostics) >= {"payment.webhook-refuses-forgery"}
    assert (reads.settings.effects, alerts.settings.effects) == (Effects.NONE, Effects.ALERTS)


def test_a_group_keeps_its_hours(tmp_path: Path) -> None:
    """In its zone, with its own offset where it has one."""
    text = GROUP + 'offset = "5s"\nbetween = "08:00-20:00"\nzone = "Asia/Kolkata"\n' + TARGET

    assert read(tmp_path, text).targets[0].groups[0].schedule == Schedule(
        MINUTE_MS, 5_000, Between(480, 1200, "Asia/Kolkata")
    )


def test_a_target_has_the_groups_it_names(tmp_path: Path) -> None:
    """In the order of the file."""
    other = GROUP.replace("all", "other")

    config = read(tmp_path, GROUP + other + TARGET + 'groups = ["other"]\n')

    assert [group.name for group in config.targets[0].groups] == ["other"]


def test_a_target_has_its_own_credentials(tmp_path: Path) -> None:
    """By name, then by prefix; those of another target never reach it, and none is shown."""
    other = TARGET.replace("staging", "live").replace("api.", "live.")
    text = (
        LEAST
        + 'env_prefix = "STAGING_"\n[targets.variables]\nDEEPLEARN_ADMIN_TOKEN = "env:TOKEN"\n'
        + "DEEPLEARN_CHECKS_LATENCY_MS = 1500\n"
        + other
    )
    variables = {
        "TOKEN": "token-1",
        "ADMIN_API_TOKEN": "token-2",
        "STAGING_ADMIN_API_TOKEN": "token-3",
        "STAGING_RAZORPAY_WEBHOOK_SECRET": "secret-1",
        "STAGING_DEEPLEARN_CHECKS_EFFECTS": "data",
    }

    staging, live = (target.settings for target in read(tmp_path, text, variables).targets)

    assert staging.admin_token.get_secret_value() == "token-1"
    assert (staging.razorpay_webhook_secret.get_secret_value(), staging.latency_ms) == ("secret-1", 1500)
    assert (staging.effects, live.secrets(), live.api_base_url) == (Effects.NONE, (), "https://live.example.com")
    assert "token-1" not in repr(read(tmp_path, text, variables))


def test_the_usual_variables_count_where_that_is_said(tmp_path: Path) -> None:
    """An empty prefix says so: a single target needs no names of its own."""
    config = read(tmp_path, LEAST + 'env_prefix = ""\n', {"ADMIN_API_TOKEN": "token-2"})

    assert config.secrets() == ("token-2",)


def test_the_nearest_policy_counts(tmp_path: Path) -> None:
    """The file's, over it the target's, over it the group's; each says only what differs; a diagnostic's comes last."""
    text = (
        '[policy]\nfails_after = 5\nflaps = 9\nremind_every = "1h"\n'
        '[policy.diagnostics."platform.tls"]\nfails_after = 7\n'
        + GROUP
        + '[groups.policy]\nrecovers_after = 4\nremind_every = "never"\n'
        + TARGET
        + "[targets.policy]\nflaps = 0\nrecovers_after = 3\n"
        + '[targets.policy.diagnostics."platform.tls"]\nflap_window = "2h"\n'
    )

    policies = read(tmp_path, text).targets[0].groups[0].policies

    assert policies == {
        "": Policy(5, recovers_after=4, flaps=0),
        "platform.tls": Policy(7, recovers_after=4, flaps=0, flap_window_ms=2 * HOUR_MS),
    }


def test_silences_are_resolved(tmp_path: Path) -> None:
    """Instants with their zone, weekly windows, waivers; people in their reasons are pseudonyms."""
    text = (
        LEAST
        + '[[maintenance]]\nfrom = 1970-01-02T02:00:00+02:00\nto = "1970-01-03T00:00:00Z"\n'
        + 'reason = "a@b.example moves"\n'
        + '[[maintenance]]\ntargets = ["stag*"]\ndays = ["mon", "sun"]\nat = "02:30"\nfor = "90m"\n'
        + 'zone = "Asia/Kolkata"\n'
        + '[[maintenance]]\nat = "00:00"\nfor = "1h"\n'
        + '[[waivers]]\ncause = "server-error"\ntarget = "staging"\nreason = "known"\nexpires = 2026-04-01\n'
        + '[[waivers]]\ndiagnostic = "platform.tls"\ntarget = "*"\nreason = "known"\nexpires = "2026-04-01"\n'
    )

    silences = read(tmp_path, text).silences

    assert [window.when for window in silences.maintenance] == [
        Once(DAY_MS, 2 * DAY_MS),
        Weekly(frozenset({0, 6}), 150, 90 * MINUTE_MS, "Asia/Kolkata"),
        Weekly(frozenset(range(7)), 0, HOUR_MS, "UTC"),
    ]
    assert "a@b.example" not in silences.maintenance[0].reason
    assert [waiver.what for waiver in silences.waivers] == ["server-error", "platform.tls"]
    assert silences.waivers[0].expires == silences.waivers[1].expires


def test_changes_are_told_to_those_who_take_them(tmp_path: Path) -> None:
    """By severity, target and kind of change, each address once; names of addresses only, never the addresses."""
    text = (
        LEAST
        + '[[routes]]\nnotify = ["env:SLACK", "env:MAIL"]\nseverity = "critical"\n'
        + '[[routes]]\nnotify = ["env:SLACK"]\nchanges = ["opened", "recovered"]\ntargets = ["stag*"]\n'
    )
    config = read(tmp_path, text)
    _, critical = step(State(), run(answer("F")), {"": Policy(fails_after=1)}, 1)
    _, warning = step(State(), run(answer("F", severity=Severity.WARNING)), {"": Policy(fails_after=1)}, 1)
    _, info = step(State(), run(answer("F", severity=Severity.INFO)), {"": Policy(fails_after=1)}, 1)

    told = [routes_of(config, change) for (change,) in (critical, warning, info)]

    assert told == [("env:SLACK", "env:MAIL"), ("env:SLACK",), ()]
    assert config.addresses["env:MAIL"].get_secret_value() == "mailto://secret-b"


def test_the_rest_is_read(tmp_path: Path) -> None:
    """Store, page, ping, locations, incidents, bundles, retention; a byte order mark is no matter."""
    text = (
        '\ufeffstore = "env:PG"\n'
        + LEAST
        + '[page]\nlisten = "[::1]:80"\nurl = "https://status.example.com/"\nuser = "ops"\npassword = "env:TOKEN"\n'
        + '[ping]\nurl = "env:SLACK"\n[locations]\nname = "a"\nall = ["a", "b"]\nquorum = 2\nstale = "5m"\n'
        + '[incidents]\nopen = true\nauto_resolve = true\nfolder = "kept"\n[bundles]\nkept = 0\n'
        + '[retention]\nminutes = "1d"\nhours = "30d"\n'
    )

    config = read(tmp_path, text)

    assert (config.location, config.voters) == ("a", Voters(2, 5 * MINUTE_MS, ("a", "b")))
    assert (config.page.listen, config.page.url, config.page.user) == ("[::1]:80", "https://status.example.com", "ops")
    assert (config.incidents.opens, config.incidents.auto_resolve, config.incidents.folder) == (True, True, "kept")
    assert (config.bundles_kept, config.minutes_kept_ms, config.hours_kept_ms) == (0, DAY_MS, 30 * DAY_MS)
    assert config.secrets() == (VARIABLES["PG"], "p", VARIABLES["SLACK"], "token-1")


def test_data_is_written_where_it_is_meant(tmp_path: Path) -> None:
    """The host is named, whatever its port."""
    text = GROUP + 'effects = "data"\n' + TARGET.replace("api.example.com", "API.example.com:8443")

    config = read(tmp_path, text + 'i_mean_it = "api.example.com"\n')

    assert config.targets[0].groups[0].settings.effects is Effects.DATA


def test_every_default_that_the_example_shows_is_one(tmp_path: Path) -> None:
    """Tables that are left out mean what the example writes out."""
    written = tomllib.loads(example())
    shown = read(tmp_path, example())
    left_out = read(tmp_path, LEAST)

    assert set(written) >= {"locations", "incidents", "bundles", "retention"}
    assert (shown.voters, shown.incidents, shown.bundles, shown.bundles_kept) == (
        left_out.voters,
        left_out.incidents,
        left_out.bundles,
        left_out.bundles_kept,
    )
    assert (shown.minutes_kept_ms, shown.hours_kept_ms) == (left_out.minutes_kept_ms, left_out.hours_kept_ms)
