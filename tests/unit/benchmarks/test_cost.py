"""What AWS charges for is counted by its rules, and every count has a price and a source."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cost import bill, logs, sizes
from benchmarks.report import tables
from benchmarks.subjects.variables import template, template_variables
from tooling.aws_here import clean_environment

ROOT = Path(__file__).parents[3]
INDEX = {
    "IndexName": "ByReference",
    "KeySchema": [{"AttributeName": "reference_key"}, {"AttributeName": "pk"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}
KEY = ("pk", "sk")


def item(**values: Any) -> dict[str, Any]:
    return {"pk": {"S": "p"}, "sk": {"S": "s"}} | values


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "Löwe"}, 5),
        ({"N": "12345"}, 4),
        ({"N": "-1.5"}, 2),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"B": b"12345"}, 5),
        ({"SS": ["a", "bc"]}, 3),
        ({"L": [{"S": "ab"}, {"S": "c"}]}, 8),
        ({"M": {"k": {"S": "ab"}}}, 7),
    ],
)
def test_a_value_is_as_large_as_dynamodb_says(value: Any, size: int) -> None:
    assert sizes.size_of({"name": value}) == len("name") + size


def test_no_item_has_no_size() -> None:
    assert sizes.size_of(None) == 0


@pytest.mark.parametrize(
    ("before", "after", "units"), [(0, 1000, 1), (0, 1025, 2), (3000, 10, 3), (0, 0, 1)]
)
def test_a_write_is_charged_by_the_larger_of_what_was_there_and_what_is(
    before: int, after: int, units: int
) -> None:
    was, is_ = ({"t": {"S": "x" * (size - 1)}} if size else None for size in (before, after))

    assert sizes.written(was, is_) == units


def test_a_read_is_half_unless_it_is_consistent_and_a_query_adds_up_first() -> None:
    large = {"t": {"S": "x" * 3000}}

    assert sizes.read([large], is_consistent=True) == 1
    assert sizes.read([large], is_consistent=False) == 0.5
    assert sizes.read([large, large], is_consistent=False) == 1
    assert sizes.read([], is_consistent=False) == 0.5


def test_an_index_is_written_when_its_key_changes_and_not_otherwise() -> None:
    def entry(found: Any) -> Any:
        return sizes.entry(found, KEY, INDEX)

    first, other = item(reference_key={"S": "1"}), item(reference_key={"S": "2"})
    more = first | {"state": {"S": "sent"}}

    assert sizes.indexed(entry(None), entry(item())) == 0, "It is sparse."
    assert sizes.indexed(entry(None), entry(first)) == 1
    assert sizes.indexed(entry(first), entry(more)) == 0, "It has the keys only."
    assert sizes.indexed(entry(first), entry(other)) == 2
    assert sizes.indexed(entry(first), entry(None)) == 1


def test_an_index_with_more_than_the_keys_is_not_counted_wrongly() -> None:
    with pytest.raises(ValueError, match="ByReference"):
        sizes.entry(item(), KEY, INDEX | {"Projection": {"ProjectionType": "ALL"}})


def test_less_memory_makes_what_is_computed_slower_and_what_is_waited_for_not() -> None:
    whole = bill.gb_seconds(wall_ms=100, cpu_ms=50, memory_mb=2048)
    half = bill.gb_seconds(wall_ms=100, cpu_ms=50, memory_mb=1769 // 2)

    assert whole == pytest.approx(0.2)
    assert half == pytest.approx((0.1 + 0.05) * 884 / 1024, rel=0.01)


def test_every_price_has_a_page_as_its_source_and_the_list_has_a_day() -> None:
    assert bill.as_of().year >= 2026
    for name, price in bill.prices().items():
        assert price.per_million > 0, name
        assert re.search(r"\w\.(com|io)\b", price.source), name


def test_what_has_no_price_is_not_free() -> None:
    with pytest.raises(KeyError):
        bill.dollars({"something_new": 1})


def test_a_million_requests_cost_what_the_list_says() -> None:
    assert bill.dollars({"api_requests": 2_000_000}) == {"api_requests": 7.0}


def test_what_stands_still_costs_by_what_the_template_has() -> None:
    counts = bill.at_rest({"invocations": 86_400})

    assert counts["invocations"] == 86_400
    assert counts["sqs_requests"] == 3 * 5 * 3 * 1440 * 30
    assert counts["secret_months"] == 2
    assert counts["alarm_months"] > 20
    assert counts["metric_months"] > 20


def test_the_line_of_api_gateway_has_no_variable_left() -> None:
    form = template()["Resources"]["Api"]["Properties"]["AccessLogSetting"]["Format"]

    assert 300 < logs.of_gateway(template()) < len(form) + 200


def walked(*arguments: str) -> dict[str, float]:
    """Run the walk as the bench does."""
    env = {**clean_environment(), **template_variables(), "PYTHONPATH": "src"}
    env |= {"RECIPIENT_SECRET": "a key of hashes", "WEBHOOK_SECRET": "a key of secrets"}
    env |= {"WEBHOOKS_TO_LOOPBACK": "true", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "benchmarks.cost.walk", *arguments]
    run = subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(run.stdout.splitlines()[-1]))


def test_a_mail_is_counted_from_its_request_to_its_last_event() -> None:
    """By docs/adr/0012: 8 units to store it, 4 when SES has it, 5 for the two events.

    Of its functions one is the API's, two are of the events, and two of the table's stream: what
    the request has written, and what the delivery has. SES's Send changes no record.
    """
    counts = walked("ours", "0")

    assert counts["write_units"] == 17
    assert (counts["api_requests"], counts["invocations"]) == (1, 5)
    assert (counts["sns_publishes"], counts["sqs_requests"]) == (2, 6)
    assert 2e-6 < counts["log_gb"] < 4e-6
    assert "s3_puts" not in counts


def test_a_webhook_is_counted_from_the_stream_to_its_receiver() -> None:
    """Three events: each is written, with an entry of an index, and so is that it was delivered.

    Two batches of the stream put them into the queue; each is taken out and deleted.
    """
    mail, told = walked("ours", "0"), walked("told", "0")

    assert told["write_units"] - mail["write_units"] == 3 * 4
    assert told["read_units"] - mail["read_units"] == 3 * 3
    assert told["invocations"] - mail["invocations"] == 3
    assert told["sqs_requests"] - mail["sqs_requests"] == 2 + 3 * 2
    assert told["api_requests"] == 1


def test_an_attachment_is_one_file_for_as_long_as_content_is_kept() -> None:
    counts = walked("ours", "200000")

    assert counts["s3_puts"] == 1
    assert counts["s3_gb_months"] == pytest.approx(200_000 / 1e9 * 7 / 30)
    assert counts["write_units"] == 17


def test_operators_read_what_was_measured() -> None:
    results = json.loads((ROOT / "benchmarks/results/latest.json").read_text())
    text = (ROOT / "docs/operations.md").read_text()

    assert tables.costs_into(text, results) == text
    figure = results["ratios"]["cost_per_million_usd"]
    assert tables.cost_by_service(results)[1][-1][1] == f"{figure:.2f}"
    assert str(bill.as_of()) == results["cost"]["prices_as_of"]
