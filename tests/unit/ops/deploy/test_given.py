"""What variables give `make deploy`."""

import pytest

from ops.deploy.given import given


def test_short_names_and_parameters_are_put_together() -> None:
    stack, _, values = given(
        {
            "OPS_STACK": "mail-2",
            "OPS_SENDER_DOMAIN": "example.com",
            "OPS_ALARM_ADDRESS": "ops@example.com",
            "OPS_SANDBOX": "1",
            "OPS_PARAMETERS": "RetryHours=12 SesSandbox=true",
        }
    )

    assert stack == "mail-2"
    assert values == {
        "SenderDomain": "example.com",
        "AlarmAddress": "ops@example.com",
        "SesSandbox": "true",
        "RetryHours": "12",
    }


def test_nothing_given_is_nothing_and_the_stack_is_called_mail() -> None:
    stack, _, values = given({"OPS_SANDBOX": "", "OPS_SENDER_DOMAIN": "", "OPS_STACK": ""})

    assert (stack, values) == ("mail", {})
    assert given({"OPS_SANDBOX": "0"}).values == {"SesSandbox": "false"}


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"OPS_STACK": "../x"}, "^The stack's name must be a letter"),
        ({"OPS_SANDBOX": "yes"}, r"^SANDBOX must be 1 or 0\.$"),
        ({"OPS_SENDER_DOMAIN": "Example.com"}, "^SenderDomain must be a domain in lower case"),
        ({"OPS_SENDER_DOMAIN": "a.example", "OPS_PARAMETERS": "SenderDomain=b.example"}, "twice"),
    ],
)
def test_what_is_wrong_is_said_before_aws_is_asked(
    variables: dict[str, str], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        given(variables)
