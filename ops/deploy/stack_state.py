"""What CloudFormation has of a stack: whole, or a leftover of a first try."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ops.deploy.stack_events import reasons

if TYPE_CHECKING:
    from collections.abc import Mapping

_EMPTY = "ROLLBACK_COMPLETE"
"""The status of a creation of which CloudFormation has taken everything back."""
_ONLY_PREPARED = "REVIEW_IN_PROGRESS"
"""The status of a stack that has a change set and nothing else: SAM CLI goes on from there."""
_OURS = frozenset({"ConfigurationName", "SenderDomain"})
"""Parameters that every version of the template has had. Another service may have a `SenderDomain`,
and a template without a description."""
_EVENTS = (
    "aws cloudformation describe-stack-events{} --query \\\n"
    "    \"StackEvents[?ends_with(ResourceStatus, '_FAILED')]"
    '.[Timestamp, LogicalResourceId, ResourceStatusReason]" --output text'
)
_WAYS_OUT = {
    "CREATE_FAILED": (
        "# Deleting it may leave the table and the bucket behind (docs/run-it.md, Remove it):",
        "aws cloudformation list-stack-resources{}",
        "aws cloudformation delete-stack{}",
    ),
    "ROLLBACK_FAILED": (
        "# Deleting it may leave the table and the bucket behind (docs/run-it.md, Remove it):",
        "aws cloudformation list-stack-resources{}",
        "aws cloudformation delete-stack{}",
    ),
    "DELETE_FAILED": (
        "aws cloudformation delete-stack{}",
        "# If that fails again, what cannot be deleted stays, and only the stack goes:",
        "aws cloudformation delete-stack{} --deletion-mode FORCE_DELETE_STACK",
    ),
    "UPDATE_FAILED": ("aws cloudformation rollback-stack{}",),
    "UPDATE_ROLLBACK_FAILED": (
        "aws cloudformation continue-update-rollback{}",
        "# If that fails again, name what it shall leave as it is: --resources-to-skip NAME ...",
    ),
    "IMPORT_ROLLBACK_FAILED": ("# Only AWS Support brings it back from there.",),
}
"""What an operator does about a stack that AWS changes no more
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html)."""


@dataclass(frozen=True, slots=True)
class StackState:
    """A stack of CloudFormation's at one moment."""

    id: str
    status: str
    parameters: Mapping[str, str]
    description: str = ""

    @classmethod
    def of(cls, cloudformation: Any, stack: str) -> StackState | None:
        """Ask for a stack by its name or id; None if there is none."""
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
            described.get("Description", ""),
        )

    @property
    def is_empty(self) -> bool:
        """Whether it is a creation that was taken back, and can only be deleted."""
        return self.status == _EMPTY

    @property
    def is_whole(self) -> bool:
        """Whether it was complete once, so that it is updated and not made."""
        return self.status not in (_EMPTY, _ONLY_PREPARED)

    def require_ours(self, stack: str, description: str) -> None:
        """Raise `ValueError` if it is none of this service: an update would delete what it has."""
        has_nothing = self.status == _ONLY_PREPARED and not self.parameters
        is_ours = self.parameters.keys() >= _OURS and self.description in ("", description)
        if not (is_ours or has_nothing):
            raise ValueError(
                f"The stack {stack} is none of this service, and is left as it is: give this one"
                " another name."
            )

    def require_ready(self, cloudformation: Any, stack: str, region: str) -> None:
        """Raise `ValueError` if it can be neither updated nor taken away now."""
        if self.status in (_EMPTY, _ONLY_PREPARED):
            return
        if self.status.endswith("_FAILED"):
            raise ValueError(self._stuck(cloudformation, stack, region))
        if not self.status.endswith("_COMPLETE"):
            raise ValueError(
                f"The stack {stack} is being changed now ({self.status}): wait until that is over."
            )

    def _stuck(self, cloudformation: Any, stack: str, region: str) -> str:
        option = f" --stack-name {stack} --region {region}"
        ways_out = (line.format(option) for line in _WAYS_OUT.get(self.status, ()))
        lines = (*reasons(cloudformation, self.id), _EVENTS.format(option))
        told = "\n  ".join(
            (f"The stack {stack} is {self.status}, and AWS changes it no more until then:", *lines)
        )
        return "\n  ".join((f"{told}\nMend that, and then:", *ways_out))

    def defaults(self, cloudformation: Any) -> dict[str, str]:
        """Return the defaults that the template had with which it was deployed."""
        summary = cloudformation.get_template_summary(StackName=self.id)
        return {
            each["ParameterKey"]: each.get("DefaultValue", "") for each in summary["Parameters"]
        }

    def remove(self, cloudformation: Any) -> None:
        """Delete an empty leftover, and wait for that. `ValueError` if it is something else by now.

        It is asked for again, by its id: minutes may have gone by, and somebody may have gone on.
        """
        now = StackState.of(cloudformation, self.id)
        if now is None or now.status == "DELETE_COMPLETE":
            return
        if not now.is_empty:
            raise ValueError(
                f"Somebody else is changing the stack ({self.status} is {now.status} now), so it is"
                " not deleted. Look what became of it, and repeat the command."
            )
        cloudformation.delete_stack(StackName=self.id)
        waiter = cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=self.id, WaiterConfig={"Delay": 3, "MaxAttempts": 200})
