"""What Prometheus and Grafana are given: rules that hold, and no name that the monitor does not export."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from monitored import MINUTE_MS, NOON_MS, answer, run
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from deeplearn_checks.monitor.config import read_config
from deeplearn_checks.monitor.page import page_app
from deeplearn_checks.monitor.sql_store import open_store
from deeplearn_checks.monitor.state import Policy
from deeplearn_checks.monitor.stepping import step

if TYPE_CHECKING:
    from collections.abc import Iterator

CI = Path(__file__).parents[2] / "ci"
PROMETHEUS = CI / "prometheus"
RULES = PROMETHEUS / "deeplearn-monitor.rules.yaml"
DASHBOARD = json.loads((CI / "grafana/deeplearn-monitor.json").read_text(encoding="utf-8"))
GROUPS = YAML(typ="safe").load(RULES.read_text(encoding="utf-8"))["groups"]
EVERY_RULE = [rule for group in GROUPS for rule in group["rules"]]
RECORDED = {rule["record"] for rule in EVERY_RULE if "record" in rule}
ON_THE_BOARD = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
EXPRESSIONS = [*(rule["expr"] for rule in EVERY_RULE), *ON_THE_BOARD]
PROMETHEUS_OWN = {"instance", "job"}
"""Labels that Prometheus adds to whatever it scrapes."""
CONFIGURATION = """
[policy]
recovers_after = 1
[[groups]]
name = "all"
diagnostics = ["platform.health"]
every = "1m"
deadline = "30s"
[[targets]]
name = "staging"
url = "https://staging.example.com"
"""
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None and not os.environ.get("PROMTOOL_REQUIRED"),
    reason="no promtool (Debian: prometheus) to check rules with",
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The names of all metrics of a monitor that has made a run, with their labels."""
    folder = tmp_path_factory.mktemp("exported")
    file = folder / "monitor.toml"
    file.write_text(CONFIGURATION, encoding="utf-8")
    config = read_config(file, {})
    with closing(open_store(str(folder / "monitor.db"))) as store:
        seen = run(answer("P"))
        state, told = step(store.state("staging"), seen, {"": Policy(recovers_after=1)}, NOON_MS)
        store.keep(seen, state, told, {})
        app = page_app(store, config, lambda: NOON_MS + MINUTE_MS, lambda: "")
        scraped = asyncio.run(_got(httpx.ASGITransport(app)))
    families = text_string_to_metric_families(scraped)
    return {family.name: {name for sample in family.samples for name in sample.labels} for family in families}


async def _got(transport: httpx.ASGITransport) -> str:
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return (await client.get("/metrics")).text


def names(expression: str) -> set[str]:
    """Answer the metrics and records that an expression names."""
    return set(re.findall(r"\bdeeplearn_checks[\w:]*", expression))


def labels(expression: str) -> Iterator[str]:
    """Answer the labels that an expression selects by or keeps."""
    for selectors in re.findall(r"\{(.*?)\}", expression):
        yield from re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selectors)
    for kept in re.findall(r"\b(?:by|on) \((.*?)\)", expression):
        yield from kept.split(", ")


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Ask Prometheus's own tool."""
    return subprocess.run(  # noqa: S603  Prometheus's own tool
        ["promtool", *words],  # noqa: S607  wherever it is
        capture_output=True,
        text=True,
        check=False,
    )


@needs_promtool
def test_prometheus_takes_the_rules() -> None:
    """`promtool check rules` has nothing to say."""
    checked = promtool("check", "rules", "--lint=all", "--lint-fatal", RULES)

    assert checked.returncode == 0, checked.stderr


@needs_promtool
def test_the_rules_tell_what_they_should() -> None:
    """Their unit tests pass: each alert when it is due, and not before."""
    tested = promtool("test", "rules", PROMETHEUS / "deeplearn-monitor.test.yaml")

    assert tested.returncode == 0, tested.stdout + tested.stderr


@needs_promtool
def test_prometheus_takes_the_configuration() -> None:
    """`promtool check config` finds the rules beside it."""
    checked = promtool("check", "config", PROMETHEUS / "prometheus.yml")

    assert checked.returncode == 0, checked.stderr
    assert f"{len(EVERY_RULE)} rules found" in checked.stdout


@needs_promtool
def test_prometheus_reads_what_the_dashboard_asks(tmp_path: Path) -> None:
    """Every expression of a panel is one, whichever target is chosen."""
    asked = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(ON_THE_BOARD)]
    file = tmp_path / "panels.json"  # JSON is YAML
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": asked}]}).replace("$target", ".*"))

    checked = promtool("check", "rules", "--lint=none", file)

    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("alert", [rule["alert"] for rule in EVERY_RULE if "alert" in rule])
def test_every_alert_has_a_test_of_its_own(alert: str) -> None:
    """No alert goes untested."""
    text = (PROMETHEUS / "deeplearn-monitor.test.yaml").read_text(encoding="utf-8")

    assert f"alertname: {alert}\n" in text


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_asked_is_exported(exported: dict[str, set[str]], expression: str) -> None:
    """Rules and dashboard name no metric that the monitor does not export, and no record that is not made."""
    unknown = names(expression) - exported.keys() - RECORDED

    assert unknown == set()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_labels_that_are_asked_for_are_there(exported: dict[str, set[str]], expression: str) -> None:
    """An expression names labels that one of its metrics bears."""
    borne = set().union(*(exported.get(name, {"target", "severity", "group"}) for name in names(expression)))

    unknown = set(labels(expression)) - borne - PROMETHEUS_OWN

    assert unknown == set()


def test_everything_that_is_exported_is_looked_at(exported: dict[str, set[str]]) -> None:
    """No metric is exported for nobody."""
    unused = exported.keys() - set().union(*map(names, EXPRESSIONS))

    assert unused == set()


def test_panels_are_told_apart() -> None:
    """Grafana finds each by a number of its own, side by side without overlapping."""
    places = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert len(set(places)) == len(places)
    assert {x for x, _ in places} == set(range(24))
