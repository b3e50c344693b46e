"""SES's events, in each shape in which they arrive (the files beside this one)."""

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from support.paths import SES_EVENTS

from core.message.event import Event, EventType, Report
from core.message.ses_event import Malformed, parse

MESSAGE = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"
SES_ID = "0102019aa1b2c3d4-5e6f7081-92a3-44b5-86c7-d8e9f0a1b2c3-000000"
ADA, BOB, EVE = "ada@recipient.example", "bob@recipient.example", "eve@other.example"


def text(name):
    return (SES_EVENTS / name).read_text("utf-8")


def document(name):
    return json.loads(text(name))


def told(text):
    """Read an event, without what only its history needs (see the end of this file)."""
    read = parse(text)
    if read is None:
        return None
    reports = tuple(report._replace(code="", heard="") for report in read.reports)
    return read._replace(at_ms=0, host="", took_ms=0, reports=reports)


def at(when):
    return int(datetime.fromisoformat(when).replace(tzinfo=UTC).timestamp())


def event(kind, when, *recipients, detail="", message_id=MESSAGE, attempt=1, **said):
    return Event(
        kind=kind,
        message_id=message_id,
        attempt=attempt,
        ses_message_id=SES_ID,
        at=at(when),
        reports=tuple(
            Report(kind, recipient, detail=detail, **said) for recipient in recipients or [None]
        ),
    )


def bounced(when, detail, words, *, is_dead=True, **more):
    said = {"detail": f"Bounced: {detail}", "words": words, "is_dead": is_dead}
    return event(EventType.BOUNCE, when, ADA, **said, **more)


MAILED, DELIVERED, BOUNCED, COMPLAINED = (
    "2026-11-20T09:15:30",
    "2026-11-20T09:15:31",
    "2026-11-20T09:15:34",
    "2026-11-21T07:00:12",
)
READ = {
    "send.json": event(EventType.SEND, MAILED),
    "delivery.json": event(EventType.DELIVERY, DELIVERED, ADA),
    "delivery_multi_same_domain.json": event(EventType.DELIVERY, DELIVERED, ADA, BOB),
    "delivery_multi_second_event.json": event(EventType.DELIVERY, "2026-11-20T09:15:44", EVE),
    "eventbridge_delivery.json": event(EventType.DELIVERY, DELIVERED, ADA),
    "delivery_delay.json": event(EventType.DELIVERY_DELAY, "2026-11-20T09:25:40", ADA),
    "bounce_permanent_general.json": bounced(
        BOUNCED, "Permanent/General 5.1.1", "smtp; 550 5.1.1 user unknown"
    ),
    "bounce_permanent_suppressed_global.json": bounced(
        BOUNCED,
        "Permanent/Suppressed 5.1.1",
        "Amazon SES has suppressed sending to this address because it has a recent history of "
        "bouncing as an invalid address.",
    ),
    "bounce_transient_mailbox_full.json": bounced(
        BOUNCED,
        "Transient/MailboxFull 5.2.2",
        "smtp; 552 5.2.2 The email account that you tried to reach is over quota",
        is_dead=False,
    ),
    "bounce_undetermined.json": bounced(BOUNCED, "Undetermined/Undetermined", "", is_dead=False),
    "identity_bounce_with_dsn.json": bounced(
        "2026-11-20T09:15:38",
        "Permanent/General 5.1.1",
        "smtp; 550 5.1.1 <ada@recipient.example>... User",
        message_id="",
        attempt=0,
    ),
    "bounce_automatic_reply.json": Event(
        EventType.BOUNCE, MESSAGE, 1, SES_ID, at(BOUNCED), (Report(EventType.AUTOMATIC_REPLY, ADA),)
    ),
    "bounce_forwarded_mailbox.json": event(
        EventType.BOUNCE,
        BOUNCED,
        "ada.privat@freemail.example",
        detail="Bounced: Transient/MailboxFull 5.2.2",
        words="smtp; 552 5.2.2 <ada.privat@freemail.example>: mailbox full",
    ),
    "bounce_nobody.json": event(
        EventType.BOUNCE, BOUNCED, "", detail="Bounced: Permanent/NoEmail", is_dead=True
    ),
    "bounce_failed_and_delayed.json": Event(
        EventType.BOUNCE,
        MESSAGE,
        1,
        SES_ID,
        at(BOUNCED),
        (
            Report(
                EventType.BOUNCE,
                ADA,
                detail="Bounced: Permanent/General 5.0.0",
                words="smtp; 550 user unknown",
                is_dead=True,
            ),
            Report(EventType.DELIVERY_DELAY, EVE),
        ),
    ),
    "bounce_transient_no_such_user.json": bounced(
        BOUNCED, "Transient/General 5.1.1", "smtp; 550 5.1.1 user unknown"
    ),
    "complaint_account_suppression_list.json": event(
        EventType.EARLIER_COMPLAINT,
        COMPLAINED,
        ADA,
        detail="Not sent: the address is on the suppression list of the SES account.",
        is_withheld=True,
    ),
    "complaint_of_one_host.json": event(EventType.COMPLAINT, COMPLAINED, ADA, BOB),
    "complaint_abuse.json": event(EventType.COMPLAINT, COMPLAINED, ADA),
    "complaint_without_feedback_report.json": event(EventType.COMPLAINT, COMPLAINED, ADA),
    "reject.json": event(EventType.REJECT, MAILED, detail="SES rejected the mail: bad content."),
    "rendering_failure.json": event(
        EventType.RENDERING_FAILURE, MAILED, detail="SES could not render the mail."
    ),
    "open.json": event(EventType.OPEN, "2026-11-20T10:00:19", ADA),
    "click.json": None,
    "setup_validation_message.txt": None,
}
ENVELOPES = {"lambda_event_sns_direct.json", "lambda_event_sqs_raw_delivery_batch.json"}


