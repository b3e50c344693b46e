"""Charsets: the names that callers write, and what is read under them."""

import codecs

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
        ("Shift_JIS", "shift_jis"),
    ],
)
def test_a_charset_is_known_by_the_names_that_callers_give_it(name, codec):
    assert charsets.codec_of(name) == codec


@pytest.mark.parametrize(
    "name",
    ["klingon", "utf-7", "idna", "punycode", "rot13", "zlib", "unicode_escape", "iso-8859-12"],
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
