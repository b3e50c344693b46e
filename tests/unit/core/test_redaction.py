"""What may be said of an unexpected error: never its text."""

import pytest

from core.aws.outage import Outage
from core.redaction import Bug, about, described, noted, redacted

SECRET = "ada@recipient.example"
ID = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"


def fail(error):
    raise error


def test_an_error_is_described_by_its_kind_its_place_and_its_message():
    with pytest.raises(KeyError) as caught, about(message_id=ID):
        fail(KeyError(SECRET))

    told = described(caught.value)

    assert (told["error"], told["message_id"]) == ("KeyError", ID)
    assert told["where"][-1].startswith("test_redaction.py:")
    assert SECRET not in repr(told)


def test_an_error_about_no_message_names_none():
    assert described(ValueError(SECRET)) == {"error": "ValueError", "where": []}


def test_the_innermost_message_is_the_one_that_is_named():
    outer, inner = about(message_id="outer", key_id="k"), about(message_id="inner")
    with pytest.raises(ValueError, match=SECRET) as caught, outer, inner:
        fail(ValueError(SECRET))

    assert noted(caught.value) == {"message_id": "inner", "key_id": "k"}


def test_all_that_joins_the_lines_of_a_message_is_told_of_an_error_and_no_other_note() -> None:
    keys = {"message_id": ID, "key_id": "k", "traceparent": "00-1-2-01", "odd": "a=b"}
    error = ValueError(SECRET)
    error.add_note(SECRET)
    with pytest.raises(ValueError, match=SECRET), about(**keys):
        fail(error)

    assert described(error).items() >= keys.items()
    assert SECRET not in repr(described(error))


def test_a_handler_lets_our_own_errors_pass_and_makes_bugs_of_all_others():
    with pytest.raises(Outage):
        redacted(fail)(Outage("ThrottlingException"))
    with pytest.raises(Bug, match=r"KeyError at test_redaction\.py:\d+") as caught:
        redacted(fail)(KeyError(SECRET))

    assert SECRET not in str(caught.value)
