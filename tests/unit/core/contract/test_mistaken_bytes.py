"""What is said to people who send something else in place of base64."""

import base64
import time

import pytest

from core.contract.binary import UNDECODABLE, Undecodable, decode_base64
from core.contract.mistaken_bytes import wanted

JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8).decode()
URL_SAFE = base64.urlsafe_b64encode(b"\xfb\xff\xbe" * 400).decode()


def said(text):
    decoded = decode_base64(text)
    assert isinstance(decoded, Undecodable)
    return decoded.wanted


@pytest.mark.parametrize("head", ["data:image/png;base64,", "DATA:;base64,", " \ndata:,"])
def test_a_data_uri_is_base64_with_something_before_it(head):
    assert said(f"{head}{JPEG}") == "base64 alone, without the 'data:...;base64,' before it"


@pytest.mark.parametrize(
    "text",
    [
        *("/var/files/invoice.pdf", "./invoice.pdf", "invoice.pdf", "C:\\files\\invoice.pdf"),
        *("c:/files/invoice", "\\\\server\\share\\invoice", "files/2026/Rechnung 12.docx"),
        *("https://files.example/invoice", "file:///var/files/invoice", "s3://bucket/invoice"),
    ],
)
def test_a_path_or_an_address_is_not_the_file(text):
    assert said(text) == "the bytes of the file in base64, not its path or address"


def test_the_base64_of_a_jpeg_begins_with_a_slash_and_is_no_path():
    assert said(f"/9j/.pdf{JPEG}") == UNDECODABLE.wanted
    assert "padding" in said(JPEG[:-1])


@pytest.mark.parametrize("text", [URL_SAFE, f"{'QUJD' * 1_000}_-8="])
def test_the_alphabet_of_urls_is_told_from_the_standard_one(text):
    assert said(text) == "base64 in the standard alphabet: '+' and '/' in place of '-' and '_'"


def test_the_alphabet_of_urls_mostly_comes_without_padding():
    assert said(f"{URL_SAFE}-_").endswith("in place of '-' and '_', and '=' at its end")


@pytest.mark.parametrize("text", ["QUI", "Q U\nI", JPEG[:-1], JPEG[:1_001]])
def test_what_ends_in_the_middle_lacks_its_padding_or_more(text):
    assert "lacks the '=' of its padding, or is cut off" in said(text)


@pytest.mark.parametrize("text", ["QUI%3D", "a%2Bb%2Fcc%3d"])
def test_the_escapes_of_a_url_are_recognised(text):
    assert "without the escapes of a URL" in said(text)


def test_the_lines_around_a_certificate_are_recognised():
    pem = f"-----BEGIN CERTIFICATE-----\n{JPEG}\n-----END CERTIFICATE-----\n"

    assert "without the lines '-----BEGIN ...'" in said(pem)


@pytest.mark.parametrize("text", ["null", "NULL", "None", "undefined", "(null)", "nil"])
def test_a_word_for_no_value_is_not_a_file(text):
    assert "not a word for no value" in said(text)


@pytest.mark.parametrize(
    "text",
    [
        *("System.Byte[]", "System.IO.MemoryStream", "[object Blob]", "[object Object]", "Array"),
        *("[B@1b6d3586", "<Buffer 25 50 44 46>", "<_io.BytesIO object at 0x7f>", "37,80,68,70"),
        *("[37, 80, 68, 70]", "-1,-40,-1," + "7," * 9_999, "Resource id #5", "java.io.File@1a"),
    ],
)
def test_what_a_program_shows_of_an_object_is_not_what_is_in_it(text):
    assert said(text).endswith("not what a program shows of an object: encode what is in it")


@pytest.mark.parametrize("text", [f"b'{JPEG}'", 'b"QUJD"', "B'QUJD'"])
def test_the_signs_of_python_around_bytes_are_recognised(text):
    assert "without the b'...'" in said(text)


@pytest.mark.parametrize("text", ['"QUJD"', f"'{JPEG}'", "`QUJD`", '"QUJD'])
def test_quotes_around_base64_are_recognised(text):
    assert said(text) == "base64 alone, without quotes around it"


@pytest.mark.parametrize("text", ["base64,QUJD", "image/png;base64,QUJD", ";BASE64,QUJD"])
def test_a_data_uri_without_its_beginning_is_recognised(text):
    assert said(text) == "base64 alone, without the 'base64,' before it"


@pytest.mark.parametrize(
    "text",
    [
        *("255044462D312E37", "ffd8ffe000104a46", "504b0304" * 1_000, "d0cf11e0a1"),
        *("0x25504446", "\\x255044462d", "25-50-44-46-2D", "25 50 44 46 2d", "25:50:44:46"),
    ],
)
def test_hexadecimal_digits_are_not_base64(text):
    assert said(text) == "the bytes of the file in base64, not in hexadecimal digits"


@pytest.mark.parametrize("text", ["AAAAAAAA", "nullnull", "noneNONE", "0123abcd", "NUL="])
def test_base64_that_looks_like_something_else_is_read(text):
    assert decode_base64(text) == base64.b64decode(text)


@pytest.mark.parametrize(
    "text", ["Guten Tag, ...", "%PDF-1.7", "@@", "", "====", "{{file}}", "QUJD\u00a0", "\0"]
)
def test_what_looks_like_nothing_known_is_told_what_is_wanted(text):
    assert wanted(text) == ""


@pytest.mark.parametrize("text", ["%", "-", "data", "a.", ". ", "\n", "-----BEGIN", "C:/", "%2"])
def test_megabytes_of_a_mistake_are_looked_at_in_a_moment(text):
    long = text * (10_000_000 // len(text))
    before = time.process_time()

    wanted(long)

    assert time.process_time() - before < 1
