import json

import pytest
from botocore.exceptions import ClientError
from support.simulator import mail, sandbox, simple, text

from core.message.mail import REFUSED_EXTENSIONS
from local.ses import rules
from local.ses.errors import SesError
from local.ses.mailbox import Attachment

BAD, REJECTED = "BadRequestException", "MessageRejected"


@pytest.fixture(scope="module")
def ses():
    with sandbox(identities=("example.com", "One@single.example")) as running:
        yield running


def to(*addresses):
    return {"Destination": {"ToAddresses": list(addresses)}}


def tag(name, value):
    return {"EmailTags": [{"Name": name, "Value": value}]}


def content(**changes):
    return {"Content": {"Simple": simple(**changes)}}


def attachment(**changes):
    given = {"FileName": "a.pdf", "RawContent": b"\xff", "ContentTransferEncoding": "BASE64"}
    given |= changes
    return content(Attachments=[{key: value for key, value in given.items() if value is not None}])


def headers(*names, value="x"):
    return content(Headers=[{"Name": name, "Value": value} for name in names])


REFUSED = {
    "no recipient": (BAD, {"Destination": {}}),
    "51 recipients": (
        BAD,
        {
            "Destination": {
                "ToAddresses": ["ada@recipient.example"] * 25,
                "CcAddresses": ["bob@recipient.example"] * 25,
                "BccAddresses": ["eve@recipient.example"],
            }
        },
    ),
    "no domain": (BAD, to("ada")),
    "empty domain label": (BAD, to("ada@recipient..example")),
    "two in one": (BAD, to("ada@recipient.example, bob@recipient.example")),
    "unquoted comma": (BAD, to("Countess, Ada <ada@recipient.example>")),
    "local part not ASCII": (BAD, to("zoë@recipient.example")),
    "domain not in punycode": (BAD, to("ada@münchen.example")),
    "name not encoded": (BAD, to("Zoë <zoe@recipient.example>")),
    "line break in a name": (BAD, to("Ada\r\nBcc: x <ada@recipient.example>")),
    "long local part": (BAD, to("a" * 65 + "@recipient.example")),
    "long name": (BAD, to(f'"{"n" * 297}" <ada@recipient.example>')),
    "long encoded name": (BAD, to(f"=?utf-8?q?{'=C3=BC' * 48}?= <ada@recipient.example>")),
    "bad reply-to": (BAD, {"ReplyToAddresses": ["nobody"]}),
    "no sender": (BAD, {"FromEmailAddress": None}),
    "unverified domain": (REJECTED, {"FromEmailAddress": "a@other.example"}),
    "verified domain as a suffix only": (REJECTED, {"FromEmailAddress": "a@notexample.com"}),
    "unverified mailbox of a verified address": (
        REJECTED,
        {"FromEmailAddress": "two@single.example"},
    ),
    "unverified return path": (REJECTED, {"FeedbackForwardingEmailAddress": "a@other.example"}),
    "tag name": (BAD, tag("a b", "c")),
    "tag value": (BAD, tag("a", "c.d")),
    "tag not ASCII": (BAD, tag("a", "ü")),
    "long tag": (BAD, tag("a", "x" * 257)),
    "empty tag": (BAD, tag("a", "")),
    "unknown configuration set": ("NotFoundException", {"ConfigurationSetName": "nowhere"}),
    "no content": (BAD, {"Content": {}}),
    "two kinds of content": (BAD, {"Content": {"Simple": simple(), "Raw": {"Data": b"a: b\n\n"}}}),
    "template": (BAD, {"Content": {"Template": {"TemplateName": "x"}}}),
    "raw": (BAD, {"Content": {"Raw": {"Data": b"a: b\n\n"}}}),
    "empty body": (BAD, content(Body={})),
    "text without its charset": (BAD, content(Body={"Text": {"Data": "ü"}})),
    "text outside of its charset": (
        BAD,
        content(Body={"Text": {"Data": "€", "Charset": "iso-8859-1"}}),
    ),
    "subject without its charset": (BAD, content(Subject={"Data": "ü"})),
    "unknown charset": (BAD, content(Subject={"Data": "a", "Charset": "klingon"})),
    "charset with a line break": (BAD, content(Body={"Text": {"Data": "", "Charset": "a\r\nb"}})),
    "line break in the subject": (BAD, content(Subject=text("a\r\nBcc: b"))),
    "16 headers": (BAD, headers(*(f"X-{at}" for at in range(16)))),
    "header name": (BAD, headers("X Y")),
    "header value not ASCII": (BAD, headers("X-Y", value="ü")),
    "line break in a header": (BAD, headers("X-Y", value="a\nb")),
    "long header": (BAD, headers("X" * 100, value="y" * 950)),
    "header of our own": (BAD, headers("Subject")),
    "header twice": (BAD, headers("List-Unsubscribe", "list-unsubscribe")),
    "binary without BASE64": (BAD, attachment(ContentTransferEncoding=None)),
    "long file name": (BAD, attachment(FileName="x" * 256)),
    "empty file name": (BAD, attachment(FileName="")),
    "file name without an extension": (BAD, attachment(FileName="invoice")),
    "extension alone": (BAD, attachment(FileName=".pdf")),
    "file name with a dot behind": (BAD, attachment(FileName="invoice.")),
    "control character in a file name": (BAD, attachment(FileName="a\x07.pdf")),
    "long content type": (BAD, attachment(ContentType="a/" + "b" * 77)),
    "content type": (BAD, attachment(ContentType="pdf")),
    "line break in a content type": (BAD, attachment(ContentType="a/b\r\nX: y")),
    "empty line before a parameter": (BAD, attachment(ContentType="a/b\r\n\r\n; c=d")),
    "content id": (BAD, attachment(ContentId="a b")),
    "program": (BAD, attachment(FileName="holiday.jpg.EXE")),
    "program with a dot behind": (BAD, attachment(FileName="holiday.exe.")),
}


