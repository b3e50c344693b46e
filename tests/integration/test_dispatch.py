"""The dispatcher: who gets a turn, when, and what is left of a round that fails in the middle."""

import json
import math
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from support.account import queues
from support.domains import DOMAIN
from support.faults import Fault, faults_of
from support.gateway import Context
from support.mails import MAIL
from support.records import waiting
from support.samples import some
from support.world import World, world

from core.aws import clients
from core.aws.account import Quota
from core.aws.clock_item import Clock
from core.aws.counters import Counters
from core.aws.items import attributes
from core.aws.pace_clock import PaceClock
from core.aws.retry_queue import parse
from core.aws.store import Store
from core.config import CONFIG
from core.message import lifecycle, pace
from core.message.ids import ALPHABET
from core.message.pace import Lane, WaitingList
from core.message.record import Recipient
from core.message.reputation import Tally
from handlers import dispatch

DAY, HOUR, MINUTE = 86_400, 3600, 60
EACH = 1 / 0.97
"""How long a turn is at one recipient a second."""
SES = "sesv2.SendEmail#1"
PLAN = "dynamodb.UpdateItem#2"
"""The call that writes down a round; the first update keeps others from taking turns."""
ENDLESS = float("inf")


@pytest.fixture(autouse=True)
def ses() -> None:
    """Not the common stand-in: `World` plays SES here."""


def line_up(
    service: World,
    number: int,
    domain: str = DOMAIN,
    lane: Lane = "slow",
    *,
    recipients: int = 1,
    **changes: Any,
) -> list[str]:
    """Store so many mails that are lined up, in the order of their ids; return these."""
    store = Store(clients.dynamodb(), CONFIG.table_name)
    now = int(service.clock.now)
    addresses = [f"r{place}@recipient.example" for place in range(recipients)]
    ids = []
    with service.aside():
        for place in range(number):
            record = waiting(
                id=id_at(now, len(service.records())) if place % 50 == 0 else next_id(ids[-1]),
                domain=domain,
                sender=f"a@{domain}",
                lane=lane,
                recipients=tuple(Recipient(address=address) for address in addresses),
                created_at=now,
                retry_until=now + DAY,
                content_expires_at=now + 7 * DAY,
                expires_at=now + 90 * DAY,
            ).model_copy(update=changes)
            content = MAIL_OF[:-1] + f', "sender": {{"address": "a@{domain}"}}}}'
            store.add(record, content)
            ids.append(record.id)
    return ids


MAIL_OF = json.dumps(
    {
        "to": [{"address": MAIL["To"]}],
        "subject": "s",
        "text": "t",
        "configuration_set": "mail-events",
    }
)
"""A mail as it is stored, without its sender."""


def id_at(seconds: int, number: int) -> str:
    value = (seconds * 1000) << 80 | number << 20
    return "".join(ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))


