"""File names: what callers write becomes a name that every reader can open and none can misuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.submission import file_names, media_types


def sent(name, kind=""):
    usual = media_types.extension_of(kind)
    return file_names.completed(file_names.of_path(name), usual, 1)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("/etc/passwd", "passwd"),
        (r"C:\Users\me\a.pdf", "a.pdf"),
        ("C:/Users/me/a.pdf", "a.pdf"),
        (r"\\server\share\a.pdf", "a.pdf"),
        (r"scans\a.pdf", "a.pdf"),
        (r"225/2385\5648.pdf", "5648.pdf"),
        ("file:///C:/Users/me/a.pdf", "a.pdf"),
        ("https://shop.example/files/a.pdf", "a.pdf"),
        ("https://shop.example/a.pdf?dl=1&to=x/y#top", "a.pdf"),
        ("HTTP://shop.example/a.pdf#page=2", "a.pdf"),
        ("file:///tmp/Was nun? #1.pdf", "Was nun? #1.pdf"),
        ('"C:\\scans\\a.pdf"', "a.pdf"),
        ("~/a.pdf", "a.pdf"),
        ("./scans/a.pdf", "a.pdf"),
        ("../../a.pdf", "a.pdf"),
        ("scans/../a.pdf", "a.pdf"),
        ("scans/./a.pdf", "a.pdf"),
        (" /tmp/a.pdf", "a.pdf"),
        ("..", ""),
        ("/", ""),
        ("a/..", ""),
        ("C:\\scans\\", ""),
    ],
)
def test_of_what_is_plainly_a_path_the_last_component_counts(given, name):
    assert file_names.of_path(given) == name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Auftrag_225/2385/5648.pdf", "Auftrag_225_2385_5648.pdf"),
        ("Rechnung 12/2026", "Rechnung 12_2026"),
        ("RE/2026/11/0042.xml", "RE_2026_11_0042.xml"),
        ("Angebot 1./2. Quartal.pdf", "Angebot 1._2. Quartal.pdf"),
        ("12/", "12"),
        ("Termin: 12:30/13:00.pdf", "Termin: 12:30_13:00.pdf"),
        ("c/o Meier.pdf", "c_o Meier.pdf"),
    ],
)
def test_slashes_of_a_document_number_are_no_path(given, name):
    assert file_names.of_path(given) == name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("a.pdf.", "a.pdf"),
        ("a.pdf . .", "a.pdf"),
        (" a.pdf\n", "a.pdf"),
        ("Angebot...pdf", "Angebot.pdf"),
    ],
)
def test_dots_and_white_space_that_say_nothing_go(given, name):
    assert file_names.of_path(given) == name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ('"a.pdf"', "a.pdf"),
        ("' a.pdf '", "a.pdf"),
        ("'a' und 'b'.pdf", "'a' und 'b'.pdf"),
        ("'a' und 'b'", "'a' und 'b'"),
        ("\"'setup.exe'\"", "setup.exe"),
        ('"', '"'),
        ('""', ""),
    ],
)
def test_quotes_around_a_whole_name_are_not_part_of_it(given, name):
    assert file_names.of_path(given) == name


def test_every_white_space_of_unicode_is_stripped_from_a_name():
    spaces = [chr(code) for code in range(0x110000) if chr(code).isspace()]

    for space in spaces:
        assert file_names.of_path(f"a.pdf.{space}.{space}") == "a.pdf"
    assert len(spaces) == 29


@pytest.mark.parametrize(
    ("given", "kind", "name"),
    [
        ("Rechnung", "application/pdf", "Rechnung.pdf"),
        ("Rechnung 12/2026", "application/pdf", "Rechnung 12_2026.pdf"),
        ("Rechnung 1. 9. 2026", "application/pdf", "Rechnung 1. 9. 2026.pdf"),
        ("Rechnung 1.9.2026", "application/pdf", "Rechnung 1.9.2026.pdf"),
        ("Brief an Dr. Meier", "application/pdf", "Brief an Dr. Meier.pdf"),
        ("v1.2", "application/zip", "v1.2.zip"),
        ("v1.2", "", "v1.2"),
        ("x.7z.001", "", "x.7z.001"),
        ("README", "", "README.bin"),
        ("befund.ldt", "text/plain", "befund.ldt"),
        ("a.xrechnung", "application/xml", "a.xrechnung"),
        ("a.mp3", "", "a.mp3"),
        ("a.7z", "", "a.7z"),
        (".pdf", "", "attachment-1.pdf"),
        ("..pdf", "", "attachment-1.pdf"),
        ("", "application/pdf", "attachment-1.pdf"),
        ("", "", "attachment-1.bin"),
    ],
)
def test_a_name_without_an_extension_gets_the_usual_one_of_its_type(given, kind, name):
    assert sent(given, kind) == name


@given(st.text() | st.text("/\\. :~abC1", max_size=40), st.sampled_from(["", "application/pdf"]))
def test_no_name_is_a_path_too_long_or_without_an_extension(text, kind):
    name = sent(text, kind)

    assert not {"/", "\\"} & set(name)
    assert ".." not in name
    assert len(name) <= 255
    assert name.rpartition(".")[2].isalnum()
    assert name.rpartition(".")[0]
