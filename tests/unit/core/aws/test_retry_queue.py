"""What the retry queue hands out: ids, and the ends of tries that the table did not take."""

import json

import pytest

from core.aws.retry_queue import Queued, RetryQueue, parse
from core.message.outcome import Ended, NoAnswer, NotTaken, Refused, Sent

ID = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"


class Sqs:
    """Keeps what is sent, as SQS does."""

    def __init__(self):
        self.sent = []

    def send_message(self, **parameters):
        self.sent.append(parameters)


@pytest.fixture
def sqs():
    return Sqs()


@pytest.mark.parametrize(
    "ended",
    [
        None,
        Ended(1, Sent("ses-1")),
        Ended(2, Refused("c", "m", needs_letter=True)),
        Ended(3, NotTaken("c", "m", 900), (0, 2)),
        Ended(4, NoAnswer("c")),
    ],
)
def test_what_is_put_in_is_handed_out(sqs, ended):
    RetryQueue(lambda: sqs, "url", "dead").put(ID, 5, ended)

    (sent,) = sqs.sent
    assert (sent["QueueUrl"], sent["DelaySeconds"]) == ("url", 5)
    assert parse(sent["MessageBody"]) == Queued(ID, ended)


def test_an_id_alone_is_what_it_always_was(sqs):
    RetryQueue(lambda: sqs, "url", "dead").put(ID)

    assert json.loads(sqs.sent[0]["MessageBody"]) == {"MessageId": ID}


@pytest.mark.parametrize(("delay", "held"), [(-5, 0), (0, 0), (900, 900), (5000, 900)])
def test_a_delay_is_what_sqs_can_do_of_it(sqs, delay, held):
    RetryQueue(lambda: sqs, "url", "dead").put(ID, delay)

    assert sqs.sent[0]["DelaySeconds"] == held


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        "null",
        "1",
        '"x"',
        "[]",
        "[1]",
        "{}",
        '{"MessageId": "x@recipient.example"}',
        '{"MessageId": 5}',
        *(
            json.dumps({"MessageId": ID, "Outcome": "Sent"} | wrong)
            for wrong in (
                {"Outcome": "Lost", "Values": [], "Attempt": 1, "LeftOut": []},
                {"Values": [], "Attempt": 1, "LeftOut": []},
                {"Values": ["x"], "Attempt": None, "LeftOut": []},
                {"Outcome": ["Sent"], "Values": ["x"], "Attempt": 1, "LeftOut": []},
                {"Values": ["x"], "Attempt": 1},
            )
        ),
        "[" * 100_000,
    ],
)
def test_any_other_body_is_refused(body):
    with pytest.raises(ValueError, match=r"Error|Expecting|NoMessageId"):
        parse(body)