def next_id(message_id: str) -> str:
    last = ALPHABET.index(message_id[-1]) + 1
    head = message_id[:-2] + ALPHABET[ALPHABET.index(message_id[-2]) + last // 32]
    return head + ALPHABET[last % 32]


def turns(service: World) -> dict[str, int]:
    """Return whose turn is when, of the mails that have one, in the order of their turns."""
    found = {
        id_: int(record["next_attempt_at"])
        for id_, record in service.records().items()
        if record.get("next_attempt_at") and record["state"] == "queued"
    }
    return dict(sorted(found.items(), key=lambda item: (item[1], item[0])))


def in_queue(service: World) -> dict[str, tuple[float, float]]:
    """Return what the retry queue holds: when it hands out each mail, and the mail's `At`."""
    held = {}
    for message in queues()["retry"]._messages:
        queued = parse(message.body)
        assert queued.message_id not in held
        visible = max(message.delayed_until / 1000, message.sent_timestamp / 1000)
        held[queued.message_id] = (visible, queued.at)
    return dict(sorted(held.items(), key=lambda item: (max(item[1]), item[0])))


def clock_of(service: World) -> Clock:
    with service.aside():
        return PaceClock(clients.dynamodb(), CONFIG.table_name).read(consistent=True)


def owners(service: World) -> list[str]:
    """Return whose mails have turns, in the order of the turns."""
    records = service.records()
    return [records[id_]["domain"] for id_ in turns(service)]


def sandbox(service: World) -> None:
    service.quota["MaxSendRate"] = 1.0


# ---- how many, and when


def room(service: World, each: float) -> int:
    """Return how many turns of `each` seconds a round has, from its first one on."""
    first = min([*turns(service).values(), *(at for _, at in in_queue(service).values() if at)])
    assert 0 <= first - int(service.clock.now) <= 2  # A round takes a moment itself.
    return math.ceil((int(service.clock.now) + pace.ROUND_AHEAD - first) / each)


def test_a_round_gives_out_what_the_next_twenty_seconds_have_room_for(service: World) -> None:
    ids = line_up(service, 300)
    service.dispatch()

    given = turns(service)
    each = 1 / (0.97 * 14)
    assert [*given] == ids[: room(service, each)]
    first = min(given.values())
    assert [*given.values()] == [int(first + place * each) for place in range(len(given))]
    assert {exact for _, exact in in_queue(service).values()} == {0.0}
    for id_, (visible, _) in in_queue(service).items():
        assert abs(visible - given[id_]) <= 1


def test_the_next_round_goes_on_where_the_last_one_ended(service: World) -> None:
    sandbox(service)
    ids = line_up(service, 60)
    service.dispatch()
    assert [*turns(service)] == ids[: room(service, EACH)]
    exact = {id_: at for id_, (_, at) in in_queue(service).items()}
    service.clock.pass_by(10)
    service.work_off()
    service.dispatch()

    exact = {id_: at for id_, (_, at) in in_queue(service).items()} | exact
    times = sorted(at for at in exact.values() if at)
    assert len(times) in range(26, 31)
    assert all(b - a == pytest.approx(EACH, abs=0.01) for a, b in pairwise(times))


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.9])
def test_where_seconds_count_a_turn_reaches_the_worker_exactly(
    service: World, fraction: float
) -> None:
    sandbox(service)
    service.clock.pass_by(fraction)
    ids = line_up(service, 30)
    service.dispatch()

    held = in_queue(service)
    first = min(turns(service).values())
    assert [*held] == ids[: len(held)]
    for place, (visible, exact) in enumerate(held.values()):
        turn = first + place * EACH
        assert (exact or visible) == pytest.approx(turn, abs=0.01)
        assert turn - 2 < visible <= max(turn, service.clock.now)


def test_a_mail_to_many_takes_as_many_turns(service: World) -> None:
    sandbox(service)
    line_up(service, 10, recipients=5)
    service.dispatch()

    given = [*turns(service).values()]
    assert given == [int(given[0] + place * 5 * EACH) for place in range(4)]
    assert clock_of(service).slow_until == pytest.approx(given[0] + 20 * EACH)


def test_a_round_that_comes_right_after_another_does_nothing(service: World) -> None:
    sandbox(service)
    line_up(service, 60)
    service.dispatch()
    before = turns(service)
    service.clock.pass_by(8)
    service.dispatch()

    assert turns(service) == before


# ---- whose


def test_two_domains_take_turns(service: World) -> None:
    sandbox(service)
    service.configure_domain("b.example")
    line_up(service, 30)
    line_up(service, 30, "b.example")
    service.dispatch()

    assert owners(service) == (["b.example", DOMAIN] * 10)[: room(service, EACH)]


def test_who_has_only_a_few_leaves_the_rest_to_others(service: World) -> None:
    sandbox(service)
    service.configure_domain("b.example")
    line_up(service, 3, "b.example")
    line_up(service, 30)
    service.dispatch()

    expected = ["b.example", DOMAIN] * 3 + [DOMAIN] * 14
    assert owners(service) == expected[: room(service, EACH)]


def test_the_fast_lane_has_four_turns_for_each_one_of_the_slow_lane(service: World) -> None:
    sandbox(service)
    slow = line_up(service, 30)
    fast = line_up(service, 30, lane="fast")
    service.dispatch()

    lanes = ["fast" if id_ in fast else "slow" for id_ in turns(service)]
    assert lanes == ((["fast"] * 4 + ["slow"]) * 4)[: room(service, EACH)]
    assert {*in_queue(service)} < {*fast, *slow}


