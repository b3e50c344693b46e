"""What a run measured becomes results with the promised names, tables and a chart."""

import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from benchmarks.aws.client import Call
from benchmarks.measure import cold, warm
from benchmarks.measure.cost import Costs
from benchmarks.measure.suite import Measurements, results
from benchmarks.measure.worst import Cost
from benchmarks.report import chart, tables
from benchmarks.report.ratios import ratios
from benchmarks.report.targets import TARGETS, Target
from benchmarks.subjects import packages, payloads
from benchmarks.subjects.packages import Subject
from benchmarks.subjects.worst_requests import WORST

NAMES = {
    "cold_ready_vs_floor",
    "cold_ready_vs_typical",
    "warm_small_json_vs_floor",
    "warm_4mb_json_vs_floor",
    "memory_4mb_json_vs_floor",
    "warm_4mb_xml_vs_4mb_json",
    "small_mail_wall_ms_at_20ms",
    "attachments_extra_wall_ms_at_20ms",
    "batch_100_wall_s_at_20ms",
    "package_mb",
    "drain_use_of_rate",
    "drain_tries_per_mail",
    "drain_two_domains_share",
    "drain_use_after_one_ends",
    "fresh_inline_p99_s",
    "fresh_same_domain_p99_s",
    "sandbox_1000_vs_ideal",
    *(
        f"worst_request_{figure}_{form}"
        for figure in ("cpu_s", "mib")
        for form in ("json", "xml", "jsv", "csv", "form", "multipart")
    ),
    "webhook_cpu_ms",
    "webhook_vs_floor_event",
    "webhooks_per_million_usd",
    "cost_per_million_usd",
}
DRAIN = re.compile("drain|fresh|sandbox")
SIZES = (payloads.SMALL, payloads.FILES, payloads.ONE_MB, payloads.FOUR_MB)
COST = {"ours api": 3.0, "ours resend": 4.0, "floor": 2.0, "floor events": 2.0, "typical": 8.0}


def case(name: str) -> cold.Case:
    figures = ("ready_cpu_ms", "ready_wall_ms", "first_cpu_ms", "first_wall_ms")
    measured = {figure: [COST[name], COST[name]] for figure in figures}
    return cold.Case(Subject(name, packages.BUILD, "x.y"), b"", {}, measured)


def measured(cost: float) -> warm.Measured:
    return warm.Measured([cost, cost], [cost, cost], [[Call("PutItem", 0, 1, 1000)]] * 2)


@pytest.fixture
def run() -> Measurements:
    runs = {
        (f"{size} {form}", subject.name): COST[subject.name] * number * (1 + (form == "XML"))
        for number, size in enumerate(SIZES, start=1)
        for form in ("JSON", "XML")
        for subject in warm.SUBJECTS
        if subject is not packages.FLOOR or form == "JSON"
    }
    counted = {"send": {"PutItem": {"calls": 1, "items": 1}}}
    return Measurements(
        starts=[case(name) for name in COST],
        warm={ms: {run: measured(cost) for run, cost in runs.items()} for ms in (0, 5, 20)},
        batch_seconds=[1.5, 1.5],
        allocated={run: [cost] for run, cost in runs.items()},
        peaks={name: [COST[name]] for name in ("ours api", "floor", "typical")},
        events={(size, name): measured(2.0) for size in (1, 10) for name in ("ours", "floor")},
        webhooks={
            "ours webhooks_out": measured(3.0),
            "ours webhook": measured(4.0),
            "floor events": measured(2.0),
        },
        growth={("attachment_mb", "ours api"): {0: [1.0], 2: [2.0], 4: [3.0]}},
        table={100: counted, 1000: counted},
        megabytes={"ours api": 26.0, "floor": 30.0, "typical": 40.0},
        drain={
            "ratios": dict.fromkeys((name for name in NAMES if DRAIN.match(name)), 0.9),
            "rows": [
                {
                    "what": "two domains",
                    "use_of_rate": 0.97,
                    "tries_per_mail": 1.01,
                    "inline_mails": 0,
                    "wait_p50_s": None,
                    "wait_p99_s": None,
                    "wait_most_s": None,
                }
            ],
        },
        worst={
            form: [Cost("quick", 0.5, 300.0, 200), Cost("slow", 2.5, 100.0, 400)]
            for form in dict.fromkeys(request.form for request in WORST)
        },
        cost=Costs(
            {
                (size, subject): {"api_requests": 1, "write_units": 16}
                for size in (payloads.SMALL, payloads.ONE_FILE)
                for subject in ("ours", "typical")
            }
            | {(payloads.SMALL, "told"): {"api_requests": 1, "write_units": 28}},
            {"secret_months": 1},
        ),
    )


