"""The other bytes that one webhook body may have been when it was signed: framed otherwise, or written by a serialiser.

Everything is bounded and made one form at a time; whatever the body holds, nothing raises.
Source: Razorpay, "Validate and test webhooks": the raw body, never parsed or cast.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deeplearn_checks.redaction import Json

LARGEST_WRITTEN = 1 << 18
"""The largest body, in bytes, that is parsed and written again; Razorpay's are a few KiB."""
LARGEST_FRAMED = 1 << 23
"""The largest body, in bytes, of which any other form is made."""
_DEEPEST = 100
_BOM = b"\xef\xbb\xbf"
_NEWLINE = "body-newline"
_MARKED = "body-byte-order-mark"
_LINES = "body-line-endings"
_WRITTEN = "body-reserialised"

Change = tuple[str, str]
"""What is different in the signed bytes: its slug, and the rest of the sentence."""


@dataclass(frozen=True, slots=True)
class Form:
    """The bytes that may have been signed, and the changes that lead to them from the body that is held."""

    changes: tuple[Change, ...]
    body: bytes


_FRAMES: tuple[tuple[Change, Callable[[bytes], bytes]], ...] = (
    ((_NEWLINE, "without the line break at its end"), lambda body: body.rstrip(b"\r\n")),
    ((_NEWLINE, "with a line break (LF) at its end"), lambda body: body + b"\n"),
    ((_NEWLINE, "with a line break (CRLF) at its end"), lambda body: body + b"\r\n"),
    ((_MARKED, "without the byte order mark before it"), lambda body: body.removeprefix(_BOM)),
    ((_MARKED, "with a byte order mark before it"), lambda body: _BOM + body),
    ((_LINES, "with LF in place of CRLF"), lambda body: body.replace(b"\r\n", b"\n")),
    ((_LINES, "with CRLF in place of LF"), lambda body: body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")),
    (("body-spaced", "without the white space around it"), lambda body: body.strip()),
    (("body-empty", "empty"), lambda _: b""),
)


def forms(body: bytes) -> Iterator[Form]:
    """Give every form in which a body may have been signed, each once, with fewer changes first; not the body itself.

    A body beyond `LARGEST_FRAMED` has none, one beyond `LARGEST_WRITTEN` only those that need no parsing.
    """
    seen = {hash(body)}
    for form in _every(body):
        if hash(form.body) not in seen:
            seen.add(hash(form.body))
            yield form


def _every(body: bytes) -> Iterator[Form]:
    if len(body) > LARGEST_FRAMED:
        return
    yield from _framed(Form((), body))
    if len(body) > LARGEST_WRITTEN:
        return
    written = tuple(_written(body))
    yield from written
    for form in (*_framed(Form((), body)), *written):
        yield from _framed(form)


def _framed(form: Form) -> Iterator[Form]:
    for change, frame in _FRAMES:
        yield Form((*form.changes, change), frame(form.body))


@dataclass(frozen=True, slots=True)
class Style:
    """How a serialiser writes JSON, in words that say so."""

    layout: str = "compact"
    order: str = "its keys in the order they came"
    characters: str = "unescaped"
    slashes: str = "slashes as they are"
    numbers: str = "numbers as they are"

    def words(self) -> tuple[str, ...]:
        """Answer each trait."""
        return (self.layout, self.order, self.characters, self.slashes, self.numbers)

    def unlike(self, other: Style) -> tuple[str, ...]:
        """Answer the traits that *other* has not."""
        return tuple(word for word, theirs in zip(self.words(), other.words(), strict=True) if word != theirs)


_LAYOUTS: dict[str, tuple[int | str | None, tuple[str, str]]] = {
    "compact": (None, (",", ":")),
    "spaced": (None, (", ", ": ")),
    "indented by 2": (2, (",", ": ")),
    "indented by 4": (4, (",", ": ")),
    "indented by tabs": ("\t", (",", ": ")),
}
SORTED = "sorted by key"
_ESCAPED = "ASCII-escaped"
_SLASHED = "slashes escaped"
_WHOLE = "1.0 written as 1"
_STYLES = tuple(
    Style(*words)
    for words in product(
        _LAYOUTS,
        (Style().order, SORTED),
        (Style().characters, _ESCAPED),
        (Style().slashes, _SLASHED),
        (Style().numbers, _WHOLE),
    )
)


def _written(body: bytes) -> Iterator[Form]:
    """Give the body as serialisers would write it, those first that differ least from how it is written now."""
    own, values = styles(body), _parsed(body)
    for style in sorted(_STYLES, key=lambda one: _distance(one, own)):
        if style not in own and style.numbers in values:
            nearest = min(own, key=lambda one: len(style.unlike(one)), default=None)
            words = style.unlike(nearest) if nearest else (style.layout, *style.unlike(Style(style.layout)))
            yield Form(((_WRITTEN, ", ".join(words)),), _write(values[style.numbers], style))


def _distance(style: Style, own: tuple[Style, ...]) -> int:
    return min((len(style.unlike(one)) for one in own), default=len(style.unlike(Style())))


def styles(body: bytes) -> tuple[Style, ...]:
    """Answer every style in which a body may have been written; none where it is no JSON, or of no one style.

    Line ends and what stands around the body do not count.
    """
    bare = body.removeprefix(_BOM).strip().replace(b"\r\n", b"\n")
    values = _parsed(body)
    return tuple(one for one in _STYLES if one.numbers in values and _write(values[one.numbers], one) == bare)


def same_json(body: bytes, other: bytes) -> bool:
    """Whether two bodies hold the same JSON, however it is written."""
    ours, theirs = ([_write(value, Style(order=SORTED)) for value in _parsed(one).values()] for one in (body, other))
    return bool(ours) and ours == theirs


def _parsed(body: bytes) -> dict[str, Json]:
    """Parse a body by how numbers are read; empty where it is no JSON, too large or too deep to be written again."""
    if len(body) > LARGEST_WRITTEN:
        return {}
    try:
        text = body.decode("utf-8-sig")
        values: dict[str, Json] = {Style().numbers: json.loads(text), _WHOLE: json.loads(text, parse_float=_whole)}
    except (ValueError, RecursionError):
        return {}
    if _too_deep(values[_WHOLE]):
        return {}
    if json.dumps(values[_WHOLE]) == json.dumps(values[Style().numbers]):
        del values[_WHOLE]
    return values


def _too_deep(value: Json) -> bool:
    """Whether a value is nested deeper than any event is; asked level by level, because recursion has an end."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [child for one in level for child in _children(one)]
        if not level:
            return False
    return True


def _children(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _whole(text: str) -> float:
    """Read a number as a language without integers writes it."""
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 1e21 else number  # noqa: PLR2004  JavaScript's limit


def _write(value: Json, style: Style) -> bytes:
    indent, separators = _LAYOUTS[style.layout]
    text = json.dumps(
        value,
        indent=indent,
        separators=separators,
        sort_keys=style.order == SORTED,
        ensure_ascii=style.characters == _ESCAPED,
    )
    if style.slashes == _SLASHED:
        text = text.replace("/", "\\/")
    return text.encode("utf-8", "backslashreplace")  # a lone surrogate is written as its escape
