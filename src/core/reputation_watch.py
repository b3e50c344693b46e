"""Whose mails bounce or are complained about too much, and stopping those who are to be stopped."""

from collections.abc import Mapping
from typing import NamedTuple

from core.aws.counters import Counters
from core.aws.domain_table import DomainTable
from core.message.reputation import WINDOW_HOURS, Tallies, Tally, Verdict
from core.submission.domains import DomainConfiguration


class Offence(NamedTuple):
    """A domain whose rates are bad, and what they are."""

    domain: str
    why: Verdict
    tally: Tally
    is_stopped: bool
    """Whether it was paused just now."""


def judge(now: int, *, domain_table: DomainTable, counters: Counters) -> list[Offence]:
    """Judge every domain by its last day (or since it was resumed), and pause it if it says so.

    Any number of times: what is paused stays so until somebody resumes it. Raises `Outage`.
    """
    domains = domain_table.domains()
    offences = []
    for domain, tally in _counted(now, domains, counters).items():
        if why := tally.verdict:
            configuration = domains[domain]
            is_to_stop = configuration.on_bad_rates == "pause" and not configuration.paused
            is_stopped = is_to_stop and domain_table.pause(configuration, why)
            offences.append(Offence(domain, why, tally, is_stopped))
    return offences


def _counted(now: int, domains: Mapping[str, DomainConfiguration], counters: Counters) -> Tallies:
    tallies = Tallies()
    for hour in counters.hours(now - WINDOW_HOURS * 3600):
        configuration = domains.get(hour.domain)
        if configuration and hour.starts_at >= configuration.judged_from:
            tallies.add(hour.domain, hour.tally)
    return tallies
