"""The header `Prefer` (RFC 7240), in every way in which it may be written."""

import time

import pytest

from core.http.prefer import wants_async


@pytest.mark.parametrize(
    "header",
    [
        "respond-async",
        "Respond-ASYNC",
        "  respond-async  ",
        "respond-async=",
        'respond-async=""',
        'respond-async = ""',
        "respond-async; wait=10",
        "wait=10, respond-async",
        "wait=10,respond-async,return=minimal",
        ",,respond-async,",
        'foo="a, b";bar="c;d", respond-async',
        'foo="a \\" , b", respond-async;x',
        'foo="\\\\", respond-async',
        "respond-async, respond-async=5",
    ],
)
def test_a_caller_that_would_not_wait_is_understood(header: str) -> None:
    assert wants_async(header)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "wait=10",
        "respond-asynchronously",
        "x-respond-async",
        "handling=respond-async",
        "wait=10; respond-async",
        "respond-async=false",
        "respond-async=5, respond-async",
        'foo="respond-async"',
        'foo=", respond-async"',
        'foo="a \\", respond-async"',
        '"respond-async"',
        'foo="bar, respond-async',  # Whatever follows a quotation mark that stands alone.
    ],
)
def test_nothing_else_is_taken_for_it(header: str) -> None:
    assert not wants_async(header)


@pytest.mark.parametrize("part", [",", '"', "\\", '",', '"\\', ";", "respond-async=1;"])
def test_a_long_header_takes_no_longer_than_its_length(part: str) -> None:
    begun = time.process_time()

    wants_async(part * 200_000)

    assert time.process_time() - begun < 5
