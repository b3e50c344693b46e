"""The local AWS: MiniStack with our middleware. `python -m local.server FOLDER` logs to FOLDER.

It runs in MiniStack's environment (.venv-local), is configured by MiniStack's variables, and is
started here and not by MiniStack's own command for these reasons: it listens on both of
localhost's addresses, it stands behind `local.middleware`, its events are more like AWS's and have
AWS's limits, and it stops at once. MiniStack's command waits until the last client has closed its
connection, which may be a minute.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import app
from ministack.services import cloudwatch_logs

from local import permissions, rest_api, saved_queries
from local.api_gateway import MOST_HEAD_BYTES
from local.middleware import Middleware
from local.notes import Notes
from local.prefilled import Prefilled
from tooling import ports
from tooling.paths import ROOT
from tooling.template import parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

_IDLE_SECONDS = 75.0
"""For how long a connection waits for its next request: what MiniStack's command has."""


class GroupFiles:
    """Files that get what is written to the log groups, each named after its group's last part.

    Lambda's group `/aws/lambda/mail-api` is `mail-api.log`, with the lines of CloudWatch.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, TextIO] = {}
        self._lock = Lock()

    def write(self, group: str, events: Sequence[dict[str, Any]]) -> None:
        name = group.rpartition("/")[2]
        with self._lock:
            if name not in self._files:
                self._files[name] = (self._folder / f"{name}.log").open("a", encoding="utf-8")
            self._files[name].writelines(f"{event['message']}\n" for event in events)
            self._files[name].flush()


def copy_logs(folder: Path) -> None:
    """Let MiniStack write its log groups to files too, and the inbox get its notes from them.

    It offers no such thing, so this stands in the way of its log groups' subscription filters,
    which see every event (ministack/services/cloudwatch_logs.py). Should a later MiniStack have
    no function of this name, this fails at the start.
    """
    files, forward = GroupFiles(folder), cloudwatch_logs._fanout_to_subscription_filters  # noqa: SLF001
    notes = Notes(os.environ["AWS_ENDPOINT_URL_SESV2"])

    def write_and_forward(group: str, stream: str, events: Sequence[dict[str, Any]]) -> None:
        files.write(group, events)
        notes.take(event["message"] for event in events)
        forward(group, stream, events)

    cloudwatch_logs._fanout_to_subscription_filters = write_and_forward  # noqa: SLF001


def minimum_compression_size() -> int:
    """Return how many bytes a body must have for the API to unpack it, by the template."""
    api = parse((ROOT / "template.yaml").read_text("utf-8"))["Resources"]["Api"]["Properties"]
    return int(api["MinimumCompressionSize"])


def main(folder: Path) -> None:
    port = ports.from_environment("GATEWAY_PORT", 8080)
    _allow_many_connections()
    copy_logs(folder)
    rest_api.name_keys()
    rest_api.name_requests()
    rest_api.switch_keys()
    rest_api.limit_payloads()
    permissions.name_batches()
    saved_queries.allow()
    config = Config()
    config.bind = [
        f"[{address}]:{port}" for address in ports.addresses()
    ]  # IPv4's may have [] too.
    config.keep_alive_timeout = _IDLE_SECONDS
    config.h11_max_incomplete_size = 4 * MOST_HEAD_BYTES  # What is a little too long hears why.
    with (folder / "requests.log").open("w", buffering=1, encoding="utf-8") as requests:
        # A trigger that never comes leaves SIGTERM its usual effect: the process ends at once.
        never = asyncio.Event().wait
        size = minimum_compression_size()
        middleware = Middleware(_prefilled(), requests, minimum_compression_size=size)
        asyncio.run(serve(middleware, config, shutdown_trigger=never))


def _prefilled() -> Prefilled:
    """Return MiniStack, with pages that know the key if we do. The functions do not inherit it."""
    given = {name: os.environ.pop(name.upper(), "") for name in ("local_key", "local_mails")}
    return Prefilled(app, {name.replace("_", "-"): told for name, told in given.items() if told})


def _allow_many_connections() -> None:
    """Raise the number of files that may be open to the most that this user is allowed."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
