"""What is known already: a file of hashed keys by rule, so that known findings do not fail the next audit.

A hash is an HMAC-SHA256, cut to 16 bytes, keyed with a random salt that the file holds: it names nobody, two files
cannot be joined, and no secret has to be kept or survive a rotation for it. Who holds the file can still try out a
guess, for the id of a learner may come from an e-mail address: it is written for its owner only.
"""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass, field
from secrets import token_bytes
from typing import TYPE_CHECKING

from deeplearn_checks.audit.keeping import KeyFile
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from deeplearn_checks.audit.rule import Rule

FORMAT = "deeplearn-checks-baseline-1"
_BYTES = 16
_SALT = re.compile(r"[0-9a-f]{32}")
_HASH = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Baseline:
    """Known findings, as hashes by rule. Memory grows with them: some 100 bytes each."""

    salt: bytes = field(default_factory=lambda: token_bytes(_BYTES), repr=False)
    known: Mapping[str, frozenset[bytes]] = field(default_factory=dict, repr=False)

    def hashed(self, rule: str, key: str) -> bytes:
        """Answer the hash of a key of a rule; the key is the JSON list of its texts."""
        return hmac.digest(self.salt, f"{rule} {key}".encode(), "sha256")[:_BYTES]

    def holds(self, rule: str, key: str) -> bool:
        """Tell whether a finding is known."""
        hashes = self.known.get(rule, frozenset())
        return bool(hashes) and self.hashed(rule, key) in hashes


class Recording(KeyFile):
    """Writes a baseline of every rule that was judged, while the audit runs.

    Rules that were not judged keep what *previous* knows of them.
    """

    def __init__(self, file: Path, previous: Baseline) -> None:
        super().__init__(
            file, "--write-baseline", f'{{"format": "{FORMAT}", "salt": "{previous.salt.hex()}", "rules": ', "}\n"
        )
        self._previous = previous
        self._judged: set[str] = set()
        self._rule = ""

    def begin(self, rule: Rule) -> None:
        """Begin the list of one rule."""
        self._rule = rule.id
        self._judged.add(rule.id)
        self.begin_list(rule.id)

    def add(self, key: str) -> None:
        """Write the hash of one key."""
        self.add_item(f'"{self._previous.hashed(self._rule, key).hex()}"')

    def finish(self) -> None:
        """Write what is known of the rules that were not judged."""
        for rule in sorted(self._previous.known.keys() - self._judged):
            self.begin_list(rule)
            for known in sorted(self._previous.known[rule]):
                self.add_item(f'"{known.hex()}"')


def write_baseline(file: Path, baseline: Baseline) -> None:
    """Write a baseline as it is, for its owner only; raises ConfigurationError."""
    with Recording(file, baseline):
        pass


def read_baseline(file: Path) -> Baseline:
    """Read the baseline of a file; raises ConfigurationError, which names it and the remedy."""
    try:
        held = json.loads(file.read_bytes())
    except OSError as problem:
        raise ConfigurationError(f"--baseline {file} cannot be read: {problem.strerror}; give another file") from None
    except (ValueError, RecursionError):
        raise _no_baseline(file, "it is no JSON") from None
    match held:
        case {"format": str(form), "salt": str(salt), "rules": dict(lists)} if form == FORMAT and _SALT.fullmatch(salt):
            return Baseline(bytes.fromhex(salt), {rule: _hashes(file, rule, hashes) for rule, hashes in lists.items()})
    raise _no_baseline(file, f"its format is not {FORMAT}")


def _hashes(file: Path, rule: str, hashes: Iterable[object]) -> frozenset[bytes]:
    texts = (
        [text for text in hashes if isinstance(text, str) and _HASH.fullmatch(text)] if isinstance(hashes, list) else []
    )
    if not isinstance(hashes, list) or len(texts) < len(hashes):
        raise _no_baseline(file, f"what it holds of {rule} are no hashes")
    return frozenset(map(bytes.fromhex, texts))


def _no_baseline(file: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(f"--baseline {file} is no baseline: {reason}; write it anew, or give another file")