def test_every_file_is_used():
    assert {path.name for path in SES_EVENTS.iterdir()} == READ.keys() | ENVELOPES


@pytest.mark.parametrize("name", READ)
def test_an_event_is_read(name):
    assert told(text(name)) == READ[name]


@pytest.mark.parametrize("name", [name for name in READ if name.endswith(".json")])
def test_an_event_may_come_in_an_sns_envelope(name):
    envelope = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:ses",
        "Message": text(name),
        "Timestamp": "2026-11-20T09:15:32.001Z",
    }

    assert told(json.dumps(envelope)) == READ[name]


def test_the_setup_message_may_come_in_an_envelope():
    envelope = {"TopicArn": "arn:x", "Message": text("setup_validation_message.txt")}

    assert parse(json.dumps(envelope)) is None


def test_what_a_queue_hands_over_is_read():
    bodies = [r["body"] for r in document("lambda_event_sqs_raw_delivery_batch.json")["Records"]]

    assert [told(body) for body in bodies[:4]] == [
        READ["send.json"],
        READ["delivery.json"],
        None,
        READ["bounce_permanent_general.json"],
    ]
    with pytest.raises(Malformed):
        parse(bodies[4])


def test_what_a_topic_hands_over_is_read():
    records = document("lambda_event_sns_direct.json")["Records"]

    assert all(parse(record["Sns"]["Message"]).message_id == MESSAGE for record in records)


# Complaints and opens


def complaint(**said):
    changed = document("complaint_abuse.json")
    changed["complaint"] |= said
    return parse(json.dumps(changed))


def test_not_spam_takes_a_complaint_back():
    assert complaint(complaintFeedbackType="not-spam").kind is EventType.COMPLAINT_CLEARED


@pytest.mark.parametrize("kind", ["abuse", "fraud", "virus", "other", "auth-failure", None])
def test_every_other_feedback_is_a_complaint(kind):
    assert complaint(complaintFeedbackType=kind).kind is EventType.COMPLAINT


def opened(**said):
    changed = document("open.json")
    changed["open"] |= said
    return parse(json.dumps(changed))


@pytest.mark.parametrize(
    "said",
    [
        {"isBot": True},
        {"isBot": "true"},
        {"automated": True},
        {"isAutomatedOpen": True},
        {"machineOpen": True},
    ],
)
def test_an_open_by_a_machine_is_no_open(said):
    assert opened(**said) is None


@pytest.mark.parametrize("said", [{"isBot": False}, {"isBot": "false"}, {"automated": None}])
def test_an_open_that_is_said_to_be_no_machines_counts(said):
    assert opened(**said).kind is EventType.OPEN


def test_an_open_of_a_mail_to_several_says_nothing_of_whom():
    changed = document("open.json")
    changed["mail"]["destination"] = [ADA, BOB]

    assert parse(json.dumps(changed)) is None


# Everything else


def addresses(read):
    return [report.address for report in read.reports]


def test_recipients_are_known_by_their_canonical_address():
    changed = document("delivery.json")
    changed["delivery"]["recipients"] = ["ADA@Recipient.example", "b@münchen.example"]

    assert addresses(parse(json.dumps(changed))) == [ADA, "b@xn--mnchen-3ya.example"]


