"""The whole stack on this machine: the real template on MiniStack, and the SES simulator."""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import cached_property
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

from build import package
from local.deploy import deploy, outputs, upload
from local.localize import localize
from tooling import ports, programs
from tooling.aws_here import REGION, Aws, clean_environment
from tooling.paths import BUILD, ROOT
from tooling.programs import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

API_KEY = "local-development-key"
SENDER_DOMAIN = "example.com"
_CERTIFICATE = "arn:aws:acm:eu-central-1:000000000000:certificate/local"
_PARAMETERS = {
    "SenderDomain": SENDER_DOMAIN,
    "DefaultSender": f"no-reply@{SENDER_DOMAIN}",
    "ApiKeyValue": API_KEY,
    # MiniStack serves the API at the root of this host, so it takes every call that comes to it:
    # an SDK must say localhost. What comes to localhost and is not an SDK's, `local.middleware`
    # gives to the API too.
    "DomainName": ports.HERE,
    "CertificateArn": _CERTIFICATE,
    "ShowContent": "true",  # Every mail stays on this machine.
    "ThrottleRate": "10000",
    "ThrottleBurst": "5000",
    "QuotaPerDay": "2147483647",
    "Architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
}


_VARIABLES = {"WEBHOOKS_TO_LOOPBACK": "true"}
"""What the functions are told on this machine alone: receivers of webhooks may be on it too."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """What the template became."""

    table: str
    bucket: str
    configuration_set: str
    event_queue_url: str
    event_dead_letters_url: str
    retry_queue_url: str
    retry_dead_letters_url: str
    webhook_queue_url: str
    webhook_dead_letters_url: str
    functions: Mapping[str, str]
    """The functions' names by their names in the template."""


