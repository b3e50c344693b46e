"""`make invoke`: one function of the running stack in Lambda's own container, by SAM CLI.

`python -m local.sam invoke EVENT [MESSAGE_ID]` hands events/EVENT.json to the function that it is
for; a MESSAGE_ID takes the place of the one that the events name. `python -m local.sam start-api
[PORT]` serves the API from such containers. Both need `make run` in another terminal, and Docker.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import select
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from ipaddress import ip_network
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from build.package import FOLDER, BuildError, build
from tooling import ports
from tooling.aws_here import REGION, ROOT_KEY, STACK, Aws
from tooling.paths import BUILD, ROOT
from tooling.template import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

EXAMPLE_ID = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"
"""The message that the events are about, until they are told of another."""
EVENTS = ROOT / "events"
_FOLDER = BUILD / "sam"
_HOST = "host.docker.internal"
"""This machine, as a container sees it."""


class SamError(Exception):
    """It cannot be done; the text says why, in a line for people."""


def function_for(event: str) -> str:
    """Return the function (by its name in the template) whose handler `event` is named after."""
    for module, function in _functions().items():
        if event.startswith(f"{module}_"):
            return function
    raise SamError(f"{event} is for no function: its name must begin with that of a handler.")


@cache
def _functions() -> dict[str, str]:
    """Return the template's names of the functions by their handlers' modules."""
    return {
        resource["Properties"]["Handler"].split(".")[1]: name
        for name, resource in _template()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def image() -> str:
    """Return the name of the container image that SAM CLI runs the functions in."""
    return f"public.ecr.aws/lambda/python:3.13-{_architecture()}"


def invoke(event: str, message_id: str, *, api_port: int, ses_port: int) -> int:
    """Invoke the event's function; what it answers goes to stdout, what it logs to stderr."""
    file = EVENTS / f"{event}.json"
    if not file.is_file():
        known = "\n  ".join(sorted(path.stem for path in EVENTS.glob("*.json")))
        raise SamError(f"Which event? EVENT must be one of\n  {known}")
    text = file.read_text().replace(EXAMPLE_ID, message_id)
    command = ["invoke", function_for(event), "--event", "-"]
    return _run(command, text, api_port=api_port, ses_port=ses_port)


def start_api(port: int, *, api_port: int, ses_port: int) -> int:
    """Serve the API at `port` until Ctrl-C."""
    command = ["start-api", "--port", str(port)]
    return _run(command, None, api_port=api_port, ses_port=ses_port)


def _run(command: Sequence[str], text: str | None, *, api_port: int, ses_port: int) -> int:
    variables = _variables(api_port)
    variables["AWS_ENDPOINT_URL"] = f"http://{_HOST}:{api_port}"
    variables["AWS_ENDPOINT_URL_SESV2"] = f"http://{_HOST}:{ses_port}"
    template = _written_template()
    (_FOLDER / "variables.json").write_text(json.dumps({"Parameters": variables}, indent=2))
    options = ["--template-file", str(template), "--env-vars", str(_FOLDER / "variables.json")]
    options += [
        "--parameter-overrides",
        f"Architecture={_architecture()}",
        "--add-host",
        f"{_HOST}:host-gateway",
    ]
    if _docker("image", "inspect", image()):  # Then nobody has to be asked for it.
        options.append("--skip-pull-image")
    with ExitStack() as relays:
        for relayed in (api_port, ses_port):
            relays.enter_context(_relay(_gateway(), relayed))
        with subprocess.Popen(
            [_sam(), "local", *command, *options],
            cwd=ROOT,
            env=_environment() | {"AWS_ENDPOINT_URL": f"http://localhost:{api_port}"},
            stdin=subprocess.PIPE if text is not None else subprocess.DEVNULL,
            text=True,
        ) as sam:
            signal.signal(signal.SIGTERM, lambda *_: sam.send_signal(signal.SIGINT))
            with suppress(KeyboardInterrupt):  # SAM got it too, and clears its containers away.
                sam.communicate(text)
                print(flush=True)  # SAM ends its answer without a line end.
            return sam.wait()


