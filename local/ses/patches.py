"""Changes a state by a JSON merge patch (RFC 7396), as the simulator's own resources take it."""

from collections.abc import Mapping
from typing import Any


def merged(state: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return `state` with the members of `patch`; one that is null there is removed."""
    result = dict(state)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            held = result.get(name)
            result[name] = merged(held if isinstance(held, Mapping) else {}, value)
        else:
            result[name] = value
    return result
