"""The operations on webhooks: endpoints as their owners set them up, and their deliveries."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.account import before_send, queued
from support.clock import Clock
from support.domains import hash_of, put_domain

from core.aws import clients
from core.aws.deliveries import PICKUP_SECONDS, Deliveries
from core.aws.endpoints import Endpoints
from core.config import CONFIG
from core.contract.contract import WEBHOOKS
from core.contract.limits import MAX_WEBHOOKS
from core.message.history import rfc3339
from core.message.ids import first_id_at
from core.webhooks import signing
from core.webhooks.changes import TYPES, event_id
from core.webhooks.delivery import Attempt, Delivery, State
from core.webhooks.endpoint import GONE, SILENT

Call = Callable[..., dict[str, Any]]
URL = "https://orders.example.com/mail-events"
NOW = 1_790_000_000
DAY = 86_400
UNKNOWN = "wh_01jd9zk4m6t0v3q8w2x5y7b1cd"
NEW = {"Name": "Orders", "Url": URL}


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(NOW)
    monkeypatch.setattr(time, "time", lambda: clock.now)
    return clock


@pytest.fixture
def endpoints() -> Endpoints:
    return Endpoints(clients.dynamodb(), CONFIG.table_name)


@pytest.fixture
def deliveries() -> Deliveries:
    return Deliveries(clients.dynamodb(), CONFIG.table_name)


@pytest.fixture
def tenants() -> None:
    """Give a-key the domain shop.example, and another key others."""
    put_domain("shop.example", api_keys={hash_of("a-key")})
    put_domain("other.example", api_keys={hash_of("another")})


def done(reply: dict[str, Any]) -> dict[str, Any]:
    assert reply["statusCode"] == 200, reply["body"]
    return dict(reply["json"])


def saved(call: Call, key: str = "a-key", **changes: Any) -> dict[str, Any]:
    return done(call("POST", "/Webhook", NEW | changes, key=key))


def listed(call: Call, key: str = "a-key", **query: str) -> list[dict[str, Any]]:
    return list(done(call("GET", "/Webhook", query=query, key=key))["Webhooks"])


def refused(reply: dict[str, Any]) -> tuple[int, list[str]]:
    """Return the status of a refusal, and its field errors or its code."""
    status = reply["json"]["ResponseStatus"]
    faults = [f"{each['FieldName']}: {each['ErrorCode']}" for each in status["Errors"]]
    return reply["statusCode"], faults or [status["ErrorCode"]]


# ---- to save


def test_a_webhook_is_made_with_a_secret_that_signs(call: Call, endpoints: Endpoints) -> None:
    made = saved(call)

    secret, webhook_id = made.pop("Secret"), made.pop("Id")
    assert made == {
        "Domain": "example.com",
        **NEW,
        "Events": ["*"],
        "IncludeRecipients": False,
        "Enabled": True,
        "CreatedAt": "2026-09-21T14:13:20.000Z",
    }
    assert webhook_id.startswith("wh_")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert len(key) == 32
    body = b'{"type":"mail.sent"}'
    mac = base64.b64encode(hmac.digest(key, b"msg_1.5." + body, hashlib.sha256)).decode()
    kept = endpoints.get(webhook_id)
    assert kept
    secrets = [signing.secret(CONFIG.webhook_secret, kept.id, n) for n in kept.generations(NOW)]
    assert signing.headers("msg_1", 5, body, secrets)["webhook-signature"] == f"v1,{mac}"


def test_a_secret_is_shown_once_and_kept_nowhere(call: Call) -> None:
    made = saved(call)
    secret = made["Secret"]

    changed = done(call("POST", "/Webhook", {"Id": made["Id"], "Name": "Other"}))
    (found,) = listed(call)
    deleted = done(call("POST", f"/Webhook/{made['Id']}/Delete", {}))
    assert "Secret" not in changed | found | deleted
    saved(call)
    table = clients.dynamodb().scan(TableName=CONFIG.table_name)["Items"]
    assert table
    assert secret.removeprefix("whsec_") not in json.dumps(table)


def test_each_webhook_has_a_secret_of_its_own(call: Call) -> None:
    made = [saved(call) for _ in range(3)]

    assert len({each["Secret"] for each in made}) == len({each["Id"] for each in made}) == 3


def test_a_change_leaves_what_it_does_not_give(call: Call) -> None:
    made = saved(call, Events="mail.bounced, Mail.Failed", IncludeRecipients=True)
    del made["Secret"]
    assert made["Events"] == ["mail.bounced", "mail.failed"]

    def changed(**changes: Any) -> dict[str, Any]:
        return done(call("POST", "/Webhook", {"Id": made["Id"]} | changes))

    assert changed() == made
    assert changed(Name="", Url=None, Events="", Domain="Example.com") == made
    assert changed(Name=" Other ") == made | {"Name": "Other"}
    other = "https://other.example.com/"
    assert changed(Name="Orders", Url=other) == made | {"Url": other}
    assert changed(Url=URL, Events=["mail.sent"]) == made | {"Events": ["mail.sent"]}
    assert changed(Events="*") == made | {"Events": ["*"]}
    assert changed(Events=made["Events"], IncludeRecipients=False) == made | {
        "IncludeRecipients": False
    }
    assert changed(IncludeRecipients=True) == made
    assert listed(call) == [made]


@pytest.mark.parametrize("given", [", ".join(TYPES), [*TYPES], [*reversed(TYPES), "MAIL.SENT"]])
def test_events_are_a_text_or_an_array(call: Call, given: Any) -> None:
    assert saved(call, Events=given)["Events"] == [*TYPES]


def test_an_endpoint_is_disabled_and_enabled_by_its_owner(call: Call, endpoints: Endpoints) -> None:
    made = saved(call)

    def set_to(*, enabled: bool) -> dict[str, Any]:
        return done(call("POST", "/Webhook", {"Id": made["Id"], "Enabled": enabled}))

    off = set_to(enabled=False)
    assert (off["Enabled"], off["DisabledReason"]) == (False, "Disabled by SaveWebhook.")
    on = set_to(enabled=True)
    assert on == {name: value for name, value in made.items() if name != "Secret"}
    endpoints.disable(made["Id"], GONE)
    assert set_to(enabled=False)["DisabledReason"] == GONE
    assert saved(call, Enabled=False)["Enabled"] is False


def test_to_enable_it_or_to_move_it_forgets_that_it_failed_and_nothing_else_does(
    call: Call, endpoints: Endpoints
) -> None:
    made = saved(call)

    def fail() -> None:
        kept = endpoints.get(made["Id"])
        assert kept
        endpoints.note_failure(kept, NOW)
        endpoints.pause(kept.id, NOW + 60)

    def state(**changes: Any) -> tuple[str | None, str | None]:
        answer = done(call("POST", "/Webhook", {"Id": made["Id"]} | changes))
        return answer.get("FailingSince"), answer.get("PausedUntil")

    fail()
    failing = ("2026-09-21T14:13:20.000Z", "2026-09-21T14:14:20.000Z")
    assert state(Name="Other", Enabled=True, Url=URL) == failing
    assert state(Url=f"{URL}/2") == (None, None)
    fail()
    endpoints.disable(made["Id"], SILENT)
    assert state(Name="Orders") == failing
    assert state(Enabled=True) == (None, None)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://orders.example.com/", "must begin with https://"),
        ("https://orders.example.com:8443/", "443"),
        ("https://user:word@orders.example.com/", "password"),
        ("https://orders.example.com/#here", "fragment"),
        ("https://10.0.0.1/", "public"),
        ("https://[::1]/", "public"),
        ("https://169.254.169.254/latest/meta-data", "public"),
        ("http://127.0.0.1:9400/", "https://"),
        ("ftp://orders.example.com/", "https://"),
        ("orders", "https://"),
        ("https://orders.example.com/" + "x" * 2_000, "at most 2000 characters"),
        ("https://orders.example.com/\r\nHost: other", "control characters"),
        ("https://orders.example.com/\ud800", "surrogate"),
    ],
)
def test_a_url_that_may_not_be_called_is_refused_with_the_reason(
    call: Call, url: str, says: str
) -> None:
    made = saved(call)
    for asked in ({"Name": "Orders"}, {"Id": made["Id"]}):
        reply = call("POST", "/Webhook", asked | {"Url": url})

        errors = reply["json"]["ResponseStatus"]["Errors"]
        assert (reply["statusCode"], {each["FieldName"] for each in errors}) == (400, {"Url"})
        assert any(says in each["Message"] for each in errors)
        assert url not in reply["body"]
    assert [each["Url"] for each in listed(call)] == [URL]


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"Name": None}, ["Name: NotEmpty"]),
        ({"Url": " "}, ["Url: NotEmpty"]),
        ({"Name": "x" * 101}, ["Name: Length"]),
        ({"Name": "a\nb"}, ["Name: ControlCharacter"]),
        ({"Events": "mail.bounced, mail.exploded"}, ["Events: Enum"]),
        ({"Events": ["mail.bounced", "x"]}, ["Events: Enum"]),
        ({"Events": {"a": 1}}, ["Events: Enum"]),
        ({"Enabled": "perhaps"}, ["Enabled: SerializationException"]),
        (
            {"Name": "a\nb", "Url": "http://orders.example.com", "Events": "x"},
            ["Name: ControlCharacter", "Url: Url", "Events: Enum"],
        ),
    ],
)
def test_everything_that_is_wrong_is_told_at_once(
    call: Call, changes: dict[str, Any], faults: list[str]
) -> None:
    assert refused(call("POST", "/Webhook", NEW | changes)) == (400, faults)
    assert listed(call) == []


def test_a_domain_has_room_for_so_many(call: Call) -> None:
    made = [saved(call) for _ in range(MAX_WEBHOOKS)]

    assert refused(call("POST", "/Webhook", NEW)) == (400, ["Domain: TooManyWebhooks"])
    assert done(call("POST", "/Webhook", {"Id": made[0]["Id"], "Name": "Other"}))
    done(call("POST", f"/Webhook/{made[0]['Id']}/Delete", {}))
    assert saved(call)["Id"]
    assert len(listed(call)) == MAX_WEBHOOKS


# ---- whose


def test_the_domain_may_be_left_out_if_there_is_one(call: Call, tenants: None) -> None:
    put_domain("second.example", api_keys={hash_of("another")})

    assert saved(call)["Domain"] == "shop.example"
    assert saved(call, Domain="SHOP.example")["Domain"] == "shop.example"
    reply = call("POST", "/Webhook", NEW, key="another")
    assert refused(reply) == (400, ["Domain: NotEmpty"])
    assert saved(call, key="another", Domain="second.example")["Domain"] == "second.example"


@pytest.mark.parametrize("domain", ["other.example", "nobody.example", "?"])
def test_another_s_domain_is_like_one_that_is_not_there(
    call: Call, tenants: None, domain: str
) -> None:
    saved(call, key="another", Domain="other.example")

    reply = call("POST", "/Webhook", NEW | {"Domain": domain, "Name": ""})
    assert refused(reply) == (403, ["Domain: UnknownDomain", "Name: NotEmpty"])
    assert listed(call, Domain=domain) == []
    assert "other" not in reply["body"]


def test_a_domain_cannot_be_changed(call: Call) -> None:
    made = saved(call)

    reply = call("POST", "/Webhook", {"Id": made["Id"], "Domain": "shop.example"})
    assert refused(reply) == (400, ["Domain: Fixed"])


def ways(webhook_id: str) -> Iterator[tuple[str, str, dict[str, Any] | None]]:
    """Yield each way to ask about one endpoint."""
    yield "POST", "/Webhook", {"Id": webhook_id, "Name": "Mine"}
    yield "GET", f"/Webhook/{webhook_id}/Deliveries", None
    for action in ("Delete", "Test", "Secret", "Replay"):
        yield "POST", f"/Webhook/{webhook_id}/{action}", {}


def test_another_s_webhook_is_like_one_that_is_not_there(call: Call, tenants: None) -> None:
    theirs = saved(call, key="another")

    for ours, unknown in zip(ways(theirs["Id"]), ways(UNKNOWN), strict=True):
        first, second = call(*ours), call(*unknown)
        assert first["statusCode"] == 404
        assert first["body"] == second["body"]
    assert listed(call) == []
    (kept,) = listed(call, key="another")
    assert kept["Name"] == "Orders"
    assert queued(CONFIG.webhook_queue_url) == []


@pytest.mark.parametrize("webhook_id", ["wh_1", "01jd9zk4m6t0v3q8w2x5y7b1cd", "\ud800", "%20x"])
def test_what_can_be_no_id_is_not_there(call: Call, webhook_id: str) -> None:
    for operation in ("DeleteWebhook", "TestWebhook", "RotateWebhookSecret", "FindDeliveries"):
        reply = call("POST", f"/json/reply/{operation}", {"Id": webhook_id})
        assert refused(reply) == (404, ["NotFound"])


def test_an_id_must_be_given_and_may_have_quotes_around_it(call: Call) -> None:
    made = saved(call)

    reply = call("POST", "/json/reply/TestWebhook", {})
    assert refused(reply) == (400, ["Id: NotEmpty"])
    asked = {"Id": f' "{made["Id"].upper()}" '}
    assert done(call("POST", "/json/reply/TestWebhook", asked))["WebhookId"] == made["Id"]


def test_webhooks_are_listed_by_domain_the_oldest_first(call: Call) -> None:
    put_domain("shop.example")
    made = [
        saved(call, Domain=domain, Name=domain)
        for domain in ("shop.example", "example.com", "shop.example")
    ]
    ids = [each["Id"] for each in made]

    assert {each["Id"] for each in listed(call)} == {*ids}
    found = [each["Id"] for each in listed(call, Domain=" Shop.Example ")]
    assert found == sorted([ids[0], ids[2]])


# ---- to delete, to rotate, to test


def test_a_webhook_is_deleted(call: Call) -> None:
    made = saved(call)
    deleted = done(call("POST", f"/Webhook/{made['Id']}/Delete", {}))

    assert deleted == {name: value for name, value in made.items() if name != "Secret"}
    assert listed(call) == []
    again = call("POST", f"/Webhook/{made['Id']}/Delete", {})
    assert refused(again) == (404, ["NotFound"])


def test_what_is_deleted_meanwhile_is_not_there_and_not_made_again(call: Call) -> None:
    for path, asked in (("/Webhook/{}/Secret", {}), ("/Webhook", {"Name": "Other"})):
        made = saved(call)
        removed = []

        def remove(made: Any = made, removed: Any = removed, **_: object) -> None:
            if not removed:
                removed.append(1)
                clients.dynamodb().delete_item(
                    TableName=CONFIG.table_name,
                    Key={"pk": {"S": "WEBHOOKS"}, "sk": {"S": made["Id"]}},
                )

        with before_send("dynamodb.UpdateItem", remove):
            reply = call("POST", path.format(made["Id"]), asked | {"Id": made["Id"]})
        assert refused(reply) == (404, ["NotFound"])
    assert listed(call) == []


def test_a_new_secret_signs_beside_the_old_one_for_a_day(
    call: Call, endpoints: Endpoints, stopped: Clock
) -> None:
    made = saved(call)
    rotated = done(call("POST", f"/Webhook/{made['Id']}/Secret", {}))

    def secrets() -> list[str]:
        kept = endpoints.get(made["Id"])
        assert kept
        return [
            signing.secret(CONFIG.webhook_secret, kept.id, number)
            for number in kept.generations(stopped.now)
        ]

    assert rotated["Secret"] != made["Secret"]
    assert secrets() == [rotated["Secret"], made["Secret"]]
    third = done(call("POST", f"/Webhook/{made['Id']}/Secret", {}))
    assert secrets() == [third["Secret"], rotated["Secret"]]
    stopped.now += DAY
    assert secrets() == [third["Secret"]]
    assert "Secret" not in listed(call)[0]


def test_a_test_is_queued_at_once(call: Call, deliveries: Deliveries, stopped: Clock) -> None:
    made = saved(call, Events="mail.bounced")
    answers = [done(call("POST", f"/Webhook/{made['Id']}/Test", {})) for _ in range(2)]

    first, second = answers
    assert first["Id"] != second["Id"]
    assert first == {
        "Id": first["Id"],
        "WebhookId": made["Id"],
        "Type": "webhook.test",
        "At": "2026-09-21T14:13:20.000Z",
        "Recipient": 0,
        "Sequence": 0,
        "State": "pending",
        "Tries": 0,
        "NextAt": "2026-09-21T14:13:20.000Z",
        "Attempts": [],
    }
    names = {f"{each['At']}#{each['Id']}" for each in answers}
    assert {(each["Endpoint"], each["Delivery"]) for each in queued(CONFIG.webhook_queue_url)} == {
        (made["Id"], name) for name in names
    }
    for name in names:
        kept = deliveries.get(made["Id"], name)
        assert kept
        assert (kept.domain, kept.expires_at) == ("example.com", NOW + 30 * DAY)
    assert not [*deliveries.due(NOW + PICKUP_SECONDS - 1)]
    assert len([*deliveries.due(NOW + PICKUP_SECONDS)]) == 2


@pytest.mark.parametrize("action", ["Test", "Replay"])
def test_nothing_is_sent_to_a_webhook_that_is_disabled(
    call: Call, deliveries: Deliveries, action: str
) -> None:
    made = saved(call, Enabled=False)
    put(deliveries, made["Id"], 0, state=State.HELD)

    reply = call("POST", f"/Webhook/{made['Id']}/{action}", {})
    assert refused(reply) == (409, ["WebhookDisabled"])
    assert "SaveWebhook" in reply["json"]["ResponseStatus"]["Message"]
    assert queued(CONFIG.webhook_queue_url) == []


# ---- deliveries


def put(
    deliveries: Deliveries,
    endpoint: str,
    second: float,
    number: int = 0,
    state: State = State.PENDING,
    **more: Any,
) -> Delivery:
    """Write a delivery of an event so many seconds from now."""
    at = round((NOW + second) * 1000)
    made = Delivery(
        endpoint=endpoint,
        id=event_id(f"{at} {number}"),
        type="mail.sent",
        at=at,
        domain="example.com",
        state=state,
        expires_at=NOW + 20 * DAY,
        **{"message_id": first_id_at(NOW - DAY), "status": "sent"} | more,
    )
    assert deliveries.add(made)
    return made


def found(call: Call, webhook_id: str, **query: str) -> list[str]:
    """Find deliveries, page by page; return the events' ids."""
    ids, cursor = [], ""
    while True:
        asked = query | ({"Cursor": cursor} if cursor else {})
        page = done(call("GET", f"/Webhook/{webhook_id}/Deliveries", query=asked))
        assert len(page["Deliveries"]) <= (int(query.get("Limit", 0)) or 20)
        ids += [each["Id"] for each in page["Deliveries"]]
        if not (cursor := page.get("Cursor", "")):
            return ids


