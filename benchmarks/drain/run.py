"""One run of a scenario, with the service's clocks and dice replaced by ours."""

from __future__ import annotations

import io
import os
import secrets
import time
from contextlib import contextmanager, redirect_stdout
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from benchmarks.drain.scenario import Run, Scenario
from benchmarks.drain.service import BEFORE, BEGINS, Service
from benchmarks.drain.virtual_time import Pool, VirtualTime
from core.aws import clients, threads
from handlers import dispatch

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def _in_place_of(*replacements: tuple[Any, str, Any]) -> Iterator[None]:
    """Replace attributes of modules for a while."""
    before = [(module, name, getattr(module, name)) for module, name, _ in replacements]
    try:
        for module, name, value in replacements:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def _forget_pools() -> None:
    """Let the pools of threads be made anew, when they are needed."""
    for made_once in vars(threads).values():
        if clear := getattr(made_once, "cache_clear", None):
            clear()


def run(scenario: Scenario, seed: int = 1) -> Run:
    """Carry out a scenario. The same seed gives the same run."""
    virtual = VirtualTime(BEGINS - BEFORE)
    chance = Random(seed)  # noqa: S311 - nothing here is secret
    clients.dynamodb()  # It reads files, which shall not seem to take no time.
    in_virtual_time = (
        *((time, name, getattr(virtual, name)) for name in ("time", "time_ns", "sleep")),
        (time, "monotonic", virtual.time),
        (os, "urandom", chance.randbytes),
        (secrets, "randbelow", chance.randrange),
        (threads, "ThreadPoolExecutor", partial(Pool, virtual)),
    )
    with _in_place_of(*in_virtual_time):
        service = Service(scenario, virtual, chance)
        _forget_pools()
        try:
            with (
                _in_place_of(
                    (dispatch, "dispatcher", service.dispatcher()),
                    (clients, "ses", lambda: service.ses),
                ),
                redirect_stdout(io.StringIO()),  # The dispatcher's log and metrics.
            ):
                virtual.run(BEFORE + scenario.seconds)
        finally:
            _forget_pools()
            virtual.close()
    if service.ses.twice:
        raise RuntimeError("SES got a mail twice")
    taken = {id_: each._replace(at=each.at - BEGINS) for id_, each in service.ses.taken.items()}
    asked = {id_: at - BEGINS for id_, at in service.asked.items()}
    return Run(scenario, taken, service.ses.tries, asked, service.inline_domains)
