"""One try at SES: what it is asked, and what each end of it means for the message."""

import json
from email.header import decode_header, make_header

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from core.aws.deadline import DeadlinePassed, NotWritten
from core.aws.ses import OPERATOR_FAULTS, Transport
from core.message.address import Mailbox
from core.message.mail import AttachmentHead, Mail
from core.message.outcome import NoAnswer, NotTaken, Refused, Sent, Throttled

URL = "https://email.eu-central-1.amazonaws.com"
MINUTE = 60
MESSAGE_ID = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"
ADA, BOB, EVE = (Mailbox(f"{name}@recipient.example") for name in ("ada", "bob", "eve"))


class Ses:
    """SES on the wire of a real client: keeps what it is asked, and answers as it is told."""

    def __init__(self):
        self.asked = []
        self.answer = lambda: self.said(200, {"MessageId": "ses-1"})

    def __call__(self, request, **_):
        self.asked.append(json.loads(request.body))
        return self.answer()

    @staticmethod
    def said(status, body, code=""):
        class Raw:
            def stream(self, **_):
                yield json.dumps(body).encode()

        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
        return AWSResponse(URL, status, headers, Raw())

    def refuse(self, status, code):
        self.answer = lambda: self.said(status, {"message": "secret@recipient.example"}, code)

    def fail(self, error):
        def raise_it():
            raise error

        self.answer = raise_it


@pytest.fixture
def ses():
    return Ses()


@pytest.fixture
def transport(ses):
    session = botocore.session.Session()
    session.set_credentials("testing", "testing")
    retries = {"total_max_attempts": 1}
    client = session.create_client("sesv2", "eu-central-1", config=Config(retries=retries))
    client.meta.events.register_first("before-send.sesv2.SendEmail", ses)
    return Transport(client)


@pytest.fixture
def send(transport):
    def _send(contents=(), attempt=1, **members):
        plain = {"sender": Mailbox("a@d.example"), "to": (ADA,), "configuration_set": "events"}
        return transport.send(Mail(**plain | members), contents, MESSAGE_ID, attempt)

    return _send


# ---- what it means

THROTTLED = "SES is throttling the account."
NOT_ALLOWED = "SES does not allow the service to send: check its role."
USED_UP = "The account's sending quota is used up."
LIMITED = "A limit of the account is used up."
COME_AGAIN = "SES did not process the request."
BAD_REQUEST = "SES does not accept the mail as it is."
UNVERIFIED = (
    "Email address is not verified. The following identities failed the check in region "
    "EU-CENTRAL-1: "
)
"""How SES's text begins when an identity is not verified; addresses follow."""


def test_an_answer_with_an_id_is_sent(send):
    assert send() == Sent("ses-1")


@pytest.mark.parametrize(
    ("http", "code", "message", "least_delay"),
    [
        (400, "LimitExceededException", LIMITED, 30 * MINUTE),
        (400, "SendingPausedException", "Sending is paused in SES.", 15 * MINUTE),
        (401, "UnrecognizedClientException", NOT_ALLOWED, 5 * MINUTE),
        (403, "AccessDeniedException", NOT_ALLOWED, 5 * MINUTE),
        (403, "ExpiredTokenException", NOT_ALLOWED, 5 * MINUTE),
        (400, "AccessDeniedException", NOT_ALLOWED, 5 * MINUTE),
        (403, "NobodyKnowsIt", NOT_ALLOWED, 5 * MINUTE),
        (400, "AccountSuspendedException", "The SES account is suspended.", 15 * MINUTE),
        (
            400,
            "MailFromDomainNotVerifiedException",
            "The custom MAIL FROM domain is not verified in SES.",
            15 * MINUTE,
        ),
        (
            404,
            "NotFoundException",
            "SES does not know the configuration set or tenant.",
            15 * MINUTE,
        ),
        (408, "RequestTimeoutException", COME_AGAIN, 0),
        (408, "NobodyKnowsIt", COME_AGAIN, 0),
        (425, "NobodyKnowsIt", COME_AGAIN, 0),
        (400, "RequestTimeout", COME_AGAIN, 0),
        (400, "RequestExpired", COME_AGAIN, 0),
    ],
)
def test_what_ses_certainly_did_not_take_is_tried_again_after_its_time(
    ses, send, http, code, message, least_delay
):
    """docs/operations.md promises these times."""
    ses.refuse(http, code)

    assert send() == NotTaken(code, message, least_delay)


