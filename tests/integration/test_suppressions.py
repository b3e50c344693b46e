"""The suppression list, met directly: who is on it, for what, and how one gets off it."""

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from moto.core.models import botocore_stubber
from support.account import before_send

from core.aws import clients
from core.aws.outage import Outage
from core.aws.suppressions import Entry, SuppressionList
from core.config import CONFIG

DOMAIN, SALT = "example.com", "the stack's own"
NOW = 1_800_000_000
ADA, BOB, EVE = (f"{name}@recipient.example" for name in ("ada", "bob", "eve"))


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> SuppressionList:
    monkeypatch.setattr(time, "time", lambda: NOW + 0.9)
    return SuppressionList(clients.dynamodb(), CONFIG.table_name, SALT)


def entries(listed: SuppressionList) -> dict[str, str]:
    return {entry.address: entry.reason for entry in listed.entries(DOMAIN)}


def test_who_is_added_is_found_among_others_of_the_same_domain_only(
    listed: SuppressionList,
) -> None:
    assert listed.add(DOMAIN, ADA, "bounce", "m1")

    assert listed.among(DOMAIN, [ADA, BOB]) == {ADA}
    assert listed.among(DOMAIN, [BOB]) == frozenset()
    assert listed.among("shop.example", [ADA]) == frozenset()


def test_an_address_that_was_erased_is_found_by_its_hash(
    listed: SuppressionList, table: Any
) -> None:
    expected = hmac.new(SALT.encode(), ADA.encode(), hashlib.sha256).hexdigest()
    assert listed.hashed(ADA) == expected
    table.put_item(Item={"pk": f"SUPPRESSED#{DOMAIN}", "sk": expected, "reason": "bounce"})

    assert listed.among(DOMAIN, [ADA, BOB]) == {ADA}


def test_nobody_is_looked_for_without_asking(listed: SuppressionList) -> None:
    """DynamoDB refuses a BatchGetItem without keys: a domain without a list asks for none."""
    asked = []
    with before_send("dynamodb.BatchGetItem", lambda **_: asked.append(1)):
        assert listed.among(DOMAIN, []) == frozenset()
        with listed.looking_up(DOMAIN, []) as lookup:
            pass
        assert lookup.result(timeout=0) == frozenset()

    assert asked == []


