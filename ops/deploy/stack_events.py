"""Why CloudFormation failed: what the events of a stack say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEGINNINGS = frozenset(
    {"CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "REVIEW_IN_PROGRESS", "UPDATE_IN_PROGRESS"}
)


def newest(cloudformation: Any, stack_id: str) -> str:
    """Return the id of a stack's newest event, from which on `reasons` can be asked."""
    return next((str(event["EventId"]) for event in _events(cloudformation, stack_id)), "")


def reasons(cloudformation: Any, stack_id: str, *, after: str = "") -> list[str]:
    """Return why the last operation of a stack failed, the first cause first.

    Events up to the one with the id `after` are of something that was before.
    """
    return list(reversed([*_failures(cloudformation, stack_id, after)]))


def _failures(cloudformation: Any, stack_id: str, after: str) -> Iterator[str]:
    """Yield the failures of the last operation, newest first, as CloudFormation lists them."""
    for event in _events(cloudformation, stack_id):
        is_of_stack = event.get("PhysicalResourceId") == stack_id
        reason = event.get("ResourceStatusReason", "")
        if event["EventId"] == after or (is_of_stack and event["ResourceStatus"] in _BEGINNINGS):
            return
        # Cancelled is what did nothing wrong: it only was under way when something else failed.
        if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason:
            yield f"{event['LogicalResourceId']} ({event.get('ResourceType', '')}): {reason}"


def _events(cloudformation: Any, stack_id: str) -> Iterator[Any]:
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id)
    return (event for page in pages for event in page["StackEvents"])
