"""The dashboard and the alarms look at metrics that are published, and the documents name them."""

import ast
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from core.message.pace import TURNS
from tooling.template import parse

ROOT = Path(__file__).parents[2]
TEMPLATE = parse((ROOT / "template.yaml").read_text())
RESOURCES = TEMPLATE["Resources"]
BODY = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
REFERENCE = re.compile(r"\$\{([^}]+)\}")
WIDGETS = json.loads(REFERENCE.sub(r"<\1>", BODY))["widgets"]
"""With `<Name>` in place of what CloudFormation puts in."""
CHARTS = [each["properties"] for each in WIDGETS if each["type"] == "metric"]
OWN = "Mail/<AWS::StackName>"
BY_LANE = {"Waiting", "OldestWaitingSeconds"}


def of_type(kind):
    return {n: r for n, r in RESOURCES.items() if r["Type"] == kind}


ALARMS = of_type("AWS::CloudWatch::Alarm")
FILTERS = of_type("AWS::Logs::MetricFilter")
COUNTED = {
    part["MetricName"]
    for each in FILTERS.values()
    for part in each["Properties"]["MetricTransformations"]
}
"""What is made of the log; it has no dimensions."""


def published():
    """Return the names of the metrics that the code publishes, from its syntax."""
    names = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                called = ast.unparse(node.func).rpartition(".")[2]
                is_told = called == "count" and path.parent.name == "handlers"
                if called == "add_metric" or is_told:
                    names.add(node.args[0].value)
    failures = ast.parse((ROOT / "src/core/failures.py").read_text())
    (kinds,) = [
        node.value
        for node in failures.body
        if isinstance(node, ast.Assign) and "_REFUSED" in ast.unparse(node.targets[0])
    ]
    return names | set(ast.literal_eval(kinds))


PUBLISHED = published()


def filled(value):
    """Return a value of the template in the form of `WIDGETS`."""
    match value:
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Sub": text}:
            return REFERENCE.sub(r"<\1>", text)
        case _:
            return value


def metric(namespace, name, *dimensions):
    """Return a metric as (namespace, name, dimensions)."""
    return namespace, name, dict(zip(dimensions[::2], dimensions[1::2], strict=True))


def charted(chart):
    """Return the metrics of a chart, and not its expressions."""
    parts = [[part for part in line if isinstance(part, str)] for line in chart["metrics"]]
    return [metric(*part) for part in parts if part]


def watched(alarm):
    """Return the metrics that an alarm looks at."""
    several = [m["MetricStat"]["Metric"] for m in alarm.get("Metrics", ()) if "MetricStat" in m]
    return [
        metric(
            filled(each["Namespace"]),
            each["MetricName"],
            *(part for d in each.get("Dimensions", ()) for part in (d["Name"], filled(d["Value"]))),
        )
        for each in several or [alarm]
    ]


SHOWN = [each for chart in CHARTS for each in charted(chart)]
LOOKED_AT = SHOWN + [each for alarm in ALARMS.values() for each in watched(alarm["Properties"])]
OF_AWS = {
    "AWS/SQS": ({"QueueName"}, "AWS::SQS::Queue"),
    "AWS/Lambda": ({"FunctionName"}, "AWS::Serverless::Function"),
    "AWS/ApiGateway": ({"ApiName", "Stage"}, None),
    "AWS/SES": (set(), None),
}
"""The dimensions of AWS's own metrics, and the type of what they name."""
NAMES_OF_AWS = {
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
    ("AWS/Lambda", "Errors"),
    ("AWS/Lambda", "IteratorAge"),
    ("AWS/Lambda", "Throttles"),
    ("AWS/ApiGateway", "Latency"),
    ("AWS/ApiGateway", "5XXError"),
    ("AWS/ApiGateway", "4XXError"),
    ("AWS/SES", "Reputation.BounceRate"),
    ("AWS/SES", "Reputation.ComplaintRate"),
}
"""As their documentation spells them."""


def test_what_the_dashboard_names_is_in_the_template():
    pseudo = {"AWS::StackName", "AWS::Region", "Api.Stage"}
    named = {name for name in REFERENCE.findall(BODY) if name not in pseudo}

    assert len(named) > 20
    assert [name for name in named if name.partition(".")[0] not in RESOURCES] == []
    assert not [n for n in named if "Condition" in RESOURCES[n.partition(".")[0]]]


@pytest.mark.parametrize("looked_at", LOOKED_AT, ids=lambda each: each[1])
def test_what_is_looked_at_is_published(looked_at):
    namespace, name, dimensions = looked_at
    if namespace == OWN:
        assert name in COUNTED | PUBLISHED
        lanes = [{"service": "mail", "lane": lane} for lane in TURNS]
        usual = lanes if name in BY_LANE else [{"service": "mail"}]
        assert dimensions in ([{}] if name in COUNTED else usual)
        return
    names, kind = OF_AWS[namespace]
    assert (namespace, name) in NAMES_OF_AWS
    assert set(dimensions) == names
    if kind:
        (resource,) = (re.match(r"<(\w+)", value)[1] for value in dimensions.values())
        assert RESOURCES[resource]["Type"] == kind
    if namespace == "AWS/ApiGateway":
        assert dimensions == {"ApiName": "<AWS::StackName>", "Stage": "<Api.Stage>"}


