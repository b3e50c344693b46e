"""Never lost, never twice: every call to AWS of every path fails in every way, one at a time.

Each case starts in a new account, fails one call, and lets the system run on by itself until
nothing is left to do. What SES has then, and what the caller can learn, must agree.
"""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from support.faults import Fault, faults_of
from support.mails import MAIL
from support.world import BOUNCED, COMPLAINED, DELIVERED, FORGIVEN, Fate, Taken, World, world

from core.message import pace

Reply = dict[str, Any] | None
LARGE = MAIL | {"Text": "ü" * 60_000, "Attachments": [{"Bytes": "QUJD", "Name": "a.txt"}]}
THROTTLED = Fault("sesv2.SendEmail#1", "throttled")
UNANSWERED = Fault("sesv2.SendEmail#1", "broken", after=True)
UNREACHED = Fault("sesv2.SendEmail#1", "broken")
MINUTE, HOUR = 60, 3600


@pytest.fixture(autouse=True)
def ses() -> None:
    """Not the common stand-in: `World` plays SES here."""


@pytest.fixture
def crashes(figures: Callable[[str], Counter[str]]) -> Counter[str]:
    counted = figures("crash matrix")
    counted["lost"] = 0
    return counted


@dataclass(frozen=True)
class Path:
    """One invocation that is to be disturbed, and what comes before it."""

    act: Callable[[World, Fault | None], list[Reply]]
    prepare: Callable[[World], list[Reply]] = lambda _world: []
    may_fail: bool = False
    """Whether what was prepared ends without SES having the mail."""
    fate: Fate = DELIVERED
    is_suppressed: bool = False
    """Whether the recipient bounced earlier."""


# ---- the paths


def sending(
    mail: dict[str, Any], *, key: str = "", oneway: bool = False, again: bool = False
) -> Path:
    def act(world: World, fault: Fault | None) -> list[Reply]:
        replies = [world.post(mail, key=key, oneway=oneway, fault=fault)]
        for seconds in (1, 2 * MINUTE) if again else ():
            world.clock.now += seconds
            replies.append(world.post(mail, key=key, oneway=oneway))
        return replies

    return Path(act)


def retrying(mail: dict[str, Any]) -> Path:
    def prepare(world: World) -> list[Reply]:
        reply = world.post(mail, fault=THROTTLED)
        world.clock.now += 10
        return [reply]

    def act(world: World, fault: Fault | None) -> list[Reply]:
        ((receipt, body),) = world.receive()
        if world.work(body, fault):
            world.forget(receipt)
        return []

    return Path(act, prepare)


def sweeping(*faults: Fault, hours: float, **more: Any) -> Path:
    """Send with the first fault, retry with the others, and sweep when so many hours are over."""

    def prepare(world: World) -> list[Reply]:
        reply = world.post(MAIL, fault=faults[0] if faults else None)
        for fault in faults[1:]:
            world.clock.now += 20 * MINUTE
            world.sweep()
            world.dispatch()
            world.clock.now += pace.ROUND_SECONDS
            ((receipt, body),) = world.receive()
            assert world.work(body, fault)
            world.forget(receipt)
        world.clock.now += hours * HOUR
        for receipt, _ in world.receive():  # Nothing is left to do but for the sweep.
            world.forget(receipt)
        return [reply]

    def act(world: World, fault: Fault | None) -> list[Reply]:
        world.sweep(fault)
        return []

    return Path(act, prepare, **more)


def telling(which: int, *faults: Fault, fate: Fate = DELIVERED) -> Path:
    """Send with the fault, hear all that comes before event number `which`, then that one."""

    def prepare(world: World) -> list[Reply]:
        reply = world.post(MAIL, fault=faults[0] if faults else None)
        for event in world.events[1:which]:
            world.tell(event)
        return [reply]

    def act(world: World, fault: Fault | None) -> list[Reply]:
        event = world.events[which]
        if world.tell(event, fault):
            world.events.remove(event)
        return []

    return Path(act, prepare, fate=fate)


def noting() -> Path:
    """Retry a mail whose first try SES throttled, which only the queue knows."""

    def prepare(world: World) -> list[Reply]:
        world.outage = THROTTLED
        reply = world.post(MAIL, fault=Fault("dynamodb.PutItem#1", "broken", lasting=True))
        world.outage = None
        world.clock.now += 10
        return [reply]

    return Path(retrying(MAIL).act, prepare)


def vanished() -> Path:
    """Retry a mail whose domain has been removed in the meantime, and comes back."""

    def prepare(world: World) -> list[Reply]:
        world.configure_domain("shop.example", name="shop")
        reply = world.post(MAIL | {"Domain": "shop.example"}, fault=THROTTLED)
        world.remove_domain("shop.example")
        world.clock.now += 10
        return [reply]

    def act(world: World, fault: Fault | None) -> list[Reply]:
        replies = retrying(MAIL).act(world, fault)
        world.configure_domain("shop.example", name="shop")
        return replies

    return Path(act, prepare)