def test_a_delivery_is_shown_with_its_attempts(call: Call, deliveries: Deliveries) -> None:
    made = saved(call)
    attempts = (
        Attempt(at=NOW * 1000 + 20, status=500, took_ms=84, error="Status", answer="Oh no"),
        Attempt(at=NOW * 1000 + 5_020, took_ms=15_000, error="Timeout"),
    )
    kept = put(
        deliveries, made["Id"], 0.5, recipient=2, sequence=3, tries=2, attempts=attempts,
        next_at=NOW + 300,
    )  # fmt: skip
    (shown,) = done(call("GET", f"/Webhook/{made['Id']}/Deliveries"))["Deliveries"]

    assert shown == {
        "Id": kept.id,
        "WebhookId": made["Id"],
        "Type": "mail.sent",
        "At": "2026-09-21T14:13:20.500Z",
        "MessageId": kept.message_id,
        "Recipient": 2,
        "Sequence": 3,
        "Status": "sent",
        "State": "pending",
        "Tries": 2,
        "NextAt": "2026-09-21T14:18:20.000Z",
        "Attempts": [
            {
                "At": "2026-09-21T14:13:20.020Z",
                "Status": 500,
                "Milliseconds": 84,
                "Error": "Status",
                "Answer": "Oh no",
            },
            {
                "At": "2026-09-21T14:13:25.020Z",
                "Status": 0,
                "Milliseconds": 15000,
                "Error": "Timeout",
            },
        ],
    }