def test_with_more_domains_than_turns_each_gets_its_own_in_the_next_rounds(
    service: World,
) -> None:
    sandbox(service)
    domains = [f"d{number:02}.example" for number in range(30)]
    for domain in domains:
        service.configure_domain(domain)
        line_up(service, 2, domain)
    for _ in range(3):
        service.dispatch()
        queues()["retry"]._messages.clear()
        service.clock.pass_by(10)

    served = owners(service)
    assert served == (domains * 2)[: len(served)]
    assert len(served) > len(domains)


def test_the_slow_lane_has_its_turns_however_many_domains_have_fast_mails(
    service: World,
) -> None:
    sandbox(service)
    slow = line_up(service, 5)
    for number in range(6):
        service.configure_domain(f"d{number}.example")
        line_up(service, 8, f"d{number}.example", lane="fast")
    for _ in range(3):
        service.dispatch()
        service.clock.pass_by(10)
        service.work_off()

    assert {*slow} & {taken.message_id for taken in service.taken} | {*slow} & {*turns(service)}


# ---- who may not


def test_a_paused_or_removed_domain_is_passed_over(service: World) -> None:
    sandbox(service)
    for domain in ("paused.example", "removed.example"):
        service.configure_domain(domain)
        line_up(service, 5, domain)
    ids = line_up(service, 5)
    service.configure_domain("paused.example", paused="manual")
    service.remove_domain("removed.example")
    service.dispatch()

    assert [*turns(service)] == ids
    service.configure_domain("paused.example")
    service.clock.pass_by(10)
    service.dispatch()
    assert {*owners(service)} == {DOMAIN, "paused.example"}


@pytest.mark.parametrize("is_removed", [False, True])
def test_what_waits_for_a_stopped_domain_is_given_up_with_a_letter_when_its_time_is_over(
    service: World, is_removed: bool
) -> None:
    service.configure_domain("b.example")
    ids = line_up(service, 3, "b.example")
    service.configure_domain("b.example", paused="manual")
    if is_removed:
        service.remove_domain("b.example")
    service.clock.pass_by(DAY)
    service.dispatch()
    assert service.all_letters() == []

    service.clock.pass_by(10)
    service.dispatch()
    records = service.records()
    assert {records[id_]["state"] for id_ in ids} == {"failed"}
    assert {records[id_]["error"] for id_ in ids} == {"Given up: its time is over."}
    assert sorted(service.all_letters()) == ids
    assert not any("waiting" in record or "due_at" in record for record in records.values())
    service.run_on()
    assert service.taken == []


def test_who_gets_its_turn_after_its_time_is_given_up_and_takes_no_place(service: World) -> None:
    late, other = line_up(service, 2)
    with service.aside():
        store = Store(clients.dynamodb(), CONFIG.table_name)
        record = store.get(late)
        assert record
        over = int(service.clock.now) - 1
        store.revise(record, lambda it: it.model_copy(update={"retry_until": over}))
    service.dispatch()

    assert service.all_letters() == [late]
    assert [*in_queue(service)] == [other]


# ---- the day's quota


def used_up(service: World) -> None:
    service.quota["SentLast24Hours"] = service.quota["Max24HourSend"]


def test_once_the_day_is_used_up_nothing_is_given_out_until_its_hour_frees(
    service: World,
) -> None:
    line_up(service, 3)
    now = int(service.clock.now)
    with service.aside():
        counters = Counters(clients.dynamodb(), CONFIG.table_name)
        counters.add(DOMAIN, Tally(1, 0, 0), now - 20 * HOUR)
        counters.add("b.example", Tally(1, 0, 0), now - 3 * HOUR)
    used_up(service)
    service.dispatch()

    assert turns(service) == {}
    frees = (now - 20 * HOUR) // HOUR * HOUR + DAY
    assert clock_of(service).closed_until == frees
    service.clock.now = frees - 1
    service.dispatch()
    assert turns(service) == {}
    service.quota["SentLast24Hours"] = 0
    service.clock.now = frees + 10
    service.dispatch()
    assert len(turns(service)) == 3


