"""What the inbox is told of the API's log: which members a mail came with that nobody knows."""

import json

import pytest
from support.simulator import sandbox

from local.notes import Notes, in_line

ACCEPTED = {"message": "accepted", "message_id": "01JD9ZK4M6T0V3Q8W2X5Y7B1CD", "state": "sent"}


def test_a_line_about_ignored_members_is_a_note_on_its_mail() -> None:
    line = json.dumps(ACCEPTED | {"ignored": ["Body", "Foo"]})

    assert in_line(line) == {
        "Name": "mailapi_message_id",
        "Value": ACCEPTED["message_id"],
        "Note": "Ignored members: Body, Foo",
    }


@pytest.mark.parametrize(
    "line",
    [
        json.dumps(ACCEPTED),
        json.dumps({"message": "refused", "ignored": ["Body"]}),  # No mail came of it.
        'START RequestId: "ignored"',
        '["ignored"]',
    ],
)
def test_other_lines_are_none(line: str) -> None:
    assert in_line(line) is None


def test_the_inbox_shows_the_note_beside_the_mail() -> None:
    with sandbox() as ses:
        tag = {"Name": "mailapi_message_id", "Value": ACCEPTED["message_id"]}
        ses.send(EmailTags=[tag])
        notes = Notes(ses.url)
        notes.take([json.dumps(ACCEPTED), json.dumps(ACCEPTED | {"ignored": ["Foo"]})])
        notes.finish()

        assert [mail["Notes"] for mail in ses.messages()] == [["Ignored members: Foo"]]


def test_an_inbox_that_is_not_there_is_said_and_harms_nothing(
    capfd: pytest.CaptureFixture[str],
) -> None:
    notes = Notes("http://127.0.0.1:1")
    notes.take([json.dumps(ACCEPTED | {"ignored": ["Foo"]})])
    notes.finish()

    assert "The inbox took no note" in capfd.readouterr().err