def test_deliveries_are_listed_the_newest_first_page_by_page(
    call: Call, deliveries: Deliveries
) -> None:
    made, other = saved(call), saved(call)
    kept = [put(deliveries, made["Id"], second) for second in range(7)]
    put(deliveries, other["Id"], 0)
    ids = [each.id for each in reversed(kept)]

    for limit in ("1", "2", "3", "6", "7", "100", "0"):
        assert found(call, made["Id"], Limit=limit) == ids


def test_deliveries_are_found_by_state_mail_and_time(call: Call, deliveries: Deliveries) -> None:
    made = saved(call)
    states = [*State] * 2
    mails = [first_id_at(NOW + 2 * (number % 2)) for number in range(8)]
    kept = [
        put(deliveries, made["Id"], second, state=state, message_id=mails[second])
        for second, state in enumerate(states)
    ]

    def which(**query: str) -> list[int]:
        numbers = {each.id: number for number, each in enumerate(kept)}
        return [numbers[each] for each in found(call, made["Id"], **query)]

    assert which(State="failed") == [6, 2]
    assert which(State="Failed, HELD", Limit="1") == [7, 6, 3, 2]
    assert which(MessageId=f" {mails[0].lower()} ") == [6, 4, 2, 0]
    assert which(MessageId=mails[1]) == [7, 5, 3, 1]  # Even if a clock says it was before the mail.
    assert which(MessageId="nobody") == []
    assert which(Since=rfc3339(kept[5].at)) == [7, 6, 5]
    assert which(Until=rfc3339(kept[2].at)) == [1, 0]
    assert which(Since=rfc3339(kept[2].at), Until=rfc3339(kept[4].at), Limit="1") == [3, 2]
    assert which(Until=rfc3339(kept[2].at + 1), State="pending, delivered") == [1, 0]
    assert which(Since="2026-09-22") == which(Until="2026-09-21") == []