def test_if_the_day_should_be_free_and_is_not_it_is_asked_for_again_soon(
    service: World,
) -> None:
    used_up(service)
    service.dispatch()
    now = int(service.clock.now)
    assert clock_of(service).closed_until == now + HOUR  # Nothing of ours tells when it frees.

    with service.aside():
        counters = Counters(clients.dynamodb(), CONFIG.table_name)
        counters.add(DOMAIN, Tally(1, 0, 0), now + HOUR - DAY)
    service.clock.now = now + HOUR + 1700  # In the next hour of the day.
    service.dispatch()
    assert clock_of(service).closed_until == int(service.clock.now) + 600


def test_the_day_opens_when_ses_says_that_there_is_room(service: World) -> None:
    used_up(service)
    ids = line_up(service, 3)
    service.dispatch()
    assert clock_of(service).closed_until > service.clock.now
    service.quota["SentLast24Hours"] -= 10
    service.clock.pass_by(MINUTE)
    service.dispatch()

    assert clock_of(service).closed_until == 0
    assert [*turns(service)] == ids


def test_what_ses_has_just_refused_counts_more_than_what_it_says(service: World) -> None:
    service.outage = Fault("", "used up")
    service.post(MAIL)
    service.clock.pass_by(MINUTE)
    service.dispatch()
    assert turns(service) == {}

    service.outage = None
    service.clock.pass_by(5 * MINUTE)
    service.dispatch()
    assert len(turns(service)) == 1


def test_no_more_is_given_out_than_the_day_has_room_for(service: World) -> None:
    ids = line_up(service, 30)
    service.quota["SentLast24Hours"] = service.quota["Max24HourSend"] - 7
    service.dispatch()

    assert [*turns(service)] == ids[:7]


@pytest.mark.parametrize(("recipients", "is_exact"), [(1, False), (2, False), (20, True)])
def test_turns_beside_long_ones_are_kept_exactly(
    service: World, recipients: int, *, is_exact: bool
) -> None:
    line_up(service, 5)
    line_up(service, 2, recipients=recipients)

    service.dispatch()

    assert any(at % 1 for _, at in in_queue(service).values()) is is_exact


def test_the_days_room_is_for_recipients(service: World) -> None:
    ids = line_up(service, 10, recipients=5)
    service.quota["SentLast24Hours"] = service.quota["Max24HourSend"] - 7
    service.dispatch()

    assert [*turns(service)] == ids[:2]  # For the second two of five: SES says what it takes.


# ---- the rate


def test_the_rate_of_the_parameter_wins(service: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "CONFIG", CONFIG._replace(send_rate=2.0))
    line_up(service, 60)
    service.dispatch()

    assert len(turns(service)) == room(service, EACH / 2)
    assert clock_of(service).rate == 2.0


def test_if_ses_does_not_tell_its_rate_the_old_one_stays(service: World) -> None:
    sandbox(service)
    service.dispatch()
    line_up(service, 60)
    service.quota["MaxSendRate"] = 14.0
    service.clock.pass_by(MINUTE)
    service.dispatch(Fault("sesv2.GetAccount#1", "broken", lasting=True))

    assert service.struck
    assert clock_of(service).rate == 1.0
    assert len(turns(service)) == room(service, EACH)


def test_what_is_sent_beside_the_plan_leaves_fewer_turns(service: World) -> None:
    service.dispatch()
    with service.aside():
        own = PaceClock(clients.dynamodb(), CONFIG.table_name)
        for _ in range(70):
            own.throttled("slow", 1, service.clock.now)
    line_up(service, 300)
    service.clock.pass_by(10)
    service.dispatch()

    each = 1 / (0.97 * 14 - 7)  # Of its turns, seven a second are taken.
    assert len(turns(service)) == room(service, each)


# ---- two at once


def again(service: World) -> None:
    """Let another process give out turns, which knows nothing of this one."""
    quota = Quota(service.quota["MaxSendRate"], ENDLESS)
    dispatch.dispatcher.give_out(int(service.clock.now), quota)


