"""Files of keys are for their owner, whole or not at all; a baseline names nobody."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
from ruling import PAID, no_file_larger_than, ruled

from deeplearn_checks.audit.baseline import Baseline, Recording, read_baseline, write_baseline
from deeplearn_checks.audit.revealing import Reveal
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

RULE = ruled(PAID)
SALT = "0" * 32
HASH = "ab" * 16


def revealed(file: Path, *keys: str | KeyboardInterrupt) -> None:
    """Write these keys, until somebody presses Ctrl-C."""
    with Reveal(file) as reveal:
        reveal.begin(RULE)
        for key in keys:
            if isinstance(key, KeyboardInterrupt):
                raise key
            reveal.add(key)


def test_only_the_owner_reads_what_is_revealed(tmp_path: Path) -> None:
    """The mode is 0600 from the first byte, whatever file was there."""
    file = tmp_path / "real.json"
    file.write_text("old", "utf-8")
    file.chmod(0o666)

    revealed(file, '["a"]')

    assert (stat.S_IMODE(file.stat().st_mode), file.read_text("utf-8")) == (0o600, '{"a-rule": [\n"a"]}\n')


def test_an_interrupted_audit_reveals_nothing(tmp_path: Path) -> None:
    """The old file stays and no other is left beside it."""
    file = tmp_path / "real.json"
    file.write_text("old", "utf-8")

    with pytest.raises(KeyboardInterrupt):
        revealed(file, '["a"]', KeyboardInterrupt())

    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == {"real.json": "old"}


def test_nothing_judged_is_an_empty_object(tmp_path: Path) -> None:
    """The file can be read in any case."""
    with Reveal(tmp_path / "real.json"):
        pass

    assert (tmp_path / "real.json").read_text("utf-8") == "{}\n"


@pytest.mark.parametrize(("name", "said"), [("", "is a folder"), ("no/file", "No such file or directory")])
def test_a_place_that_cannot_be_written_is_named_before_the_audit(tmp_path: Path, name: str, said: str) -> None:
    """Not after an hour."""
    with pytest.raises(ConfigurationError, match=f"--reveal .*{said}.*; give a file|--reveal .*{said}; give a file"):
        revealed(tmp_path / name)


def test_a_name_that_is_taken_meanwhile_is_named(tmp_path: Path) -> None:
    """And nothing is left beside it."""
    file = tmp_path / "real.json"

    with pytest.raises(ConfigurationError, match="cannot be written: Is a directory"), Reveal(file):
        file.mkdir()

    assert [path.name for path in tmp_path.iterdir()] == ["real.json"]


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """It is told in one line."""
    with no_file_larger_than(4096), pytest.raises(ConfigurationError, match="cannot be written: File too large"):
        revealed(tmp_path / "real.json", '["a"]' * 100_000)

    assert list(tmp_path.iterdir()) == []


def test_a_baseline_is_read_as_it_was_written(tmp_path: Path) -> None:
    """With its salt."""
    baseline = Baseline(known={"a": frozenset({b"1" * 16, b"2" * 16}), "b": frozenset()})

    write_baseline(tmp_path / "known.json", baseline)

    assert read_baseline(tmp_path / "known.json") == baseline


def test_a_baseline_names_nobody(tmp_path: Path) -> None:
    """It holds hashes, and those of two files cannot be compared."""
    files = [tmp_path / "one.json", tmp_path / "other.json"]
    for file in files:
        with Recording(file, Baseline()) as recording:
            recording.begin(RULE)
            recording.add('["asha@example.com"]')

    (one,), (other,) = (read_baseline(file).known["a-rule"] for file in files)

    assert ("asha" in files[0].read_text("utf-8"), one == other) == (False, False)


def test_rules_that_were_not_judged_stay_known(tmp_path: Path) -> None:
    """A run with --only, or without a source, forgets nothing of the others."""
    previous = Baseline(known={"other": frozenset({b"1" * 16}), "a-rule": frozenset({b"2" * 16})})

    with Recording(tmp_path / "known.json", previous) as recording:
        recording.begin(RULE)
        recording.add('["new"]')
    known = read_baseline(tmp_path / "known.json")

    assert (known.known["other"], len(known.known["a-rule"]), known.holds("a-rule", '["new"]')) == (
        previous.known["other"],
        1,
        True,
    )


def test_a_finding_is_known_for_its_rule_only() -> None:
    """The same lead under another rule is new."""
    known = Baseline()
    known = Baseline(known.salt, {"one": frozenset({known.hashed("one", '["a"]')})})

    assert [known.holds(rule, key) for rule, key in (("one", '["a"]'), ("one", '["b"]'), ("other", '["a"]'))] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is no baseline: it is no JSON"),
        ("[" * 100_000, "is no baseline: it is no JSON"),
        ("{}", "its format is not deeplearn-checks-baseline-1"),
        (f'{{"format": "deeplearn-checks-baseline-2", "salt": "{SALT}", "rules": {{}}}}', "its format is not"),
        ('{"format": "deeplearn-checks-baseline-1", "salt": "x", "rules": {}}', "its format is not"),
        (f'{{"format": "deeplearn-checks-baseline-1", "salt": "{SALT}", "rules": {{"a": 5}}}}', "of a are no hashes"),
        (
            f'{{"format": "deeplearn-checks-baseline-1", "salt": "{SALT}", "rules": {{"a": ["x"]}}}}',
            "of a are no hashes",
        ),
    ],
)
def test_what_is_no_baseline_is_named(tmp_path: Path, content: str, said: str) -> None:
    """One line with the remedy: an unread baseline must not make everything new, or known."""
    (tmp_path / "known.json").write_text(content, "utf-8")

    with pytest.raises(ConfigurationError, match=rf"known\.json.*{said}"):
        read_baseline(tmp_path / "known.json")


def test_a_baseline_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the system's reason."""
    with pytest.raises(ConfigurationError, match="cannot be read: No such file or directory; give another file"):
        read_baseline(tmp_path / "known.json")