@pytest.mark.parametrize(
    ("http", "code"),
    [
        (429, "TooManyRequestsException"),
        (400, "TooManyRequestsException"),
        (400, "ThrottlingException"),
        (400, "Throttling"),
        (429, "AndWhateverElse"),
    ],
)
def test_what_comes_too_fast_for_ses_waits_for_its_turn(ses, send, http, code):
    ses.refuse(http, code)

    assert send() == Throttled(code, THROTTLED)


@pytest.mark.parametrize(
    ("http", "code"),
    [
        (400, "ThrottlingException"),
        (400, "Throttling"),
        (429, "TooManyRequestsException"),
    ],
)
def test_a_used_up_day_has_a_name_of_its_own_though_ses_gives_both_throttles_one(
    ses, send, http, code
):
    """https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html"""
    ses.answer = lambda: ses.said(http, {"message": "Daily message quota exceeded."}, code)
    assert send() == Throttled("DailyQuotaExceeded", USED_UP)

    ses.answer = lambda: ses.said(http, {"message": "Maximum sending rate exceeded."}, code)
    assert send() == Throttled(code, THROTTLED)


def test_a_limit_that_is_none_of_sending_is_no_throttle(ses, send):
    """It has nothing to do with turns: others may go while this one waits."""
    ses.answer = lambda: ses.said(400, {"message": "daily"}, "LimitExceededException")

    assert send() == NotTaken("LimitExceededException", LIMITED, 30 * MINUTE)


@pytest.mark.parametrize(
    ("http", "code", "message"),
    [
        (400, "MessageRejected", "SES rejected the mail."),
        (400, "BadRequestException", BAD_REQUEST),
        (400, "NobodyKnowsIt", BAD_REQUEST),
        (402, "NobodyKnowsIt", BAD_REQUEST),
        (499, "NobodyKnowsIt", BAD_REQUEST),
    ],
)
def test_what_ses_refuses_has_failed_and_nobody_need_hear_of_it(ses, send, http, code, message):
    ses.refuse(http, code)

    assert send() == Refused(code, message, needs_letter=False)


@pytest.mark.parametrize(
    "code",
    sorted(
        {
            *ThrottledRetryableChecker._THROTTLED_ERROR_CODES,
            *TransientRetryableChecker._TRANSIENT_ERROR_CODES,
        }
    ),
)
def test_what_aws_s_own_sdk_repeats_is_tried_again(ses, send, code):
    ses.refuse(400, code)

    assert isinstance(send(), NotTaken | Throttled)


def rejected(ses, identities):
    text = {"message": UNVERIFIED + identities}
    ses.answer = lambda: ses.said(400, text, "MessageRejected")


@pytest.mark.parametrize(
    "failed", ["a@d.example", "Name <A@D.example>, ada@recipient.example", "d.example"]
)
def test_a_sender_that_is_not_verified_any_more_is_for_an_operator_to_mend(ses, send, failed):
    rejected(ses, failed)

    message = "The sender's domain is not verified in SES."
    assert send() == NotTaken("IdentityNotVerified", message, 15 * MINUTE)


@pytest.mark.parametrize(
    "failed",
    [
        "ada@recipient.example",
        "ada@d.example, xa@d.example",
        "b@recipient.example,a@d.example.org",
        '"a@d.example" <ada@recipient.example>',
        '"d.example, a@d.example" <ada@recipient.example>',
        "x a@d.example x <ada@recipient.example>",
    ],
)
def test_a_recipient_that_the_sandbox_does_not_know_is_told_to_the_caller_at_once(
    ses, send, failed
):
    rejected(ses, failed)

    message = "In SES's sandbox the recipients must be verified as well."
    assert send() == Refused("RecipientNotVerified", message)