def suppressed(mail: dict[str, Any]) -> Path:
    """Send to somebody of whom an earlier mail came back."""

    def prepare(world: World) -> list[Reply]:
        world.suppress(MAIL["To"])
        return []

    return Path(sending(mail).act, prepare, is_suppressed=True)


SENDS = {
    "small": sending(MAIL),
    "large": sending(LARGE),
    "one way": sending(MAIL, oneway=True),
    "bounced": replace(sending(MAIL), fate=BOUNCED),
    "suppressed": suppressed(MAIL),
}
REPEATS = {
    "small": sending(MAIL, key="k", again=True),
    "one way, large": sending(LARGE, key="k", oneway=True, again=True),
}
RETRIES = {
    "small": retrying(MAIL),
    "large": retrying(LARGE),
    "noted in the queue": noting(),
    "its domain is gone": vanished(),
}
SWEEPS = {
    "missing from the queue": sweeping(THROTTLED, hours=0.5),
    "abandoned before SES": sweeping(Fault("sesv2.SendEmail#1", "killed"), hours=0.1),
    "abandoned after SES": sweeping(Fault("sesv2.SendEmail#1", "killed", after=True), hours=0.1),
    "unanswered, not taken": sweeping(UNREACHED, hours=0.5),
    "unanswered, taken": sweeping(UNANSWERED, hours=0.5),
    "unanswered twice": sweeping(UNREACHED, UNREACHED, hours=0.6),
    "unanswered for a day": sweeping(UNREACHED, hours=26, may_fail=True),
    "its time is over": sweeping(THROTTLED, hours=26, may_fail=True),
    "silent": sweeping(hours=15.1),
}
EVENTS = {
    "Send when sent": telling(0),
    "Delivery when sent": telling(1),
    "Bounce when sent": telling(1, fate=BOUNCED),
    "Complaint when delivered": telling(2, fate=COMPLAINED),
    "Complaint taken back": telling(3, fate=FORGIVEN),
    "Send when unknown": telling(0, UNANSWERED),
    "Delivery when abandoned": telling(1, Fault("sesv2.SendEmail#1", "killed", after=True)),
    "Bounce when abandoned": telling(
        1, Fault("sesv2.SendEmail#1", "killed", after=True), fate=BOUNCED
    ),
}


# ---- a case, and what must be true at its end


def calls_of(path: Path) -> list[str]:
    """List the calls that `path` makes undisturbed; of many queries, the outer ones."""
    with world() as undisturbed:
        undisturbed.fate = path.fate
        path.prepare(undisturbed)
        before = len(undisturbed.invocations)
        path.act(undisturbed, None)
        calls = undisturbed.invocations[before]
        queries = [call for call in calls if ".Query#" in call]
        return sorted({*calls} - {*queries[1:-1]})


def wrong_of(path: Path, policy: str, told: str, figures: Counter[str]) -> list[str]:
    """Disturb each call of `path` in each way; return everything that then was wrong."""
    wrong = []
    for fault in [fault for call in calls_of(path) for fault in faults_of(call)]:
        with world() as disturbed:
            disturbed.fate = path.fate
            disturbed.set_policy(policy)
            replies = path.prepare(disturbed)
            before = disturbed.strikes
            replies += path.act(disturbed, fault)
            struck = disturbed.strikes - before
            disturbed.run_on(told=told == "told")
            found = [] if struck else ["it was not disturbed"]
            found += judged(disturbed, replies, path, policy, told)
            if {r["statusCode"] for r in replies if r} == {500} and not fault.down:
                found += [f"{one} was withdrawn and is there" for one in disturbed.records()]
            if told == "late":
                disturbed.run_on()
                found += judged(disturbed, replies, path, policy, "told, at last")
            disturbed.count_into(figures)
            figures.update(f"ended {end_of(disturbed, one)}" for one in disturbed.records())
            figures["lost"] += any("lost" in what for what in found)
        wrong += [f"{fault}: {what}" for what in found]
    return wrong


def end_of(world: World, message_id: str) -> str:
    """Say how a mail ended: `unknown` is only what SES has said to have, for want of events."""
    status = world.status(message_id)
    return "sent, unheard of" if status == "unknown" else status


