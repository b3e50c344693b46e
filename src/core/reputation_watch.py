"""The watch over the rates of bounces and complaints: finds bad ones, and pauses their domains."""

from collections.abc import Mapping
from typing import NamedTuple

from core.aws.counters import Counters
from core.aws.domain_table import DomainTable
from core.message.reputation import WINDOW_HOURS, Tallies, Tally, Verdict
from core.submission.domains import DomainConfiguration


class Offence(NamedTuple):
    """A domain whose rates are bad."""

    domain: str
    why: Verdict
    """Which of its rates is bad: `bounces` or `complaints`."""
    tally: Tally
    """Its counts, from which the rates follow."""
    is_stopped: bool
    """Whether it was paused just now."""
    error: Exception | None = None
    """Why it could not be paused, if it should have been. It is judged again in a minute."""


def judge(now: int, *, domain_table: DomainTable, counters: Counters) -> list[Offence]:
    """Return the domains with bad rates, and pause those that are configured to be paused.

    What counts are the last 24 hours, or the time since the domain was last resumed. A paused
    domain stays so until an operator resumes it. A domain that cannot be paused keeps no other from
    its judgement. `now` is in epoch seconds. Raises `Outage` if the rates cannot be read.
    """
    domains = domain_table.domains()
    offences = []
    for domain, tally in _counted(now, domains, counters).items():
        if why := tally.verdict:
            offence = Offence(domain, why, tally, is_stopped=False)
            offences.append(_stopped(offence, domains[domain], domain_table))
    return offences


def _stopped(
    offence: Offence, configuration: DomainConfiguration, domain_table: DomainTable
) -> Offence:
    """Pause a domain if it is configured so, and say what became of that."""
    if configuration.on_bad_rates != "pause" or configuration.paused:
        return offence
    try:
        return offence._replace(is_stopped=domain_table.pause(configuration, offence.why))
    except Exception as error:  # noqa: BLE001 - the caller raises it once all are judged
        return offence._replace(error=error)


def _counted(now: int, domains: Mapping[str, DomainConfiguration], counters: Counters) -> Tallies:
    """Add up the hours by which domains are judged. Domains that are gone do not count."""
    tallies = Tallies()
    for hour in counters.hours(now - WINDOW_HOURS * 3600):
        configuration = domains.get(hour.domain)
        if configuration and hour.starts_at >= configuration.judged_from:
            tallies.add(hour.domain, hour.tally)
    return tallies
