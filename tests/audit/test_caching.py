"""Where audits keep what they fetched: for its owner alone, for one account alone, and not of a sandbox."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from money import settings

from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources.caching import cache_folder, named_for, opened

SCHEMA = "CREATE TABLE IF NOT EXISTS kept (one)"
REMOTE = "https://api.razorpay.com"


def mode(path: Path) -> int:
    """Answer the permissions of a path."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("environ", "within"),
    [
        ({"XDG_CACHE_HOME": "{tmp}/xdg"}, "xdg/deeplearn-checks/audit"),
        ({"XDG_CACHE_HOME": "{tmp}/xdg", "named": "{tmp}/named"}, "named/audit"),
    ],
)
def test_the_folder_is_its_owners_alone(tmp_path: Path, environ: dict[str, str], within: str) -> None:
    """It is the user's cache, unless one is named; and brought to mode 0700 where it was open."""
    variables = {name: value.replace("{tmp}", str(tmp_path)) for name, value in environ.items()}
    (tmp_path / within).mkdir(parents=True, mode=0o755)

    folder = cache_folder(settings(DEEPLEARN_CHECKS_CACHE=variables.get("named", "")), REMOTE, tmp_path, variables)

    assert (folder, mode(folder)) == (tmp_path / within, 0o700)


def test_without_a_cache_home_it_is_below_the_home() -> None:
    """A relative one does not count (XDG base directories): the name alone is looked at here."""
    with pytest.raises(ConfigurationError, match="DEEPLEARN_CHECKS_CACHE: /proc/nowhere cannot be the cache"):
        cache_folder(settings(DEEPLEARN_CHECKS_CACHE="/proc/nowhere"), REMOTE, Path(), {"XDG_CACHE_HOME": "relative"})


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8002", "http://gateway.sandbox.localhost", "http://[::1]:1"])
def test_a_target_on_this_machine_leaves_nothing_behind(tmp_path: Path, origin: str) -> None:
    """Unless a folder is named."""
    assert cache_folder(settings(), origin, tmp_path, {}) == tmp_path


def test_a_file_tells_neither_key_nor_host() -> None:
    """And each account has its own."""
    names = {named_for("razorpay", REMOTE, key) for key in ("rzp_test_1", "rzp_live_1")}

    assert len(names) == 2
    assert not any("rzp" in name or "api.razorpay.com" in name for name in names)


def test_a_file_is_its_owners_alone(tmp_path: Path) -> None:
    """It holds people."""
    opened(tmp_path / "cache", SCHEMA).close()

    assert mode(tmp_path / "cache") == 0o600


@pytest.mark.parametrize("broken", ["text", "version"])
def test_a_cache_that_cannot_be_read_is_begun_anew(tmp_path: Path, broken: str) -> None:
    """One of another version, and one that is none."""
    file = tmp_path / "cache"
    if broken == "text":
        file.write_text("no database at all" * 100)
    else:
        with closing(sqlite3.connect(file)) as database:
            database.execute("PRAGMA user_version = 99")

    with closing(opened(file, SCHEMA)) as database:
        kept = database.execute("SELECT COUNT(*) FROM kept").fetchone()

    assert kept == (0,)


@pytest.mark.parametrize("place", ["folder", "locked"])
def test_a_cache_that_cannot_be_written_is_one_line(tmp_path: Path, place: str) -> None:
    """It names the setting."""
    file = tmp_path / "cache"
    schema = SCHEMA
    if place == "folder":
        file.mkdir()
    else:
        schema = "CREATE TABLE broken"

    with pytest.raises(ConfigurationError, match=r"DEEPLEARN_CHECKS_CACHE: .* cannot be used .*name another folder"):
        opened(file, schema)