@pytest.mark.parametrize("call", ["dynamodb.Query#1", "dynamodb.UpdateItem#1", PLAN])
def test_two_dispatchers_at_once_never_give_out_the_same_seconds(service: World, call: str) -> None:
    sandbox(service)
    ids = line_up(service, 60)
    service.meanwhile[call] = lambda: again(service)
    service.dispatch()

    assert [*turns(service)] == [*in_queue(service)] == ids[: room(service, EACH)]


def test_who_was_cancelled_or_taken_meanwhile_gets_no_turn(service: World) -> None:
    first, second = line_up(service, 2)
    store = Store(clients.dynamodb(), CONFIG.table_name)
    with service.aside():
        record = store.get(first)

    def claim() -> None:
        assert record
        store.revise(record, lambda it: lifecycle.claim(it, int(service.clock.now)))

    service.meanwhile[PLAN] = claim
    service.dispatch()

    assert [*in_queue(service)] == [second]
    assert service.records()[first]["state"] == "sending"


# ---- a long queue


def fill_queue(number: int) -> None:
    for _ in range(number):
        clients.sqs().send_message(QueueUrl=CONFIG.retry_queue_url, MessageBody="{}")


def given_out_behind(service: World, queued: int) -> int:
    sandbox(service)
    line_up(service, 30)
    with service.aside():
        fill_queue(queued)
    service.dispatch()
    return len(turns(service))


@pytest.mark.parametrize(("queued", "most"), [(8, 13), (500, 0)])
def test_while_the_workers_are_behind_fewer_turns_are_given_out(
    service: World, queued: int, most: int
) -> None:
    given = given_out_behind(service, queued)

    assert most - 3 <= given <= most


def test_however_long_the_queue_was_turns_go_on_soon_after(service: World) -> None:
    assert given_out_behind(service, 1000) == 0
    for _ in range(3):
        service.clock.pass_by(10)
        service.dispatch()
    queues()["retry"]._messages.clear()
    service.clock.pass_by(10)
    service.dispatch()

    assert len(turns(service)) >= 8
    assert clock_of(service).slow_until <= service.clock.now + 22


# ---- who comes meanwhile


def test_new_mails_line_up_behind_those_that_wait_until_none_does(service: World) -> None:
    sandbox(service)
    line_up(service, 30)
    service.dispatch()
    before = {*service.records()}
    service.post(MAIL, oneway=True)
    (new,) = {*service.records()} - before
    assert "waiting" in service.records()[new]

    service.run_on()
    assert len(service.taken) == 31
    service.clock.pass_by(MINUTE)
    service.dispatch()
    before = {*service.records()}
    service.post(MAIL, oneway=True)
    (new,) = {*service.records()} - before
    assert "waiting" not in service.records()[new]


# ---- faults


def mails_of(service: World) -> list[str]:
    sandbox(service)
    service.configure_domain("paused.example")
    line_up(service, 1, "paused.example", retry_until=int(service.clock.now) - 1)
    service.configure_domain("paused.example", paused="manual")
    return line_up(service, 5)


def faults() -> Iterator[Fault]:
    """Yield whatever can happen to a round's calls; of its many queries, to each fourth."""
    with world() as service:
        mails_of(service)
        service.dispatch()
        calls = [*service.calls]
    queries = [call for call in calls if ".Query#" in call]
    for call in calls:
        if call not in queries or call in queries[::4]:
            yield from faults_of(call)


def test_whatever_fails_in_a_round_loses_nothing_and_sends_nothing_twice() -> None:
    every = some([*faults()])
    for fault in every:
        with world() as service:
            ids = mails_of(service)
            service.dispatch(fault)
            assert service.strikes > 0, str(fault)
            service.run_on()

            assert sorted(taken.message_id for taken in service.taken) == ids, str(fault)
            states = {service.records()[id_]["status"] for id_ in ids}
            assert states == {"delivered"}, str(fault)
            assert len({*service.all_letters()}) == 1, str(fault)
    assert len(every) > 5


