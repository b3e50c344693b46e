"""The results in tables: for the terminal, and for the README."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.cost import bill
from benchmarks.measure import worst
from benchmarks.report.targets import verdicts
from benchmarks.subjects.payloads import SMALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

START, END = "<!-- results: written by `make bench` -->", "<!-- end of the results -->"
COST_START, COST_END = "<!-- costs: written by `make bench` -->", "<!-- end of the costs -->"

type Table = tuple[Sequence[str], Sequence[Sequence[str]]]
"""Headings, and rows."""


def targets(results: Mapping[str, Any]) -> Table:
    """Hold the figures that were promised against their targets."""
    rows = [
        (target.name, target.meaning, f"{figure:g}", target.wanted, _word(is_met=is_met))
        for target, figure, is_met in verdicts(results["ratios"])
    ]
    return ("figure", "what it is", "measured", "target", ""), rows


def _word(*, is_met: bool) -> str:
    return "met" if is_met else "not met"


def cold(results: Mapping[str, Any]) -> Table:
    """Tell the cold starts, in milliseconds."""
    names = ("ready_cpu_ms", "ready_wall_ms", "first_cpu_ms", "first_wall_ms")
    rows = [
        (subject, *(_spread(figures[name]) for name in names))
        for subject, figures in results["cold"].items()
    ]
    return ("cold start, ms", "ready: CPU", "wall", "first answer: CPU", "wall"), rows


def warm(results: Mapping[str, Any]) -> Table:
    """Tell the warm requests, in milliseconds and kB."""
    rows = [
        (
            mail,
            subject,
            _spread(figures["0 ms"]["cpu_ms"]),
            *(_number(figures[f"{latency} ms"]["wall_ms"]["median"]) for latency in (0, 5, 20)),
            f"{figures['20 ms']['aws_calls']['median']:g}",
            f"{figures['20 ms']['aws_calls_in_series']['median']:g}",
            f"{figures['0 ms']['bytes_to_aws']['median'] / 1000:,.0f}",
            f"{results['allocated_kb'][mail][subject]['median']:,.0f}",
        )
        for mail, subjects in results["warm"].items()
        for subject, figures in subjects.items()
    ]
    walls = ("wall at 0 ms", "5 ms", "20 ms")
    calls = ("calls", "in series", "kB to AWS", "kB held")
    return ("warm mail", "", "CPU, ms", *walls, *calls), rows


def memory(results: Mapping[str, Any]) -> Table:
    """Tell the peak memory and the package's size."""
    rows = [
        (
            subject,
            _spread(peak),
            _number(results["package_mb"][subject]) if subject in results["package_mb"] else "",
        )
        for subject, peak in results["peak_memory_mb"].items()
    ]
    return ("", "peak memory, MB", "package, MB"), rows


def events(results: Mapping[str, Any]) -> Table:
    """Tell what events cost, in milliseconds of the processor for each."""
    rows = [
        (size, *(_spread(figures["cpu_ms_per_event"]) for figures in subjects.values()))
        for size, subjects in results["events"].items()
    ]
    return ("events in a batch", *next(iter(results["events"].values()))), rows


def webhooks(results: Mapping[str, Any]) -> Table:
    """Tell what an event takes on its way from the stream to its receiver."""
    rows = [
        (
            subject,
            _spread(figures["cpu_ms"]),
            _number(figures["wall_ms"]["median"]),
            f"{figures['aws_calls']['median']:g}",
            f"{figures['aws_calls_in_series']['median']:g}",
        )
        for subject, figures in results["webhooks"].items()
    ]
    return ("a webhook", "CPU, ms", "wall at 0 ms", "calls", "in series"), rows


def growth(results: Mapping[str, Any]) -> Table:
    """Tell how the cost of a mail grows."""
    rows = [
        (
            series.replace("_mb", "s, MB"),
            subject,
            ", ".join(f"{size}: {_number(ms['median'])}" for size, ms in found["cpu_ms"].items()),
            f"{found['fit']['largest_deviation']:.0%}",
            f"{found['fit']['second_half_over_first']:g}",
        )
        for series, subjects in results["growth"].items()
        for subject, found in subjects.items()
    ]
    return ("growth", "", "CPU, ms", "off the line", "2nd half ÷ 1st, per unit"), rows


def table(results: Mapping[str, Any]) -> Table:
    """Tell what operations do in the table, and whether that depends on its size."""
    by_messages = results["table"]["by_messages"]
    few, many = by_messages
    rows = [
        (
            operation,
            _said(calls),
            "the same" if by_messages[many][operation] == calls else "not the same",
        )
        for operation, calls in by_messages[few].items()
    ]
    headings = ("operation", f"calls (items), {int(few):,} messages", f"{int(many):,} messages")
    return headings, rows


