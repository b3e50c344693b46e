"""How a SAM template is read: YAML with CloudFormation's short tags (`!Ref`, `!Sub`, ...)."""

from __future__ import annotations

from typing import Any

import yaml


def parse(text: str) -> Any:
    """Return the template with `!Ref x` and its like in their long form."""
    # A SafeLoader that also knows CloudFormation's tags.
    return yaml.load(text, _Loader)  # noqa: S506 # nosec B506


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags."""

    def construct_intrinsic(self, tag: str, node: yaml.Node) -> dict[str, Any]:
        value: Any
        if isinstance(node, yaml.ScalarNode):
            value = self.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = self.construct_sequence(node, deep=True)
        elif isinstance(node, yaml.MappingNode):
            value = self.construct_mapping(node, deep=True)
        if tag == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _Loader.construct_intrinsic)