def test_a_time_means_its_own_millisecond(call: Call, deliveries: Deliveries) -> None:
    made = saved(call)
    kept = [put(deliveries, made["Id"], number / 1000) for number in range(20)]

    for number, each in enumerate(kept):
        at = rfc3339(each.at)
        assert len(found(call, made["Id"], Since=at, Limit="100")) == 20 - number
        assert len(found(call, made["Id"], Until=at, Limit="100")) == number
        finer = at.replace("Z", "4Z")
        assert len(found(call, made["Id"], Since=finer, Limit="100")) == 19 - number
        assert len(found(call, made["Id"], Until=finer, Limit="100")) == number + 1


def test_one_event_goes_to_many_at_the_same_millisecond(call: Call, deliveries: Deliveries) -> None:
    made = saved(call)
    kept = [put(deliveries, made["Id"], 0, number) for number in range(5)]

    assert sorted(found(call, made["Id"], Limit="2")) == sorted(each.id for each in kept)
    assert len(found(call, made["Id"], Since=rfc3339(kept[0].at))) == 5
    assert found(call, made["Id"], Until=rfc3339(kept[0].at)) == []


@pytest.mark.parametrize(
    ("operation", "asked", "faults"),
    [
        ("FindDeliveries", {"Limit": 101}, ["Limit: Range"]),
        ("FindDeliveries", {"Limit": -1}, ["Limit: Range"]),
        ("FindDeliveries", {"Limit": "x"}, ["Limit: SerializationException"]),
        ("FindDeliveries", {"Cursor": "x"}, ["Cursor: Cursor"]),
        (
            "FindDeliveries",
            {"State": "lost", "Since": "yesterday", "Until": "9" * 5_000, "Limit": 1000},
            ["State: Enum", "Since: Time", "Until: Time", "Limit: Range"],
        ),
        (
            "ReplayDeliveries",
            {"State": "lost", "Since": "\ud800", "Until": "x", "Cursor": "\ud800"},
            ["State: Enum", "Since: Time", "Until: Time", "Cursor: Cursor"],
        ),
    ],
)
def test_what_cannot_be_meant_is_told_at_once(
    call: Call, operation: str, asked: dict[str, Any], faults: list[str]
) -> None:
    reply = call("POST", f"/json/reply/{operation}", asked | {"Id": saved(call)["Id"]})

    assert refused(reply) == (400, faults)


