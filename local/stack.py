"""The whole stack on this machine: the real template on MiniStack, and the SES simulator."""

from __future__ import annotations

import platform
import shutil
import sys
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from build import package
from local.deploy import deploy, outputs, upload
from local.localize import localize
from tooling.aws_here import REGION, Aws, clean_environment
from tooling.paths import BUILD, ROOT
from tooling.programs import Program, require_free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

API_KEY = "local-development-key"
SENDER_DOMAIN = "example.com"
_HERE = "127.0.0.1"
_CERTIFICATE = "arn:aws:acm:eu-central-1:000000000000:certificate/local"
_PARAMETERS = {
    "SenderDomain": SENDER_DOMAIN,
    "DefaultSender": f"no-reply@{SENDER_DOMAIN}",
    "ApiKeyValue": API_KEY,
    # MiniStack serves the API at the root of this host, so it takes every call that comes to it:
    # an SDK must say localhost.
    "DomainName": _HERE,
    "CertificateArn": _CERTIFICATE,
    "ThrottleRate": "10000",
    "ThrottleBurst": "5000",
    "QuotaPerDay": "2147483647",
    "Architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
}


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
    functions: Mapping[str, str]
    """The functions' names by their names in the template."""


@dataclass(kw_only=True)
class Stack:
    """A stack of its own on two ports of its own, there while the `with` block lasts.

    `parameters` go over the template's, `environment` over the functions' variables,
    `server_environment` over MiniStack's and `ses_environment` over the simulator's.
    """

    api_port: int = 8080
    ses_port: int = 8025
    parameters: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    server_environment: Mapping[str, str] = field(default_factory=dict)
    ses_environment: Mapping[str, str] = field(default_factory=dict)
    say: Callable[[str], None] = print
    deployed: Deployed = field(init=False)
    _programs: list[Program] = field(default_factory=list, init=False)

    @property
    def api_key(self) -> str:
        return self.parameters.get("ApiKeyValue", API_KEY)

    @property
    def url(self) -> str:
        """Where callers find the API."""
        return f"http://{_HERE}:{self.api_port}"

    @property
    def endpoint_url(self) -> str:
        """Where SDKs find AWS."""
        return f"http://localhost:{self.api_port}"

    @property
    def ses_url(self) -> str:
        return f"http://{_HERE}:{self.ses_port}"

    @property
    def logs(self) -> Path:
        return BUILD / "logs" / str(self.api_port)

    @cached_property
    def aws(self) -> Aws:
        return Aws.at(self.endpoint_url)

    def client(self, service: str) -> Any:
        """Return a boto3 client for this stack's AWS."""
        return self.aws.client(service)

    def __enter__(self) -> Self:
        require_free_port(self.api_port, "API_PORT")
        require_free_port(self.ses_port, "SES_PORT")
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
        """Return when one of the programs has ended, with a line about it."""
        while True:
            for program in self._programs:
                if program.obituary:
                    return program.obituary
            time.sleep(0.2)

    def stop(self) -> None:
        while self._programs:
            self._programs.pop().stop()
        shutil.rmtree(self._temporary, ignore_errors=True)

    @property
    def _temporary(self) -> Path:
        return BUILD / "tmp" / str(self.api_port)

    def _start_programs(self) -> None:
        self._temporary.mkdir(parents=True, exist_ok=True)
        server = {
            "GATEWAY_PORT": str(self.api_port),
            "BIND_HOST": _HERE,
            "IOT_MTLS_ENABLED": "0",  # It would open a port that nobody asked for.
            "MINISTACK_REGION": REGION,
            "LAMBDA_WARM_TTL_SECONDS": "120",  # The sweep comes every minute and stays warm.
            "STATE_DIR": str(self._temporary / "state"),
            "S3_DATA_DIR": str(self._temporary / "s3"),
            "TMPDIR": str(self._temporary),
            "AWS_ENDPOINT_URL_SESV2": self.ses_url,  # The functions inherit it.
        }
        program: list[str | Path] = [ROOT / ".venv-local/bin/ministack"]
        ministack = self._start("ministack", program, {**server, **self.server_environment})
        simulator = {"SES_PORT": str(self.ses_port), "SES_IDENTITIES": SENDER_DOMAIN}
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
        template = localize(text, code, parameters, self.environment)
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
            functions={
                name: physical for name, physical in ids.items() if name.endswith("Function")
            },
        )
