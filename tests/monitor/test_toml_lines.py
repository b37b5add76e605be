"""The line of a key in a TOML file."""

from __future__ import annotations

import pytest

from deeplearn_checks.monitor.toml_lines import line_of

TEXT = '''# a comment
store = "x"

[policy]
  fails_after = 1
diagnostics."a.b".flaps = 3

[[groups]]
name = "one"
words = [
  "[groups]",  # no header
  "two",
]
text = """
[[groups]]
name = "none"
"""

[[groups]]
name = "two"
policy = { flaps = 3, fails_after = 2 }
[groups.policy.diagnostics."x.y"]
flaps = 4

[ "quoted key" ]
a = 1
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("store",), 2),
        (("policy",), 4),
        (("policy", "fails_after"), 5),
        (("policy", "diagnostics", "a.b", "flaps"), 6),
        (("policy", "diagnostics"), 6),
        (("groups", 0), 8),
        (("groups", 0, "name"), 9),
        (("groups", 0, "words", 1), 10),
        (("groups", 0, "text"), 14),
        (("groups", 1), 19),
        (("groups", 1, "name"), 20),
        (("groups", 1, "policy", "flaps"), 21),
        (("groups", 1, "policy", "diagnostics", "x.y", "flaps"), 23),
        (("quoted key", "a"), 26),
        (("groups", 1, "missing"), 19),
        (("missing",), 1),
        ((), 1),
    ],
)
def test_a_key_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    """Of its own, or of the nearest thing around it; texts and comments are no keys."""
    assert line_of(TEXT, path) == line
