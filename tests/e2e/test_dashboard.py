"""The dashboard is deployed with the stack, its names filled in."""

import json

from local.stack import Stack


def test_the_deployed_dashboard_names_what_is_deployed(stack: Stack) -> None:
    cloudwatch = stack.client("cloudwatch")
    (entry,) = cloudwatch.list_dashboards()["DashboardEntries"]
    body = json.loads(
        cloudwatch.get_dashboard(DashboardName=entry["DashboardName"])["DashboardBody"]
    )

    assert "${" not in json.dumps(body)
    alarms = {alarm["AlarmArn"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}
    assert set(body["widgets"][0]["properties"]["alarms"]) <= alarms
    functions = set(stack.deployed.functions.values())
    named = [
        line[3]
        for widget in body["widgets"]
        for line in widget["properties"].get("metrics", ())
        if line[0] == "AWS/Lambda"
    ]
    assert len(named) > 5
    assert set(named) <= functions
