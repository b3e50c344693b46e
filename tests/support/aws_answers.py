"""An AWS that answers from a table: for states of an account that no emulator can be in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from support.account import SESSION

type Answer = Mapping[str, Any] | str | Callable[[Mapping[str, Any]], "Answer"]
"""The members of an answer, the code of an error, or what makes one of a call's parameters."""


class _Response(NamedTuple):
    status_code: int


@dataclass
class Answers:
    """Stands where a boto3 session does; its clients are boto3's, and send nothing."""

    table: dict[str, Answer]
    """By `service.Operation`, the service as boto3 names it."""
    asked: list[str] = field(default_factory=list)
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Return a service's client, made once: that takes longer than all that it answers."""
        if service not in self._clients:
            self._clients[service] = self._made(service)
        return self._clients[service]

    def _made(self, service: str) -> Any:
        client = SESSION.client(service)

        def note(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
            context["asked"] = dict(params)

        def answer(model: Any, context: Mapping[str, Any], **_: Any) -> tuple[_Response, Any]:
            self.asked.append(f"{service}.{model.name}")
            found = self.table[self.asked[-1]]
            while callable(found):
                found = found(context["asked"])
            if isinstance(found, str):
                return _Response(400), {"Error": {"Code": found, "Message": "as the test says"}}
            return _Response(200), dict(found)

        client.meta.events.register("provide-client-params", note)
        client.meta.events.register("before-call", answer)
        return client
