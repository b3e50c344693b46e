"""Which stacks may be updated, which are leftovers, and which nobody touches."""

from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber

from ops.deploy.stack_state import StackState, reasons

_CLIENT = boto3.client("cloudformation", region_name="eu-central-1")
STATUSES = _CLIENT.meta.service_model.shape_for("StackStatus").enum
"""All that CloudFormation has."""
LEFTOVERS = {"CREATE_FAILED", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"}
READY = {
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
}


def in_status(status: str) -> StackState:
    return StackState("arn:aws:cloudformation:eu-central-1:123456789012:stack/mail/1", status, {})


@pytest.mark.parametrize("status", [each for each in STATUSES if each not in LEFTOVERS])
def test_a_stack_that_ever_was_complete_is_never_deleted(status: str) -> None:
    state = in_status(status)

    assert not state.is_leftover
    with pytest.raises(ValueError, match="it is not deleted"):
        state.remove(None)  # It is refused before CloudFormation is asked.


@pytest.mark.parametrize("status", sorted(LEFTOVERS))
def test_what_a_first_deployment_left_is_a_leftover(status: str) -> None:
    assert status in STATUSES
    assert in_status(status).is_leftover
    in_status(status).require_ready("mail", "eu-central-1")


@pytest.mark.parametrize("status", sorted(READY))
def test_a_whole_stack_may_be_updated(status: str) -> None:
    assert status in STATUSES
    in_status(status).require_ready("mail", "eu-central-1")


@pytest.mark.parametrize(
    "status",  # By its name no stack is found that is deleted.
    [each for each in STATUSES if each not in {*LEFTOVERS, *READY, "DELETE_COMPLETE"}],
)
def test_what_cannot_be_updated_now_is_refused_with_what_to_do(status: str) -> None:
    hint = "--stack-name mail --region eu" if "FAILED" in status else "wait until that is over"

    with pytest.raises(ValueError, match=f"{status}.*{hint}|{status}.*\n.*{hint}"):
        in_status(status).require_ready("mail", "eu-central-1")


ID = in_status("").id


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