def _variables(api_port: int) -> dict[str, str]:
    """Return the variables that the running stack's functions have: the same for all of them."""
    functions = Aws.at(f"http://localhost:{api_port}").client("lambda")
    try:
        function = functions.get_function_configuration(FunctionName=f"{STACK}-api")
    except (BotoCoreError, ClientError) as error:
        message = f"No stack runs at port {api_port}: `make run` in another terminal starts one."
        raise SamError(message) from error
    variables: dict[str, str] = function["Environment"]["Variables"]
    return variables


def _written_template() -> Path:
    """Write the template for the package as it is now, built if need be.

    It has names for what only local functions are told: SAM gives a function no variable that its
    template does not name.
    """
    try:
        build(lambda text: print(text, file=sys.stderr, flush=True))
    except BuildError as error:
        raise SamError(str(error)) from error
    template = _template()
    function = template["Globals"]["Function"]
    function["CodeUri"] = str(FOLDER)
    function["Environment"]["Variables"] |= {"AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_SESV2": ""}
    written = _FOLDER / "template.json"
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(json.dumps(template))
    return written


def _template() -> Any:
    return parse((ROOT / "template.yaml").read_text())


def _architecture() -> str:
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def _gateway() -> str:
    """Return the address of this machine in the network that containers are put into."""
    found = _docker("network", "inspect", "bridge")
    if found is None:
        raise SamError("No Docker engine answers: `docker info` says more.")
    network = json.loads(found)[0]["IPAM"]["Config"][0]
    return str(network.get("Gateway") or ip_network(network["Subnet"])[1])


def _docker(*command: str) -> str | None:
    """Return what `docker` says, or None if it fails or is not there."""
    with suppress(FileNotFoundError):
        result = subprocess.run(["docker", *command], check=False, capture_output=True, text=True)
        return None if result.returncode else result.stdout
    return None


def _sam() -> str:
    sam = ROOT / ".venv-sam/bin/sam"
    if not sam.exists():
        raise SamError("SAM CLI is not here yet: `make .venv-sam/.ready` installs it.")
    return str(sam)


def _environment() -> dict[str, str]:
    """Return our environment, made to lead to no real AWS account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAM_CLI_TELEMETRY": "0",
    }


# ---- the way out of the container


@contextmanager
def _relay(gateway: str, port: int) -> Iterator[None]:
    """Carry connections from `gateway`, which containers reach, to this machine's loopback.

    The stack listens on the loopback alone, and a container has one of its own. Docker Desktop
    does the same by itself: there the gateway is in its virtual machine and cannot be taken.
    `--docker-network host` is no way: SAM CLI (1.170) passes it over in silence, because it talks
    to the container through a published port.
    """
    stopped = Event()
    try:
        listener = socket.create_server((gateway, port))
    except OSError:
        yield
        return
    listener.settimeout(0.2)

    def accept() -> None:
        while not stopped.is_set():
            with suppress(TimeoutError):
                client, _ = listener.accept()
                Thread(target=_carry, args=(client, port), daemon=True).start()

    thread = Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
        listener.close()


def _carry(client: socket.socket, port: int) -> None:
    with suppress(OSError), client, socket.create_connection(("127.0.0.1", port)) as server:
        other = {client: server, server: client}
        while True:
            for ready in select.select([client, server], [], [])[0]:
                data = ready.recv(65_536)
                if not data:
                    return  # HTTP clients that still wait for an answer do not close their half.
                other[ready].sendall(data)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.sam", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("invoke", help="hand an event to the function that it is for")
    one.add_argument("event", help="the name of a file in events/, without .json")
    one.add_argument("message_id", nargs="?", default="", help="the message that it is about")
    api = commands.add_parser("start-api", help="serve the API until Ctrl-C")
    api.add_argument("port", nargs="?", type=int, default=3000)
    asked = parser.parse_args(arguments)
    # A shell that starts us with & would have it ignored, by SAM too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        on = {
            "api_port": ports.from_environment("API_PORT", 8080),
            "ses_port": ports.from_environment("SES_PORT", 8025),
        }
        if asked.command == "invoke":
            return invoke(asked.event, asked.message_id or EXAMPLE_ID, **on)
        return start_api(asked.port, **on)
    except (ports.PortError, SamError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
