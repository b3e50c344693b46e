"""`make doctor` on a deployed stack, whose SES account is put into each state that it can be in."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from local.stack import Stack
from ops.doctor import WITHOUT_MAIL, Finding, examine
from ops.stack import Stack as OfOperator
from tooling.paths import ROOT

NOBODY_HEARS = "Nobody hears of alarms."
"""The one thing that is wrong with `make run`: it has no AlarmAddress."""

type Examined = Callable[[], list[Finding]]


@pytest.fixture(autouse=True)
def no_letters(stack: Stack) -> None:
    """Forget what other tests have left."""
    deployed = stack.deployed
    for url in (
        deployed.retry_dead_letters_url,
        deployed.event_dead_letters_url,
        deployed.webhook_dead_letters_url,
    ):
        stack.client("sqs").purge_queue(QueueUrl=url)


@pytest.fixture
def examined(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Examined:
    """Examine the stack as that of `make run`, without the mail; what is not well."""
    monkeypatch.setenv("API_PORT", str(stack.api_port))
    monkeypatch.setenv("SES_PORT", str(stack.ses_port))
    found = OfOperator.named("")

    def _examined() -> list[Finding]:
        findings = [*examine(found, WITHOUT_MAIL)]
        assert len(findings) > 20
        return [each for each in findings if each.level != "ok" and each.what != NOBODY_HEARS]

    return _examined


@pytest.fixture
def put(ses: httpx.Client) -> Iterator[Callable[[str, Any], None]]:
    """Change a state of the simulator, until the end of the test."""

    def _put(resource: str, state: Any) -> None:
        assert ses.put(resource, json=state).is_success

    yield _put
    for resource in ("/account", "/identities", "/dns"):
        assert ses.delete(resource).is_success


def test_the_command_finds_a_healthy_stack_and_a_delivered_mail(stack: Stack) -> None:
    done = doctor(stack)

    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout
    assert [line for line in lines if line.startswith(("  warning", "  FAILURE"))] == [
        f"  warning  {NOBODY_HEARS}"
    ]
    assert lines[0] == "Account"
    assert lines.index("A mail") > lines.index("Operation")
    assert "  ok       A mail to SES's mailbox simulator is delivered after " in done.stdout
    assert lines[-1].endswith(" ok, 1 warning, 0 failures, 0 not looked at")
    assert "\033" not in done.stdout
    assert stack.api_key not in done.stdout


def test_the_command_fails_when_something_fails(
    stack: Stack, ses: httpx.Client, put: Callable[[str, Any], None]
) -> None:
    put("/account", {"EnforcementStatus": "SHUTDOWN"})

    done = doctor(stack, "--no-mail")

    assert done.returncode == 1
    assert "\n  FAILURE  AWS has stopped the account (SHUTDOWN)" in done.stdout
    assert "\nA mail\n" not in done.stdout
    assert done.stdout.endswith(" 1 failure, 0 not looked at\n")
    assert ses.get("/messages").json() == []


def test_a_mail_that_ses_refuses_is_told_with_its_answer(stack: Stack, ses: httpx.Client) -> None:
    ses.post("/faults", json={"kind": "rejected", "count": 1})

    done = doctor(stack)

    said = " ".join(done.stdout.partition("\nA mail\n")[2].split())
    assert done.returncode == 1
    assert said.startswith("FAILURE A mail to SES's mailbox simulator is failed after ")
    assert "it was refused. SES's answer: " in said


def test_who_reads_the_beginning_only_sees_no_traceback(stack: Stack) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "ops", "doctor", "--no-mail"],
        cwd=ROOT,
        env=environment(stack),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""


def environment(stack: Stack) -> dict[str, str]:
    ports = {"API_PORT": str(stack.api_port), "SES_PORT": str(stack.ses_port)}
    return os.environ | {"PYTHONPATH": "src"} | ports


def doctor(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as make does, for the stack of `make run`."""
    return subprocess.run(
        [sys.executable, "-m", "ops", "doctor", *arguments],
        cwd=ROOT,
        env=environment(stack),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Case(NamedTuple):
    """A state of the simulator, and what is said of it."""

    resource: str
    state: Any
    level: str
    what: str
    remedy: str


MAIL_FROM = {"MailFromDomainStatus": "FAILED"}
CASES = {
    "sandbox": Case(
        *("/account", {"ProductionAccessEnabled": False}),
        *(
            "failure",
            "The account is in the SES sandbox, and",
            "put SesSandbox=true into _PARAMETERS",
        ),
    ),
    "suspended": Case(
        *("/account", {"EnforcementStatus": "SHUTDOWN"}),
        *("failure", "AWS has stopped the account (SHUTDOWN)", "https://"),
    ),
    "sending paused": Case(
        *("/account", {"SendingEnabled": False}),
        *("failure", "Sending is switched off", "--sending-enabled"),
    ),
    "a small quota": Case(
        *("/account", {"SendQuota": {"Max24HourSend": 200.0, "SentLast24Hours": 190.0}}),
        *("warning", "190 of 200 mails", "Service Quotas"),
    ),
    "identity pending": Case(
        *("/identities/example.com", {"VerifiedForSendingStatus": False}),
        *("failure", "SES has not verified it yet", "._domainkey.example.com CNAME "),
    ),
    "MAIL FROM failed": Case(
        *("/identities/example.com", {"MailFromAttributes": MAIL_FROM}),
        *("warning", "does not find the records of the MAIL FROM", "bounce.example.com MX 10"),
    ),
    "MAIL FROM failed, and mails refused": Case(
        "/identities/example.com",
        {"MailFromAttributes": MAIL_FROM | {"BehaviorOnMxFailure": "REJECT_MESSAGE"}},
        *("failure", "and refuses its mails", "bounce.example.com MX 10"),
    ),
    "feedback forwarding": Case(
        *("/identities/example.com", {"FeedbackForwardingStatus": True}),
        *("warning", "mails every bounce", "--no-email-forwarding-enabled"),
    ),
    "no DMARC": Case(
        *("/dns", {"_dmarc.example.com TXT": None}),
        *("warning", "it has no DMARC record", '_dmarc.example.com TXT "v=DMARC1; p='),
    ),
    "p=none": Case(
        *("/dns", {"_dmarc.example.com TXT": ["v=DMARC1; p=none"]}),
        *("warning", "(p=none, by the record at _dmarc.example.com)", "p=quarantine"),
    ),
    "no SPF": Case(
        *("/dns", {"bounce.example.com TXT": None}),
        *("failure", "its SPF record is missing", "v=spf1 include:amazonses.com"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_state_of_the_account_has_its_line(
    examined: Examined, put: Callable[[str, Any], None], name: str
) -> None:
    case = CASES[name]
    put(case.resource, case.state)

    found = examined()

    (said,) = [each for each in found if case.what in each.what]
    assert said.level == case.level
    assert case.remedy in "\n".join(said.remedy)


def test_events_that_do_not_come_are_found(examined: Examined, stack: Stack) -> None:
    ses = stack.client("sesv2")
    name = stack.deployed.configuration_set
    (held,) = ses.get_configuration_set_event_destinations(ConfigurationSetName=name)[
        "EventDestinations"
    ]
    destination = {key: held[key] for key in ("Enabled", "MatchingEventTypes", "SnsDestination")}
    # Only the emulator changes event destinations; the simulator asks it for them.
    emulator = stack.aws.session.client("sesv2", endpoint_url=stack.endpoint_url)

    def update(**changed: Any) -> None:
        emulator.update_configuration_set_event_destination(
            ConfigurationSetName=name,
            EventDestinationName="events",
            EventDestination=destination | changed,
        )

    try:
        update(Enabled=False)
        (off,) = examined()
        update(MatchingEventTypes=["SEND"])
        (few,) = examined()
    finally:
        update()

    assert off.level == few.level == "failure"
    assert "its event destination events is switched off" in off.what
    assert "BOUNCE, COMPLAINT, DELIVERY" in few.what
    assert '"Enabled":true' in off.remedy[0]
    assert examined() == []


def test_a_paused_configuration_set_is_found(examined: Examined, stack: Stack) -> None:
    ses, name = stack.client("sesv2"), stack.deployed.configuration_set

    try:
        ses.put_configuration_set_sending_options(ConfigurationSetName=name, SendingEnabled=False)
        (said,) = examined()
    finally:
        ses.put_configuration_set_sending_options(ConfigurationSetName=name, SendingEnabled=True)

    assert said.level == "failure"
    assert "its sending is switched off" in said.what


def test_a_key_that_opens_nothing_is_found(examined: Examined, stack: Stack) -> None:
    gateway = stack.client("apigateway")
    outputs = OfOperator.named("").outputs
    key, plan = outputs["ApiKeyId"], outputs["UsagePlanId"]

    def enable(value: str) -> None:
        patch = [{"op": "replace", "path": "/enabled", "value": value}]
        gateway.update_api_key(apiKey=key, patchOperations=patch)

    try:
        enable("false")
        off = examined()
        enable("true")
        gateway.delete_usage_plan_key(usagePlanId=plan, keyId=key)
        away = examined()
    finally:
        enable("true")
        gateway.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")

    assert any(each.what.startswith(f"The stack's own key {key} is switched off") for each in off)
    assert any(f"key {key} is not on the usage plan" in each.what for each in away)
    assert {each.level for each in (*off, *away)} == {"failure"}
    assert examined() == []


def test_dead_letters_are_found(examined: Examined, stack: Stack) -> None:
    sqs = stack.client("sqs")
    urls = (stack.deployed.retry_dead_letters_url, stack.deployed.event_dead_letters_url)
    for url in urls:
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"Reason": "Given up."}))

    found = examined()
    for url in urls:
        sqs.purge_queue(QueueUrl=url)

    assert [each.what[:14] for each in found] == ["1 dead letter:"] * 2
    assert all("./mailctl redrive" in each.remedy for each in found)
    assert examined() == []
