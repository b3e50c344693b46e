"""What an operator wrote into a stack's file is looked at, line by line."""

import pytest

from ops.deploy.from_file import refuse_wrong_file
from ops.deploy.parameters import Parameters
from ops.deployment import Deployment

DECLARED = Parameters.of_this_checkout()


def looked_at(
    *, given: tuple[str, ...] = (), old: tuple[str, ...] = (), **values: str
) -> list[str]:
    lines = {name: number for number, name in enumerate(values, 3)}
    held = Deployment("mail", "eu-central-1", values, lines=lines)
    return refuse_wrong_file(DECLARED, held, given, old)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("retryHours", "12", "retryHours is no parameter of the stack. Did you mean RetryHours?"),
        ("APIKEYVALUE", "x", "APIKEYVALUE is .* Did you mean ApiKeyValue?"),
        ("Zebra", "x", "Zebra is no parameter of the stack."),
        ("RetryHours", "99", "RetryHours must be 1 to 36 hours.$"),
        ("RetryHours", '"12"', "RetryHours must be .* quotes are part of a value"),
        ("RetryHours", "12 ", "RetryHours must be .* Blanks and quotes"),
        ("RetryHours", "12\r", "RetryHours must be .* line ends of Unix"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_without_its_value(
    name: str, value: str, complaint: str
) -> None:
    with pytest.raises(ValueError, match=rf"^deploy/mail\.env, line 4: {complaint}") as refused:
        looked_at(SenderDomain="example.com", **{name: value})

    assert f" {value}" not in str(refused.value)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"line 3: RetryHours.*\n.*line 4: MaxRecipients"):
        looked_at(RetryHours="99", MaxRecipients="99")


def test_what_is_given_now_takes_the_place_of_what_is_wrong_in_the_file() -> None:
    assert looked_at(RetryHours="99", given=("RetryHours",)) == []


def test_a_parameter_of_an_older_version_goes_with_a_note() -> None:
    assert looked_at(LogLevel="INFO", old=("LogLevel",)) == [
        "LogLevel is no parameter any more, and goes from deploy/mail.env."
    ]
