"""`make smoke`: whom it mails."""

import re

import pytest
from support.paths import ROOT

from ops.smoke.target import Target, at_simulator
from ops.stack import Stack

NOWHERE = Target("http://127.0.0.1:9", "key", "example.com")


def test_mails_go_to_the_mailbox_simulator_alone() -> None:
    assert NOWHERE.mail()["To"] == "success+smoke@simulator.amazonses.com"
    assert at_simulator("bounce") == "bounce+smoke@simulator.amazonses.com"
    source = "".join(path.read_text("utf-8") for path in (ROOT / "ops/smoke").glob("*.py"))
    assert not re.search(
        r"@(?!simulator|\{_SIMULATOR|step|dataclass|property|classmethod)\w", source
    )


def test_an_api_that_asks_for_a_certificate_is_not_tried() -> None:
    stack = Stack(None, "id", {}, {"TruststoreUri": "s3://bucket/ca.pem"})

    with pytest.raises(ValueError, match="client certificate"):
        Target.of(stack)
