import re

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from support.simulator import Topic, mail, sandbox, sdk

from local.ses.errors import SesError

MAIL = {
    "timestamp",
    "source",
    "sourceArn",
    "sendingAccountId",
    "messageId",
    "destination",
    "headersTruncated",
    "headers",
    "commonHeaders",
    "tags",
}
AT_SIMULATOR = "{}@simulator.amazonses.com"


@pytest.fixture
def ses():
    with sandbox() as running:
        yield running


def to(*names):
    addresses = [name if "@" in name else AT_SIMULATOR.format(name) for name in names]
    return {"Destination": {"ToAddresses": addresses}}


def kinds(events):
    return [event["eventType"] for event in events]


def test_a_delivered_mail_has_a_send_and_then_a_delivery_event(ses):
    message_id = ses.send(
        FromEmailAddress="Us <no-reply@mail.example.com>",
        EmailTags=[{"Name": "our_id", "Value": "17"}],
    )

    send, delivery = ses.topic.wait_for(2)
    assert send.keys() == {"eventType", "mail", "send"}
    assert (send["eventType"], send["send"]) == ("Send", {})
    assert send["mail"].keys() == MAIL
    assert send["mail"] | {"headers": [], "timestamp": ""} == {
        "timestamp": "",
        "source": "Us <no-reply@mail.example.com>",
        "sourceArn": "arn:aws:ses:eu-central-1:000000000000:identity/example.com",
        "sendingAccountId": "000000000000",
        "messageId": message_id,
        "destination": ["ada@recipient.example"],
        "headersTruncated": False,
        "headers": [],
        "commonHeaders": {
            "from": ["Us <no-reply@mail.example.com>"],
            "to": ["ada@recipient.example"],
            "messageId": message_id,
            "subject": "Hello",
        },
        "tags": {
            "ses:source-tls-version": ["TLSv1.3"],
            "ses:operation": ["SendEmail"],
            "ses:configuration-set": ["events"],
            "ses:source-ip": ["127.0.0.1"],
            "ses:from-domain": ["mail.example.com"],
            "ses:caller-identity": ["local"],
            "our_id": ["17"],
        },
    }
    names = [header["name"] for header in send["mail"]["headers"]]
    assert names[:4] == ["From", "To", "Subject", "MIME-Version"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", send["mail"]["timestamp"])
    assert delivery["eventType"] == "Delivery"
    assert delivery["mail"]["tags"]["ses:outgoing-ip"] == ["198.51.100.25"]
    assert delivery["delivery"]["recipients"] == ["ada@recipient.example"]
    assert delivery["delivery"].keys() == {
        "timestamp",
        "processingTimeMillis",
        "recipients",
        "smtpResponse",
        "remoteMtaIp",
        "reportingMTA",
    }


def test_deliveries_come_by_domain(ses):
    ses.send(**to("ada@a.example", "bob@B.example", "eve@b.example", "EVE@b.example"))

    _, first, second = ses.topic.wait_for(3)
    assert first["delivery"]["recipients"] == ["ada@a.example"]
    assert second["delivery"]["recipients"] == ["bob@B.example", "EVE@b.example"]
    assert len(first["mail"]["destination"]) == 3


@pytest.mark.parametrize("name", ["bounce", "BOUNCE", "bounce+label"])
def test_a_bounce(ses, name):
    ses.send(**to(name))

    _, event = ses.topic.wait_for(2)
    assert event["bounce"].keys() == {
        "feedbackId",
        "bounceType",
        "bounceSubType",
        "bouncedRecipients",
        "timestamp",
        "reportingMTA",
        "remoteMtaIp",
    }
    assert (event["bounce"]["bounceType"], event["bounce"]["bounceSubType"]) == (
        "Permanent",
        "General",
    )
    assert event["bounce"]["bouncedRecipients"] == [
        {
            "emailAddress": AT_SIMULATOR.format(name),
            "action": "failed",
            "status": "5.1.1",
            "diagnosticCode": "smtp; 550 5.1.1 user unknown",
        }
    ]


def test_the_bounces_of_one_mail_are_one_event_for_each_reason(ses):
    ses.send(**to("bounce+1", "success", "bounce+2", "suppressionlist"))

    send, delivery, bounce, suppressed = ses.topic.wait_for(4)
    assert kinds([send, delivery]) == ["Send", "Delivery"]
    assert len(bounce["bounce"]["bouncedRecipients"]) == 2
    assert suppressed["bounce"]["bounceSubType"] == "General"
    assert suppressed["bounce"]["bouncedRecipients"] == [
        {
            "emailAddress": AT_SIMULATOR.format("suppressionlist"),
            "action": "failed",
            "status": "5.1.1",
            "diagnosticCode": "smtp; 550 5.1.1 suppressed address",
        }
    ]
    assert delivery["delivery"]["recipients"] == [AT_SIMULATOR.format("success")]


def test_an_automatic_reply_follows_its_delivery_as_a_bounce_of_an_address_alone(ses):
    ses.send(**to("ooto+label"))

    events = ses.topic.wait_for(3)
    assert kinds(events) == ["Send", "Delivery", "Bounce"]
    bounce = events[2]["bounce"]
    assert bounce.keys() == {
        "feedbackId",
        "bounceType",
        "bounceSubType",
        "bouncedRecipients",
        "timestamp",
    }
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Transient", "General")
    assert bounce["bouncedRecipients"] == [{"emailAddress": AT_SIMULATOR.format("ooto+label")}]


@pytest.mark.parametrize("name", ["ooto", "complaint"])
def test_what_ses_makes_up_itself_has_an_earlier_time_than_the_delivery_before_it(ses, name):
    ses.send(**to(name))

    _, delivery, made_up = ses.topic.wait_for(3)
    (told,) = (made_up[member] for member in ("bounce", "complaint") if member in made_up)
    assert made_up["mail"]["timestamp"] <= told["timestamp"] < delivery["delivery"]["timestamp"]


@pytest.mark.parametrize(
    "recipients",
    [
        [],
        None,
        [None],
        [{"emailAddress": "eve@other.example"}],
        [{"emailAddress": "eve@other.example", "action": "delayed", "status": "4.0.0"}],
    ],
)
def test_a_bounce_can_name_whomever_it_is_told_to(ses, recipients):
    sent = ses.send()
    ses.topic.wait_for(2)

    assert order(ses, sent, "Bounce", bouncedRecipients=recipients)[0] == 200

    assert ses.topic.wait_for(3)[2]["bounce"]["bouncedRecipients"] == recipients


def test_a_complaint_follows_its_delivery(ses):
    ses.send(**to("complaint+label"))

    events = ses.topic.wait_for(3)
    assert kinds(events) == ["Send", "Delivery", "Complaint"]
    assert events[2]["complaint"].keys() == {
        "complainedRecipients",
        "timestamp",
        "feedbackId",
        "complaintSubType",
        "userAgent",
        "complaintFeedbackType",
        "arrivalDate",
    }
    assert events[2]["complaint"]["complaintFeedbackType"] == "abuse"


def test_only_the_types_of_the_event_destination_are_published(ses):
    ses.send(**to("bounce"), ConfigurationSetName="bounces")

    assert kinds(ses.topic.wait_for(1)) == ["Bounce"]


def test_without_a_configuration_set_there_are_no_events(ses):
    silent = ses.send(ConfigurationSetName=None)

    status, answer = order(ses, silent, "Open")
    assert (status, answer["published"]) == (200, 0)
    assert "OPEN events to no topic" in answer["message"]
    ses.send()
    assert all(event["mail"]["messageId"] != silent for event in ses.topic.wait_for(2))


def test_headers_over_10_kb_are_cut(ses):
    long = {"Name": "X-Long", "Value": "x" * 990}
    content = mail()["Content"]["Simple"] | {"Headers": [long] * 15}

    ses.send(Content={"Simple": content})

    (event,) = ses.topic.wait_for(1)
    assert event["mail"]["headersTruncated"] is True
    assert sum(len(one["name"] + one["value"]) for one in event["mail"]["headers"]) <= 10_240


def test_a_failed_publication_is_tried_again():
    with sandbox(topic=Topic(failures=2)) as ses:
        ses.send()

        assert sorted(kinds(ses.topic.wait_for(2))) == ["Delivery", "Send"]


def test_what_was_not_published_is_told_when_the_simulator_stops(capsys):
    with sandbox(event_delay=60) as ses:
        ses.send()
        ses.topic.wait_for(1)

    assert "stopped, events not published: 1" in capsys.readouterr().out


DETAILS = {
    "Send": ("send", set()),
    "Delivery": (
        "delivery",
        {
            "timestamp",
            "processingTimeMillis",
            "recipients",
            "smtpResponse",
            "remoteMtaIp",
            "reportingMTA",
        },
    ),
    "Reject": ("reject", {"reason"}),
    "Open": ("open", {"ipAddress", "timestamp", "userAgent"}),
    "Click": ("click", {"ipAddress", "timestamp", "userAgent", "link", "linkTags"}),
    "Rendering Failure": ("failure", {"errorMessage", "templateName"}),
    "DeliveryDelay": (
        "deliveryDelay",
        {"timestamp", "delayType", "expirationTime", "delayedRecipients"},
    ),
    "Subscription": (
        "subscription",
        {"contactList", "timestamp", "source", "newTopicPreferences", "oldTopicPreferences"},
    ),
}


def order(ses, message_id, kind, **given):
    return ses.call("POST", "/events", {"MessageId": message_id, "eventType": kind, **given})


def ordered(ses, kind, **given):
    """Return the one event that was published on request."""
    message_id = ses.send()
    ses.topic.wait_for(2)
    assert order(ses, message_id, kind, **given) == (200, {"published": 1})
    return ses.topic.wait_for(3)[2]


@pytest.mark.parametrize("kind", DETAILS)
def test_every_type_of_event_can_be_ordered(ses, kind):
    name, keys = DETAILS[kind]

    event = ordered(ses, kind)

    assert event.keys() == {"eventType", "mail", name}
    assert event["eventType"] == kind
    assert event[name].keys() == keys
    lacking = {
        "Open": {"sourceArn"},
        "Click": {"sourceArn"},
        "DeliveryDelay": {"headers", "commonHeaders"},
        "Rendering Failure": {"headers", "commonHeaders"},
    }
    assert event["mail"].keys() == MAIL - lacking.get(kind, set())


def test_an_ordered_event_says_what_it_is_told_to_say(ses):
    event = ordered(
        ses,
        "Bounce",
        recipients=["eve@other.example"],
        bounceType="Transient",
        timestamp="2026-01-01T00:00:00.000Z",
        diagnosticCode="smtp; 452 4.2.2 full",
    )

    assert event["bounce"] | {"feedbackId": "", "reportingMTA": ""} == {
        "feedbackId": "",
        "bounceType": "Transient",
        "bounceSubType": "MailboxFull",
        "bouncedRecipients": [
            {
                "emailAddress": "eve@other.example",
                "action": "failed",
                "status": "5.2.2",
                "diagnosticCode": "smtp; 452 4.2.2 full",
            }
        ],
        "timestamp": "2026-01-01T00:00:00.000Z",
        "reportingMTA": "",
        "remoteMtaIp": "203.0.113.27",
    }


def test_an_undetermined_bounce_says_nothing_more(ses):
    event = ordered(ses, "Bounce", bounceType="Undetermined")

    assert event["bounce"]["bouncedRecipients"] == [{"emailAddress": "ada@recipient.example"}]
    assert "reportingMTA" not in event["bounce"]


def test_an_ordered_event_can_come_several_times(ses):
    message_id = ses.send()

    assert order(ses, message_id, "Open", count=3) == (200, {"published": 3})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("eventType", "Rendering"),
        ("eventType", None),
        ("MessageId", 1),
        ("recipients", "a@b.example"),
        ("recipients", [1]),
        ("count", 0),
        ("count", True),
        ("count", "x"),
    ],
)
def test_an_order_that_makes_no_sense_names_its_field(ses, field, value):
    given = {"MessageId": ses.send(), "eventType": "Open", field: value}

    status, answer = ses.call("POST", "/events", given)

    assert (status, answer["field"]) == (400, field)


