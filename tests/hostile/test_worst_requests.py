"""The requests that cost most, through the handler: their work grows no faster than their size.

The requests are those that `make bench` measures. What a second of this machine is, no test can
know; so this one counts. A body that is twice as long may take twice the lines of Python, and
memory in proportion to its bytes. What happens between two lines, in a regular expression or a
copy, is not counted: there a bound on the processor stops what would go on for minutes.
"""

import json
import tracemalloc

import pytest
from support.samples import some
from support.work import lines_of, never_endless

from benchmarks.subjects.worst_requests import WORST
from handlers import api

KB, MB = 1_000, 1_000_000
BASE, MOST = 90 * MB, 400 * MB
"""Memory of the function before a request (interpreter, SDK, our modules), and with the largest."""
PER_BYTE = (MOST - BASE) / (10 * MB)
"""How many bytes one of the body may cost, so that a body of 10 MB stays within that."""
LINES = 20_000
"""How much more a longer body may take: limits end the work at one place or at another."""


@pytest.fixture
def sending(call, context):
    """Return what sends a worst request with a body of so many bytes; it is made before."""

    def _sending(request, size):
        event = json.loads(request.event(size))
        return lambda: api.handler(event, context)

    return _sending


EACH = pytest.mark.parametrize("worst", [pytest.param(each, id=each.name) for each in some(WORST)])


@EACH
def test_a_body_twice_as_long_takes_twice_as_many_steps_at_most(sending, figures, worst):
    sending(worst, 20 * KB)()  # Loads what is loaded once.
    single, double = (lines_of(sending(worst, size)) for size in (100 * KB, 200 * KB))

    assert double < 2 * single + LINES
    figures("worst requests")["bounded in steps"] += 1


@EACH
def test_memory_is_bounded_by_the_size_of_the_body(sending, figures, worst):
    sending(worst, 20 * KB)()
    send = sending(worst, MB)
    tracemalloc.start()

    send()

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < PER_BYTE * MB
    figures("worst requests")["bounded in memory"] += 1


@EACH
def test_no_request_keeps_the_function_busy_without_end(sending, figures, worst):
    send = sending(worst, 3 * MB)
    with never_endless():
        reply = send()

    assert reply["statusCode"] in (200, 400, 413)
    figures("worst requests")["answered"] += 1
