"""Charsets: the names that callers write, and what is read under them."""

import codecs
import time

import pytest

from core.contract import charsets
from core.contract.errors import Unreadable


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("", "utf-8"),
        ("UTF8", "utf-8"),
        ("ISO-8859-1", "cp1252"),
        ("iso_8859-1", "cp1252"),
        ("latin1", "cp1252"),
        ("Windows-1252", "cp1252"),
        ("iso-8859-15", "iso8859-15"),
        ("windows-1250", "cp1250"),
        ("IBM850", "cp850"),
        ("us-ascii", "ascii"),
        ("utf-16", "utf-16"),
        ("Shift_JIS", "cp932"),
        *(
            (name, "gb18030")
            for name in ("GB2312", "gb_2312-80", "x-gbk", "GBK", "cp936", "csGB2312")
        ),
        *((name, "cp932") for name in ("x-sjis", "windows-31j", "MS_Kanji", "ms932", "csShiftJIS")),
        *(
            (name, "cp949")
            for name in ("euc-kr", "ks_c_5601-1987", "korean", "KSC5601", "windows-949")
        ),
        *((name, "cp950") for name in ("Big5", "x-x-big5", "csBig5", "cn-big5")),
        *((name, "cp874") for name in ("windows-874", "TIS-620", "iso-8859-11", "dos-874")),
        *((name, "iso8859-8") for name in ("iso-8859-8-i", "ISO-8859-8-E", "hebrew", "logical")),
        *((name, "cp1252") for name in ("ISO_8859-1:1987", "csISOLatin1", "x-cp1252", "l1")),
        *((name, "ascii") for name in ("ANSI_X3.4-1968", "iso646-us", "csASCII")),
        *(
            (name, "utf-8")
            for name in ("unicode-1-1-utf-8", "cp65001", "x-unicode20utf8", "utf8mb4")
        ),
        *((name, "mac-roman") for name in ("x-mac-roman", "macintosh", "csMacintosh")),
        *((name, "iso2022_jp_ext") for name in ("ISO-2022-JP", "csISO2022JP", "CP50220")),
        *((name, "cp1254") for name in ("iso-8859-9", "latin5", "windows-1254")),
        ("x-mac-cyrillic", "mac-cyrillic"),
        ("latin9", "iso8859-15"),
        ("IBM00858", "cp858"),
        ("KOI8-RU", "koi8-u"),
        ("x-euc-jp", "euc_jp"),
        ("Big5-HKSCS", "big5hkscs"),
    ],
)
def test_a_charset_is_known_by_the_names_that_callers_give_it(name, codec):
    assert charsets.codec_of(name) == codec


@pytest.mark.parametrize(
    "name",
    [
        "klingon",
        "utf-7",
        "unicode-1-1-utf-7",
        "csUTF7",
        "x-user-defined",
        "x",
        "cp",
        "idna",
        "punycode",
        "rot13",
        "zlib",
        "unicode_escape",
        "iso-8859-12",
    ],
)
def test_what_is_no_charset_of_texts_is_refused(name):
    with pytest.raises(Unreadable, match="send UTF-8"):
        charsets.codec_of(name)


@pytest.mark.parametrize("codec", sorted(set(charsets._CODECS.values()) | {"utf-8"}))
def test_each_charset_is_one_that_python_reads_and_writes(codec):
    assert codecs.lookup(codec)
    assert charsets.decode(charsets.encode("Text", codec), codec) == "Text"


def test_each_byte_is_a_character_of_windows_1252():
    text = charsets.decode(bytes(range(256)), "cp1252")

    assert text[0x80] == "€"
    assert text[0x81] == "\x81"
    assert text[0xE4] == "ä"
    assert len(text) == 256


@pytest.mark.parametrize(
    ("data", "codec"), [(b"\xe4", "utf-8"), (b"\xe4", "ascii"), (b"a", "utf-16")]
)
def test_a_byte_that_is_not_in_the_charset_is_an_error(data, codec):
    with pytest.raises(Unreadable) as refused:
        charsets.decode(data, codec)

    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("Body", "Charset")]


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("gb2312", b"\xd6\xec\xe9F\xbb\xf9", "\u6731\u9555\u57fa"),
        ("shift_jis", b"\x87\x40\xfb\xfc", "\u2460\u9ad9"),
        ("iso-2022-jp", b"\x1b$B-!$3\x7c\x71\x1b(I1\x1b(B1", "\u2460\u3053\u2170\uff711"),
        ("euc-jp", b"\xad\xa1\xa4\xb3", "\u2460\u3053"),
        ("euc-kr", b"\x8c\x63", "\ub620"),
        ("big5", b"\xa3\xe1\xa1\x45\x87\x40", "\u20ac\u2027\u43f0"),
        ("tis-620", b"\xa1\x80\x81", "\u0e01\u20ac\x81"),
        ("windows-1253", b"\x81\xe1", "\x81\u03b1"),
        ("iso-8859-9", b"\xfe\x80", "\u015f\u20ac"),
        ("iso-8859-8-i", b"\xf9", "\u05e9"),
        ("hz-gb-2312", b"~{<:Ky2;S{!#~}", "\u5df1\u6240\u4e0d\u6b32\u3002"),
    ],
)
def test_a_charset_is_read_with_what_is_written_under_its_name(name, data, text):
    assert charsets.decode(data, charsets.codec_of(name)) == text


@pytest.mark.parametrize(
    ("name", "data"),
    [
        *(("windows-1253", b"\xaa"), ("euc-jp", b"\xad"), ("euc-jp", b"\xad\x21")),
        *(
            ("iso-2022-jp", b"\xe4a"),
            ("iso-2022-jp", b"\x1b$B\x29\x21"),
            ("iso-2022-jp", b"\x1b$Z"),
        ),
        *(("big5", b"\x80\x20"), ("big5", b"\xa1"), ("gb2312", b"\xff"), ("shift_jis", b"\x87")),
    ],
)
def test_what_is_in_no_addition_either_is_an_error(name, data):
    with pytest.raises(Unreadable):
        charsets.decode(data, charsets.codec_of(name))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        *(
            ("iso-2022-jp", b"\x1b$B" + b"-!" * 4_000_000),
            ("iso-2022-jp", b"\x1b$B\x1b(B" * 1_500_000),
        ),
        *(("euc-jp", b"\xad\xa1" * 4_000_000), ("big5", b"\x87\x40" * 4_000_000)),
        *(("hz", b"~{~}" * 2_000_000), ("iso-2022-kr", b"\x1b$)C\x0e\x0f" * 1_000_000)),
    ],
)
def test_megabytes_in_any_charset_are_read_in_their_time(name, data):
    start = time.process_time()

    charsets.decode(data, charsets.codec_of(name))

    assert time.process_time() - start < 10
