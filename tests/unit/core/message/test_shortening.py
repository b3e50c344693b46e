"""Where a text may be cut, as people see its characters (Unicode UAX #29)."""

import pytest

from core.message.shortening import shortened

WOMAN, GIRL, JOINER = "\U0001f469", "\U0001f467", "\u200d"
FAMILY = JOINER.join((WOMAN, WOMAN, GIRL))


def cut(text, most):
    return shortened(text, lambda candidate: len(candidate) <= most)


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("Grüße aus Köln", 9, "Grüße au…"),
        ("Grüße aus Köln", 7, "Grüße…"),
        ("Greetings", 6, "Gre..."),
        ("ab" + FAMILY, 7, "ab…"),
        ("ab" + FAMILY + "c", 8, f"ab{FAMILY}…"),
        ("a\U0001f44d\U0001f3fdb", 3, "a…"),
        ("e\u0301e\u0301e\u0301", 4, "e\u0301…"),
        ("x\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 5, "x\U0001f1e9\U0001f1ea…"),
        ("x\u2764\ufe0fy", 3, "x…"),
        ("x\u0915\u094d\u0937y", 4, "x…"),
        ("x\u1112\u1161\u11abz", 4, "x…"),
    ],
)
def test_a_text_is_cut_at_the_end_of_what_is_one_character_to_people(text, most, expected):
    assert cut(text, most) == expected


def test_what_is_longer_than_it_all_is_cut_anywhere_rather_than_lost():
    assert cut("e" + "\u0301" * 50, 10) == "e" + "\u0301" * 8 + "…"


def test_where_nothing_fits_nothing_is_left():
    assert cut("Grüße", 1) == ""
