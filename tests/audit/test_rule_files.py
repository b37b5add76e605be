"""Rules are files: ours, and those of the folders that an operator names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ruling import LEADS, MONEY, PAID, ruled, written

from deeplearn_checks.audit.rule import Rule, read_rule, rules
from deeplearn_checks.causes import CAUSES
from deeplearn_checks.causes.cause import Cause
from deeplearn_checks.finding import Severity
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_rule_is_what_its_file_says() -> None:
    """Its columns are those that the SELECT answers; its text has no comments."""
    read = ruled(f"/* Money. */\n{MONEY} -- all of it\n;", people="lead_id")

    assert read == Rule(
        "a-rule",
        Severity.CRITICAL,
        "paid-without-user",
        "payment-failure-playbook/4",
        "They paid.",
        ("lead_id",),
        frozenset({"lead_id"}),
        {"lead_registrations": frozenset({"lead_id", "user_id", "payment_status", "paid_at_ms", "metadata_json"})},
        ("lead_id", "amount_cents", "currency", "at_ms"),
        MONEY,
        remedy=CAUSES["paid-without-user"].remedy,
    )


def test_lines_of_windows_and_a_mark_at_the_beginning_change_nothing() -> None:
    """A file from another editor is the same rule."""
    text = "\ufeff" + written(PAID).replace("\n", "\r\n")

    assert read_rule(text, "a-rule.sql") == ruled(PAID)


def test_a_rule_of_an_operator_may_name_a_cause_of_its_own() -> None:
    """Any slug is one; ours name known causes. What is to be done is known where the cause is declared."""
    text = written(PAID).replace("paid-without-user", "our-own")
    own = Cause("our-own", "It is so.", "Call them.", "alert-workflow/3")

    bare, known = read_rule(text, "a-rule.sql"), read_rule(text, "a-rule.sql", causes={own.slug: own})

    assert [(rule.cause, rule.remedy) for rule in (bare, known)] == [("our-own", ""), ("our-own", "Call them.")]


def test_a_rule_of_ours_names_a_known_cause() -> None:
    """What a finding names has a meaning and a remedy."""
    text = written(PAID).replace("paid-without-user", "our-own")

    with pytest.raises(ConfigurationError, match=r"a-rule\.sql, line 3: there is no cause 'our-own'"):
        read_rule(text, "a-rule.sql", is_ours=True)


def test_a_file_is_called_as_its_rule() -> None:
    """A finding leads back to its file."""
    with pytest.raises(ConfigurationError, match=r"b\.sql, line 1: the file of rule a-rule is called a-rule\.sql"):
        read_rule(written(PAID), "b.sql")


def test_a_folder_adds_its_rules(tmp_path: Path) -> None:
    """Only files that end in .sql are rules; ours come first."""
    (tmp_path / "my-rule.sql").write_text(written(PAID, id_="my-rule"), "utf-8")
    (tmp_path / "notes.txt").write_text("no rule", "utf-8")
    (tmp_path / "folder.sql").mkdir()

    ours, both = rules(), rules([tmp_path])

    assert (both[: len(ours)], [rule.id for rule in both[len(ours) :]]) == (ours, ["my-rule"])


def test_a_folder_without_rules_is_a_mistake(tmp_path: Path) -> None:
    """A path that was mistyped must not look like rules that hold."""
    with pytest.raises(ConfigurationError, match=r"--rules .* holds no rule"):
        rules([tmp_path / "nowhere"])


def test_two_rules_of_one_id_are_refused(tmp_path: Path) -> None:
    """A finding names one rule."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "my-rule.sql").write_text(written(PAID, tables=LEADS, id_="my-rule"), "utf-8")

    with pytest.raises(ConfigurationError, match=r"b/my-rule\.sql: there is a rule my-rule already"):
        rules([tmp_path / "a", tmp_path / "b"])


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """With the reason in one line."""
    (tmp_path / "my-rule.sql").write_bytes(b"\xff")

    with pytest.raises(ConfigurationError, match=r"my-rule\.sql: cannot be read: it is not UTF-8"):
        rules([tmp_path])


def test_a_file_that_the_system_refuses_is_named(tmp_path: Path) -> None:
    """With the system's reason."""
    (tmp_path / "my-rule.sql").symlink_to("/proc/self/mem")  # can be opened, and not be read

    with pytest.raises(ConfigurationError, match=r"my-rule\.sql: cannot be read: Input/output error; mend or remove"):
        rules([tmp_path])
