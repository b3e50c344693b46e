"""Saved queries of CloudWatch Logs, which MiniStack's CloudFormation does not know.

It refuses a template that has one, before it has made anything. Nobody can choose a query here, as
there is no page for it, so CloudFormation alone remembers that they are there.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from ministack.services.cloudformation import provisioners

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPE = "AWS::Logs::QueryDefinition"


def allow() -> None:
    """Let CloudFormation take them. Should a later MiniStack know the type, its own way stays."""
    own = {"create": _create, "update": _update, "delete": _delete}
    provisioners._RESOURCE_HANDLERS.setdefault(_TYPE, own)  # noqa: SLF001


def _create(
    _logical_id: str, _properties: Mapping[str, Any], _stack: str
) -> tuple[str, dict[str, Any]]:
    made = str(uuid.uuid4())
    return made, {"QueryDefinitionId": made}


def _update(
    physical_id: str, _old: Mapping[str, Any], _new: Mapping[str, Any], _stack: str
) -> tuple[str, dict[str, Any]]:
    return physical_id, {"QueryDefinitionId": physical_id}


def _delete(_physical_id: str, _properties: Mapping[str, Any]) -> None:
    """Forget it: nothing else knows of it."""
