"""The content codings that API Gateway knows, and which of them an answer gets."""

import gzip
import zlib

import pytest

from local import codings

TEXT = b"Hello " * 100


@pytest.mark.parametrize(
    ("coding", "undo"), [(b"gzip", gzip.decompress), (b"deflate", zlib.decompress)]
)
def test_what_is_packed_can_be_read_by_everybody(coding, undo):
    packed = codings.packed(TEXT, coding)

    assert undo(packed) == TEXT
    assert codings.unpacked(packed, coding, 1_000) == TEXT
    assert codings.unpacked(packed, coding, 10) == TEXT[:10]


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (b"", None),
        (b"*", None),
        (b"identity", None),
        (b"br", None),
        (b"gzip", b"gzip"),
        (b"GZip, deflate, br, zstd", b"gzip"),
        (b"deflate;q=1.0, gzip;q=0.5", b"deflate"),
        (b"deflate; q=0.5,gzip ;q=0.6", b"gzip"),
        (b"br;q=1, gzip;q=0.9", None),
        (b"br, gzip", None),
        (b"gzip;q=0", None),
        (b"gzip;q=much", None),
    ],
)
def test_the_coding_of_the_highest_priority_counts(accepted, coding):
    assert codings.preferred(accepted) == coding