def test_a_cursor_is_for_its_own_search_webhook_and_key_only(
    call: Call, deliveries: Deliveries
) -> None:
    made, other = saved(call), saved(call)
    for endpoint in (made["Id"], other["Id"]):
        for second in range(3):
            put(deliveries, endpoint, second, state=State.FAILED)
    path = f"/Webhook/{made['Id']}/Deliveries"
    cursor = done(call("GET", path, query={"Limit": "1"}))["Cursor"]

    assert done(call("GET", path, query={"Cursor": cursor, "Limit": "2"}))["Deliveries"]
    for method, where, query, key in (
        ("GET", path, {"State": "failed"}, "a-key"),
        ("GET", path, {"Since": "2026-09-21"}, "a-key"),
        ("GET", path, {"MessageId": first_id_at(NOW - DAY)}, "a-key"),
        ("GET", path, {}, "another"),
        ("GET", f"/Webhook/{other['Id']}/Deliveries", {}, "a-key"),
        ("POST", f"/Webhook/{made['Id']}/Replay", {}, "a-key"),
        ("GET", "/Mail", {}, "a-key"),
    ):
        reply = call(method, where, query=query | {"Cursor": cursor}, key=key)
        assert refused(reply) == (400, ["Cursor: Cursor"])


def test_a_search_that_must_read_much_answers_a_short_page(
    call: Call, deliveries: Deliveries
) -> None:
    made = saved(call)
    wanted = put(deliveries, made["Id"], 0, state=State.FAILED)
    for number in range(1_050):
        put(deliveries, made["Id"], 1, number)
    path = f"/Webhook/{made['Id']}/Deliveries"
    first = done(call("GET", path, query={"State": "failed"}))

    assert first["Deliveries"] == []
    assert first["Cursor"]
    assert found(call, made["Id"], State="failed") == [wanted.id]


