"""A body is collected up to its limit, inflated no further than that, and is either whole or refused."""

from __future__ import annotations

import gzip
import zlib

import pytest

from deeplearn_checks.bodies import Body

TEXT = b'{"status": "ok"}' * 9
RAW = zlib.compressobj(wbits=-zlib.MAX_WBITS)
NAKED = RAW.compress(TEXT) + RAW.flush()


def collected(encoding: str, *pieces: bytes, limit: int = 1000) -> bytes:
    """Answer the body of these pieces, all of which fit."""
    body = Body(encoding, limit)
    assert all(body.fits(piece) for piece in pieces)
    return body.whole()


@pytest.mark.parametrize(
    ("encoding", "sent"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0)),
        (" GZip ", gzip.compress(TEXT, mtime=0)),
        ("x-gzip", gzip.compress(TEXT, mtime=0)),
        ("deflate", zlib.compress(TEXT)),
        ("gzip", gzip.compress(TEXT, mtime=0) + b"what follows the end"),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_body_is_whole_however_it_was_cut(encoding: str, sent: bytes, size: int) -> None:
    """Pieces of any size give the same text, compressed or not."""
    pieces = [sent[start : start + size] for start in range(0, len(sent), size)]

    body = collected(encoding, *pieces)

    assert body == TEXT


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_an_empty_body_needs_no_compression(encoding: str) -> None:
    """The answer to HEAD names a compression and has no body."""
    body = collected(encoding)

    assert body == b""


@pytest.mark.parametrize(("encoding", "sent"), [("", TEXT), ("gzip", gzip.compress(TEXT, mtime=0))])
@pytest.mark.parametrize(("spare", "fits"), [(0, True), (-1, False)])
def test_the_limit_counts_what_is_read(encoding: str, sent: bytes, spare: int, *, fits: bool) -> None:
    """The last byte within the limit fits, the next does not, counted after decompression."""
    body = Body(encoding, len(TEXT) + spare)

    answer = body.fits(sent)

    assert answer is fits


@pytest.mark.parametrize(
    ("encoding", "sent"),
    [("gzip", TEXT), ("deflate", NAKED), ("gzip", gzip.compress(TEXT, mtime=0)[:-9]), ("br", TEXT)],
)
def test_what_is_not_compressed_as_it_says_is_refused(encoding: str, sent: bytes) -> None:
    """Another compression, one that ends too early, and one that nobody asked for are no bodies."""
    with pytest.raises(zlib.error):
        collected(encoding, sent)
