"""The environment that the service reads once, before any suite imports it."""

import gc
import os

import pytest

pytest.register_assert_rewrite("support")
pytest_plugins = ["support.figures"]

from support import environment  # noqa: E402 - after it is registered

os.environ |= environment.AWS | environment.OF_FUNCTIONS
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
    os.environ.pop(name, None)

import moto  # noqa: E402, F401 - before any client is made, so that it can answer all of them


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what was imported: it stays, and is most of the heap."""
    gc.collect()
    gc.freeze()
