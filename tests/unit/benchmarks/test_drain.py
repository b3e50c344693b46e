"""The drain section's model of SES, of SQS and of time is right, and its runs tell the truth."""

import time
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from moto import mock_aws
from support.account import create_resources, queues
from support.records import waiting

from benchmarks.drain.expressions import Unknown
from benchmarks.drain.queue import Entry, Queue, Sqs
from benchmarks.drain.run import run
from benchmarks.drain.scenario import Load, Run, Scenario, percentile
from benchmarks.drain.ses import Bucket, Taken
from benchmarks.drain.virtual_time import Pool, VirtualTime
from core.aws import clients
from core.aws.retry_queue import RetryQueue
from core.config import CONFIG


@pytest.fixture
def virtual() -> Iterator[VirtualTime]:
    made = VirtualTime(100.0)
    yield made
    made.close()


def test_time_passes_only_while_all_sleep(virtual: VirtualTime) -> None:
    seen = []

    def process(name: str, seconds: float) -> None:
        for _ in range(2):
            virtual.sleep(seconds)
            seen.append((name, virtual.now))

    virtual.start(lambda: process("a", 2))
    virtual.start(lambda: process("b", 3), 101)
    virtual.at(103.5, lambda: seen.append(("c", virtual.now)))
    virtual.run(50)

    assert seen == [("a", 102), ("c", 103.5), ("b", 104), ("a", 104), ("b", 107)]
    assert virtual.now == 150


def test_an_error_of_a_process_or_an_action_ends_the_run(virtual: VirtualTime) -> None:
    def fail() -> None:
        virtual.sleep(1)
        raise ValueError("of a process")

    virtual.start(fail)
    with pytest.raises(ValueError, match="of a process"):
        virtual.run(10)
    assert virtual.now == 101


def test_an_error_of_an_action_ends_the_run(virtual: VirtualTime) -> None:
    def fail() -> None:
        raise ValueError("of an action")

    virtual.at(105, fail)
    with pytest.raises(ValueError, match="of an action"):
        virtual.run(10)


def test_a_process_that_sleeps_is_ended_with_the_rest() -> None:
    virtual, ended = VirtualTime(0), []

    def process() -> None:
        try:
            virtual.sleep(100)
        finally:
            ended.append(virtual.now)

    virtual.start(process)
    virtual.run(10)
    virtual.close()

    assert ended == [10]


def test_jobs_side_by_side_take_as_long_as_the_longest_lane(virtual: VirtualTime) -> None:
    def job(seconds: int) -> int:
        virtual.sleep(seconds)
        return seconds

    pool = Pool(virtual, 2)

    assert list(pool.map(job, [4, 1, 2, 3])) == [4, 1, 2, 3]
    assert virtual.now == 106  # 4 beside 1 and 2, then 3 from 103 on.
    assert list(pool.map(job, [])) == []
    assert pool.submit(job, 5).result() == 5
    assert virtual.now == 111


def test_the_bucket_holds_one_second_and_fills_at_the_rate() -> None:
    bucket = Bucket(14, 0)

    assert [bucket.take(1, 0) for _ in range(15)] == [True] * 14 + [False]
    assert not bucket.take(1, 0.99 / 14)
    assert bucket.take(1, 1.01 / 14)
    assert [bucket.take(1, 100) for _ in range(15)] == [True] * 14 + [False]


def test_the_bucket_counts_recipients_and_asks_for_one_token() -> None:
    bucket = Bucket(1, 0)

    assert bucket.take(5, 0)
    assert not bucket.take(1, 4.9)
    assert bucket.take(1, 5.0)


def test_sqs_gets_what_moto_gets() -> None:
    entries: list[Entry] = []
    queue = Queue(entries.append)
    alone: Any = Sqs(queue)
    ours = RetryQueue(lambda: alone, "url", "dead")
    turns = [(waiting(), 1.5 + each) for each in range(11)] + [(waiting(), 0), (waiting(), 20_000)]
    with mock_aws():
        create_resources()
        theirs = RetryQueue(clients.sqs, CONFIG.retry_queue_url, CONFIG.dead_letter_queue_url)
        for each in (ours, theirs):
            each.put(waiting(), 7)
            each.put_all([(record, int(delay)) for record, delay in turns])
        held = queues()["retry"]._messages
        delays = [max(0, round((one.delayed_until - one.sent_timestamp) / 1000)) for one in held]
        bodies = [one.body for one in held]
        # Those of `put_all` come side by side, so in any order.
        assert sorted(zip(bodies, delays, strict=True)) == sorted(entries)
        assert theirs.length() == 1  # Only one had no delay.
    queue.show(entries[0].body)
    assert ours.length() == 1
    assert (queue.next(), ours.length()) == (entries[0].body, 0)


