"""A caller sees and uses its own domains only: of another's, nothing tells that they are there."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from support.account import before_send
from support.domains import change_domain, hash_of, put_domain
from support.gateway import faults_of
from support.mails import MAIL, NAMESPACE
from support.ses import Ses

from core.config import CONFIG
from core.submission.idempotency import HEADER
from handlers import api

Call = Callable[..., dict[str, Any]]
OURS, THEIRS, NOWHERE = "shop.example", "clinic.example", "nowhere.example"
UNKNOWN_ID = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"
FORMATS = ["json", "xml", "jsv", "csv", "html"]
STATUS_ROUTES = [
    "/Status?MessageId={}",
    "/Status/{}",
    "/Status/{}.xml",
    "/api/GetStatus?MessageId={}",
    *(f"/{format_}/reply/GetStatus?MessageId={{}}" for format_ in FORMATS),
]
BODIES = {
    "application/json": json.dumps,
    "application/xml": lambda m: (
        f'<SendMail xmlns="{NAMESPACE}">'
        + "".join(f"<{name}>{text}</{name}>" for name, text in sorted(m.items()))
        + "</SendMail>"
    ),
    "application/jsv": lambda m: "{" + ",".join(f"{k}:{v}" for k, v in m.items()) + "}",
    "text/csv": lambda m: ",".join(m) + "\r\n" + ",".join(m.values()) + "\r\n",
    "application/x-www-form-urlencoded": lambda m: "&".join(f"{k}={v}" for k, v in m.items()),
}
OF_FORMAT = {
    "json": "application/json",
    "xml": "application/xml",
    "jsv": "application/jsv",
    "csv": "text/csv",
}
SEND_ROUTES = [
    *((path, kind) for path in ("/Mail/Send", "/Mail/Send/", "/api/SendMail") for kind in BODIES),
    *((f"/{f}/{way}/SendMail", OF_FORMAT[f]) for f in OF_FORMAT for way in ("reply", "oneway")),
]


@pytest.fixture(autouse=True)
def _tenants(aws: None) -> None:
    for domain, key in ((OURS, "our-key"), (THEIRS, "their-key")):
        put_domain(domain, name=domain.partition(".")[0], api_keys=[hash_of(key)])


@pytest.fixture
def post(call: Call) -> Callable[..., dict[str, Any]]:
    def _post(path: str, mail: Any, kind: str = "application/json", **more: Any) -> dict[str, Any]:
        headers = {"Content-Type": kind} | more.pop("headers", {})
        return call("POST", path, BODIES[kind](mail), headers=headers, **more)

    return _post


@pytest.fixture
def ask(call: Call) -> Callable[..., dict[str, Any]]:
    def _ask(path: str, **more: Any) -> dict[str, Any]:
        path, _, query = path.partition("?")
        asked = dict([query.split("=")]) if query else None
        return call("GET", path, query=asked, **more)

    return _ask


def seen(reply: dict[str, Any]) -> tuple[int, dict[str, str], str]:
    """Return all that a caller sees of an answer; what it asked for is not told back."""
    return reply["statusCode"], reply["headers"], reply["body"]


@pytest.mark.parametrize(("path", "kind"), SEND_ROUTES)
def test_anothers_domain_is_answered_as_one_that_is_not_there(
    post: Any, ses: Ses, table: Any, path: str, kind: str
) -> None:
    theirs = post(path, MAIL | {"Domain": THEIRS}, kind, key="our-key")
    nowhere = post(path, MAIL | {"Domain": NOWHERE}, kind, key="our-key")

    assert theirs["statusCode"] == 403
    assert seen(theirs) == seen(nowhere)
    assert ses.asked == 0
    assert all(item["pk"] == "DOMAIN" for item in table.scan()["Items"])


@pytest.mark.parametrize("accept", [f"application/{format_}" for format_ in FORMATS[:3]])
def test_the_answer_is_the_same_in_every_format(post: Any, accept: str) -> None:
    answers = [
        seen(post("/Mail/Send", MAIL | {"Domain": d}, headers={"Accept": accept}, key="our-key"))
        for d in (THEIRS, NOWHERE, "no domain")
    ]

    assert answers[0] == answers[1] == answers[2]
    assert answers[0][1]["Content-Type"].startswith(accept)


@pytest.mark.parametrize("route", STATUS_ROUTES)
def test_anothers_message_is_answered_as_one_that_is_not_there(
    post: Any, ask: Any, route: str
) -> None:
    theirs = post("/Mail/Send", MAIL, key="their-key")["json"]["MessageId"]

    refused = ask(route.format(theirs), key="our-key")
    unknown = ask(route.format(UNKNOWN_ID), key="our-key")

    assert refused["statusCode"] == 404
    assert seen(refused) == seen(unknown)
    assert ask(route.format(theirs), key="their-key")["statusCode"] == 200


@pytest.mark.parametrize(("key", "domain"), [("our-key", OURS), ("their-key", THEIRS)])
def test_each_key_sends_for_its_own_domain_without_naming_it(
    post: Any, ses: Ses, key: str, domain: str
) -> None:
    answer = post("/Mail/Send", MAIL, key=key)["json"]

    assert answer["Sender"] == f"no-reply@{domain}"
    assert answer["Configuration"] == domain.partition(".")[0]


@pytest.mark.parametrize("key", ["a key of nobody's", "our-key,their-key", "our-key ", None])
@pytest.mark.parametrize("path", ["/Mail/Send", "/json/oneway/SendMail"])
def test_a_key_of_nobodys_opens_nothing_once_a_domain_lists_keys(
    post: Any, ask: Any, ses: Ses, key: str | None, path: str
) -> None:
    theirs = post("/Mail/Send", MAIL, key="their-key")["json"]["MessageId"]

    refused = [post(path, MAIL | more, key=key) for more in ({}, {"Domain": "example.com"})]

    assert [reply["statusCode"] for reply in refused] == [403, 403]
    assert ask(f"/Status/{theirs}", key=key)["statusCode"] == (404 if key else 403)
    assert len(ses.taken) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": "their-key"},
        {"X-API-Key": "their-key", "x-api-key": "our-key"},
        {"x-api-key": "our-key,their-key"},
        {"x-api-key": ""},
    ],
)
def test_further_keys_in_the_headers_make_no_other_caller(
    post: Any, ses: Ses, headers: dict[str, str]
) -> None:
    answer = post("/Mail/Send", MAIL, headers=headers, key="our-key")["json"]
    refused = post("/Mail/Send", MAIL | {"Domain": THEIRS}, headers=headers, key="our-key")

    assert answer["Sender"] == f"no-reply@{OURS}"
    assert refused["statusCode"] == 403


def test_nobody_mails_as_a_domain_above_its_own_that_is_anothers(
    post: Any, ses: Ses, table: Any
) -> None:
    below = f"mg.{THEIRS}"
    put_domain(below, api_keys=[hash_of("our-key")])
    api.domain_table._read_at = float("-inf")
    mail = MAIL | {"From": f"ceo@{THEIRS}", "Domain": below}

    refused = [post("/Mail/Send", mail | more, key="our-key") for more in ({}, {"Domain": ""})]

    assert [faults_of(reply) for reply in refused] == [
        {("From", "SenderNotAllowed")},
        {("Domain", "NotEmpty")},
    ]
    assert ses.asked == 0


@pytest.mark.parametrize("sender", [f"a@{THEIRS}", f"a@{NOWHERE}", "a@example.com"])
def test_anothers_sender_is_answered_as_any_that_is_not_allowed(
    post: Any, ses: Ses, sender: str
) -> None:
    replies = [
        seen(post("/Mail/Send", MAIL | {"From": s}, key="our-key")) for s in (sender, "x@y.z")
    ]

    assert replies[0] == replies[1]
    assert replies[0][0] == 400
    assert ses.asked == 0


def test_what_everybody_shares_is_closed_to_a_key_that_has_a_domain_of_its_own(
    post: Any, ses: Ses
) -> None:
    reply = post("/Mail/Send", MAIL | {"Domain": CONFIG.default_domain.domain}, key="our-key")

    assert reply["statusCode"] == 403
    assert ses.asked == 0


@pytest.mark.parametrize("path", ["/json/reply/SendMail[]", "/json/oneway/SendMail[]"])
def test_a_batch_stops_at_anothers_domain_as_at_one_that_is_not_there(
    call: Call, ses: Ses, path: str
) -> None:
    def batch(domain: str) -> dict[str, Any]:
        body = json.dumps([MAIL | {"Domain": OURS}, MAIL | {"Domain": domain}, MAIL])
        headers = {"Content-Type": "application/json"}
        return call("POST", path, body, headers=headers, key="our-key")

    theirs, nowhere = batch(THEIRS), batch(NOWHERE)

    assert seen(theirs) == seen(nowhere)
    assert theirs["statusCode"] == 403
    assert theirs["headers"]["X-AutoBatch-Completed"] == "1"


def test_a_batch_of_questions_stops_at_anothers_message(post: Any, call: Call) -> None:
    ours = post("/Mail/Send", MAIL, key="our-key")["json"]["MessageId"]
    theirs = post("/Mail/Send", MAIL, key="their-key")["json"]["MessageId"]

    def batch(message_id: str) -> dict[str, Any]:
        body = json.dumps([{"MessageId": ours}, {"MessageId": message_id}])
        headers = {"Content-Type": "application/json"}
        return call("POST", "/json/reply/GetStatus[]", body, headers=headers, key="our-key")

    assert seen(batch(theirs)) == seen(batch(UNKNOWN_ID))
    assert batch(theirs)["statusCode"] == 404


def test_an_idempotency_key_is_its_callers_alone(post: Any, ses: Ses) -> None:
    headers = {HEADER: "the same"}
    theirs = post("/Mail/Send", MAIL, headers=headers, key="their-key")
    ours = post("/Mail/Send", MAIL, headers=headers, key="our-key")
    another_mail = post("/Mail/Send", MAIL | {"Subject": "x"}, headers=headers, key="our-key")

    assert ours["json"]["MessageId"] != theirs["json"]["MessageId"]
    assert "Idempotent-Replayed" not in ours["headers"]
    assert another_mail["statusCode"] == 422  # Because of our own mail, not of theirs.
    assert len(ses.taken) == 2


def test_a_reference_is_its_domains_alone(post: Any, ses: Ses, table: Any) -> None:
    for domain in (OURS, THEIRS):
        change_domain(domain, reference_is_key=True)
    mail = MAIL | {"Reference": "invoice-1"}
    theirs = post("/Mail/Send", mail, key="their-key")["json"]
    ours = post("/Mail/Send", mail, key="our-key")["json"]

    assert ours["MessageId"] != theirs["MessageId"]
    assert post("/Mail/Send", mail, key="our-key")["json"] == ours
    assert len(ses.taken) == 2


def test_a_record_that_cannot_be_used_shuts_its_callers_out_of_everything(
    post: Any, ask: Any, ses: Ses, table: Any
) -> None:
    theirs = post("/Mail/Send", MAIL, key="our-key")["json"]["MessageId"]
    put_domain(OURS, retry_hours=0, api_keys=[hash_of("our-key")])
    api.domain_table._read_at = float("-inf")

    assert post("/Mail/Send", MAIL, key="our-key")["statusCode"] == 403
    assert ask(f"/Status/{theirs}", key="our-key")["statusCode"] == 404
    assert post("/Mail/Send", MAIL, key="their-key")["statusCode"] == 200
    assert len(ses.taken) == 2


def test_the_same_is_asked_of_aws_whether_a_domain_is_anothers_or_not_there(
    post: Any, ses: Ses
) -> None:
    asked: list[str] = []

    def note(request: Any, **_: Any) -> None:
        asked.append(re.sub(r".*\.", "", request.headers["X-Amz-Target"].decode()))

    post("/Mail/Send", MAIL, key="our-key")
    for operation in ("GetItem", "Query", "PutItem", "UpdateItem", "TransactWriteItems"):
        with before_send(f"dynamodb.{operation}", note):
            post("/Mail/Send", MAIL | {"Domain": THEIRS}, key="our-key")

    assert asked == []


def test_tenant_and_tracking_reach_ses_only_where_they_are_configured(
    post: Any, ses: Ses, table: Any
) -> None:
    change_domain(OURS, tenant="shop", track_opens=True, track_clicks=False)

    post("/Mail/Send", MAIL, key="our-key")
    post("/Mail/Send", MAIL, key="their-key")

    assert ses.taken[0]["TenantName"] == "shop"
    assert ses.taken[0]["ConfigurationOverrides"] == {
        "Tracking": {"OpenTrackingEnabled": "ENABLED", "ClickTrackingEnabled": "DISABLED"}
    }
    assert not {"TenantName", "ConfigurationOverrides"} & ses.taken[1].keys()


def test_whoever_names_a_wrong_domain_is_told_which_are_its_own(post: Any) -> None:
    for domain in ("second.example", "broken.example"):
        put_domain(domain, name="second", api_keys=[hash_of("our-key")])
    change_domain("broken.example", retention_days="often")

    wrong = post("/Mail/Send", MAIL | {"Domain": THEIRS}, key="our-key")
    missing = post("/Mail/Send", MAIL, key="our-key")

    own = f"{'second.example'}, {OURS}"
    told = f"'Domain' must be a domain that this API key may send for: {own}."
    assert wrong["json"]["ErrorMessage"] == told
    told = f"'Domain' must be given, since this API key may send for several: {own}."
    assert missing["json"]["ErrorMessage"] == told


def test_whoever_names_a_wrong_sender_is_told_which_are_right(post: Any) -> None:
    change_domain(OURS, allowed_senders=["no-reply@shop.example", "*@brand.example"])

    reply = post("/Mail/Send", MAIL | {"From": f"me@{THEIRS}", "Domain": OURS}, key="our-key")

    assert reply["json"]["ErrorMessage"] == (
        "'From' must be an address that the domain's configuration allows: "
        "no-reply@shop.example, *@brand.example."
    )


def test_no_refusal_names_anothers_domain(post: Any, ask: Any) -> None:
    below = f"mail.{THEIRS}"
    put_domain(below, name="below", api_keys=[hash_of("our-key")])
    theirs = post("/Mail/Send", MAIL, key="their-key")["json"]["MessageId"]

    refused = [
        post("/Mail/Send", MAIL | {"Domain": NOWHERE}, key="our-key"),
        post("/Mail/Send", MAIL, key="our-key"),
        post("/Mail/Send", MAIL | {"Domain": OURS, "From": "me@nowhere.example"}, key="our-key"),
        post("/Mail/Send", MAIL | {"Domain": NOWHERE}, key="a key of nobody's"),
        ask(f"/Status/{theirs}", key="our-key"),
        ask("/Status", key="our-key"),
    ]

    assert [reply["statusCode"] for reply in refused] == [403, 400, 400, 403, 404, 400]
    for reply in refused:
        assert THEIRS not in reply["body"].replace(below, "")


def test_an_unknown_message_is_told_how_long_messages_are_kept(ask: Any) -> None:
    change_domain(THEIRS, retention_days=3_000)
    change_domain(OURS, retention_days=30)

    reply = ask(f"/Status/{UNKNOWN_ID}", key="our-key")

    assert reply["json"]["ErrorMessage"] == (
        "There is no such message of this API key's domains. Give the one that SendMail answered. "
        "Messages are kept for 30 days, at most."
    )


def test_an_id_of_ses_is_told_from_one_of_ours(ask: Any) -> None:
    reply = ask(
        "/Status/0100018f3c4d5e6f-01234567-89ab-cdef-0123-456789abcdef-000000", key="our-key"
    )

    assert reply["statusCode"] == 404
    assert reply["json"]["ErrorMessage"] == (
        "There is no such message: this is an id of SES's. Give the one that SendMail answered."
    )
