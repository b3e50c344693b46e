"""What is asked of the service in a run, and what came of it. Times count from the run's start."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from random import Random

    from benchmarks.drain.ses import Taken


class Load(NamedTuple):
    """Mails of a domain that are asked for within a span of time."""

    domain: str
    mails: float
    """How many, or how many a second if they are sent inline."""
    begins: float
    ends: float
    is_inline: bool = False
    recipients: int = 1
    """How many each mail has."""

    def times(self, chance: Random) -> Sequence[float]:
        """Return when each mail is asked for: by chance, inline as single callers do."""
        if not self.is_inline:
            return sorted(chance.uniform(self.begins, self.ends) for _ in range(int(self.mails)))
        times, now = [], self.begins
        while (now := now + chance.expovariate(self.mails)) < self.ends:
            times.append(now)
        return times


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A run."""

    rate: float
    """The recipients a second that SES takes."""
    loads: Sequence[Load]
    seconds: float
    """How long the run is."""
    workers: int = 5
    """How many functions work off the queue at once at most (`SendConcurrency`)."""
    late: float = 2.0
    """How many seconds late the dispatcher may be started."""
    absent: tuple[float, float] = (0.0, 0.0)
    """From when to when it is not started at all."""
    is_fresh: bool = False
    """Whether the stack has just been deployed, and the dispatcher has never run."""
    paused: Mapping[str, float] = field(default_factory=dict)
    """When domains are paused."""


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a scenario."""

    scenario: Scenario
    taken: Mapping[str, Taken]
    """The mails that SES took, by their ids."""
    tries: int
    asked: Mapping[str, float]
    """When the inline mails were asked for, by their ids."""
    inline_domains: Mapping[str, str]
    """Their domains."""

    def use(self, begins: float, ends: float) -> float:
        """Return the share of SES's rate that was used in a span of time."""
        taken = sum(each.recipients for each in self._within(begins, ends))
        return taken / (ends - begins) / self.scenario.rate

    def shares(self, begins: float, ends: float, domains: Sequence[str]) -> Mapping[str, float]:
        """Return which part of what these domains sent in a span of time each of them sent."""
        sent: Counter[str] = Counter()
        for each in self._within(begins, ends):
            sent[each.domain] += each.recipients
        return {name: sent[name] / (sum(sent[each] for each in domains) or 1) for name in domains}

    def tries_per_mail(self) -> float:
        """Return how often SES was asked for each mail that it took."""
        return self.tries / len(self.taken)

    def last(self, domain: str = "") -> float:
        """Return when the last mail was taken, or the last of a domain."""
        return max(each.at for each in self.taken.values() if not domain or each.domain == domain)

    def waits(self, domain: str, begins: float = 0.0, ends: float = float("inf")) -> list[float]:
        """Return how long a domain's inline mails waited that were asked for in a span of time.

        What SES has not taken when the run is over counts as if it had just then.
        """
        return sorted(
            (self.taken[id_].at if id_ in self.taken else self.scenario.seconds) - asked
            for id_, asked in self.asked.items()
            if self.inline_domains[id_] == domain and begins <= asked < ends
        )

    def _within(self, begins: float, ends: float) -> Iterable[Taken]:
        return (each for each in self.taken.values() if begins <= each.at < ends)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of sorted values is (the nearest rank)."""
    return values[min(len(values) - 1, int(share * len(values)))]