@pytest.mark.parametrize(
    "entry",
    [
        {"DelaySeconds": 901},
        {"DelaySeconds": -1},
        {"DelaySeconds": 1.5},
        {"MessageGroupId": ""},
        {"MessageAttributes": {}},
    ],
)
def test_sqs_refuses_what_aws_refuses_or_nobody_uses(entry: dict[str, Any]) -> None:
    with pytest.raises(Unknown):
        Sqs(Queue(print)).send_message(
            QueueUrl="", **{"MessageBody": "", "MessageGroupId": "g"} | entry
        )


def test_figures_of_a_run_are_those_of_its_mails() -> None:
    mails = [Taken("a1", "a", 1.0, 2), Taken("b1", "b", 2.0, 1), Taken("a2", "a", 11.0, 1)]
    found = Run(
        Scenario(rate=0.5, loads=(), seconds=20),
        {mail.message_id: mail for mail in mails},
        tries=6,
        asked={"b1": 0.5, "b2": 8.0},
        inline_domains={"b1": "b", "b2": "b"},
    )

    assert found.use(0, 10) == 0.6
    assert found.shares(0, 10, ("a", "b")) == {"a": 2 / 3, "b": 1 / 3}
    assert found.tries_per_mail() == 2
    assert (found.last(), found.last("b")) == (11, 2)
    assert found.waits("b") == [1.5, 12.0]  # The second was never sent.
    assert found.waits("b", 0, 1) == [1.5]
    assert found.waits("a") == []


def test_percentiles_are_nearest_ranks() -> None:
    assert [percentile(range(100), share) for share in (0, 0.5, 0.99, 1)] == [0, 50, 99, 99]
    assert percentile([7.0], 0.5) == 7.0


def test_one_way_mails_come_as_many_as_said_and_inline_ones_at_their_rate() -> None:
    bulk = Load("a", 100, 5, 15).times(Random(1))
    inline = Load("a", 2, 100, 1100, is_inline=True).times(Random(1))

    assert len(bulk) == 100
    assert 5 <= min(bulk) < max(bulk) <= 15
    assert 1800 < len(inline) < 2200
    assert 100 < min(inline) < max(inline) < 1100


SMALL = Scenario(
    rate=5.0,
    loads=(
        Load("a.example", 300, 0, 5),
        Load("c.example", 40, 0, 5, recipients=3),
        Load("b.example", 0.3, 60, 100, is_inline=True),
    ),
    seconds=300,
)


def test_a_run_sends_each_mail_once_and_never_above_the_rate() -> None:
    before = time.time, time.sleep
    found = run(SMALL)

    assert (time.time, time.sleep) == before
    assert len(found.taken) == 340 + len(found.asked)
    assert len(found.asked) > 3
    assert found.tries >= len(found.taken)
    for begins in range(0, 300, 10):
        assert found.use(begins, begins + 10) <= 1.2  # A second's burst, and 3 at once.
    assert 0.4 < found.use(62, 82) <= 1.1


def test_the_same_seed_gives_the_same_run_and_another_one_another() -> None:
    first, again, other = run(SMALL, 1), run(SMALL, 1), run(SMALL, 2)

    assert first == again
    assert first.taken != other.taken


def test_a_paused_domain_stops_within_some_two_minutes_and_another_one_goes_on() -> None:
    loads = (Load("a.example", 600, 0, 5), Load("c.example", 600, 0, 5))
    found = run(Scenario(rate=5.0, loads=loads, seconds=220, paused={"a.example": 100}))

    assert 100 < found.last("a.example") < 185  # A minute until all know, and the turns given out.
    assert found.last("c.example") > 200


def test_while_the_dispatcher_is_absent_only_the_turns_are_used_that_were_given_out() -> None:
    loads = (Load("a.example", 900, 0, 5),)
    found = run(Scenario(rate=5.0, loads=loads, seconds=240, absent=(62, 160)))

    assert found.use(140, 160) == 0  # The one that was started before went on for a minute.
    assert found.use(200, 220) > 0.9
