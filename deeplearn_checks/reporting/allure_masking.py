"""Results of Allure as they may be shown: copied, and every text in them redacted.

The checks' own results hold nothing to mask. Beside them a team reports tests of its own, and pytest writes their local
values, their output and their parameters as they are.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from deeplearn_checks.redaction import Json, Redactor

_NOT_TEXTS = frozenset({"children", "historyId", "source", "stage", "status", "testCaseId", "type", "uuid"})
"""Fields by which Allure joins files and runs: no text, and another one would lose what it names."""


def masked(folder: Path, copy: Path, redact: Redactor) -> Path:
    """Copy a folder of results, every text redacted; what is no text (a picture, an archive) is copied as it is."""
    copy.mkdir(parents=True)
    for file in folder.iterdir():
        if file.is_file():
            _copied(file, copy / file.name, redact)
    return copy


def _copied(file: Path, copy: Path, redact: Redactor) -> None:
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        shutil.copyfile(file, copy)
        return
    is_result = file.name.endswith(("-result.json", "-container.json"))
    copy.write_text((is_result and _rewritten(text, redact)) or redact.fields(text), encoding="utf-8", newline="")


def _rewritten(text: str, redact: Redactor) -> str:
    """Redact a file of JSON; one that is none is left to the caller."""
    try:
        return json.dumps(_result(json.loads(text), "", redact), ensure_ascii=False)
    except ValueError:
        return ""


def _result(value: Json, name: str, redact: Redactor) -> Json:
    """Redact a result, a step or a container; a parameter or label by its own name too."""
    if isinstance(value, dict):
        named = value.get("name")
        by = {"value": named} if isinstance(named, str) else {}
        return {
            key: item if key in _NOT_TEXTS else _result(item, by.get(key, key), redact) for key, item in value.items()
        }
    if isinstance(value, list):
        return [_result(item, name, redact) for item in value]
    return redact.named(name, value) if isinstance(value, str) else value
