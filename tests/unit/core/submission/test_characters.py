"""The characters of texts that become headers, and of names that are shown in their place."""

import unicodedata

from core.submission.characters import shows_address, without_at


def test_every_character_that_unicode_holds_to_be_an_at_sign_counts_as_one():
    every = [chr(code) for code in range(0x110000)]
    alike = [one for one in every if "@" in unicodedata.normalize("NFKC", one)]

    assert len(alike) == 3
    assert [one for one in every if shows_address(f"a{one}b", "me@one.example")] == alike
    assert {without_at(f"a{one}b") for one in alike} == {"a at b"}
