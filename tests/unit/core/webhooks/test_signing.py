"""What the libraries of Standard Webhooks think of our signatures."""

import base64
import json
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from support.webhook_samples import WEBHOOK, endpoint

from core.webhooks import signing
from core.webhooks.endpoint import OVERLAP_SECONDS

STACK, ID = "a secret of the stack", "msg_aaaa"
BODY = '{"type":"mail.delivered","data":{"reference":"Grüße"}}'.encode()


def secret(generation: int = 0) -> str:
    return signing.secret(STACK, WEBHOOK, generation)


def signed(*secrets: str, age: int = 0, body: bytes = BODY) -> dict[str, str]:
    return signing.headers(ID, int(time.time()) - age, body, secrets)


def test_a_receiver_with_the_secret_reads_the_body() -> None:
    assert Webhook(secret()).verify(BODY, signed(secret())) == json.loads(BODY)


@pytest.mark.parametrize("age", [-295, -1, 0, 1, 295])
def test_five_minutes_of_difference_between_the_clocks_are_borne(age: int) -> None:
    assert Webhook(secret()).verify(BODY, signed(secret(), age=age))


@pytest.mark.parametrize(("age", "says"), [(302, "too old"), (-302, "too new")])
def test_a_call_that_is_recorded_and_played_later_is_refused(age: int, says: str) -> None:
    with pytest.raises(WebhookVerificationError, match=says):
        Webhook(secret()).verify(BODY, signed(secret(), age=age))


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (signed(signing.secret(STACK, WEBHOOK, 1)), BODY),
        (signed(signing.secret(STACK, f"{WEBHOOK}1", 0)), BODY),
        (signed(signing.secret("another stack", WEBHOOK, 0)), BODY),
        (signed(secret()), BODY.replace(b"delivered", b"bounced")),
        (signed(secret()) | {"webhook-id": "msg_bbbb"}, BODY),
        (signed(secret()) | {"webhook-timestamp": str(int(time.time()) - 9)}, BODY),
    ],
    ids=["generation", "endpoint", "stack", "body", "id", "timestamp"],
)
def test_what_was_signed_otherwise_is_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(secret()).verify(body, headers)


def test_for_a_day_after_a_rotation_a_receiver_may_have_either_secret() -> None:
    rotated = endpoint().rotated(now := int(time.time()))

    for later, accepted in ((0, {0, 1}), (OVERLAP_SECONDS - 1, {0, 1}), (OVERLAP_SECONDS, {1})):
        secrets = [secret(number) for number in rotated.generations(now + later)]
        assert {number for number in (0, 1, 2) if accepts(secret(number), secrets)} == accepted


def accepts(known: str, secrets: list[str]) -> bool:
    try:
        Webhook(known).verify(BODY, signed(*secrets))
    except WebhookVerificationError:
        return False
    return True


def test_a_secret_is_thirty_two_bytes_that_nobody_can_tell_from_another_one() -> None:
    names = [(STACK, WEBHOOK, 0), (STACK, WEBHOOK, 1), (STACK, WEBHOOK[:-1], 0), ("x", WEBHOOK, 0)]
    secrets = [signing.secret(*name) for name in names]

    assert len({*secrets}) == len(names)
    for each in secrets:
        assert each.startswith("whsec_")
        assert len(base64.b64decode(each.removeprefix("whsec_"), validate=True)) == 32
    assert signing.secret(STACK, WEBHOOK, 0) == secrets[0]


def test_without_the_stacks_secret_nothing_is_signed() -> None:
    with pytest.raises(ValueError, match="WEBHOOK_SECRET"):
        signing.secret("", WEBHOOK, 0)


def test_the_headers_are_those_of_the_standard_with_a_signature_for_each_secret() -> None:
    headers = signing.headers(ID, 1_800_000_000, BODY, [secret(1), secret(0)])

    assert [*headers] == ["webhook-id", "webhook-timestamp", "webhook-signature"]
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (ID, "1800000000")
    signatures = headers["webhook-signature"].split(" ")
    assert [each.partition(",")[0] for each in signatures] == ["v1", "v1"]
    assert len({*signatures}) == 2


def test_the_signature_is_the_one_of_the_standards_own_example() -> None:
    """From the tests of its libraries, which all languages share."""
    body = b'{"test": 2432232314}'

    headers = signing.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
    )

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