def test_everything_that_is_published_is_on_the_dashboard():
    assert {name for namespace, name, _ in SHOWN if namespace == OWN} == COUNTED | PUBLISHED


def test_no_metric_has_two_sources_with_different_dimensions():
    assert set() == COUNTED & PUBLISHED


def test_no_metric_has_a_dimension_with_many_values():
    told = (ROOT / "src/handlers").glob("*.py")
    named = {
        word.arg
        for path in told
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("add_dimensions")
        for word in node.keywords
    }

    assert named == {"service", "code", "lane"}
    assert not [n for n, f in FILTERS.items() if "Dimensions" in str(f)]


def test_the_dashboard_shows_every_alarm_that_is_always_there():
    first = WIDGETS[0]
    shown = [re.match(r"<(\w+)\.Arn>", arn)[1] for arn in first["properties"]["alarms"]]

    assert first["type"] == "alarm"
    assert sorted(shown) == sorted(n for n, each in ALARMS.items() if "Condition" not in each)


def test_what_an_alarm_rings_at_is_drawn_where_its_metric_is():
    """A threshold of 0 is the axis."""
    missing = []
    for name, alarm in ALARMS.items():
        threshold = alarm["Properties"]["Threshold"]
        for chart in CHARTS:
            is_shown = any(each in charted(chart) for each in watched(alarm["Properties"]))
            if threshold and is_shown:
                drawn = chart.get("annotations", {}).get("horizontal", [])
                if not any(d["value"] == threshold and name in d["label"] for d in drawn):
                    missing.append((name, chart["title"]))

    assert missing == []


def test_every_line_that_is_drawn_with_an_alarms_name_is_the_alarms():
    lines = [d for chart in CHARTS for d in chart.get("annotations", {}).get("horizontal", [])]
    named = [(each, re.search(r"\w+Alarm", each["label"])) for each in lines]

    assert sum(found is not None for _, found in named) > 5
    for line, found in named:
        assert not found or ALARMS[found[0]]["Properties"]["Threshold"] == line["value"]


def test_no_widget_lies_on_another_and_all_are_within_the_page():
    rows = {}
    for each in WIDGETS:
        rows.setdefault(each["y"], []).append(each)
    ends = [(y, y + max(each["height"] for each in row)) for y, row in sorted(rows.items())]

    assert all(end == start for (_, end), (start, _) in pairwise(ends))
    for row in rows.values():
        edges = [(each["x"], each["x"] + each["width"]) for each in row]
        assert edges == sorted(edges)
        assert all(end <= start for (_, end), (start, _) in pairwise(edges))
        assert max(end for _, end in edges) <= 24


def test_the_dashboard_has_no_more_metrics_than_one_that_is_free():
    """https://aws.amazon.com/cloudwatch/pricing/: three with up to 50 metrics each."""
    assert len({str(each) for each in SHOWN}) <= 50


def test_every_chart_says_where_its_metrics_are():
    for chart in CHARTS:
        assert chart["region"] == "<AWS::Region>"
        assert chart["title"]
        assert chart["period"] % 60 == 0


def test_times_are_shown_by_what_half_and_nearly_all_take():
    stats = {
        line[1]: {other[-1]["stat"] for other in chart["metrics"] if other[1] == line[1]}
        for chart in CHARTS
        for line in chart["metrics"]
        if len(line) > 1 and ("SecondsTo" in line[1] or line[1] == "Latency")
    }

    assert stats == {
        name: {"p50", "p99"} for name in ("Latency", "SecondsToSent", "SecondsToDelivered")
    }


def test_every_metric_is_in_the_table_of_metrics_and_nothing_else():
    text = (ROOT / "docs/operations.md").read_text()
    table = text.partition("### Metrics\n")[2].partition("\n#")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([A-Z]\w+)`", row[1])}
    dimensions = {
        name: row[3].strip() for row in rows for name in re.findall(r"`([A-Z]\w+)`", row[1])
    }

    assert named == COUNTED | PUBLISHED
    for name, said in dimensions.items():
        assert ("none" in said) == (name in COUNTED)
        assert ("lane" in said) == (name in BY_LANE)
        assert ("code" in said) == (name in {"Refused", "NeedsOperator", "Withheld"})


def test_every_chart_is_explained():
    text = (ROOT / "docs/operations.md").read_text()
    part = text.partition("### Dashboard\n")[2].partition("\n### ")[0]

    assert [chart["title"] for chart in CHARTS if f"*{chart['title']}*" not in part] == []
