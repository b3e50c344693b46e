"""What an operator gives `make deploy`: variables, read into the template's parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ops.deploy.parameters import Parameters
from ops.deploy.senders import refuse_wrong_domain
from ops.session import require_stack_name
from tooling.aws_here import STACK

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHORT = {"OPS_SENDER_DOMAIN": "SenderDomain", "OPS_ALARM_ADDRESS": "AlarmAddress"}
_SANDBOX = {"1": "true", "0": "false"}


class Given(NamedTuple):
    """A stack's name, the parameters that there are, and the values that were given."""

    stack: str
    declared: Parameters
    values: Mapping[str, str]


def given(environment: Mapping[str, str]) -> Given:
    """Read STACK, SENDER_DOMAIN, ALARM_ADDRESS, SANDBOX and PARAMETERS; an empty one is not given.

    Raises `ValueError` for everything that can be told without asking AWS.
    """
    stack = environment.get("OPS_STACK") or STACK
    require_stack_name(stack)
    declared = Parameters.of_this_checkout()
    values = declared.read(environment.get("OPS_PARAMETERS", ""))
    short = {name: environment[held] for held, name in _SHORT.items() if environment.get(held)}
    if sandbox := environment.get("OPS_SANDBOX"):
        if sandbox not in _SANDBOX:
            raise ValueError("SANDBOX must be 1 or 0.")
        short["SesSandbox"] = _SANDBOX[sandbox]
    if twice := [name for name in short if values.get(name, short[name]) != short[name]]:
        raise ValueError(f"{', '.join(twice)} is given twice, with different values.")
    values |= short
    if "SenderDomain" in values:
        refuse_wrong_domain("SenderDomain", values["SenderDomain"])
    declared.refuse_wrong(values)
    return Given(stack, declared, values)