def test_what_an_operator_can_mend_has_names_by_which_it_is_told():
    assert {"AccountSuspendedException", "IdentityNotVerified"} < OPERATOR_FAULTS
    assert "TooManyRequestsException" not in OPERATOR_FAULTS
    assert "MessageRejected" not in OPERATOR_FAULTS


@pytest.mark.parametrize(
    "error",
    [
        NotWritten("SSLError"),
        ConnectTimeoutError(endpoint_url=URL),
        EndpointConnectionError(endpoint_url=URL, error="refused"),
        NoCredentialsError(),
        PartialCredentialsError(provider="env", cred_var="x"),
        ProxyConnectionError(proxy_url=URL),
    ],
)
def test_a_request_that_never_left_is_tried_again(ses, send, error):
    ses.fail(error)

    name = error.name if isinstance(error, NotWritten) else type(error).__name__
    assert send() == NotTaken(name, "SES could not be reached.", 0)


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url=URL),
        DeadlinePassed(),
        ConnectionClosedError(endpoint_url=URL),
        SSLError(endpoint_url=URL, error="x"),
        ResponseParserError("half an answer"),
        RuntimeError("nobody has seen this yet"),
    ],
)
def test_a_request_that_may_have_arrived_has_no_answer(ses, send, error):
    ses.fail(error)

    assert send() == NoAnswer(type(error).__name__)


@pytest.mark.parametrize(
    ("http", "code"),
    [(500, "TooManyRequestsException"), (503, "x"), (400, "RequestAbortedException")],
)
def test_an_error_of_ses_s_own_is_no_answer_whatever_its_name(ses, send, http, code):
    ses.refuse(http, code)

    assert send() == NoAnswer(code)


def test_an_answer_without_an_id_is_no_answer(ses, send):
    ses.answer = lambda: ses.said(200, {})

    assert send() == NoAnswer("KeyError")


def test_what_the_sdk_does_not_even_ask_is_refused(ses, send):
    """botocore knows that a content type has a character at least, and checks before it sends."""
    head = AttachmentHead(name="a.txt", content_type="")

    assert send([b"x"], attachments=(head,)) == Refused("ParamValidation", BAD_REQUEST)
    assert ses.asked == []


# ---- what it is asked


def test_a_mail_asks_for_no_more_than_it_has(ses, send):
    send(subject="s", text="t")

    assert ses.asked == [
        {
            "FromEmailAddress": "a@d.example",
            "Destination": {
                "ToAddresses": ["ada@recipient.example"],
                "CcAddresses": [],
                "BccAddresses": [],
            },
            "Content": {
                "Simple": {
                    "Subject": {"Data": "s", "Charset": "UTF-8"},
                    "Body": {"Text": {"Data": "t", "Charset": "UTF-8"}},
                }
            },
            "ConfigurationSetName": "events",
            "EmailTags": [
                {"Name": "mailapi_message_id", "Value": MESSAGE_ID},
                {"Name": "mailapi_attempt", "Value": "1"},
            ],
        }
    ]


