"""What the retry queue hands out: ids, and the ends of tries that the table did not take."""

import json
import time

import pytest
from support.records import waiting

from core.aws.outage import Outage
from core.aws.retry_queue import Queued, RetryQueue, parse
from core.message.outcome import Ended, NoAnswer, NotTaken, Refused, Sent, Throttled

RECORD = waiting()
ID = RECORD.id


class Sqs:
    """Keeps what is sent, as SQS does; `refused` are the batches whose last message it refuses."""

    def __init__(self):
        self.sent, self.batches, self.refused = [], [], set()

    def send_message(self, **parameters):
        self.sent.append(parameters)

    def send_message_batch(self, *, QueueUrl, Entries):  # noqa: N803 - SQS's names
        self.batches.append([entry["Id"] for entry in Entries])
        self.sent += [entry | {"QueueUrl": QueueUrl} for entry in Entries]
        if len(self.batches) in self.refused:
            return {"Failed": [{"Id": Entries[-1]["Id"], "Code": "InternalError"}]}
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


@pytest.fixture
def sqs():
    return Sqs()


@pytest.fixture
def queue(sqs):
    return RetryQueue(lambda: sqs, "url", "dead")


@pytest.mark.parametrize(
    "ended",
    [
        None,
        Ended(1, Sent("ses-1")),
        Ended(2, Refused("c", "m", needs_letter=True)),
        Ended(3, NotTaken("c", "m", 900), (0, 2)),
        Ended(4, Throttled("c", "m", 1_800_000_000)),
        Ended(5, NoAnswer("c")),
    ],
)
def test_what_is_put_in_is_handed_out(sqs, queue, ended):
    queue.put(RECORD, 5, ended)

    (sent,) = sqs.sent
    assert (sent["QueueUrl"], sent["DelaySeconds"]) == ("url", 5)
    assert parse(sent["MessageBody"]) == Queued(ID, ended)


@pytest.mark.parametrize("delay", [-0.25, 0, 3])
def test_an_id_alone_is_what_it_always_was(sqs, queue, delay):
    queue.put(RECORD, delay)

    assert json.loads(sqs.sent[0]["MessageBody"]) == {"MessageId": ID}


@pytest.mark.parametrize(
    ("delay", "held"), [(-5, 0), (-0.5, 0), (0, 0), (0.9, 0), (7.9, 7), (900, 900), (5000, 900)]
)
def test_a_delay_is_what_sqs_can_do_of_it(sqs, queue, delay, held):
    queue.put(RECORD, delay)

    assert sqs.sent[0]["DelaySeconds"] == held


@pytest.mark.parametrize(("delay", "held"), [(2.75, 2), (2.1, 1), (0.1, 0)])
def test_a_fraction_of_a_second_that_sqs_cannot_do_is_told_to_who_gets_it_early_enough(
    sqs, queue, monkeypatch, delay, held
):
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)
    queue.put(RECORD, delay)

    (sent,) = sqs.sent
    assert sent["DelaySeconds"] == held
    assert parse(sent["MessageBody"]) == Queued(ID, at=1_800_000_000 + delay)


@pytest.mark.parametrize("lane", ["fast", "slow"])
def test_a_message_is_of_the_group_of_its_lane_and_domain_as_is_its_dead_letter(sqs, queue, lane):
    """So that those of others are handed out before those of whom has many (fair queues)."""
    record = waiting(lane=lane)
    queue.put(record)
    queue.put_all([(record, 0)])
    queue.bury(record)

    assert [sent["MessageGroupId"] for sent in sqs.sent] == [f"{lane}-d.example"] * 3
    assert [sent["QueueUrl"] for sent in sqs.sent] == ["url", "url", "dead"]


def test_a_group_s_name_is_no_longer_than_sqs_takes(sqs, queue):
    queue.put(waiting(domain="d" * 250))

    assert sqs.sent[0]["MessageGroupId"] == "fast-" + "d" * 123


@pytest.mark.parametrize("number", [0, 1, 10, 11, 25])
def test_many_are_put_in_by_tens_and_each_once(sqs, queue, number):
    """The requests go side by side."""
    records = [waiting(id=ID[:-2] + f"{place:02}") for place in range(number)]
    queue.put_all([(record, place) for place, record in enumerate(records)])

    sizes = [min(10, number - first) for first in range(0, number, 10)]
    assert sorted(len(batch) for batch in sqs.batches) == sorted(sizes)
    assert all(len(batch) == len({*batch}) for batch in sqs.batches)
    put = [(parse(sent["MessageBody"]).message_id, sent["DelaySeconds"]) for sent in sqs.sent]
    assert sorted(put) == [(record.id, place) for place, record in enumerate(records)]
    assert {sent["QueueUrl"] for sent in sqs.sent} <= {"url"}


def test_one_of_many_that_sqs_does_not_take_is_an_outage(sqs, queue):
    """SendMessageBatch answers 200 even then (its API reference, `Failed`)."""
    sqs.refused = {2}

    with pytest.raises(Outage, match="InternalError"):
        queue.put_all([(RECORD, 0)] * 25)


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
        json.dumps({"MessageId": ID, "At": [1]}),
        json.dumps({"MessageId": ID, "At": None}),
        "[" * 100_000,
    ],
)
def test_any_other_body_is_refused(body):
    with pytest.raises(ValueError, match=r"Error|Expecting|NoMessageId"):
        parse(body)