@pytest.fixture
def told(run: Measurements) -> dict[str, Any]:
    return results(run) | {"ratios": ratios(run)}


def test_the_ratios_have_exactly_the_promised_names(told: dict[str, Any]) -> None:
    assert told["ratios"].keys() == NAMES
    assert {target.name for target in TARGETS} == NAMES


def test_the_ratios_compare_what_their_names_say(told: dict[str, Any]) -> None:
    assert told["ratios"] == {
        "cold_ready_vs_floor": 2.0,  # Of the heaviest: `ours resend`.
        "cold_ready_vs_typical": 0.5,
        "warm_small_json_vs_floor": 1.5,
        "warm_4mb_json_vs_floor": 1.5,
        "memory_4mb_json_vs_floor": 1.5,
        "warm_4mb_xml_vs_4mb_json": 2.0,
        "small_mail_wall_ms_at_20ms": 3.0,
        "attachments_extra_wall_ms_at_20ms": 3.0,
        "batch_100_wall_s_at_20ms": 1.5,
        "package_mb": 26.0,
        "webhook_cpu_ms": 7.0,
        "webhook_vs_floor_event": 3.5,
        "webhooks_per_million_usd": 7.5,
        "cost_per_million_usd": 13.5,
    } | {name: 2.5 if "cpu" in name else 300.0 for name in NAMES if name.startswith("worst")} | {
        name: 0.9 for name in NAMES if DRAIN.match(name)
    }


@pytest.mark.parametrize(
    ("figure", "least", "most", "is_met", "wanted"),
    [
        (1.0, None, 1.0, True, "≤ 1"),
        (1.1, None, 1.0, False, "≤ 1"),
        (0.95, 0.95, None, True, "≥ 0.95"),
        (0.94, 0.95, None, False, "≥ 0.95"),
        (0.39, 0.4, 0.6, False, "0.4 to 0.6"),
        (0.5, 0.4, 0.6, True, "0.4 to 0.6"),
        (0.61, 0.4, 0.6, False, "0.4 to 0.6"),
    ],
)
def test_a_target_has_a_most_or_a_least_or_both(
    figure: float, least: float | None, most: float | None, is_met: bool, wanted: str
) -> None:
    target = Target("name", most, "what it is", least)

    assert (target.is_met(figure), target.wanted) == (is_met, wanted)


def test_the_results_name_neither_the_machine_nor_a_place_on_it(told: dict[str, Any]) -> None:
    assert "/" not in str(told["machine"])
    assert told["machine"].keys() == {"processor", "cores", "memory_gb", "system"}


def test_what_mails_cost_is_told_by_what_is_charged_the_dearest_first(told: dict[str, Any]) -> None:
    headings, rows = tables.cost(told)

    assert headings[3:5] == ("small, ours", "small, typical")
    assert [row[3] for row in rows] == ["10.00", "3.50", "", "13.50"]
    assert [row[-1] for row in rows] == ["", "", "0.40", "0.40"]
    assert rows[0][:3] == ("DynamoDB", "write request units", "16")


def test_what_webhooks_add_is_told_beside_the_mails(told: dict[str, Any]) -> None:
    headings, rows = tables.cost(told)
    column = headings.index("small, told by webhooks")

    assert [row[column] for row in rows] == ["17.50", "3.50", "", "21.00"]
    assert tables.cost_by_service(told)[0][3] == "small, and told by webhooks"
    assert [row[0] for row in tables.webhooks(told)[1]] == [
        "ours webhooks_out",
        "ours webhook",
        "floor events",
    ]


def test_the_chart_is_xml(told: dict[str, Any]) -> None:
    drawn = ET.fromstring(chart.draw(chart.panels(told)))

    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"


def test_a_label_cannot_break_the_chart() -> None:
    bar = chart.Bar("<&>", "ours", {"median": 1, "q1": 1, "q3": 2})

    assert "&lt;&amp;&gt;" in chart.draw([chart.Panel("a < b", [bar])])


def test_only_what_is_between_the_marks_of_the_readme_is_replaced(told: dict[str, Any]) -> None:
    readme = f"before\n{tables.START}\nof last year\n{tables.END}\nafter\n"

    written = tables.written_into(readme, told)

    assert written.startswith(f"before\n{tables.START}\n")
    assert written.endswith(f"{tables.END}\nafter\n")
    assert "of last year" not in written
    assert "cold_ready_vs_floor" in written
    assert tables.written_into(written, told) == written
