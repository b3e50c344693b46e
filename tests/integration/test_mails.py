"""Finding, showing, sending again and cancelling mails that were accepted."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.mails import MAIL
from support.world import BOUNCED, World, world

ADA = MAIL["To"]


@pytest.fixture(autouse=True)
def ses() -> None:
    """Not the common stand-in: `World` plays SES here."""


@pytest.fixture
def service() -> Iterator[World]:
    with world() as made:
        yield made


def accepted(service: World, **changes: Any) -> str:
    reply = service.post(MAIL | changes)
    assert reply
    assert reply["statusCode"] == 200, reply["body"]
    service.clock.pass_by(1)
    return str(json.loads(reply["body"])["MessageId"])


def test_a_mail_is_shown_with_its_history(service: World) -> None:
    service.fate = BOUNCED
    message_id = accepted(
        service, Reference="r-1", Attachments=[{"Bytes": "QUJD", "Name": "a.txt"}]
    )
    service.tell_all()

    reply = service.get(f"/Mail/{message_id}")
    shown = json.loads(reply["body"])
    assert reply["statusCode"] == 200


def test_mails_are_listed_the_newest_first(service: World) -> None:
    ids = [accepted(service, Reference=f"r-{n % 2}") for n in range(7)]
    reply = service.get("/Mail", Limit="3")
    page = json.loads(reply["body"])
    assert [mail["MessageId"] for mail in page["Mails"]] == ids[:3:-1]
    reply = service.get("/Mail", Limit="3", Cursor=page["Cursor"])
    page = json.loads(reply["body"])
    assert [mail["MessageId"] for mail in page["Mails"]] == ids[3:0:-1]
    reply = service.get("/Mail", Recipient=ADA, Reference="r-1", Status="sent")
    page = json.loads(reply["body"])
    assert [mail["MessageId"] for mail in page["Mails"]] == ids[5::-2]
    assert "Cursor" not in page
