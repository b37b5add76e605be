"""Whatever of the monitor's file cannot be used is one line that names the file, the line, the key and the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.monitor.config import read_config
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

GROUP = '[[groups]]\nname = "all"\nevery = "1m"\n'
TARGET = '[[targets]]\nname = "staging"\nurl = "https://api.example.com"\n'
LEAST = GROUP + TARGET
VARIABLES = {"TOKEN": "token-1", "SLACK": "slack://token-2"}


def refused(folder: Path, text: str) -> str:
    """Answer in what words a file is refused, without its folder."""
    file = folder / "monitor.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as problem:
        read_config(file, VARIABLES)
    assert "\n" not in str(problem.value)
    return str(problem.value).replace(f"{folder}/", "")


LINE = len(LEAST.splitlines()) + 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stor = 1\n" + LEAST, "monitor.toml:1: stor: there is no such key; did you mean 'store'?"),
        (
            LEAST + "[zebra]\nx = 1\n",
            f"monitor.toml:{LINE}: zebra: there is no such key; write one of store, extend, policy,",
        ),
        (
            LEAST + 'grups = ["all"]\n',
            f"monitor.toml:{LINE}: targets[1].grups: there is no such key; did you mean 'groups'?",
        ),
        (TARGET, "monitor.toml:1: groups: is missing; write it"),
        (GROUP + TARGET.replace('name = "staging"\n', ""), "monitor.toml:4: targets[1].name: is missing; write it"),
        ("store = 1\n" + LEAST, "monitor.toml:1: store: is no text; write it in quotes"),
        ('store = ""\n' + LEAST, "monitor.toml:1: store: is empty; write something"),
        ("policy = 1\n" + LEAST, "monitor.toml:1: policy: is no table;"),
        ("groups = 1\n" + TARGET, "monitor.toml:1: groups: is no list;"),
        ("groups = []\n" + TARGET, "monitor.toml:1: groups: is empty;"),
        (LEAST + "[incidents]\nopen = 1\n", f"monitor.toml:{LINE + 1}: incidents.open: is neither true nor false;"),
        (LEAST + '[policy]\nfails_after = "2"\n', f"monitor.toml:{LINE + 1}: policy.fails_after: is no whole number;"),
        (
            LEAST + "[policy]\nfails_after = 0\n",
            f"monitor.toml:{LINE + 1}: policy.fails_after: input should be greater",
        ),
        (
            LEAST + "[policy]\nfail_after = 2\n",
            f"{LINE + 1}: policy.fail_after: there is no such key; did you mean 'fails_after'",
        ),
        (
            LEAST + '[targets.policy.diagnostics."platform.tls"]\nflips = 1\n',
            "targets[1].policy.diagnostics.\"platform.tls\".flips: there is no such key; did you mean 'flaps'",
        ),
        (
            LEAST + '[policy.diagnostics."platform.tsl"]\nflaps = 1\n',
            (
                f"{LINE}: policy.diagnostics.\"platform.tsl\": there is no diagnostic 'platform.tsl'; "
                "did you mean 'platform.tls'?"
            ),
        ),
        (GROUP.replace('"1m"', "60") + TARGET, "monitor.toml:3: groups[1].every: 60 is no span of time; write a text"),
        (
            GROUP.replace("1m", "1 minute") + TARGET,
            "monitor.toml:3: groups[1].every: '1 minute' is no span of time; write",
        ),
        (GROUP.replace("1m", "0s") + TARGET, "monitor.toml:3: groups[1].every: 0 is no span to wait"),
        (
            GROUP.replace("1m", "10s") + TARGET,
            "monitor.toml:3: groups[1].every: the next run would begin before this one",
        ),
        (GROUP + 'deadline = "2m"\n' + TARGET, "monitor.toml:4: groups[1].deadline: the next run would begin before"),
        (
            GROUP + 'deadline = "59s"\neffects = "much"\n' + TARGET,
            "monitor.toml:5: groups[1].effects: 'much' is not one of none, alerts, data",
        ),
        (
            GROUP + "effects = 1\n" + TARGET,
            "monitor.toml:4: groups[1].effects: is no word of its list; write it in quotes",
        ),
        (GROUP + 'between = "8-20"\n' + TARGET, "monitor.toml:4: groups[1].between: '8' is no time of day"),
        (
            GROUP + 'between = "08:00"\n' + TARGET,
            "monitor.toml:4: groups[1].between: '08:00' is no time of day; write from",
        ),
        (
            GROUP.replace("1m", "2h") + 'between = "08:00-09:00"\n' + TARGET,
            "monitor.toml:4: groups[1].between: is shorter",
        ),
        (
            GROUP + 'zone = "Asia/Kolkatta"\n' + TARGET,
            "monitor.toml:4: groups[1].zone: there is no time zone 'Asia/Kolkatta' here; did",
        ),
        (
            GROUP + 'diagnostics = ["platform.helth"]\n' + TARGET,
            (
                "monitor.toml:4: groups[1].diagnostics: there is no diagnostic 'platform.helth'; "
                "did you mean 'platform.health'?"
            ),
        ),
        (
            GROUP + 'diagnostics = ["zzz*"]\n' + TARGET,
            "monitor.toml:4: groups[1].diagnostics: there is no diagnostic 'zzz*'; write one of those",
        ),
        (
            GROUP + 'diagnostics = ["journey.completes"]\n' + TARGET,
            (
                "monitor.toml:4: groups[1].diagnostics: journey.completes has effects on its target; "
                "write effects = 'data'"
            ),
        ),
        (
            GROUP + 'diagnostics = ["journey.*"]\n' + TARGET,
            "monitor.toml:4: groups[1].diagnostics: all of journey.* have effects",
        ),
        (
            GROUP + 'effects = "data"\n' + TARGET,
            (
                "monitor.toml:5: targets[1].i_mean_it: group all would write data to staging; "
                "write i_mean_it = 'api.example.com'"
            ),
        ),
        (GROUP + GROUP + TARGET, "monitor.toml:5: groups[2].name: all is the name of another one too"),
        (LEAST + TARGET, f"monitor.toml:{LINE + 1}: targets[2].name: staging is the name of another one too"),
        (GROUP + TARGET.replace("staging", "a b"), "monitor.toml:5: targets[1].name: is no name; write letters"),
        (
            GROUP + TARGET.replace("https://", ""),
            "monitor.toml:6: targets[1].url: 'api.example.com' is no URL; give one",
        ),
        (
            LEAST + 'groups = ["al"]\n',
            f"monitor.toml:{LINE}: targets[1].groups: there is no group 'al'; did you mean 'all'?",
        ),
        (
            LEAST + 'environment = "a b"\n',
            f"monitor.toml:{LINE}: targets[1].environment: holds a character that has no place in it",
        ),
        (
            LEAST + '[targets.variables]\nADMIN_API_TOKEN = "secret-1"\n',
            f"{LINE + 1}: targets[1].variables.ADMIN_API_TOKEN: is a secret; write 'env:NAME'",
        ),
        (
            LEAST + '[targets.variables]\nADMIN_API_TOKEN = "env:NONE"\n',
            f"{LINE + 1}: targets[1].variables.ADMIN_API_TOKEN: the environment variable NONE is not set; set it",
        ),
        (
            LEAST + '[targets.variables]\nADMIN_API_TOKN = "env:TOKEN"\n',
            (
                f"{LINE + 1}: targets[1].variables.ADMIN_API_TOKN: there is no setting 'ADMIN_API_TOKN'; "
                "did you mean 'ADMIN_API_TOKEN'?"
            ),
        ),
        (
            LEAST + '[targets.variables]\nDEEPLEARN_CHECKS_EFFECTS = "data"\n',
            (
                f"{LINE + 1}: targets[1].variables.DEEPLEARN_CHECKS_EFFECTS: has no place here; "
                "write it as effects of a group"
            ),
        ),
        (
            LEAST + '[targets.variables]\nDEEPLEARN_CHECKS_TIMEOUT = "long"\n',
            f"{LINE + 1}: targets[1].variables.DEEPLEARN_CHECKS_TIMEOUT: ",
        ),
        (
            LEAST + '[targets.variables]\nRAZORPAY_KEY_ID = "rzp_test_1"\n',
            f"{LINE + 1}: targets[1].variables.RAZORPAY_KEY_ID: RAZORPAY_KEY_ID is set but",
        ),
        (
            LEAST + '[[routes]]\nnotify = ["slack://secret-1"]\n',
            f"{LINE + 1}: routes[1].notify[1]: holds what may be a secret; write 'env:NAME'",
        ),
        (
            LEAST + '[[routes]]\nnotify = ["env:NONE"]\n',
            f"{LINE + 1}: routes[1].notify: the environment variable NONE is not set",
        ),
        (
            LEAST + '[[routes]]\nnotify = ["env:SLACK"]\ntargets = ["live*"]\n',
            f"{LINE + 2}: routes[1].targets: there is no target 'live*'",
        ),
        (
            LEAST + '[[routes]]\nnotify = ["env:SLACK"]\nchanges = ["broken"]\n',
            f"{LINE + 2}: routes[1].changes[1]: 'broken' is not one of opened, recovered",
        ),
        (
            LEAST + '[[routes]]\nnotify = ["env:SLACK"]\nseverity = "bad"\n',
            f"{LINE + 2}: routes[1].severity: 'bad' is not one of info, warning, critical",
        ),
        (
            'store = "postgresql://me:secret-1@db/x"\n' + LEAST,
            "monitor.toml:1: store: holds a password; write 'env:NAME'",
        ),
        ('store = "postgresql://db/x?password=secret-1"\n' + LEAST, "monitor.toml:1: store: holds a password"),
        ('store = "env:NONE"\n' + LEAST, "monitor.toml:1: store: the environment variable NONE is not set"),
        (
            LEAST + '[page]\nlisten = "8460"\n',
            f"{LINE + 1}: page.listen: '8460' is nothing to listen on; write host and port",
        ),
        (LEAST + '[page]\nuser = "ops"\n', f"{LINE}: page: user and password go together; write both, or neither"),
        (
            LEAST + '[page]\npassword = "secret-1"\n',
            f"{LINE + 1}: page.password: holds what may be a secret; write 'env:NAME'",
        ),
        (
            LEAST + '[locations]\nname = "a"\nall = ["b"]\n',
            f"{LINE + 1}: locations.name: a is not in all; add it there",
        ),
        (
            LEAST + '[locations]\nname = "b"\nall = ["b"]\nquorum = 2\n',
            f"{LINE + 3}: locations.quorum: 2 of 1 locations never agree",
        ),
        (
            LEAST + "[incidents]\nauto_resolve = true\n",
            f"{LINE + 1}: incidents.auto_resolve: only incidents that the monitor opens",
        ),
        (LEAST + '[retention]\nhours = "1d"\n', f"{LINE + 1}: retention.hours: they are made of minutes"),
        (
            LEAST + '[[maintenance]]\nfrom = "soon"\nto = 2026-03-01T00:00:00Z\n',
            f"{LINE + 1}: maintenance[1].from: 'soon' is no instant; write",
        ),
        (
            LEAST + "[[maintenance]]\nfrom = 2026-03-01T00:00:00\nto = 2026-03-01T00:00:00Z\n",
            f"{LINE + 1}: maintenance[1].from: '2026-03-01 00:00:00' has no zone",
        ),
        (
            LEAST + "[[maintenance]]\nfrom = 2026-03-01T00:00:00Z\nto = 2026-03-01T00:00:00Z\n",
            f"{LINE + 2}: maintenance[1].to: the window ends before it begins",
        ),
        (
            LEAST + "[[maintenance]]\nfrom = 2026-03-01T00:00:00Z\n",
            f"{LINE}: maintenance[1]: a window needs from and to, or at and for",
        ),
        (
            LEAST + '[[maintenance]]\nat = "2:00"\nfor = "1h"\n',
            f"{LINE + 1}: maintenance[1].at: '2:00' is no time of day",
        ),
        (
            LEAST + '[[maintenance]]\nat = "02:00"\nfor = "1h"\ndays = ["Sunday"]\n',
            f"{LINE + 3}: maintenance[1].days[1]: input should be 'mon', ",
        ),
        (
            LEAST + '[[maintenance]]\nat = "02:00"\nfor = "1h"\ntargets = ["stagging"]\n',
            f"{LINE + 3}: maintenance[1].targets: there is no target 'stagging'; did you mean 'staging'?",
        ),
        (
            LEAST + '[[waivers]]\ndiagnostic = "platform.tsl"\ntarget = "*"\nreason = "r"\nexpires = 2026-04-01\n',
            f"{LINE + 1}: waivers[1].diagnostic: there is no diagnostic 'platform.tsl'",
        ),
        (
            LEAST + '[[waivers]]\ncause = "servererror"\ntarget = "*"\nreason = "r"\nexpires = 2026-04-01\n',
            f"{LINE + 1}: waivers[1].cause: there is no cause 'servererror'; did you mean 'server-error'?",
        ),
        (
            LEAST + '[[waivers]]\ntarget = "*"\nreason = "r"\nexpires = 2026-04-01\n',
            f"{LINE}: waivers[1]: a waiver is about a diagnostic or a cause",
        ),
        (
            LEAST + '[[waivers]]\ncause = "server-error"\ntarget = "*"\nreason = " "\nexpires = 2026-04-01\n',
            f"{LINE + 3}: waivers[1].reason: says nothing; write why",
        ),
        (
            LEAST + '[[waivers]]\ncause = "server-error"\ntarget = "*"\nreason = "r"\nexpires = "April"\n',
            f"{LINE + 4}: waivers[1].expires: 'April' is no day; write one such as 2026-04-01",
        ),
        (
            LEAST + '[[waivers]]\ncause = "server-error"\ntarget = "*"\nreason = "r"\nexpires = 2026-04-01T00:00:00Z\n',
            f"{LINE + 4}: waivers[1].expires: '2026-04-01 00:00:00+00:00' is no day",
        ),
        (
            LEAST + '[[waivers]]\ncause = "server-error"\ntarget = "*"\nreason = "r"\n',
            f"{LINE}: waivers[1].expires: is missing",
        ),
        (
            GROUP + "every_ms = 1\n" + TARGET,
            "monitor.toml:4: groups[1].every_ms: there is no such key; did you mean 'every'?",
        ),
        (
            GROUP.replace("1m", "1d") + 'deadline = "2h"\n' + TARGET,
            "monitor.toml:4: groups[1].deadline: a run lasts an hour at most; write less",
        ),
        (
            LEAST + "[page\n",
            f"monitor.toml is no TOML: Expected ']' at the end of a table declaration (at line {LINE}, ",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    """With the file, the line, the key and the remedy; no secret is repeated."""
    line = refused(tmp_path, text)

    assert said in line
    assert "secret-1" not in line


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """With the command that writes one."""
    with pytest.raises(
        ConfigurationError, match="there is no such file; write one with: deeplearn-checks monitor init"
    ):
        read_config(tmp_path / "none.toml", {})


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """In one line that names it."""
    (tmp_path / "monitor.toml").write_bytes(b"\xff")

    with pytest.raises(ConfigurationError, match=r"monitor.toml cannot be read: .*; mend it"):
        read_config(tmp_path / "monitor.toml", {})
