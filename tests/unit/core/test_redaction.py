"""What may be said of an unexpected error: never its text."""

import pytest

from core.aws.outage import Outage
from core.redaction import Bug, about, described, redacted

SECRET = "ada@recipient.example"


def fail(error):
    raise error


def test_an_error_is_described_by_its_kind_its_place_and_its_message():
    with pytest.raises(KeyError) as caught, about("01JD9ZK4M6T0V3Q8W2X5Y7B1CD"):
        fail(KeyError(SECRET))

    told = described(caught.value)

    assert (told["error"], told["message_id"]) == ("KeyError", "01JD9ZK4M6T0V3Q8W2X5Y7B1CD")
    assert told["where"][-1].startswith("test_redaction.py:")
    assert SECRET not in repr(told)


def test_an_error_about_no_message_names_none():
    assert described(ValueError(SECRET)) == {"error": "ValueError", "where": []}


def test_the_innermost_message_is_the_one_that_is_named():
    with pytest.raises(ValueError, match=SECRET) as caught, about("outer"), about("inner"):
        fail(ValueError(SECRET))

    assert described(caught.value)["message_id"] == "inner"


def test_a_handler_lets_our_own_errors_pass_and_makes_bugs_of_all_others():
    with pytest.raises(Outage):
        redacted(fail)(Outage("ThrottlingException"))
    with pytest.raises(Bug, match=r"KeyError at test_redaction\.py:\d+") as caught:
        redacted(fail)(KeyError(SECRET))

    assert SECRET not in str(caught.value)