def test_an_order_for_an_unknown_message_is_not_found(ses):
    assert order(ses, "unknown", "Open")[0] == 404


def test_an_order_that_cannot_be_published_is_told():
    with sandbox(topic=Topic(failures=1_000)) as ses:
        message_id = ses.send()

        assert order(ses, message_id, "Open")[0] == 502


FAULTS = {
    "throttle": ("TooManyRequestsException", 429, False),
    "paused": ("SendingPausedException", 400, False),
    "rejected": ("MessageRejected", 400, False),
    "error_before": ("InternalServiceErrorException", 500, False),
    "error_after": ("InternalServiceErrorException", 500, True),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_that_is_told(ses, kind):
    code, status, taken = FAULTS[kind]
    ses.call("POST", "/faults", {"kind": kind})

    with pytest.raises(getattr(ses.client.exceptions, code)) as fault:
        ses.send()

    assert fault.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert len(ses.messages()) == taken
    if taken:
        assert kinds(ses.topic.wait_for(2)) == ["Send", "Delivery"]
    ses.send()  # The next one meets nothing.


def test_an_answer_that_is_lost(ses):
    ses.call("POST", "/faults", {"kind": "drop_after"})

    with pytest.raises(Exception, match="Connection was closed"):
        ses.send()

    assert len(ses.messages()) == 1
    assert kinds(ses.topic.wait_for(2)) == ["Send", "Delivery"]


@pytest.mark.parametrize(
    ("kind", "error"), [("drop_before", "Connection was closed"), ("timeout_before", "timeout")]
)
def test_a_request_that_is_lost_is_no_mail(ses, kind, error):
    ses.call("POST", "/faults", {"kind": kind})
    impatient = sdk(ses.url, read_timeout=0.2)

    with pytest.raises(Exception, match=error):
        impatient.send_email(**mail())

    impatient.close()
    assert ses.messages() == []
    ses.send()
    assert kinds(ses.topic.wait_for(2)) == ["Send", "Delivery"]


def test_an_answer_that_does_not_come(ses):
    ses.call("POST", "/faults", {"kind": "timeout_after"})
    impatient = sdk(ses.url, read_timeout=0.2)

    with pytest.raises(ReadTimeoutError):
        impatient.send_email(**mail())

    impatient.close()
    assert kinds(ses.topic.wait_for(2)) == ["Send", "Delivery"]


def test_faults_are_met_in_the_order_in_which_they_were_asked_for(ses):
    ses.call("POST", "/faults", {"kind": "throttle", "count": 2})
    ses.call("POST", "/faults", {"kind": "paused"})
    left = [{"kind": "throttle", "count": 2}, {"kind": "paused", "count": 1}]
    assert ses.call("GET", "/faults") == (200, left)

    for code in ("TooManyRequests", "TooManyRequests", "SendingPaused"):
        with pytest.raises(ClientError, match=code):
            ses.send()

    assert ses.call("GET", "/faults") == (200, [])


def test_a_mail_that_is_refused_meets_no_fault(ses):
    ses.call("POST", "/faults", {"kind": "throttle"})

    with pytest.raises(ClientError, match="MessageRejected"):
        ses.send(FromEmailAddress="a@other.example")

    assert ses.call("DELETE", "/faults")[0] == 204
    ses.send()


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("kind", {"kind": "flood"}),
        ("kind", {}),
        ("count", {"kind": "throttle", "count": -1}),
        ("times", {"kind": "throttle", "times": 2}),
        ("", ["throttle"]),
    ],
)
def test_a_fault_that_makes_no_sense_names_its_field(ses, field, given):
    status, answer = ses.call("POST", "/faults", given)

    assert (status, answer["field"]) == (400, field)


def test_an_unreadable_configuration_set_is_an_internal_error():
    def unreadable(name):
        raise SesError("InternalServiceErrorException", f"{name} could not be read.")

    refused = pytest.raises(ClientError, match="could not")
    with sandbox(configuration_sets=unreadable) as ses, refused:
        ses.send()
