"""The API keys of a stack: those on its usage plan, each known to a domain by its hash alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.stack import Stack


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """The keys of one stack. Raises botocore's errors."""

    gateway: Any
    plan: str
    of_stack: str
    """The id of the key that CloudFormation made, and would miss."""

    @classmethod
    def of(cls, stack: Stack) -> ApiKeys:
        """Find the keys by the stack's outputs."""
        outputs = stack.outputs
        return cls(stack.aws.client("apigateway"), outputs["UsagePlanId"], outputs["ApiKeyId"])

    def hashes(self) -> Mapping[str, str]:
        """Return the hash of every key on the plan, by the key's id."""
        return {key["id"]: hash_of(key["value"]) for key in self._on_plan()}

    def enabled(self) -> Mapping[str, str]:
        """Return the same as `hashes`, without the keys that are switched off."""
        return {key["id"]: hash_of(key["value"]) for key in self._on_plan() if key["enabled"]}

    def values(self) -> list[str]:
        """Return the keys themselves that let somebody in. They are not for printing."""
        return [key["value"] for key in self._on_plan() if key["enabled"]]

    def _on_plan(self) -> list[Mapping[str, Any]]:
        pages = self.gateway.get_paginator("get_usage_plan_keys").paginate(usagePlanId=self.plan)
        ids = [key["id"] for page in pages for key in page["items"]]
        return [self.gateway.get_api_key(apiKey=id_, includeValue=True) for id_ in ids]

    def make(self, domain: str) -> tuple[str, str]:
        """Make a key that opens nothing yet; return its id and the key itself."""
        made = self.gateway.create_api_key(
            name=f"{domain}-{self.plan}", description=f"Client of {domain}", enabled=True
        )
        key = self.gateway.get_api_key(apiKey=made["id"], includeValue=True)
        return made["id"], key["value"]

    def admit(self, id_: str) -> None:
        """Let a key in."""
        self.gateway.create_usage_plan_key(usagePlanId=self.plan, keyId=id_, keyType="API_KEY")

    def withdraw(self, id_: str) -> None:
        """Let a key in no more, for good."""
        if id_ == self.of_stack:  # The next deployment would stumble if it were gone.
            disabled = {"op": "replace", "path": "/enabled", "value": "false"}
            self.gateway.update_api_key(apiKey=id_, patchOperations=[disabled])
        else:
            self.gateway.delete_usage_plan_key(usagePlanId=self.plan, keyId=id_)
            self.gateway.delete_api_key(apiKey=id_)


def hash_of(key: str) -> str:
    """Return what a domain knows of a key, as `core.http.gateway` makes it of a request's."""
    return hashlib.sha256(key.encode()).hexdigest()
