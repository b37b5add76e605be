"""The peers: the same number of requests, one after another, by Node's fetch, tavern and newman."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from measuring import Command

FETCH = """
const [url, times] = process.argv.slice(2);
for (let i = 0; i < Number(times); i++) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  await answer.text();
}
"""

ROOT = Path(__file__).parents[1]
Preparing = Callable[[Path, str, int, Mapping[str, str]], Command]


class AbsentError(Exception):
    """A peer cannot be had here, and why."""


def node_fetch(folder: Path, url: str, requests: int, environment: Mapping[str, str]) -> Command:
    """Prepare a plain script that fetches *url* again and again."""
    script = folder / "fetch.mjs"
    script.write_text(FETCH, encoding="utf-8")
    return Command("Node fetch script", (_tool("node"), str(script), url, str(requests)), folder, environment)


def newman(folder: Path, url: str, requests: int, environment: Mapping[str, str]) -> Command:
    """Prepare newman with a collection of *requests* requests."""
    program = folder / "node_modules/.bin/newman"
    if not program.exists():
        _install([_tool("npm"), "install", "--no-audit", "--no-fund", "--prefix", str(folder), "newman@6"])
    items = [{"name": f"request {number}", "request": {"method": "GET", "url": url}} for number in range(requests)]
    schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
    collection = folder / "collection.json"
    collection.write_text(json.dumps({"info": {"name": "peer", "schema": schema}, "item": items}), encoding="utf-8")
    return Command("newman", (str(program), "run", str(collection), "--silent"), folder, environment)


def installed(folder: Path) -> Path:
    """Answer the programs of a virtual environment that holds what a user installs, and nothing else."""
    programs = folder / "bin"
    if not (programs / "deeplearn-checks").exists():
        _install([sys.executable, "-m", "venv", str(folder)])
        _install([str(programs / "python"), "-m", "pip", "install", "--quiet", "--editable", str(ROOT)])
    return programs


def tavern(folder: Path, url: str, requests: int, environment: Mapping[str, str]) -> Command:
    """Prepare tavern, in a virtual environment of its own, with one test of *requests* stages."""
    python = folder / "venv/bin/python"
    if not python.exists():
        _install([sys.executable, "-m", "venv", str(folder / "venv")])
        _install([str(python), "-m", "pip", "install", "--quiet", "tavern", "pytest<9"])
    stage = {"name": "request", "request": {"url": url, "method": "GET"}, "response": {"status_code": 200}}
    test = {"test_name": "peer", "stages": [stage] * requests}
    (folder / "test_peer.tavern.yaml").write_text(json.dumps(test), encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    alone = {name: value for name, value in environment.items() if name != "PYTHONPATH"}
    return Command("tavern", (str(python), "-m", "pytest", "-q", "test_peer.tavern.yaml"), folder, alone)


PEERS: Mapping[str, Preparing] = {"Node fetch script": node_fetch, "tavern": tavern, "newman": newman}


def prepared(
    folder: Path, url: str, requests: int, environment: Mapping[str, str]
) -> tuple[list[Command], dict[str, str]]:
    """Answer the commands of the peers that can be had here, and of the others why not."""
    commands, absent = [], {}
    for name, prepare in PEERS.items():
        place = folder / name.split()[0].lower()
        place.mkdir(parents=True, exist_ok=True)
        try:
            commands.append(prepare(place, url, requests, environment))
        except AbsentError as reason:
            absent[name] = str(reason)
    return commands, absent


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise AbsentError(f"{name} is not installed")
    return found


def _install(words: list[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AbsentError(f"{' '.join(words[:4])} failed: {done.stderr.strip().splitlines()[-1:]}")
