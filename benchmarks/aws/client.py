"""The AWS server while it runs, and what it was asked."""

from __future__ import annotations

import http.client
import json
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from benchmarks.subjects.packages import BUILD
from tooling.aws_here import clean_environment
from tooling.paths import ROOT
from tooling.programs import Program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Call:
    """One request to AWS: from its first byte to its answer's, in seconds, and its size."""

    operation: str
    begun: float
    ended: float
    received: int


def depth(calls: Sequence[Call]) -> int:
    """Return how many of the calls were one after the other: the longest chain without overlap."""
    chain, free = 0, float("-inf")
    for call in sorted(calls, key=lambda call: call.ended):
        if call.begun >= free:
            chain, free = chain + 1, call.ended
    return chain


class Aws:
    """The AWS server, in a process of its own, there while the `with` block lasts."""

    def __init__(self) -> None:
        """Start it on a free port."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._program = Program.start(
            [sys.executable, "-m", "benchmarks.aws.server", str(port)],
            env=clean_environment(),
            log=BUILD / "logs/aws.log",
            cwd=ROOT,
        )
        self._program.await_answer(f"{self.url}/_calls")
        self._connection = http.client.HTTPConnection("127.0.0.1", port)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._program.stop()

    def set(self, *, latency_ms: float = 0, items: Mapping[str, Any] | None = None) -> None:
        """Let every answer take `latency_ms`, and the table hold `items` (by their sort key)."""
        told = {"latency": latency_ms / 1000, "scene": {"items": items or {}}}
        self._ask("POST", "/_control", json.dumps(told))
        self.calls()

    def calls(self) -> list[Call]:
        """Return what was asked since the last time."""
        return [Call(*call) for call in json.loads(self._ask("GET", "/_calls"))]

    def _ask(self, method: str, path: str, body: str | None = None) -> bytes:
        self._connection.request(method, path, body)
        return self._connection.getresponse().read()
