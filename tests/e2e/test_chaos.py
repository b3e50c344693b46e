"""A storm on the deployed stack: SES, the other services and the workers fail, and nothing is lost.

CHAOS_MAILS says how many mails go through it (1,000), each from a caller who repeats what was not
answered with the same key; every tenth is asked for twice at the same time, once of them one way.
SES throttles 20 %, fails 5 %, and loses its answer to 5 %; connections break that looked well; one
call in ten to DynamoDB, S3 and SQS fails or loses its answer; workers are killed whatever they do.
After the storm SES is gone for longer than the grace time, and a domain vanishes with mails that
wait, and comes back.

Two of the service's waits are longer than a test should be: 15 minutes for the event of a try that
got no answer, and 15 minutes for a waiting mail that no queue knows. Nobody waits for them here.
Once the storm is over the records of such mails are made older, and the sweep does what it would
have done by itself then. So in the end every mail is there, and none of them twice.
"""

import base64
import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from threading import Event, Lock
from typing import Any, Self

import httpx
import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config
from botocore.exceptions import ClientError
from support.deployed import free_port

from core.aws import items
from core.message.record import GRACE_SECONDS, PICKUP_SECONDS
from local.stack import Stack
from tooling.aws_here import Aws, clean_environment
from tooling.paths import BUILD, ROOT
from tooling.programs import Program

pytestmark = pytest.mark.slow
MAILS = int(os.environ.get("CHAOS_MAILS", "1000"))
CALLERS = 8
SETTLED_WITHIN = 150 + MAILS // 4
"""Seconds after the storm."""
OVER = 30
"""Seconds after which a try has ended, well or with its worker."""
VISIBILITY = {"event_queue_url": 10, "retry_queue_url": 25}
"""Seconds until what a killed worker had comes again: the template has minutes."""
FINAL = {"delivered", "failed"}
DOMAIN, OTHER = "example.com", "mg.example.com"
LONG_WAITS = {"DomainRemoved"}
"""Codes after which a mail waits for a quarter of an hour."""
LATE = 12
"""How many mails come after the storm, half of them for the domain that vanishes."""
MICROBURST = "microburst==0.10.0"
Item = dict[str, Any]

_INTERNAL = {"code": "InternalServerError", "status": 500}
RULES: list[dict[str, Any]] = [
    {
        "service": "dynamodb",
        "probability": 0.04,
        "error": {"code": "ProvisionedThroughputExceededException"},
    },
    {"service": "dynamodb", "probability": 0.03, "error": _INTERNAL},
    {"service": "dynamodb", "probability": 0.03, "response": {"abort_bytes": 0}},
    {"service": "s3", "probability": 0.15, "error": {"code": "SlowDown", "status": 503}},
    {"service": "s3", "probability": 0.15, "reset": True},
    {"service": "sqs", "probability": 0.15, "error": _INTERNAL},
    {"service": "sqs", "probability": 0.15, "response": {"abort_bytes": 0}},
    {
        "service": "sqs",
        "probability": 0.15,
        "error": {"code": "AWS.SimpleQueueService.ThrottlingException"},
    },
]
"""What microburst does to the calls of the functions. The last one is not repeated by the SDK."""
FIRED = {
    "dynamodb error",
    "dynamodb response",
    "s3 error",
    "s3 reset",
    "sqs error",
    "sqs response",
}


