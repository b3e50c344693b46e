"""Which values a deployment has: nothing changes but what is given."""

from typing import Any

import pytest

from ops.deploy.parameters import Parameters
from ops.deploy.settle import changes, settle

DECLARED = Parameters.of_this_checkout()
DEFAULTS = {name: each.default or "" for name, each in DECLARED.items()}


def settled(**parts: Any) -> Any:
    usual: dict[str, Any] = {
        "given": {},
        "remembered": {"SenderDomain": "example.com"},
        "deployed": DEFAULTS | {"SenderDomain": "example.com"},
        "old_defaults": DEFAULTS,
    }
    return settle(DECLARED, **{**usual, **parts})


def test_what_is_given_goes_before_the_file_and_the_file_before_the_stack() -> None:
    deployed = DEFAULTS | {"SenderDomain": "a.example", "RetryHours": "1", "MaxRecipients": "5"}

    values = settled(
        given={"RetryHours": "3"},
        remembered={"SenderDomain": "b.example", "RetryHours": "2"},
        deployed=deployed,
    ).values

    assert values == {"SenderDomain": "b.example", "RetryHours": "3", "MaxRecipients": "5"}


def test_nothing_given_keeps_everything() -> None:
    deployed = DEFAULTS | {"SenderDomain": "example.com", "RetryHours": "12"}
    remembered = {"SenderDomain": "example.com", "RetryHours": "12"}

    result = settled(remembered=remembered, deployed=deployed)

    assert (result.values, result.notes) == (remembered, [])
    assert changes(DECLARED, deployed, result.values) == []


def test_without_a_file_it_is_made_from_the_stack_but_for_the_key() -> None:
    deployed = DEFAULTS | {
        "SenderDomain": "example.com",
        "ApiGatewayLogRole": "existing",
        "ApiKeyValue": "****",
    }

    result = settled(remembered=None, deployed=deployed)

    assert result.values == {"SenderDomain": "example.com", "ApiGatewayLogRole": "existing"}
    assert result.notes == []


def test_what_a_colleague_chose_meanwhile_is_kept_and_told() -> None:
    result = settled(deployed=DEFAULTS | {"SenderDomain": "example.com", "RetryHours": "12"})

    assert result.values["RetryHours"] == "12"
    assert result.notes == [
        "RetryHours is kept as the stack has it; the file did not know of that."
    ]


@pytest.mark.parametrize(("chosen", "kept"), [("24", False), ("12", True)])
def test_a_new_default_reaches_a_stack_that_had_the_old_one(chosen: str, kept: bool) -> None:
    """The stack's template had 24; this one has another default."""
    declared = Parameters.of_this_checkout()
    newer = {**declared["RetryHours"].declared, "Default": 36}
    declared["RetryHours"] = type(declared["RetryHours"])("RetryHours", newer)
    deployed = DEFAULTS | {"SenderDomain": "example.com", "RetryHours": chosen}

    result = settle(declared, {}, {"SenderDomain": "example.com"}, deployed, DEFAULTS)

    assert ("RetryHours" in result.values) is kept
    assert declared.whole(result.values)["RetryHours"] == ("12" if kept else "36")


def test_a_parameter_that_is_no_more_leaves_the_file() -> None:
    result = settled(remembered={"SenderDomain": "example.com", "Gone": "1"})

    assert result.values == {"SenderDomain": "example.com"}
    assert result.notes == ["Gone is no parameter any more, and has gone from the file."]


def test_a_change_is_told_with_what_was_and_a_secret_never() -> None:
    deployed = DEFAULTS | {"SenderDomain": "example.com", "RetryHours": "12"}
    values = {"SenderDomain": "example.com", "AlarmAddress": "a@b.example", "ApiKeyValue": "k" * 20}

    assert changes(DECLARED, deployed, values) == [
        "RetryHours: 12 -> 24",
        "AlarmAddress: (empty) -> a@b.example",
    ]