@dataclass(kw_only=True)
class Stack:
    """A stack of its own on two ports of its own, there while the `with` block lasts.

    `parameters` go over the template's, `environment` over the functions' variables,
    `server_environment` over MiniStack's and `ses_environment` over the simulator's.

    At its end it waits `removal_seconds` at most (None: as long as it takes) until what MiniStack
    unpacked is removed: the package, once for each process of a function. After a burst that is
    tens of thousands of files, for which a busy disk takes a minute. The next run removes the rest.
    """

    api_port: int = 8080
    ses_port: int = 8025
    parameters: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    server_environment: Mapping[str, str] = field(default_factory=dict)
    ses_environment: Mapping[str, str] = field(default_factory=dict)
    say: Callable[[str], None] = print
    removal_seconds: float | None = None
    deployed: Deployed = field(init=False)
    _programs: list[Program] = field(default_factory=list, init=False)

    @property
    def api_key(self) -> str:
        return self.parameters.get("ApiKeyValue", API_KEY)

    @property
    def url(self) -> str:
        """Where callers find the API."""
        return f"http://{ports.HERE}:{self.api_port}"

    @property
    def endpoint_url(self) -> str:
        """Where SDKs find AWS."""
        return f"http://localhost:{self.api_port}"

    @property
    def ses_url(self) -> str:
        return f"http://{ports.HERE}:{self.ses_port}"

    @property
    def logs(self) -> Path:
        return BUILD / "logs" / str(self.api_port)

    @cached_property
    def aws(self) -> Aws:
        return Aws.at(self.endpoint_url, self.ses_url)

    def client(self, service: str) -> Any:
        """Return a boto3 client for this stack's AWS."""
        return self.aws.client(service)

    def __enter__(self) -> Self:
        ports.require_free(self.api_port, "API_PORT")
        ports.require_free(self.ses_port, "SES_PORT")
        ports.require_free_for_udp(self.ses_port, "SES_PORT")  # The simulator's DNS.
        archive = package.build(self.say)
        try:
            self._start_programs()
            self.deployed = self._deploy(archive)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait(self) -> str:
        """Say each request to the API; return when a program has ended, with a line about it."""
        with (self.logs / "requests.log").open(encoding="utf-8") as requests:
            while True:
                if lines := requests.read():
                    self.say(lines.removesuffix("\n"))
                for program in self._programs:
                    if program.obituary:
                        return program.obituary
                time.sleep(0.2)

    def stop(self) -> None:
        """End all programs, within about two seconds, and remove what they leave."""
        programs.stop(self._programs)
        self._programs.clear()
        _start_removing(self._temporary).join(self.removal_seconds)

    @property
    def _temporary(self) -> Path:
        """Holds a folder for each run at this port: one, and what earlier ones could not remove."""
        return BUILD / "tmp" / str(self.api_port)

    def _start_programs(self) -> None:
        for folder in self._temporary.glob("*"):
            _start_removing(folder)
        for file in self.logs.glob("*.log"):
            file.unlink()
        self._temporary.mkdir(parents=True, exist_ok=True)
        temporary = tempfile.mkdtemp(dir=self._temporary)
        server = {
            "GATEWAY_PORT": str(self.api_port),
            "IOT_MTLS_ENABLED": "0",  # It would open a port that nobody asked for.
            "MINISTACK_REGION": REGION,
            "LAMBDA_WARM_TTL_SECONDS": "120",  # The sweep comes every minute and stays warm.
            "STATE_DIR": f"{temporary}/state",
            "S3_DATA_DIR": f"{temporary}/s3",
            "TMPDIR": temporary,
            "AWS_ENDPOINT_URL_SESV2": self.ses_url,  # The functions inherit it.
            "LOCAL_KEY": self.api_key,
            "LOCAL_MAILS": self.ses_url,
        }
        python = ROOT / ".venv-local/bin/python"
        program: list[str | Path] = [python, "-m", "local.server", self.logs]
        ministack = self._start("ministack", program, {**server, **self.server_environment})
        simulator = {
            "SES_PORT": str(self.ses_port),
            "SES_IDENTITIES": SENDER_DOMAIN,
            "API_URL": self.url,
            "API_KEY": self.api_key,
        }
        program = [sys.executable, "-m", "local.ses"]
        ses = self._start("ses", program, {**simulator, **self.ses_environment})
        ministack.await_answer(f"{self.endpoint_url}/_ministack/health")
        ses.await_answer(self.ses_url)

    def _start(
        self, name: str, command: Sequence[str | Path], variables: Mapping[str, str]
    ) -> Program:
        env = {**clean_environment(), "AWS_ENDPOINT_URL": self.endpoint_url, **variables}
        log = self.logs / f"{name}.log"
        program = Program.start(command, env=env, log=log, cwd=ROOT)
        self._programs.append(program)
        return program

    def _deploy(self, archive: Path) -> Deployed:
        code = upload(self.aws, archive)
        parameters = {**_PARAMETERS, **self.parameters}
        text = (ROOT / "template.yaml").read_text()
        template = localize(text, code, parameters, _VARIABLES | {**self.environment})
        ids = deploy(self.aws, template, parameters)
        named = outputs(self.aws)
        return Deployed(
            table=named["TableName"],
            bucket=named["BucketName"],
            configuration_set=named["ConfigurationSet"],
            event_queue_url=named["EventQueueUrl"],
            event_dead_letters_url=named["EventDeadLettersUrl"],
            retry_queue_url=named["RetryQueueUrl"],
            retry_dead_letters_url=named["RetryDeadLettersUrl"],
            webhook_queue_url=named["WebhookQueueUrl"],
            webhook_dead_letters_url=named["WebhookDeadLettersUrl"],
            functions={
                name: physical for name, physical in ids.items() if name.endswith("Function")
            },
        )


def _start_removing(folder: Path) -> Thread:
    """Remove `folder` in a thread, which does not keep the process from ending."""
    options = {"ignore_errors": True}
    thread = Thread(target=shutil.rmtree, args=(folder,), kwargs=options, daemon=True)
    thread.start()
    return thread
