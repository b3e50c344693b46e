"""The receivers of docs/webhooks.md, saved, built and run as they stand there, and called.

They need no stack: the calls are signed by what signs them in it.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from support import programs
from support.deployed import free_port
from support.documents import DOCS, Example, examples
from support.records import waiting
from support.webhook_samples import MESSAGE, WEBHOOK, delivery, endpoint

from core.webhooks import changes, payload, signing
from core.webhooks.changes import Change

SECRETS = [signing.secret("the stack's", WEBHOOK, number) for number in range(3)]
OURS, NEXT, STRANGE = SECRETS
RECEIVERS = {each.section: each for each in examples(DOCS / "webhooks.md") if each.files}


class Call(NamedTuple):
    """A call as the service makes it."""

    headers: dict[str, str]
    body: bytes


def call(
    type_: str, sequence: int, status: str, recipient: int = 1, *, age: int = 0, by: str = OURS
) -> Call:
    change = Change(type_, MESSAGE, "d.example", sequence, recipient, status)
    members = change._asdict() | {"id": change.id}
    body = payload.body(delivery(**members), endpoint(), waiting(reference="Rechnung 4711 für Ä"))
    return signed(change.id, body, age, by)


def signed(id_: str, body: bytes, age: int, by: str) -> Call:
    at = int(time.time()) - age
    return Call(
        {"Content-Type": "application/json"} | signing.headers(id_, at, body, [*by.split()]), body
    )


class Receiver(NamedTuple):
    """A program of the document that runs."""

    url: str
    program: programs.Running

    def answer(self, call_: Call) -> int:
        reply = httpx.post(self.url, headers=call_.headers, content=call_.body, timeout=20)
        return reply.status_code


@pytest.fixture(scope="module", params=RECEIVERS)
def example(request: pytest.FixtureRequest) -> Example:
    return RECEIVERS[request.param]


@pytest.fixture
def receiver(example: Example, tmp_path: Path) -> Iterator[Receiver]:
    for name, text in example.files.items():
        (tmp_path / name).write_text(text, "utf-8")
    port = free_port()
    variables = {"WEBHOOK_SECRET": OURS, "PORT": str(port)}
    with programs.running(example.commands, tmp_path, variables, port) as program:
        yield Receiver(f"http://127.0.0.1:{port}/hook", program)


def test_there_is_one_for_each_language_that_is_promised() -> None:
    assert [*RECEIVERS] == ["Python", "TypeScript", "C#", "PHP"]


def test_a_receiver_of_the_documentation_believes_only_what_is_signed_and_keeps_what_is_newest(
    receiver: Receiver,
) -> None:
    sent, delivered = call("mail.sent", 2, "sent"), call("mail.delivered", 3, "delivered")
    strange = call("mail.bounced", 9, "undelivered", by=STRANGE)

    # What is not ours.
    assert receiver.answer(strange) == 401
    assert receiver.answer(Call({}, delivered.body)) == 401
    assert receiver.answer(delivered._replace(body=delivered.body.replace(b"1CD", b"1CE"))) == 401
    for signature in ("", "v1", "v1,", "v1,%%%", "v1a,AAAA", "v1,ä"):
        headers = delivered.headers | {"webhook-signature": signature}
        call_ = Call({name: value.encode() for name, value in headers.items()}, delivered.body)
        assert receiver.answer(call_) == 401
    for stamp in ("", "now", "1e99", "-9223372036854775808"):
        headers = delivered.headers | {"webhook-timestamp": stamp}
        assert receiver.answer(delivered._replace(headers=headers)) == 401
    for age in (-310, 310):
        assert receiver.answer(call("mail.bounced", 9, "undelivered", age=age)) == 401

    # What is ours: the newest, in whatever order, and each once.
    assert receiver.answer(delivered) == 204
    assert receiver.program.next_line() == f"mail.delivered {MESSAGE}/1 delivered"
    assert receiver.answer(delivered) == 204
    assert receiver.answer(sent) == 204
    assert receiver.answer(call("mail.sent", 2, "sent", recipient=2)) == 204
    assert receiver.program.next_line() == f"mail.sent {MESSAGE}/2 sent"

    # Of one moment both; and during a rotation whatever is signed with one that is known.
    assert receiver.answer(call("mail.opened", 3, "read", by=f"{NEXT} {OURS}")) == 204
    assert receiver.program.next_line() == f"mail.opened {MESSAGE}/1 read"
    assert receiver.answer(call("mail.bounced", 4, "undelivered", by=f"{OURS} {STRANGE}")) == 204
    assert receiver.program.next_line() == f"mail.bounced {MESSAGE}/1 undelivered"
    assert receiver.answer(call("mail.bounced", 5, "undelivered", by=NEXT)) == 401

    test = delivery(type=changes.TEST, message_id="", recipient=0, sequence=0, status="")
    assert receiver.answer(signed("msg_test", payload.body(test, endpoint(), None), 0, OURS)) == 204
    assert receiver.program.next_line().rstrip() == "webhook.test /0"
    assert receiver.program.is_silent


def test_a_receiver_takes_the_largest_call_and_what_it_does_not_know(receiver: Receiver) -> None:
    body = json.loads(call("mail.delivered", 3, "delivered").body)
    body["data"] |= {"detail": "語" * 6000, "later": {"members": [None, 1.5]}}
    text = json.dumps(body, ensure_ascii=False).encode()
    assert 18_000 < len(text) < 20_000

    assert receiver.answer(signed("msg_large", text, 0, OURS)) == 204
    assert receiver.program.next_line() == f"mail.delivered {MESSAGE}/1 delivered"
