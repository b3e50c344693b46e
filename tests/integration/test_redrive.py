"""Dead letters are played again: the command's own steps, on the queues and the table of moto."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import moto.sqs.models
import pytest
from support import mailctl
from support.account import SESSION, queues
from support.faults import Fault
from support.mailctl import Refused, somebody_who_types
from support.mails import MAIL
from support.world import World

from core.aws import clients, items
from core.aws.step_log import StepLog
from core.aws.store import Store
from core.config import CONFIG
from ops import redrive
from ops.progress import Progress
from ops.redrive import Fate as Letter
from ops.redrive import Redrive
from ops.stack import Stack

SES = "sesv2.SendEmail#1"


@pytest.fixture
def play(service: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Letter]]:
    """Play the letters of the retry queue, as the command does.

    It waits a second for the last letter: for moto each look at the clock is one.
    """
    table = clients.dynamodb(), CONFIG.table_name
    store, step_log = Store(*table), StepLog(*table)
    letters = Redrive(clients.sqs(), CONFIG.dead_letter_queue_url, CONFIG.retry_queue_url)

    def decide(body: str) -> Letter:
        message_id = redrive.given_up(body)
        return redrive.revive(message_id, store, step_log) if message_id else Letter.PLAYED

    def _play() -> list[Letter]:
        seconds = itertools.count(int(service.clock.now))
        with service.aside(), monkeypatch.context() as patch:
            patch.setattr(moto.sqs.models, "unix_time", lambda: next(seconds))
            return letters.run(decide, Progress())

    return _play


def outputs() -> dict[str, str]:
    """Make the queues of SES's events; return what the stack says of all of them."""
    made = {
        name: clients.sqs().create_queue(QueueName=name)["QueueUrl"]
        for name in ("EventQueueUrl", "EventDeadLettersUrl")
    }
    return made | {
        "TableName": CONFIG.table_name,
        "RetryQueueUrl": CONFIG.retry_queue_url,
        "RetryDeadLettersUrl": CONFIG.dead_letter_queue_url,
    }


def given_up(service: World, kind: str, *, after: bool = False, key: str = "") -> str:
    """Send a mail at which SES fails in this way until its time is over."""
    service.configure(retry_hours=1)
    service.outage = Fault(SES, kind, after=after)
    reply = service.post(MAIL, key=key)
    assert reply
    message_id = str(json.loads(reply["body"])["MessageId"])
    service.run_on(told=False)
    service.outage = None
    assert service.status(message_id) == "failed"
    assert service.all_letters() == [message_id]
    return message_id


@pytest.mark.parametrize(
    ("kind", "fate"), [("throttled", Letter.ANEW), ("timeout", Letter.PERHAPS_TWICE)]
)
def test_a_mail_that_was_given_up_is_sent_anew(
    service: World, play: Any, kind: str, fate: Letter
) -> None:
    message_id = given_up(service, kind)
    why = service.records()[message_id]["error"]

    assert play() == [fate]

    assert service.all_letters() == []
    service.run_on()
    assert service.status(message_id) == "delivered"
    assert len(service.taken) == 1
    kept, _ = StepLog(clients.dynamodb(), CONFIG.table_name).page(message_id, "", 100)
    told = [(step.kind.value, step.text) for step in kept]
    anew = told.index(("waits", "An operator has it sent anew."))
    assert told[anew - 1] == ("failed", why)


def test_a_mail_that_its_caller_has_sent_anew_is_not_sent_beside_it(
    service: World, play: Any
) -> None:
    message_id = given_up(service, "throttled", key="k")
    reply = service.post(MAIL, key="k")
    assert reply

    assert play() == [Letter.OVER]
    service.run_on()

    assert service.status(message_id) == "failed"
    assert service.status(json.loads(reply["body"])["MessageId"]) == "delivered"
    assert len(service.taken) == 1


def test_a_mail_is_sent_anew_if_what_took_its_place_is_gone(service: World, play: Any) -> None:
    given_up(service, "throttled", key="k")
    reply = service.post(MAIL, key="k")
    assert reply
    with service.aside():
        store = Store(clients.dynamodb(), CONFIG.table_name)
        newer = store.get(json.loads(reply["body"])["MessageId"])
        assert newer
        store.withdraw(newer)

    assert play() == [Letter.ANEW]


def test_a_mail_that_ses_may_have_keeps_its_key_though_it_was_given_up(service: World) -> None:
    message_id = given_up(service, "timeout", key="k")

    reply = service.post(MAIL, key="k")

    assert reply
    assert json.loads(reply["body"])["MessageId"] == message_id
    assert reply["headers"]["Idempotent-Replayed"] == "true"
    assert len(service.taken) == 0


