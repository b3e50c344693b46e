"""Where MiniStack asks for other permissions than AWS, and how it is made to ask for the same.

MiniStack has no hook for it, so a function of its own is replaced (ministack/core/iam_actions.py).
Should a later MiniStack have no function of this name, that fails at the start.
"""

from __future__ import annotations

from typing import Any

from ministack.core import iam_actions


def name_batches() -> None:
    """Let SQS's requests for several messages need the permission for one, as on AWS.

    There is no action `sqs:SendMessageBatch` that a role could be allowed (Service Authorization
    Reference, Amazon SQS). MiniStack asks for one.
    """
    extract = iam_actions.extract_iam_action

    def extract_of_one(*arguments: Any) -> str | None:
        action: str | None = extract(*arguments)
        return action.removesuffix("Batch") if action and action.startswith("sqs:") else action

    iam_actions.extract_iam_action = extract_of_one
