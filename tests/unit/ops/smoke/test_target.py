"""`make smoke`: whom it mails."""

import re
import time

import pytest
from support.aws_answers import Answers
from support.healthy import HEALTHY, OUTPUTS, PARAMETERS
from support.paths import ROOT

from ops.smoke.target import Target, at_simulator
from ops.stack import Stack

NOWHERE = Target("http://127.0.0.1:9", "key", "example.com")


def test_mails_go_to_the_mailbox_simulator_alone() -> None:
    assert NOWHERE.mail()["To"] == "success+smoke@simulator.amazonses.com"
    assert at_simulator("bounce") == "bounce+smoke@simulator.amazonses.com"
    source = "".join(path.read_text("utf-8") for path in (ROOT / "ops/smoke").glob("*.py"))
    assert not re.search(
        r"@(?!simulator|\{_SIMULATOR|step|dataclass|property|cached_property|classmethod)\w", source
    )


def test_an_api_that_asks_for_a_certificate_is_not_tried() -> None:
    stack = Stack(None, "id", {}, {"TruststoreUri": "s3://bucket/ca.pem"})

    with pytest.raises(ValueError, match="client certificate"):
        Target.of(stack)


def test_mails_keep_to_a_rate_that_is_small() -> None:
    slow, fast = (Target("http://127.0.0.1:9", "key", "a.b", rate=rate) for rate in (5.0, 14.0))
    begun = time.monotonic()
    for _ in range(50):
        fast.make_room()
    assert time.monotonic() - begun < 0.1
    slow.make_room()
    slow.make_room(2)
    slow.make_room()

    assert time.monotonic() - begun > 0.59
    assert slow.seconds > fast.seconds


@pytest.mark.parametrize("output", ["ApiUrl", "ApiKeyId", "UsagePlanId", "TableName"])
def test_a_stack_without_an_output_is_told_which(output: str) -> None:
    outputs = {name: value for name, value in OUTPUTS.items() if name != output}
    stack_id = "arn:aws:cloudformation:eu-central-1:123456789012:stack/mail/1"
    parameters = PARAMETERS | {"SenderIdentity": "", "ConfigurationName": "default"}

    with pytest.raises(ValueError, match=f"could not be read: the stack has no {output}, so"):
        Target.of(Stack(Answers(HEALTHY), stack_id, outputs, parameters))
