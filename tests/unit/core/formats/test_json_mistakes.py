"""What is said to people who write something else in place of JSON."""

import pytest

from core.contract.errors import Unreadable
from core.formats.json_document import parse


def said(text):
    with pytest.raises(Unreadable) as refusal:
        parse(text)
    return refusal.value.message.partition(". ")[2]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ('{"To": "a",}', "Leave out the comma after the last value."),
        ('{"To": ["a", \n ]}', "Leave out the comma after the last value."),
        ("{'To': 'a'}", "Write texts and names in double quotes."),
        ("{\"To\": 'a'}", "Write texts and names in double quotes."),
        ('{"To": "a" // the first\n}', "JSON has no comments."),
        ('{/* all */ "To": "a"}', "JSON has no comments."),
        ('{"To": None}', "Write null, true and false."),
        ('{"To": True}', "Write null, true and false."),
        ('{To: "a"}', "Write names in double quotes."),
        (r'{"Name": "C:\x"}', "Write a backslash within a text as two."),
        ('{"To": "a"', "It ends too early: is it cut off?"),
        ('{"To": "a', "It ends too early: is it cut off?"),
        ("", "It ends too early: is it cut off?"),
        ('{"To": "a" "b"}', ""),
        ('{"To": "a"} and more', ""),
    ],
)
def test_a_mistake_that_is_known_is_told_how_to_mend_it(text, advice):
    assert said(text) == advice
