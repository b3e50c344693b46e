"""What CloudFormation has of a stack: whole, or a leftover of a first try."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NEVER_COMPLETE = frozenset(
    {"CREATE_FAILED", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"}
)
"""The statuses of a creation that did not succeed; no update leads to one of them
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html)."""
_WAYS_OUT = {
    "DELETE_FAILED": "delete-stack",
    "UPDATE_FAILED": "rollback-stack",
    "UPDATE_ROLLBACK_FAILED": "continue-update-rollback",
}
_BEGINNINGS = frozenset({"CREATE_IN_PROGRESS", "REVIEW_IN_PROGRESS", "UPDATE_IN_PROGRESS"})


@dataclass(frozen=True, slots=True)
class StackState:
    """A stack of CloudFormation's at one moment."""

    id: str
    status: str
    parameters: Mapping[str, str]

    @classmethod
    def of(cls, cloudformation: Any, stack: str) -> StackState | None:
        """Ask for a stack by its name; None if there is none."""
        try:
            described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        except ClientError as error:
            # It has no code of its own: a name that is wrong in itself has the same.
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            raise
        parameters = described.get("Parameters", ())
        return cls(
            described["StackId"],
            described["StackStatus"],
            {each["ParameterKey"]: each["ParameterValue"] for each in parameters},
        )

    @property
    def is_leftover(self) -> bool:
        """Whether its creation failed, so that it holds nothing and can only be deleted."""
        return self.status in _NEVER_COMPLETE

    def require_ready(self, stack: str, region: str) -> None:
        """Raise `ValueError` if it can be neither updated nor taken away now."""
        if self.is_leftover:
            return
        if self.status.endswith("_FAILED"):
            command = _WAYS_OUT.get(self.status, "describe-stack-events")
            raise ValueError(
                f"The stack {stack} is {self.status}, and AWS changes it no more until somebody"
                f" has mended that. What hinders it is among its events; then:\n"
                f"  aws cloudformation {command} --stack-name {stack} --region {region}"
            )
        if not self.status.endswith("_COMPLETE"):
            raise ValueError(
                f"The stack {stack} is being changed now ({self.status}): wait until that is over."
            )

    def defaults(self, cloudformation: Any) -> dict[str, str]:
        """Return the defaults that the template had with which it was deployed."""
        summary = cloudformation.get_template_summary(StackName=self.id)
        return {
            each["ParameterKey"]: each.get("DefaultValue", "") for each in summary["Parameters"]
        }

    def remove(self, cloudformation: Any) -> None:
        """Delete a leftover, and wait for that. A stack that ever was complete is refused."""
        if not self.is_leftover:
            raise ValueError(f"A stack that is {self.status} may hold mails: it is not deleted.")
        cloudformation.delete_stack(StackName=self.id)
        waiter = cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=self.id, WaiterConfig={"Delay": 3, "MaxAttempts": 200})


def reasons(cloudformation: Any, stack_id: str) -> list[str]:
    """Return why the last creation or update of a stack failed, the first cause first."""
    return list(reversed([*_failures(cloudformation, stack_id)]))


def _failures(cloudformation: Any, stack_id: str) -> Iterator[str]:
    """Yield the failures of the last operation, newest first, as CloudFormation lists them."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id)
    for event in (event for page in pages for event in page["StackEvents"]):
        is_of_stack = event.get("PhysicalResourceId") == stack_id
        reason = event.get("ResourceStatusReason", "")
        if is_of_stack and event["ResourceStatus"] in _BEGINNINGS:
            return
        # Cancelled is what did nothing wrong: it only was under way when something else failed.
        if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason:
            yield f"{event['LogicalResourceId']} ({event.get('ResourceType', '')}): {reason}"
