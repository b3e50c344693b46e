"""A snapshot of the API's function (SnapStart) has all that is slow to make and nothing unsafe."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
PROGRAM = """
import json, os, random, sys, threading, uuid

import snapshot_restore_py as lambdas
from handlers import api
from core.aws import clients
from core.contract import contract
from core.message import ids

for hook, args, kwargs in lambdas.get_before_snapshot():
    hook(*args, **kwargs)
sockets = [fd for fd in os.listdir("/proc/self/fd")
           if os.path.exists(f"/proc/self/fd/{fd}")
           and os.readlink(f"/proc/self/fd/{fd}").startswith("socket:")]
told = {
    "sockets": len(sockets),
    "threads": threading.active_count(),
    "clients": [make.cache_info().currsize
                for make in (clients.dynamodb, clients.ses, clients.s3, clients.sqs)],
    "loaded": "defusedxml" in sys.modules,
    "built": contract.ErrorResponse.__pydantic_complete__,
    "copies": [],
}
dice = random.getstate()
for _ in range(2):  # Lambda goes on from the same picture, again and again.
    reader, writer = os.pipe()
    if not (child := os.fork()):
        random.setstate(dice)  # Python sees a fork and throws them again; it sees no snapshot.
        for hook, args, kwargs in lambdas.get_after_restore():
            hook(*args, **kwargs)
        made = [random.random(), ids.new_id()[10:], str(uuid.uuid4())]
        os.write(writer, json.dumps(made).encode())
        os._exit(0)
    os.waitpid(child, 0)
    told["copies"].append(json.loads(os.read(reader, 1000)))
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told() -> dict:
    environment = {
        **os.environ,
        "PYTHONPATH": str(SOURCE),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
    }
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout)


def test_nothing_is_connected_in_a_snapshot_and_no_thread_runs(told: dict):
    assert (told["sockets"], told["threads"]) == (0, 1)


def test_what_is_slow_to_make_is_in_the_snapshot(told: dict):
    assert told["clients"] == [1, 1, 1, 1]
    assert told["loaded"]
    assert told["built"]


def test_what_is_random_differs_from_copy_to_copy(told: dict):
    one, other = told["copies"]

    assert not set(one) & set(other)


def test_elsewhere_no_hook_is_wanted():
    """The runtime's own package is not in ours."""
    program = "import sys; sys.modules['snapshot_restore_py'] = None; import handlers.api"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}

    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
