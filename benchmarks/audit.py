"""Measures the audit over tables of any size with known damage: time, memory, growth, and findings, all and only those.

    python benchmarks/audit.py [--leads 100000 1000000] [--largest] [--rounds 2] [--folder DIR] [--json FILE]
                               [--no-peers]

Keys are random; `--largest` adds ten million leads, measured once, which takes some 45 GB of disk below the folder.
Medians; what is compared is measured in turns. Ends with 1 when a limit does not hold. What a user would pick instead
is installed into build/benchmarks, once, where a package index can be had.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from math import log
from pathlib import Path
from typing import TYPE_CHECKING

from audit_damages import damage_all
from audit_peers import PEERS
from audit_tables import build
from measuring import Command, CommandError, Cost, Figure, run, side_by_side

from deeplearn_checks.audit.parquet import to_parquet
from deeplearn_checks.audit.tables import SqliteFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from audit_damage import Key

ROOT = Path(__file__).parents[1]
LARGEST = 10_000_000
RATIOS_FROM = 1_000_000
"""How many leads it takes for the time to be more than that of a start."""
LEADS_PER_DAMAGE = 800
MOST_DAMAGE = 100

COMMAND = "deeplearn-checks audit, SQLite"
"""What an operator types; the other rows leave out what the command line itself loads."""
SQLITE = "audit, SQLite"
UNINDEXED = "audit, SQLite, no indexes"
DUCKDB = "audit, DuckDB on Parquet"
BARE = "the same SQL, bare sqlite3"


@dataclass(frozen=True, slots=True)
class Measured:
    """One size: what each way cost, the rows that it found wrongly or missed, and how long Parquet took to write."""

    leads: int
    costs: dict[str, Cost]
    wrong: dict[str, int]
    parquet_seconds: float


@dataclass(frozen=True, slots=True)
class Peer:
    """What a user would pick instead: its cost on four rules, and what it found; None for a rule it cannot say."""

    cost: Cost
    found: dict[str, int | None]


def main() -> int:
    """Measure, print the table, answer the exit status."""
    options = _options()
    sizes = sorted({*options.leads, *([LARGEST] if options.largest else [])})
    with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
        folder = Path(scratch)
        measured = [measure(folder, leads, options.rounds) for leads in sizes]
        peers, absent = ({}, "left out") if options.no_peers else compared(folder, options.rounds)
    figures = figured(measured)
    print(table(measured, peers, absent, figures))
    if options.json:
        told = {
            "sizes": [asdict(one) for one in measured],
            "peers": {name: asdict(peer) for name, peer in peers.items()},
            "figures": [asdict(figure) for figure in figures],
            "holds": all(figure.holds for figure in figures),
        }
        options.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return int(not all(figure.holds for figure in figures))


def measure(folder: Path, leads: int, rounds: int) -> Measured:
    """Build tables of one size and measure each way to judge them; the last file stays for the peers."""
    place = folder / str(leads)
    place.mkdir()
    indexed, plain = place / "indexed.sqlite", place / "plain.sqlite"
    known = {SQLITE: damaged(indexed, leads, is_indexed=True), UNINDEXED: damaged(plain, leads, is_indexed=False)}
    known[DUCKDB] = known[COMMAND] = known[SQLITE]
    began = time.perf_counter()
    to_parquet(SqliteFile(indexed), place / "parquet")
    parquet_seconds = time.perf_counter() - began
    statements = place / "statements.json"
    run(_audit("statements", place, "sqlite", indexed, str(statements)))
    commands = [
        _audit(SQLITE, place, "sqlite", indexed),
        _typed(COMMAND, place, indexed),
        _command(BARE, place, "audit_bare.py", str(indexed), str(statements)),
        _audit(UNINDEXED, place, "sqlite", plain),
        _audit(DUCKDB, place, "duckdb", place / "parquet"),
    ]
    once = {"rounds": 1, "warming": 0} if leads >= LARGEST else {"rounds": rounds}
    costs = side_by_side(commands, **once)
    wrong = {name: mistaken(place / f"{name}.json", keys) for name, keys in known.items()}
    return Measured(leads, costs, wrong, parquet_seconds)


def damaged(file: Path, leads: int, *, is_indexed: bool) -> dict[str, set[Key]]:
    """Write tables and damage them; answer what must be found."""
    build(file, leads, is_indexed=is_indexed)
    with closing(sqlite3.connect(file)) as database:
        return damage_all(database, min(MOST_DAMAGE, leads // LEADS_PER_DAMAGE))


def mistaken(revealed: Path, known: Mapping[str, Iterable[Key]]) -> int:
    """Answer how many findings are missing or too many."""
    found = json.loads(revealed.read_text(encoding="utf-8"))
    keys = {(rule, *(key if isinstance(key, list) else [key])) for rule, those in found.items() for key in those}
    wanted = {(rule, *map(str, key)) for rule, those in known.items() for key in those}
    return len(keys ^ wanted)


def compared(folder: Path, rounds: int) -> tuple[dict[str, Peer], str]:
    """Measure what a user would pick instead on the largest tables up to a million; or answer why it cannot be."""
    python = ROOT / "build/benchmarks/audit-peers/bin/python"
    if not python.exists() and (reason := _installed(python)):
        return {}, reason
    tables = max((f for f in folder.iterdir() if int(f.name) < LARGEST), key=lambda f: int(f.name)) / "indexed.sqlite"
    script = str(ROOT / "benchmarks/audit_peers.py")
    commands = []
    for name in PEERS:
        place = folder / str(tables.parent.name) / name
        place.mkdir()
        commands.append(Command(name, (str(python), script, name, str(tables)), place, dict(os.environ)))
    costs = side_by_side(commands, rounds)
    said = {c.name: (c.folder / "output.log").read_text(encoding="utf-8").splitlines()[-1] for c in commands}
    return {name: Peer(cost, json.loads(said[name])) for name, cost in costs.items()}, ""


def figured(measured: Sequence[Measured]) -> list[Figure]:
    """Hold what was measured against the limits."""
    found: list[Figure] = []
    for one in measured:
        at = f"{one.leads:.0e} leads".replace("e+0", "e")
        seconds = {name: cost.seconds for name, cost in one.costs.items()}
        if one.leads >= RATIOS_FROM:
            found += [
                Figure(f"{at}: {SQLITE} / {BARE}", seconds[SQLITE] / seconds[BARE], 1.3),
                Figure(f"{at}: {DUCKDB} / {SQLITE}", seconds[DUCKDB] / seconds[SQLITE], 0.6),
            ]
        found += [
            Figure(f"{at}: peak MiB of {SQLITE}", one.costs[SQLITE].mebibytes, 64),
            Figure(f"{at}: peak MiB of {UNINDEXED}", one.costs[UNINDEXED].mebibytes, 64),
            Figure(f"{at}: peak MiB of {COMMAND}", one.costs[COMMAND].mebibytes, 64),
            *(Figure(f"{at}: {name}: findings missing or too many", count, 0) for name, count in one.wrong.items()),
        ]
    for less, more in pairwise(measured):
        found += [_growth(less, more, name) for name in (SQLITE, UNINDEXED)]
    return found


def _growth(less: Measured, more: Measured, name: str) -> Figure:
    """Answer how time grows with the tables: as a ratio up to a million, as an exponent beyond."""
    ratio, times = more.costs[name].seconds / less.costs[name].seconds, more.leads / less.leads
    if more.leads < LARGEST:
        return Figure(f"{name}: {more.leads} / {less.leads} leads", ratio, 1.2 * times)
    return Figure(f"{name}: exponent of growth to {more.leads} leads", log(ratio) / log(times), 1.1)


def table(measured: Sequence[Measured], peers: Mapping[str, Peer], absent: str, figures: Sequence[Figure]) -> str:
    """Write everything down, a line each."""
    lines = []
    for one in measured:
        lines += ["", f"{f'{one.leads} leads':42} {'median s':>9} {'peak MiB':>9} {'wrong':>6}"]
        for name, cost in one.costs.items():
            lines.append(f"{name:42} {cost.seconds:9.2f} {cost.mebibytes:9.0f} {one.wrong.get(name, '-'):>6}")
        lines.append(f"{'writing Parquet, once':42} {one.parquet_seconds:9.2f}")
    lines += ["", f"{'four rules, said by hand':42} {'median s':>9} {'peak MiB':>9} {'/ bare':>6}  not sayable"]
    for name, peer in peers.items():
        ratio = peer.cost.seconds / peers["sqlite3"].cost.seconds
        unsaid = ", ".join(rule for rule, count in peer.found.items() if count is None) or "-"
        lines.append(f"{name:42} {peer.cost.seconds:9.2f} {peer.cost.mebibytes:9.0f} {ratio:6.1f}  {unsaid}")
    lines += [f"not measured: {absent}"] * bool(absent)
    return "\n".join([*lines, "", *map(str, figures)])


def _audit(name: str, place: Path, engine: str, tables: Path, *more: str) -> Command:
    return _command(name, place, "audit_run.py", engine, str(tables), str(place / f"{name}.json"), *more)


def _command(name: str, place: Path, script: str, *words: str) -> Command:
    return _python(name, place, str(ROOT / "benchmarks" / script), *words)


def _typed(name: str, place: Path, tables: Path) -> Command:
    """Answer the command line itself: damaged tables are not ready, so it ends with 1."""
    files = ("--reveal", str(place / f"{name}.json"), "--output", str(place / f"{name}.txt"))
    bounds = ("--deadline", "3600")
    return replace(_python(name, place, "-m", "deeplearn_checks", "audit", str(tables), *files, *bounds), status=1)


def _python(name: str, place: Path, *words: str) -> Command:
    folder = place / name.replace(" ", "-")
    folder.mkdir()
    environment = dict(os.environ) | {"SQLITE_TMPDIR": str(folder), "TMPDIR": str(folder)}
    return Command(name, (sys.executable, *words), folder, environment)


def _installed(python: Path) -> str:
    """Make the peers' virtual environment; answer why that cannot be, if so."""
    install = [str(python), "-m", "pip", "install", "--quiet", "--group", f"{ROOT / 'pyproject.toml'}:bench"]
    upgrade = [str(python), "-m", "pip", "install", "--quiet", "--upgrade", "pip>=25.1"]
    for words in ([sys.executable, "-m", "venv", str(python.parents[1])], upgrade, install):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"{' '.join(words[:4])} failed: {done.stderr.strip().splitlines()[-1:]}"
    return ""


def _options(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the audit over tables with known damage.")
    parser.add_argument("--leads", type=int, nargs="+", default=[100_000, 1_000_000], help="sizes (100000 1000000)")
    parser.add_argument("--largest", action="store_true", help=f"also {LARGEST} leads: an hour and 45 GB of disk")
    parser.add_argument("--rounds", type=int, default=2, help="times that everything is run, in turns (2)")
    parser.add_argument("--folder", type=Path, help="where tables are made (the folder for temporary files)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE as JSON")
    parser.add_argument("--no-peers", action="store_true", help="leave the peers out")
    return parser.parse_args(words)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CommandError as problem:
        sys.exit(str(problem))