def judged(world: World, replies: list[Reply], path: Path, policy: str, told: str) -> Iterator[str]:
    records = world.records()
    accepted = {json.loads(r["body"])["MessageId"] for r in replies if r and r["statusCode"] == 200}
    unexpected = {r["statusCode"] for r in replies if r} - {200, 409, 500}
    if unexpected:
        yield f"answered {unexpected}"
    if len(records) > 1:
        yield "one request, several messages"
    for message_id in accepted - records.keys():
        yield f"{message_id} was promised and lost"
    for taken in world.taken:
        if taken.message_id not in records:
            yield f"{taken.message_id} was not promised and sent"
    reason = path.fate.suppressed if world.taken and told.startswith("told") else ""
    if not path.is_suppressed and list(world.suppressed().values()) != [reason] * bool(reason):
        yield f"suppressed {world.suppressed()}"
    for message_id, record in records.items():
        yield from judged_message(world, message_id, record, path, policy, told)


def judged_message(
    world: World, message_id: str, record: dict[str, Any], path: Path, policy: str, told: str
) -> Iterator[str]:
    status = world.status(message_id)
    took = [taken for taken in world.taken if taken.message_id == message_id]
    outcomes = [attempt["outcome"] for attempt in record["attempts"]]

    if len(took) > (2 if policy == "resend" and told != "told" else 1):
        yield f"SES took it {len(took)} times"
    for again in took[1:]:
        earlier = {taken.attempt for taken in took if taken.attempt < again.attempt}
        if {again.known[number - 1] for number in earlier} != {"no answer"}:
            yield "sent again although SES had answered"
    gave_up = path.may_fail or policy == "fail"
    if not took and not gave_up and outcomes[-1] != "refused":
        yield f"lost: never sent, {outcomes}"
    if status not in truths(path, took, outcomes, told):
        yield f"{status}, but SES took it {len(took)} times: {outcomes}"
    if status == "failed" and message_id not in world.all_letters():
        yield "failed without a letter"
    alarms = world.metrics["UnknownOutcome"] + world.metrics["Errors"]
    if status == "unknown" and not ("sent" in outcomes and alarms):
        yield "unknown for good"


def truths(path: Path, took: list[Taken], outcomes: list[str], told: str) -> set[str]:
    """Say what a caller may be told in the end, by what SES took and what it told."""
    if took and told.startswith("told"):
        return {path.fate.status}
    if path.is_suppressed and outcomes[-1] == "refused":
        return {"undelivered"}
    return {"unknown"} if "sent" in outcomes else {"failed"}


# ---- the tests


POLICIES = ("resend", "fail")
PATHS = {
    **{f"send: {name}": path for name, path in SENDS.items()},
    **{f"send again: {name}": path for name, path in REPEATS.items()},
    **{f"retry: {name}": path for name, path in RETRIES.items()},
    **{f"sweep: {name}": path for name, path in SWEEPS.items()},
    **{f"event: {name}": path for name, path in EVENTS.items()},
}
MATRIX = [
    (name, policy, told)
    for name, policy, told in itertools.product(PATHS, POLICIES, ("told", "late", "lost"))
    if not (name.startswith("event") and told != "told")  # That path is the telling.
    if not ("twice" in name and policy == "fail")  # There is no second try then.
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "policy", "told"), MATRIX)
def test_whatever_fails_at_any_call_of_any_path_is_made_good(
    name: str, policy: str, told: str, crashes: Counter[str]
) -> None:
    """`policy` is for unknown outcomes; SES's events are heard at once, late or never."""
    assert wrong_of(PATHS[name], policy, told, crashes) == []


# ---- a repeat of the request, while the first one is about to take back what it has written

ONE_WAY, INLINE, BATCH = (
    "/json/oneway/SendMail",
    "/json/reply/SendMail",
    "/json/reply/SendMail[]",
)


def withdrawals(route: str) -> Iterator[tuple[Fault, str]]:
    """Everything that can fail for the first request, and every call that it makes after that."""
    with world() as undisturbed:
        undisturbed.ask(route, LARGE, key="k")
        calls = undisturbed.invocations[0]
    last = [call for call in calls if call.startswith(("dynamodb.Transact", "s3."))]
    for call in last:
        for fault in faults_of(call):
            for moment in (*last, "dynamodb.TransactWriteItems#2"):
                yield replace(fault, lasting=fault.kind != "killed"), moment


