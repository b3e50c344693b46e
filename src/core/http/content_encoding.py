"""Undoes a request's Content-Encoding, within the limit of a body (docs/contract.md A3.2, A8)."""

import zlib

from core.contract.errors import Unreadable
from core.contract.limits import too_large

_MAX_MEMBERS = 16
"""How many members a gzip stream may have (RFC 1952 §2.2): each costs a copy of what follows."""
_GZIP_MAGIC = b"\x1f\x8b"
_AS_GZIP, _AS_ZLIB, _AS_RAW_DEFLATE = 31, 15, -15  # zlib's `wbits`


def inflated(body: bytes, content_encoding: str, limit: int) -> bytes:
    """Return `body` as it was before `content_encoding` (RFC 9110 §8.4).

    Takes `gzip`, `x-gzip`, `deflate` (RFC 9110 §8.4.1's zlib format, and the raw one that the
    original takes) and `identity`, which means nothing. One of them is undone: no client compresses
    what is compressed, and two hundred bytes could hold megabytes. A body that is plainly not
    compressed stays as it is: whoever stands in front of the service may have unpacked it and left
    the header. Raises `TooLarge` before more than `limit` bytes are held, and `Unreadable` for what
    is cut off, damaged, or encoded otherwise.
    """
    names = (name.strip().lower() for name in content_encoding.split(","))
    encodings = [name for name in names if name not in ("", "identity")]
    match encodings:
        case []:
            return body
        case ["gzip" | "x-gzip"]:
            return _gunzipped(body, limit)
        case ["deflate"]:
            return _undeflated(body, limit)
        case [_]:
            raise Unreadable("The Content-Encoding must be gzip, deflate or identity.")
        case _:
            raise Unreadable(
                "The body must be compressed only once: the Content-Encoding must name one of gzip "
                "and deflate."
            )


def _gunzipped(body: bytes, limit: int) -> bytes:
    if not body.startswith(_GZIP_MAGIC):
        return body
    whole, rest = b"", body
    for _ in range(_MAX_MEMBERS):
        content, rest = _unpacked(rest, _AS_GZIP, limit, len(whole))
        whole += content
        if not rest.strip(b"\0"):  # Archivers pad to a block; gzip itself passes over it.
            return whole
    raise Unreadable("The body is not one gzip stream.")


def _undeflated(body: bytes, limit: int) -> bytes:
    """Unpack either format; what fits neither and is text was never packed."""
    zlib_header = body[:1] and body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0
    try:
        content, rest = _unpacked(body, _AS_ZLIB if zlib_header else _AS_RAW_DEFLATE, limit, 0)
        if not rest:
            return content
    except Unreadable:
        if not _is_text(body):
            raise
    if not _is_text(body):
        raise Unreadable("The body is not one deflate stream.")
    return body


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _unpacked(packed: bytes, wbits: int, limit: int, bytes_before: int) -> tuple[bytes, bytes]:
    """Unpack one stream; return also what follows it."""
    stream = zlib.decompressobj(wbits)
    try:
        content = stream.decompress(packed, limit + 1 - bytes_before)
    except zlib.error:
        raise Unreadable("The body is not compressed as its Content-Encoding says.") from None
    if bytes_before + len(content) > limit:
        raise too_large(limit)
    if not stream.eof:
        raise Unreadable("The compressed body is cut off.")
    return content, stream.unused_data