def test_what_dynamodb_leaves_over_is_asked_for_again(
    listed: SuppressionList, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DynamoDB may answer for a part of a batch only, or for nothing of it; moto never does."""
    listed.add(DOMAIN, ADA, "bounce", "m1")
    listed.add(DOMAIN, BOB, "bounce", "m1")
    process, asked = botocore_stubber.process_request, []

    def partly(request: Any) -> Any:
        body = json.loads(request.body)
        asked.append(body["RequestItems"])
        ((table, wanted),) = body["RequestItems"].items()
        if len(asked) == 1:
            return 200, {}, json.dumps({"Responses": {}, "UnprocessedKeys": body["RequestItems"]})
        first, *others = wanted["Keys"]
        request.body = json.dumps({"RequestItems": {table: wanted | {"Keys": [first]}}}).encode()
        status, headers, text = process(request)
        headers.pop("x-amz-crc32", None)
        left = {table: wanted | {"Keys": others}} if others else {}
        return status, headers, json.dumps(json.loads(text) | {"UnprocessedKeys": left})

    with monkeypatch.context() as patch:
        patch.setattr(botocore_stubber, "process_request", partly)
        assert listed.among(DOMAIN, [ADA, BOB, EVE]) == {ADA, BOB}

    assert len(asked) == 1 + 6
    assert {asked_[CONFIG.table_name]["ProjectionExpression"] for asked_ in asked} == {"sk"}


def test_a_lookup_goes_on_beside_the_block_and_is_done_when_that_ends(
    listed: SuppressionList,
) -> None:
    listed.add(DOMAIN, ADA, "bounce", "m1")

    with listed.looking_up(DOMAIN, [ADA, BOB]) as lookup:
        pass

    assert lookup.result(timeout=0) == {ADA}


def test_a_lookup_is_waited_for_even_if_the_block_fails(listed: SuppressionList) -> None:
    with (
        pytest.raises(KeyError),
        before_send("dynamodb.BatchGetItem", lambda **_: time.sleep(0.2)),
        listed.looking_up(DOMAIN, [ADA]) as lookup,
    ):
        raise KeyError

    assert lookup.done()


@pytest.mark.parametrize(
    ("first", "second", "stays", "is_new"),
    [
        ("complaint", "bounce", "bounce", True),
        ("complaint", "manual", "manual", True),
        ("complaint", "complaint", "complaint", True),
        ("bounce", "complaint", "bounce", False),
        ("bounce", "manual", "bounce", False),
        ("manual", "bounce", "manual", False),
        ("manual", "complaint", "manual", False),
        ("bounce", "bounce", "bounce", False),
    ],
)
def test_only_a_complaint_gives_way_to_another_reason_or_a_newer_message(
    listed: SuppressionList, first: Any, second: Any, stays: str, is_new: bool
) -> None:
    assert listed.add(DOMAIN, ADA, first, "m1")

    assert listed.add(DOMAIN, ADA, second, "m2") == is_new
    assert list(listed.entries(DOMAIN)) == [Entry(ADA, stays, NOW, "m2" if is_new else "m1")]


def test_a_complaint_about_the_newest_message_stays(listed: SuppressionList) -> None:
    listed.add(DOMAIN, ADA, "complaint", "m2")

    assert not listed.add(DOMAIN, ADA, "complaint", "m1")
    assert not listed.add(DOMAIN, ADA, "complaint", "m2")
    assert list(listed.entries(DOMAIN)) == [Entry(ADA, "complaint", NOW, "m2")]


def test_an_entry_that_is_only_a_hash_is_listed_without_an_address(
    listed: SuppressionList, table: Any
) -> None:
    listed.add(DOMAIN, ADA, "manual", "")
    hashed = {"sk": listed.hashed(BOB), "reason": "complaint", "since": 7, "message_id": "m"}
    table.put_item(Item={"pk": f"SUPPRESSED#{DOMAIN}"} | hashed)
    listed.add("shop.example", EVE, "bounce", "m")

    assert set(listed.entries(DOMAIN)) == {
        Entry(ADA, "manual", NOW, ""),
        Entry("", "complaint", 7, "m"),
    }


def test_who_is_removed_is_gone_whatever_stood_against_them(
    listed: SuppressionList, table: Any
) -> None:
    listed.add(DOMAIN, ADA, "bounce", "m1")
    listed.add(DOMAIN, EVE, "bounce", "m1")
    hashed = {"sk": listed.hashed(BOB), "reason": "bounce", "since": 7, "message_id": "m"}
    table.put_item(Item={"pk": f"SUPPRESSED#{DOMAIN}"} | hashed)

    assert listed.remove(DOMAIN, ADA)
    assert listed.remove(DOMAIN, BOB)
    assert not listed.remove(DOMAIN, ADA)
    assert not listed.remove("shop.example", EVE)
    assert entries(listed) == {EVE: "bounce"}


@pytest.mark.parametrize("reason", ["complaint", "bounce", "manual"])
def test_nothing_but_a_complaint_about_this_message_is_lifted(
    listed: SuppressionList, reason: Any
) -> None:
    listed.add(DOMAIN, ADA, reason, "m1")

    listed.lift_complaint(DOMAIN, BOB, "m1")
    listed.lift_complaint("shop.example", ADA, "m1")
    listed.lift_complaint(DOMAIN, ADA, "m2")
    assert entries(listed) == {ADA: reason}
    listed.lift_complaint(DOMAIN, ADA, "m1")
    assert entries(listed) == ({} if reason == "complaint" else {ADA: reason})


def test_what_dynamodb_fails_to_do_is_an_outage(listed: SuppressionList) -> None:
    def fail(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb")

    for operation, call in [
        ("BatchGetItem", lambda: listed.among(DOMAIN, [ADA])),
        ("PutItem", lambda: listed.add(DOMAIN, ADA, "bounce", "m")),
        ("Query", lambda: list(listed.entries(DOMAIN))),
        ("DeleteItem", lambda: listed.remove(DOMAIN, ADA)),
        ("DeleteItem", lambda: listed.lift_complaint(DOMAIN, ADA, "m")),
    ]:
        with (
            before_send(f"dynamodb.{operation}", fail),
            pytest.raises(Outage, match="EndpointConnectionError"),
        ):
            call()
