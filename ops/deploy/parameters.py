"""The parameters of `template.yaml`: what may be given, and what is wrong before AWS is asked."""

from __future__ import annotations

import difflib
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from tooling.paths import ROOT
from tooling.template import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Parameter:
    """One of them, with its limits.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
    """

    name: str
    declared: Mapping[str, Any]

    @property
    def default(self) -> str | None:
        """The value that it has when nobody gives one; None if somebody must."""
        return str(self.declared["Default"]) if "Default" in self.declared else None

    @property
    def is_secret(self) -> bool:
        """Whether AWS never shows its value (`NoEcho`), and nor do we."""
        return bool(self.declared.get("NoEcho"))

    def allows(self, value: str) -> bool:
        """Whether CloudFormation would take this value."""
        declared = self.declared
        if declared["Type"] == "Number":
            if not re.fullmatch(r"-?[0-9]{1,15}", value):
                return False
            least, most = declared.get("MinValue"), declared.get("MaxValue")
            if (least is not None and int(value) < least) or (
                most is not None and int(value) > most
            ):
                return False
        if "AllowedValues" in declared and value not in map(str, declared["AllowedValues"]):
            return False
        return bool(re.fullmatch(declared.get("AllowedPattern", r".*"), value, re.DOTALL))


class Parameters(dict[str, Parameter]):
    """All of them by name, and the template's rules for several together."""

    rules: Mapping[str, Any]
    description: str
    """The template's, by which a stack of ours is known."""

    @classmethod
    def of(cls, template: Mapping[str, Any]) -> Self:
        declared = cls(
            {name: Parameter(name, each) for name, each in template["Parameters"].items()}
        )
        declared.rules = template.get("Rules", {})
        declared.description = template.get("Description", "")
        return declared

    @classmethod
    def of_this_checkout(cls) -> Self:
        return cls.of(parse((ROOT / "template.yaml").read_text("utf-8")))

    def read(self, words: str) -> dict[str, str]:
        """Read `RetryHours=12 'DefaultSenderName=Ada L.'`, quoted as for a shell.

        Raises `ValueError` for what cannot be read, and for names that there are not.
        """
        try:
            given = shlex.split(words)
        except ValueError as error:
            raise ValueError(f"PARAMETERS: {error}.") from None
        values: dict[str, str] = {}
        for word in given:
            name, equals, value = word.partition("=")
            if not equals or not name:
                raise ValueError(_how_to_write(values))
            if name in values:
                raise ValueError(f"PARAMETERS has {name} twice.")
            values[name] = value
        if unknown := [self.unknown(name) for name in values if name not in self]:
            raise ValueError("\n".join(f"PARAMETERS: {each}" for each in unknown))
        return values

    def unknown(self, name: str) -> str:
        """Say that there is no such parameter, and which one may be meant."""
        lowered = {known.lower(): known for known in self}
        near = difflib.get_close_matches(name.lower(), lowered, 1)
        hint = (
            f"Did you mean {lowered[near[0]]}?" if near else "They are explained in template.yaml."
        )
        return f"{name} is no parameter of the stack. {hint}"

    def fault(self, name: str, value: str) -> str | None:
        """Say in the template's words what CloudFormation would not take; None if it would."""
        if self[name].allows(value):
            return None
        fault = f"{name} {self[name].declared['ConstraintDescription']}."
        if "," in value and self[name].allows(re.sub(r",\s+", ",", value)):
            fault += " Leave out the spaces after the commas."
        return fault

    def refuse_wrong(self, values: Mapping[str, str]) -> None:
        """Raise `ValueError` with every value that CloudFormation would not take."""
        faults = (self.fault(name, value) for name, value in values.items())
        if wrong := [fault for fault in faults if fault is not None]:
            raise ValueError("\n".join(wrong))

    def refuse_together(self, values: Mapping[str, str]) -> None:
        """Raise `ValueError` if values break a rule of the template about several together."""
        if broken := [*self._broken_rules(values)]:
            raise ValueError("\n".join(broken))

    def _broken_rules(self, values: Mapping[str, str]) -> Iterator[str]:
        whole = {name: each.default or "" for name, each in self.items()} | {**values}
        for rule in self.rules.values():
            if _holds(rule.get("RuleCondition", True), whole):
                for assertion in rule["Assertions"]:
                    if not _holds(assertion["Assert"], whole):
                        yield f"{assertion['AssertDescription']}."

    def kept(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return what differs from the defaults, in the template's order.

        A secret that was given is kept, be it its default: without it the stack keeps the one
        that it has, which nobody can read.
        """
        return {
            name: values[name]
            for name, each in self.items()
            if name in values and (each.is_secret or values[name] != each.default)
        }

    def whole(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return what the stack is to get: the defaults too, or it would keep what it has.

        But for secrets that are not given, which it does keep.
        """
        return {
            name: values.get(name, each.default or "")
            for name, each in self.items()
            if name in values or not each.is_secret
        }


def _how_to_write(before: Mapping[str, str]) -> str:
    """Say how PARAMETERS is written, by what stands before the word that is none."""
    if not before:
        return "PARAMETERS is NAME=value, with spaces between several."
    name, value = [*before.items()][-1]
    told = f"PARAMETERS is NAME=value, and is not after {name}."
    if value.endswith(","):
        return f"{told} Leave out the spaces after the commas."
    return f"{told} A value with a space has quotes of its own:\n  PARAMETERS=\"'{name}=...'\""


def _holds(condition: Any, values: Mapping[str, str]) -> bool:
    """Decide a condition of a rule."""
    match condition:
        case bool():
            return condition
        case {"Fn::Not": [inner]}:
            return not _holds(inner, values)
        case {"Fn::And": list(all_of)}:
            return all(_holds(each, values) for each in all_of)
        case {"Fn::Or": list(one_of)}:
            return any(_holds(each, values) for each in one_of)
        case {"Fn::Equals": [one, other]}:
            return _value(one, values) == _value(other, values)
    raise ValueError(f"template.yaml has a rule that this cannot decide: {condition}")


def _value(operand: Any, values: Mapping[str, str]) -> str:
    return values[operand["Ref"]] if isinstance(operand, dict) else str(operand)
