"""Bodies as they come off the wire, decompressed piece by piece and never further than they are wanted."""

from __future__ import annotations

import zlib

ACCEPTED = "gzip"
"""The compression that is asked for."""

_KNOWN = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class Body:
    """Collects one body of at most *limit* bytes, counted after decompression; takes no more memory than that.

    Raises zlib.error where it is not compressed as *encoding*, its `content-encoding`, says.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        encoding = encoding.strip().lower()
        if encoding not in _KNOWN:
            raise zlib.error(f"content-encoding {encoding!r} was not asked for")
        self._inflating = None if encoding in {"", "identity"} else zlib.decompressobj(_GZIP_OR_ZLIB)
        self._limit = limit
        self._held = bytearray()

    def fits(self, piece: bytes) -> bool:
        """Add a piece; answer whether the body is still within its limit."""
        if self._inflating is None:
            self._held += piece
        else:
            self._held += self._inflating.decompress(piece, self._limit + 1 - len(self._held))
        return len(self._held) <= self._limit

    def whole(self) -> bytes:
        """Answer the body when its last piece was added; raises zlib.error where more should have come."""
        if self._inflating is not None and self._held and not self._inflating.eof:
            raise zlib.error("the compressed body ends too early")
        return bytes(self._held)