@pytest.mark.parametrize(
    "written",
    [
        "rfc822;ada@recipient.example",
        "RFC822; Ada@Recipient.example",
        "rfc822;<ada@recipient.example>",
        "mailto:ada@recipient.example",
        "SMTP:ada@recipient.example",
        "'ada@recipient.example'",
        "ada@recipient.example.",
        "ada@recipient.example (Ada)",
        "<ada@recipient.example> (Ada)",
        "Team: Ada <ada@recipient.example>",
    ],
)
def test_what_hosts_write_around_an_address_is_no_part_of_it(written):
    recipients = [{"emailAddress": written}]

    read = changed("bounce_permanent_general.json", "bounce", "bouncedRecipients", to=recipients)

    assert addresses(read) == [ADA]


@pytest.mark.parametrize(
    "address", ["'t.hart@recipient.example", "o'neill@recipient.example", "a.b@recipient.example"]
)
def test_what_is_a_part_of_an_address_stays(address):
    assert addresses(changed("delivery.json", "delivery", "recipients", to=[address])) == [address]


@pytest.mark.parametrize("nothing", ["", ".", ")", "'", "''", "()", "rfc822;"])
def test_an_address_of_which_nothing_is_left_is_nobodys(nothing):
    (address,) = addresses(changed("delivery.json", "delivery", "recipients", to=[nothing]))

    assert "@" not in address


@pytest.mark.parametrize("name", READ)
def test_no_detail_holds_an_address(name):
    parsed = parse(text(name))

    assert parsed is None or all("@" not in report.detail for report in parsed.reports)


@pytest.mark.parametrize(
    "told",
    [
        {"eventType": "Subscription", "mail": {}},
        {"eventType": "SomethingNew"},
        {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have subscribed"},
        {"something": "else"},
        {},
        {"detail-type": "Scheduled Event", "detail": {}},
    ],
)
def test_what_is_no_concern_is_passed_over(told):
    assert parse(json.dumps(told)) is None


def changed(name, *path, to):
    told = document(name)
    part = told
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = to
    return parse(json.dumps(told))


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("send.json", ["mail"], None),
        ("send.json", ["mail"], "x"),
        ("send.json", ["mail", "messageId"], None),
        ("send.json", ["mail", "messageId"], 7),
        ("send.json", ["eventType"], ["Send"]),
    ],
)
def test_an_event_of_which_nobody_can_say_what_it_is_or_of_which_mail_is_malformed(
    name, path, value
):
    with pytest.raises(Malformed):
        changed(name, *path, to=value)


LISTS = {
    "delivery": ("delivery", "recipients", EventType.DELIVERY),
    "delivery_delay": ("deliveryDelay", "delayedRecipients", EventType.DELIVERY_DELAY),
    "bounce_permanent_general": ("bounce", "bouncedRecipients", EventType.BOUNCE),
}


@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [None], [7], [[]], [{}]])
@pytest.mark.parametrize("name", LISTS)
def test_an_event_whose_recipients_cannot_be_read_is_about_nobody_knows_whom(name, value):
    member, recipients, kind = LISTS[name]

    for path, to in [([member, recipients], value), ([member], value)]:
        (report,) = changed(f"{name}.json", *path, to=to).reports
        assert (report.kind, report.address) == (kind, "")


@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [None], [7], [[]], [{}]])
def test_a_complaint_whose_recipients_cannot_be_read_accuses_nobody(value):
    for path in (["complaint"], ["complaint", "complainedRecipients"]):
        read = changed("complaint_abuse.json", *path, to=value)

        assert (read.kind, read.reports) == (EventType.COMPLAINT, ())


def test_what_cannot_be_read_among_recipients_is_passed_over():
    recipients = [None, 7, {"emailAddress": None}, {"emailAddress": ADA}, {}, {"emailAddress": ADA}]
    bounce = ["bounce", "bouncedRecipients"]

    complained = changed("complaint_abuse.json", "complaint", "complainedRecipients", to=recipients)
    delivered = changed("delivery.json", "delivery", "recipients", to=[None, 7, ADA, {}])

    assert addresses(complained) == addresses(delivered) == [ADA]
    assert ADA in addresses(changed("bounce_undetermined.json", *bounce, to=recipients))


@pytest.mark.parametrize("tags", [None, "x", [1], 7])
def test_an_event_without_readable_tags_is_found_by_the_id_of_ses(tags):
    read = changed("send.json", "mail", "tags", to=tags)

    assert (read.message_id, read.attempt, read.ses_message_id) == ("", 0, SES_ID)


@pytest.mark.parametrize(
    "told",
    [
        "",
        "x",
        "{",
        "[]",
        "null",
        "1",
        '"x"',
        '["eventType"]',
        "[" * 100_000,
        '{"detail":1,"detail-',
    ],
)
def test_what_is_no_json_object_is_malformed(told):
    with pytest.raises(Malformed):
        parse(told)