def drain(results: Mapping[str, Any]) -> Table:
    """Tell how fast waiting mails leave, and how long those wait that are sent beside them."""
    rows = [
        (
            row["what"],
            f"{row['use_of_rate']:.3f}",
            f"{row['tries_per_mail']:.3f}",
            *(
                "" if row[wait] is None else f"{row[wait]:.2f}"
                for wait in ("wait_p50_s", "wait_p99_s", "wait_most_s")
            ),
        )
        for row in results["drain"]
    ]
    waits = ("inline, p50 s", "p99", "most")
    return ("waiting mails", "use of SES's rate", "tries for each", *waits), rows


def worst_requests(results: Mapping[str, Any]) -> Table:
    """Tell which request of each format took most of the processor, and which of memory."""
    costs = {
        form: [worst.Cost(**cost) for cost in of_form]
        for form, of_form in results["worst_requests"].items()
    }
    rows = [
        (
            form,
            len(costs[form]),
            f"{longest.cpu_s:g} ({longest.request})",
            f"{largest.mib:.0f} ({largest.request})",
        )
        for form, (longest, largest) in worst.most(costs).items()
    ]
    headings = ("worst requests in", "tried", "CPU, s (of which)", "peak memory, MiB (of which)")
    return headings, [tuple(map(str, row)) for row in rows]


def cost(results: Mapping[str, Any]) -> Table:
    """Tell what a million mails cost, by what AWS charges for, the dearest first."""
    found = results["cost"]
    runs = found["usd_per_million"]
    columns = {
        f"{size}, {subject}": runs[size][subject]
        for size in runs
        for subject in ("ours", "typical")
    } | {
        "small, told by webhooks": runs[SMALL]["told"],
        "a month at rest": found["usd_a_month_at_rest"],
    }
    uses = found["uses_of_a_small_mail"]
    used = {name for column in columns.values() for name in column}
    first = next(iter(columns.values()))
    rows = [
        (
            bill.prices()[name].service,
            bill.prices()[name].what,
            f"{uses[name]:.3g}" if name in uses else "",
            *(f"{column[name]:.2f}" if name in column else "" for column in columns.values()),
        )
        for name in sorted(
            used, key=lambda name: (-first.get(name, 0), list(bill.prices()).index(name))
        )
    ]
    sums = (f"{sum(column.values()):.2f}" for column in columns.values())
    return ("dollars a million mails", "", "of one small", *columns), [
        *rows,
        ("all", "", "", *sums),
    ]


def cost_by_service(results: Mapping[str, Any]) -> Table:
    """Tell an operator what a million mails cost, by service, the dearest first."""
    found = results["cost"]
    runs = found["usd_per_million"]
    columns = [
        *(_by_service(runs[size]["ours"]) for size in runs),
        _by_service(runs[SMALL]["told"]),
        _by_service(found["usd_a_month_at_rest"]),
    ]
    services = dict.fromkeys(bill.prices()[name].service for name in bill.prices())
    rows = [
        (service, *(f"{column[service]:.2f}" if service in column else "" for column in columns))
        for service in sorted(services, key=lambda service: -columns[0].get(service, 0))
    ]
    sums = tuple(f"{sum(column.values()):.2f}" for column in columns)
    headings = (
        f"dollars, {found['prices_as_of']}",
        "a million small mails",
        "with a file of 200 KB",
        "small, and told by webhooks",
    )
    return (*headings, "a month at rest"), [*rows, ("all", *sums)]


def _by_service(usd: Mapping[str, float]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for name, dollars in usd.items():
        service = bill.prices()[name].service
        sums[service] = sums.get(service, 0) + dollars
    return sums


def _said(calls: Mapping[str, Any]) -> str:
    parts = (f"{c['calls']} {name} ({c['items']})" for name, c in sorted(calls.items()))
    return ", ".join(parts)


def _spread(figures: Mapping[str, float]) -> str:
    return f"{_number(figures['median'])} ({_number(figures['q1'])}-{_number(figures['q3'])})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


SECTIONS = (
    targets,
    cold,
    warm,
    memory,
    events,
    webhooks,
    growth,
    table,
    drain,
    worst_requests,
    cost,
)


def in_text(table_: Table) -> str:
    """Align a table for the terminal."""
    headings, rows = table_
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def in_markdown(table_: Table) -> str:
    """Write a table for the README."""
    headings, rows = table_
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def everything(results: Mapping[str, Any]) -> Iterable[Table]:
    """Return all tables."""
    return (section(results) for section in SECTIONS)


def costs_into(text: str, results: Mapping[str, Any]) -> str:
    """Return the operators' document with what mails cost between its marks."""
    return _between(text, COST_START, COST_END, [in_markdown(cost_by_service(results))])


def written_into(text: str, results: Mapping[str, Any]) -> str:
    """Return the README's `text` with the results between its marks."""
    machine, versions = results["machine"], results["versions"]
    said = [
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + ". Medians, with quartiles in parentheses.",
        *map(in_markdown, everything(results)),
    ]
    return _between(text, START, END, said)


def _between(text: str, start: str, end: str, said: Sequence[str]) -> str:
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}\n\n{'\n\n'.join(said)}\n\n{end}{after}"
