"""A function in a process of its own, under Lambda's real runtime client, measured at its seams.

The runtime client asks `GET /2018-06-01/runtime/invocation/next` when it is ready and posts the
answer to `.../response`. In between it waits for us, so its processor clock stands still while we
read it.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from benchmarks.measure.processor import cpu_ns, peak_memory
from benchmarks.subjects.packages import BUILD, Subject
from benchmarks.subjects.variables import environment
from tooling.paths import ROOT
from tooling.programs import Program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PYTHON = ROOT / ".venv-bench/bin/python"
_SECONDS = 60
_HEAD = (
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n"
    "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
    "Lambda-Runtime-Deadline-Ms: {deadline}\r\n"
    "Lambda-Runtime-Invoked-Function-Arn: "
    "arn:aws:lambda:eu-central-1:111122223333:function:mail\r\n"
    "Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0\r\n\r\n"
)


class SandboxError(Exception):
    """A function did not do what was asked of it; the text says what it said."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Processor time of the function and time of day, in nanoseconds."""

    cpu: int
    wall: int


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event: when it was handed over, answered, and when the function asked for the next."""

    begun: Moment
    answered: Moment
    ended: Moment
    answer: Any


class Sandbox:
    """One function. Use as a context manager: its process ends with the block."""

    def __init__(self, subject: Subject, aws: str, extra: Mapping[str, str] | None = None) -> None:
        """Start the process; `aws` is the URL of AWS, `extra` goes over its environment."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._waiting: socket.socket | None = None
        api = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._log = BUILD / "logs" / f"{subject.name.replace(' ', '-')}.log"
        env = {**environment(subject, api, aws), **(extra or {})}
        command: list[str | Path] = [_PYTHON, "-m", "awslambdaric", subject.handler]
        self.started = time.perf_counter_ns()
        self._program = Program.start(command, env=env, log=self._log, cwd=subject.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._program.process.kill()
        self._program.stop()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    @property
    def peak_memory(self) -> int:
        return peak_memory(self._program.process.pid)

    def ready(self) -> Moment:
        """Return when the function first asked for an event."""
        return self._next()

    def invoke(self, event: bytes) -> Invocation:
        """Hand over an event of JSON, once the function is ready."""
        if self._waiting is None:
            raise SandboxError("The function has not asked for an event.")
        deadline = time.time_ns() // 1_000_000 + 29_000
        head = _HEAD.format(length=len(event), deadline=deadline).encode()
        begun = self._moment()
        self._waiting.sendall(head + event)
        connection, path, body = self._receive()
        answered = self._moment()
        if not path.endswith("/response"):
            raise SandboxError(f"{path}: {body.decode()}")
        connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        return Invocation(begun, answered, self._next(), json.loads(body))

    def _next(self) -> Moment:
        connection, path, body = self._receive()
        if not path.endswith("/next"):
            raise SandboxError(f"{path}: {body.decode()}")
        self._waiting = connection
        return self._moment()

    def _moment(self) -> Moment:
        wall = time.perf_counter_ns()
        return Moment(cpu_ns(self._program.process.pid), wall)

    def _receive(self) -> tuple[socket.socket, str, bytes]:
        """Wait for the runtime client's next request, on whichever connection it uses."""
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            for key, _ in self._selector.select(1):
                if key.fileobj is self._listener:
                    connection, _ = self._listener.accept()
                    self._selector.register(connection, selectors.EVENT_READ)
                elif isinstance(key.fileobj, socket.socket):
                    if request := _read(key.fileobj):
                        return key.fileobj, *request
                    self._selector.unregister(key.fileobj)
            if self._program.obituary:
                break
        said = self._log.read_text()[-2000:]
        raise SandboxError(f"{self._program.obituary or 'No answer'}:\n{said}")


def check(name: str, answer: Any) -> None:
    """Raise `SandboxError` unless the work was done: a function that fails is fast."""
    if isinstance(answer, dict) and (
        answer.get("statusCode", 200) != 200 or answer.get("batchItemFailures")
    ):
        raise SandboxError(f"{name} answered {answer}")


def _read(connection: socket.socket) -> tuple[str, bytes] | None:
    """Read a request; None if the connection has been closed."""
    received = b""
    while b"\r\n\r\n" not in received:
        if not (part := connection.recv(65536)):
            return None
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    length = int(headers.get("content-length", 0))
    while len(body) < length:
        body += connection.recv(1 << 20)
    return first.split(" ")[1], body
