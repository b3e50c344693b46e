"""Which stacks may be updated, which are leftovers, and which nobody touches."""

import re
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from support.aws_cli import faults

from ops.deploy.stack_events import newest, reasons
from ops.deploy.stack_state import StackState

_CLIENT = boto3.client("cloudformation", region_name="eu-central-1")
STATUSES = _CLIENT.meta.service_model.shape_for("StackStatus").enum
"""All that CloudFormation has."""
PREPARED = {"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"}
"""What has nothing in it: SAM CLI goes on from the first, and the second is taken away."""
READY = {
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
}


ID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/mail/1"
OURS = {"SenderDomain": "example.com", "ConfigurationName": "default"}


def in_status(status: str) -> StackState:
    return StackState(ID, status, OURS, "Ours")


def answer(status: str) -> dict[str, Any]:
    made = datetime(2026, 1, 1, tzinfo=UTC)
    stack = {"StackName": "mail", "StackId": ID, "CreationTime": made, "StackStatus": status}
    return {"Stacks": [stack]}


@pytest.mark.parametrize("status", [each for each in STATUSES if each != "ROLLBACK_COMPLETE"])
def test_only_what_was_taken_back_is_deleted_by_its_status_of_now(status: str) -> None:
    """It was ROLLBACK_COMPLETE minutes ago, before the build."""
    with Stubber(_CLIENT) as aws:  # It knows of no DeleteStack: to call it would fail.
        aws.add_response("describe_stacks", answer(status), {"StackName": ID})

        if status == "DELETE_COMPLETE":
            in_status("ROLLBACK_COMPLETE").remove(_CLIENT)
        else:
            with pytest.raises(ValueError, match=f"is {status} now.*not deleted"):
                in_status("ROLLBACK_COMPLETE").remove(_CLIENT)


def test_what_was_taken_back_is_deleted_by_its_id() -> None:
    with Stubber(_CLIENT) as aws:
        aws.add_response("describe_stacks", answer("ROLLBACK_COMPLETE"), {"StackName": ID})
        aws.add_response("delete_stack", {}, {"StackName": ID})
        aws.add_response("describe_stacks", answer("DELETE_COMPLETE"), {"StackName": ID})

        in_status("ROLLBACK_COMPLETE").remove(_CLIENT)

        aws.assert_no_pending_responses()


@pytest.mark.parametrize("status", sorted(PREPARED | READY))
def test_what_has_nothing_or_is_whole_may_be_gone_on_with(status: str) -> None:
    assert status in STATUSES
    assert in_status(status).is_whole is (status in READY)
    in_status(status).require_ready(_CLIENT, "mail", "eu-central-1")


@pytest.mark.parametrize("status", [each for each in STATUSES if each.endswith("_FAILED")])
def test_a_stuck_stack_is_refused_with_its_reasons_and_the_way_out(status: str) -> None:
    events = [event("Table", status, "Some reason"), event("mail", "UPDATE_IN_PROGRESS", id_=ID)]
    with Stubber(_CLIENT) as aws:
        aws.add_response("describe_stack_events", {"StackEvents": events}, {"StackName": ID})

        with pytest.raises(ValueError, match=f"The stack mail is {status}") as refused:
            in_status(status).require_ready(_CLIENT, "mail", "eu-central-1")

    told = str(refused.value)
    assert "\n  Table (AWS::SQS::Queue): Some reason\n" in told
    commands = re.findall(r"  (aws (?:.|\\\n)*)", told)
    assert commands[0].startswith("aws cloudformation describe-stack-events --stack-name mail")
    assert all("--stack-name mail --region eu-central-1" in command for command in commands)
    assert [fault for command in commands for fault in faults(command.replace("\\\n", " "))] == []
    after = told.partition("Mend that, and then:\n")[2]
    assert after.strip()
    if status in ("CREATE_FAILED", "ROLLBACK_FAILED"):
        assert "table and the bucket" in after


@pytest.mark.parametrize(
    "status",  # By its name no stack is found that is deleted.
    [
        each
        for each in STATUSES
        if each not in {*PREPARED, *READY, "DELETE_COMPLETE"} and not each.endswith("_FAILED")
    ],
)
def test_what_is_under_way_is_waited_for(status: str) -> None:
    with pytest.raises(ValueError, match=f"{status}.*wait until that is over"):
        in_status(status).require_ready(_CLIENT, "mail", "eu-central-1")


@pytest.mark.parametrize(
    ("status", "parameters", "description", "is_ours"),
    [
        ("UPDATE_COMPLETE", OURS, "Ours", True),
        ("UPDATE_COMPLETE", OURS, "Another service that mails", False),
        ("UPDATE_COMPLETE", {}, "Ours", False),
        ("UPDATE_COMPLETE", {"SenderDomain": "example.com"}, "", False),
        ("ROLLBACK_COMPLETE", {"Name": "x"}, "", False),
        ("REVIEW_IN_PROGRESS", {}, "", True),
        ("REVIEW_IN_PROGRESS", {"Name": "x"}, "", False),
    ],
)
def test_a_stack_of_something_else_is_left_alone(
    status: str, parameters: dict[str, str], description: str, is_ours: bool
) -> None:
    state = StackState(ID, status, parameters, description)

    if is_ours:
        state.require_ours("mail", "Ours")
    else:
        with pytest.raises(ValueError, match="The stack mail is none of this service"):
            state.require_ours("mail", "Ours")


def event(name: str, status: str, reason: str = "", id_: str = "") -> dict[str, object]:
    return {
        "StackId": ID,
        "EventId": f"{name}-{status}",
        "StackName": "mail",
        "LogicalResourceId": name,
        "PhysicalResourceId": id_,
        "ResourceType": "AWS::SQS::Queue",
        "Timestamp": datetime(2026, 1, 1, tzinfo=UTC),
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


def test_the_reasons_are_those_of_the_last_operation_in_their_order() -> None:
    """The events are AWS's, newest first; no emulator cancels what is under way."""
    events = [
        event("mail", "UPDATE_ROLLBACK_COMPLETE", id_=ID),
        event("Queue", "UPDATE_FAILED", "Resource update cancelled"),
        event("Alarm", "CREATE_FAILED", "Something else"),
        event("Topic", "CREATE_FAILED", "No such key"),
        event("Bucket", "UPDATE_COMPLETE"),
        event("mail", "UPDATE_IN_PROGRESS", "User Initiated", id_=ID),
        event("Table", "CREATE_FAILED", "Of an earlier try"),
    ]
    with Stubber(_CLIENT) as aws:
        aws.add_response("describe_stack_events", {"StackEvents": events}, {"StackName": ID})

        assert reasons(_CLIENT, ID) == [
            "Topic (AWS::SQS::Queue): No such key",
            "Alarm (AWS::SQS::Queue): Something else",
        ]


def test_reasons_of_an_earlier_try_are_none_of_this_one() -> None:
    """A change set that was refused makes no event, and the last ones are of the time before."""
    events = [
        event("mail", "UPDATE_ROLLBACK_COMPLETE", id_=ID),
        event("Alarm", "CREATE_FAILED", "Of an earlier try"),
        event("mail", "UPDATE_IN_PROGRESS", "User Initiated", id_=ID),
    ]
    with Stubber(_CLIENT) as aws:
        for _ in range(2):
            aws.add_response("describe_stack_events", {"StackEvents": events}, {"StackName": ID})

        before = newest(_CLIENT, ID)

        assert before == "mail-UPDATE_ROLLBACK_COMPLETE"
        assert reasons(_CLIENT, ID, after=before) == []
