"""Turns the bytes that a request holds into text, by the charset that the caller names.

A byte that cannot be decoded is an error, and never U+FFFD in a mail (docs/contract.md B5 Q).
"""

import codecs

from core.contract.errors import Fault, Unreadable
from core.contract.limits import BODY

_WINDOWS_1252 = frozenset("cp1252 iso88591 latin1 l1 cp819".split())  # noqa: SIM905
"""Who names ISO-8859-1 means Windows-1252, which has signs such as the euro where ISO-8859-1 has
control characters: so all browsers read it
(https://encoding.spec.whatwg.org/#names-and-labels)."""
_CODECS = {
    **{name: name for name in "gbk gb2312 gb18030 big5 big5hkscs sjis eucjp euckr".split()},  # noqa: SIM905
    **{f"cp{page}": f"cp{page}" for page in (437, 850, 852, 858, 866, *range(1250, 1259))},
    **{f"iso8859{part}": f"iso8859-{part}" for part in range(2, 17) if part != 12},
    "utf8": "utf-8",
    "ascii": "ascii",
    "usascii": "ascii",
    "utf16": "utf-16",
    "utf16le": "utf-16-le",
    "utf16be": "utf-16-be",
    "utf32": "utf-32",
    "utf32le": "utf-32-le",
    "utf32be": "utf-32-be",
    "koi8r": "koi8-r",
    "koi8u": "koi8-u",
    "macintosh": "mac-roman",
    "macroman": "mac-roman",
    "shiftjis": "shift_jis",
    "iso2022jp": "iso2022_jp",
    "tis620": "tis-620",
    **dict.fromkeys(_WINDOWS_1252, "cp1252"),
}
"""What is read, by its name without `-` and `_`: the charsets of web, mail and old office programs.
Python knows more, some of which are none for texts, or take quadratic time."""


def known(charset: str) -> str:
    """Return Python's name of a charset, in any spelling; "" for one that is not read."""
    name = charset.lower().replace("-", "").replace("_", "")
    for vendor in ("windows", "ibm"):
        if name.startswith(vendor):
            name = f"cp{name.removeprefix(vendor)}"
    return _CODECS.get(name, "")


def codec_of(charset: str) -> str:
    """Return Python's name of a charset; "" is UTF-8. Raises `Unreadable` for an unknown one."""
    if codec := known(charset) if charset else "utf-8":
        return codec
    message = "The charset that the request names is not known: send UTF-8."
    raise Unreadable(message, Fault(BODY, "Charset", message))


def decode(data: bytes, codec: str) -> str:
    """Decode a part of a body with a codec that `codec_of` has named. Raises `Unreadable`."""
    try:
        return text_of(data, codec)
    except UnicodeDecodeError:
        raise undecodable(codec) from None


def text_of(data: bytes | bytearray, codec: str) -> str:
    """Decode bytes with a codec that `known` has named. Raises `UnicodeDecodeError`."""
    return data.decode(codec, _OPEN_BYTES if codec == "cp1252" else "strict")


def encode(text: str, codec: str) -> bytes:
    """Undo `decode`. Raises `Unreadable` for characters that the codec does not have."""
    try:
        return text.encode(codec)
    except UnicodeEncodeError:
        raise undecodable(codec) from None


def undecodable(codec: str) -> Unreadable:
    """Return the refusal of a body that is not in the charset that it should be in."""
    name = "UTF-8" if codec == "utf-8" else f"the charset that it names ({codec})"
    message = (
        f"The body is not in {name}, or it holds the character U+FFFD, which stands for damage. "
        "Send UTF-8. XML and forms may be in another charset, if they name it."
    )
    return Unreadable(message, Fault(BODY, "Charset", message))


_OPEN_BYTES = "core.contract.charsets.open_bytes"


def _control(error: UnicodeError) -> tuple[str, int]:
    """Decode the five bytes that Windows-1252 leaves open as ISO-8859-1 does: control characters.

    https://encoding.spec.whatwg.org/#index-windows-1252
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("iso-8859-1"), error.end


codecs.register_error(_OPEN_BYTES, _control)
