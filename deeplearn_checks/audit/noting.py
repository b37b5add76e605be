"""What a reader of an audit must know of how its tables were read: kept in the report, not only told on the way."""

from __future__ import annotations


class Note(str):
    """A text that a source or an engine tells and that belongs into the report, unlike one that tells of progress."""

    __slots__ = ()