@pytest.mark.parametrize(("code", "changes"), REFUSED.values(), ids=REFUSED)
def test_what_ses_refuses_is_refused(ses, code, changes):
    before = len(ses.messages())

    with pytest.raises(getattr(ses.client.exceptions, code)) as refusal:
        ses.send(**changes)

    assert refusal.value.response["Error"]["Code"] == code
    assert refusal.value.response["Error"]["Message"]
    assert len(ses.messages()) == before


TAKEN = {
    "50 recipients": to(*(f"{at}@recipient.example" for at in range(50))),
    "subdomain of a verified domain": {"FromEmailAddress": "a@deep.mail.Example.COM"},
    "label of a verified address": {"FromEmailAddress": "One+label@SINGLE.example"},
    "quoted name": to('"Countess, Ada" <ada@recipient.example>'),
    "quoted local part": to('"ada lovelace"@recipient.example'),
    "punycode": to("ada@xn--mnchen-3ya.example"),
    "long tag": tag("A-z_0", "x" * 256),
    "longest header": headers("X" * 126, value="y" * 870),
    "15 headers": headers(*(f"X-{at}" for at in range(15))),
    "no configuration set": {"ConfigurationSetName": None},
    "empty text": content(Body={"Text": text("")}),
    "part of an archive": attachment(FileName="Berge und Täler.7z.001"),
    "innocent last extension": attachment(FileName="a.exe.pdf"),
    "content type with a parameter": attachment(ContentType="text/plain ; charset=utf-8"),
}


@pytest.mark.parametrize("changes", TAKEN.values(), ids=TAKEN)
def test_what_ses_takes_is_taken(ses, changes):
    assert ses.send(**changes) == ses.messages()[0]["MessageId"]


def test_a_refused_sender_is_told_as_ses_tells_it(ses):
    with pytest.raises(ClientError) as refusal:
        ses.send(FromEmailAddress="Us <a@other.example>")

    assert refusal.value.response["Error"]["Message"] == (
        "Email address is not verified. The following identities failed the check in region "
        "EU-CENTRAL-1: Us <a@other.example>"
    )
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_an_unknown_configuration_set_is_told_as_ses_tells_it(ses):
    with pytest.raises(ClientError, match=r"Configuration set <nowhere> does not exist\.") as e:
        ses.send(ConfigurationSetName="nowhere")

    assert e.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def without(request, *path):
    for name in path[:-1]:
        request = request[name]
    del request[path[-1]]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda it: it.update(Subjekt="x"), "Subjekt is not a member"),
        (lambda it: it["Destination"].update(ToAddresses="a@b.example"), "must be a list"),
        (lambda it: it.update(FromEmailAddress=5), "must be a string"),
        (lambda it: it.update(Destination=[]), "must be an object"),
        (lambda it: without(it, "Content"), "Content is required"),
        (lambda it: without(it, "Content", "Simple", "Subject"), "Simple.Subject is required"),
        (lambda it: it.update(Content={"Raw": {"Data": "!"}}), "must be base64"),
        (lambda it: it.update(Content={"Raw": {"Data": 1}}), "must be base64"),
        (lambda it: it.update(FromEmailAddress="\ud800@example.com"), "surrogate"),
        (lambda it: it.update(TenantName=""), "must have a length"),
    ],
)
def test_a_request_that_is_not_of_the_models_shape_is_refused(ses, change, told):
    request = mail()
    change(request)

    status, answer = ses.call("POST", "/v2/email/outbound-emails", request)

    assert (status, told in answer["message"]) == (400, True), answer


def test_a_null_is_an_absent_member(ses):
    request = json.loads(json.dumps(mail())) | {"ReplyToAddresses": None}

    assert ses.call("POST", "/v2/email/outbound-emails", request)[0] == 200


def test_a_message_over_40_mb_is_refused():
    rules.check_composed(bytes(40_000_000), [])

    with pytest.raises(SesError, match="more than 40000000 bytes"):
        rules.check_composed(bytes(40_000_001), [])


def test_the_service_refuses_the_same_extensions_as_the_simulator():
    """Each has its own list, so that the simulator would notice one that the service forgets."""
    assert rules._BLOCKED == REFUSED_EXTENSIONS


def test_every_extension_of_the_list_is_refused():
    assert len(rules._BLOCKED) == 90
    with pytest.raises(SesError, match=r"\.vbs"):
        rules.check_composed(b"", [Attachment("a.VBS", "text/plain", 1, "")])