def test_a_letter_that_is_played_twice_sends_once(service: World, play: Any) -> None:
    message_id = given_up(service, "throttled")
    letter = queues()["dead"]._messages[0].body
    play()
    clients.sqs().send_message(QueueUrl=CONFIG.dead_letter_queue_url, MessageBody=letter)
    play()
    service.run_on()
    clients.sqs().send_message(QueueUrl=CONFIG.dead_letter_queue_url, MessageBody=letter)

    assert play() == [Letter.OVER]
    service.run_on()
    assert (service.status(message_id), len(service.taken)) == ("delivered", 1)


def test_a_mail_that_turned_out_to_be_sent_is_not_sent_again(service: World, play: Any) -> None:
    message_id = given_up(service, "timeout", after=True)
    copies = len(service.taken)
    service.tell_all()

    assert play() == [Letter.OVER]
    service.run_on()
    assert (service.status(message_id), len(service.taken)) == ("delivered", copies)


def content_expires(service: World, message_id: str) -> None:
    store, expired = Store(clients.dynamodb(), CONFIG.table_name), int(service.clock.now)
    with service.aside():
        found = store.get(message_id)
        assert found
        store.revise(found, lambda one: one.model_copy(update={"content_expires_at": expired}))


def record_is_gone(service: World, message_id: str) -> None:
    with service.aside():
        clients.dynamodb().delete_item(
            TableName=CONFIG.table_name, Key=items.key(f"MSG#{message_id}", "RECORD")
        )


@pytest.mark.parametrize("happens", [content_expires, record_is_gone])
def test_what_is_not_stored_any_more_keeps_its_letter(
    service: World, play: Any, happens: Any
) -> None:
    message_id = given_up(service, "throttled")
    happens(service, message_id)

    assert play() == [Letter.LEFT]
    assert service.all_letters() == [message_id]
    assert service.receive() == []


def test_a_mail_that_is_given_up_once_more_has_a_letter_again(service: World, play: Any) -> None:
    message_id = given_up(service, "throttled")
    play()
    service.outage = Fault(SES, "unreachable")

    service.run_on()

    assert service.status(message_id) == "failed"
    assert service.all_letters() == [message_id]


def test_a_message_that_crashed_its_function_goes_back_as_it_is(service: World, play: Any) -> None:
    for body in ("no JSON", "[]", json.dumps({"MessageId": "m"})):
        clients.sqs().send_message(QueueUrl=CONFIG.dead_letter_queue_url, MessageBody=body)

    assert play() == [Letter.PLAYED] * 3
    assert {body for _, body in service.receive()} == {"no JSON", "[]", '{"MessageId": "m"}'}


def test_what_the_command_did_is_told_in_one_sentence() -> None:
    fates = [Letter.PLAYED, Letter.ANEW, Letter.PERHAPS_TWICE, Letter.OVER, Letter.LEFT]

    assert redrive._told(fates) == (
        "Retries: 1 played again, 2 given up and sent anew (1 perhaps for the second time: SES "
        "never said that it had them), 1 over, 1 left: their mails are not stored any more."
    )
    assert redrive._told([]) == (
        "Retries: 0 played again, 0 given up and sent anew, "
        "0 left: their mails are not stored any more."
    )


@pytest.mark.slow  # Each look into a queue waits a second.
def test_the_command_says_what_it_will_play_asks_and_counts(
    table: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = Stack(SESSION, CONFIG.stack_id, outputs(), {})
    sqs, lost = clients.sqs(), {"MessageId": "01JD9ZK4M6T0V3Q8W2X5Y7B1CD", "Reason": "Given up."}
    for _ in range(2):
        sqs.send_message(QueueUrl=stack.outputs["EventDeadLettersUrl"], MessageBody="{}")
    sqs.send_message(QueueUrl=CONFIG.dead_letter_queue_url, MessageBody=json.dumps(lost))

    with pytest.raises(Refused, match=r"^This cannot be taken back"):
        mailctl.run(stack, capsys, "redrive")
    with somebody_who_types("no"), pytest.raises(Refused) as no:
        mailctl.run(stack, capsys, "redrive")
    with somebody_who_types("y"):
        played = mailctl.run(stack, capsys, "redrive", "--json")

    assert str(no.value).startswith("About 2 events of SES will be read again.\nAbout 1 mail will")
    assert json.loads("".join(played)) == {
        "events": {"played": 2},
        "retries": {"played": 0, "anew": 0, "perhaps_twice": 0, "over": 0, "left": 1},
    }
