"""Which values a deployment has: nothing changes but what is given."""

from typing import Any

import pytest

from ops.deploy.parameters import Parameters
from ops.deploy.settle import Known, Settled, changes, settle

DECLARED = Parameters.of_this_checkout()
DEFAULTS = {name: each.default or "" for name, each in DECLARED.items()}


def settled(given: dict[str, str] | None = None, **parts: Any) -> Settled:
    """Settle for a stack that has the defaults, and a file that is as it was deployed."""
    usual: dict[str, Any] = {
        "file": {"SenderDomain": "example.com"},
        "deployed": DEFAULTS | {"SenderDomain": "example.com"},
        "old_defaults": DEFAULTS,
    }
    whole = usual | parts
    whole.setdefault("last", whole["file"])
    return settle(DECLARED, given or {}, Known(**whole))


def test_nothing_given_keeps_everything() -> None:
    deployed = DEFAULTS | {"SenderDomain": "example.com", "RetryHours": "12"}
    file = {"SenderDomain": "example.com", "RetryHours": "12"}

    result = settled(file=file, deployed=deployed)

    assert (result.values, result.notes) == (file, [])
    assert changes(DECLARED, deployed, result.values) == []


def test_without_a_file_it_is_made_from_the_stack_but_for_the_key() -> None:
    deployed = DEFAULTS | {
        "SenderDomain": "example.com",
        "ApiGatewayLogRole": "existing",
        "ApiKeyValue": "****",
    }

    result = settled(file=None, deployed=deployed)

    assert result.values == {"SenderDomain": "example.com", "ApiGatewayLogRole": "existing"}
    assert result.notes == []


@pytest.mark.parametrize(
    ("last", "file", "stack", "value", "note"),
    [
        pytest.param("12", "12", "12", "12", "", id="nobody_changed_it"),
        pytest.param("12", "12", "6", "6", "kept as the stack has it (6)", id="a_colleague"),
        pytest.param("12", "12", "24", None, "kept as the stack has it (24)", id="colleague_back"),
        pytest.param(None, None, "6", "6", "kept as the stack has it (6)", id="a_colleague_anew"),
        pytest.param("12", "8", "12", "8", "", id="edited"),
        pytest.param(None, "8", "24", "8", "", id="edited_anew"),
        pytest.param("12", None, "12", None, "", id="line_taken_out"),
        pytest.param("12", "8", "6", "8", "8, as the file has it; the stack has 6", id="both"),
        pytest.param(
            "12", None, "6", None, "24, as the file has it; the stack has 6", id="both_out"
        ),
        pytest.param("12", "6", "6", "6", "", id="both_alike"),
    ],
)
def test_what_was_edited_is_meant_and_what_a_colleague_changed_is_kept(
    last: str | None, file: str | None, stack: str, value: str | None, note: str
) -> None:
    def held(hours: str | None) -> dict[str, str]:
        return {"SenderDomain": "example.com"} | ({"RetryHours": hours} if hours else {})

    deployed = DEFAULTS | {"SenderDomain": "example.com", "RetryHours": stack}
    result = settled(file=held(file), last=held(last), deployed=deployed)

    assert result.values.get("RetryHours") == value
    assert [note in told for told in result.notes] == ([True] if note else [])


@pytest.mark.parametrize(
    ("file", "stack", "value", "note"),
    [
        ("8", "8", "8", ""),
        ("8", "24", "8", ""),
        ("8", "6", "8", "8, as the file has it; the stack has 6"),
        (None, "6", "6", "kept as the stack has it (6)"),
    ],
)
def test_a_file_of_which_nobody_knows_the_last_one_counts_as_edited_in_each_line(
    file: str | None, stack: str, value: str, note: str
) -> None:
    held = {"SenderDomain": "example.com"} | ({"RetryHours": file} if file else {})
    deployed = DEFAULTS | {"SenderDomain": "example.com", "RetryHours": stack}

    result = settled(file=held, last=None, deployed=deployed)

    assert result.values.get("RetryHours") == value
    assert [note in told for told in result.notes] == ([True] if note else [])


def test_what_is_given_goes_before_everything() -> None:
    held = {"SenderDomain": "example.com", "RetryHours": "2"}
    deployed = DEFAULTS | {"SenderDomain": "example.com", "RetryHours": "1"}

    result = settled({"RetryHours": "3"}, file=held, deployed=deployed)

    assert (result.values["RetryHours"], result.notes) == ("3", [])


NEW, OLD = "n" * 20, "o" * 20


@pytest.mark.parametrize(
    ("given", "file", "last", "sent"),
    [
        pytest.param({}, OLD, OLD, None, id="as_it_was"),
        pytest.param({}, NEW, OLD, NEW, id="edited"),
        pytest.param({}, NEW, None, NEW, id="written_into_the_file"),
        pytest.param({}, None, OLD, None, id="taken_out_of_the_file"),
        pytest.param({"ApiKeyValue": OLD}, OLD, OLD, OLD, id="given"),
    ],
)
def test_a_key_is_sent_only_if_it_is_given_or_edited(
    given: dict[str, str], file: str | None, last: str | None, sent: str | None
) -> None:
    """Else it would put back the key that a colleague has replaced."""

    def held(key: str | None) -> dict[str, str]:
        return {"SenderDomain": "example.com"} | ({"ApiKeyValue": key} if key else {})

    result = settled(given, file=held(file), last=held(last))

    assert DECLARED.whole(result.sent).get("ApiKeyValue") == sent
    assert result.values.get("ApiKeyValue") == file, "The file keeps it all the same."
    assert result.notes == []


def test_a_key_in_a_file_of_which_nobody_knows_the_last_one_is_sent_and_told() -> None:
    result = settled(file={"SenderDomain": "example.com", "ApiKeyValue": OLD}, last=None)

    assert result.sent["ApiKeyValue"] == OLD
    assert result.notes == [
        "ApiKeyValue is set to that of the file: the stack may have had another."
    ]


def test_a_stack_that_is_made_anew_gets_all_of_the_file_and_its_key() -> None:
    held = {"SenderDomain": "example.com", "RetryHours": "12", "ApiKeyValue": OLD}

    result = settled(file=held, deployed={}, old_defaults={})

    assert (result.sent, result.notes) == (held, [])


@pytest.mark.parametrize(("chosen", "kept"), [("24", False), ("12", True)])
def test_a_new_default_reaches_a_stack_that_had_the_old_one(chosen: str, kept: bool) -> None:
    """The stack's template had 24; this one has another default."""
    declared = Parameters.of_this_checkout()
    newer = {**declared["RetryHours"].declared, "Default": 36}
    declared["RetryHours"] = type(declared["RetryHours"])("RetryHours", newer)
    deployed = DEFAULTS | {"SenderDomain": "example.com", "RetryHours": chosen}

    held = {"SenderDomain": "example.com"}
    result = settle(declared, {}, Known(held, held, deployed, DEFAULTS))

    assert ("RetryHours" in result.values) is kept
    assert declared.whole(result.values)["RetryHours"] == ("12" if kept else "36")


def test_a_change_is_told_with_what_was_and_a_secret_never() -> None:
    deployed = DEFAULTS | {"SenderDomain": "example.com", "RetryHours": "12"}
    values = {"SenderDomain": "example.com", "AlarmAddress": "a@b.example", "ApiKeyValue": "k" * 20}

    assert changes(DECLARED, deployed, values) == [
        "RetryHours: 12 -> 24",
        "ApiKeyValue: (not shown)",
        "AlarmAddress: (empty) -> a@b.example",
    ]