@pytest.mark.slow
@pytest.mark.parametrize(
    ("route", "repeated"), [*itertools.product((ONE_WAY, INLINE), repeat=2), (BATCH, BATCH)]
)
def test_what_a_repeated_request_was_promised_is_not_taken_back(
    route: str, repeated: str, crashes: Counter[str]
) -> None:
    """The repeat comes at each moment of the first request, whatever becomes of that one.

    An item of a batch has another key than a request of its own.
    """
    for fault, moment in withdrawals(route):
        with world() as disturbed:
            replies: list[Reply] = []
            disturbed.meanwhile[moment] = lambda world=disturbed, replies=replies: replies.append(
                world.ask(repeated, LARGE, key="k")
            )
            replies.append(disturbed.ask(route, LARGE, key="k", fault=fault))
            disturbed.meanwhile.clear()
            disturbed.run_on()
            promised = {one for reply in replies for one in message_ids(reply)}
            case = f"{fault}, repeated at {moment}: {[r and r['statusCode'] for r in replies]}"
            assert promised <= disturbed.records().keys(), case
            assert len(promised) <= 1, case
            for message_id in promised:
                assert disturbed.status(message_id) == "delivered", case
            assert {taken.message_id for taken in disturbed.taken} <= disturbed.records().keys()
            taken_each = Counter(taken.message_id for taken in disturbed.taken)
            assert set(taken_each.values()) <= {1}, case
            disturbed.count_into(crashes)


def message_ids(reply: Reply) -> list[str]:
    """Return the messages that an answer promises."""
    if reply is None or reply["statusCode"] != 200:
        return []
    body = json.loads(reply["body"])
    return [answer["MessageId"] for answer in (body if isinstance(body, list) else [body])]


# ---- a batch, whose mails are stored side by side

THREE = [LARGE | {"To": f"r{number}@recipient.example"} for number in range(3)]


def failed_in_batch(world: World, fault: Fault) -> Iterator[str]:
    """Say what is wrong with the mails that failed.

    Who was killed before all files were stored has promised nothing: only such a mail may fail.
    """
    failed = failed_of(world)
    if failed and not (fault.kind == "killed" and "s3." in fault.call):
        yield f"{failed} failed"
    if not failed <= {*world.all_letters()}:
        yield f"{failed} failed without a letter"


def failed_of(world: World) -> set[str]:
    return {one for one in world.records() if world.status(one) == "failed"}


def wrong_of_batch(world: World, reply: Reply, fault: Fault) -> Iterator[str]:
    """Say what is wrong once a batch was disturbed by `fault`, and all has come to rest."""
    yield from failed_in_batch(world, fault)
    records, failed = world.records().items(), failed_of(world)
    kept = {record["receiver"]: one for one, record in records if one not in failed}
    tos = [mail["To"] for mail in THREE]
    if reply is not None:
        done = int(reply["headers"]["X-AutoBatch-Completed"])
        meta = json.loads(reply["body"])
        if done < len(tos) and meta["ResponseStatus"]["Meta"] != {"AutoBatchIndex": str(done)}:
            yield f"{done} done, and blamed {meta['ResponseStatus']['Meta']}"
        if done == len(tos) and [one["MessageId"] for one in meta] != [kept[to] for to in tos]:
            yield "answered with other mails"
        if not {*tos[:done]} <= kept.keys():
            yield f"{done} were promised, and kept {sorted(kept)}"
        # What is stored cannot be taken back while DynamoDB is down: see `store.withdraw`.
        if {*tos[:done]} != kept.keys() and not fault.down:
            yield f"{done} were promised, and kept besides {sorted(kept.keys() - tos[:done])}"
    taken = Counter(one.message_id for one in world.taken)
    if taken != Counter(dict.fromkeys(kept.values(), 1)):
        yield f"SES took {taken}, and kept is {kept}"
    for message_id in kept.values():
        if world.status(message_id) != "delivered":
            yield f"{message_id} is {world.status(message_id)}"


@pytest.mark.slow
@pytest.mark.parametrize("key", ["", "k"])
def test_of_a_batch_nothing_is_lost_nothing_sent_twice_and_nothing_kept_behind_a_failure(
    key: str, crashes: Counter[str]
) -> None:
    """With a key it is repeated afterwards: then all of it is sent, and still once."""
    with world() as undisturbed:
        undisturbed.ask(BATCH, THREE, key=key)
        calls = [*undisturbed.invocations[0]]
    assert len([call for call in calls if ".Transact" in call]) == 3
    wrong = []
    for fault in [fault for call in calls for fault in faults_of(call)]:
        with world() as disturbed:
            reply = disturbed.ask(BATCH, THREE, key=key, fault=fault)
            assert disturbed.strikes
            disturbed.run_on()
            found = [*wrong_of_batch(disturbed, reply, fault)]
            if key:
                disturbed.clock.now += 2 * MINUTE
                reply = disturbed.ask(BATCH, THREE, key=key)
                assert reply
                disturbed.run_on()
                found += [f"again: {what}" for what in wrong_of_batch(disturbed, reply, fault)]
                found += [] if len(disturbed.taken) == len(THREE) else ["not sent when repeated"]
            wrong += [f"{fault}: {what}" for what in found]
            disturbed.count_into(crashes)
    assert wrong == []
