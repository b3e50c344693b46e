"""Which stacks may be updated, which are leftovers, and which nobody touches."""

import boto3
import pytest

from ops.deploy.stack_state import StackState

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
