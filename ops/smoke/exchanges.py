"""More than one mail, the same mail again, and paths as old programs write them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING
from uuid import uuid4

from ops.smoke.steps import Step, expect, step
from ops.smoke.wire import seconds_of

if TYPE_CHECKING:
    from ops.smoke.target import Target

_SECTION = "f16-repeats-batches-formats"
_PATHS = ("src/core/http/routing.py: find", "docs/api.md: Routes")
_TIMES = 6


def _batch(target: Target, path: str) -> None:
    target.require_sending()
    target.make_room(3)
    reply = target.ask("POST", path, [target.mail() for _ in range(3)])
    answers = json.loads(reply.body) if reply.status == 200 else []
    target.waiting += [each["MessageId"] for each in answers if each.get("Status") == "queued"]
    completed = reply.headers.get("x-autobatch-completed")
    expect(len(answers) == 3 and completed == "3", "200 with three answers", reply)


@step("A batch of three is sent, its brackets as they are", section="f3-paths", change=_PATHS)
def _bare_batch(target: Target) -> None:
    _batch(target, "/json/reply/SendMail[]")


@step("So is one with its brackets escaped", section="f3-paths", change=_PATHS)
def _escaped_batch(target: Target) -> None:
    _batch(target, "/json/reply/SendMail%5B%5D")


@step("Doubled slashes make no difference", section="f3-paths", change=_PATHS)
def _slashes(target: Target) -> None:
    target.send(target.mail(), "//Mail//Send")


@step(
    "The same request again sends nothing more",
    section=_SECTION,
    change=("src/core/submission/idempotency.py: key_of",),
)
def _repeat(target: Target) -> None:
    target.require_sending()
    key = f"smoke-{uuid4()}"
    first = target.send(target.mail(), headers={"Idempotency-Key": key})
    reply = target.ask("POST", "/Mail/Send", target.mail(), headers={"Idempotency-Key": key})
    is_same = reply.members.get("MessageId") == first["MessageId"]
    is_marked = reply.headers.get("idempotent-replayed") == "true"
    expect(is_same and is_marked, "the first one's MessageId, Idempotent-Replayed: true", reply)


@step(
    "A mail that is sent later is answered at once",
    section=_SECTION,
    change=("src/core/slow_lane.py: enqueue_all",),
)
def _oneway(target: Target) -> str:
    begun = time.monotonic()
    answer = target.send(target.mail(), "/json/oneway/SendMail", may_be=("queued",))
    target.sent["oneway"] = answer["MessageId"]
    return f"{time.monotonic() - begun:.2f} s"


@step(
    "A function that is warm answers fast",
    section=_SECTION,
    change=("template.yaml: MemorySize",),
)
def _warm(target: Target) -> str:
    target.make_room(0)
    begun = time.monotonic()
    target.send(target.mail())
    sending = time.monotonic() - begun
    path = f"/Status?MessageId={target.sent['success']}"
    asking = sorted(seconds_of(target.url, path, {"x-api-key": target.key}, _TIMES)[1:])
    median = asking[len(asking) // 2]
    expect(median < 1, "a status within a second, once connected", f"{median:.2f} s")
    return f"a mail {sending * 1000:.0f} ms with its connection, a status {median * 1000:.0f} ms"


STEPS: tuple[Step, ...] = (_bare_batch, _escaped_batch, _slashes, _repeat, _oneway, _warm)