# ---- to send again


def replayed(call: Call, webhook_id: str, **asked: Any) -> list[int]:
    """Send again, page by page; return how many at once."""
    counts, cursor = [], None
    while True:
        answer = done(call("POST", f"/Webhook/{webhook_id}/Replay", asked | {"Cursor": cursor}))
        counts.append(answer["Count"])
        if not (cursor := answer.get("Cursor")):
            return counts


def waiting(deliveries: Deliveries) -> set[str]:
    """Return the events' ids of the deliveries that are to be tried now."""
    assert not [*deliveries.due(NOW + PICKUP_SECONDS - 1)], "It is in the queue already."
    keys = deliveries.due(NOW + PICKUP_SECONDS)
    return {key.name.partition("#")[2] for key in keys}


def test_what_was_not_delivered_is_sent_again_with_all_tries_before_it(
    call: Call, deliveries: Deliveries
) -> None:
    made = saved(call)
    attempt = Attempt(at=NOW * 1000, status=500, error="Status")
    kept = [
        put(
            deliveries, made["Id"], second, state=state, tries=10, attempts=(attempt,),
            next_at=NOW + DAY,
        )
        for second, state in enumerate(State)
    ]  # fmt: skip
    assert [each.state.value for each in kept] == ["pending", "delivered", "failed", "held"]

    assert replayed(call, made["Id"]) == [2]
    assert waiting(deliveries) == {kept[2].id, kept[3].id}
    names = {each["Delivery"] for each in queued(CONFIG.webhook_queue_url)}
    assert names == {kept[2].name, kept[3].name}
    again = deliveries.get(made["Id"], kept[2].name)
    assert again
    assert (again.state, again.tries, again.next_at) == (State.PENDING, 0, NOW)
    assert (again.attempts, again.expires_at) == ((attempt,), NOW + 30 * DAY)
    assert deliveries.get(made["Id"], kept[0].name) == kept[0]
    assert replayed(call, made["Id"]) == [0]


