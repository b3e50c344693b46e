"""How names of members that nobody knows are shown: bounded, in ASCII, and never an address."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contract.ignored import HIDDEN, MAX_LENGTH, MAX_SHOWN, listed, shown


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Body", "Body"),
        ("Attachments[0].Name", "Attachments[0].Name"),
        ("x-custom_name", "x-custom_name"),
        ("Anhänge", r"Anh\u00e4nge"),
        ("a,b", r"a\u002cb"),
        ("a\\b", r"a\u005cb"),
        ("Mail Text", r"Mail\u0020Text"),
        ("a\r\nX-Evil: 1", r"a\u000d\u000aX-Evil:\u00201"),
        ("a\x00\x7f", r"a\u0000\u007f"),
        ("a😀", r"a\ud83d\ude00"),
        ("a\ud800", r"a\ud800"),
    ],
)
def test_a_name_is_written_in_printable_ascii_without_a_comma(name, expected):
    assert shown(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        "ada@recipient.example",
        "ada\uff20recipient.example",
        "Attachments.ada@b",
        "x" * 99 + "@",
        '{"To"',
        "a=b",
        "<To>",
        "",
        " ",
        "0049301234567",
        "...",
        "\r\n",
    ],
)
def test_what_may_be_an_address_or_a_piece_of_a_body_is_not_shown(name):
    assert shown(name) == HIDDEN


@pytest.mark.parametrize("name", ["k" * 65, "k" * 1_000_000, "ä" * 65, "😀x" * 40])
def test_a_long_name_is_cut_between_characters(name):
    cut = shown(name)

    assert len(cut) <= MAX_LENGTH
    assert cut.endswith("...")
    assert name.startswith(json.loads(f'"{cut.removesuffix("...")}"'))


def test_a_name_of_the_greatest_length_is_whole():
    assert shown("k" * MAX_LENGTH) == "k" * MAX_LENGTH


def test_the_list_is_sorted_has_each_once_and_is_bounded():
    names = [f"n{number:05}" for number in range(10_000)]

    assert listed(["b", "a", "b", "x@y", "z@y"]) == ("...", "a", "b")
    assert listed(reversed(names)) == tuple(names[:MAX_SHOWN])


@given(st.lists(st.text()))
def test_whatever_the_names_are_a_header_can_hold_them_and_be_taken_apart(names):
    held = listed(names)
    header = ", ".join(held)

    assert header.isascii()
    assert not header or header.isprintable()
    assert tuple(header.split(", ") if header else ()) == held
