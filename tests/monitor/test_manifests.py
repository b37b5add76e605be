"""What existing engines are given to run the monitor: it parses, calls only our own commands, and holds no secret."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest
from ruamel.yaml import YAML

from deeplearn_checks.monitor.config import read_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from command import Command

Node: TypeAlias = "dict[str, Node] | list[Node] | str | int | float | bool | None"

CI = Path(__file__).parents[2] / "ci"
MANIFESTS = sorted((CI / "kubernetes").glob("*.yaml"))
UNITS = sorted((CI / "systemd").glob("*.service"))
WORKFLOW = CI / "github/monitor.yml"
VARIABLES = {
    "MONITOR_STORE": "postgresql://monitor@db.example.com/monitor",
    "MONITOR_NOTIFY_URL": "json://127.0.0.1:9/hook",
    "MONITOR_PAGE_PASSWORD": "a-password-of-the-tests",
    "MONITOR_PING_URL": "https://hc-ping.example.com/4f6c2c0e",
    "PRODUCTION_ADMIN_API_TOKEN": "an-admin-token-of-the-tests",
    "PRODUCTION_RAZORPAY_KEY_ID": "rzp_live_OfTheTests0001",
    "PRODUCTION_RAZORPAY_KEY_SECRET": "a-key-secret-of-the-tests",
    "PRODUCTION_RAZORPAY_WEBHOOK_SECRET": "a-webhook-secret-of-the-tests",
}
"""What the Secret holds that the manifests refer to."""
HARDENED = [
    "DynamicUser=yes",
    "NoNewPrivileges=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectControlGroups=yes",
    "RestrictSUIDSGID=yes",
    "RestrictNamespaces=yes",
    "LockPersonality=yes",
    "SystemCallArchitectures=native",
    "CapabilityBoundingSet=",
    "UMask=0077",
    "StateDirectoryMode=0700",
]
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")


def documents(file: Path) -> list[Node]:
    """Answer the documents of a YAML file."""
    return list(YAML(typ="safe").load_all(file.read_text(encoding="utf-8")))


def every(node: Node, key: str) -> Iterator[Node]:
    """Answer the values under a key, wherever it stands."""
    children: list[Node] = []
    if isinstance(node, dict):
        children = list(node.values())
        if key in node:
            yield node[key]
    elif isinstance(node, list):
        children = node
    for child in children:
        yield from every(child, key)


def at(node: Node, *path: str | int) -> Node:
    """Answer what stands at a path of a document."""
    for step in path:
        if isinstance(node, dict):
            node = node[str(step)]
        elif isinstance(node, list) and isinstance(step, int):
            node = node[step]
        else:
            raise KeyError(step)
    return node


def everything() -> list[Node]:
    """Answer all documents for Kubernetes."""
    return [document for file in MANIFESTS for document in documents(file)]


def of_kind(kind: str) -> Node:
    """Answer the one document of a kind."""
    (found,) = (one for one in everything() if at(one, "kind") == kind)
    return found


def pods() -> list[Node]:
    """Answer the pods that are started."""
    return [
        at(of_kind("Deployment"), "spec", "template", "spec"),
        at(of_kind("CronJob"), "spec", "jobTemplate", "spec", "template", "spec"),
    ]


@pytest.mark.parametrize("pod", pods(), ids=["deployment", "cronjob"])
def test_a_pod_may_do_nothing_that_it_need_not(pod: Node) -> None:
    """It is not root, writes to its volumes only, gains nothing, and speaks to no API of the cluster."""
    (container,) = every(pod, "containers")

    assert at(pod, "automountServiceAccountToken") is False
    assert at(pod, "securityContext", "runAsNonRoot") is True
    assert at(pod, "securityContext", "seccompProfile") == {"type": "RuntimeDefault"}
    assert at(container, 0, "securityContext") == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("pod", pods(), ids=["deployment", "cronjob"])
def test_a_pod_is_bounded(pod: Node) -> None:
    """It says how much memory and CPU it may take."""
    (resources,) = every(pod, "resources")

    assert at(resources, "limits").keys() == at(resources, "requests").keys() == {"cpu", "memory"}  # type: ignore[union-attr]


@pytest.mark.parametrize("pod", pods(), ids=["deployment", "cronjob"])
def test_a_pod_gets_its_secrets_by_reference(pod: Node) -> None:
    """All of its environment comes from the Secret."""
    given = [*every(pod, "envFrom"), *every(pod, "env")]

    assert given == [[{"secretRef": {"name": "deeplearn-monitor"}}]]


def test_the_repository_holds_no_secret() -> None:
    """The Secret itself is made by the operator."""
    kinds = [at(one, "kind") for one in everything()]

    assert "Secret" not in kinds


def test_there_is_one_runner_of_a_location() -> None:
    """A new one starts when the old one has gone: two would start each run twice."""
    deployed = at(of_kind("Deployment"), "spec")

    assert at(deployed, "replicas") == 1
    assert at(deployed, "strategy") == {"type": "Recreate"}


def test_a_scheduled_run_never_overlaps_the_next() -> None:
    """It is forbidden to, ends in time, and is not tried again for what it found."""
    scheduled = at(of_kind("CronJob"), "spec")

    assert at(scheduled, "concurrencyPolicy") == "Forbid"
    assert at(scheduled, "jobTemplate", "spec", "activeDeadlineSeconds") == 290
    assert at(scheduled, "jobTemplate", "spec", "backoffLimit") == 0


def test_the_cluster_asks_the_monitor_whether_it_is_well() -> None:
    """Both probes look at /healthz, on the port of the page."""
    probes = [*every(of_kind("Deployment"), "httpGet")]

    assert probes == [{"path": "/healthz", "port": "http"}] * 2


def test_the_page_is_found_where_it_listens() -> None:
    """Port of the file, of the container, of the Service and of the NetworkPolicy are one."""
    text = at(of_kind("ConfigMap"), "data", "monitor.toml")
    listen = re.search(r'^listen = "0\.0\.0\.0:(\d+)"', str(text), re.MULTILINE)
    incoming = at(of_kind("NetworkPolicy"), "spec", "ingress")
    places = [*every(of_kind("Deployment"), "containerPort"), *every(incoming, "port")]
    places += [at(of_kind("Service"), "spec", "ports", 0, "port")]

    assert listen is not None
    assert set(places) == {int(listen[1])}


def test_what_is_selected_is_what_is_labelled() -> None:
    """Service and NetworkPolicy find the pods."""
    selected = at(of_kind("Service"), "spec", "selector")
    allowed = at(of_kind("NetworkPolicy"), "spec", "podSelector", "matchExpressions", 0, "values")
    labels = [
        at(of_kind("Deployment"), "spec", "template", "metadata", "labels"),
        at(of_kind("CronJob"), "spec", "jobTemplate", "spec", "template", "metadata", "labels"),
    ]

    assert selected == labels[0]
    assert allowed == [at(label, "app.kubernetes.io/name") for label in labels]


def test_the_configuration_of_the_cluster_can_be_used(tmp_path: Path) -> None:
    """With the variables of the Secret it is read, and it names no others."""
    file = tmp_path / "monitor.toml"
    text = str(at(of_kind("ConfigMap"), "data", "monitor.toml"))
    file.write_text(text, encoding="utf-8")

    config = read_config(file, VARIABLES)

    assert config.voters.quorum == 2
    assert set(re.findall(r"env:(\w+)", text)) == VARIABLES.keys()


def started() -> list[list[str]]:
    """Answer the arguments of every start of our own command in manifests, units and the workflow."""
    starts = [
        [str(word) for word in words] for pod in pods() for words in every(pod, "args") if isinstance(words, list)
    ]
    texts = [*(unit.read_text(encoding="utf-8") for unit in UNITS), WORKFLOW.read_text(encoding="utf-8")]
    starts += [line.split() for text in texts for line in re.findall(r"bin/deeplearn-checks (.*)", text)]
    starts += [line.split() for text in texts for line in re.findall(r"run: deeplearn-checks (.*)", text)]
    return starts


@pytest.mark.parametrize("words", started(), ids=" ".join)
def test_every_command_that_is_started_exists(command: Command, words: list[str]) -> None:
    """Its words and options are those of the command line."""
    ended = command(*words, "--help")

    assert (ended.status, words[0]) == (0, "monitor")


def test_there_is_something_started() -> None:
    """Two pods, two units with a check before each, and a workflow."""
    assert len(started()) == 7


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.name))
def test_a_unit_is_hardened(unit: Path) -> None:
    """It may do little, its secrets come from a file that it cannot read, and it is given time to end."""
    lines = unit.read_text(encoding="utf-8").splitlines()

    assert set(HARDENED) <= set(lines)
    assert "EnvironmentFile=/etc/deeplearn-checks/monitor.env" in lines
    assert not [line for line in lines if line.startswith("Environment=")]


@needs_systemd
@pytest.mark.parametrize("unit", sorted((CI / "systemd").iterdir()), ids=lambda unit: str(unit.name))
def test_systemd_takes_a_unit(unit: Path, tmp_path: Path) -> None:
    """`systemd-analyze verify` has nothing to say, our command standing where the unit looks for it."""
    for other in (CI / "systemd").iterdir():
        text = other.read_text(encoding="utf-8").replace("/opt/deeplearn-checks/bin/deeplearn-checks", sys.executable)
        (tmp_path / other.name).write_text(text, encoding="utf-8")

    verified = subprocess.run(  # noqa: S603  systemd's own tool
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)],  # noqa: S607  wherever it is
        capture_output=True,
        text=True,
        check=False,
    )

    assert (verified.returncode, [line for line in verified.stderr.splitlines() if unit.name in line]) == (0, [])


def test_the_workflow_is_one() -> None:
    """GitHub's schema of workflows, as check-jsonschema ships it, holds."""
    program = Path(sys.executable).with_name("check-jsonschema")

    checked = subprocess.run(  # noqa: S603  a tool of ours
        [program, "--builtin-schema", "vendor.github-workflows", WORKFLOW], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout


def test_the_workflow_may_do_little() -> None:
    """It reads the repository, is alone, ends in time, and runs nobody's moving code."""
    (workflow,) = documents(WORKFLOW)
    uses = [str(one) for one in every(workflow, "uses")]

    assert at(workflow, "permissions") == {"contents": "read"}
    assert at(workflow, "concurrency", "cancel-in-progress") is False
    assert at(workflow, "jobs", "once", "timeout-minutes") == 10
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+\.\d+\.\d+", one) for one in uses)


def test_the_workflow_writes_no_secret_into_a_command() -> None:
    """Secrets travel in the environment, where no shell reads them."""
    (workflow,) = documents(WORKFLOW)

    assert not [line for line in every(workflow, "run") if "${{" in str(line)]


def test_secrets_of_the_workflow_are_those_of_the_cluster() -> None:
    """One name for one thing; the page's password is not needed where there is no page."""
    (workflow,) = documents(WORKFLOW)
    (given,) = every(workflow, "env")

    assert given == {name: f"${{{{ secrets.{name} }}}}" for name in VARIABLES if name != "MONITOR_PAGE_PASSWORD"}


def test_configurations_of_the_documentation_can_be_used(tmp_path: Path) -> None:
    """What docs/monitoring.md shows is read, its locations added to it."""
    page = (CI.parent / "docs/monitoring.md").read_text(encoding="utf-8")
    file = tmp_path / "monitor.toml"
    file.write_text("\n".join(re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)), encoding="utf-8")

    config = read_config(file, {"SLACK_URL": VARIABLES["MONITOR_NOTIFY_URL"]})

    assert ([group.name for group in config.targets[0].groups], config.location) == (
        ["reachable", "everything"],
        "mumbai",
    )