def test_if_what_waits_cannot_be_counted_the_rounds_go_on(
    service: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox(service)
    line_up(service, 60)
    monkeypatch.setattr(time, "sleep", service.clock.pass_by)
    a_minute: Any = Context(milliseconds=60_000)
    fault = Fault("dynamodb.PutItem#1", "broken", lasting=True)
    service.invoke(lambda: dispatch.handler({}, a_minute), fault)

    assert service.struck
    assert clock_of(service).rounds == 6


def test_what_a_killed_dispatcher_left_is_repaired_by_the_sweep(service: World) -> None:
    sandbox(service)
    ids = line_up(service, 5)
    service.dispatch(Fault("sqs.SendMessageBatch#1", "killed"))
    assert [*turns(service)] == ids
    assert in_queue(service) == {}

    due = max(turns(service).values()) + 15 * MINUTE
    service.clock.now = due - 3
    service.sweep()
    assert [*turns(service)] == ids[2:]
    service.clock.now = due + 1
    service.sweep()
    assert turns(service) == {}
    service.run_on()
    assert sorted(taken.message_id for taken in service.taken) == ids


# ---- what is told


def published(printed: str) -> dict[tuple[str, str], float]:
    """Read the metrics by name and lane."""
    found = {}
    for emf in (json.loads(line) for line in printed.splitlines() if '"_aws"' in line):
        for part in emf["_aws"]["CloudWatchMetrics"]:
            for metric in part["Metrics"]:
                found[metric["Name"], emf.get("lane", "")] = emf[metric["Name"]][0]
    return found


def test_what_waits_is_published_by_lane(
    service: World, capsys: pytest.CaptureFixture[str]
) -> None:
    line_up(service, 400)
    service.clock.pass_by(90)
    line_up(service, 3, lane="fast")
    capsys.readouterr()
    service.dispatch()

    told = published(capsys.readouterr().out)
    assert told["Waiting", "slow"] == 403 - len(turns(service))
    assert told["Waiting", "fast"] == 0
    assert 90 <= told["OldestWaitingSeconds", "slow"] < 91
    assert told["OldestWaitingSeconds", "fast"] == 0
    assert told["SendRate", ""] == 14.0


def test_if_nothing_waits_that_is_published_too(
    service: World, capsys: pytest.CaptureFixture[str]
) -> None:
    service.dispatch()

    told = published(capsys.readouterr().out)
    assert {(name, lane) for name, lane in told if lane} == {
        (name, lane) for name in ("Waiting", "OldestWaitingSeconds") for lane in ("fast", "slow")
    }
    assert {told[each] for each in told if each[1]} == {0}


def test_what_is_left_is_counted_with_how_fast_it_moves(service: World) -> None:
    service.configure_domain("b.example")
    line_up(service, 200)
    line_up(service, 200, "b.example")
    service.configure_domain("b.example", paused="manual")
    line_up(service, 200, lane="fast")
    service.dispatch()

    with service.aside():
        _, backlogs = PaceClock(clients.dynamodb(), CONFIG.table_name).state(service.clock.now)
    slow, fast = WaitingList("slow", DOMAIN), WaitingList("fast", DOMAIN)
    stopped = WaitingList("slow", "b.example")
    an_hour = 0.97 * 14 * HOUR
    assert {name: each.per_hour for name, each in backlogs.items()} == {
        slow: int(an_hour if fast not in backlogs else an_hour / 5),
        **({fast: int(an_hour * 4 / 5)} if fast in backlogs else {}),
        stopped: 0,
    }
    assert backlogs[stopped].waiting == 200
    waits = sum("waiting" in each for each in service.records().values())
    assert sum(each.waiting for each in backlogs.values()) == waits


def test_records_that_cannot_be_read_are_passed_over_and_stay(service: World) -> None:
    first, second = line_up(service, 2)
    item = service.records()[first] | {"state": "of a newer version"}
    with service.aside():
        written = {
            name: int(value) if not isinstance(value, (str, bool, list, dict)) else value
            for name, value in item.items()
        }
        written["recipients"] = [{"address": "r0@recipient.example"}]
        clients.dynamodb().put_item(TableName=CONFIG.table_name, Item=attributes(written))
    service.dispatch()

    assert [*in_queue(service)] == [second]
    assert "waiting" in service.records()[first]