def test_a_range_is_sent_again(call: Call, deliveries: Deliveries) -> None:
    made = saved(call)
    kept = [put(deliveries, made["Id"], second, state=State.FAILED) for second in range(5)]
    asked = {"Since": rfc3339(kept[1].at), "Until": rfc3339(kept[3].at)}

    assert replayed(call, made["Id"], State="held", **asked) == [0]
    assert replayed(call, made["Id"], **asked) == [2]
    assert waiting(deliveries) == {kept[1].id, kept[2].id}


def test_what_was_delivered_is_sent_again_if_it_is_asked_for(
    call: Call, deliveries: Deliveries
) -> None:
    made = saved(call)
    kept = [put(deliveries, made["Id"], n, state=State.DELIVERED) for n in range(3)]

    assert replayed(call, made["Id"], State="delivered", Since=rfc3339(kept[2].at)) == [1]
    assert waiting(deliveries) == {kept[2].id}


def test_a_long_range_is_sent_again_a_hundred_at_once(call: Call, deliveries: Deliveries) -> None:
    made = saved(call)
    kept = {put(deliveries, made["Id"], n % 7, n, state=State.FAILED).id for n in range(250)}

    assert replayed(call, made["Id"]) == [100, 100, 50]
    assert waiting(deliveries) == kept


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("names_its_time", [True, False])
def test_a_single_delivery_is_sent_again_whatever_its_state(
    call: Call, deliveries: Deliveries, state: State, names_its_time: bool
) -> None:
    made = saved(call)
    kept = [
        put(deliveries, made["Id"], second, state=state, next_at=NOW + DAY) for second in range(3)
    ]
    time_ = {"Since": rfc3339(kept[1].at)} if names_its_time else {}

    assert replayed(call, made["Id"], DeliveryId=kept[1].id.upper(), **time_) == [1]
    assert waiting(deliveries) == {kept[1].id}
    assert [each["Delivery"] for each in queued(CONFIG.webhook_queue_url)] == [kept[1].name]


def test_a_delivery_whose_time_is_named_is_found_with_one_read(
    call: Call, deliveries: Deliveries
) -> None:
    made = saved(call)
    kept = [put(deliveries, made["Id"], n, n, state=State.FAILED) for n in range(5)]
    queries: list[str] = []

    def note(request: Any, **_: object) -> None:
        if b"HOOK#" in request.body:
            queries.append("query")

    with before_send("dynamodb.Query", note):
        replayed(call, made["Id"], DeliveryId=kept[0].id, Since=rfc3339(kept[0].at))
    assert queries == []


@pytest.mark.parametrize("delivery_id", [event_id("nothing"), "msg_1", "\ud800", "x"])
def test_a_delivery_that_is_not_there_is_not_found(
    call: Call, deliveries: Deliveries, delivery_id: str
) -> None:
    made, other = saved(call), saved(call)
    theirs = put(deliveries, other["Id"], 0, state=State.FAILED)

    for each in (delivery_id, theirs.id):
        path = f"/Webhook/{made['Id']}/Replay"
        reply = call("POST", path, {"DeliveryId": each, "Since": rfc3339(theirs.at)})
        assert refused(reply) == (404, ["NotFound"])


def test_a_delivery_far_behind_others_is_found_with_a_cursor(
    call: Call, deliveries: Deliveries
) -> None:
    made = saved(call)
    wanted = put(deliveries, made["Id"], 0, state=State.HELD)
    for number in range(1_050):
        put(deliveries, made["Id"], 1, number, state=State.HELD)

    assert replayed(call, made["Id"], DeliveryId=wanted.id) == [0, 1]
    assert waiting(deliveries) == {wanted.id}


def test_what_changes_meanwhile_is_read_anew(call: Call, deliveries: Deliveries) -> None:
    """The delivering function has written between the read and the write."""
    made = saved(call)
    kept = [put(deliveries, made["Id"], second, state=State.FAILED) for second in range(2)]
    raced: list[Delivery] = []

    def race(**_: object) -> None:
        if not raced:
            raced.extend(kept)
            delivered = {"state": State.DELIVERED, "tries": 1}
            deliveries.replace(kept[1].model_copy(update=delivered), is_queued=False)
            deliveries.replace(kept[0].model_copy(update={"tries": 5}), is_queued=False)

    with before_send("dynamodb.PutItem", race):
        counts = replayed(call, made["Id"])
    assert counts == [1]
    assert waiting(deliveries) == {kept[0].id}
    there = deliveries.get(made["Id"], kept[1].name)
    assert there
    assert there.state is State.DELIVERED


