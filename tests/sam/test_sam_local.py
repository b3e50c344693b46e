"""`sam local` against the running stack: every event of `events/`, and the API itself.

The functions run in Lambda's own container, everything that they call is the local stack. Where
there is no Docker engine, no base image or no SAM CLI, all of this is skipped, with the reason.
"""

import base64
import json
import os
import re
import signal
import socket
import subprocess
import time
from contextlib import closing, contextmanager
from hashlib import sha256

import httpx
import pytest
from support.deployed import free_port

from local.sam import EVENTS, image
from local.stack import API_KEY, Stack
from tooling.paths import ROOT

SAM_SECONDS = 120  # The first invocation builds the functions and the container's image.
RETRY_SECONDS = 60  # A first retry waits for up to ten.
PYTHON = ROOT / ".venv-local/bin/python"


def what_is_missing():
    if not (ROOT / ".venv-sam/bin/sam").exists():
        return "SAM CLI is not installed (make .venv-sam/.ready)"
    try:
        subprocess.run(["docker", "info"], check=True, capture_output=True, timeout=30)
        subprocess.run(["docker", "image", "inspect", image()], check=True, capture_output=True)
    except FileNotFoundError:
        return "Docker is not installed"
    except subprocess.TimeoutExpired:
        return "the Docker engine does not answer"
    except subprocess.CalledProcessError as error:
        if error.cmd[1] == "info":
            return "no Docker engine runs"
        return f"the base image is not here (docker pull {image()})"
    return None


@pytest.fixture(scope="module")
def stack():
    if reason := what_is_missing():
        pytest.skip(reason)
    # The simulator's own events stay away: those that we invoke are all there are.
    quiet = {"SES_EVENT_DELAY": "3600"}
    with Stack(
        api_port=free_port(), ses_port=free_port(), ses_environment=quiet, say=lambda _: None
    ) as running:
        stop_retrying(running)
        yield running


