"""A mail is read back from what is stored, also as earlier versions stored it."""

import json

from core.message.address import Mailbox
from core.message.mail import AttachmentHead, Mail

MAIL = Mail(
    sender=Mailbox("no-reply@example.com"),
    to=(Mailbox("ada@recipient.example", "Ada"),),
    reply_to=(Mailbox("help@example.com"), Mailbox("desk@example.com", "Desk")),
    attachments=(
        AttachmentHead(name="a.pdf", content_type="application/pdf"),
        AttachmentHead(name="b.png", content_type="image/png", content_id="b.png"),
    ),
    configuration_set="events",
)


def test_a_stored_mail_is_read_back():
    assert Mail.model_validate_json(MAIL.model_dump_json()) == MAIL


def test_a_mail_of_a_version_without_names_and_content_ids_is_read():
    stored = {
        "sender": {"address": "no-reply@example.com", "name": ""},
        "reply_to": ["help@example.com"],
        "attachments": [{"name": "a.pdf", "content_type": "application/pdf"}],
        "configuration_set": "events",
    }

    mail = Mail.model_validate_json(json.dumps(stored))

    assert mail.reply_to == (Mailbox("help@example.com"),)
    assert mail.attachments == MAIL.attachments[:1]


def test_what_few_mails_have_is_not_stored_for_the_others():
    stored = json.loads(MAIL.model_dump_json())

    assert stored["reply_to"] == [
        "help@example.com",
        {"address": "desk@example.com", "name": "Desk"},
    ]
    assert stored["attachments"][0] == {"name": "a.pdf", "content_type": "application/pdf"}
