"""`make run` as its user has it: the names that work, what it prints and logs, how it ends."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.deployed import free_port

from build.package import BUILD, ROOT
from local.stack import API_KEY, Stack
from tooling import ports

HOSTS = ["localhost", *(f"[{ip}]" if ":" in ip else ip for ip in ports.addresses())]
MAIL = {"To": "success@simulator.amazonses.com", "Subject": "s", "Text": "t"}
XML = (
    '<SendMail xmlns="http://schemas.datacontract.org/2004/07/CommunicationHub.APIModel">'
    "<Subject>s</Subject><Text>t</Text><To>success@simulator.amazonses.com</To></SendMail>"
)
STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Run:
    """A `make run` without make, in a process group of its own as a shell would give it."""

    process: subprocess.Popen[str]
    printed: Path
    api_port: int
    ses_port: int

    @property
    def logs(self) -> Path:
        return BUILD / "logs" / str(self.api_port)

    def url(self, host: str = "localhost") -> str:
        return f"http://{host}:{self.api_port}"

    def descendants(self) -> dict[int, str]:
        """Return the commands of all processes that it has started, by their ids."""
        listed = subprocess.check_output(["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], text=True)
        rows = [line.split(None, 2) for line in listed.splitlines()]
        found, parents = {}, {self.process.pid}
        while parents:
            children = {int(pid): args for pid, parent, args in rows if int(parent) in parents}
            found |= children
            parents = set(children)
        return found


def commands(pids: dict[int, str]) -> dict[int, str]:
    """Return those of the processes that are still there, by their ids."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=,stat=,args=", "-p", ",".join(map(str, pids))],
        check=False,  # It fails if there is none of them.
        capture_output=True,
        text=True,
    ).stdout
    rows = (line.split(None, 2) for line in listed.splitlines())
    alive = {int(pid): args for pid, stat, args in rows if not stat.startswith("Z")}
    return {pid: args for pid, args in alive.items() if pids[pid] == args}


@contextmanager
def running(printed: Path) -> Iterator[Run]:
    api_port, ses_port = free_port(), free_port()
    with (
        printed.open("w") as output,
        subprocess.Popen(
            [ROOT / ".venv-local/bin/python", "-m", "local"],
            cwd=ROOT,
            env=os.environ | {"API_PORT": str(api_port), "SES_PORT": str(ses_port)},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        ) as process,
    ):
        try:
            run = Run(process, printed, api_port, ses_port)
            await_text(run, "Ctrl-C stops everything.", seconds=120)
            yield run
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)
            # What it had no time to remove its next run would remove, which this port never sees.
            shutil.rmtree(BUILD / "tmp" / str(api_port), ignore_errors=True)


def await_text(run: Run, text: str, *, seconds: float = 10) -> str:
    deadline = time.monotonic() + seconds
    while text not in (printed := run.printed.read_text()):
        assert run.process.poll() is None, printed
        assert time.monotonic() < deadline, printed
        time.sleep(0.05)
    return printed


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with running(tmp_path_factory.mktemp("run") / "printed") as started:
        yield started


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 302),
        ("GET", "/metadata", 200),
        ("GET", "/xml/metadata?op=SendMail", 200),
        ("GET", "/types/typescript", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/Status", 400),
        ("GET", "/Status?MessageId=01JD9ZK4M6T0V3Q8W2X5Y7B1CD", 404),
        ("GET", "/Status/01JD9ZK4M6T0V3Q8W2X5Y7B1CD", 404),
        ("POST", "/json/reply/SendMail", 400),
        ("GET", "/nothing/here", 404),
        ("POST", "/Mail/Send", 400),
    ],
)
def test_each_name_of_this_machine_has_every_route(
    run: Run, host: str, method: str, path: str, status: int
) -> None:
    headers = {"x-api-key": API_KEY, "Accept": "application/json"}

    answer = httpx.request(method, run.url(host) + path, headers=headers, timeout=40)

    assert answer.status_code == status, answer.text
    assert "amazonaws" not in answer.text, "S3 has answered"


@pytest.mark.parametrize("host", HOSTS)
def test_each_name_of_this_machine_sends_mails_and_has_the_inbox(run: Run, host: str) -> None:
    headers = {"x-api-key": API_KEY, "Accept": "application/json"}
    url = f"{run.url(host)}/Mail/Send"

    as_json = httpx.post(url, json=MAIL, headers=headers, timeout=40).json()
    as_xml = httpx.post(
        url, content=XML, headers=headers | {"Content-Type": "application/xml"}, timeout=40
    ).json()
    without_key = httpx.post(url, json=MAIL, timeout=40)
    inbox = f"http://{host}:{run.ses_port}"
    (mail,) = httpx.get(f"{inbox}/messages?tag=mailapi_message_id:{as_json['MessageId']}").json()

    assert (as_json["Status"], as_xml["Status"]) == ("sent", "sent")
    assert without_key.status_code == 403
    assert mail["Subject"] == "s"
    assert "<!doctype html>" in httpx.get(inbox).text


