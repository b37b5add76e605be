"""Results of tests of one's own, as the report may show them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.redaction import Redactor
from deeplearn_checks.reporting.allure_masking import masked

if TYPE_CHECKING:
    from pathlib import Path

REDACT = Redactor(("the-token-of-ours",))
ASHA = REDACT.person("asha@example.com")


def shown(folder: Path, name: str, content: bytes) -> bytes:
    """Answer what is shown of a file of results."""
    given = folder / "given"
    (given / "not-a-file").mkdir(parents=True)
    (given / name).write_bytes(content)
    return (masked(given, folder / "shown", REDACT) / name).read_bytes()


def test_every_text_of_a_result_is_masked(tmp_path: Path) -> None:
    """Message, trace, steps and parameters, by what they hold and by their names; numbers stay."""
    result = {
        "name": "test_it[the-token-of-ours]",
        "start": 1795447898281,
        "statusDetails": {"message": "asha@example.com", "trace": "x = 'the-token-of-ours'"},
        "steps": [{"name": "as asha@example.com", "attachments": []}],
        "parameters": [{"name": "password", "value": "'unknown'"}, {"name": "size", "value": "3"}],
    }

    told = json.loads(shown(tmp_path, "u-result.json", json.dumps(result).encode()))

    assert told == {
        "name": "test_it[[secret]]",
        "start": 1795447898281,
        "statusDetails": {"message": ASHA, "trace": "x = '[secret]'"},
        "steps": [{"name": f"as {ASHA}", "attachments": []}],
        "parameters": [{"name": "password", "value": "[secret]"}, {"name": "size", "value": "3"}],
    }


def test_what_joins_files_and_runs_stays(tmp_path: Path) -> None:
    """An id that looks like a telephone number is none."""
    container = {"uuid": "9876543210", "children": ["9876543210"], "befores": [{"historyId": "9876543210"}]}

    told = json.loads(shown(tmp_path, "u-container.json", json.dumps(container).encode()))

    assert told == container


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("u-attachment.txt", b"the-token-of-ours\r\nasha@example.com", f"[secret]\r\n{ASHA}".encode()),
        ("u-attachment.json", b'{"password": "unknown"}', b'{"password": "[secret]"}'),
        ("u-container.json", b'{"broken": "the-token-of-ours"', b'{"broken": "[secret]"'),
        ("u-attachment.png", b"\x89PNG the-token-of-ours", b"\x89PNG the-token-of-ours"),
    ],
)
def test_attachments_are_masked_where_they_are_texts(
    tmp_path: Path, name: str, content: bytes, expected: bytes
) -> None:
    """A picture cannot be."""
    assert shown(tmp_path, name, content) == expected