@pytest.mark.parametrize("inner", ["1", "null", "[]", '"x"', "{}"])
@pytest.mark.parametrize(
    "wrapped", ['{"TopicArn":"x","Message":%s}', '{"detail-type":"x","detail":%s}']
)
def test_an_odd_envelope_never_fails_otherwise(inner, wrapped):
    with suppress(Malformed):
        assert parse(wrapped % inner) is None


def test_envelopes_within_envelopes_end():
    told = "{}"
    for _ in range(12):
        told = json.dumps({"TopicArn": "x", "Message": told})

    assert parse(told) is None


@pytest.mark.parametrize(
    "stamp", ["", "yesterday", None, 7, [], "0001-01-01T00:00:00", "2026-11-20T09:15:30 +0000"]
)
def test_a_time_that_cannot_be_read_loses_nothing(stamp):
    changed = document("delivery.json")
    changed["delivery"]["timestamp"] = changed["mail"]["timestamp"] = stamp

    assert parse(json.dumps(changed)).at in (0, at(MAILED))


def test_an_event_whose_own_time_cannot_be_read_has_that_of_the_mail():
    assert changed("delivery.json", "delivery", "timestamp", to=7).at == at(MAILED)


@pytest.mark.parametrize(
    "tag", [[], ["x"], ["\u00b2"], [None], "2", [" 2"], ["-1"], [""], ["9" * 5000]]
)
def test_an_attempt_that_is_no_number_is_not_known(tag):
    changed = document("send.json")
    changed["mail"]["tags"]["mailapi_attempt"] = tag

    assert parse(json.dumps(changed)).attempt in (0, 2)


@pytest.mark.parametrize("member", ["isFirstOpen", "cached", "prefetched"])
def test_an_open_with_another_true_member_is_a_persons(member):
    """SES adds members without notice: only those whose names speak of a machine say so."""
    assert opened(**{member: True}).kind is EventType.OPEN
    assert opened(**{member: "true"}).kind is EventType.OPEN


def test_a_time_may_have_a_space_before_its_offset_as_identities_write_it():
    told = document("delivery.json")
    told["delivery"]["timestamp"] = "2018-10-08T14:05:45 +0000"

    assert parse(json.dumps(told)).at == at("2018-10-08T14:05:45")


def test_a_tag_without_a_value_is_as_if_it_were_not_there():
    told = document("delivery.json")
    told["mail"]["tags"] = {name: [] for name in told["mail"]["tags"]}
    read = parse(json.dumps(told))

    assert (read.message_id, read.attempt) == ("", 0)


def test_what_is_malformed_says_which_kind_of_error_it_was_and_no_value():
    told = document("delivery.json")
    del told["mail"]["messageId"]
    told["mail"]["secret"] = "geheim47"

    with pytest.raises(Malformed, match=r"^KeyError$"):
        parse(json.dumps(told))


# What only the history needs


@pytest.mark.parametrize(
    ("name", "at_ms", "host", "took_ms", "code", "said"),
    [
        ("send.json", "30.120", "", 0, "", ""),
        ("delivery.json", "31.662", "a6-25.smtp-out.eu-west-1.amazonses.com", 1542, "", "250"),
        ("bounce_permanent_general.json", "34.500", "a6-25", 0, "5.1.1", "smtp; 550"),
        ("delivery_delay.json", "25:40", "", 0, "TransientCommunicationFailure", "smtp; 421"),
        ("complaint_abuse.json", "12", "", 0, "abuse", ""),
    ],
)
def test_what_the_history_needs_is_read(name, at_ms, host, took_ms, code, said):
    read = parse(text(name))
    (report,) = read.reports

    assert read.at == read.at_ms // 1000
    assert at_ms in datetime.fromtimestamp(read.at_ms / 1000, UTC).isoformat()
    assert (read.host.startswith(host), read.took_ms, report.code) == (True, took_ms, code)
    assert (report.words or report.heard).startswith(said)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("reportingMTA", "ada@recipient.example"),
        ("reportingMTA", "dns; x y"),
        ("reportingMTA", 5),
        ("processingTimeMillis", -1),
        ("processingTimeMillis", True),
        ("processingTimeMillis", "5"),
        ("processingTimeMillis", 10**12),
        ("smtpResponse", ["250"]),
    ],
)
def test_what_the_history_cannot_hold_is_left_out(member, value):
    changed = document("delivery.json")
    for each in ("reportingMTA", "processingTimeMillis", "smtpResponse"):
        changed["delivery"].pop(each)
    changed["delivery"][member] = value
    read = parse(json.dumps(changed))

    assert (read.host, read.took_ms, read.reports[0].heard) == ("", 0, "")
