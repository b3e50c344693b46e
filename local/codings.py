"""The content codings that API Gateway supports: gzip (RFC 1952) and deflate (zlib's, RFC 1950).

Source: docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-enable-compression.html.
"""

from __future__ import annotations

import gzip
import io
import zlib

SUPPORTED = (b"gzip", b"deflate")


def unpacked(packed: bytes, coding: bytes, most: int) -> bytes:
    """Return what is in `packed`, at most `most` bytes of it. Raises `ValueError` if broken."""
    try:
        if coding == b"gzip":
            return gzip.GzipFile(fileobj=io.BytesIO(packed)).read(most)
        stream = zlib.decompressobj()
        content = stream.decompress(packed, most)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(coding) from error
    if len(content) < most and (not stream.eof or stream.unused_data):
        raise ValueError(coding)
    return content


def packed(content: bytes, coding: bytes) -> bytes:
    return gzip.compress(content) if coding == b"gzip" else zlib.compress(content)


def preferred(accept_encoding: bytes) -> bytes | None:
    """Return the coding that is wanted most (RFC 9110 section 12.5.3), if it is supported.

    Of several that are wanted alike it is the first: API Gateway packs nothing if the one of the
    highest priority is unknown to it.
    """
    wanted: list[tuple[float, bytes]] = []
    for item in accept_encoding.lower().split(b","):
        name, _, parameter = item.partition(b";")
        wanted.append((_weight(parameter), name.strip()))
    weight, coding = max(wanted, key=lambda each: each[0])
    return coding if weight > 0 and coding in SUPPORTED else None


def _weight(parameter: bytes) -> float:
    """Return the number after `q=`: 1 if there is none, 0 for what is no number."""
    name, _, value = parameter.partition(b"=")
    if name.strip() != b"q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