def faults(dice: random.Random) -> list[str | None]:
    """Return what each mail meets at SES: 20 % throttles, 5 % lost answers, 5 % errors."""
    lost = itertools.chain(["timeout_after"] * 2, itertools.cycle(["error_after", "drop_after"]))
    met: list[str | None] = ["throttle"] * (MAILS // 5)
    met += itertools.islice(lost, MAILS // 20)
    met += itertools.islice(itertools.cycle(["error_before", "drop_before"]), MAILS // 20)
    met += [None] * (MAILS - len(met))
    dice.shuffle(met)
    return met


@dataclass(slots=True)
class Mail:
    number: int
    fault: str | None
    has_attachment: bool = False
    domain: str = DOMAIN
    answers: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"mail {self.number}"

    @property
    def request(self) -> dict[str, Any]:
        request = {
            "Domain": self.domain,
            "To": "success@simulator.amazonses.com",
            "Subject": self.name,
            "Text": "t",
            "Reference": self.name,
        }
        if not self.has_attachment:
            return request
        content = base64.b64encode(self.name.encode()).decode()
        return request | {"Attachments": [{"Name": "a.txt", "Bytes": content}]}


class Storm:
    """So many mails, from callers who repeat what failed with the same key."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        dice = random.Random(MAILS)
        self.mails = [
            Mail(number, fault, has_attachment=number % 4 == 0)
            for number, fault in enumerate(faults(dice))
        ]
        self.figures: Counter[str] = Counter()
        self._lock = Lock()
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self.api = httpx.Client(
            base_url=stack.url, headers={"x-api-key": stack.api_key}, timeout=40, limits=limits
        )
        self.ses = httpx.Client(base_url=stack.ses_url, timeout=20)

    def rage(self, *besides: Callable[[Event, "Storm"], None]) -> None:
        """Send every mail once, and repeat what was not answered, while `besides` are at work."""
        over = Event()
        with ThreadPoolExecutor() as pool:
            at_work = [pool.submit(work, over, self) for work in besides]
            try:
                self.call(self.mails)
                self.call([mail for mail in self.mails if not mail.answers])
            finally:
                over.set()
            for work in at_work:
                work.result()

    def call(self, mails: list[Mail]) -> None:
        with ThreadPoolExecutor(CALLERS) as callers:
            list(callers.map(self._call, mails))

    def outlast(self) -> None:
        """Send while SES is gone, for longer than the grace time, and while a domain vanishes."""
        for number in range(LATE):
            domain = OTHER if number % 2 else DOMAIN
            self.mails.append(Mail(MAILS + number, None, domain=domain))
        # A fault of the storm that nobody has met yet may be one with which SES takes the mail.
        self.ses.delete("/faults").raise_for_status()
        self.ses.post("/faults", json={"kind": "error_before", "count": 10_000}).raise_for_status()
        late = self.mails[-LATE:]
        self.call(late)
        self._remove(OTHER)
        self._until(late, lambda one: one["domain"] == OTHER or _unanswered(one) >= 3)
        self._until(late, lambda one: one["domain"] == DOMAIN or _is_stopped(one))
        self.ses.delete("/faults").raise_for_status()
        self.configure(OTHER, name="other")

    def _until(self, mails: list[Mail], is_so: Callable[[Item], bool]) -> None:
        """Let time pass for some mails, and the sweep come, until something is so of them all."""
        names, deadline = {mail.name for mail in mails}, time.monotonic() + 120
        while True:
            records = [one for one in self.records() if one["reference"] in names]
            left = [one for one in records if not is_so(one)]
            if len(records) == len(names) and not left:
                return
            assert time.monotonic() < deadline, [_summary(one) for one in left]
            for record in left:
                self._let_time_pass(record)
            self._come_by()
            time.sleep(0.5)

    def configure(self, domain: str, **settings: str) -> None:
        item = {name: {"S": value} for name, value in settings.items()}
        self._dynamodb.put_item(
            TableName=self.stack.deployed.table, Item=item | items.key("DOMAIN", domain)
        )

    def _remove(self, domain: str) -> None:
        key = items.key("DOMAIN", domain)
        self._dynamodb.delete_item(TableName=self.stack.deployed.table, Key=key)

    def calm(self) -> list[Item]:
        """Wait until all is done, and go on where only time is missing; return the records."""
        deadline = time.monotonic() + SETTLED_WITHIN
        while True:
            self.call([mail for mail in self.mails if not mail.answers])
            records = self.records()  # First these: what they say of SES is true by then.
            arrived = self.arrived()
            unfinished = [record for record in records if record["status"] not in FINAL]
            if not unfinished and all(mail.answers for mail in self.mails):
                return records
            assert time.monotonic() < deadline, unfinished
            for record in unfinished:
                if record["reference"] not in arrived:
                    self._let_time_pass(record)
            self._come_by()
            time.sleep(1)

    def _come_by(self) -> None:
        """Let the sweep come, and the dispatcher, who else come once a minute."""
        functions = self.stack.deployed.functions
        with suppress(ClientError):
            self._lambda.invoke(FunctionName=functions["SweepFunction"])
            self._lambda.invoke(FunctionName=functions["DispatchFunction"], InvocationType="Event")

    def records(self) -> list[Item]:
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self.stack.deployed.table,
            FilterExpression="sk = :record",
            ExpressionAttributeValues={":record": {"S": "RECORD"}},
            ConsistentRead=True,
        )
        read = TypeDeserializer().deserialize
        return [
            {"attempts": []} | {name: read(value) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        ]

    def arrived(self) -> Counter[str]:
        """Count the mails that SES took, by their subjects."""
        return Counter(mail["Subject"] for mail in self.ses.get("/messages").json())

    def _call(self, mail: Mail) -> None:
        if mail.fault and not self.figures[mail.name]:
            self.ses.post("/faults", json={"kind": mail.fault, "count": 1}).raise_for_status()
        self.figures[mail.name] += 1
        if mail.number % 10 or mail.answers:
            self._ask(mail, "/Mail/Send")
            return
        with ThreadPoolExecutor(2) as both:  # A caller who did not wait for the answer.
            list(
                both.map(
                    lambda path: self._ask(mail, path), ("/json/oneway/SendMail", "/Mail/Send")
                )
            )

    def _ask(self, mail: Mail, path: str) -> None:
        headers = {"Idempotency-Key": mail.name}
        try:
            reply = self.api.post(path, json=mail.request, headers=headers)
        except httpx.TransportError as error:
            return self._count(type(error).__name__)
        self._count(str(reply.status_code))
        if reply.status_code == 200:
            mail.answers.append(reply.json())
        else:
            assert reply.status_code == 409 or reply.status_code >= 500, reply.text
        return None

    def _count(self, what: str) -> None:
        with self._lock:
            self.figures[what] += 1
            self.figures["requests"] += 1

    def workers(self) -> list[int]:
        """Return the pids of the Lambda workers: MiniStack's children."""
        (server,) = (one for one in self.stack._programs if one.name == "ministack")
        listed = subprocess.check_output(["ps", "-A", "-o", "pid=,ppid="], text=True)
        pairs = (line.split() for line in listed.splitlines())
        return [int(pid) for pid, parent in pairs if int(parent) == server.process.pid]

    def _let_time_pass(self, record: Item) -> None:
        """Make an unfinished record older, if no try is under way that could still end."""
        now = int(time.time())
        older: dict[str, int] = {}
        match record["status"]:
            case "unknown":
                self._make_tries_older(record)
                older = {"next_attempt_at": now - 1}
                self.figures["grace"] += 1
            case "sending" if record["attempts"][-1]["at"] < now - OVER:
                older = {"claimed_until": now - 1}
                self.figures["abandoned"] += 1
            case "queued" if "waiting" in record:
                self.figures["lined up"] += 1  # The dispatcher's.
            case "queued" if record["next_attempt_at"] < now - 30 or _is_waiting(record, now):
                older = {"next_attempt_at": now - 1 - PICKUP_SECONDS}
                self.figures["left behind"] += 1
        if older:
            changes = older | {"due_at": now - 1}
            with suppress(self._dynamodb.exceptions.ConditionalCheckFailedException):
                self._dynamodb.update_item(
                    TableName=self.stack.deployed.table,
                    Key={name: {"S": record[name]} for name in ("pk", "sk")},
                    UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in changes),
                    ConditionExpression="revision = :revision",
                    ExpressionAttributeValues={
                        ":revision": {"S": record["revision"]},
                        **{f":{name}": {"N": str(value)} for name, value in changes.items()},
                    },
                )

    def _make_tries_older(self, record: Item) -> None:
        """Let the distance to the next blind try have passed since the newest one.

        It doubles with each. Until their functions have heard that a domain is gone, mails may be
        tried many times; if less had passed, an event of another mail would make one wait.
        """
        newest = len(record["attempts"]) - 1
        passed = GRACE_SECONDS * 2 ** min(newest + 1, 20)
        with suppress(self._dynamodb.exceptions.ConditionalCheckFailedException):
            self._dynamodb.update_item(
                TableName=self.stack.deployed.table,
                Key={name: {"S": record[name]} for name in ("pk", "sk")},
                UpdateExpression=f"SET attempts[{newest}].#at = :at",
                ConditionExpression="revision = :revision",
                ExpressionAttributeNames={"#at": "at"},
                ExpressionAttributeValues={
                    ":revision": {"S": record["revision"]},
                    ":at": {"N": str(int(record["attempts"][newest]["at"]) - passed)},
                },
            )

    @cached_property
    def _dynamodb(self) -> Any:
        return self.stack.client("dynamodb")

    @cached_property
    def _lambda(self) -> Any:
        return self.stack.client("lambda")


def _unanswered(record: Item) -> int:
    return sum(one.get("outcome") == "no answer" for one in record["attempts"])


def _is_stopped(record: Item) -> bool:
    """Say whether a message waits for its domain: after a try, or in line, where it is passed over.

    (The domain is gone, and SES takes nothing: what is in line has no other way out of it.)
    """
    return _code(record) == "DomainRemoved" or "waiting" in record


def _is_waiting(record: Item, now: int) -> bool:
    """Say whether a message waits for long: for its domain, or for an event before a blind try."""
    waits_for_event = record["attempts"] and record["attempts"][-1]["outcome"] == "no answer"
    return _code(record) in LONG_WAITS or (waits_for_event and record["next_attempt_at"] > now + 5)


def _summary(record: Item) -> str:
    """Say how far a message is, for an assertion that fails."""
    tries = [f"{attempt['outcome']} {attempt.get('code', '')}" for attempt in record["attempts"]]
    waits = int(record.get("next_attempt_at", 0)) - int(time.time())
    return f"{record['status']}, next step in {waits} s, tries: {tries[-3:]} of {len(tries)}"


def _code(record: Item) -> str:
    """Return the code of the newest try."""
    return str(record["attempts"][-1].get("code", "")) if record["attempts"] else ""


def killing(over: Event, storm: Storm) -> None:
    """Kill one worker, whatever it does, for every 20th request."""
    dice = random.Random(MAILS)
    for number in itertools.count(1):
        while storm.figures["requests"] < 20 * number:
            if over.wait(0.01):
                return
        if workers := storm.workers():
            with suppress(ProcessLookupError):
                os.kill(dice.choice(workers), signal.SIGKILL)
                storm.figures["killed"] += 1


class Microburst:
    """A proxy that lets calls of AWS services fail, in an environment of its own."""

    def __init__(self, upstream: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.fired: Counter[str] = Counter()
        """How often each kind of fault met a call of each service."""
        self._upstream = upstream

    def __enter__(self) -> Self:
        folder = BUILD / "microburst"
        uv = str(ROOT / ".tools/bin/uv")
        python = folder / "bin/python"
        try:
            for command in (
                [uv, "venv", "-q", "--allow-existing", "--python", sys.executable, str(folder)],
                [uv, "pip", "install", "-q", "--python", str(python), MICROBURST],
            ):
                subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
        except (OSError, subprocess.SubprocessError) as error:
            reason = getattr(error, "stderr", None) or str(error)
            pytest.skip(f"{MICROBURST} cannot be installed: {reason.strip()}")
        self._program = Program.start(
            [folder / "bin/microburst", "--upstream", self._upstream, "--port", str(self.port)],
            env=clean_environment(),
            log=BUILD / "logs" / str(self.port) / "microburst.log",
            cwd=ROOT,
        )
        try:
            self._program.await_answer(f"{self.url}/_microburst/rules")
        except BaseException:
            self._program.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._program.stop()

    def warm_up(self) -> None:
        """Send what makes it load its models, for seconds."""
        config = Config(read_timeout=30, proxies={})
        Aws.at(self.url).session.client(
            "dynamodb", endpoint_url=self.url, config=config
        ).list_tables()

    def rule(self, *rules: dict[str, Any]) -> None:
        """Set the rules. A word in them that it does not know would be passed over in silence."""
        with httpx.Client(base_url=f"{self.url}/_microburst", timeout=30) as control:
            control.post("/rules", json=rules).raise_for_status()
            fired = control.get("/fired", params={"limit": 100_000}).json()
            control.delete("/fired").raise_for_status()
        self.fired += Counter(
            f"{one['service']} {one['action'].partition(':')[0]}" for one in fired
        )

    def raging(self, over: Event, storm: Storm) -> None:
        """Let one call in ten fail or lose its answer; twice DynamoDB is gone for seconds."""
        self.rule(*RULES)
        for part in (1, 2):
            while storm.figures["requests"] < part * MAILS // 3 and not over.wait(0.01):
                pass
            self.rule({"service": "dynamodb", "error": _INTERNAL}, *RULES)
            over.wait(4)
            self.rule(*RULES)
        over.wait()
        self.rule()


def counted(storm: Storm, burst: Microburst, records: list[Item]) -> Counter[str]:
    """Count from the outside: what SES has, and what callers were told."""
    arrived, seen = storm.arrived(), storm.figures
    return Counter(
        {
            "cases": len(storm.mails),
            "requests": seen["requests"],
            "sends": sum(len(record["attempts"]) for record in records),
            "arrived": arrived.total(),
            "duplicates": arrived.total() - len(arrived),
            "lost": len({mail.name for mail in storm.mails} - arrived.keys()),
            **Counter(f"SES {mail.fault}" for mail in storm.mails if mail.fault),
            **burst.fired,
            **{
                name: seen[name]
                for name in ("killed", "grace", "abandoned", "left behind", "lined up")
            },
        }
    )


def judge(stack: Stack, storm: Storm, records: list[Item]) -> None:
    names = {mail.name for mail in storm.mails}
    assert storm.arrived() == Counter(names)
    assert {record["reference"] for record in records} == names
    assert len(records) == len(storm.mails)
    promised = {answer["MessageId"] for mail in storm.mails for answer in mail.answers}
    assert promised == {record["id"] for record in records}
    with ThreadPoolExecutor(CALLERS) as callers:
        answers = list(callers.map(lambda each: storm.api.get(f"/Status/{each}").json(), promised))
    assert {(answer["Status"], answer["Retry"]) for answer in answers} == {("delivered", False)}
    assert letters(stack) == []


def letters(stack: Stack) -> list[Any]:
    """Return some of the dead letters."""
    sqs, deployed = stack.client("sqs"), stack.deployed
    urls = (deployed.event_dead_letters_url, deployed.retry_dead_letters_url)
    return [
        letter["Body"]
        for url in urls
        for letter in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    ]


def test_every_mail_arrives_once_whatever_fails(figures: Callable[[str], Counter[str]]) -> None:
    port = free_port()
    with (
        Microburst(f"http://localhost:{port}") as burst,
        Stack(
            api_port=port,
            ses_port=free_port(),
            environment={"AWS_ENDPOINT_URL": burst.url},
            say=lambda _: None,
        ) as stack,
    ):
        burst.warm_up()
        for name, seconds in VISIBILITY.items():
            stack.client("sqs").set_queue_attributes(
                QueueUrl=getattr(stack.deployed, name),
                Attributes={"VisibilityTimeout": str(seconds)},
            )
        storm = Storm(stack)
        storm.configure(OTHER, name="other")  # Before any function reads the domains.
        with storm.api, storm.ses:
            storm.rage(burst.raging, killing)
            storm.outlast()
            records = storm.calm()
            time.sleep(2)  # For a second copy that is on its way.
            figures("storm").update(counted(storm, burst, records))
            judge(stack, storm, records)
            assert burst.fired.keys() >= FIRED
