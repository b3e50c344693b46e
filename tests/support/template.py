"""The template as CloudFormation would carry it out with certain parameters."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tooling.template import parse

ROOT = Path(__file__).parents[2]
TEMPLATE = parse((ROOT / "template.yaml").read_text())
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "mail",
    "AWS::URLSuffix": "amazonaws.com",
}
_NOTHING = {"Ref": "AWS::NoValue"}
_NAMED = re.compile(r"\$\{([^}]+)\}")


class Evaluation:
    """The template under `parameters`, over its own defaults. A resource's ARN is its name here."""

    def __init__(self, parameters: Mapping[str, str] | None = None) -> None:
        declared = TEMPLATE["Parameters"].items()
        self.given = {"SenderDomain": "example.com"} | dict(parameters or {})
        self.values = {name: str(parameter.get("Default", "")) for name, parameter in declared}
        self.values |= self.given

    def holds(self, condition: Any) -> bool:
        """Decide a condition, or the name of one."""
        match condition:
            case str() | {"Condition": str()}:
                name = condition if isinstance(condition, str) else condition["Condition"]
                return self.holds(TEMPLATE["Conditions"][name])
            case {"Fn::Equals": [left, right]}:
                return bool(self.value(left) == self.value(right))
            case {"Fn::Not": [inner]}:
                return not self.holds(inner)
            case {"Fn::And": parts}:
                return all(self.holds(part) for part in parts)
            case {"Fn::Or": parts}:
                return any(self.holds(part) for part in parts)
        raise ValueError(condition)

    def decided(self, node: Any) -> Any:
        """Put the branch that is taken in place of every `!If`."""
        match node:
            case {"Fn::If": [name, yes, no]}:
                return self.decided(yes if self.holds(name) else no)
            case dict():
                inner = {key: self.decided(value) for key, value in node.items()}
                return {key: value for key, value in inner.items() if value != _NOTHING}
            case list():
                return [each for each in map(self.decided, node) if each != _NOTHING]
        return node

    def value(self, node: Any) -> Any:
        """Carry out whatever functions are in `node`."""
        match self.decided(node):
            case {"Ref": name}:
                result: Any = self._named(name)
            case {"Fn::GetAtt": [name, _]}:
                result = name
            case {"Fn::Sub": [text, names]}:
                result = self._sub(text, {name: self.value(each) for name, each in names.items()})
            case {"Fn::Sub": text}:
                result = self._sub(text, {})
            case {"Fn::Join": [delimiter, parts]}:
                result = delimiter.join(self.value(parts))
            case {"Fn::Split": [delimiter, text]}:
                result = self.value(text).split(delimiter)
            case dict() as inner:
                result = {key: self.value(each) for key, each in inner.items()}
            case list() as parts:
                result = [self.value(part) for part in parts]
            case plain:
                result = plain
        return result

    def resources(self, kind: str = "") -> dict[str, Any]:
        """Return what is made, of a kind, with its branches taken."""
        return {
            name: self.decided({key: held[key] for key in held if key != "Condition"})
            for name, held in TEMPLATE["Resources"].items()
            if held["Type"].startswith(kind) and self.holds_for(held)
        }

    def holds_for(self, declared: Mapping[str, Any]) -> bool:
        """Say whether a resource or output is there at all."""
        return "Condition" not in declared or self.holds(declared["Condition"])

    def template(self) -> str:
        """Return a template without conditions, with the parameters as its defaults."""
        resources = self.resources()
        for resource in resources.values():
            if resource.get("DependsOn") not in (None, *resources):
                del resource["DependsOn"]
        whole = {name: part for name, part in TEMPLATE.items() if name != "Conditions"}
        whole["Parameters"] = {
            name: declared | ({"Default": self.given[name]} if name in self.given else {})
            for name, declared in TEMPLATE["Parameters"].items()
        }
        whole["Globals"] = self.decided(TEMPLATE["Globals"])
        whole["Outputs"] = {
            name: self.decided({key: held[key] for key in held if key != "Condition"})
            for name, held in TEMPLATE["Outputs"].items()
            if self.holds_for(held)
        }
        return json.dumps(whole | {"Resources": resources}, indent=1)

    def _named(self, name: str) -> str:
        return str({**PSEUDO, **self.values}.get(name, name))

    def _sub(self, text: str, names: Mapping[str, Any]) -> str:
        def replaced(match: re.Match[str]) -> str:
            name = match[1].removesuffix(".Arn")
            return str(names.get(name, self._named(name)))

        return _NAMED.sub(replaced, text)