def test_what_is_written_and_not_queued_is_left_to_the_sweep(
    call: Call, deliveries: Deliveries
) -> None:
    made = saved(call)
    kept = put(deliveries, made["Id"], 0, state=State.FAILED)
    clients.sqs().delete_queue(QueueUrl=CONFIG.webhook_queue_url)

    reply = call("POST", f"/Webhook/{made['Id']}/Replay", {})
    assert reply["statusCode"] == 500
    assert waiting(deliveries) == {kept.id}


# ---- formats


def xml(name: str, members: str) -> str:
    return f'<{name} xmlns="{WEBHOOKS}">{members}</{name}>'


BODIES = {
    "application/json": json.dumps(NEW | {"Events": ["mail.sent", "mail.failed"]}),
    "application/xml": xml(
        "SaveWebhook",
        f"<Events>mail.sent,mail.failed</Events><Name>Orders</Name><Url>{URL}</Url>"
        '<Enabled i:nil="true" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" />',
    ),
    "text/jsv": f'{{Name:Orders,Url:"{URL}",Events:"mail.sent,mail.failed"}}',
    "text/csv": f'Name,Url,Events\r\nOrders,{URL},"mail.sent,mail.failed"\r\n',
    "application/x-www-form-urlencoded": f"Name=Orders&Url={URL}&Events=mail.sent%2Cmail.failed",
    "multipart/form-data; boundary=b": "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (NEW | {"Events": "mail.sent, mail.failed"}).items()
    )
    + "--b--\r\n",
}


@pytest.mark.parametrize("media_type", BODIES)
def test_a_webhook_is_saved_in_every_format(call: Call, media_type: str) -> None:
    headers = {"Content-Type": media_type, "Accept": "application/json"}
    made = done(call("POST", "/Webhook", BODIES[media_type], headers=headers))

    assert (made["Name"], made["Url"]) == ("Orders", URL)
    assert made["Events"] == ["mail.sent", "mail.failed"]
    assert made["Enabled"] is True


@pytest.mark.parametrize(
    ("format_", "written"),
    [
        ("json", '"Events":["mail.sent","mail.failed"]'),
        ("xml", "<d4p1:string>mail.sent</d4p1:string><d4p1:string>mail.failed</d4p1:string>"),
        ("jsv", "Events:[mail.sent,mail.failed]"),
        ("csv", "Events:[mail.sent,mail.failed]"),
        ("html", "mail.sent"),
    ],
)
def test_webhooks_are_listed_in_every_format(call: Call, format_: str, written: str) -> None:
    saved(call, Events="mail.sent, mail.failed")
    reply = call("GET", f"/Webhook.{format_}")

    assert reply["statusCode"] == 200
    assert written in reply["body"]


@pytest.mark.parametrize("format_", ["json", "xml", "jsv", "csv", "html"])
def test_deliveries_are_listed_in_every_format(
    call: Call, deliveries: Deliveries, format_: str
) -> None:
    made = saved(call)
    attempts = (Attempt(at=NOW * 1000, status=500, took_ms=84, error="Status", answer="<no>"),)
    kept = put(deliveries, made["Id"], 0, attempts=attempts)
    reply = call("GET", f"/Webhook/{made['Id']}/Deliveries", query={"format": format_})

    assert reply["statusCode"] == 200
    assert kept.id in reply["body"]
    assert "84" in reply["body"]
    assert ("<no>" in reply["body"]) is (format_ in ("json", "jsv", "csv"))


def test_an_operation_is_there_on_every_kind_of_route(call: Call) -> None:
    made = saved(call)
    for method, path in (
        ("GET", "/api/FindWebhooks"),
        ("POST", "/api/FindWebhooks"),
        ("GET", "/json/reply/FindWebhooks"),
        ("GET", "/WEBHOOK/"),
    ):
        text = call(method, path)["body"]
        assert made["Id"] in text
    reply = call("POST", "/json/reply/DeleteWebhook[]", json.dumps([{"Id": made["Id"]}] * 2))
    assert reply["statusCode"] == 404
    assert listed(call) == []
    assert call("GET", f"/Webhook/{made['Id']}/Delete")["statusCode"] == 404
    assert call("GET", "/json/reply/SaveWebhook")["statusCode"] == 405


def test_a_member_that_nobody_knows_is_named(call: Call) -> None:
    reply = call("POST", "/Webhook", NEW | {"Event": "mail.sent"})

    assert reply["statusCode"] == 200
    assert reply["headers"]["X-Ignored"] == "Event"
