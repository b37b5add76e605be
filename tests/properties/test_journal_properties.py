"""Whatever is cut off a journal's end or changed in its middle, it says so and keeps the rest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deeplearn_checks.incident.journal import FIRST, Scribe, reading
from deeplearn_checks.redaction import Redactor

TEXTS = st.lists(st.text(max_size=20), min_size=3, max_size=6)


def journal(texts: list[str]) -> bytes:
    """Write a journal of notes."""
    scribe, lines, previous = Scribe(Redactor()), [b""], FIRST
    for text in texts:
        lines.append(scribe.line("noted", {"text": text}, previous))
        previous = reading(b"".join(lines)).entries[-1].hash
    return b"".join(lines)


@given(texts=TEXTS, data=st.data())
def test_a_tail_that_is_cut_off_leaves_the_entries_before_it(texts: list[str], data: st.DataObject) -> None:
    """Any prefix of the bytes yields a prefix of the entries, and nothing is called damaged."""
    held = journal(texts)
    whole = reading(held).entries

    read = reading(held[: data.draw(st.integers(0, len(held)))])

    assert (read.entries, read.damaged) == (whole[: len(read.entries)], ())


@given(texts=TEXTS, data=st.data())
def test_any_byte_changed_before_the_last_line_is_reported(texts: list[str], data: st.DataObject) -> None:
    """The line is named whose byte it was, and no other entry is lost but the one that it was joined with."""
    held = bytearray(journal(texts))
    place = data.draw(st.integers(0, held.rstrip(b"\n").rfind(b"\n")))
    number = held[:place].count(b"\n") + 1
    held[place] ^= data.draw(st.integers(1, 255))

    read = reading(bytes(held))

    assert (number in read.damaged, len(read.entries) >= len(texts) - 2) == (True, True)