def test_all_that_a_mail_has_reaches_ses(ses, send):
    send(
        [b"ABC", b""],
        attempt=3,
        cc=(BOB,),
        bcc=(EVE, Mailbox("x@y.example", "X")),
        reply_to=("reply@d.example", Mailbox("other@d.example", "Büro")),
        html="<p>h</p>",
        tenant="shop",
        track_opens=True,
        track_clicks=False,
        attachments=(
            AttachmentHead(name="a.txt", content_type="text/plain"),
            AttachmentHead(name="b.bin", content_type="application/octet-stream"),
        ),
    )

    (asked,) = ses.asked
    assert asked["Destination"]["CcAddresses"] == ["bob@recipient.example"]
    assert asked["Destination"]["BccAddresses"] == ["eve@recipient.example", '"X" <x@y.example>']
    assert asked["ReplyToAddresses"] == [
        "reply@d.example",
        "=?utf-8?b?QsO8cm8=?= <other@d.example>",
    ]
    assert asked["TenantName"] == "shop"
    assert asked["ConfigurationOverrides"] == {
        "Tracking": {"OpenTrackingEnabled": "ENABLED", "ClickTrackingEnabled": "DISABLED"}
    }
    assert asked["EmailTags"][1] == {"Name": "mailapi_attempt", "Value": "3"}
    assert asked["Content"]["Simple"]["Body"] == {"Html": {"Data": "<p>h</p>", "Charset": "UTF-8"}}
    assert asked["Content"]["Simple"]["Attachments"] == [
        {
            "RawContent": content,
            "FileName": name,
            "ContentType": content_type,
            "ContentDisposition": "ATTACHMENT",
            "ContentTransferEncoding": "BASE64",
        }
        for content, name, content_type in [
            ("QUJD", "a.txt", "text/plain"),
            ("", "b.bin", "application/octet-stream"),
        ]
    ]


@pytest.mark.parametrize(
    ("opens", "clicks", "tracking"),
    [
        (True, None, {"OpenTrackingEnabled": "ENABLED"}),
        (None, False, {"ClickTrackingEnabled": "DISABLED"}),
    ],
)
def test_of_tracking_only_what_the_domain_decided_is_asked(ses, send, opens, clicks, tracking):
    send(track_opens=opens, track_clicks=clicks)

    assert ses.asked[0]["ConfigurationOverrides"] == {"Tracking": tracking}


@pytest.mark.parametrize(
    ("text", "html", "parts"),
    [
        (None, None, {"Text": ""}),
        ("", None, {"Text": ""}),
        ("t", None, {"Text": "t"}),
        (None, "h", {"Html": "h"}),
        ("t", "h", {"Text": "t", "Html": "h"}),
        ("", "h", {"Text": "", "Html": "h"}),
    ],
)
def test_a_body_has_the_parts_that_the_mail_has_and_one_at_least(ses, send, text, html, parts):
    send(text=text, html=html)

    body = ses.asked[0]["Content"]["Simple"]["Body"]
    assert {name: part["Data"] for name, part in body.items()} == parts


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("", "ada@recipient.example"),
        ("Ada", '"Ada" <ada@recipient.example>'),
        ('A "B" \\ C', '"A \\"B\\" \\\\ C" <ada@recipient.example>'),
    ],
)
def test_a_name_is_quoted(ses, send, name, written):
    send(to=(Mailbox(ADA.address, name),), sender=Mailbox(ADA.address, name))

    assert ses.asked[0]["Destination"]["ToAddresses"] == [written]
    assert ses.asked[0]["FromEmailAddress"] == written


@pytest.mark.parametrize("name", ["Jörg", "=?utf-8?q?x?=", "Ü" * 80, "=?"])
def test_a_name_that_is_not_ascii_or_looks_encoded_is_encoded_on_one_line(ses, send, name):
    send(to=(Mailbox(ADA.address, name),))

    (written,) = ses.asked[0]["Destination"]["ToAddresses"]
    words, _, address = written.rpartition(" ")
    assert address == "<ada@recipient.example>"
    assert words.isascii()
    assert "\n" not in words
    assert all(len(word) <= 75 for word in words.split())
    assert str(make_header(decode_header(words))) == name


def test_a_file_with_a_content_id_is_inline_and_another_is_not(ses, send):
    heads = (
        AttachmentHead(name="a.png", content_type="image/png", content_id="logo"),
        AttachmentHead(name="b.png", content_type="image/png"),
    )
    send([b"a", b"b"], attachments=heads)

    (asked,) = ses.asked
    inline, file = asked["Content"]["Simple"]["Attachments"]
    assert (inline["ContentDisposition"], inline["ContentId"]) == ("INLINE", "logo")
    assert (file["ContentDisposition"], "ContentId" in file) == ("ATTACHMENT", False)