def stop_retrying(stack):
    """Leave retries to us: the stack's own resend function would be faster."""
    functions = stack.client("lambda")
    mappings = functions.list_event_source_mappings(
        FunctionName=stack.deployed.functions["ResendFunction"]
    )
    for mapping in mappings["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)


@contextmanager
def local_sam(stack, *arguments):
    """Run `python -m local.sam`; afterwards it has ended, and its containers with it."""
    ports = {"API_PORT": str(stack.api_port), "SES_PORT": str(stack.ses_port)}
    process = subprocess.Popen(
        [PYTHON, "-m", "local.sam", *arguments],
        cwd=ROOT,
        env=os.environ | ports,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def invoke(stack, event, message_id=""):
    with local_sam(stack, "invoke", event, message_id) as process:
        answer, log = process.communicate(timeout=SAM_SECONDS)
    assert process.returncode == 0, log
    return json.loads(answer)


def event_of(name):
    return json.loads((EVENTS / f"{name}.json").read_text())


def call(url, method="GET", body=None):
    headers = {"x-api-key": API_KEY, "Content-Type": "application/json"}
    answer = httpx.request(method, url, content=body, headers=headers, timeout=60, trust_env=False)
    return answer.json()


def posted(stack):
    """Give the mail of the JSON event to the running stack; return what that answers."""
    return call(f"{stack.url}/Mail/Send", "POST", event_of("api_send_mail_json")["body"])


def status_of(stack, message_id):
    return call(f"{stack.url}/Status/{message_id}")


def mails(stack, message_id):
    return call(f"{stack.ses_url}/messages?tag=mailapi_message_id:{message_id}")


def hashes(mail):
    return [attachment["Sha256"] for attachment in mail["Attachments"]]


def test_a_mail_as_json_is_sent(stack):
    asked = json.loads(event_of("api_send_mail_json")["body"])

    answer = invoke(stack, "api_send_mail_json")

    assert answer["statusCode"] == 200
    said = json.loads(answer["body"])
    assert (said["Status"], said["Receiver"]) == ("sent", asked["To"])
    (mail,) = mails(stack, said["MessageId"])
    assert mail["Subject"] == asked["Subject"]
    assert status_of(stack, said["MessageId"]) == said


def test_a_mail_as_xml_is_sent_with_its_attachment(stack):
    asked = base64.b64decode(event_of("api_send_mail_xml")["body"]).decode()
    attached = base64.b64decode(re.search("<d2p1:Bytes>(.*)</d2p1:Bytes>", asked)[1])

    answer = invoke(stack, "api_send_mail_xml")

    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"] == "application/xml"
    assert "<Status>sent</Status>" in answer["body"]
    message_id = re.search("<MessageId>(.*)</MessageId>", answer["body"])[1]
    (mail,) = mails(stack, message_id)
    assert mail["Subject"] == "Befunde für Jürgen Groß & Łukasz"
    assert hashes(mail) == [sha256(attached).hexdigest()]


def test_an_attachment_reaches_the_recipient_unchanged(stack):
    asked = json.loads(event_of("api_send_mail_attachment")["body"])
    attached = base64.b64decode(asked["Attachments"][0]["Bytes"])

    answer = invoke(stack, "api_send_mail_attachment")

    assert answer["statusCode"] == 200
    (mail,) = mails(stack, json.loads(answer["body"])["MessageId"])
    assert hashes(mail) == [sha256(attached).hexdigest()]
    assert mail["Attachments"][0]["FileName"] == asked["Attachments"][0]["Name"]


def test_a_delivery_makes_the_status_delivered(stack):
    message_id = posted(stack)["MessageId"]

    noted = invoke(stack, "ses_events_delivery", message_id)
    answer = invoke(stack, "api_get_status", message_id)

    assert noted == {"batchItemFailures": []}
    assert answer["statusCode"] == 200
    said = json.loads(answer["body"])
    assert (said["MessageId"], said["Status"]) == (message_id, "delivered")


def test_a_bounce_makes_the_status_undelivered(stack):
    message_id = posted(stack)["MessageId"]

    noted = invoke(stack, "ses_events_bounce", message_id)

    assert noted == {"batchItemFailures": []}
    said = status_of(stack, message_id)
    assert said["Status"] == "undelivered"
    assert "Permanent/General 5.1.1" in said["ErrorMessage"]


def test_a_complaint_is_noted_and_changes_no_status(stack):
    message_id = posted(stack)["MessageId"]
    before = records(stack, message_id)

    noted = invoke(stack, "ses_events_complaint", message_id)

    assert noted == {"batchItemFailures": []}
    assert status_of(stack, message_id)["Status"] == "sent"
    assert records(stack, message_id) != before


def records(stack, message_id):
    items = stack.client("dynamodb").scan(TableName=stack.deployed.table)["Items"]
    return sorted(json.dumps(item, sort_keys=True) for item in items if message_id in str(item))


def test_a_retry_sends_a_mail_that_ses_had_throttled(stack):
    call(f"{stack.ses_url}/faults", "POST", '{"kind": "throttle"}')
    queued = posted(stack)
    assert (queued["Status"], queued["Retry"]) == ("queued", True)
    deadline = time.monotonic() + RETRY_SECONDS

    left = mails(stack, queued["MessageId"])
    while not left and time.monotonic() < deadline:  # Until it is due it goes back to the queue.
        assert invoke(stack, "resend_retry", queued["MessageId"]) == {"batchItemFailures": []}
        left = mails(stack, queued["MessageId"])

    said = status_of(stack, queued["MessageId"])
    assert (said["Status"], said["Retry"], said["RetryCount"]) == ("sent", False, 1)
    assert len(left) == 1


def test_a_sweep_finds_the_table_and_needs_no_more(stack):
    answer = invoke(stack, "sweep_schedule")

    assert answer is None


def test_a_dispatcher_finds_the_table_and_needs_no_more_when_nothing_waits(stack):
    answer = invoke(stack, "dispatch_schedule")

    assert answer is None


def test_a_change_of_a_record_is_nothing_to_tell_where_nobody_listens(stack):
    answer = invoke(stack, "webhooks_out_record_changed", posted(stack)["MessageId"])

    assert answer is None


def test_a_webhook_that_is_not_there_any_more_leaves_the_queue(stack):
    answer = invoke(stack, "webhook_delivery")

    assert answer == {"batchItemFailures": []}


def test_the_documentation_needs_no_key_and_nothing_else(stack):
    answer = invoke(stack, "metadata_page")

    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert "<h3>HTTP + XML</h3>" in answer["body"]


def test_a_preflight_needs_no_key_and_nothing_else(stack):
    answer = invoke(stack, "preflight_cors")

    assert (answer["statusCode"], answer["body"]) == (200, "")


def test_events_about_an_unknown_message_say_so(stack):
    status = invoke(stack, "api_get_status")
    delivery = invoke(stack, "ses_events_delivery")

    assert status["statusCode"] == 404
    (record,) = event_of("ses_events_delivery")["Records"]
    assert delivery == {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}


def test_start_api_serves_the_functions_over_http(stack):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with local_sam(stack, "start-api", str(port)) as process:
        await_port(port, process)

        sent = call(f"{url}/Mail/Send", "POST", event_of("api_send_mail_json")["body"])
        found = call(f"{url}/Status?MessageId={sent['MessageId']}")

    assert sent["Status"] == "sent"
    assert len(mails(stack, sent["MessageId"])) == 1
    assert found == sent


def await_port(port, process):
    deadline = time.monotonic() + SAM_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1]
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    pytest.fail("sam local start-api does not answer")