def test_the_aws_of_the_stack_is_there_for_sdks(stack: Stack) -> None:
    """It is the one of the other tests, whose AWS refuses what is not signed as it should be."""
    identity = stack.client("sts").get_caller_identity()
    bucket, table = stack.deployed.bucket, stack.deployed.table

    assert identity["Account"]
    assert stack.client("s3").list_objects_v2(Bucket=bucket)["Name"] == bucket
    assert stack.client("dynamodb").describe_table(TableName=table)["Table"]
    link = stack.client("s3").generate_presigned_url("list_objects_v2", {"Bucket": bucket})
    assert f"<Name>{bucket}</Name>" in httpx.get(link).text


def test_each_request_is_a_line_of_the_terminal(run: Run) -> None:
    headers = {"x-api-key": API_KEY}

    httpx.get(f"{run.url()}/Status?MessageId=zq7marked", headers=headers, timeout=40)
    httpx.get(f"{run.url()}/Status/zq7marked@recipient.example", headers=headers, timeout=40)

    printed = await_text(run, " GET /Status/... 4")
    assert " GET /Status 404 " in printed
    assert "zq7marked" not in printed
    assert printed.count(API_KEY) == 3  # Where it is said what the key is, and how to use it.


def test_members_that_nobody_knows_are_shown_in_the_terminal_and_in_the_inbox(run: Run) -> None:
    headers = {"x-api-key": API_KEY}
    url = f"{run.url()}/json/reply/SendMail[]"

    said = httpx.post(url, json=[MAIL | {"Foo": 1}, MAIL], headers=headers, timeout=40).json()
    with_foo, without = (one["MessageId"] for one in said)

    await_text(run, " POST /json/reply/SendMail[] 200 ")
    await_text(run, " ms  ignored: Foo\n")
    await_log(run, "api", with_foo)
    assert await_notes(run, with_foo) == ["Ignored members: Foo"]
    assert [mail["Notes"] for mail in await_mails(run, without)] == [[]]


def inbox_of(run: Run, message_id: str) -> list[dict[str, Any]]:
    inbox = f"http://localhost:{run.ses_port}/messages?tag=mailapi_message_id:{message_id}"
    mails: list[dict[str, Any]] = httpx.get(inbox).json()
    return mails


def await_mails(run: Run, message_id: str) -> list[dict[str, Any]]:
    """Wait until the mail has had its turn, if it was sent in a batch."""
    deadline = time.monotonic() + 30
    while not (mails := inbox_of(run, message_id)):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return mails


def await_notes(run: Run, message_id: str) -> list[str]:
    deadline = time.monotonic() + 30
    while not (notes := [note for mail in inbox_of(run, message_id) for note in mail["Notes"]]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return notes


def test_each_function_has_its_log_in_the_folder_that_is_named(run: Run) -> None:
    said = httpx.post(
        f"{run.url()}/json/oneway/SendMail", json=MAIL, headers={"x-api-key": API_KEY}, timeout=40
    ).json()

    await_log(run, "api", said["MessageId"])
    await_log(run, "resend", said["MessageId"])
    await_log(run, "ses-events", said["MessageId"])
    assert f"  Logs    {run.logs}" in run.printed.read_text()
    started = [line for line in lines(run, "api") if line.startswith("START RequestId: ")]
    ended = [line for line in lines(run, "api") if line.startswith("REPORT RequestId: ")]
    assert len(started) == len(ended) > 0


def lines(run: Run, function: str) -> list[str]:
    file = run.logs / f"mail-{function}.log"
    return file.read_text().splitlines() if file.exists() else []


def await_log(run: Run, function: str, message_id: str) -> None:
    deadline = time.monotonic() + 30
    while not any(message_id in line for line in lines(run, function)):
        assert time.monotonic() < deadline, lines(run, function)
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("number", "to_all", "queued", "at_once"),
    [
        pytest.param(signal.SIGINT, True, 300, 200, id="ctrl_c_under_load"),
        pytest.param(signal.SIGTERM, False, 0, 16, id="kill"),
        pytest.param(signal.SIGHUP, True, 0, 1, id="closed_terminal"),
    ],
)
def test_it_ends_within_seconds_and_leaves_nothing(
    tmp_path: Path, number: signal.Signals, to_all: bool, queued: int, at_once: int
) -> None:
    with (
        running(tmp_path / "printed") as run,
        httpx.Client(base_url=run.url(), headers={"x-api-key": API_KEY}, timeout=60) as client,
        ThreadPoolExecutor(16) as pool,
    ):
        posted(client, "/Mail/Send")
        list(pool.map(lambda _: posted(client, "/json/oneway/SendMail"), range(queued)))
        under_way = [pool.submit(posted, client, "/Mail/Send") for _ in range(at_once)]
        time.sleep(1)
        started = run.descendants()
        assert len(started) > 2, started  # The two servers, and processes of functions.

        before = time.monotonic()
        (os.killpg if to_all else os.kill)(run.process.pid, number)
        for future in under_way:
            future.cancel()  # What has not begun by now would only take time from what is ending.
        run.process.wait(60)
        took = time.monotonic() - before

    assert run.process.returncode == 0, run.printed.read_text()
    assert took < STOP_SECONDS
    assert commands(started) == {}
    assert (run.logs / "mail-api.log").exists(), "The logs are for afterwards."
    ports.require_free(run.api_port, "API_PORT")
    ports.require_free(run.ses_port, "SES_PORT")


def posted(client: httpx.Client, path: str) -> None:
    with suppress(httpx.TransportError):  # The stack ends while some of them wait.
        client.post(path, json=MAIL)
