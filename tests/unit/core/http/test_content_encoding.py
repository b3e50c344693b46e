"""Content-Encoding is undone within bounds (docs/contract.md A3.2, A8)."""

import gzip
import tracemalloc
import zlib
from functools import partial

import pytest

from core.contract.errors import TooLarge, Unreadable
from core.http.content_encoding import inflated

TEXT = b'{"Subject":"s","To":"t@x"}'
LIMIT = 1_000_000
gzipped = partial(gzip.compress, mtime=0)


def raw_deflate(body):
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(body) + stream.flush()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (TEXT, ""),
        (TEXT, "identity"),
        (TEXT, " , Identity"),
        (gzipped(TEXT), "gzip"),
        (gzipped(TEXT), " GZip "),
        (gzipped(TEXT), "x-gzip"),
        (gzipped(TEXT), "identity, gzip"),
        (gzipped(TEXT[:9]) + gzipped(TEXT[9:]) + bytes(512), "gzip"),
        (zlib.compress(TEXT), "deflate"),
        (raw_deflate(TEXT), "deflate"),
        (raw_deflate(TEXT), "deflate, identity"),
    ],
)
def test_what_was_compressed_comes_back(body, encoding):
    assert inflated(body, encoding, LIMIT) == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("body", [TEXT, b"<SendMail/>", b"Subject=s", b"x", "ä".encode() * 99])
def test_what_was_unpacked_on_the_way_stays_as_it_is(body, encoding):
    assert inflated(body, encoding, LIMIT) == body


@pytest.mark.parametrize(
    "compress", [gzipped, zlib.compress, raw_deflate], ids=["gzip", "zlib", "raw"]
)
def test_what_is_cut_off_or_damaged_is_refused(compress):
    whole = compress(bytes(range(256)) * 40)
    encoding = "gzip" if compress is gzipped else "deflate"

    for cut in range(20, len(whole), 7):
        with pytest.raises(Unreadable):
            inflated(whole[:cut], encoding, LIMIT)
    with pytest.raises(Unreadable):
        inflated(whole + b"\xff", encoding, LIMIT)
    if compress is not raw_deflate:  # It has no checksum.
        with pytest.raises(Unreadable):
            inflated(whole[:12] + b"\xff\xff\xff\xff" + whole[16:], encoding, LIMIT)


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "*"])
def test_other_encodings_are_refused(encoding):
    with pytest.raises(Unreadable):
        inflated(gzipped(TEXT), encoding, LIMIT)


@pytest.mark.parametrize(
    "encoding", ["gzip, gzip", "gzip,deflate", "gzip, identity, x-gzip", "gzip, br", "br,br"]
)
@pytest.mark.parametrize("body", [TEXT, gzipped(TEXT), gzipped(gzipped(TEXT))])
def test_a_second_encoding_is_refused_with_what_to_do(body, encoding):
    with pytest.raises(Unreadable, match="compressed only once"):
        inflated(body, encoding, LIMIT)


@pytest.mark.parametrize(
    ("compress", "encoding"),
    [
        (gzipped, "gzip"),
        (zlib.compress, "deflate"),
        (raw_deflate, "deflate"),
        (lambda body: gzipped(body[1:]) + gzipped(body[:1]), "gzip"),
    ],
)
def test_the_limit_holds_exactly(compress, encoding):
    assert inflated(compress(bytes(LIMIT)), encoding, LIMIT) == bytes(LIMIT)
    with pytest.raises(TooLarge, match="1000000"):
        inflated(compress(bytes(LIMIT + 1)), encoding, LIMIT)


def test_a_bomb_costs_no_more_memory_than_the_limit():
    bomb = gzipped(bytes(100 * LIMIT))
    tracemalloc.start()

    with pytest.raises(TooLarge):
        inflated(bomb, "gzip", LIMIT)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * LIMIT


def test_a_swarm_of_tiny_members_is_refused():
    with pytest.raises(Unreadable):
        inflated(gzipped(b"") * 1_000, "gzip", LIMIT)
