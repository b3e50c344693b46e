"""What is trimmed from a text (docs/contract.md B5 M)."""

import doctest
import sys

import pytest

from core.message import margins
from core.message.margins import trimmed


def test_the_examples_in_the_documentation_are_true():
    assert doctest.testmod(margins).failed == 0


def test_all_that_unicode_calls_white_space_is_trimmed_and_six_invisible_characters():
    every = {chr(code) for code in range(sys.maxunicode + 1)}
    controls = set("\x1c\x1d\x1e\x1f")  # White space to Python; to Unicode separators of files.

    dropped = {character for character in every if not trimmed(character)}

    assert dropped == {one for one in every if one.isspace()} - controls | set(
        "\u200b\u200c\u200d\u2060\ufeff\xad"
    )


@pytest.mark.parametrize("text", ["a\r\nb", "\U0001f469\u200d\U0001f467", "a\u00a0b", "\x1ca"])
def test_within_a_text_nothing_is_changed(text):
    assert trimmed(f"\ufeff\r\n {text}\u200b\t") == text
