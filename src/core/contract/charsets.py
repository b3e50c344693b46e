"""Turns the bytes that a request holds into text, by the charset that the caller names.

A byte that cannot be decoded is an error, and never U+FFFD in a mail (docs/contract.md B5 Q).
"""

import codecs
from collections.abc import Callable
from functools import cache

from core.contract.errors import Fault, Unreadable
from core.contract.limits import BODY

_PAGES = (437, 737, 775, 850, 852, 855, 857, 858, *range(860, 867), 869, 874, *range(1250, 1259))
_NAMES = {
    "utf-8": "utf8 unicode11utf8 unicode20utf8 utf8mb4 utf8bom cp65001",
    "utf-16": "utf16 unicode ucs2 iso10646ucs2",
    "utf-16-le": "utf16le",
    "utf-16-be": "utf16be unicodefffe",
    "utf-32": "utf32",
    "utf-32-le": "utf32le",
    "utf-32-be": "utf32be",
    "ascii": "ascii usascii ansix3.41968 ansix3.41986 iso646us isoir6 us",
    "cp1252": "iso88591 latin1 isolatin1 l1 isoir100 cp819",
    "cp1254": "iso88599 latin5 isolatin5 l5 isoir148",
    "cp874": "iso885911 tis620",
    "iso8859-2": "latin2 isolatin2 l2 isoir101",
    "iso8859-3": "latin3 isolatin3 l3 isoir109",
    "iso8859-4": "latin4 isolatin4 l4 isoir110",
    "iso8859-5": "cyrillic isolatincyrillic isoir144",
    "iso8859-6": "iso88596i iso88596e arabic isolatinarabic ecma114 asmo708 isoir127",
    "iso8859-7": "greek greek8 isolatingreek ecma118 elot928 suneugreek isoir126",
    "iso8859-8": "iso88598i iso88598e hebrew isolatinhebrew logical visual isoir138",
    "iso8859-10": "latin6 isolatin6 l6 isoir157",
    "iso8859-15": "latin9 isolatin9 l9",
    "koi8-r": "koi8r koi8 koi",
    "koi8-u": "koi8u koi8ru",
    "mac-roman": "macintosh macroman mac",
    "mac-cyrillic": "maccyrillic macukrainian",
    "gb18030": "gb18030 gb180302000 gb180302005 gbk gb2312 gb231280 iso58gb231280 isoir58 chinese "
    "cp936 euccn",
    "hz": "hzgb2312 hz",
    "cp950": "big5 big5tw cnbig5 cp950",
    "big5hkscs": "big5hkscs cp951",
    "cp932": "shiftjis sjis cp31j cpkanji cp932 cp943",
    "euc_jp": "eucjp eucpkdfmtjapanese ujis cp51932",
    "iso2022_jp_ext": "iso2022jp iso2022jp1 iso2022jpms cp50220 cp50221 cp50222",
    "iso2022_jp_2": "iso2022jp2",
    "cp949": "euckr korean ksc5601 ksc56011987 ksc56011989 ksx1001 isoir149 uhc cp949 cp51949",
    "iso2022_kr": "iso2022kr cp50225",
}
"""What is read, by its names as `known` looks them up: the labels of browsers
(https://encoding.spec.whatwg.org/#names-and-labels), those of IANA, and the code pages of Windows.

As with browsers, a name means all that is written under it: who names ISO-8859-1 means
Windows-1252, which has signs such as the euro where ISO-8859-1 has control characters; GB2312 is
read as GB18030, Shift_JIS and EUC-KR with the additions of Microsoft, ISO-8859-9 as Windows-1254.
Python knows more, some of which are none for texts (UTF-7 among them), or take quadratic time.
"""
_CODECS = {
    **{f"cp{page}": f"cp{page}" for page in _PAGES},
    **{f"iso8859{part}": f"iso8859-{part}" for part in range(2, 17) if part not in (9, 11, 12)},
    **{name: codec for codec, names in _NAMES.items() for name in names.split()},
}


def known(charset: str) -> str:
    """Return Python's name of a charset, in any spelling; "" for one that is not read.

    Neither case nor `-` and `_` count, nor the `x-` and `cs` of labels, nor the year of
    `ISO_8859-1:1987`; `windows-932`, `ibm932`, `ms932` and `cp932` are the same.
    """
    name = charset.lower().replace("-", "").replace("_", "").partition(":")[0]
    name = name.lstrip("x").removeprefix("cs")
    for vendor in ("windows", "ibm", "dos", "ms", "cp"):
        if name.startswith(vendor):
            name = f"cp{name.removeprefix(vendor).lstrip('0')}"
            break
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
    return data.decode(codec, _HANDLERS.get(codec, "strict"))


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


def _control(error: UnicodeError) -> tuple[str, int]:
    """Decode the bytes that a code page of Windows leaves open as browsers do: control characters.

    https://encoding.spec.whatwg.org/#index-windows-1252
    """
    data, end = _failed(error, 1)
    if not 0x80 <= data[0] <= 0x9F:
        raise error
    return chr(data[0]), end


def _of_nec(error: UnicodeError) -> tuple[str, int]:
    """Decode a character of JIS X 0208 with the additions of NEC and IBM, such as a circled 1.

    Browsers read them in all charsets of Japan (https://encoding.spec.whatwg.org/#index-jis0208).
    """
    data, end = _failed(error, 2)
    return _japanese(data), end


def _of_hong_kong(error: UnicodeError) -> tuple[str, int]:
    """Decode a character of Big5 that Hong Kong has added to it, as browsers do."""
    data, end = _failed(error, 2)
    return data.decode("big5hkscs"), end


def _failed(error: UnicodeError, length: int) -> tuple[bytes, int]:
    """Return so many bytes from where decoding has stopped, and where it goes on."""
    if not isinstance(error, UnicodeDecodeError) or error.start + length > len(error.object):
        raise error
    end = error.start + length
    return error.object[error.start : end], end


@cache
def _japanese(pair: bytes) -> str:
    """Return what a row and a cell of JIS X 0208 stand for, by way of Shift_JIS."""
    row, cell = (byte & 0x7F for byte in pair)
    if row < _FIRST or cell < _FIRST or (pair[0] ^ pair[1]) & 0x80:
        raise UnicodeDecodeError("euc_jp", pair, 0, 2, "no character")
    row -= _FIRST
    lead = row // 2 + (0x81 if row < 62 else 0xC1)
    trail = cell + 0x7E if row % 2 else cell + 0x1F + (cell >= 0x60)
    return bytes((lead, trail)).decode("cp932")


_FIRST = 0x21
"""The first row and the first cell of JIS X 0208, as bytes."""


def _registered(handler: Callable[[UnicodeError], tuple[str, int]]) -> str:
    name = f"{__name__}.{handler.__name__}"
    codecs.register_error(name, handler)
    return name


_HANDLERS = {
    **dict.fromkeys(("cp874", *(f"cp{page}" for page in range(1250, 1259))), _registered(_control)),
    **dict.fromkeys(("euc_jp", "iso2022_jp_ext"), _registered(_of_nec)),
    "cp950": _registered(_of_hong_kong),
}
"""What reads the bytes that a codec of Python's does not, and browsers do."""
